/* origin.c - the web pages from which requests come. */
#include "app/origin.h"

#include "app/house.h"

#define PREFLIGHT_AGE_S "600" /* how long a browser may remember what it may do */

static bool same_authority(struct str url, struct str host)
{
    struct str scheme_end = STR("://");
    char *at = url.at ? memmem(url.at, url.len, scheme_end.at, scheme_end.len) : NULL;
    if (!at)
        return false;
    struct str rest = {at + scheme_end.len, (size_t)(url.at + url.len - at) - scheme_end.len};
    return str_eq_nocase(str_cut(&rest, '/'), host);
}

bool origin_is_own(struct str origin, struct str host, const char *public_url)
{
    if (same_authority(origin, host))
        return true;
    struct str rest = str_of(public_url);
    struct str scheme = str_cut(&rest, '/');
    (void)str_cut(&rest, '/');
    struct str public_host = str_cut(&rest, '/');
    return scheme.len > 0 && public_host.len > 0 && same_authority(origin, public_host);
}

bool origin_is_listed(struct str origin, const char *list)
{
    struct str rest = str_of(list);
    while (origin.len > 0 && rest.len > 0) {
        if (str_eq_nocase(str_trim(str_cut(&rest, ',')), origin))
            return true;
    }
    return false;
}

/* Scheme, host, perhaps a port, and nothing else (RFC 6454 6.2). */
static bool is_origin(struct str word)
{
    struct str rest = word;
    struct str scheme = str_cut(&rest, ':');
    if (!str_is(scheme, "http") && !str_is(scheme, "https"))
        return false;
    if (rest.len < 3 || memcmp(rest.at, "//", 2) != 0)
        return false;
    for (size_t i = 2; i < rest.len; i++) {
        if (rest.at[i] <= ' ' || strchr("/?#@*\\\"", rest.at[i]))
            return false;
    }
    return true;
}

bool origin_list_is_valid(const char *list)
{
    struct str rest = str_of(list);
    while (rest.len > 0) {
        if (!is_origin(str_trim(str_cut(&rest, ','))))
            return false;
    }
    return true;
}

static bool is_own(const struct call *c, struct str origin)
{
    return origin_is_own(origin, exchange_header(c->exchange, "Host"),
                         c->desk->app->config->public_url);
}

bool origin_admits(struct call *c, bool cookie)
{
    struct str origin = exchange_header(c->exchange, "Origin");
    struct str site = exchange_header(c->exchange, "Sec-Fetch-Site");
    if (!origin.at && (!cookie || str_is(site, "same-origin")))
        return true;
    if (is_own(c, origin))
        return true;
    if (!cookie && origin_is_listed(origin, c->desk->app->config->cors_origins))
        return true;
    return refuse(&c->rq, PROBLEM_FORBIDDEN,
                  cookie ? "with a cookie, Origin must be this server's"
                         : "Origin must be this server's, or bring a token");
}

bool origin_may_keep_cookie(const struct call *c)
{
    struct str origin = exchange_header(c->exchange, "Origin");
    return !origin.at || is_own(c, origin);
}

static void answer_preflight(struct request *rq)
{
    reply_header(rq, "Access-Control-Allow-Methods",
                 STR("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"));
    reply_header(rq, "Access-Control-Allow-Headers",
                 STR("Authorization, Content-Type, Idempotency-Key"));
    reply_header(rq, "Access-Control-Max-Age", STR(PREFLIGHT_AGE_S));
}

void origin_answer(struct call *c)
{
    struct request *rq = &c->rq;
    const char *list = c->desk->app->config->cors_origins;
    if (!*list)
        return;
    struct str origin = exchange_header(c->exchange, "Origin");
    reply_header(rq, "Vary", STR("Origin"));
    if (!origin_is_listed(origin, list))
        return;
    reply_header(rq, "Access-Control-Allow-Origin", origin);
    if (c->exchange->method == HTTP_OPTIONS)
        answer_preflight(rq);
    else
        reply_header(rq, "Access-Control-Expose-Headers", STR("Retry-After, Location"));
}
