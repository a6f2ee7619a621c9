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
    return c;
}

void call_fini(struct call *c)
{
    json_decref(c->rq.body);
    c->rq.body = NULL;
}

static void run_in_unit(struct unit *u, struct db *tx)
{
    struct call *c = CONTAINER_OF(u, struct call, work.unit);
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
    struct call *c = CONTAINER_OF(u, struct call, work.unit);
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
    struct call *c = CONTAINER_OF(job, struct call, work.job);
    c->run(&c->rq, db);
}

static void job_came_home(struct read_job *job)
{
    struct call *c = CONTAINER_OF(job, struct call, work.job);
    bool ending = atomic_load(&c->desk->app->phase) == HOUSE_DRAINING;
    if (job->failed)
        refuse(&c->rq, ending ? PROBLEM_BUSY : PROBLEM_INTERNAL, NULL);
    c->finished(c);
}

static void shed(struct call *c)
{
    refuse(&c->rq, PROBLEM_BUSY, "too many requests are waiting");
    c->finished(c);
}

void call_perform(struct call *c)
{
    struct app *app = c->desk->app;
    switch (c->on) {
    case RUN_HERE:
        c->run(&c->rq, NULL);
        c->finished(c);
        return;
    case RUN_READ:
        if (readers_waiting(app->readers) > CALL_READS_MAX) {
            shed(c);
            return;
        }
        c->work.job =
            (struct read_job){.home = c->desk->loop, .run = run_in_job, .done = job_came_home};
        readers_submit(app->readers, &c->work.job);
        return;
    case RUN_WRITE:
        if (writer_waiting(app->writer) > CALL_WRITES_MAX) {
            shed(c);
            return;
        }
        c->work.unit =
            (struct unit){.home = c->desk->loop, .run = run_in_unit, .done = unit_came_home};
        writer_submit(app->writer, &c->work.unit);
        return;
    }
}
