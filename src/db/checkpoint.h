/* checkpoint.h - moves the write-ahead log into the database beside the writer, so that no order
 * waits behind it. Known to the db room only.
 *
 * While the writer commits, the log is moved bit by bit without stopping anybody. It can only begin
 * anew when it was moved to its end and nobody writes: that is done when the writer has been quiet
 * for a second, and when the log is longer than 32 MB, for which the writer is held up for some
 * milliseconds. A reader that stays forbids it: then it is tried again at twice that length. The
 * file of a log that is used is lengthened ahead of it, a step at a time. */
#ifndef PESAN_DB_CHECKPOINT_H
#define PESAN_DB_CHECKPOINT_H

#include "db/db.h"

struct checkpointer;

/* When to do what; bytes of the log. */
struct checkpoint_rule {
    int64_t step;  /* moved whenever the log grew by so much */
    int64_t limit; /* past this the writer is held up */
    int64_t used;  /* from this on the file is lengthened ahead of it, up to the limit */
};

#define CHECKPOINT_RULE                                                                            \
    ((struct checkpoint_rule){INT64_C(16) << 20, INT64_C(32) << 20, INT64_C(4) << 20})

/* A connection and a thread of its own. On failure returns NULL and a line in *why_r. */
MUST_USE struct checkpointer *checkpointer_start(const char *url, struct checkpoint_rule rule,
                                                 const char **why_r);

/* Ends the thread, closes, sets *c to NULL, accepts NULL. */
void checkpointer_stop(struct checkpointer **c);

/* The writer is about to begin a transaction; waits (some hundred milliseconds at most for readers,
 * plus the move itself) while the log is made to begin anew. */
void checkpointer_enter(struct checkpointer *c);

/* The writer has ended its transaction; the log is now `log_bytes` long. */
void checkpointer_leave(struct checkpointer *c, int64_t log_bytes);

#endif
