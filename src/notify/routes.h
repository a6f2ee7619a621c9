/* routes.h - notifications, rings and receipts over HTTP. */
#ifndef PESAN_NOTIFY_ROUTES_H
#define PESAN_NOTIFY_ROUTES_H

#include "app/service.h"

#define NOTIFY_ROUTES 7

extern const struct route notify_routes[NOTIFY_ROUTES];

#endif
