/* webhook.h - the gateway's notifications: POST /payments/midtrans/notification. */
#ifndef PESAN_PAYMENT_WEBHOOK_H
#define PESAN_PAYMENT_WEBHOOK_H

#include "app/service.h"

#define WEBHOOK_BODY_MAX 65536

/* On the loop: read it, check its signature. */
bool webhook_parse(struct request *rq);

/* On the writer: keep it, and make the question for the payment's status due. */
void webhook_run(struct request *rq, struct db *tx);

#endif
