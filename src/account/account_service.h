/* account_service.h - the account service as main.c lists it. */
#ifndef PESAN_ACCOUNT_ACCOUNT_SERVICE_H
#define PESAN_ACCOUNT_ACCOUNT_SERVICE_H

#include "app/service.h"

extern const struct service account_service;

#endif
