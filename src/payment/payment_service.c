/* payment_service.c - the payment service's descriptor, and its worker's life. */
#include "payment/payment_service.h"

#include "base/log.h"
#include "payment/gateway.h"
#include "payment/reactions.h"
#include "payment/routes.h"

/* One process runs one house. Set in start() and stop() alone. */
static struct gateway gateway;
static struct worker *worker;

static bool start(struct app *app, const char **why_r)
{
    if (!gateway_init(&gateway, app, why_r))
        return false;
    if (gateway.url)
        log_info("PAYMENT-GATEWAY", LOG_C("url", gateway.url));
    else
        log_warn("PAYMENT-COUNTER-ONLY",
                 LOG_C("why", "no midtrans-server-key, and no sandbox in this process"));
    /* Even without a gateway: orders that wait for one must be told that there is none. */
    worker = worker_start(&gateway_ops, &gateway, &gateway_bell, app_writer(app), app_readers(app));
    return true;
}

static void stop(struct app *app)
{
    (void)app;
    worker_stop(&worker);
    gateway_fini(&gateway);
}

const struct service payment_service = {
    .name = "payment",
    .migrations = {.service = "payment", .steps = payment_steps, .count = PAYMENT_STEPS},
    .routes = payment_routes,
    .route_count = PAYMENT_ROUTES,
    .reactions = payment_reactions,
    .reaction_count = PAYMENT_REACTIONS,
    .start = start,
    .stop = stop,
};
