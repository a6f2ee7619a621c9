/* notify_service.c - the notify service as main.c lists it. */
#include "notify/notify_service.h"

#include "app/app.h"
#include "notify/person.h"
#include "notify/reactions.h"
#include "notify/receipt.h"
#include "notify/ring.h"
#include "notify/routes.h"
#include "notify/tables.h"
#include "notify/word.h"

static const struct socket_kind sockets[] = {
    {.name = "person",
     .path = "/v1/events",
     .nsp = "/",
     .stream = "/v1/events",
     .person = true,
     .snapshot = person_snapshot,
     .word = notify_word,
     .is_alert = notify_is_alert,
     .sent = receipt_sent,
     .commands = person_commands,
     .command_count = PERSON_COMMANDS,
     .follows = &notify_service},
};

static bool start(struct app *app, const char **why_r)
{
    (void)why_r;
    receipt_open(app_writer(app));
    ring_house(app);
    return true;
}

static void stop(struct app *app)
{
    (void)app;
    ring_house(NULL);
    receipt_shut();
}

const struct service notify_service = {
    .name = "notify",
    .migrations = {.service = "notify", .steps = notify_steps, .count = NOTIFY_STEPS},
    .routes = notify_routes,
    .route_count = NOTIFY_ROUTES,
    .sockets = sockets,
    .socket_count = ARRAY_LEN(sockets),
    .reactions = notify_reactions,
    .reaction_count = NOTIFY_REACTIONS,
    .due = ring_due,
    .start = start,
    .stop = stop,
};
