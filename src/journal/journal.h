/* journal.h - every change told once, in order of commit: append, the live tail, reading back.
 *
 * An event is appended in the transaction that makes it true. Its seq is given out at the end of
 * that transaction, so order of seq is order of commit and a reader never sees a hole. Once the
 * commit is durable the same event, refcounted, goes to every loop that taps the journal, in order
 * of seq. */
#ifndef PESAN_JOURNAL_JOURNAL_H
#define PESAN_JOURNAL_JOURNAL_H

#include <stdatomic.h>

#include "base/id.h"
#include "db/writer.h"

#define JOURNAL_CHANNELS_MAX 256
#define JOURNAL_PAYLOAD_MAX  262144 /* 256 KB */
#define JOURNAL_PAGE_MAX     4096   /* events journal_read() visits in one call */

struct journal;

/* A committed event; immutable, shared by all threads, freed with its last reference. All slices
 * point into the same allocation. */
struct event {
    _Atomic int refs;   /* event_ref() */
    size_t size;        /* bytes of the whole allocation */
    int64_t seq;        /* order of commit, from 1, no gaps */
    struct id id;       /* UUIDv7, unique over all nodes */
    struct str topic;   /* "order.placed" */
    struct str key;     /* what it is about: the order's id, the room's uri */
    int64_t at_us;      /* UTC, never less than its predecessor's */
    struct str actor;   /* "account:<id>", "kiosk:<id>", "service:payment" */
    struct str payload; /* JSON object */
    size_t channel_count;
    struct str *channels; /* who may read: "kiosk:KIOSK1", "shop:<id>" ... */
};

/* What a unit of work tells. Everything is copied. */
struct event_draft {
    const struct id *id; /* of an event of another process; NULL: it happens here and gets one */
    const char *topic;
    struct str key;
    struct str actor;
    int64_t at_us;              /* when, as the unit was given it */
    struct str payload;         /* JSON object, at most JOURNAL_PAYLOAD_MAX */
    const struct str *channels; /* at most JOURNAL_CHANNELS_MAX */
    size_t channel_count;
};

/* Make a journal; `hooks_r` is what the writer must be started with. */
MUST_USE struct journal *journal_new(struct writer_hooks *hooks_r);
void journal_free(struct journal **j);

/* The journal's tables, first in the list given to db_migrate(). */
struct migrations;
extern const struct migrations journal_migrations;

/* Read head, floor and epoch; call after migration and before the writer starts. Makes an epoch
 * where there is none. On failure db->status tells. */
void journal_load(struct journal *j, struct db *db);

/* Append in the writer's transaction `tx` (tx->owner is its journal). Writer's thread only. A draft
 * over a limit, or with a line feed in the name of a channel, fails the unit. */
void journal_append(struct db *tx, const struct event_draft *draft);

/* Has an event of this id been committed here, or appended in this transaction? For events of other
 * processes, which may be brought more than once. Writer's thread only. */
MUST_USE bool journal_knows(struct db *tx, const struct id *id);

/* The seq of the last durable event this process knows; the one up to which events may be gone;
 * and the epoch. Any thread. */
int64_t journal_head(const struct journal *j);
int64_t journal_floor(const struct journal *j);
const char *journal_epoch(const struct journal *j);

void event_ref(struct event *e);
void event_unref(struct event *e);

/* Does this member stand in the payload ("\"status\":\"received\"")? A look, no reading: a payload
 * is written without blanks, and a quote inside a text is escaped, so a member stands in no text.
 */
MUST_USE bool event_says(const struct event *e, struct str member);

/* A loop's tap on the live tail. deliver() is called on `loop` with each event after the seq that
 * journal_tap() returned, in order, none twice; the event is borrowed for the call. */
struct journal_tap {
    struct list node;  /* the journal's */
    struct loop *loop; /* where it is called */
    int64_t after;     /* the journal's: the seq from which it goes on */
    void (*deliver)(struct journal_tap *tap, struct event *e);
    void (*turn)(struct journal_tap *tap); /* after the last event of a batch; may be NULL */
};

/* Begin; returns the head from which this tap goes on. On tap->loop's thread or before it runs. */
int64_t journal_tap(struct journal *j, struct journal_tap *tap);

/* Stop; after it returns nothing more is delivered. On tap->loop's thread. */
void journal_untap(struct journal *j, struct journal_tap *tap);

/* Somebody who must know of every commit that tells something, before anybody is answered and
 * before any tap hears of it. */
struct journal_watcher {
    struct list node; /* the journal's */

    /* On the writer's thread, right after the commit, before it is durable and the head moves, and
     * before any answer of the batch leaves: `count` events in order of seq, and the earliest
     * deadline set in the batch (INT64_MAX: none). Called with the journal's lock held: quick, and
     * not back into the journal. */
    void (*committed)(struct journal_watcher *w, struct event *const *events, size_t count,
                      int64_t deadline_us);
};

/* Begin and end; once the end returned, the watcher is not called any more. Any thread. */
void journal_watch(struct journal *j, struct journal_watcher *w);
void journal_unwatch(struct journal *j, struct journal_watcher *w);

/* Read back, on a reader's snapshot (or the writer's transaction): visits events of `channels` (all
 * events when channel_count is 0) with after < seq <= upto, in order, each once, `limit` (from 1 to
 * JOURNAL_PAGE_MAX) at most. Events are borrowed for the call. Returns the seq to go on from, and
 * in *more_r whether more may be there. */
int64_t journal_read(struct db *db, const struct str *channels, size_t channel_count, int64_t after,
                     int64_t upto, size_t limit, void (*visit)(void *arg, const struct event *e),
                     void *arg, bool *more_r);

/* A channel, and from when to when it may be read: after < seq <= upto. */
struct journal_span {
    struct str channel;
    int64_t after;
    int64_t upto;
};

/* As journal_read(), each channel within its spans; the same channel may have several. Without any
 * span nothing is visited. */
int64_t journal_read_spans(struct db *db, const struct journal_span *spans, size_t count,
                           int64_t after, int64_t upto, size_t limit,
                           void (*visit)(void *arg, const struct event *e), void *arg,
                           bool *more_r);

/* The head as this snapshot sees it. */
int64_t journal_snapshot_head(struct db *db);

/* Is `after` a cursor that can be answered from here without RESYNC (same epoch, floor <= after <=
 * head)? Any thread. */
bool journal_cursor_valid(const struct journal *j, struct str epoch, int64_t after);

#endif
