/* order.h - orders: placing one, reading it back, and the moves that are order's to make.
 *
 * Everything that writes runs in the writer's transaction, checks before its first write, and tells
 * what it did in the journal. It may run twice, so times and ids are given by the caller. */
#ifndef PESAN_ORDER_ORDER_H
#define PESAN_ORDER_ORDER_H

#include "app/order_state.h"
#include "app/problem.h"
#include "base/id.h"
#include "base/money.h"
#include "db/db.h"

#define ORDER_LINES_MAX 50
#define ORDER_QTY_MAX   99

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
    struct str price;      /* decimal text in major units; at == NULL with product_id */
    int64_t qty;           /* anything; order_place() refuses what is not 1 to ORDER_QTY_MAX */
};

/* What somebody wishes to order. Slices live until the unit has come home. */
struct order_draft {
    struct arena *arena;             /* memory of the work */
    struct id id;                    /* of the order to be */
    int64_t now_us;                  /* when it is placed */
    struct str actor;                /* "account:<id>", "kiosk:<id>" */
    struct str shop_id;              /* at == NULL: the only shop */
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
    const char *field;  /* "product_id", "name", "price", "qty" of the line; "shop_id", "pay" */
    const char *reason; /* for developers */
};

struct order_line {
    struct str product_id; /* at == NULL: not of the menu */
    struct str name;       /* as it was sold */
    int64_t qty;           /* 1 to ORDER_QTY_MAX */
    int64_t price;         /* of one, minor units */
};

/* An order; slices live in the arena it was read into. */
struct order {
    struct str id;            /* UUIDv7 */
    struct str number;        /* what is called out: "A17" */
    struct str shop_id;       /* who makes it */
    struct str account_id;    /* the customer; at == NULL at a kiosk */
    struct str username;      /* of the customer */
    struct str kiosk_id;      /* where it was placed; at == NULL away from kiosks */
    struct str via;           /* word of enum order_via */
    struct str pay;           /* word of enum order_pay */
    enum order_state state;   /* where its life stands */
    int64_t total;            /* minor units */
    enum currency currency;   /* of all its amounts */
    struct str language;      /* tag: of messages about it */
    int64_t placed_us;        /* UTC */
    int64_t updated_us;       /* UTC, of the last move */
    bool cancel_asked;        /* payment has been asked to give its money up */
    struct order_line *lines; /* NULL before order_read_lines() */
    size_t line_count;
};

struct app;

/* Is there a way to pay online in this house: a payment service with a gateway behind it? */
bool order_online_offered(const struct app *app);

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

/* What became of the wish to cancel. */
enum order_cancelled {
    CANCEL_DONE,     /* it is cancelled, now or before */
    CANCEL_ASKED,    /* payment was asked, now or before, and will answer by event */
    CANCEL_TOO_LATE, /* the shop has taken it */
};

/* Cancel an order, or where money may be on its way ask payment to. Updates *o; a repeat changes
 * and tells nothing. */
enum order_cancelled order_cancel(struct db *tx, struct arena *arena, struct order *o,
                                  struct str actor, const char *reason, int64_t now_us);

/* The answers of payment: an unpaid order is received (at a vending kiosk also accepted), or
 * cancelled. An order that is not unpaid any more stays as it is. */
void order_paid(struct db *tx, struct arena *arena, struct order *o, int64_t now_us);
void order_not_paid(struct db *tx, struct arena *arena, struct order *o, struct str reason,
                    int64_t now_us);

/* Visit the orders of an account, newest first, without lines: of one shop (shop_id.at != NULL) or
 * all, with ids below `before` (at == NULL: from the newest), at most `limit`. What visit() is
 * given lives until it returns. */
void order_list(struct db *db, struct str account_id, struct str shop_id, struct str before,
                int64_t limit, void (*visit)(void *arg, struct order *o, struct arena *scratch),
                void *arg);

#endif
