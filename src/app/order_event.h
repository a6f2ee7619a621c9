/* order_event.h - how events about an order begin, and who may read them. It stands here because
 * order and delivery, which never see each other, tell of the same orders. */
#ifndef PESAN_APP_ORDER_EVENT_H
#define PESAN_APP_ORDER_EVENT_H

#include "base/arena.h"
#include "base/json.h"
#include "db/db.h"

/* Whose order an event is about. Borrowed. */
struct order_ids {
    struct str order_id;   /* UUIDv7 */
    struct str number;     /* what is called out: "A17" */
    struct str shop_id;    /* who makes it */
    struct str account_id; /* the customer; at == NULL at a kiosk */
    struct str kiosk_id;   /* where it was placed; at == NULL away from kiosks */
};

/* The payload's object, left open behind the ids. */
void order_event_begin(struct jout *j, const struct order_ids *ids);

/* Append it to the journal of tx (its owner), for all whose ids they are. Whoever is on several of
 * its channels hears it by the first: the shop's with order.placed and order.paid, the customer's
 * with all others. */
void order_event_append(struct db *tx, struct arena *arena, const char *topic,
                        const struct order_ids *ids, struct str payload, struct str actor,
                        int64_t at_us);

#endif
