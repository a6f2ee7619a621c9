/* recovery.c - sockets that were lost a moment ago. */
#include "app/recovery.h"

#include <pthread.h>

#include "base/list.h"
#include "base/map.h"

/* One that is kept. */
struct entry {
    struct recovered what; /* its slices point into text */
    struct list node;      /* among all, the oldest first */
    int64_t until_us;      /* when it is too old */
    char text[];           /* all of its slices */
};

struct recovery {
    pthread_mutex_t lock; /* guards all below */
    struct map by_pid;    /* struct entry by its pid */
    struct list all;      /* the same */
};

struct recovery *recovery_new(void)
{
    struct recovery *r = mem_alloc(sizeof *r);
    CHECK(pthread_mutex_init(&r->lock, NULL) == 0);
    list_init(&r->all);
    return r;
}

static void take_out(struct recovery *r, struct entry *e)
{
    map_del(&r->by_pid, e->what.pid);
    list_del(&e->node);
}

static void drop_oldest(struct recovery *r)
{
    struct entry *e = LIST_ITEM(r->all.next, struct entry, node);
    take_out(r, e);
    mem_free(e);
}

void recovery_free(struct recovery **recovery)
{
    struct recovery *r = *recovery;
    if (!r)
        return;
    while (!list_empty(&r->all))
        drop_oldest(r);
    map_fini(&r->by_pid);
    pthread_mutex_destroy(&r->lock);
    mem_free(r);
    *recovery = NULL;
}

/* Copy one slice to *at, which moves behind it. */
static struct str keep(char **at, struct str s)
{
    char *copy = *at;
    if (s.len > 0)
        memcpy(copy, s.at, s.len);
    *at += s.len;
    return (struct str){copy, s.len};
}

static struct entry *entry_new(const struct recovered *lost)
{
    size_t len =
        lost->pid.len + lost->sid.len + lost->account.len + lost->powers.len + lost->extras.len;
    struct entry *e = mem_alloc(sizeof *e + len);
    char *at = e->text;
    e->what.pid = keep(&at, lost->pid);
    e->what.sid = keep(&at, lost->sid);
    e->what.account = keep(&at, lost->account);
    e->what.powers = keep(&at, lost->powers);
    e->what.extras = keep(&at, lost->extras);
    return e;
}

void recovery_put(struct recovery *r, const struct recovered *lost, int64_t now_us)
{
    struct entry *e = entry_new(lost);
    e->until_us = now_us + RECOVERY_US;
    pthread_mutex_lock(&r->lock);
    struct entry *old = map_get(&r->by_pid, lost->pid);
    if (old) {
        take_out(r, old);
        mem_free(old);
    }
    while (!list_empty(&r->all) && (r->by_pid.count >= RECOVERY_MAX ||
                                    LIST_ITEM(r->all.next, struct entry, node)->until_us < now_us))
        drop_oldest(r);
    map_put(&r->by_pid, e->what.pid, e);
    list_add_before(&r->all, &e->node);
    pthread_mutex_unlock(&r->lock);
}

struct recovered *recovery_take(struct recovery *r, struct str pid, struct str account,
                                int64_t now_us)
{
    pthread_mutex_lock(&r->lock);
    struct entry *e = map_get(&r->by_pid, pid);
    bool good = e && str_eq(e->what.account, account) && e->until_us >= now_us;
    if (good)
        take_out(r, e);
    pthread_mutex_unlock(&r->lock);
    return good ? &e->what : NULL;
}

void recovered_free(struct recovered **lost)
{
    if (*lost)
        mem_free(CONTAINER_OF(*lost, struct entry, what));
    *lost = NULL;
}
