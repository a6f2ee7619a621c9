/* users.c - oneself and others: what is known of a person, and who may change it. */
#include "account/form.h"
#include "account/handlers.h"
#include "account/session.h"

void write_account(struct jout *j, const struct account *a)
{
    jout_object(j);
    jout_field_str(j, "id", a->id);
    jout_field_str(j, "user_id", a->id);
    jout_field_str(j, "username", a->username);
    jout_field_str(j, "name", a->name);
    jout_field_str(j, "email", a->email);
    jout_field_cstr(j, "role", role_word(a->role));
    jout_field_str(j, "language", a->language);
    jout_field_time(j, "created_at", a->created_us);
    jout_object_end(j);
}

/* ---- Oneself ---- */

/* The account of who asks; false after refuse(): the command line's own token has none. */
static bool own_account(struct request *rq, struct db *db, struct account *a)
{
    return account_by_id(db, rq->caller.id, rq->arena, a) ||
           refuse(rq, PROBLEM_NOT_FOUND, "the token is not of an account");
}

static void write_me(struct request *rq, const struct account *a)
{
    const struct caller *c = &rq->caller;
    struct jout *j = reply_json(rq, 200);
    jout_object(j);
    jout_key(j, "account");
    jout_object(j);
    jout_field_str(j, "id", a->id);
    jout_field_str(j, "username", a->username);
    jout_field_str(j, "name", a->name);
    jout_field_str(j, "email", a->email);
    jout_field_cstr(j, "role", role_word(c->role));
    jout_field_str(j, "language", a->language);
    jout_key(j, "shops");
    jout_array(j);
    for (size_t i = 0; i < c->grant_count; i++) {
        jout_object(j);
        jout_field_str(j, "shop_id", c->grants[i].shop);
        jout_field_cstr(j, "role", role_word(c->grants[i].role));
        jout_object_end(j);
    }
    jout_array_end(j);
    jout_object_end(j);
    jout_object_end(j);
}

void me_get(struct request *rq, struct db *db)
{
    struct account a;
    if (rq->caller.id.len > 0 && account_by_id(db, rq->caller.id, rq->arena, &a))
        write_me(rq, &a);
    else
        reply_bytes(rq, 200, "application/json", STR("{\"account\":null}"));
}

bool me_change_parse(struct request *rq)
{
    rq->parsed = form_read(rq, FORM_NAME | FORM_LANGUAGE, 0);
    return rq->parsed != NULL;
}

void me_change(struct request *rq, struct db *tx)
{
    const struct form *f = rq->parsed;
    struct account a;
    if (!own_account(rq, tx, &a))
        return;
    struct account_change change = {.name = f->name, .language = f->language};
    account_change(tx, &a, &change, request_actor(rq), rq->now_us);
    write_me(rq, &a);
}

/* A password that becomes another, and what the old one must still be when it does. */
struct new_password {
    struct form form;  /* the new one */
    struct str old;    /* as it was typed */
    struct str proven; /* the hash it was compared with */
};

bool me_password_parse(struct request *rq)
{
    struct new_password *p = rq->parsed = arena_alloc(rq->arena, sizeof *p);
    bool good = true;
    p->old = json_text(rq->body, "old_password");
    p->form.password = json_text(rq->body, "new_password");
    if (p->old.len == 0)
        good = refuse_field(rq, PROBLEM_BAD_INPUT, "/old_password", "is needed");
    if (p->form.password.len == 0)
        good = refuse_field(rq, PROBLEM_BAD_INPUT, "/new_password", "is needed");
    return good;
}

void me_password_work(struct request *rq, struct db *db)
{
    struct new_password *p = rq->parsed;
    struct account a;
    if (!own_account(rq, db, &a) || !enter_proven(rq, db, &a, a.username, p->old, "/old_password"))
        return;
    p->proven = account_password(db, a.id, rq->arena);
    form_hash(rq, &p->form, &a, "/new_password");
}

void me_password(struct request *rq, struct db *tx)
{
    const struct new_password *p = rq->parsed;
    struct account a;
    if (!own_account(rq, tx, &a))
        return;
    if (!str_eq(account_password(tx, a.id, rq->arena), p->proven)) {
        refuse(rq, PROBLEM_BUSY, "the account has just been changed");
        return;
    }
    account_change(tx, &a, &(struct account_change){.password = p->form.hash}, request_actor(rq),
                   rq->now_us);
    session_end_others(tx, a.id, rq->caller.session, request_actor(rq), rq->now_us);
    reply_empty(rq, 204);
}

/* ---- Others ---- */

bool users_list_parse(struct request *rq)
{
    struct request_page *page = rq->parsed = arena_alloc(rq->arena, sizeof *page);
    return request_page(rq, page);
}

static void write_listed(void *arg, const struct account *a)
{
    write_account(arg, a);
}

void users_list(struct request *rq, struct db *db)
{
    const struct request_page *page = rq->parsed;
    struct jout *j = reply_json(rq, 200);
    jout_array(j);
    account_list(db, page->before, page->limit, write_listed, j);
    jout_array_end(j);
}

/* Whether somebody exists is nobody's business but his own and the admins'. */
void users_get(struct request *rq, struct db *db)
{
    struct account a;
    struct str who = rq->params[0];
    bool own = str_eq(who, rq->caller.id) || str_eq(who, rq->caller.username);
    if (!own && rq->caller.role != ROLE_ADMIN)
        refuse(rq, PROBLEM_FORBIDDEN, "the path names another user");
    else if (account_find(db, who, rq->arena, &a))
        write_account(reply_json(rq, 200), &a);
    else
        refuse(rq, PROBLEM_NOT_FOUND, "no such user");
}

/* Who says a username needs no name and address, as the command line does; who says none (as the
 * coffee shop's clients do) gets his id as one. */
bool users_add_parse(struct request *rq)
{
    const unsigned takes =
        FORM_USERNAME | FORM_EMAIL | FORM_NAME | FORM_LANGUAGE | FORM_PASSWORD | FORM_ROLE;
    bool named = json_object_get(rq->body, "username") != NULL;
    rq->parsed = form_read(rq, takes, named ? FORM_USERNAME : FORM_NAME | FORM_EMAIL);
    return rq->parsed != NULL;
}

/* Whether the name is free is asked in the transaction only: a repeat with the same Idempotency-Key
 * finds it taken, by itself, and is to get its first answer. */
void users_add_work(struct request *rq, struct db *db)
{
    struct form *f = rq->parsed;
    struct account a = {.username = f->username, .email = f->email};
    (void)db;
    if (f->password.at)
        form_hash(rq, f, &a, "/password");
}

void users_add(struct request *rq, struct db *tx)
{
    const struct form *f = rq->parsed;
    struct str id = id_str(&rq->id);
    if (!form_free(rq, tx, f, (struct str){0}))
        return;
    struct account_draft draft = {
        .account = {.id = id,
                    .username = f->username.at ? f->username : id,
                    .email = f->email,
                    .name = f->name.at ? f->name : f->username,
                    .role = f->role == ROLE_ADMIN ? ROLE_ADMIN : ROLE_CUSTOMER,
                    .language = f->language.len > 0 ? f->language : (struct str){0},
                    .created_us = rq->now_us},
        .password = f->hash,
        .actor = request_actor(rq),
    };
    account_add(tx, &draft);
    write_account(reply_json(rq, 201), &draft.account);
}

bool users_change_parse(struct request *rq)
{
    rq->parsed =
        form_read(rq, FORM_EMAIL | FORM_NAME | FORM_LANGUAGE | FORM_PASSWORD | FORM_ROLE, 0);
    return rq->parsed != NULL;
}

void users_change_work(struct request *rq, struct db *db)
{
    struct form *f = rq->parsed;
    struct account a;
    if (!f->password.at)
        return;
    if (!account_find(db, rq->params[0], rq->arena, &a)) {
        refuse(rq, PROBLEM_NOT_FOUND, "no such user");
        return;
    }
    if (f->email.at)
        a.email = f->email;
    form_hash(rq, f, &a, "/password");
}

/* False after refuse(). */
static bool may_change(struct request *rq, struct db *tx, const struct form *f,
                       const struct account *a)
{
    if (!form_free(rq, tx, f, a->id))
        return false;
    if (f->role == ROLE_CUSTOMER && account_last_admin(tx, a))
        return refuse_field(rq, PROBLEM_CONFLICT, "/role", "nobody else is an admin");
    return true;
}

void users_change(struct request *rq, struct db *tx)
{
    const struct form *f = rq->parsed;
    struct account a;
    if (!account_find(tx, rq->params[0], rq->arena, &a)) {
        refuse(rq, PROBLEM_NOT_FOUND, "no such user");
        return;
    }
    if (!may_change(rq, tx, f, &a))
        return;
    struct account_change change = {.name = f->name,
                                    .email = f->email,
                                    .language = f->language,
                                    .password = f->hash,
                                    .role = f->role};
    account_change(tx, &a, &change, request_actor(rq), rq->now_us);
    if (f->hash.at)
        session_end_others(tx, a.id, rq->caller.session, request_actor(rq), rq->now_us);
    write_account(reply_json(rq, 200), &a);
}
