/* facts.h - what the journal tells of an order, read back from the order's own channel: chat keeps
 * nothing of orders until somebody speaks about one. */
#ifndef PESAN_CHAT_FACTS_H
#define PESAN_CHAT_FACTS_H

#include "app/problem.h"
#include "base/arena.h"
#include "chat/move.h"
#include "db/db.h"

#define FACTS_MOVES_MAX 64 /* the first ones; an order has a dozen */

/* What has become of an order. */
struct fact_move {
    struct move_words words; /* of it */
    int64_t at_us;           /* UTC */
};

/* An order; slices live in the arena. */
struct facts {
    struct str order_id;     /* UUIDv7 */
    struct str number;       /* what is called out: "A17" */
    struct str shop_id;      /* who makes it */
    struct str account_id;   /* the customer; at == NULL: nobody with an account */
    enum language language;  /* of messages about it */
    int64_t seq;             /* the journal was read up to here */
    int64_t ended_us;        /* when it was over; 0: it is not */
    struct fact_move *moves; /* what became of it, oldest first */
    size_t move_count;       /* of those */
};

/* In a snapshot or a unit. False when the journal tells of no such order. */
MUST_USE bool facts_read(struct db *db, struct str order_id, struct arena *arena,
                         struct facts *facts_r);

#endif
