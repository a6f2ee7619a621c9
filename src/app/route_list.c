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

/* Without what a parameter's form is (route.h). */
static void add_pattern(struct buf *out, struct str rest)
{
    while (rest.at) {
        buf_add_str(out, str_cut(&rest, ':'));
        if (rest.at) {
            (void)str_cut(&rest, '}');
            buf_add_char(out, '}');
        }
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
    for (size_t i = 0; i < s->socket_count; i++) {
        buf_add_cstr(out, "SOCKET ");
        add_pattern(out, str_of(s->sockets[i].path));
        buf_addf(out, " %s\n", s->sockets[i].name);
    }
}

void app_list_routes(const struct service *const *services, size_t count, struct buf *out)
{
    add_service(out, &app_service);
    for (size_t i = 0; i < count; i++)
        add_service(out, services[i]);
}
