/* flusher.h - makes commits durable on a thread of its own, while the writer makes the next ones.
 *
 * The writer's connection writes its log without waiting for the disk (db_defer_flush()). Behind
 * each commit it hands over a flight: what is to be told of it. The flusher takes all flights that
 * wait, flushes the log once, and lands them in order: so nobody is told of what a power cut could
 * take back. Who reads sees commits that are not durable yet, and is held until they are.
 *
 * A flush that fails ends the process: what became of the commits is not known then. */
#ifndef PESAN_DB_FLUSHER_H
#define PESAN_DB_FLUSHER_H

#include "db/db.h"

struct flusher;

/* A commit on its way to the disk; extended by who hands it over. */
struct flight {
    struct flight *next;            /* the flusher's */
    int64_t commit;                 /* its number, from flusher_announce() */
    void (*land)(struct flight *f); /* on the flusher's thread, once it is durable; frees it */
};

/* Somebody who saw commits that may not be durable yet. */
struct held {
    struct held *next;          /* the flusher's */
    int64_t commit;             /* the newest he may have seen */
    void (*go)(struct held *h); /* on any thread, exactly once */
};

/* `db` is the writer's connection, whose flush is deferred from now on. Starts the thread. */
MUST_USE struct flusher *flusher_start(struct db *db);

/* Lands what is handed over, ends the thread, gives the connection its flush back. Nobody is held
 * any more. Sets *f to NULL, accepts NULL. */
void flusher_stop(struct flusher **f);

/* A commit is about to be made: returns its number. A flight must follow, should it fail too. On
 * the writer's thread, as flusher_hand(). */
MUST_USE int64_t flusher_announce(struct flusher *f);

/* The commit is made, and `flight` is to land. Waits for the disk while FLIGHTS_MAX wait: what
 * comes meanwhile is one batch. */
void flusher_hand(struct flusher *f, struct flight *flight);

/* The newest commit that a snapshot begun before this call may see. Any thread. */
int64_t flusher_visible(const struct flusher *f);

/* Calls h->go() when h->commit is durable: at once, or on the flusher's thread. Any thread. */
void flusher_hold(struct flusher *f, struct held *h);

/* Nobody can say whether a commit is written. SQLite finds out when it recovers the log at the next
 * start. */
_Noreturn void flusher_lost(const char *error);

#endif
