/* notify_service.h - the notify service as main.c lists it. */
#ifndef PESAN_NOTIFY_NOTIFY_SERVICE_H
#define PESAN_NOTIFY_NOTIFY_SERVICE_H

#include "app/service.h"

extern const struct service notify_service;

#endif
