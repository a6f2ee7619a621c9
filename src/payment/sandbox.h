/* sandbox.h - the simulated gateway's transactions: their rows, their life, what they tell.
 *
 * The sandbox has a clock of its own, which runs as ours does, ahead by what it was advanced. Its
 * times are stored in that clock; a deadline wakes it when one is due. */
#ifndef PESAN_PAYMENT_SANDBOX_H
#define PESAN_PAYMENT_SANDBOX_H

#include "base/clock.h"
#include "base/id.h"
#include "db/db.h"
#include "payment/midtrans.h"
#include "payment/worker.h"

#define SANDBOX_NAME     "sandbox"
#define SANDBOX_MERCHANT "PESAN SIMULASI"
#define SANDBOX_STEPS    1

enum method {
#define METHOD(name, type, minutes, refundable, message) METHOD_##name,
#include "payment/tbl/methods.h"
#undef METHOD
    METHOD_COUNT
};

struct method_row {
    const char *type;    /* payment_type */
    int64_t minutes;     /* until it expires when the charge does not say */
    bool refundable;     /* by the API */
    const char *message; /* status_message of a charge */
};

extern const struct method_row sandbox_methods[METHOD_COUNT];

enum fault {
#define FAULT(name, knob, kind, effect) FAULT_##name,
#include "payment/tbl/faults.h"
#undef FAULT
    FAULT_COUNT
};

/* A row of sandbox_transactions. */
struct transaction {
    struct id id;                /* transaction_id */
    struct str order_id;         /* the merchant's */
    struct str key;              /* server key it was charged with: signs its notifications */
    enum method method;          /* payment_type */
    int64_t gross;               /* rupiah */
    int64_t refunded;            /* rupiah that went back */
    enum midtrans_status status; /* moved by sandbox_move() */
    int64_t created_at;          /* the sandbox's clock, like all times here */
    int64_t expires_at;
    int64_t settled_at;   /* 0: not yet */
    struct str qr_string; /* EMV text, at == NULL: pays otherwise */
    struct str urls;      /* where to notify, one a line */
    struct str base;      /* URL of this sandbox, for links */
    struct str number;    /* VA number, bill key or payment code */
    struct str channel;   /* bank or store */
    bool confirmed;       /* tell of refunds as confirmed by the bank; not stored */
};

extern const char *const sandbox_steps[SANDBOX_STEPS];

MUST_USE bool method_parse(struct str type, enum method *method_r);

/* ---- Faults and the clock ---- */

const char *fault_knob(enum fault f);
int64_t fault_get(struct db *db, enum fault f);
void fault_set(struct db *tx, enum fault f, int64_t value);

/* One less of a counted fault; false when none is left. */
MUST_USE bool fault_take(struct db *tx, enum fault f);

/* The sandbox's time now. */
int64_t sandbox_now(struct db *db, int64_t now_us);

/* Set it ahead; what is due by then is due now. */
void sandbox_advance(struct db *tx, int64_t by_us);

/* ---- Transactions ---- */

void sandbox_insert(struct db *tx, const struct transaction *t);

/* By transaction_id or by the merchant's order_id (the newest of that). With `key`, only what was
 * charged with it. */
MUST_USE bool sandbox_find(struct db *db, struct arena *arena, struct str id, struct str key,
                           struct transaction *t_r);

/* Enter another state and notify the merchant. */
void sandbox_move(struct db *tx, struct arena *arena, struct transaction *t,
                  enum midtrans_status to, int64_t now_us);

/* Give back `amount` rupiah (at most what is left) and notify twice. */
void sandbox_refund(struct db *tx, struct arena *arena, struct transaction *t, struct str key,
                    int64_t amount, int64_t now_us);

/* What the payer's page may do (tbl/pay_actions.h). */
enum pay_outcome { PAY_DONE, PAY_NO_SUCH_ACTION, PAY_NOT_NOW };
enum pay_outcome sandbox_pay(struct db *tx, struct arena *arena, struct transaction *t,
                             struct str action, int64_t now_us);

/* A deadline of a transaction has come. */
void sandbox_due(struct db *tx, struct str id, int64_t now_us);

/* ---- Telling (sandbox_tell.c) ---- */

/* The members that answers and notifications share, of a transaction; `db` for its refunds. */
void sandbox_write(struct jout *j, struct db *db, const struct transaction *t, const char *code,
                   const char *message, const char *gross_amount);

/* status_code of its state: asked for, or in a notification. */
const char *sandbox_code(const struct transaction *t, bool notification);

/* "7000.00" */
const char *sandbox_gross(struct arena *arena, int64_t rupiah);

/* Queue notifications of its state. */
void sandbox_notify(struct db *tx, struct arena *arena, const struct transaction *t,
                    int64_t now_us);

/* Who sends them. */
extern const struct worker_ops sandbox_ops;
extern struct worker_bell sandbox_bell;

#endif
