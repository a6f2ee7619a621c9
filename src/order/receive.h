/* receive.h - the handlers of POST /order and PATCH /order-receive/{order_id}, and what all
 * handlers of orders share. */
#ifndef PESAN_ORDER_RECEIVE_H
#define PESAN_ORDER_RECEIVE_H

#include "app/request.h"
#include "order/order.h"

void order_submit(struct request *rq, struct db *tx);
bool order_parse_receive(struct request *rq);
void order_receive(struct request *rq, struct db *tx);

/* Place what a body has left in rq->parsed (parse.h) for this person, and begin the answer 201 with
 * the order, the object left open. NULL after refuse(). */
struct jout *order_place_form(struct request *rq, struct db *tx, struct str account_id,
                              struct str username, struct order *o);

/* Who makes a move by this request, on which device and when; the reason is the handler's. */
struct order_act order_act_of(struct request *rq);

/* Say that the order's state does not allow the move, and what it does allow. */
void order_refuse_move(struct request *rq, const struct order *o);

#endif
