/* gateway.h - what the gateway is asked about each payment that is due, and what its answers mean.
 */
#ifndef PESAN_PAYMENT_GATEWAY_H
#define PESAN_PAYMENT_GATEWAY_H

#include "app/app.h"
#include "payment/midtrans.h"
#include "payment/payment.h"
#include "payment/worker.h"

/* The key the built-in sandbox is asked with; no secret. */
#define GATEWAY_SANDBOX_KEY "SB-Mid-server-test"

/* Which gateway, and how. Made at start, then only read. */
struct gateway {
    char *url;        /* base of the API without a slash at its end; NULL: there is no gateway */
    char *key;        /* server key */
    char *notify;     /* header line that tells where to notify us; NULL: as set at the gateway */
    int64_t sweep_us; /* how often an open payment is checked */
    int64_t minutes;  /* how long a QR may be paid */
};

/* The server key notifications are signed with; at == NULL: there is no gateway. */
struct str gateway_key(const struct app_config *config);

/* Where this server can be reached from this machine: "http://127.0.0.1:3333". */
#define GATEWAY_URL_MAX 300
void gateway_own_url(const struct app *app, char out[GATEWAY_URL_MAX]);

/* Fill from the configuration. False with a clear line in *why_r when that is not sound. */
MUST_USE bool gateway_init(struct gateway *g, const struct app *app, const char **why_r);
void gateway_fini(struct gateway *g);

/* Who asks: given to worker_start() with a struct gateway. */
extern const struct worker_ops gateway_ops;

/* Rung by whoever makes a payment due. */
extern struct worker_bell gateway_bell;

/* Does the QR ask for what we ask for? Logged by its id when not; the payer's application shows the
 * amount too. */
bool gateway_qr_agrees(struct str qr_string, int64_t amount);

/* What an answer to `asked` means for the payment; schedules what comes next. For gateway_ops and
 * its tests: on the writer. */
void gateway_apply(struct change *c, const struct gateway *g, enum ask asked,
                   const struct midtrans_answer *a, struct str refund);

#endif
