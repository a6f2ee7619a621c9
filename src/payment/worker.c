/* worker.c - the thread that does what is due.
 *
 * DESIGN: a unit rings from inside its transaction, when nothing of it can be seen yet. So the ring
 * is answered with an empty unit of the worker's own: the writer keeps their order, and when that
 * unit comes home what rang is durable and a reader sees it. A ring for a unit that was undone
 * costs one look for nothing. */
#include "payment/worker.h"

#include <stdatomic.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/map.h"

#define DUTY_ARENA_MAX  1048576
#define SLEEP_MAX_MS    INT64_C(30000) /* the machine's clock may be set meanwhile */
#define FAILED_PAUSE_MS INT64_C(1000)  /* after a look that failed */

struct worker {
    const struct worker_ops *ops; /* what it does */
    void *own;                    /* given to ask() and answered() */
    struct worker_bell *bell;     /* where units ring */
    struct writer *writer;        /* takes what was answered */
    struct readers *readers;      /* look for what is due */
    struct loop *loop;            /* of its thread */
    struct http_client *http;     /* asks; NULL once it stops */
    pthread_t thread;             /* runs worker_main() */
    struct mail ring;             /* a ring on its way to the loop */
    _Atomic bool rung;            /* it is on its way */
    struct mail stop;             /* worker_stop() on its way */
    bool stopping;                /* it has come: nothing new begins */
    struct unit barrier;          /* the empty unit behind a ring */
    bool barrier_out;             /* it is with the writer */
    bool barrier_again;           /* somebody rang behind it */
    struct worker_find *finding;  /* a look under way, or NULL */
    bool find_again;              /* look once more when it is over */
    struct timer timer;           /* until the next row is due */
    struct map hands;             /* duties in hand and cooling ones, by key */
    size_t busy;                  /* duties in hand */
    struct list cooling; /* settled while a look was under way, which may still report them */
};

/* A look for due rows. */
struct worker_find {
    struct read_job job;   /* on its way through a reader */
    struct worker *worker; /* whose */
    struct list found;     /* duties */
    int64_t now_us;        /* due until then */
    int64_t next_us;       /* when the next one is due */
};

static void look(struct worker *w);

/* ---- Duties ---- */

struct duty *worker_found(struct worker_find *find, struct str key)
{
    struct arena *arena = arena_new(DUTY_ARENA_MAX);
    struct duty *d = arena_alloc(arena, sizeof *d);
    d->arena = arena;
    d->worker = find->worker;
    d->key = arena_str(arena, key);
    list_add_before(&find->found, &d->node);
    return d;
}

static void duty_free(struct duty *d)
{
    struct arena *arena = d->arena;
    buf_fini(&d->call.reply);
    arena_free(&arena);
}

static void check_stopped(struct worker *w)
{
    if (w->stopping && w->busy == 0 && !w->finding && !w->barrier_out)
        loop_stop(w->loop);
}

/* Let go of a duty. While a look is under way its snapshot may be older than the answer, so the key
 * stays known until the look is over. */
static void duty_end(struct worker *w, struct duty *d)
{
    w->busy--;
    if (w->finding) {
        list_add_before(&w->cooling, &d->node);
    } else {
        map_del(&w->hands, d->key);
        duty_free(d);
    }
}

static void settle(struct unit *u, struct db *tx)
{
    struct duty *d = CONTAINER_OF(u, struct duty, unit);
    d->worker->ops->settle(d, tx);
}

static void settled(struct unit *u)
{
    struct duty *d = CONTAINER_OF(u, struct duty, unit);
    struct worker *w = d->worker;
    bool done = u->fate == UNIT_DONE;
    if (done && w->ops->settled)
        w->ops->settled(d);
    duty_end(w, d);
    if (done)
        look(w);
    else if (!w->stopping) /* the row is still due; not at once, or a full disk would keep us busy
                            */
        loop_timer(w->loop, &w->timer, FAILED_PAUSE_MS);
    check_stopped(w);
}

static void answered(struct duty *d)
{
    struct worker *w = d->worker;
    if (w->stopping) { /* the answer may be our own breaking off; the row stays due */
        duty_end(w, d);
        check_stopped(w);
        return;
    }
    d->now_us = clock_utc_us();
    w->ops->answered(w->own, d);
    d->unit.home = w->loop;
    d->unit.run = settle;
    d->unit.done = settled;
    writer_submit(w->writer, &d->unit);
}

static void call_done(struct http_call *call)
{
    answered(CONTAINER_OF(call, struct duty, call));
}

static void duty_begin(struct worker *w, struct duty *d)
{
    map_put(&w->hands, d->key, d);
    w->busy++;
    d->call.done = call_done;
    if (w->ops->ask(w->own, d))
        http_client_start(w->http, &d->call);
    else
        answered(d);
}

/* ---- Looking for what is due ---- */

static void find_run(struct read_job *job, struct db *db)
{
    struct worker_find *find = CONTAINER_OF(job, struct worker_find, job);
    find->next_us = find->worker->ops->find(find, db, find->now_us);
}

static void end_cooling(struct worker *w)
{
    LIST_EACH (node, &w->cooling) {
        struct duty *d = LIST_ITEM(node, struct duty, node);
        list_del(&d->node);
        map_del(&w->hands, d->key);
        duty_free(d);
    }
}

/* Take up what was found and is not in hand. What full hands leave is found again: every duty that
 * ends looks. */
static void take_up(struct worker *w, struct list *found)
{
    LIST_EACH (node, found) {
        struct duty *d = LIST_ITEM(node, struct duty, node);
        list_del(&d->node);
        if (w->busy == WORKER_HANDS || w->stopping || map_get(&w->hands, d->key))
            duty_free(d);
        else
            duty_begin(w, d);
    }
}

static void sleep_until(struct worker *w, int64_t due_us)
{
    int64_t wait_ms = due_us == INT64_MAX ? SLEEP_MAX_MS : (due_us - clock_utc_us()) / 1000 + 1;
    if (wait_ms < 0)
        wait_ms = 0;
    loop_timer(w->loop, &w->timer, wait_ms < SLEEP_MAX_MS ? wait_ms : SLEEP_MAX_MS);
}

static void find_done(struct read_job *job)
{
    struct worker_find *find = CONTAINER_OF(job, struct worker_find, job);
    struct worker *w = find->worker;
    int64_t next_us = job->failed ? find->now_us + FAILED_PAUSE_MS * 1000 : find->next_us;
    take_up(w, &find->found);
    end_cooling(w);
    w->finding = NULL;
    mem_free(find);
    if (w->find_again)
        look(w);
    else if (!w->stopping)
        sleep_until(w, next_us);
    check_stopped(w);
}

/* Look now, or again once the look under way is over. */
static void look(struct worker *w)
{
    if (w->stopping)
        return;
    if (w->finding) {
        w->find_again = true;
        return;
    }
    struct worker_find *find = mem_alloc(sizeof *find);
    w->find_again = false;
    find->worker = w;
    find->now_us = clock_utc_us();
    find->next_us = INT64_MAX;
    list_init(&find->found);
    find->job = (struct read_job){.home = w->loop, .run = find_run, .done = find_done};
    w->finding = find;
    readers_submit(w->readers, &find->job);
}

static void timer_fired(struct timer *t)
{
    look(CONTAINER_OF(t, struct worker, timer));
}

/* ---- Rings ---- */

static void barrier_run(struct unit *u, struct db *tx)
{
    (void)u;
    (void)tx;
}

static void send_barrier(struct worker *w)
{
    w->barrier_out = true;
    w->barrier_again = false;
    writer_submit(w->writer, &w->barrier);
}

static void barrier_done(struct unit *u)
{
    struct worker *w = CONTAINER_OF(u, struct worker, barrier);
    w->barrier_out = false;
    look(w);
    if (w->barrier_again && !w->stopping)
        send_barrier(w);
    check_stopped(w);
}

static void ring_came(struct mail *m)
{
    struct worker *w = CONTAINER_OF(m, struct worker, ring);
    atomic_store(&w->rung, false); /* before the barrier, so that no later ring is lost */
    if (w->stopping)
        return;
    if (w->barrier_out)
        w->barrier_again = true;
    else
        send_barrier(w);
}

void worker_ring(struct worker_bell *bell)
{
    pthread_mutex_lock(&bell->lock);
    struct worker *w = bell->worker;
    if (w && !atomic_exchange(&w->rung, true))
        loop_post(w->loop, &w->ring);
    pthread_mutex_unlock(&bell->lock);
}

static void set_bell(struct worker_bell *bell, struct worker *w)
{
    pthread_mutex_lock(&bell->lock);
    CHECK(!w || !bell->worker);
    bell->worker = w;
    pthread_mutex_unlock(&bell->lock);
}

/* ---- Life ---- */

static void stop_came(struct mail *m)
{
    struct worker *w = CONTAINER_OF(m, struct worker, stop);
    w->stopping = true;
    loop_timer_clear(w->loop, &w->timer);
    http_client_free(&w->http);
    check_stopped(w);
}

static void *worker_main(void *arg)
{
    struct worker *w = arg;
    w->http = http_client_new(w->loop);
    loop_run(w->loop);
    return NULL;
}

struct worker *worker_start(const struct worker_ops *ops, void *own, struct worker_bell *bell,
                            struct writer *writer, struct readers *readers)
{
    struct worker *w = mem_alloc(sizeof *w);
    w->ops = ops;
    w->own = own;
    w->bell = bell;
    w->writer = writer;
    w->readers = readers;
    w->loop = loop_new();
    w->ring.deliver = ring_came;
    w->stop.deliver = stop_came;
    w->timer.fire = timer_fired;
    w->barrier = (struct unit){.home = w->loop, .run = barrier_run, .done = barrier_done};
    list_init(&w->cooling);
    CHECK(pthread_create(&w->thread, NULL, worker_main, w) == 0);
    set_bell(bell, w);
    /* Its first look, at what a former process left: behind any unit that rang while nobody heard
     * it and is not committed yet. */
    worker_ring(bell);
    return w;
}

void worker_stop(struct worker **worker)
{
    struct worker *w = *worker;
    if (!w)
        return;
    set_bell(w->bell, NULL);
    loop_post(w->loop, &w->stop);
    pthread_join(w->thread, NULL);
    loop_free(&w->loop);
    map_fini(&w->hands);
    mem_free(w);
    *worker = NULL;
}
