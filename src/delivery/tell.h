/* tell.h - the events that delivery appends to the journal about its decisions. */
#ifndef PESAN_DELIVERY_TELL_H
#define PESAN_DELIVERY_TELL_H

#include "delivery/delivery.h"

/* delivery.moved, after the move was written. */
void tell_moved(struct db *tx, struct arena *arena, const struct delivery *d, enum order_state from,
                const struct delivery_move *m);

/* delivery.cancel_refused. */
void tell_cancel_refused(struct db *tx, struct arena *arena, const struct delivery *d,
                         int64_t at_us);

#endif
