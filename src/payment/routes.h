/* routes.h - the payment service's routes. */
#ifndef PESAN_PAYMENT_ROUTES_H
#define PESAN_PAYMENT_ROUTES_H

#include "app/service.h"

#define PAYMENT_ROUTES 5

extern const struct route payment_routes[PAYMENT_ROUTES];

#endif
