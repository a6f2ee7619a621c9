/* form.c - what bodies say about a person, checked field by field. */
#include "account/form.h"

#include "account/password.h"
#include "account/rules.h"

/* Each check sets what was said, or returns why it can't be. */

static const char *check_username(struct request *rq, struct form *f, struct str text)
{
    (void)rq;
    f->username = text;
    return rules_username(text);
}

static const char *check_email(struct request *rq, struct form *f, struct str text)
{
    f->email = text;
    return rules_email(rq->arena, &f->email) ? NULL : "must be an e-mail address";
}

static const char *check_name(struct request *rq, struct form *f, struct str text)
{
    (void)rq;
    f->name = text;
    return rules_full_name(&f->name)
               ? NULL
               : "must be text of 1 to 120 characters without control characters";
}

static const char *check_language(struct request *rq, struct form *f, struct str text)
{
    enum language language;
    (void)rq;
    if (!language_parse(text, &language))
        return "must be en, id, ko or pl";
    f->language = str_of(language_tag(language));
    return NULL;
}

static const char *check_password(struct request *rq, struct form *f, struct str text)
{
    (void)rq;
    f->password = text;
    return NULL;
}

static const char *check_role(struct request *rq, struct form *f, struct str text)
{
    (void)rq;
    if (role_parse(text, &f->role) && (f->role == ROLE_ADMIN || f->role == ROLE_CUSTOMER))
        return NULL;
    return "must be admin or customer; other roles are given by a shop";
}

static const struct {
    enum form_field bit; /* which */
    const char *name;    /* its key */
    const char *pointer; /* the same as a JSON pointer */
    const char *(*check)(struct request *rq, struct form *f, struct str text); /* reads it */
} fields[] = {
    {FORM_USERNAME, "username", "/username", check_username},
    {FORM_EMAIL, "email", "/email", check_email},
    {FORM_NAME, "name", "/name", check_name},
    {FORM_LANGUAGE, "language", "/language", check_language},
    {FORM_PASSWORD, "password", "/password", check_password},
    {FORM_ROLE, "role", "/role", check_role},
};

/* Why the field can't be taken; NULL: it was, or need not be. */
static const char *read_field(struct request *rq, struct form *f, size_t i, bool needed)
{
    const json_t *value = json_object_get(rq->body, fields[i].name);
    struct str text = json_slice(value);
    if (fields[i].bit == FORM_LANGUAGE && json_is_null(value)) {
        f->language = STR("");
        return NULL;
    }
    if (value && !text.at)
        return "must be text";
    if (text.len > 0)
        return fields[i].check(rq, f, text);
    return needed ? "is needed" : NULL;
}

struct form *form_read(struct request *rq, unsigned takes, unsigned needs)
{
    struct form *f = arena_alloc(rq->arena, sizeof *f);
    bool good = true;
    if (!json_is_object(rq->body)) {
        refuse_field(rq, PROBLEM_BAD_INPUT, "", "must be an object");
        return NULL;
    }
    for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
        if (!(takes & fields[i].bit))
            continue;
        const char *why = read_field(rq, f, i, (needs & fields[i].bit) != 0);
        if (why)
            good = refuse_field(rq, PROBLEM_BAD_INPUT, fields[i].pointer, why);
    }
    return good ? f : NULL;
}

bool form_hash(struct request *rq, struct form *f, const struct account *a, const char *pointer)
{
    const char *why = rules_password(f->password, a->username, a->email);
    if (why)
        return refuse_field(rq, PROBLEM_WEAK_PASSWORD, pointer, why);
    f->hash = password_hash(rq->arena, f->password);
    return f->hash.at || refuse(rq, PROBLEM_BUSY, "no memory for a hash");
}

bool form_free(struct request *rq, struct db *db, const struct form *f, struct str except)
{
    bool is_free = true;
    if (f->username.at && account_username_taken(db, f->username))
        is_free = refuse_field(rq, PROBLEM_TAKEN, "/username", "is taken");
    if (f->email.at && account_email_taken(db, f->email, except))
        is_free = refuse_field(rq, PROBLEM_TAKEN, "/email", "is taken");
    return is_free;
}
