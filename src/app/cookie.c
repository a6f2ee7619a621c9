/* cookie.c - the cookie `accessToken`: set and taken away by handlers, and renewed on the way while
 * its session lives. */
#include "app/cookie.h"

#include "app/cookie_inside.h"
#include "app/house.h"
#include "app/origin.h"
#include "base/clock.h"

/* ---- Handlers ---- */

void reply_cookie(struct request *rq, struct str token, int64_t until_us)
{
    call_of(rq)->cookie = (struct cookie){COOKIE_SET, arena_str(rq->arena, token), until_us};
}

void reply_no_cookie(struct request *rq)
{
    call_of(rq)->cookie = (struct cookie){.what = COOKIE_REMOVE};
}

/* ---- Who comes with a cookie ---- */

/* A token of the same session with a new life, for the answer. */
static void renew(struct call *c)
{
    struct request *rq = &c->rq;
    struct caller *who = &rq->caller;
    struct buf token = buf_in(rq->arena);
    int64_t expires_us = rq->now_us + COOKIE_TOKEN_US;
    who->issued_us = rq->now_us;
    who->expires_us = expires_us < who->until_us ? expires_us : who->until_us;
    token_issue(c->desk->app->key, who, &token);
    c->renewed = (struct cookie){COOKIE_SET, buf_str(&token), who->until_us};
}

/* Has more than a third of its life passed? */
static bool is_ageing(const struct caller *who, int64_t now_us)
{
    return now_us - who->issued_us > (who->expires_us - who->issued_us) / 3;
}

bool cookie_identify(struct call *c, struct str token)
{
    struct request *rq = &c->rq;
    const struct app *app = c->desk->app;
    bool fresh = token_cache_verify(&c->desk->tokens, token, rq->now_us, rq->arena, &rq->caller);
    bool valid =
        fresh || (token_verify_renewable(app->key, token, rq->now_us, rq->arena, &rq->caller) &&
                  people_resolve(app->people, &rq->caller, rq->arena));
    if (!valid) {
        rq->caller = (struct caller){0};
        c->renewed = (struct cookie){.what = COOKIE_REMOVE};
    } else if (rq->caller.until_us > 0 && (!fresh || is_ageing(&rq->caller, rq->now_us))) {
        renew(c);
    }
    return valid;
}

/* ---- The answer ---- */

static bool is_secure(const struct call *c)
{
    return c->exchange->tls ||
           str_starts(str_of(c->desk->app->config->public_url), STR("https://"));
}

void cookie_answer(struct call *c)
{
    struct request *rq = &c->rq;
    const struct cookie *cookie = c->cookie.what != COOKIE_KEEP ? &c->cookie : &c->renewed;
    if (cookie->what == COOKIE_KEEP || !origin_may_keep_cookie(c))
        return;
    int64_t left_us = cookie->what == COOKIE_SET ? cookie->until_us - rq->now_us : 0;
    struct buf line = buf_in(rq->arena);
    buf_addf(&line, "%s=%.*s; Path=/; Max-Age=%lld; HttpOnly; SameSite=Lax%s", COOKIE_NAME,
             STR_ARG(cookie->token), (long long)(left_us > 0 ? left_us / US_PER_S : 0),
             is_secure(c) ? "; Secure" : "");
    reply_header(rq, "Set-Cookie", buf_str(&line));
}
