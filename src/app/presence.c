/* presence.c - how many devices of each account are there. */
#include "app/presence.h"

#include <pthread.h>

#include "app/house.h"
#include "base/list.h"
#include "base/map.h"

/* An account with devices, or one that had some not long ago. */
struct guest {
    struct list node; /* without a device: among those, the one gone for longest first */
    size_t devices;   /* that are there */
    int64_t last_us;  /* when the last one left */
    size_t id_len;    /* bytes of id */
    char id[];        /* the account's, the key */
};

struct presence {
    pthread_mutex_t lock; /* guards all below */
    struct map guests;    /* by the account's id */
    struct list gone;     /* those without a device */
    size_t gone_count;    /* of those */
};

struct presence *presence_new(void)
{
    struct presence *p = mem_alloc(sizeof *p);
    CHECK(pthread_mutex_init(&p->lock, NULL) == 0);
    list_init(&p->gone);
    return p;
}

void presence_free(struct presence **presence)
{
    struct presence *p = *presence;
    struct guest *g;
    size_t at = 0;
    if (!p)
        return;
    while ((g = map_next(&p->guests, &at)))
        mem_free(g);
    map_fini(&p->guests);
    pthread_mutex_destroy(&p->lock);
    mem_free(p);
    *presence = NULL;
}

static struct guest *guest_of(struct presence *p, struct str id)
{
    struct guest *g = map_get(&p->guests, id);
    if (g)
        return g;
    g = mem_alloc(sizeof *g + id.len);
    g->id_len = id.len;
    if (id.len > 0)
        memcpy(g->id, id.at, id.len);
    map_put(&p->guests, (struct str){g->id, g->id_len}, g);
    return g;
}

void presence_enter(struct presence *p, struct str account)
{
    pthread_mutex_lock(&p->lock);
    struct guest *g = guest_of(p, account);
    if (list_linked(&g->node)) {
        list_del(&g->node);
        p->gone_count--;
    }
    g->devices++;
    pthread_mutex_unlock(&p->lock);
}

/* With the lock held. */
static void forget_one(struct presence *p)
{
    struct guest *g = LIST_ITEM(p->gone.next, struct guest, node);
    list_del(&g->node);
    p->gone_count--;
    map_del(&p->guests, (struct str){g->id, g->id_len});
    mem_free(g);
}

void presence_leave(struct presence *p, struct str account, int64_t now_us)
{
    pthread_mutex_lock(&p->lock);
    struct guest *g = map_get(&p->guests, account);
    CHECK(g && g->devices > 0);
    g->last_us = now_us;
    if (--g->devices == 0) {
        list_add_before(&p->gone, &g->node);
        if (++p->gone_count > PRESENCE_GONE_MAX)
            forget_one(p);
    }
    pthread_mutex_unlock(&p->lock);
}

size_t presence_of(struct presence *p, struct str account, int64_t *last_r)
{
    pthread_mutex_lock(&p->lock);
    const struct guest *g = map_get(&p->guests, account);
    size_t devices = g ? g->devices : 0;
    *last_r = g && devices == 0 ? g->last_us : 0;
    pthread_mutex_unlock(&p->lock);
    return devices;
}

static bool is_there(struct presence *p, struct db_rows *rows, unsigned roles)
{
    enum role role;
    int64_t last_us;
    return role_parse(db_text(rows, 1), &role) && (roles & ROLE_BIT(role)) &&
           presence_of(p, db_text(rows, 0), &last_us) > 0;
}

bool presence_in_shop(struct app *app, struct db *db, struct str shop_id, unsigned roles)
{
    bool found = false;
    struct db_rows *rows =
        db_query(db, "SELECT account_id, role FROM app_grants WHERE shop_id = ?", DB_TEXT(shop_id));
    while (!found && db_row(rows))
        found = is_there(app->presence, rows, roles);
    db_end(rows);
    return found;
}

bool presence_of_account(struct app *app, struct str account)
{
    int64_t last_us;
    return presence_of(app->presence, account, &last_us) > 0;
}

/* ---- The route ---- */

static void write_guest(struct jout *j, struct presence *p, struct db_rows *rows)
{
    int64_t last_us;
    size_t devices = presence_of(p, db_text(rows, 0), &last_us);
    jout_object(j);
    jout_field_str(j, "account_id", db_text(rows, 0));
    jout_field_str(j, "username", db_text(rows, 1));
    jout_field_str(j, "role", db_text(rows, 2));
    jout_field_bool(j, "online", devices > 0);
    jout_field_int(j, "devices", (int64_t)devices);
    if (last_us > 0)
        jout_field_time(j, "last_seen_at", last_us);
    jout_object_end(j);
}

void presence_list(struct request *rq, struct db *db)
{
    struct str shop = rq->params[0];
    if (!caller_works_in(&rq->caller, shop, WHO_STAFF)) {
        refuse(rq, PROBLEM_FORBIDDEN, "for the shop's staff");
        return;
    }
    struct db_rows *rows = db_query(db,
                                    "SELECT g.account_id, p.username, g.role FROM app_grants g"
                                    " JOIN app_people p ON p.id = g.account_id WHERE g.shop_id = ?"
                                    " ORDER BY p.username",
                                    DB_TEXT(shop));
    struct jout *j = reply_json(rq, 200);
    jout_array(j);
    while (db_row(rows))
        write_guest(j, rq->app->presence, rows);
    jout_array_end(j);
    db_end(rows);
}
