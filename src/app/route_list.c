/* route_list.c - all routes and sockets as lines of text, for `pesan routes` and what checks the
 * documents against it. */
#include "app/app.h"
#include "app/house.h"

/* "admin,owner", or "anyone". */
static void add_who(struct buf *out, unsigned who)
{
    bool first = true;
    if (who == WHO_ANYONE)
        buf_add_cstr(out, "anyone");
    for (size_t r = ROLE_NONE + 1; r < ROLE_COUNT; r++) {
        if (!(who & ROLE_BIT(r)))
            continue;
        buf_addf(out, "%s%s", first ? "" : ",", role_word((enum role)r));
        first = false;
    }
}

static void add_service(struct buf *out, const struct service *s)
{
    for (size_t i = 0; i < s->route_count; i++) {
        const struct route *r = &s->routes[i];
        buf_addf(out, "%s %s %s ", r->method, r->pattern, r->name);
        add_who(out, r->who);
        buf_add_char(out, '\n');
    }
    for (size_t i = 0; i < s->socket_count; i++)
        buf_addf(out, "SOCKET %s %s\n", s->sockets[i].path, s->sockets[i].name);
}

void app_list_routes(const struct service *const *services, size_t count, struct buf *out)
{
    add_service(out, &app_service);
    for (size_t i = 0; i < count; i++)
        add_service(out, services[i]);
}
