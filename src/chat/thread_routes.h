/* thread_routes.h - the threads of orders over HTTP: opened by the customer and the crew, by
 * whoever holds the order's link, and listed for the shop's board. */
#ifndef PESAN_CHAT_THREAD_ROUTES_H
#define PESAN_CHAT_THREAD_ROUTES_H

#include "app/service.h"

/* POST /v1/orders/{order_id}/thread */
bool thread_parse_open(struct request *rq);
void thread_open(struct request *rq, struct db *tx);

/* POST /v1/track/{link}/thread */
bool thread_parse_guest(struct request *rq);
void thread_open_guest(struct request *rq, struct db *tx);

/* GET /v1/shops/{shop_id}/threads */
void thread_list(struct request *rq, struct db *db);

#endif
