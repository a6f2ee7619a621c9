/* parse.h - the bodies of POST /order-ms/{user_id}/orders and POST /order into a draft. */
#ifndef PESAN_ORDER_PARSE_H
#define PESAN_ORDER_PARSE_H

#include "app/request.h"
#include "order/order.h"

/* How a kind of body names what is wished. */
struct order_body {
    const char *list;    /* JSON pointer of its lines; NULL: one line, named coffee_name ... */
    const char *product; /* member of a line: the product's id */
    const char *qty;     /* member of a line: how many */
};

/* What the route leaves for its run(). */
struct order_form {
    struct order_draft draft;      /* all but who orders, and for staff the shop */
    const struct order_body *body; /* how refusals name its fields */
    struct str track; /* link of the order to be (token.h), made away from the writer */
};

/* For struct route's parse(): leave a struct order_form in rq->parsed, or refuse every field that
 * cannot be right. What only the database knows is left to order_place(). */
bool order_parse(struct request *rq);        /* {coffee_name ...} or {items:[{product_id,qty}]} */
bool order_parse_submit(struct request *rq); /* {items:[{menu_id,count}]}, or the list alone */

/* The member `options` of a line, ids of choices, into the wish; false when it is no such list.
 * Absent: none. */
MUST_USE bool order_parse_options(struct arena *arena, const json_t *item, struct order_wish *wish);

/* Refuse what order_place() refused, with a pointer to the field as this body names it. */
void order_refuse(struct request *rq, const struct order_form *form, enum problem p,
                  const struct order_fault *fault);

#endif
