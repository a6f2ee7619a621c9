/* payment.h - a payment: its row, the states it may take, and the moves that tell of themselves.
 *
 * One online payment for an order, at most. What has still to be done about it stands in its row
 * (`ask` at `due_at`), so that whichever process runs next goes on from there. All of it runs in
 * the writer's transaction; a payment's texts live in the arena it was loaded into. */
#ifndef PESAN_PAYMENT_PAYMENT_H
#define PESAN_PAYMENT_PAYMENT_H

#include "base/id.h"
#include "base/metrics.h"
#include "db/db.h"

enum payment_state {
#define PAYMENT_STATE(name, word, next, meaning) PAYMENT_##name,
#include "payment/tbl/payment_states.h"
#undef PAYMENT_STATE
    PAYMENT_STATE_COUNT
};

enum ask {
#define ASK(name, word) ASK_##name,
#include "payment/tbl/asks.h"
#undef ASK
    ASK_COUNT
};

/* A row of `payments`. Amounts are minor units of `currency`; times UTC, 0: not yet. */
struct payment {
    struct id id;             /* also the order_id the gateway knows it by */
    struct str order_id;      /* what is paid for */
    struct str shop_id;       /* who sells */
    struct str account_id;    /* who ordered; at == NULL: nobody with an account */
    struct str kiosk_id;      /* where; at == NULL: at none */
    struct str method;        /* "qris", "gopay" */
    int64_t amount;           /* asked for */
    struct str currency;      /* "IDR" */
    enum payment_state state; /* moved by payment_move() alone */
    struct str reason;        /* why it ended unpaid, or will when the gateway agrees */
    struct str attention;     /* why people should look at it; at == NULL: no need */
    struct str gateway_id;    /* the gateway's transaction; at == NULL: none known */
    struct str qr_string;     /* what the QR says */
    struct str pay_url;       /* where it can be paid too */
    int64_t created_at;       /* when the order asked for it */
    int64_t opened_at;        /* when the QR was there */
    int64_t expires_at;       /* until when it may be paid */
    int64_t paid_at;          /* when the money came */
    int64_t received;         /* what came */
    int64_t returned;         /* what went back, by refund or credit */
    bool order_over;          /* the order is cancelled or rejected: money that comes goes back */
    bool late;                /* the money came after the end */
    enum ask ask;             /* what the gateway is asked next */
    int64_t due_at;           /* when; 0: never */
    int64_t attempts;         /* questions of this kind so far */
};

/* A change of one payment under way. */
struct change {
    struct db *tx;       /* the writer's transaction */
    struct arena *arena; /* for texts */
    struct payment *p;   /* what changes; written by payment_save() */
    int64_t now_us;      /* when */
    struct str actor;    /* who ("service:payment", "account:<id>") */
    enum metric metric;  /* to be counted when it is durable; METRIC_COUNT: none */
};

#define PAYMENT_STEPS 1

/* The service's migrations. */
extern const char *const payment_steps[PAYMENT_STEPS];

const char *payment_state_word(enum payment_state s);
MUST_USE bool payment_state_parse(struct str word, enum payment_state *state_r);
bool payment_may_become(enum payment_state from, enum payment_state to);
const char *ask_word(enum ask a);

/* Ended without money, as far as we know? May money still be awaited by somebody? */
bool payment_ended_unpaid(enum payment_state s);
bool payment_open(enum payment_state s);

/* Enter the row of a new payment. */
void payment_insert(struct db *tx, const struct payment *p);

/* Write what can change. */
void payment_save(struct db *tx, const struct payment *p);

/* Read one (any connection). False when there is none. */
MUST_USE bool payment_load(struct db *db, struct arena *arena, struct str id, struct payment *p_r);
MUST_USE bool payment_of_order(struct db *db, struct arena *arena, struct str order_id,
                               struct payment *p_r);

/* Payments of a shop (all shops when it is empty), newest first, ids below `before`; `attention`:
 * only those people should look at. Walk with payment_next(), give back with db_end(). */
MUST_USE struct db_rows *payment_select(struct db *db, struct str shop_id, struct str before,
                                        bool attention, int64_t limit);
MUST_USE bool payment_next(struct db_rows *rows, struct arena *arena, struct payment *p_r);

/* The ids of up to `limit` payments that are due, most urgent first; in *next_us_r when the next
 * one is (INT64_MAX: never). */
size_t payment_due(struct db *db, int64_t now_us, struct id *ids, size_t limit, int64_t *next_us_r);

/* Ask the gateway `ask` at `at_us`. The count of attempts begins again with another question. */
void payment_ask(struct payment *p, enum ask ask, int64_t at_us);
void payment_ask_nothing(struct payment *p);

/* ---- Moves; each appends its events. A move the table forbids is our bug. ---- */

/* The QR is there. */
void payment_opened(struct change *c);

/* It shall be gone; `reason` is told when it is. */
void payment_cancel(struct change *c, const char *reason);

/* It is over without money: DENIED, EXPIRED, CANCELLED or FAILED. */
void payment_end(struct change *c, enum payment_state state, const char *reason);

/* `amount` has come. In time it is paid; too late, or another amount than was asked, it goes back.
 */
void payment_receive(struct change *c, int64_t amount, int64_t paid_at);

/* The gateway took the money from us again. */
void payment_reverse(struct change *c, const char *detail);

/* Give `amount` back under the ledger id `refund`. False when that is more than we hold. */
MUST_USE bool payment_refund(struct change *c, const struct id *refund, int64_t amount,
                             struct str reason);

/* The same as whoever runs the shop asks for it: 0 is all that we hold. The amount that goes back
 * in *amount_r. */
MUST_USE bool payment_refund_asked(struct change *c, const struct id *refund, int64_t amount,
                                   struct str reason, int64_t *amount_r);

/* Give back all that we hold, if any. */
void payment_refund_all(struct change *c, const char *reason);

/* A refund came through, or the gateway refuses it and it is owed as a credit. */
void payment_refunded(struct change *c, struct str refund, struct str gateway_ref);
void payment_refund_refused(struct change *c, struct str refund, struct str why);

/* The gateway gave `amount` back without our asking. */
void payment_returned_elsewhere(struct change *c, int64_t amount);

/* Make it visible: marks the payment and tells its shop. `reason` is a word of payment.attention.
 */
void payment_attention(struct change *c, const char *reason, const char *detail);

#endif
