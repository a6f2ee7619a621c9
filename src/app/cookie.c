/* cookie.c - the cookie `accessToken`, in which a browser keeps its token (RFC 6265). */
#include "app/cookie.h"

#include "app/app.h"
#include "base/clock.h"

static void set_cookie(struct request *rq, struct str value, int64_t seconds)
{
    bool secure = strncmp(app_config(rq->app)->public_url, "https://", 8) == 0;
    reply_header(
        rq, "Set-Cookie",
        str_of(arena_printf(rq->arena,
                            COOKIE_NAME "=%.*s; Path=/; Max-Age=%lld; HttpOnly; "
                                        "SameSite=Lax%s",
                            STR_ARG(value), (long long)seconds, secure ? "; Secure" : "")));
}

void reply_cookie(struct request *rq, struct str token, int64_t until_us)
{
    int64_t seconds = (until_us - rq->now_us) / US_PER_S;
    set_cookie(rq, token, seconds > 0 ? seconds : 0);
}

void reply_no_cookie(struct request *rq)
{
    set_cookie(rq, (struct str){0}, 0);
}
