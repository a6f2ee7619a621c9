/* routes.h - the menu's rows of the route table, for menu_service.c. */
#ifndef PESAN_MENU_ROUTES_H
#define PESAN_MENU_ROUTES_H

#include "app/service.h"

#define MENU_ROUTES 9

extern const struct route menu_routes[MENU_ROUTES];

#endif
