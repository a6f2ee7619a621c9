/* shop_service.h - the shop service as main.c lists it. */
#ifndef PESAN_SHOP_SHOP_SERVICE_H
#define PESAN_SHOP_SHOP_SERVICE_H

#include "app/service.h"

extern const struct service shop_service;

#endif
