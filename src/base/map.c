/* map.c - a hash map from byte strings to pointers: open addressing, linear probing, deletion by
 * shifting back, so there are no tombstones.
 *
 * Keys are hashed with SipHash-1-3 (one round a word, three at the end: what hash tables need)
 * under a key that is random for each process. */
#include "base/map.h"

#include <pthread.h>

#include "base/random.h"

#define CAP_MIN 16

/* A free slot has value == NULL. */
struct map_slot {
    struct str key; /* borrowed */
    uint64_t hash;  /* of the key */
    void *value;    /* never NULL in use */
};

struct sip {
    uint64_t a, b, c, d; /* the four words of state, v0 to v3 in the paper */
};

static uint64_t sip_key[2];
static pthread_once_t sip_key_once = PTHREAD_ONCE_INIT;

static void make_sip_key(void)
{
    random_bytes(sip_key, sizeof sip_key);
}

static inline uint64_t rotate(uint64_t x, int by)
{
    return x << by | x >> (64 - by);
}

static inline void sip_round(struct sip *s)
{
    s->a += s->b;
    s->b = rotate(s->b, 13) ^ s->a;
    s->a = rotate(s->a, 32);
    s->c += s->d;
    s->d = rotate(s->d, 16) ^ s->c;
    s->a += s->d;
    s->d = rotate(s->d, 21) ^ s->a;
    s->c += s->b;
    s->b = rotate(s->b, 17) ^ s->c;
    s->c = rotate(s->c, 32);
}

static inline void sip_word(struct sip *s, uint64_t word)
{
    s->d ^= word;
    sip_round(s);
    s->a ^= word;
}

static uint64_t hash_of(struct str key)
{
    struct sip s = {
        .a = sip_key[0] ^ UINT64_C(0x736f6d6570736575),
        .b = sip_key[1] ^ UINT64_C(0x646f72616e646f6d),
        .c = sip_key[0] ^ UINT64_C(0x6c7967656e657261),
        .d = sip_key[1] ^ UINT64_C(0x7465646279746573),
    };
    size_t left = key.len;
    const char *at = key.at;
    for (; left >= 8; left -= 8, at += 8) {
        uint64_t word;
        memcpy(&word, at, 8);
        sip_word(&s, word);
    }
    uint64_t last = 0;
    if (left > 0)
        memcpy(&last, at, left);
    sip_word(&s, last | (uint64_t)key.len << 56);
    s.c ^= 0xff;
    for (int i = 0; i < 3; i++)
        sip_round(&s);
    return s.a ^ s.b ^ s.c ^ s.d;
}

void map_fini(struct map *m)
{
    mem_free(m->slots);
    *m = (struct map){0};
}

/* The slot that holds `key`, or the free one where it belongs. The map has slots. */
static struct map_slot *find(const struct map *m, struct str key, uint64_t hash)
{
    size_t i = hash & (m->cap - 1);
    while (m->slots[i].value && !(m->slots[i].hash == hash && str_eq(m->slots[i].key, key)))
        i = (i + 1) & (m->cap - 1);
    return &m->slots[i];
}

void *map_get(const struct map *m, struct str key)
{
    return m->count > 0 ? find(m, key, hash_of(key))->value : NULL;
}

static void resize(struct map *m, size_t cap)
{
    struct map old = *m;
    m->slots = mem_alloc(cap * sizeof *m->slots);
    m->cap = cap;
    for (size_t i = 0; i < old.cap; i++) {
        if (old.slots[i].value)
            *find(m, old.slots[i].key, old.slots[i].hash) = old.slots[i];
    }
    mem_free(old.slots);
}

/* Keeps at least a quarter of the slots free. */
static void make_room(struct map *m)
{
    if (m->cap == 0) {
        pthread_once(&sip_key_once, make_sip_key);
        resize(m, CAP_MIN);
    } else if (m->count + 1 > m->cap - m->cap / 4) {
        resize(m, m->cap * 2);
    }
}

void *map_put(struct map *m, struct str key, void *value)
{
    CHECK(value != NULL);
    make_room(m);
    uint64_t hash = hash_of(key);
    struct map_slot *slot = find(m, key, hash);
    void *before = slot->value;
    m->count += before == NULL;
    /* The key too: the old one may live in the value that is replaced. */
    *slot = (struct map_slot){key, hash, value};
    return before;
}

/* Close the gap: move back whatever would no longer be found behind it. */
static void shift_back(struct map *m, size_t gap)
{
    size_t mask = m->cap - 1;
    for (size_t i = (gap + 1) & mask; m->slots[i].value; i = (i + 1) & mask) {
        size_t home = m->slots[i].hash & mask;
        if (((i - home) & mask) >= ((i - gap) & mask)) {
            m->slots[gap] = m->slots[i];
            gap = i;
        }
    }
    m->slots[gap] = (struct map_slot){0};
}

void *map_del(struct map *m, struct str key)
{
    if (m->count == 0)
        return NULL;
    struct map_slot *slot = find(m, key, hash_of(key));
    void *before = slot->value;
    if (!before)
        return NULL;
    m->count--;
    shift_back(m, (size_t)(slot - m->slots));
    if (m->cap > CAP_MIN && m->count < m->cap / 8)
        resize(m, m->cap / 2);
    return before;
}

void *map_next(const struct map *m, size_t *at)
{
    while (*at < m->cap) {
        void *value = m->slots[(*at)++].value;
        if (value)
            return value;
    }
    return NULL;
}
