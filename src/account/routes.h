/* routes.h - accounts over HTTP, as the service's descriptor lists them. */
#ifndef PESAN_ACCOUNT_ROUTES_H
#define PESAN_ACCOUNT_ROUTES_H

#include "app/service.h"

#define ACCOUNT_ROUTES 15

extern const struct route account_routes[ACCOUNT_ROUTES];

#endif
