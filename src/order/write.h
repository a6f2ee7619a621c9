/* write.h - orders as clients read them. */
#ifndef PESAN_ORDER_WRITE_H
#define PESAN_ORDER_WRITE_H

#include "app/request.h"
#include "order/order.h"

/* An order with its lines; `track` is the link of the tracking page. An order of one thing also
 * under the names of /order-ms's first day. The object is left open for more members. */
void order_write(struct jout *j, const struct order *o, struct str track);

/* The member `history`: the moves so far, who made them by the name people read, and for those who
 * may know (`devices`) on which device. */
void order_write_history(struct jout *j, struct db *db, struct arena *arena, const struct order *o,
                         bool devices);

#endif
