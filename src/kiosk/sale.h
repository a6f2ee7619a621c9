/* sale.h - the kiosk_sales table: an order of a kiosk as the machine sees it, until it is given
 * out. */
#ifndef PESAN_KIOSK_SALE_H
#define PESAN_KIOSK_SALE_H

#include "kiosk/kiosk.h"

enum sale_state {
#define SALE_STATE(name, word, meaning) SALE_##name,
#include "kiosk/tbl/sales.h"
    SALE_STATE_COUNT
};

/* One row; slices live in the arena it was read into. */
struct sale {
    struct str order_id;   /* its order */
    struct str kiosk_id;   /* where it was placed */
    struct str shop_id;    /* whose kiosk that is */
    enum sale_state state; /* how far it has come */
};

bool sale_may_move(enum sale_state from, enum sale_state to);

/* A new one, open. */
void sale_open(struct db *tx, const struct kiosk *k, struct str order_id, int64_t now_us);

/* False when the order was not placed at a kiosk (or the connection failed). */
MUST_USE bool sale_find(struct db *db, struct str order_id, struct arena *arena,
                        struct sale *sale_r);

/* Move it; the move is allowed. Waiting for the machine's word arms a deadline, its word clears it.
 */
void sale_move(struct db *tx, struct arena *arena, struct sale *s, enum sale_state to,
               int64_t now_us);

/* Tell of it: kiosk.vended, kiosk.vend_failed (with its reason) or kiosk.vend_overdue. */
void sale_tell(struct db *tx, struct arena *arena, const char *topic, const struct sale *s,
               struct str reason, struct str actor, int64_t now_us);

#endif
