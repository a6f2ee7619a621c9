/* readers.c - the pool of reading threads: a queue, and a connection for each thread. */
#include "db/readers.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/log.h"

struct reader {
    struct readers *pool; /* whose */
    struct db *db;        /* its own connection */
    pthread_t thread;     /* runs reader_main() */
};

struct readers {
    struct flusher *flusher; /* of what is read; NULL: it does not change */
    pthread_mutex_t lock;    /* guards first, last and stopping */
    pthread_cond_t wake;     /* something waits, or the end has come */
    struct mail *first;      /* jobs that wait, oldest first */
    struct mail *last;       /* the newest of them */
    bool stopping;           /* no job begins any more */
    _Atomic size_t waiting;  /* jobs in the queue */
    size_t count;            /* threads that run */
    struct reader threads[]; /* all of them */
};

static struct read_job *job_of(struct mail *m)
{
    return CONTAINER_OF(m, struct read_job, mail);
}

static void come_home(struct mail *m)
{
    struct read_job *job = job_of(m);
    job->done(job);
}

static void send_home(struct read_job *job)
{
    job->mail.deliver = come_home;
    if (job->home)
        loop_post(job->home, &job->mail);
    else
        job->done(job);
}

/* The oldest job; waits for one. NULL when the pool stops. */
static struct read_job *take(struct readers *r)
{
    struct mail *m = NULL;
    pthread_mutex_lock(&r->lock);
    while (!r->first && !r->stopping)
        pthread_cond_wait(&r->wake, &r->lock);
    if (!r->stopping) {
        m = r->first;
        r->first = m->next;
        atomic_fetch_sub_explicit(&r->waiting, 1, memory_order_relaxed);
    }
    pthread_mutex_unlock(&r->lock);
    return m ? job_of(m) : NULL;
}

static void go(struct held *h)
{
    send_home(CONTAINER_OF(h, struct read_job, held));
}

static void run_job(struct read_job *job, struct db *db, struct flusher *flusher)
{
    db_begin(db);
    job->held = (struct held){.go = go, .commit = flusher ? flusher_visible(flusher) : 0};
    if (db->status == DB_OK)
        job->run(job, db);
    job->failed = db->status != DB_OK;
    if (job->failed)
        log_error("DB-READ-FAILED", LOG_N("status", db->status), LOG_C("error", db->error));
    db_rollback(db);
    if (flusher)
        flusher_hold(flusher, &job->held);
    else
        send_home(job);
}

static void *reader_main(void *arg)
{
    struct reader *me = arg;
    struct read_job *job;
    while ((job = take(me->pool)))
        run_job(job, me->db, me->pool->flusher);
    return NULL;
}

struct readers *readers_start(const char *url, struct flusher *flusher, size_t threads,
                              const char **why_r)
{
    struct readers *r = mem_alloc(sizeof *r + threads * sizeof r->threads[0]);
    r->flusher = flusher;
    pthread_mutex_init(&r->lock, NULL);
    pthread_cond_init(&r->wake, NULL);
    for (; r->count < threads; r->count++) {
        struct reader *one = &r->threads[r->count];
        one->pool = r;
        one->db = db_open(url, DB_READ, why_r);
        if (!one->db) {
            readers_stop(&r);
            return NULL;
        }
        CHECK(pthread_create(&one->thread, NULL, reader_main, one) == 0);
        pthread_setname_np(one->thread, "reader");
    }
    return r;
}

void readers_stop(struct readers **r)
{
    struct readers *pool = *r;
    if (!pool)
        return;
    pthread_mutex_lock(&pool->lock);
    pool->stopping = true;
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->lock);
    for (size_t i = 0; i < pool->count; i++) {
        pthread_join(pool->threads[i].thread, NULL);
        db_close(&pool->threads[i].db);
    }
    while (pool->first) {
        struct read_job *job = job_of(pool->first);
        pool->first = pool->first->next;
        job->failed = true;
        send_home(job);
    }
    pthread_cond_destroy(&pool->wake);
    pthread_mutex_destroy(&pool->lock);
    mem_free(pool);
    *r = NULL;
}

void readers_submit(struct readers *r, struct read_job *job)
{
    job->failed = false;
    job->mail.next = NULL;
    pthread_mutex_lock(&r->lock);
    if (r->first)
        r->last->next = &job->mail;
    else
        r->first = &job->mail;
    r->last = &job->mail;
    atomic_fetch_add_explicit(&r->waiting, 1, memory_order_relaxed);
    pthread_cond_signal(&r->wake);
    pthread_mutex_unlock(&r->lock);
}

size_t readers_waiting(const struct readers *r)
{
    return atomic_load_explicit(&r->waiting, memory_order_relaxed);
}
