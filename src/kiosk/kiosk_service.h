/* kiosk_service.h - the kiosk service as main.c lists it. */
#ifndef PESAN_KIOSK_KIOSK_SERVICE_H
#define PESAN_KIOSK_KIOSK_SERVICE_H

#include "app/service.h"

extern const struct service kiosk_service;

#endif
