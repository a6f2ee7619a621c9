/* bearer.c - the tokens in which a person's session goes through the world. */
#include "account/bearer.h"

#include "app/app.h"
#include "app/cookie.h"
#include "app/people.h"

struct str bearer_token(struct request *rq, const struct account *a, const struct session *s,
                        int64_t turn, int64_t issued_us)
{
    struct buf token = buf_in(rq->arena);
    int64_t expires_us = issued_us + SESSION_TOKEN_US;
    struct caller c = {.role = a->role,
                       .id = a->id,
                       .username = a->username,
                       .session = s->id,
                       .language = a->language,
                       .issued_us = issued_us,
                       .expires_us = expires_us < s->expires_us ? expires_us : s->expires_us,
                       .until_us = s->expires_us,
                       .turn = turn};
    if (!people_resolve(app_people(rq->app), &c, rq->arena))
        c.role = a->role; /* ended in this very moment: the token is worth nothing anyway */
    token_issue(app_token_key(rq->app), &c, &token);
    return buf_str(&token);
}

struct str bearer_cookie(struct request *rq)
{
    struct str rest = request_header(rq, "Cookie");
    while (rest.at) {
        struct str value = str_cut(&rest, ';');
        struct str name = str_trim(str_cut(&value, '='));
        if (value.at && str_is(name, COOKIE_NAME))
            return str_trim(value);
    }
    return (struct str){0};
}
