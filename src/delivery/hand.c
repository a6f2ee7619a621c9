/* hand.c - the moves that the crew of a shop makes by hand. */
#include "delivery/hand.h"

#include "delivery/track.h"

bool hand_says(enum order_state s)
{
    return s == ORDER_PREPARING || s == ORDER_READY || s == ORDER_DELIVERING ||
           s == ORDER_DELIVERED || s == ORDER_FAILED;
}

/* Moves a courier may make; all others of the crew make any of delivery's. */
static bool courier_may(enum order_state from, enum order_state to)
{
    return (from == ORDER_READY && to == ORDER_DELIVERING) ||
           (from == ORDER_DELIVERING && (to == ORDER_DELIVERED || to == ORDER_FAILED));
}

bool hand_may(const struct delivery *d, enum order_state to, bool staff)
{
    return hand_says(to) && order_mover(d->state, to) == MOVER_DELIVERY &&
           (staff || courier_may(d->state, to));
}

bool hand_move(struct db *tx, struct arena *arena, struct delivery *d,
               const struct delivery_move *m, bool staff)
{
    if (d->state == m->to && hand_says(m->to))
        return true;
    if (!hand_may(d, m->to, staff))
        return false;
    delivery_step(tx, arena, d, m);
    track_tell(tx, arena, d);
    return true;
}
