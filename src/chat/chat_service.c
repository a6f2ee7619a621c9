/* chat_service.c - the chat service as main.c lists it. */
#include "chat/chat_service.h"

#include "app/app.h"
#include "app/topic.h"
#include "base/clock.h"
#include "chat/tables.h"
#include "chat/thread.h"
#include "chat/thread_routes.h"

static const struct route routes[] = {
    {.name = "thread.open",
     .method = "POST",
     .pattern = "/v1/orders/{order_id}/thread",
     .who = WHO_PERSON,
     .flags = ROUTE_FOLLOWS,
     .on = RUN_WRITE,
     .parse = thread_parse_open,
     .run = thread_open},
    {.name = "thread.open_guest",
     .method = "POST",
     .pattern = "/v1/track/{link}/thread",
     .who = WHO_ANYONE,
     .flags = ROUTE_FOLLOWS | ROUTE_SECRET,
     .on = RUN_WRITE,
     .parse = thread_parse_guest,
     .run = thread_open_guest},
    {.name = "thread.list",
     .method = "GET",
     .pattern = "/v1/shops/{shop_id}/threads",
     .who = WHO_CREW,
     .flags = ROUTE_FOLLOWS,
     .on = RUN_READ,
     .run = thread_list},
};

/* All that move_say() has words for. */
static const struct reaction reactions[] = {
    {.topic = TOPIC_ORDER_PAID, .react = thread_on_move},
    {.topic = TOPIC_ORDER_ACCEPTED, .react = thread_on_move},
    {.topic = TOPIC_ORDER_ETA_CHANGED, .react = thread_on_move},
    {.topic = TOPIC_ORDER_REJECTED, .react = thread_on_move},
    {.topic = TOPIC_ORDER_CANCEL_REQUESTED, .react = thread_on_move},
    {.topic = TOPIC_ORDER_CANCELLED, .react = thread_on_move},
    {.topic = TOPIC_DELIVERY_MOVED, .react = thread_on_move},
    {.topic = TOPIC_DELIVERY_CANCEL_REFUSED, .react = thread_on_move},
    {.topic = TOPIC_PAYMENT_REFUND_STARTED, .react = thread_on_move},
    {.topic = TOPIC_PAYMENT_REFUNDED, .react = thread_on_move},
};

static bool start(struct app *app, const char **why_r)
{
    (void)why_r;
    thread_open_for(app_config(app)->thread_close_s * US_PER_S);
    return true;
}

const struct service chat_service = {
    .name = "chat",
    .migrations = {.service = "chat", .steps = chat_steps, .count = CHAT_STEPS},
    .routes = routes,
    .route_count = ARRAY_LEN(routes),
    .reactions = reactions,
    .reaction_count = ARRAY_LEN(reactions),
    .due = thread_due,
    .start = start,
};
