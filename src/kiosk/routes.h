/* routes.h - the kiosks' rows of the route table, for kiosk_service.c. */
#ifndef PESAN_KIOSK_ROUTES_H
#define PESAN_KIOSK_ROUTES_H

#include "app/service.h"

#define KIOSK_ROUTES 2

extern const struct route kiosk_routes[KIOSK_ROUTES];

#endif
