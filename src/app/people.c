/* people.c - who works where and which sessions are over, in memory: filled at the start, then kept
 * by a watcher of the journal, so that it is true before any answer of a commit leaves. */
#include "app/people.h"

#include <pthread.h>
#include <stdatomic.h>

#include "app/people_inside.h"
#include "app/service.h"
#include "base/clock.h"
#include "base/map.h"

#define ENDED_FIRST_LIMIT 1024 /* ended sessions there may be before any is forgotten */

/* Who works somewhere, or is an admin. Everybody else is a customer and is not kept. */
struct worker {
    bool admin;           /* everywhere */
    size_t count;         /* of grants */
    struct grant *grants; /* by the shop's id; each id is allocated */
    size_t id_len;        /* bytes of id */
    char id[];            /* the account's, the key */
};

/* A session that is over. */
struct ended {
    struct list node; /* among all */
    int64_t until_us; /* when it may be forgotten */
    size_t id_len;    /* bytes of id */
    char id[];        /* the session's, the key */
};

struct people {
    struct journal_watcher watcher; /* tells of commits */
    struct journal *journal;        /* watched */
    _Atomic uint64_t version;       /* rises with every change */
    pthread_mutex_t *lock;          /* guards all below */
    struct map workers;             /* struct worker by the account's id */
    struct map ended;               /* struct ended by the session's id */
    struct list ended_all;          /* the same */
    size_t ended_limit;             /* so many, and it is looked which may be forgotten */
};

/* ---- Workers ---- */

static struct str worker_id(const struct worker *w)
{
    return (struct str){w->id, w->id_len};
}

static struct str text_copy(struct str s)
{
    char *at = mem_alloc(s.len);
    memcpy(at, s.at, s.len);
    return (struct str){at, s.len};
}

static struct worker *worker_of(struct people *p, struct str id)
{
    struct worker *w = map_get(&p->workers, id);
    if (w)
        return w;
    w = mem_alloc(sizeof *w + id.len);
    w->id_len = id.len;
    memcpy(w->id, id.at, id.len);
    map_put(&p->workers, worker_id(w), w);
    return w;
}

static void worker_free(struct worker *w)
{
    for (size_t i = 0; i < w->count; i++)
        mem_free((char *)w->grants[i].shop.at);
    mem_free(w->grants);
    mem_free(w);
}

/* One who is neither an admin nor works anywhere is a customer. */
static void forget_customer(struct people *p, struct worker *w)
{
    if (w->admin || w->count > 0)
        return;
    map_del(&p->workers, worker_id(w));
    worker_free(w);
}

static void set_admin(struct people *p, struct str id, bool admin)
{
    if (!admin && !map_get(&p->workers, id))
        return;
    struct worker *w = worker_of(p, id);
    w->admin = admin;
    forget_customer(p, w);
}

static int compare(struct str a, struct str b)
{
    int order = memcmp(a.at, b.at, a.len < b.len ? a.len : b.len);
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static void set_grant(struct people *p, struct str id, struct str shop, enum role role)
{
    struct worker *w = worker_of(p, id);
    size_t at = 0;
    while (at < w->count && compare(w->grants[at].shop, shop) < 0)
        at++;
    if (at < w->count && str_eq(w->grants[at].shop, shop)) {
        w->grants[at].role = role;
        return;
    }
    struct grant *grown = mem_alloc((w->count + 1) * sizeof *grown);
    if (w->count > 0) {
        memcpy(grown, w->grants, at * sizeof *grown);
        memcpy(grown + at + 1, w->grants + at, (w->count - at) * sizeof *grown);
    }
    grown[at] = (struct grant){.shop = text_copy(shop), .role = role};
    mem_free(w->grants);
    w->grants = grown;
    w->count++;
}

static void drop_grant(struct people *p, struct str id, struct str shop)
{
    struct worker *w = map_get(&p->workers, id);
    size_t at = 0;
    while (w && at < w->count && !str_eq(w->grants[at].shop, shop))
        at++;
    if (!w || at == w->count)
        return;
    mem_free((char *)w->grants[at].shop.at);
    w->count--;
    memmove(w->grants + at, w->grants + at + 1, (w->count - at) * sizeof *w->grants);
    forget_customer(p, w);
}

/* ---- Ended sessions ---- */

static void forget_ended(struct people *p, struct ended *s)
{
    map_del(&p->ended, (struct str){s->id, s->id_len});
    list_del(&s->node);
    mem_free(s);
}

/* Looked through whenever there are twice as many as were left the last time: so an end costs the
 * same however many there are. */
static void forget_old(struct people *p, int64_t now_us)
{
    if (p->ended.count < p->ended_limit)
        return;
    LIST_EACH (node, &p->ended_all) {
        struct ended *s = LIST_ITEM(node, struct ended, node);
        if (s->until_us < now_us)
            forget_ended(p, s);
    }
    p->ended_limit = p->ended.count * 2;
    if (p->ended_limit < ENDED_FIRST_LIMIT)
        p->ended_limit = ENDED_FIRST_LIMIT;
}

static void end_session(struct people *p, struct str id, int64_t until_us)
{
    struct ended *known = map_get(&p->ended, id);
    if (known) {
        known->until_us = until_us;
        return;
    }
    forget_old(p, clock_utc_us());
    struct ended *s = mem_alloc(sizeof *s + id.len);
    s->until_us = until_us;
    s->id_len = id.len;
    memcpy(s->id, id.at, id.len);
    list_add_before(&p->ended_all, &s->node);
    map_put(&p->ended, (struct str){s->id, s->id_len}, s);
}

/* ---- Events ---- */

/* With the lock held. */
static void apply(struct people *p, const struct news *n)
{
    switch (n->kind) {
    case NEWS_ACCOUNT:
        set_admin(p, n->account, n->role == ROLE_ADMIN);
        break;
    case NEWS_SESSION_ENDED:
        end_session(p, n->session, n->until_us);
        break;
    case NEWS_STAFF_ADDED:
        set_grant(p, n->account, n->shop, n->role);
        break;
    case NEWS_STAFF_REMOVED:
        drop_grant(p, n->account, n->shop);
        break;
    case NEWS_NONE:
        return;
    }
    atomic_fetch_add_explicit(&p->version, 1, memory_order_release);
}

static void learn(struct people *p, const struct event *e)
{
    struct news n = news_read(e);
    if (n.kind != NEWS_NONE) {
        pthread_mutex_lock(p->lock);
        apply(p, &n);
        pthread_mutex_unlock(p->lock);
    }
    news_fini(&n);
}

static void committed(struct journal_watcher *w, struct event *const *events, size_t count,
                      int64_t deadline_us)
{
    struct people *p = CONTAINER_OF(w, struct people, watcher);
    (void)deadline_us;
    for (size_t i = 0; i < count; i++)
        learn(p, events[i]);
}

/* ---- The start ---- */

static void load_admins(struct people *p, struct db *db)
{
    struct db_rows *rows =
        db_query(db, "SELECT id FROM app_people WHERE role = ?", DB_CSTR(role_word(ROLE_ADMIN)));
    while (db_row(rows))
        set_admin(p, db_text(rows, 0), true);
    db_end(rows);
}

static void load_grants(struct people *p, struct db *db)
{
    struct db_rows *rows = db_query(db, "SELECT account_id, shop_id, role FROM app_grants");
    enum role role;
    while (db_row(rows)) {
        if (role_parse(db_text(rows, 2), &role))
            set_grant(p, db_text(rows, 0), db_text(rows, 1), role);
    }
    db_end(rows);
}

static void load_ended(struct people *p, struct db *db)
{
    struct db_rows *rows = db_query(db, "SELECT id, until FROM app_ended_sessions WHERE until >= ?",
                                    DB_INT(clock_utc_us()));
    while (db_row(rows))
        end_session(p, db_text(rows, 0), db_int(rows, 1));
    db_end(rows);
}

static void visit(void *arg, const struct event *e)
{
    learn(arg, e);
}

/* What was told and app's tables have not followed yet. */
static void load_news(struct people *p, struct db *db)
{
    const struct str channel = PEOPLE_CHANNEL;
    int64_t after = follower_stored(db, "app");
    int64_t head = journal_snapshot_head(db);
    bool more = true;
    while (more && db->status == DB_OK)
        after = journal_read(db, &channel, 1, after, head, JOURNAL_PAGE_MAX, visit, p, &more);
}

struct people *people_new(struct journal *j, struct db *db)
{
    struct people *p = mem_alloc(sizeof *p);
    p->journal = j;
    p->lock = mem_alloc(sizeof *p->lock);
    p->ended_limit = ENDED_FIRST_LIMIT;
    CHECK(pthread_mutex_init(p->lock, NULL) == 0);
    list_init(&p->ended_all);
    load_admins(p, db);
    load_grants(p, db);
    load_ended(p, db);
    load_news(p, db);
    p->watcher.committed = committed;
    journal_watch(j, &p->watcher);
    return p;
}

void people_free(struct people **people)
{
    struct people *p = *people;
    struct worker *w;
    size_t at = 0;
    if (!p)
        return;
    journal_unwatch(p->journal, &p->watcher);
    while ((w = map_next(&p->workers, &at)))
        worker_free(w);
    map_fini(&p->workers);
    while (!list_empty(&p->ended_all))
        forget_ended(p, LIST_ITEM(p->ended_all.next, struct ended, node));
    map_fini(&p->ended);
    pthread_mutex_destroy(p->lock);
    mem_free(p->lock);
    mem_free(p);
    *people = NULL;
}

/* ---- Who asks ---- */

uint64_t people_version(const struct people *p)
{
    return atomic_load_explicit(&p->version, memory_order_acquire);
}

static bool is_person(const struct caller *c)
{
    return (WHO_PERSON & ROLE_BIT(c->role)) && !str_is(c->id, CALLER_HOUSE);
}

/* With the lock held; `w` is NULL for a customer. */
static void set_powers(struct caller *c, const struct worker *w, struct arena *arena)
{
    c->role = w && w->admin ? ROLE_ADMIN : ROLE_CUSTOMER;
    c->shop = (struct str){0};
    c->grants = NULL;
    c->grant_count = w ? w->count : 0;
    if (c->grant_count == 0)
        return;
    struct grant *grants = arena_alloc(arena, w->count * sizeof *grants);
    for (size_t i = 0; i < w->count; i++) {
        grants[i].shop = arena_str(arena, w->grants[i].shop);
        grants[i].role = w->grants[i].role;
        if (grants[i].role < c->role) /* the table has the strongest first */
            c->role = grants[i].role;
    }
    c->grants = grants;
    c->shop = grants[0].shop;
}

bool people_resolve(const struct people *p, struct caller *c, struct arena *arena)
{
    if (c->role == ROLE_NONE)
        return true;
    pthread_mutex_lock(p->lock);
    bool lives = c->session.len == 0 || !map_get(&p->ended, c->session);
    if (lives && is_person(c))
        set_powers(c, map_get(&p->workers, c->id), arena);
    pthread_mutex_unlock(p->lock);
    return lives;
}

bool caller_works_in(const struct caller *c, struct str shop_id, unsigned roles)
{
    if (c->role == ROLE_ADMIN)
        return true;
    for (size_t i = 0; i < c->grant_count; i++) {
        if ((roles & ROLE_BIT(c->grants[i].role)) && str_eq(c->grants[i].shop, shop_id))
            return true;
    }
    return false;
}

unsigned caller_roles(const struct caller *c)
{
    unsigned roles = c->role == ROLE_NONE ? 0 : ROLE_BIT(c->role);
    for (size_t i = 0; i < c->grant_count; i++)
        roles |= ROLE_BIT(c->grants[i].role);
    return roles;
}
