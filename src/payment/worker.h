/* worker.h - a thread that does what is due: it finds rows whose time has come, asks another
 * machine about each over HTTP, and hands the answer to the writer.
 *
 * Everything it knows stands in rows, so that a restart goes on where the last process ended. A row
 * in hand is not taken up again before its answer is durable. It sleeps until the next row is due;
 * a unit of work that makes a row due rings the service's bell. */
#ifndef PESAN_PAYMENT_WORKER_H
#define PESAN_PAYMENT_WORKER_H

#include <pthread.h>

#include "app/http_client.h"
#include "db/readers.h"
#include "db/writer.h"

#define WORKER_HANDS    64                 /* rows in hand at once, at most */
#define WORKER_FIND_MAX (2 * WORKER_HANDS) /* rows find() should look for, at most */

struct worker;
struct worker_find;

/* A due row in hand. */
struct duty {
    struct list node;      /* in the list of what was found, or of what cools down */
    struct worker *worker; /* whose */
    struct arena *arena;   /* all its memory */
    struct str key;        /* the row's id */
    void *own;             /* what find() noted, in the arena */
    struct http_call call; /* the question and its answer */
    int64_t now_us;        /* UTC, when the answer came */
    struct unit unit;      /* on its way through the writer */
};

struct worker_ops {
    /* On a reader: report what is due by now_us with worker_found(). Returns when the next row
     * after now_us is due, INT64_MAX for none. */
    int64_t (*find)(struct worker_find *find, struct db *db, int64_t now_us);

    /* On the worker's thread: fill d->call (url, headers, body ...). False: there is nobody to
     * ask; go straight to answered(). `own` is the worker's. */
    bool (*ask)(void *own, struct duty *d);

    /* On the worker's thread: the answer is in d->call; read it into d->own. */
    void (*answered)(void *own, struct duty *d);

    /* On the writer, perhaps twice: what it means. Must move the row's time, or it is due again
     * at once. */
    void (*settle)(struct duty *d, struct db *tx);

    /* On the worker's thread, once settle() is durable; may be NULL. */
    void (*settled)(struct duty *d);
};

/* Where units ring; static, one for each service. */
struct worker_bell {
    pthread_mutex_t lock;  /* guards worker */
    struct worker *worker; /* NULL while none runs */
};

#define WORKER_BELL_INIT                                                                           \
    {                                                                                              \
        .lock = PTHREAD_MUTEX_INITIALIZER                                                          \
    }

/* Start a thread; `ops`, `own` and `bell` must outlive it. */
MUST_USE struct worker *worker_start(const struct worker_ops *ops, void *own,
                                     struct worker_bell *bell, struct writer *writer,
                                     struct readers *readers);

/* Breaks off running questions (their rows stay due), waits for what is with the writer, ends the
 * thread. Before writer_stop() and readers_stop(). Accepts NULL. */
void worker_stop(struct worker **w);

/* "A row is due." From a unit of work, before its commit: the worker looks after that commit. */
void worker_ring(struct worker_bell *bell);

/* In find(): take up the row `key`. Returns its duty, whose arena and own find() fills. */
struct duty *worker_found(struct worker_find *find, struct str key);

#endif
