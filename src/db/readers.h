/* readers.h - a small pool of threads that read, each on a connection of its own. A job sees one
 * snapshot from its begin to its end, and every commit answered before it was queued. It comes home
 * once all that it may have seen is durable. */
#ifndef PESAN_DB_READERS_H
#define PESAN_DB_READERS_H

#include "db/db.h"
#include "db/flusher.h"
#include "loop/loop.h"

struct readers;

struct read_job {
    struct mail mail;  /* used on the way home */
    struct held held;  /* used while what it saw is not durable */
    struct loop *home; /* where done() runs; NULL: on another thread than the caller's */
    bool failed;       /* the engine failed, or the pool was stopping: run() did not see all */
    void (*run)(struct read_job *job, struct db *db); /* on a reader's thread, inside a snapshot */
    void (*done)(struct read_job *job);               /* exactly once */
};

/* `flusher` makes durable what others write to `url` (writer_flusher(), it must outlive the pool
 * and its jobs); NULL: nobody writes meanwhile. */
MUST_USE struct readers *readers_start(const char *url, struct flusher *flusher, size_t threads,
                                       const char **why_r);
void readers_stop(struct readers **r);

/* From any thread; never blocks. */
void readers_submit(struct readers *r, struct read_job *job);

/* Jobs that wait now. Any thread. */
size_t readers_waiting(const struct readers *r);

#endif
