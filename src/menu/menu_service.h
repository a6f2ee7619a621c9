/* menu_service.h - the menu service as main.c lists it. */
#ifndef PESAN_MENU_MENU_SERVICE_H
#define PESAN_MENU_MENU_SERVICE_H

#include "app/service.h"

extern const struct service menu_service;

#endif
