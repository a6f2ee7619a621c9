/* routes.h - order's rows of the route table, for order_service.c. */
#ifndef PESAN_ORDER_ROUTES_H
#define PESAN_ORDER_ROUTES_H

#include "app/service.h"

#define ORDER_ROUTES 7

extern const struct route order_routes[ORDER_ROUTES];

#endif
