/* cursor.h - services that react to the journal: each keeps its cursor in the same transaction as
 * its reaction, so every event takes effect once. Up to 256 events are reacted to in one unit. */
#ifndef PESAN_JOURNAL_CURSOR_H
#define PESAN_JOURNAL_CURSOR_H

#include "journal/journal.h"

/* What to do about one topic. Runs on the writer's thread inside the unit; must be total: what a
 * business rule forbids is logged or told by an event, never a failure. */
struct reaction {
    const char *topic;
    void (*react)(struct db *tx, const struct event *e);

    /* Is this one event of the topic anything to react to at all? NULL: every one is. Asked on the
     * writer's thread for each event that is committed, so it only looks and never reads JSON. */
    bool (*concerns)(const struct event *e);
};

/* A service that follows. */
struct follower {
    const char *name; /* its cursor's name: the service */
    const struct reaction *reactions;
    size_t count;
};

struct followers;

/* Begin to follow, from the stored cursors (a new follower starts at the journal's beginning).
 * After the writer was started; what happened while the process was down is reacted to now. `all`
 * must outlive the result. */
MUST_USE struct followers *followers_start(struct journal *j, struct writer *w,
                                           const struct follower *all, size_t count);

/* Submit no more units. Before writer_stop(). */
void followers_stop(struct followers *f);

/* After writer_stop(). */
void followers_free(struct followers **f);

/* The seq up to which `name` has reacted (head when it has nothing to do). Any thread. */
int64_t followers_cursor(const struct followers *f, const char *name);

/* The seq up to which `name` has stored that it reacted; 0 for one that never did. For reading at
 * the start, before it follows. On failure db->status tells. */
int64_t follower_stored(struct db *db, const char *name);

#endif
