/* checkpoint.c - the thread that moves the write-ahead log into the database. */
#include "db/checkpoint.h"

#include <pthread.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "db/driver.h"

#define QUIET_S      1               /* without a commit: time to begin the log anew */
#define MOVES_MAX    8               /* before a busy writer is held up */
#define LITTLE_BYTES (1 << 20)       /* of the log, that may be left to move then */
#define AHEAD_TIMES  4               /* so much longer than the log is its file */
#define STEP_REST_NS (4 * NS_PER_MS) /* between two steps of lengthening it */

struct checkpointer {
    struct db *db;               /* the thread's own connection */
    struct checkpoint_rule rule; /* when */
    pthread_t thread;            /* runs checkpointer_main() */
    pthread_mutex_t lock;        /* guards all below */
    pthread_cond_t wake;         /* for the thread: something changed */
    pthread_cond_t go;           /* for the writer: no longer held */
    int64_t log_bytes;           /* the log as the writer left it */
    int64_t moved_bytes;         /* how long it was when it was last moved */
    int64_t failed_bytes;        /* how long when it could not begin anew; 0: it could */
    uint64_t commits;            /* transactions of the writer */
    int64_t file_bytes;          /* the log's file is at least so long, or cannot be longer */
    bool clean;    /* nothing was committed since the log was last moved in a quiet hour */
    bool writing;  /* the writer is inside a transaction */
    bool hold;     /* it must not begin one */
    bool stopping; /* the end */
};

/* With the lock held. Let the log begin anew while the writer stands still. */
static bool restart(struct checkpointer *c)
{
    c->hold = true;
    while (c->writing)
        pthread_cond_wait(&c->wake, &c->lock);
    pthread_mutex_unlock(&c->lock);
    bool whole = db_checkpoint(c->db, DB_MOVE_RESTART);
    pthread_mutex_lock(&c->lock);
    c->hold = false;
    pthread_cond_signal(&c->go);
    if (whole)
        c->log_bytes = c->moved_bytes = 0;
    c->failed_bytes = c->log_bytes;
    return whole;
}

/* With the lock held, which is released meanwhile. */
static bool move(struct checkpointer *c, enum db_move how)
{
    c->moved_bytes = c->log_bytes;
    pthread_mutex_unlock(&c->lock);
    bool whole = db_checkpoint(c->db, how);
    pthread_mutex_lock(&c->lock);
    return whole;
}

/* How long the log's file should be. */
static int64_t file_wanted(const struct checkpointer *c)
{
    int64_t wanted = c->log_bytes < c->rule.used ? 0 : c->log_bytes * AHEAD_TIMES;
    return wanted < c->rule.limit ? wanted : c->rule.limit;
}

static bool to_lengthen(const struct checkpointer *c)
{
    return c->file_bytes < file_wanted(c);
}

/* With the lock held, which is released meanwhile. */
static void lengthen(struct checkpointer *c)
{
    const struct timespec rest = {.tv_nsec = STEP_REST_NS};
    int64_t wanted = file_wanted(c);
    pthread_mutex_unlock(&c->lock);
    bool longer = db_lengthen_log(c->db, wanted);
    nanosleep(&rest, NULL);
    pthread_mutex_lock(&c->lock);
    if (!longer)
        c->file_bytes = wanted;
}

static bool grown(const struct checkpointer *c)
{
    return c->log_bytes - c->moved_bytes >= c->rule.step;
}

/* A reader that stays forbids it to begin anew, and the writer has waited in vain: it is tried
 * again when the log is twice as long. */
static bool too_long(const struct checkpointer *c)
{
    return c->log_bytes >= c->rule.limit && c->log_bytes >= 2 * c->failed_bytes;
}

/* What is written while the log is moved is moved in turn, so that little is left for the moment in
 * which the writer stands still. */
static void move_grown(struct checkpointer *c)
{
    move(c, DB_MOVE_GENTLY);
    if (!too_long(c))
        return;
    for (int i = 0; i < MOVES_MAX && c->log_bytes - c->moved_bytes > LITTLE_BYTES; i++)
        move(c, DB_MOVE);
    if (!restart(c))
        log_warn("DB-LOG-LONG", LOG_N("bytes", c->log_bytes));
}

/* Readers that stay for long may forbid it; it is tried again after the next commit. */
static void move_quiet(struct checkpointer *c)
{
    uint64_t commits = c->commits;
    if (move(c, DB_MOVE_GENTLY) && commits == c->commits)
        restart(c);
    c->clean = commits == c->commits;
}

/* With the lock held: sleep until there is something to do. Returns whether there was a second
 * without a commit. */
static bool sleep_a_while(struct checkpointer *c)
{
    struct timespec until;
    uint64_t commits = c->commits;
    int late = 0;
    if (c->clean) {
        pthread_cond_wait(&c->wake, &c->lock);
        return false;
    }
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += QUIET_S;
    while (late == 0 && !c->stopping && !grown(c) && !to_lengthen(c))
        late = pthread_cond_timedwait(&c->wake, &c->lock, &until);
    return late != 0 && commits == c->commits;
}

static void *checkpointer_main(void *arg)
{
    struct checkpointer *c = arg;
    pthread_mutex_lock(&c->lock);
    while (!c->stopping) {
        bool quiet = sleep_a_while(c);
        if (c->stopping)
            break;
        if (grown(c))
            move_grown(c);
        else if (to_lengthen(c))
            lengthen(c);
        else if (quiet)
            move_quiet(c);
    }
    pthread_mutex_unlock(&c->lock);
    return NULL;
}

struct checkpointer *checkpointer_start(const char *url, struct checkpoint_rule rule,
                                        const char **why_r)
{
    pthread_condattr_t monotonic;
    struct db *db = db_open(url, DB_WRITE, why_r);
    if (!db)
        return NULL;
    struct checkpointer *c = mem_alloc(sizeof *c);
    c->db = db;
    c->rule = rule;
    pthread_mutex_init(&c->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&c->wake, &monotonic);
    pthread_cond_init(&c->go, NULL);
    pthread_condattr_destroy(&monotonic);
    CHECK(pthread_create(&c->thread, NULL, checkpointer_main, c) == 0);
    pthread_setname_np(c->thread, "checkpointer");
    return c;
}

void checkpointer_stop(struct checkpointer **c)
{
    struct checkpointer *gone = *c;
    if (!gone)
        return;
    pthread_mutex_lock(&gone->lock);
    gone->stopping = true;
    pthread_cond_signal(&gone->wake);
    pthread_mutex_unlock(&gone->lock);
    pthread_join(gone->thread, NULL);
    db_close(&gone->db);
    pthread_cond_destroy(&gone->go);
    pthread_cond_destroy(&gone->wake);
    pthread_mutex_destroy(&gone->lock);
    mem_free(gone);
    *c = NULL;
}

void checkpointer_enter(struct checkpointer *c)
{
    pthread_mutex_lock(&c->lock);
    while (c->hold)
        pthread_cond_wait(&c->go, &c->lock);
    c->writing = true;
    pthread_mutex_unlock(&c->lock);
}

void checkpointer_leave(struct checkpointer *c, int64_t log_bytes)
{
    pthread_mutex_lock(&c->lock);
    c->writing = false;
    c->commits++;
    c->log_bytes = log_bytes;
    if (log_bytes < c->moved_bytes)
        c->moved_bytes = c->failed_bytes = 0;
    if (c->clean || c->hold || grown(c) || to_lengthen(c))
        pthread_cond_signal(&c->wake);
    c->clean = false;
    pthread_mutex_unlock(&c->lock);
}
