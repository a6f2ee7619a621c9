/* delivery.h - deliveries: the making of an order and its way to the customer, from the moment the
 * shop may look at it.
 *
 * Delivery follows: what it knows of an order it was told in the journal, and keeps in a row of its
 * own. Everything that writes runs in the writer's transaction and may run twice, so times are
 * given by the caller. */
#ifndef PESAN_DELIVERY_DELIVERY_H
#define PESAN_DELIVERY_DELIVERY_H

#include "app/order_state.h"
#include "base/arena.h"
#include "base/id.h"
#include "base/json.h"
#include "db/db.h"

#define DELIVERY_STEPS 1

extern const char *const delivery_steps[DELIVERY_STEPS];

/* An order as delivery knows it; slices live in the arena it was read into. */
struct delivery {
    struct str order_id;    /* UUIDv7 */
    struct str number;      /* what is called out: "A17" */
    struct str shop_id;     /* who makes it */
    struct str account_id;  /* the customer; at == NULL at a kiosk */
    struct str username;    /* of the customer */
    struct str kiosk_id;    /* where it was placed; at == NULL away from kiosks */
    struct str via;         /* kiosk, api, web */
    struct str pay;         /* counter, qris, gopay */
    struct str language;    /* tag: of messages about it */
    struct str items;       /* JSON as order told it: [{product_id?,name,qty,price,options?}] */
    enum order_state state; /* where its life stands */
    int64_t total;          /* minor units */
    struct str currency;    /* of it */
    int64_t ordered_us;     /* UTC, when it was placed */
    int64_t received_us;    /* when the shop could look: placed, or paid */
    int64_t updated_us;     /* of the last move */
    int64_t eta_us;         /* when it will be there; 0: nobody said */
};

/* One move: to where, and who says so. */
struct delivery_move {
    enum order_state to; /* where the life goes on */
    int64_t at_us;       /* UTC */
    struct str actor;    /* "account:<id>", "kiosk:<id>", "service:order" */
    struct str device;   /* the session or kiosk it was said on; at == NULL: none */
    struct str note;     /* why, in somebody's words; at == NULL: none */
};

/* What stands in URLs for the customer: his username, or the id of the kiosk. */
struct str delivery_user(const struct delivery *d);

/* Read one; false when delivery does not know the order (or the connection failed). */
MUST_USE bool delivery_find(struct db *db, struct str order_id, struct arena *arena,
                            struct delivery *d_r);

/* A new row; the order must not be known yet. */
void delivery_insert(struct db *tx, const struct delivery *d);

/* Write a move that is on the table of moves, whoever makes it, with its line of history. Updates
 * *d, whose eta_us is written too; updated_us is when it was. Tells nothing. */
void delivery_move(struct db *tx, struct delivery *d, const struct delivery_move *m);

/* The same, and tell it (delivery.moved): for the moves that are delivery's. */
void delivery_step(struct db *tx, struct arena *arena, struct delivery *d,
                   const struct delivery_move *m);

/* Order says when it will be there. */
void delivery_eta(struct db *tx, struct delivery *d, int64_t eta_us);

/* Visit the moves of an order, oldest first. That it was received is not among them: its row says
 * so. What visit() is given lives until it returns. */
void delivery_history(struct db *db, struct str order_id,
                      void (*visit)(void *arg, const struct delivery_move *m), void *arg);

/* The query behind a shop's list: its id, the status, below this order id, how many. */
#define DELIVERY_SELECT                                                                            \
    "SELECT order_id, number, shop_id, account_id, username, kiosk_id, via, pay, language, items," \
    " status, total, currency, ordered_at, received_at, updated_at, eta_at FROM deliveries"
#define DELIVERY_LIST_SQL                                                                          \
    DELIVERY_SELECT                                                                                \
    " WHERE shop_id = ? AND status = ? AND order_id < ? ORDER BY order_id DESC LIMIT ?"

/* Visit the orders of a shop (at == NULL: of all) now in a state, newest first, with ids below
 * `before` (at == NULL: from the newest), at most `limit` (200). What visit() is given lives until
 * it returns. */
void delivery_list(struct db *db, struct str shop_id, enum order_state state, struct str before,
                   int64_t limit, void (*visit)(void *arg, const struct delivery *d), void *arg);

/* The items as people are shown them, [{name,qty,options?}]: no ids, no prices. */
void delivery_write_items(struct jout *j, struct str items);

#endif
