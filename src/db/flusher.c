/* flusher.c - the thread that makes commits durable. */
#include "db/flusher.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"
#include "db/driver.h"

#define FLIGHTS_MAX  4
#define EXIT_UNKNOWN 70     /* EX_SOFTWARE: what became of a commit is not known */
#define SLICE_NS     100000 /* the shortest there is */

struct flusher {
    struct db *db;           /* the writer's connection */
    pthread_t thread;        /* runs flusher_main() */
    _Atomic int64_t visible; /* commits announced */
    _Atomic int64_t durable; /* commits on the disk */
    pthread_mutex_t lock;    /* guards all below */
    pthread_cond_t wake;     /* for the thread: a flight, or the end */
    pthread_cond_t room;     /* for the writer: less than FLIGHTS_MAX wait */
    struct flight *first;    /* flights that wait, in the order of their commits */
    struct flight *last;     /* the newest of them */
    size_t count;            /* how many */
    struct held *held;       /* in no order */
    bool stopping;           /* no flight will come any more */
};

_Noreturn void flusher_lost(const char *error)
{
    log_error("DB-COMMIT-UNKNOWN", LOG_C("error", error));
    log_stop();
    _exit(EXIT_UNKNOWN);
}

/* All flights that wait; waits for one. NULL at the end. */
static struct flight *take(struct flusher *f)
{
    pthread_mutex_lock(&f->lock);
    while (!f->first && !f->stopping)
        pthread_cond_wait(&f->wake, &f->lock);
    struct flight *first = f->first;
    f->first = f->last = NULL;
    f->count = 0;
    pthread_cond_signal(&f->room);
    pthread_mutex_unlock(&f->lock);
    return first;
}

/* With the lock held: take out whoever has seen nothing behind `durable`. */
static struct held *release(struct flusher *f, int64_t durable)
{
    struct held *free = NULL;
    struct held **at = &f->held;
    while (*at) {
        struct held *h = *at;
        if (h->commit > durable) {
            at = &h->next;
            continue;
        }
        *at = h->next;
        h->next = free;
        free = h;
    }
    return free;
}

static void let_go(struct flusher *f, int64_t durable)
{
    pthread_mutex_lock(&f->lock);
    atomic_store_explicit(&f->durable, durable, memory_order_release);
    struct held *h = release(f, durable);
    pthread_mutex_unlock(&f->lock);
    while (h) {
        struct held *next = h->next;
        h->go(h);
        h = next;
    }
}

/* struct sched_attr of the kernel, first version: its header and glibc's exclude each other. */
struct slice_attr {
    uint32_t size;   /* of this */
    uint32_t policy; /* SCHED_OTHER, where nobody asked for another */
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime; /* the slice, for SCHED_OTHER; nanoseconds */
    uint64_t deadline;
    uint64_t period;
};

/* All wait for this thread, which needs a processor for moments only: it asks for one as soon as
 * the disk has answered, not when those who compute have used up their slices (sched_setattr(2), a
 * slice of one's own: Linux 6.12). Where it is not granted nothing changes. */
static void ask_for_short_slices(void)
{
    struct slice_attr attr = {.size = sizeof attr};
    if (syscall(SYS_sched_getattr, 0, &attr, sizeof attr, 0) != 0)
        return;
    attr.runtime = SLICE_NS;
    if (attr.policy == SCHED_OTHER)
        (void)syscall(SYS_sched_setattr, 0, &attr, 0);
}

static void *flusher_main(void *arg)
{
    struct flusher *f = arg;
    struct flight *flight;
    ask_for_short_slices();
    while ((flight = take(f))) {
        int64_t durable = 0;
        if (!db_flush(f->db))
            flusher_lost("the log could not be flushed");
        while (flight) {
            struct flight *next = flight->next;
            durable = flight->commit;
            flight->land(flight);
            flight = next;
        }
        let_go(f, durable);
    }
    return NULL;
}

struct flusher *flusher_start(struct db *db)
{
    struct flusher *f = mem_alloc(sizeof *f);
    f->db = db;
    db_defer_flush(db, true);
    pthread_mutex_init(&f->lock, NULL);
    pthread_cond_init(&f->wake, NULL);
    pthread_cond_init(&f->room, NULL);
    CHECK(pthread_create(&f->thread, NULL, flusher_main, f) == 0);
    pthread_setname_np(f->thread, "flusher");
    return f;
}

void flusher_stop(struct flusher **f)
{
    struct flusher *gone = *f;
    if (!gone)
        return;
    pthread_mutex_lock(&gone->lock);
    gone->stopping = true;
    pthread_cond_signal(&gone->wake);
    pthread_mutex_unlock(&gone->lock);
    pthread_join(gone->thread, NULL);
    CHECK(!gone->held);
    db_defer_flush(gone->db, false);
    pthread_cond_destroy(&gone->room);
    pthread_cond_destroy(&gone->wake);
    pthread_mutex_destroy(&gone->lock);
    mem_free(gone);
    *f = NULL;
}

int64_t flusher_announce(struct flusher *f)
{
    return atomic_fetch_add_explicit(&f->visible, 1, memory_order_seq_cst) + 1;
}

void flusher_hand(struct flusher *f, struct flight *flight)
{
    flight->next = NULL;
    pthread_mutex_lock(&f->lock);
    while (f->count == FLIGHTS_MAX)
        pthread_cond_wait(&f->room, &f->lock);
    if (f->first)
        f->last->next = flight;
    else
        f->first = flight;
    f->last = flight;
    f->count++;
    pthread_cond_signal(&f->wake);
    pthread_mutex_unlock(&f->lock);
}

int64_t flusher_visible(const struct flusher *f)
{
    return atomic_load_explicit(&f->visible, memory_order_seq_cst);
}

void flusher_hold(struct flusher *f, struct held *h)
{
    bool durable = atomic_load_explicit(&f->durable, memory_order_acquire) >= h->commit;
    if (!durable) {
        pthread_mutex_lock(&f->lock);
        durable = atomic_load_explicit(&f->durable, memory_order_relaxed) >= h->commit;
        if (!durable) {
            h->next = f->held;
            f->held = h;
        }
        pthread_mutex_unlock(&f->lock);
    }
    if (durable)
        h->go(h);
}
