/* enter.c - coming in: sign-up and log-in. */
#include "account/bearer.h"
#include "account/form.h"
#include "account/handlers.h"
#include "account/password.h"
#include "account/rules.h"
#include "app/attempts.h"
#include "app/cookie.h"
#include "app/peer.h"

/* ---- Limits ---- */

static struct attempt_key key_of(struct request *rq, struct str name)
{
    return (struct attempt_key){.account = rules_folded(rq->arena, name),
                                .address = peer_place(rq->peer, rq->arena)};
}

/* May it be tried now? False after refuse() with Retry-After. */
static bool may_try(struct request *rq, enum attempt kind, const struct attempt_key *key)
{
    int64_t wait_s = attempts_wait_s(kind, key, rq->now_us);
    if (wait_s == 0)
        return true;
    reply_header(rq, "Retry-After", str_of(arena_printf(rq->arena, "%lld", (long long)wait_s)));
    return refuse(rq, PROBLEM_TOO_MANY, "tried too often; again in %lld s", (long long)wait_s);
}

/* Strangers who guess elsewhere do not lock a person out where he is logged in already. */
static bool may_guess(struct request *rq, struct db *db, const struct account *a,
                      const struct attempt_key *key)
{
    if (!may_try(rq, ATTEMPT_PAIR, key) || !may_try(rq, ATTEMPT_ADDRESS, key))
        return false;
    if (attempts_wait_s(ATTEMPT_ACCOUNT, key, rq->now_us) == 0)
        return true;
    return (a && session_at_home(db, a->id, rq->peer, rq->now_us)) ||
           may_try(rq, ATTEMPT_ACCOUNT, key);
}

static void count_failure(struct request *rq, const struct attempt_key *key)
{
    attempts_count(ATTEMPT_PAIR, key, rq->now_us);
    attempts_count(ATTEMPT_ACCOUNT, key, rq->now_us);
    attempts_count(ATTEMPT_ADDRESS, key, rq->now_us);
}

bool enter_proven(struct request *rq, struct db *db, const struct account *a, struct str name,
                  struct str password, const char *pointer)
{
    struct attempt_key key = key_of(rq, name);
    if (!may_guess(rq, db, a, &key))
        return false;
    struct str hash = a ? account_password(db, a->id, rq->arena) : (struct str){0};
    if (password_matches(hash, password)) {
        attempts_clear(ATTEMPT_PAIR, &key);
        return true;
    }
    count_failure(rq, &key);
    return pointer ? refuse_field(rq, PROBLEM_WRONG_PASSWORD, pointer, "is not the password")
                   : refuse(rq, PROBLEM_WRONG_PASSWORD, NULL);
}

/* ---- Sign-up ---- */

bool sign_up_parse(struct request *rq)
{
    const unsigned needs = FORM_USERNAME | FORM_EMAIL | FORM_PASSWORD;
    struct form *f = rq->parsed = form_read(rq, needs | FORM_NAME | FORM_LANGUAGE, needs);
    return f != NULL;
}

void sign_up_work(struct request *rq, struct db *db)
{
    struct form *f = rq->parsed;
    struct attempt_key key = key_of(rq, f->username);
    struct account a = {.username = f->username, .email = f->email};
    if (!may_try(rq, ATTEMPT_SIGN_UP, &key))
        return;
    attempts_count(ATTEMPT_SIGN_UP, &key, rq->now_us);
    if (form_free(rq, db, f, (struct str){0}))
        form_hash(rq, f, &a, "/password");
}

void sign_up(struct request *rq, struct db *tx)
{
    const struct form *f = rq->parsed;
    struct str id = id_str(&rq->id);
    if (!form_free(rq, tx, f, (struct str){0}))
        return;
    struct account_draft draft = {
        .account = {.id = id,
                    .username = f->username,
                    .email = f->email,
                    .name = f->name.at ? f->name : f->username,
                    .role = ROLE_CUSTOMER,
                    .language = f->language,
                    .created_us = rq->now_us},
        .password = f->hash,
        .actor = str_of(arena_printf(rq->arena, "account:%.*s", STR_ARG(id))),
    };
    account_add(tx, &draft);
    struct jout *j = reply_json(rq, 201);
    jout_object(j);
    jout_field_str(j, "id", id);
    jout_field_str(j, "username", f->username);
    jout_field_str(j, "email", f->email);
    jout_object_end(j);
}

/* ---- Log-in ---- */

struct log_in {
    struct str name;        /* as it was typed */
    struct str password;    /* as it was typed */
    struct account account; /* whose it is */
    struct str proven;      /* the hash it was compared with */
    struct str better;      /* the same password by today's settings; at == NULL: it was */
};

bool log_in_parse(struct request *rq)
{
    struct log_in *l = rq->parsed = arena_alloc(rq->arena, sizeof *l);
    l->name = json_text(rq->body, "username");
    l->password = json_text(rq->body, "password");
    bool good = true;
    if (l->name.len == 0)
        good = refuse_field(rq, PROBLEM_BAD_INPUT, "/username", "is needed");
    if (l->password.len == 0)
        good = refuse_field(rq, PROBLEM_BAD_INPUT, "/password", "is needed");
    if (!good)
        return false;
    struct attempt_key key = key_of(rq, l->name);
    return may_try(rq, ATTEMPT_PAIR, &key) && may_try(rq, ATTEMPT_ADDRESS, &key);
}

void log_in_work(struct request *rq, struct db *db)
{
    struct log_in *l = rq->parsed;
    bool known = account_by_name(db, l->name, rq->arena, &l->account);
    if (!enter_proven(rq, db, known ? &l->account : NULL, l->name, l->password, NULL))
        return;
    l->proven = account_password(db, l->account.id, rq->arena);
    if (password_outdated(l->proven))
        l->better = password_hash(rq->arena, l->password);
}

/* Nothing has become another since it was proven? False after refuse(). */
static bool still_so(struct request *rq, struct db *tx, struct log_in *l)
{
    struct str hash = account_password(tx, l->account.id, rq->arena);
    if (str_eq(hash, l->proven) && account_by_id(tx, l->account.id, rq->arena, &l->account))
        return true;
    return refuse(rq, PROBLEM_BUSY, "the account has just been changed");
}

void log_in(struct request *rq, struct db *tx)
{
    struct log_in *l = rq->parsed;
    struct session s = {.id = id_str(&rq->id),
                        .account_id = l->account.id,
                        .created_us = rq->now_us,
                        .expires_us = rq->now_us + SESSION_LIFE_US,
                        .address = rq->peer};
    if (!still_so(rq, tx, l))
        return;
    s.device = rules_shown(rq->arena, request_header(rq, "User-Agent"), SESSION_DEVICE);
    if (l->better.at)
        account_change(tx, &l->account, &(struct account_change){.password = l->better},
                       STR("service:account"), rq->now_us);
    session_make_room(tx, l->account.id, rq->now_us);
    session_open(tx, &s);
    struct str token = bearer_token(rq, &l->account, &s, 0, s.created_us);
    struct jout *j = reply_json(rq, 200);
    jout_object(j);
    jout_field_str(j, "auth_token", token);
    jout_object_end(j);
    reply_cookie(rq, token, s.expires_us);
}
