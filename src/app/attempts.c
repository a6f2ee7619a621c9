/* attempts.c - how often something was tried of late. */
#include "app/attempts.h"

#include <pthread.h>

#include "base/clock.h"
#include "base/list.h"
#include "base/map.h"

#define KEY_MAX 192 /* a kind, a name of 64 bytes, an address of 45 */

/* The tries of one kind by one key. */
struct tries {
    struct list node;  /* in its kind's by_use */
    enum attempt kind; /* whose */
    int64_t since_us;  /* when the first of the window was */
    int64_t count;     /* how many there were in it */
    size_t key_len;    /* bytes of key */
    char key[KEY_MAX]; /* kind, account, address */
};

static const struct {
    int64_t times;   /* so many are let pass */
    int64_t seconds; /* in so long a window */
    bool account;    /* its key holds the account */
    bool address;    /* its key holds the address */
} limits[ATTEMPT_COUNT] = {
#define LIMIT(name, times, seconds, by_account, by_address, what)                                  \
    [ATTEMPT_##name] = {times, seconds, by_account, by_address},
#include "app/tbl/limits.h"
#undef LIMIT
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* guards all below */
static struct map by_key;                                /* struct tries */

/* Each kind has its own room: who tries one thing often pushes out no count of another. */
static struct {
    struct list by_use; /* struct tries, touched longest ago first */
    size_t count;       /* of those */
} kinds[ATTEMPT_COUNT] = {
#define LIMIT(name, times, seconds, by_account, by_address, what)                                  \
    [ATTEMPT_##name] = {.by_use = {&kinds[ATTEMPT_##name].by_use, &kinds[ATTEMPT_##name].by_use}},
#include "app/tbl/limits.h"
#undef LIMIT
};

static void add_part(char *out, size_t *len, struct str part)
{
    size_t room = (KEY_MAX - *len) - 1;
    size_t take = part.len < room ? part.len : room;
    if (take > 0)
        memcpy(out + *len, part.at, take);
    *len += take;
    out[(*len)++] = '\0';
}

static struct str key_text(char out[KEY_MAX], enum attempt kind, const struct attempt_key *key)
{
    size_t len = 1;
    out[0] = (char)kind;
    if (limits[kind].address)
        add_part(out, &len, key->address);
    if (limits[kind].account && len < KEY_MAX)
        add_part(out, &len, key->account);
    return (struct str){out, len};
}

static void forget(struct tries *t)
{
    map_del(&by_key, (struct str){t->key, t->key_len});
    list_del(&t->node);
    kinds[t->kind].count--;
    mem_free(t);
}

static bool over(const struct tries *t, enum attempt kind, int64_t now_us)
{
    return now_us - t->since_us >= limits[kind].seconds * US_PER_S;
}

int64_t attempts_wait_s(enum attempt kind, const struct attempt_key *key, int64_t now_us)
{
    char space[KEY_MAX];
    int64_t wait_s = 0;
    struct str text = key_text(space, kind, key);
    pthread_mutex_lock(&lock);
    struct tries *t = map_get(&by_key, text);
    if (t && over(t, kind, now_us))
        forget(t);
    else if (t && t->count >= limits[kind].times)
        wait_s = limits[kind].seconds - (now_us - t->since_us) / US_PER_S;
    pthread_mutex_unlock(&lock);
    return wait_s;
}

static struct tries *tries_of(enum attempt kind, struct str key)
{
    struct tries *t = map_get(&by_key, key);
    if (t)
        return t;
    if (kinds[kind].count >= ATTEMPTS_MAX)
        forget(LIST_ITEM(kinds[kind].by_use.next, struct tries, node));
    t = mem_alloc(sizeof *t);
    t->kind = kind;
    kinds[kind].count++;
    t->key_len = key.len;
    memcpy(t->key, key.at, key.len);
    map_put(&by_key, (struct str){t->key, t->key_len}, t);
    return t;
}

void attempts_count(enum attempt kind, const struct attempt_key *key, int64_t now_us)
{
    char space[KEY_MAX];
    struct str text = key_text(space, kind, key);
    pthread_mutex_lock(&lock);
    struct tries *t = tries_of(kind, text);
    if (t->count == 0 || over(t, kind, now_us)) {
        t->since_us = now_us;
        t->count = 0;
    }
    t->count++;
    list_del(&t->node);
    list_add_before(&kinds[kind].by_use, &t->node);
    pthread_mutex_unlock(&lock);
}

void attempts_clear(enum attempt kind, const struct attempt_key *key)
{
    char space[KEY_MAX];
    struct str text = key_text(space, kind, key);
    pthread_mutex_lock(&lock);
    struct tries *t = map_get(&by_key, text);
    if (t)
        forget(t);
    pthread_mutex_unlock(&lock);
}

void attempts_forget(void)
{
    pthread_mutex_lock(&lock);
    for (size_t k = 0; k < ATTEMPT_COUNT; k++)
        while (!list_empty(&kinds[k].by_use))
            forget(LIST_ITEM(kinds[k].by_use.next, struct tries, node));
    map_fini(&by_key);
    pthread_mutex_unlock(&lock);
}
