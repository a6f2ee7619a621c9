/* stay.c - staying and leaving: tokens renewed, sessions listed and ended. */
#include "account/bearer.h"
#include "account/handlers.h"
#include "app/app.h"
#include "app/cookie.h"

static const char *const gone = "the session is over";

/* ---- Tokens ---- */

/* Is the token that is to be renewed the cookie's, because the body has none? */
static bool by_cookie(const struct request *rq)
{
    return !json_text(rq->body, "token").at;
}

bool renew_parse(struct request *rq)
{
    struct caller *c = rq->parsed = arena_alloc(rq->arena, sizeof *c);
    struct str token = by_cookie(rq) ? bearer_cookie(rq) : json_text(rq->body, "token");
    const json_t *said = json_object_get(rq->body, "token");
    if (said && !json_is_string(said))
        return refuse_field(rq, PROBLEM_BAD_INPUT, "/token", "must be text");
    if (!token.at)
        return refuse_field(rq, PROBLEM_BAD_INPUT, "/token", "is needed");
    if (token_verify_renewable(app_token_key(rq->app), token, rq->now_us, rq->arena, c) &&
        c->session.len > 0)
        return true;
    return refuse(rq, PROBLEM_NOT_LOGGED_IN, "the token cannot be renewed");
}

/* The living session of the token; false after refuse(). */
static bool find_session(struct request *rq, struct db *db, const struct caller *c,
                         struct session *s, struct account *a)
{
    if (session_by_id(db, c->session, rq->arena, s) && str_eq(s->account_id, c->id) &&
        session_lives(s, rq->now_us) && account_by_id(db, s->account_id, rq->arena, a))
        return true;
    return refuse(rq, PROBLEM_NOT_LOGGED_IN, "%s", gone);
}

/* A browser that is logged in by the same session gets the new token as its cookie, too. */
static void renew_cookie(struct request *rq, const struct session *s, struct str token)
{
    struct caller c;
    struct str cookie = bearer_cookie(rq);
    if (cookie.at &&
        token_verify_renewable(app_token_key(rq->app), cookie, rq->now_us, rq->arena, &c) &&
        str_eq(c.session, s->id))
        reply_cookie(rq, token, s->expires_us);
}

void renew(struct request *rq, struct db *tx)
{
    const struct caller *c = rq->parsed;
    struct session s;
    struct account a;
    int64_t turn;
    int64_t issued_us;
    if (!find_session(rq, tx, c, &s, &a))
        return;
    bool in_turn = session_renew(tx, &s, c->turn, rq->now_us, &turn, &issued_us);
    if (!in_turn && by_cookie(rq)) {
        /* Renewed on use, it kept its turn while a program of the same session went on. */
        turn = s.turn;
        issued_us = rq->now_us;
    } else if (!in_turn) {
        session_end(tx, &s, STR("service:account"), rq->now_us);
        refuse(rq, PROBLEM_NOT_LOGGED_IN, "an old token was used again: the session is ended");
        return;
    }
    struct str token = bearer_token(rq, &a, &s, turn, issued_us);
    struct jout *j = reply_json(rq, 200);
    jout_object(j);
    jout_field_str(j, "token", token);
    jout_object_end(j);
    renew_cookie(rq, &s, token);
}

void log_out(struct request *rq, struct db *tx)
{
    struct session s;
    if (rq->caller.session.len > 0 && session_by_id(tx, rq->caller.session, rq->arena, &s) &&
        session_lives(&s, rq->now_us))
        session_end(tx, &s, request_actor(rq), rq->now_us);
    reply_empty(rq, 204);
    reply_no_cookie(rq);
}

/* ---- Sessions ---- */

/* Where a list is being written. */
struct listing {
    struct request *rq; /* whose */
    struct jout *j;     /* the array */
};

static void write_session(void *arg, const struct session *s)
{
    const struct listing *l = arg;
    jout_object(l->j);
    jout_field_str(l->j, "id", s->id);
    jout_field_time(l->j, "created_at", s->created_us);
    jout_field_time(l->j, "renewed_at", s->renewed_us);
    jout_field_time(l->j, "expires_at", s->expires_us);
    jout_field_str(l->j, "device", s->device);
    jout_field_str(l->j, "address", s->address);
    jout_field_bool(l->j, "current", str_eq(s->id, l->rq->caller.session));
    jout_object_end(l->j);
}

bool sessions_parse(struct request *rq)
{
    struct request_page *page = rq->parsed = arena_alloc(rq->arena, sizeof *page);
    return request_page(rq, page);
}

void sessions_list(struct request *rq, struct db *db)
{
    struct listing l = {rq, reply_json(rq, 200)};
    jout_array(l.j);
    session_list(db, rq->caller.id, rq->parsed, rq->now_us, write_session, &l);
    jout_array_end(l.j);
}

void sessions_end_one(struct request *rq, struct db *tx)
{
    struct session s;
    struct id id;
    if (!id_parse(rq->params[0], &id) || !session_by_id(tx, id_str(&id), rq->arena, &s) ||
        !str_eq(s.account_id, rq->caller.id) || !session_lives(&s, rq->now_us)) {
        refuse(rq, PROBLEM_NOT_FOUND, "no such session of yours");
        return;
    }
    session_end(tx, &s, request_actor(rq), rq->now_us);
    reply_empty(rq, 204);
    if (str_eq(s.id, rq->caller.session))
        reply_no_cookie(rq);
}

void sessions_end_others(struct request *rq, struct db *tx)
{
    session_end_others(tx, rq->caller.id, rq->caller.session, request_actor(rq), rq->now_us);
    reply_empty(rq, 204);
}
