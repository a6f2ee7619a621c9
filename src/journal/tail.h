/* tail.h - the live end of the journal: hands what was committed to the loops that tap it and to
 * the watchers. Known to the journal room only. */
#ifndef PESAN_JOURNAL_TAIL_H
#define PESAN_JOURNAL_TAIL_H

#include <pthread.h>

#include "journal/inside.h"

struct tail {
    pthread_mutex_t lock; /* guards all below, and that head and what is handed over agree */
    struct list branches; /* one for each loop that taps */
    struct list watchers; /* struct journal_watcher */
};

void tail_init(struct tail *t);

/* All taps and watchers are gone by now. */
void tail_fini(struct tail *t);

/* Events committed together, shared by the loops. */
struct batch {
    _Atomic int refs;       /* whoever made it, and the mails on their way */
    size_t count;           /* events */
    struct event *events[]; /* a reference to each */
};

/* A batch of references to these. */
MUST_USE struct batch *tail_batch(struct event *const *events, size_t count);

/* Tell the watchers what was committed. The writer's thread. */
void tail_committed(struct tail *t, struct event *const *events, size_t count, int64_t deadline_us);

/* It is durable: move *head to its end and hand it to whoever taps. Takes over the caller's
 * reference. The flusher's thread. */
void tail_publish(struct tail *t, _Atomic int64_t *head, struct batch *batch);

/* As journal_tap(), journal_untap(), journal_watch() and journal_unwatch(). */
int64_t tail_tap(struct tail *t, const _Atomic int64_t *head, struct journal_tap *tap);
void tail_untap(struct tail *t, struct journal_tap *tap);
void tail_watch(struct tail *t, struct journal_watcher *w);
void tail_unwatch(struct tail *t, struct journal_watcher *w);

#endif
