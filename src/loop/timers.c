/* timers.c - the loop's timers: a heap of four children each, nearest due at the top.
 *
 * Four children make it half as deep as two, and those of a node share a cache line. */
#include "loop/timers.h"

#define CHILDREN 4
#define CAP_MIN  64

void timers_fini(struct timers *h)
{
    mem_free(h->slots);
    *h = (struct timers){0};
}

static size_t parent_of(size_t slot)
{
    return (slot - 2) / CHILDREN + 1;
}

static size_t first_child_of(size_t slot)
{
    return (slot - 1) * CHILDREN + 2;
}

static void place(struct timers *h, size_t slot, struct timer *t)
{
    h->slots[slot] = t;
    t->slot = slot;
}

/* Put `t` at `slot` or nearer the top. */
static void sift_up(struct timers *h, size_t slot, struct timer *t)
{
    while (slot > 1 && h->slots[parent_of(slot)]->due_ns > t->due_ns) {
        place(h, slot, h->slots[parent_of(slot)]);
        slot = parent_of(slot);
    }
    place(h, slot, t);
}

/* The child of `slot` that is due first, 0 when it has none. */
static size_t nearest_child(const struct timers *h, size_t slot)
{
    size_t from = first_child_of(slot);
    size_t best = from <= h->count ? from : 0;
    for (size_t i = from + 1; i <= h->count && i < from + CHILDREN; i++) {
        if (h->slots[i]->due_ns < h->slots[best]->due_ns)
            best = i;
    }
    return best;
}

/* Put `t` at `slot` or further down. */
static void sift_down(struct timers *h, size_t slot, struct timer *t)
{
    size_t child;
    while ((child = nearest_child(h, slot)) && h->slots[child]->due_ns < t->due_ns) {
        place(h, slot, h->slots[child]);
        slot = child;
    }
    place(h, slot, t);
}

static void settle(struct timers *h, size_t slot, struct timer *t)
{
    if (slot > 1 && h->slots[parent_of(slot)]->due_ns > t->due_ns)
        sift_up(h, slot, t);
    else
        sift_down(h, slot, t);
}

static void make_room(struct timers *h)
{
    if (h->count + 1 < h->cap)
        return;
    h->cap = h->cap ? h->cap * 2 : CAP_MIN;
    h->slots = mem_grow(h->slots, h->cap * sizeof(struct timer *));
}

void timers_set(struct timers *h, struct timer *t, int64_t due_ns)
{
    t->due_ns = due_ns;
    if (t->slot == 0) {
        make_room(h);
        sift_up(h, ++h->count, t);
    } else {
        settle(h, t->slot, t);
    }
}

void timers_clear(struct timers *h, struct timer *t)
{
    size_t slot = t->slot;
    if (slot == 0)
        return;
    CHECK(slot <= h->count && h->slots[slot] == t);
    struct timer *last = h->slots[h->count--];
    if (last != t)
        settle(h, slot, last);
    t->slot = 0;
    t->due_ns = 0;
}
