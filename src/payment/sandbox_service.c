/* sandbox_service.c - the simulated gateway's descriptor, and its worker's life. */
#include "payment/sandbox_service.h"

#include "app/app.h"
#include "payment/sandbox.h"
#include "payment/sandbox_routes.h"

/* One process runs one house. Set in start() and stop() alone. */
static struct worker *worker;

static bool start(struct app *app, const char **why_r)
{
    (void)why_r;
    worker = worker_start(&sandbox_ops, NULL, &sandbox_bell, app_writer(app), app_readers(app));
    return true;
}

static void stop(struct app *app)
{
    (void)app;
    worker_stop(&worker);
}

const struct service sandbox_service = {
    .name = SANDBOX_NAME,
    .migrations = {.service = SANDBOX_NAME, .steps = sandbox_steps, .count = SANDBOX_STEPS},
    .routes = sandbox_routes,
    .route_count = SANDBOX_ROUTES,
    .due = sandbox_due,
    .start = start,
    .stop = stop,
};
