/* writer.h - the one thread that writes: group commit of units of work.
 *
 * It takes the units that wait, opens one transaction, runs each, commits once, and goes on with
 * what came meanwhile; another thread makes the commit durable and then mails every answer home
 * (flusher.h). It is hopeful: units run without savepoints; should one fail after writing, the
 * batch is rolled back and run again unit by unit behind savepoints. So a unit may run twice: it
 * touches nothing but its own memory and the database, and what it needs of time and chance is made
 * before it is queued.
 *
 * A commit whose fate is unknown ends the process (SQLite recovers at the next start). */
#ifndef PESAN_DB_WRITER_H
#define PESAN_DB_WRITER_H

#include "db/db.h"
#include "loop/loop.h"

struct writer;
struct flusher;

#define WRITER_PATIENCE_MS 2

/* Units of one commit: enough that it costs each of them little. More would have the disk, the
 * loops and the writer take turns: all wait for the disk, then all are answered, then all ask. */
#define WRITER_BATCH_MAX 32

enum unit_fate {
    UNIT_DONE,    /* it ran and is written; what it decided stands in its own memory */
    UNIT_FULL,    /* no room, or another process keeps writing: try later; nothing is written */
    UNIT_FAILED,  /* it failed even alone; nothing of it is written; logged */
    UNIT_STOPPED, /* the writer was stopping; nothing of it is written */
};

struct unit {
    struct mail mail;  /* used by the writer on the way home */
    struct loop *home; /* where done() runs, once the commit is durable; NULL: on the writer's
                          thread, right after the commit, durable before any that follows */
    enum unit_fate fate;
    const void
        *kin;     /* of units that know what each other left pending (db_pend()); NULL: none does */
    bool undo;    /* set by run(): keep my answer, undo my writes (a rule failed after writing) */
    bool patient; /* nobody waits for it: while only such units are there it may be held back for
                     WRITER_PATIENCE_MS, so that it shares the commit of whatever comes */
    int64_t due_ns;    /* used by writer_submit_later() */
    struct unit *next; /* used by the writer on the way home */

    /* The work, on the writer's thread, perhaps twice; must reset what it left of a first run. */
    void (*run)(struct unit *u, struct db *tx);

    /* Called exactly once, after the commit; the unit may be freed here. */
    void (*done)(struct unit *u);
};

/* What the journal hangs on the transaction. On the writer's thread but for the last; each may be
 * NULL. */
struct writer_hooks {
    void *owner;                               /* becomes tx->owner */
    void (*begin)(void *owner, struct db *tx); /* after BEGIN */
    void (*mark)(void *owner);                 /* a unit behind a savepoint begins */
    void (*undo)(void *owner);                 /* and was undone to there */
    void (*seal)(void *owner, struct db *tx);  /* before COMMIT: last writes */
    void *(*committed)(void *owner);           /* visible now; returns what is to be told of it */
    void (*rolled_back)(void *owner);          /* nothing of it happened */

    /* What committed() returned is durable now; not for NULL. On the flusher's thread, in the order
     * of the commits, before any answer of the batch leaves. */
    void (*durable)(void *owner, void *told);
};

/* Open `url` for writing and start the thread. On failure returns NULL and a line in *why_r.
 * `db` tuning: WAL, synchronous=FULL; checkpoints run on a connection and thread of their own. */
MUST_USE struct writer *writer_start(const char *url, const struct writer_hooks *hooks,
                                     const char **why_r);

/* Run what waits, end the threads, close; later units come home as UNIT_STOPPED. Frees. */
void writer_stop(struct writer **w);

/* Queue a unit from any thread; never blocks. It comes home through done(), always. (One that is
 * refused because the writer stops and has no home is done() at once, on the caller's thread.) */
void writer_submit(struct writer *w, struct unit *u);

/* Queue a unit for `delay_ms` from now, or UNIT_STOPPED. Only on the writer's thread (in done()
 * with home == NULL, or in the hooks): for trying again. */
void writer_submit_later(struct writer *w, struct unit *u, int64_t delay_ms);

/* Who makes its commits durable; for readers_start(). Lives as long as the writer. */
struct flusher *writer_flusher(const struct writer *w);

/* Units that wait now; for shedding load. Any thread. */
size_t writer_waiting(const struct writer *w);

#endif
