/* sandbox_routes.h - the routes under /sandbox. */
#ifndef PESAN_PAYMENT_SANDBOX_ROUTES_H
#define PESAN_PAYMENT_SANDBOX_ROUTES_H

#include "app/service.h"

#define SANDBOX_ROUTES   15
#define SANDBOX_BODY_MAX 65536

extern const struct route sandbox_routes[SANDBOX_ROUTES];

/* ---- The merchant's side (sandbox_api.c): Midtrans' Core API ---- */

bool sandbox_parse_charge(struct request *rq);
bool sandbox_parse_call(struct request *rq);
void sandbox_run_charge(struct request *rq, struct db *tx);
void sandbox_run_status(struct request *rq, struct db *db);
void sandbox_run_cancel(struct request *rq, struct db *tx);
void sandbox_run_expire(struct request *rq, struct db *tx);
void sandbox_run_refund(struct request *rq, struct db *tx);
void sandbox_run_challenge(struct request *rq, struct db *tx);

#endif
