/* hand.h - the moves that the crew of a shop makes by hand: through the route, or by a command in
 * the order's thread. */
#ifndef PESAN_DELIVERY_HAND_H
#define PESAN_DELIVERY_HAND_H

#include "delivery/delivery.h"

/* Is this a word that delivery says? The others are order's: a cancel after acceptance is granted
 * here, but asked for there. */
bool hand_says(enum order_state s);

/* May somebody of the crew move it there: one of the staff, or else a courier? To stay where it is
 * is no move. */
bool hand_may(const struct delivery *d, enum order_state to, bool staff);

/* Move it and tell everybody; one that was moved there before is left as it is. False when it may
 * not be. Updates *d. */
MUST_USE bool hand_move(struct db *tx, struct arena *arena, struct delivery *d,
                        const struct delivery_move *m, bool staff);

#endif
