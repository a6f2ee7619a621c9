/* timers.h - the loop's timers: a heap of four children each, nearest due at the top. */
#ifndef PESAN_LOOP_TIMERS_H
#define PESAN_LOOP_TIMERS_H

#include "loop/loop.h"

/* Zero-initialised it is empty. Slots count from 1, so that a zeroed timer is not set. */
struct timers {
    struct timer **slots; /* slots[1..count] in heap order; NULL before the first */
    size_t count;         /* timers set */
    size_t cap;           /* places allocated, slot 0 included */
};

void timers_fini(struct timers *h);

/* Set `t` to due_ns, or move it there when it is set. */
void timers_set(struct timers *h, struct timer *t, int64_t due_ns);

/* Clear `t`; one that is not set is left alone. */
void timers_clear(struct timers *h, struct timer *t);

/* The timer due next, or NULL. */
static inline struct timer *timers_first(const struct timers *h)
{
    return h->count > 0 ? h->slots[1] : NULL;
}

#endif
