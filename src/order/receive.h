/* receive.h - the handlers of POST /order and PATCH /order-receive/{order_id}, and what all
 * handlers of orders share. */
#ifndef PESAN_ORDER_RECEIVE_H
#define PESAN_ORDER_RECEIVE_H

#include "app/request.h"
#include "order/order.h"

void order_submit(struct request *rq, struct db *tx);
bool order_parse_receive(struct request *rq);
void order_receive(struct request *rq, struct db *tx);

/* Who makes a move by this request, on which device and when; the reason is the handler's. */
struct order_act order_act_of(struct request *rq);

/* Say that the order's state does not allow the move, and what it does allow. */
void order_refuse_move(struct request *rq, const struct order *o);

/* "/track/<link>" of an order, in the arena. */
struct str order_track(const struct request *rq, struct str id, struct arena *arena);

#endif
