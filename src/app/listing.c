/* listing.c - what many routes are asked alike: which page of a list, which shop, by whom. */
#include "app/app.h"
#include "app/people.h"

#define PAGE_DEFAULT 50
#define PAGE_MAX     200

bool request_limit(struct request *rq, int64_t otherwise, int64_t *limit_r)
{
    struct str limit = request_query(rq, "limit");
    uint64_t number = (uint64_t)otherwise;
    if (limit.at && (!str_to_u64(limit, PAGE_MAX, &number) || number == 0))
        return refuse(rq, PROBLEM_BAD_INPUT, "limit must be 1 to %d", PAGE_MAX);
    *limit_r = (int64_t)number;
    return true;
}

bool request_page(struct request *rq, struct request_page *page_r)
{
    struct str before = request_query(rq, "before");
    struct id id;
    *page_r = (struct request_page){0};
    if (!request_limit(rq, PAGE_DEFAULT, &page_r->limit))
        return false;
    if (before.at && !id_parse(before, &id))
        return refuse(rq, PROBLEM_BAD_INPUT, "before must be an id of the list");
    if (before.at)
        page_r->before = (struct str){arena_strdup(rq->arena, id_str(&id)), ID_LEN};
    return true;
}

bool request_shop(struct request *rq, unsigned roles, struct str *shop_r)
{
    const struct caller *c = &rq->caller;
    struct str wished = request_query(rq, "shop_id");
    *shop_r = wished;
    if (wished.at)
        return caller_works_in(c, wished, roles) ||
               refuse(rq, PROBLEM_FORBIDDEN, "not a shop of yours");
    if (c->role == ROLE_ADMIN)
        return true;
    for (size_t i = 0; i < c->grant_count && !shop_r->at; i++) {
        if (roles & ROLE_BIT(c->grants[i].role))
            *shop_r = c->grants[i].shop;
    }
    return shop_r->at || refuse(rq, PROBLEM_FORBIDDEN, "you work in no shop");
}

struct str request_base(struct request *rq)
{
    struct str url = str_of(app_config(rq->app)->public_url);
    while (url.len > 0 && url.at[url.len - 1] == '/')
        url.len--;
    if (url.len > 0)
        return url;
    struct str host = request_header(rq, "Host");
    return str_of(arena_printf(rq->arena, "http://%.*s", STR_ARG(host)));
}

struct str request_actor(struct request *rq)
{
    const enum role role = rq->caller.role;
    const char *kind = role == ROLE_KIOSK ? "kiosk" : role == ROLE_GUEST ? "guest" : "account";
    if (str_is(rq->caller.id, CALLER_HOUSE))
        kind = "service";
    struct buf actor = buf_in(rq->arena); /* for each order and message: without printf() */
    buf_add_str(&actor, str_of(kind));
    buf_add_char(&actor, ':');
    buf_add_str(&actor, rq->caller.id);
    return buf_str(&actor);
}
