/* payment_service.h - the payment service: a follower that knows orders from the journal alone. */
#ifndef PESAN_PAYMENT_PAYMENT_SERVICE_H
#define PESAN_PAYMENT_PAYMENT_SERVICE_H

#include "app/service.h"

extern const struct service payment_service;

#endif
