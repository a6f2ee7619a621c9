/* parse.h - a body of POST /order-ms/{user_id}/orders into a draft. */
#ifndef PESAN_ORDER_PARSE_H
#define PESAN_ORDER_PARSE_H

#include "app/request.h"
#include "order/order.h"

/* What the route leaves for its run(). */
struct order_form {
    struct order_draft draft; /* all but who orders and in which shop when none is named */
    bool coffee;              /* one line, named coffee_name ...; else items */
};

/* For struct route's parse(): leaves a struct order_form in rq->parsed, or refuses every field that
 * cannot be right. What only the database knows is left to order_place(). */
bool order_parse(struct request *rq);

/* Refuse what order_place() refused, with a pointer to the field as this body names it. */
void order_refuse(struct request *rq, const struct order_form *form, enum problem p,
                  const struct order_fault *fault);

#endif
