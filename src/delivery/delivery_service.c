/* delivery_service.c - the delivery service as main.c lists it. */
#include "delivery/delivery_service.h"

const struct service delivery_service = {
    .name = "delivery",
};
