/* checkpoint.c - the thread that moves the write-ahead log into the database. */
#include "db/checkpoint.h"

#include <pthread.h>
#include <time.h>

#include "base/log.h"
#include "db/driver.h"

#define QUIET_S 1 /* without a commit: time to begin the log anew */

struct checkpointer {
    struct db *db;               /* the thread's own connection */
    struct checkpoint_rule rule; /* when */
    pthread_t thread;            /* runs checkpointer_main() */
    pthread_mutex_t lock;        /* guards all below */
    pthread_cond_t wake;         /* for the thread: something changed */
    pthread_cond_t go;           /* for the writer: no longer held */
    int64_t log_bytes;           /* the log as the writer left it */
    int64_t moved_bytes;         /* how long it was when it was last moved */
    uint64_t commits;            /* transactions of the writer */
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
    bool whole = db_checkpoint(c->db, true);
    pthread_mutex_lock(&c->lock);
    c->hold = false;
    pthread_cond_signal(&c->go);
    if (whole)
        c->log_bytes = c->moved_bytes = 0;
    return whole;
}

/* With the lock held, which is released meanwhile. */
static bool move(struct checkpointer *c)
{
    c->moved_bytes = c->log_bytes;
    pthread_mutex_unlock(&c->lock);
    bool whole = db_checkpoint(c->db, false);
    pthread_mutex_lock(&c->lock);
    return whole;
}

static bool grown(const struct checkpointer *c)
{
    return c->log_bytes - c->moved_bytes >= c->rule.step;
}

static void move_grown(struct checkpointer *c)
{
    move(c);
    if (c->log_bytes >= c->rule.limit && !restart(c))
        log_warn("DB-LOG-LONG", LOG_N("bytes", c->log_bytes));
}

/* Readers that stay for long may forbid it; it is tried again after the next commit. */
static void move_quiet(struct checkpointer *c)
{
    uint64_t commits = c->commits;
    if (move(c) && commits == c->commits)
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
    while (late == 0 && !c->stopping && !grown(c))
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
        c->moved_bytes = 0;
    if (c->clean || c->hold || grown(c))
        pthread_cond_signal(&c->wake);
    c->clean = false;
    pthread_mutex_unlock(&c->lock);
}
