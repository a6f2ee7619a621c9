/* delivery_service.c - the delivery service as main.c lists it. */
#include "delivery/delivery_service.h"

#include "delivery/delivery.h"
#include "delivery/reactions.h"
#include "delivery/routes.h"
#include "delivery/track.h"

static const struct socket_kind sockets[] = {
    {.name = "track",
     .path = "/ws/track",
     .admit = track_admit,
     .snapshot = track_snapshot,
     .render = track_render,
     .follows = &delivery_service},
};

const struct service delivery_service = {
    .name = "delivery",
    .migrations = {.service = "delivery", .steps = delivery_steps, .count = DELIVERY_STEPS},
    .routes = delivery_routes,
    .route_count = DELIVERY_ROUTES,
    .sockets = sockets,
    .socket_count = ARRAY_LEN(sockets),
    .reactions = delivery_reactions,
    .reaction_count = DELIVERY_REACTIONS,
};
