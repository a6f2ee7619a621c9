/* sandbox_service.h - the gateway simulator: Midtrans' API, its payer's page and its faults, under
 * /sandbox. It knows nothing of our payments and is reached over HTTP alone. */
#ifndef PESAN_PAYMENT_SANDBOX_SERVICE_H
#define PESAN_PAYMENT_SANDBOX_SERVICE_H

#include "app/service.h"

extern const struct service sandbox_service;

#endif
