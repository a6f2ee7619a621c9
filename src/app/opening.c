/* opening.c - the first unit of work of a house: the demo's rows and the first sweep. */
#include "app/opening.h"

#include <semaphore.h>

#include "app/house.h"
#include "app/repeat.h"
#include "base/clock.h"

struct opening {
    struct unit unit; /* the work */
    struct app *app;  /* whose */
    int64_t now_us;   /* when */
    sem_t over;       /* posted when it is durable, or never will be */
};

static bool is_filled(struct db *tx)
{
    struct db_rows *rows = db_query(tx, "SELECT value FROM app_facts WHERE name = 'demo'");
    bool filled = db_row(rows);
    db_end(rows);
    return filled;
}

static void run_opening(struct unit *u, struct db *tx)
{
    struct opening *o = CONTAINER_OF(u, struct opening, unit);
    const struct app *app = o->app;
    repeat_sweep(tx, o->now_us);
    if (!app->config->demo || is_filled(tx))
        return;
    for (size_t i = 0; i < app->service_count; i++) {
        if (app->services[i]->demo)
            app->services[i]->demo(tx, o->now_us);
    }
    db_exec(tx, "INSERT INTO app_facts (name, value) VALUES ('demo', 'filled')");
}

static void opening_done(struct unit *u)
{
    sem_post(&CONTAINER_OF(u, struct opening, unit)->over);
}

bool opening_perform(struct app *app, const char **why_r)
{
    struct opening o = {
        .unit = {.run = run_opening, .done = opening_done},
        .app = app,
        .now_us = clock_utc_us(),
    };
    CHECK(sem_init(&o.over, 0, 0) == 0);
    writer_submit(app->writer, &o.unit);
    while (sem_wait(&o.over) != 0)
        continue;
    sem_destroy(&o.over);
    *why_r = "the first write to the database failed";
    return o.unit.fate == UNIT_DONE;
}
