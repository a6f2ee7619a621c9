/* readers.h - a small pool of threads that read, each on a connection of its own. A job sees one
 * snapshot from its begin to its end, and every commit answered before it was queued. */
#ifndef PESAN_DB_READERS_H
#define PESAN_DB_READERS_H

#include "db/db.h"
#include "loop/loop.h"

struct readers;

struct read_job {
    struct mail mail;  /* used on the way home */
    struct loop *home; /* where done() runs; NULL: on the reader's thread, at once */
    bool failed;       /* the engine failed, or the pool was stopping: run() did not see all */
    void (*run)(struct read_job *job, struct db *db); /* on a reader's thread, inside a snapshot */
    void (*done)(struct read_job *job);               /* exactly once */
};

MUST_USE struct readers *readers_start(const char *url, size_t threads, const char **why_r);
void readers_stop(struct readers **r);

/* From any thread; never blocks. */
void readers_submit(struct readers *r, struct read_job *job);

/* Jobs that wait now. Any thread. */
size_t readers_waiting(const struct readers *r);

#endif
