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

/* The seq of the last committed event, though it may not be durable yet: journal_head() follows.
 * Writer's thread only. */
int64_t journal_committed(const struct journal *j);

/* A committed event that is still kept in memory, or NULL; borrowed. Writer's thread only. */
struct event *journal_recent(const struct journal *j, int64_t seq);

/* A deadline was set in the transaction being made. Writer's thread only. */
void journal_note_deadline(struct journal *j, int64_t at_us);

#endif
