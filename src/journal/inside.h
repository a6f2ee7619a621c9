/* inside.h - what the files of the journal room know of each other. */
#ifndef PESAN_JOURNAL_INSIDE_H
#define PESAN_JOURNAL_INSIDE_H

#include "journal/journal.h"

/* A new event with one reference: a copy of all that `like` says, in one allocation. */
MUST_USE struct event *event_copy(const struct event *like);

/* The columns of journal_events in the order in which event_row() reads them. */
#define EVENT_COLUMNS "seq, id, topic, about, at, actor, channels, payload"

/* The event on the current row of a query of EVENT_COLUMNS, with one reference. */
MUST_USE struct event *event_row(struct db_rows *rows);

/* Somebody who must know of every commit that tells something. */
struct journal_watcher {
    struct list node; /* the journal's */

    /* On the writer's thread, after the head moved and before any answer of the batch leaves:
     * `count` events in order of seq, and the earliest deadline set in the batch (INT64_MAX: none).
     * Called with the journal's lock held: quick, and not back into the journal. */
    void (*committed)(struct journal_watcher *w, struct event *const *events, size_t count,
                      int64_t deadline_us);
};

/* Begin and end; once the end returned, the watcher is not called any more. Any thread. */
void journal_watch(struct journal *j, struct journal_watcher *w);
void journal_unwatch(struct journal *j, struct journal_watcher *w);

/* A committed event that is still kept in memory, or NULL; borrowed. Writer's thread only. */
struct event *journal_recent(const struct journal *j, int64_t seq);

/* A deadline was set in the transaction being made. Writer's thread only. */
void journal_note_deadline(struct journal *j, int64_t at_us);

#endif
