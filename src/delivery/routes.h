/* routes.h - deliveries over HTTP. */
#ifndef PESAN_DELIVERY_ROUTES_H
#define PESAN_DELIVERY_ROUTES_H

#include "app/service.h"

#define DELIVERY_ROUTES 4

extern const struct route delivery_routes[DELIVERY_ROUTES];

#endif
