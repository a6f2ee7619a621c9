/* deadline.h - durable timers: "at this time, look at this again". A deadline is a row, set and
 * cleared in the transaction that needs it, armed again at start, run as a unit of work when it is
 * due. */
#ifndef PESAN_JOURNAL_DEADLINE_H
#define PESAN_JOURNAL_DEADLINE_H

#include "db/readers.h"
#include "journal/journal.h"

/* Who runs when a deadline of `service` is due: on the writer's thread, in a transaction that also
 * removes the row; it may set the same key again. */
struct deadline_owner {
    const char *service;
    void (*due)(struct db *tx, struct str key, int64_t now_us);
};

struct deadlines;

extern const struct migrations deadline_migrations;

/* Set (or move) and clear, inside a transaction of the writer. */
void deadline_set(struct db *tx, const char *service, struct str key, int64_t at_us);
void deadline_clear(struct db *tx, const char *service, struct str key);

/* Watch the table from `loop`. After writer_start(). `owners` must outlive the result. */
MUST_USE struct deadlines *deadlines_start(struct loop *loop, struct journal *j, struct writer *w,
                                           struct readers *r, const struct deadline_owner *owners,
                                           size_t count);

/* On the loop's thread or after it ended; after it no unit is submitted. */
void deadlines_stop(struct deadlines **d);

#endif
