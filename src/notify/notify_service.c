/* notify_service.c - the notify service as main.c lists it. */
#include "notify/notify_service.h"

#include "app/app.h"
#include "notify/reactions.h"
#include "notify/receipt.h"
#include "notify/ring.h"
#include "notify/routes.h"
#include "notify/tables.h"

static bool start(struct app *app, const char **why_r)
{
    (void)why_r;
    receipt_open(app_writer(app));
    return true;
}

static void stop(struct app *app)
{
    (void)app;
    receipt_shut();
}

const struct service notify_service = {
    .name = "notify",
    .migrations = {.service = "notify", .steps = notify_steps, .count = NOTIFY_STEPS},
    .routes = notify_routes,
    .route_count = NOTIFY_ROUTES,
    .reactions = notify_reactions,
    .reaction_count = NOTIFY_REACTIONS,
    .due = ring_due,
    .start = start,
    .stop = stop,
};
