/* ledger.h - what happened to the money of each payment, line by line; lines are never taken back.
 * What goes back can never exceed what came, because a line that says so is not written. */
#ifndef PESAN_PAYMENT_LEDGER_H
#define PESAN_PAYMENT_LEDGER_H

#include "base/id.h"
#include "base/json.h"
#include "db/db.h"

enum ledger_kind {
#define LEDGER(name, word, sign, meaning) LEDGER_##name,
#include "payment/tbl/ledger_kinds.h"
#undef LEDGER
    LEDGER_KIND_COUNT
};

/* A line. A refund is open until the gateway answered; one that was refused moves no money. */
struct ledger_line {
    struct id id;          /* of a refund also its refund_key at the gateway */
    enum ledger_kind kind; /* what it says */
    int64_t amount;        /* minor units, positive */
    struct str reason;     /* why, or at == NULL */
    struct str state;      /* "open", "done", "refused" */
};

/* What we hold of the payer's: what came, less what went back or is on its way. */
int64_t ledger_held(struct db *db, const struct id *payment);

/* All lines of a kind, but for refused ones. */
int64_t ledger_sum(struct db *db, const struct id *payment, enum ledger_kind kind);

/* Write a line. False, and nothing written, when it would give back more than is held. */
MUST_USE bool ledger_add(struct db *tx, const struct id *payment, int64_t at_us,
                         const struct ledger_line *line);

/* The oldest refund that is open; false when there is none. */
MUST_USE bool ledger_open_refund(struct db *db, struct arena *arena, const struct id *payment,
                                 struct ledger_line *line_r);

/* The line of a refund; false when the payment has none of this id. */
MUST_USE bool ledger_refund(struct db *db, struct arena *arena, const struct id *payment,
                            struct str refund, struct ledger_line *line_r);

/* Close an open refund as "done" or "refused". */
void ledger_close(struct db *tx, struct str refund, const char *state, struct str gateway_ref);

/* The lines of a payment as a JSON array, oldest first. */
void ledger_write(struct jout *j, struct db *db, const struct id *payment);

#endif
