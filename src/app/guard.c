/* guard.c - who asks, and whether they may. */
#include "app/guard.h"

#include "app/cookie.h"
#include "app/cookie_inside.h"
#include "app/house.h"
#include "app/origin.h"

/* What is behind "Bearer" or "JWT" (seed clients send either); at == NULL for another scheme. */
static struct str token_of_header(struct str authorization)
{
    struct str rest = authorization;
    struct str scheme = str_cut(&rest, ' ');
    if (str_eq_nocase(scheme, STR("Bearer")) || str_eq_nocase(scheme, STR("JWT")))
        return rest.at ? str_trim(rest) : STR("");
    return (struct str){0};
}

/* The token that was brought in hand, not by a browser on its own; at == NULL: none. */
static struct str token_in_hand(struct request *rq, bool socket)
{
    struct str token = token_of_header(request_header(rq, "Authorization"));
    if (!token.at && socket)
        token = request_query(rq, "token");
    return token;
}

/* Another Pesan process, by the key that we share. */
static bool is_service_key(const struct app *app, struct str token)
{
    struct str key = str_of(app->config->service_key);
    return key.len > 0 && digest_equal(token, key);
}

static bool identify_by_token(struct call *c, struct str token)
{
    struct request *rq = &c->rq;
    if (is_service_key(c->desk->app, token)) {
        rq->caller = (struct caller){.role = ROLE_SERVICE, .id = STR("service")};
        return true;
    }
    return token_cache_verify(&c->desk->tokens, token, rq->now_us, rq->arena, &rq->caller);
}

/* His account's language goes before what his browser says, and behind what he asks for here. */
static void speak_his_language(struct request *rq)
{
    enum language language;
    if (rq->caller.language.len == 0 || language_parse(request_query(rq, "lang"), &language))
        return;
    if (language_parse(rq->caller.language, &language))
        rq->language = language;
}

/* Fill in the caller; false when a token came and is not valid. */
static bool identify(struct call *c, struct str token, struct str cookie)
{
    bool valid = true;
    if (token.at)
        valid = identify_by_token(c, token);
    else if (cookie.at)
        valid = cookie_identify(c, cookie);
    speak_his_language(&c->rq);
    return valid;
}

bool guard_token(struct call *c, struct str token)
{
    struct request *rq = &c->rq;
    const struct app *app = c->desk->app;
    /* A socket shows its token once: that is not worth a place among those that come often. */
    if (!token_verify(app->key, token, rq->now_us, rq->arena, &rq->caller) ||
        !people_resolve(app->people, &rq->caller, rq->arena))
        return refuse(rq, PROBLEM_NOT_LOGGED_IN, "the token is not valid, or not any more");
    speak_his_language(rq);
    return true;
}

static bool changes_state(enum http_method m)
{
    return m != HTTP_GET && m != HTTP_HEAD && m != HTTP_OPTIONS;
}

bool guard_who(struct request *rq, unsigned who)
{
    if (who == WHO_ANYONE || (who & caller_roles(&rq->caller)))
        return true;
    if (rq->caller.role == ROLE_NONE)
        return refuse(rq, PROBLEM_NOT_LOGGED_IN, NULL);
    return refuse(rq, PROBLEM_FORBIDDEN, "not for the role %s", role_word(rq->caller.role));
}

static bool own_user(struct request *rq)
{
    unsigned trusted = rq->route->flags & ROUTE_CREW ? WHO_CREW : WHO_STAFF;
    if (trusted & caller_roles(&rq->caller))
        return true;
    if (rq->caller.username.len > 0 && str_eq(rq->caller.username, rq->params[0]))
        return true;
    return refuse(rq, PROBLEM_FORBIDDEN, "the path names another user");
}

bool guard_route(struct call *c)
{
    struct request *rq = &c->rq;
    unsigned flags = rq->route->flags;
    if (flags & ROUTE_BASIC_KEY)
        return true;
    struct str cookie = exchange_cookie(c->exchange, COOKIE_NAME);
    if (cookie.at && changes_state(c->exchange->method) && !origin_admits(c, true))
        return false;
    bool valid = identify(c, token_in_hand(rq, false), cookie);
    if (!valid && rq->route->who != WHO_ANYONE)
        return refuse(rq, PROBLEM_NOT_LOGGED_IN, "the token is not valid, or not any more");
    if (!guard_who(rq, rq->route->who))
        return false;
    return !(flags & ROUTE_OWN_USER) || own_user(rq);
}

bool guard_socket(struct call *c)
{
    struct request *rq = &c->rq;
    struct str cookie = exchange_cookie(c->exchange, COOKIE_NAME);
    struct str token = token_in_hand(rq, true);
    bool in_hand = token.at && !cookie.at;
    if (!in_hand && !origin_admits(c, cookie.at && !token.at))
        return false;
    if (!identify(c, token, cookie))
        return refuse(rq, PROBLEM_NOT_LOGGED_IN, "the token is not valid, or not any more");
    /* A socket cannot be sent a cookie: that of its opening stands for its session. */
    if (!token.at && rq->caller.session.at && rq->caller.until_us > 0)
        rq->caller.expires_us = rq->caller.until_us;
    return true;
}
