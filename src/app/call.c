/* call.c - takes a request to where it must run, and brings its answer back to its loop. */
#include "app/call.h"

#include "app/house.h"
#include "app/repeat.h"
#include "base/clock.h"

struct call *call_new(struct desk *desk, struct arena *arena)
{
    struct call *c = arena_alloc(arena, sizeof *c);
    c->desk = desk;
    c->rq.arena = arena;
    c->rq.app = desk->app;
    c->rq.now_us = clock_utc_us();
    c->rq.id = id_new();
    c->rq.reply = buf_in(arena);
    c->wait_seq = -1;
    return c;
}

bool request_wait(struct request *rq, int64_t seq, int64_t wait_ms)
{
    struct call *c = call_of(rq);
    int64_t now = clock_mono_ns();
    if (c->wait_until_ns == 0)
        c->wait_until_ns =
            now + (wait_ms < CALL_WAIT_MAX_MS ? wait_ms : CALL_WAIT_MAX_MS) * NS_PER_MS;
    if (now >= c->wait_until_ns)
        return false;
    c->wait_seq = seq;
    return true;
}

void call_fini(struct call *c)
{
    json_decref(c->rq.body);
    c->rq.body = NULL;
}

static void run_in_unit(struct unit *u, struct db *tx)
{
    struct call *c = CONTAINER_OF(u, struct call, at.unit);
    struct request *rq = &c->rq;
    call_reset(c);
    if (c->repeat_key.at && repeat_answer(c, tx))
        return;
    c->run(rq, tx);
    u->undo = c->undone || arena_overflowed(rq->arena);
    if (c->repeat_key.at && !u->undo && tx->status == DB_OK)
        repeat_keep(c, tx);
}

static void unit_came_home(struct unit *u)
{
    struct call *c = CONTAINER_OF(u, struct call, at.unit);
    if (u->fate == UNIT_FULL)
        refuse(&c->rq, PROBLEM_STORAGE_FULL, NULL);
    else if (u->fate == UNIT_FAILED)
        refuse(&c->rq, PROBLEM_INTERNAL, NULL);
    else if (u->fate == UNIT_STOPPED)
        refuse(&c->rq, PROBLEM_BUSY, NULL);
    c->finished(c);
}

static void run_in_job(struct read_job *job, struct db *db)
{
    struct call *c = CONTAINER_OF(job, struct call, at.job);
    c->wait_seq = -1;
    c->run(&c->rq, db);
}

static void work_in_job(struct read_job *job, struct db *db)
{
    struct call *c = CONTAINER_OF(job, struct call, at.job);
    if (!c->repeat_key.at || !repeat_answer(c, db))
        c->work(&c->rq, db);
}

/* False after refuse(). */
static bool job_went_well(struct call *c)
{
    bool ending = atomic_load(&c->desk->app->phase) == HOUSE_DRAINING;
    if (c->at.job.failed)
        refuse(&c->rq, ending ? PROBLEM_BUSY : PROBLEM_INTERNAL, NULL);
    return c->rq.problem == PROBLEM_NONE;
}

static void job_came_home(struct read_job *job)
{
    struct call *c = CONTAINER_OF(job, struct call, at.job);
    if (job_went_well(c) && c->wait_seq >= 0)
        desk_perform_beyond(c->desk, c);
    else
        c->finished(c);
}

static void work_came_home(struct read_job *job)
{
    struct call *c = CONTAINER_OF(job, struct call, at.job);
    c->work = NULL;
    if (job_went_well(c) && c->rq.status == 0) /* a repeat has its answer, and needs no work */
        call_perform(c);
    else
        c->finished(c);
}

static void shed(struct call *c)
{
    refuse(&c->rq, PROBLEM_BUSY, "too many requests are waiting");
    c->finished(c);
}

/* To a pool of threads, unless too many wait there already. */
static void submit_job(struct call *c, struct readers *pool, size_t most,
                       void (*run)(struct read_job *job, struct db *db),
                       void (*done)(struct read_job *job))
{
    if (readers_waiting(pool) > most) {
        shed(c);
        return;
    }
    c->at.job = (struct read_job){.home = c->desk->loop, .run = run, .done = done};
    readers_submit(pool, &c->at.job);
}

void call_perform(struct call *c)
{
    struct app *app = c->desk->app;
    if (!app->writer) { /* what comes home after the end goes nowhere any more */
        refuse(&c->rq, PROBLEM_BUSY, "the server is stopping");
        c->finished(c);
        return;
    }
    if (c->work) {
        submit_job(c, app->workers, CALL_WORKS_MAX, work_in_job, work_came_home);
        return;
    }
    switch (c->on) {
    case RUN_HERE:
        c->run(&c->rq, NULL);
        c->finished(c);
        return;
    case RUN_READ:
        submit_job(c, app->readers, CALL_READS_MAX, run_in_job, job_came_home);
        return;
    case RUN_WRITE:
        if (writer_waiting(app->writer) > CALL_WRITES_MAX) {
            shed(c);
            return;
        }
        c->at.unit = (struct unit){
            .home = c->desk->loop, .kin = c->rq.route, .run = run_in_unit, .done = unit_came_home};
        writer_submit(app->writer, &c->at.unit);
        return;
    }
}
