/* order.h - orders: placing one, reading it back, and the moves that are order's to make.
 *
 * Everything that writes runs in the writer's transaction, checks before its first write, and tells
 * what it did in the journal. It may run twice, so times and ids are given by the caller. */
#ifndef PESAN_ORDER_ORDER_H
#define PESAN_ORDER_ORDER_H

#include "app/order_state.h"
#include "base/id.h"
#include "base/money.h"
#include "db/db.h"
#include "menu/options.h"

#define ORDER_LINES_MAX 50
#define ORDER_QTY_MAX   99

/* How far ahead a shop may say when an order will be there, in minutes. */
#define ORDER_ETA_MAX     600
#define ORDER_ETA_UNIT_US INT64_C(60000000)

/* Bytes of the names of all that is chosen in an order: written twice as long with every quote
 * escaped, and beside its lines, it still fits into one event. */
#define ORDER_CHOSEN_BYTES 65536

enum order_via {
#define ORDER_VIA(name, word, letter) VIA_##name,
#include "order/tbl/words.h"
};

enum order_pay {
#define ORDER_PAY(name, word, online) PAY_##name,
#include "order/tbl/words.h"
};

/* A wished line: a product of the menu by its id, or anything by its name and price. */
struct order_wish {
    struct str product_id; /* at == NULL: by name */
    struct str name;       /* cleaned by menu_name_clean() */
    struct str price;      /* decimal text in major units, of one with what is chosen; at == NULL:
                              what the menu says (with product_id only) */
    int64_t qty;           /* anything; order_place() refuses what is not 1 to ORDER_QTY_MAX */
    const struct str *options; /* ids of choices, in any order */
    size_t option_count;       /* of those */
};

/* What somebody wishes to order. Slices live until the unit has come home. */
struct order_draft {
    struct arena *arena;             /* memory of the work */
    struct id id;                    /* of the order to be */
    int64_t now_us;                  /* when it is placed */
    struct str actor;                /* "account:<id>", "kiosk:<id>" */
    struct str shop_id;              /* at == NULL: the owner's */
    struct str owner;                /* of the shop, id or username; at == NULL: the shop that sells
                                        the first wish, or the only one */
    struct str account_id;           /* of the customer; at == NULL at a kiosk */
    struct str username;             /* of the customer; at == NULL at a kiosk */
    struct str kiosk_id;             /* at == NULL away from kiosks */
    enum order_via via;              /* how it came */
    enum order_pay pay;              /* how it is paid */
    enum language language;          /* of messages about it */
    const struct order_wish *wishes; /* 1 to ORDER_LINES_MAX */
    size_t wish_count;
};

/* What was wrong with a draft. */
struct order_fault {
    size_t wish;        /* which line, where field is one of a line */
    const char *field;  /* "product_id", "name", "price", "qty", "options" of the line; "shop_id",
                           "owner_id", "pay" of the whole */
    const char *reason; /* for developers */
};

struct order_line {
    struct str product_id;  /* at == NULL: not of the menu */
    struct str name;        /* as it was sold */
    int64_t qty;            /* 1 to ORDER_QTY_MAX */
    int64_t price;          /* of one with what was chosen, minor units */
    struct chosen *options; /* what was chosen about it */
    size_t option_count;    /* of those */
    bool counted;           /* it was taken out of a stock */
};

/* An order; slices live in the arena it was read into. */
struct order {
    struct str id;          /* UUIDv7 */
    struct str number;      /* what is called out: "A17" */
    struct str shop_id;     /* who makes it */
    struct str owner_id;    /* whose shop that is; known of an order just placed, else at == NULL */
    struct str account_id;  /* the customer; at == NULL at a kiosk */
    struct str username;    /* of the customer */
    struct str kiosk_id;    /* where it was placed; at == NULL away from kiosks */
    struct str via;         /* word of enum order_via */
    struct str pay;         /* word of enum order_pay */
    enum order_state state; /* where its life stands */
    int64_t total;          /* minor units */
    enum currency currency; /* of all its amounts */
    struct str language;    /* tag: of messages about it */
    int64_t placed_us;      /* UTC */
    int64_t updated_us;     /* UTC, of the last move */
    int64_t accept_by_us;   /* UTC: not accepted by then it is cancelled; 0: it may wait */
    int64_t eta_us;         /* UTC, when the shop wants to be done; 0: it did not say */
    bool cancel_asked;      /* payment or delivery has been asked to give it up */
    struct str reason;      /* of its last move, or of what was asked since; order_reason() */
    struct order_line *lines; /* NULL before order_read_lines() */
    size_t line_count;        /* of those */
};

MUST_USE bool order_via_parse(struct str word, enum order_via *via_r);
MUST_USE bool order_pay_parse(struct str word, enum order_pay *pay_r);

/* Check, price and write an order, with its number and its lines, and tell it (order.placed).
 * PROBLEM_NONE: *order_r is what was written. Else nothing was, and *fault_r tells why. */
MUST_USE enum problem order_place(struct db *tx, const struct order_draft *draft,
                                  struct order *order_r, struct order_fault *fault_r);

/* Read an order without its lines; false when there is none (or the connection failed). */
MUST_USE bool order_find(struct db *db, struct str id, struct arena *arena, struct order *order_r);

/* Read the lines of an order. */
void order_read_lines(struct db *db, struct arena *arena, struct order *o);

/* ---- Moves: each is written with its history and told, and one that was made is no error and no
 * second event. They update *o. ---- */

/* Who makes a move, when and why. */
struct order_act {
    struct str actor;  /* "account:<id>", "kiosk:<id>", "service:<name>" */
    struct str device; /* the session's or the kiosk's id; at == NULL: not made on one */
    struct str reason; /* at == NULL where none is needed */
    int64_t now_us;    /* UTC */
};

/* What became of the wish to cancel. */
enum order_cancelled {
    CANCEL_DONE,     /* it is cancelled, now or before */
    CANCEL_ASKED,    /* payment or delivery was asked, now or before, and answers by event */
    CANCEL_TOO_LATE, /* somebody has begun, or it is over */
};

/* Cancel an order; where money may be on its way ask payment to, and once the shop has accepted it,
 * delivery. What a vending kiosk has accepted it makes. */
enum order_cancelled order_cancel(struct db *tx, struct arena *arena, struct order *o,
                                  const struct order_act *act);

/* The shop will make it, until eta_us (0: it does not say), or will not. False when the order is
 * neither received nor has gone that way. */
MUST_USE bool order_accept(struct db *tx, struct arena *arena, struct order *o, int64_t eta_us,
                           const struct order_act *act);
MUST_USE bool order_reject(struct db *tx, struct arena *arena, struct order *o,
                           const struct order_act *act);

/* The shop says anew when it will be there; an order that is received is accepted by it. False when
 * it is neither received nor being made or brought. */
MUST_USE bool order_eta(struct db *tx, struct arena *arena, struct order *o, int64_t eta_us,
                        const struct order_act *act);

/* The answers of payment: an unpaid order is received (at a vending kiosk also accepted), or
 * cancelled. An order that is not unpaid any more stays as it is. */
void order_paid(struct db *tx, struct arena *arena, struct order *o, int64_t now_us);
void order_not_paid(struct db *tx, struct arena *arena, struct order *o, struct str reason,
                    int64_t now_us);

/* What delivery tells: it has moved the order, or will not have it cancelled. A move that the table
 * does not give to delivery is logged and left. */
void order_delivery_moved(struct db *tx, struct arena *arena, struct order *o, enum order_state to,
                          const struct order_act *act);
void order_cancel_refused(struct db *tx, struct order *o);

/* Let the shop accept an order until then: its deadline is set, its row is the caller's. */
void order_wait(struct db *tx, struct order *o, int64_t until_us);

/* The deadline of this order is due (deadline.h): if nobody has accepted it, it is cancelled. */
void order_due(struct db *tx, struct str id, int64_t now_us);

/* Why it was cancelled, rejected or failed; at == NULL of an order that was not. */
struct str order_reason(const struct order *o);

/* "received, cancelled": what may become of an order in this state; "nothing more" at its end. In
 * the arena. */
const char *order_state_allows(enum order_state state, struct arena *arena);

/* One row of an order's history. */
struct order_move {
    struct str status; /* what it became */
    int64_t at_us;     /* UTC */
    struct str actor;  /* as in struct order_act, like the next two */
    struct str device; /* at == NULL: none */
    struct str reason; /* at == NULL: none */
};

/* More than the table of moves allows to one order. */
#define ORDER_MOVES_MAX ORDER_STATE_COUNT

/* Read the moves of an order, oldest first, into the arena; how many in *count_r. */
struct order_move *order_read_moves(struct db *db, struct arena *arena, struct str id,
                                    size_t *count_r);

/* Visit the orders of an account, newest first, without lines: of one shop (shop_id.at != NULL) or
 * all, with ids below `before` (at == NULL: from the newest), at most `limit`. What visit() is
 * given lives until it returns. */
void order_list(struct db *db, struct str account_id, struct str shop_id, struct str before,
                int64_t limit, void (*visit)(void *arg, struct order *o, struct arena *scratch),
                void *arg);

#endif
