/* delivery_service.h - the delivery service as main.c lists it. */
#ifndef PESAN_DELIVERY_DELIVERY_SERVICE_H
#define PESAN_DELIVERY_DELIVERY_SERVICE_H

#include "app/service.h"

extern const struct service delivery_service;

#endif
