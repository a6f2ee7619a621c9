/* order_service.h - the order service as main.c lists it. */
#ifndef PESAN_ORDER_ORDER_SERVICE_H
#define PESAN_ORDER_ORDER_SERVICE_H

#include "app/service.h"

extern const struct service order_service;

#endif
