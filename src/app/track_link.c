/* track_link.c - the public link of an order. */
#include "app/track_link.h"

#include "app/app.h"

#define PURPOSE "track" /* of the signature, see link_make() */

struct str track_link_path(const struct request *rq, struct str order_id, struct arena *arena)
{
    struct str link = link_make(app_token_key(rq->app), PURPOSE, order_id, arena);
    return str_of(arena_printf(arena, "/track/%.*s", STR_ARG(link)));
}

bool track_link_read(struct request *rq, struct str link, struct str *order_id_r)
{
    struct id id;
    if (!link.at || !link_read(app_token_key(rq->app), PURPOSE, link, &id))
        return false;
    *order_id_r = arena_str(rq->arena, id_str(&id));
    return true;
}
