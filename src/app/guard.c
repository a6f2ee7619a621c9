/* guard.c - who asks, and whether they may. */
#include "app/guard.h"

#include "app/house.h"

/* What is behind "Bearer" or "JWT" (seed clients send either); at == NULL for another scheme. */
static struct str token_of_header(struct str authorization)
{
    struct str rest = authorization;
    struct str scheme = str_cut(&rest, ' ');
    if (str_eq_nocase(scheme, STR("Bearer")) || str_eq_nocase(scheme, STR("JWT")))
        return rest.at ? str_trim(rest) : STR("");
    return (struct str){0};
}

static struct str find_token(struct request *rq, struct str cookie, bool socket)
{
    struct str token = token_of_header(request_header(rq, "Authorization"));
    if (!token.at && socket)
        token = request_query(rq, "token");
    return token.at ? token : cookie;
}

/* Fill in the caller; false when a token came and is not valid. */
static bool identify(struct call *c, struct str token)
{
    struct request *rq = &c->rq;
    if (!token.at)
        return true;
    return token_cache_verify(&c->desk->tokens, token, rq->now_us, rq->arena, &rq->caller);
}

static bool same_authority(struct str url, struct str host)
{
    struct str scheme_end = STR("://");
    char *at = url.at ? memmem(url.at, url.len, scheme_end.at, scheme_end.len) : NULL;
    if (!at)
        return false;
    struct str rest = {at + scheme_end.len, (size_t)(url.at + url.len - at) - scheme_end.len};
    return str_eq_nocase(str_cut(&rest, '/'), host);
}

bool guard_own_origin(struct str origin, struct str host, const char *public_url)
{
    if (same_authority(origin, host))
        return true;
    struct str rest = str_of(public_url);
    struct str scheme = str_cut(&rest, '/');
    (void)str_cut(&rest, '/');
    struct str public_host = str_cut(&rest, '/');
    return scheme.len > 0 && public_host.len > 0 && same_authority(origin, public_host);
}

/* A browser sends cookies along with whatever a foreign page makes it send, but it tells the page's
 * origin; so a cookie counts only with an origin of ours. */
static bool origin_allowed(struct call *c)
{
    struct request *rq = &c->rq;
    struct str origin = request_header(rq, "Origin");
    if (!origin.at && str_eq(request_header(rq, "Sec-Fetch-Site"), STR("same-origin")))
        return true;
    if (guard_own_origin(origin, request_header(rq, "Host"), rq->app->config->public_url))
        return true;
    return refuse(rq, PROBLEM_FORBIDDEN, "with a cookie, Origin must be this server's");
}

static bool changes_state(enum http_method m)
{
    return m != HTTP_GET && m != HTTP_HEAD && m != HTTP_OPTIONS;
}

bool guard_who(struct request *rq, unsigned who)
{
    if (who == WHO_ANYONE || (rq->caller.role != ROLE_NONE && (who & ROLE_BIT(rq->caller.role))))
        return true;
    if (rq->caller.role == ROLE_NONE)
        return refuse(rq, PROBLEM_NOT_LOGGED_IN, NULL);
    return refuse(rq, PROBLEM_FORBIDDEN, "not for the role %s", role_word(rq->caller.role));
}

static bool own_user(struct request *rq)
{
    bool staff = rq->caller.role != ROLE_NONE && (WHO_STAFF & ROLE_BIT(rq->caller.role));
    if (staff || (rq->caller.username.len > 0 && str_eq(rq->caller.username, rq->params[0])))
        return true;
    return refuse(rq, PROBLEM_FORBIDDEN, "the path names another user");
}

bool guard_route(struct call *c)
{
    struct request *rq = &c->rq;
    unsigned flags = rq->route->flags;
    if (flags & ROUTE_BASIC_KEY)
        return true;
    struct str cookie = exchange_cookie(c->exchange, "accessToken");
    if (cookie.at && changes_state(c->exchange->method) && !origin_allowed(c))
        return false;
    bool valid = identify(c, find_token(rq, cookie, false));
    if (!valid && rq->route->who != WHO_ANYONE)
        return refuse(rq, PROBLEM_NOT_LOGGED_IN, "the token is not valid, or not any more");
    if (!guard_who(rq, rq->route->who))
        return false;
    return !(flags & ROUTE_OWN_USER) || own_user(rq);
}

bool guard_socket(struct call *c)
{
    struct request *rq = &c->rq;
    struct str cookie = exchange_cookie(c->exchange, "accessToken");
    struct str token = find_token(rq, cookie, true);
    if (token.at && token.at == cookie.at && !origin_allowed(c))
        return false;
    if (identify(c, token))
        return true;
    return refuse(rq, PROBLEM_NOT_LOGGED_IN, "the token is not valid, or not any more");
}
