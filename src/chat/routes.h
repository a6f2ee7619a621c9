/* routes.h - chat over HTTP. */
#ifndef PESAN_CHAT_ROUTES_H
#define PESAN_CHAT_ROUTES_H

#include "app/service.h"

#define CHAT_ROUTES 26

extern const struct route chat_routes[CHAT_ROUTES];

#endif
