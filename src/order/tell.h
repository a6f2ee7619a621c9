/* tell.h - the events that order appends to the journal. */
#ifndef PESAN_ORDER_TELL_H
#define PESAN_ORDER_TELL_H

#include "order/order.h"

/* order.placed and order.paid: the whole order, which has its lines. */
void order_tell_whole(struct db *tx, struct arena *arena, const char *topic, const struct order *o,
                      struct str actor, int64_t now_us);

/* order.accepted, order.rejected, order.cancelled, order.cancel_requested, order.eta_changed: one
 * step of it, by whom and on which device. */
void order_tell_step(struct db *tx, struct arena *arena, const char *topic, const struct order *o,
                     const struct order_act *act);

#endif
