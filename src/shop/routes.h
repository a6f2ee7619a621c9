/* routes.h - the shops' rows of the route table, for shop_service.c, and a shop as /v1 shows it. */
#ifndef PESAN_SHOP_ROUTES_H
#define PESAN_SHOP_ROUTES_H

#include "app/service.h"
#include "shop/shop.h"

#define SHOP_ROUTES 7

extern const struct route shop_routes[SHOP_ROUTES];

/* A shop as one JSON object. */
void shop_write_v1(struct request *rq, struct jout *j, struct db *db, const struct shop *s);

/* The shop a route names, params[0], and that the caller works there in one of these roles (0:
 * whoever he is). False after refuse(). */
MUST_USE bool shop_of_route(struct request *rq, struct db *db, unsigned roles, struct shop *shop_r);

#endif
