/* ring.h - an order rings until the shop has answered it: never a click ends that, only its state.
 *
 * A row stands for each order that nobody has accepted yet, and one deadline for each shop,
 * whatever the number of its orders. An order rings whenever it has waited for a multiple of
 * every_s: first for those who are to be rung first, later for all of the shop's staff. All of it
 * is durable, so ringing goes on after a restart where it was. */
#ifndef PESAN_NOTIFY_RING_H
#define PESAN_NOTIFY_RING_H

#include "app/token.h"
#include "base/arena.h"
#include "db/db.h"

#define RING_ORDERS_MAX 50 /* that ring in one step, the oldest */

/* Who can be rung: the roles of ring_terms.first are among them, and they are all in the end. */
#define RING_ROLES (ROLE_BIT(ROLE_OWNER) | ROLE_BIT(ROLE_MANAGER) | ROLE_BIT(ROLE_BARISTA))

/* How a shop wants to be rung. */
struct ring_terms {
    int64_t every_s;          /* between two rings of an order */
    int64_t escalate_after_s; /* after which all are rung */
    unsigned first;           /* role bits of those who are rung before */
    int64_t max_s;            /* after which nobody is any more */
};

#define RING_EVERY_MIN    1
#define RING_EVERY_MAX    600
#define RING_ESCALATE_MAX 3600
#define RING_MAX_MAX      86400

/* From now on it is known who is online, by this house; before, and with NULL, it is not, and those
 * who are to be rung first are. */
struct app;
void ring_house(struct app *app);

/* What the shop said, or what is so where it said nothing. */
struct ring_terms ring_terms(struct db *db, struct str shop_id);

/* From now on it is so; a deadline that is later than that is moved. */
void ring_set_terms(struct db *tx, struct str shop_id, const struct ring_terms *t, int64_t now_us);

/* An order has come in at `since_us`, and is waiting. */
void ring_start(struct db *tx, struct str shop_id, struct str order_id, struct str number,
                int64_t since_us);

/* It has been answered. One that does not ring is left alone. */
void ring_stop(struct db *tx, struct str shop_id, struct str order_id);

/* The shop's deadline is due (deadline.h). */
void ring_due(struct db *tx, struct str shop_id, int64_t now_us);

/* An order that waits. */
struct ringing {
    struct str order_id; /* slices in the arena */
    struct str number;   /* what is called out */
    int64_t since_us;    /* UTC, since when */
    int64_t level;       /* how often it has rung by now; 0: not yet */
};

/* The orders of a shop that wait, oldest first, RING_ORDERS_MAX at most. */
void ring_list(struct db *db, struct arena *arena, struct str shop_id, int64_t now_us,
               void (*visit)(void *arg, const struct ringing *r), void *arg);

#endif
