/* store.h - the statements that must stay flat however many orders there are: order.c runs them, a
 * test asks the engine how it would. */
#ifndef PESAN_ORDER_STORE_H
#define PESAN_ORDER_STORE_H

#define ORDER_COLUMNS                                                                              \
    "id, number, shop_id, account_id, username, kiosk_id, via, pay, status, total, currency,"      \
    " language, placed_at, updated_at, cancel_asked, accept_by, eta_at, reason"

#define ORDER_SQL_ONE "SELECT " ORDER_COLUMNS " FROM orders WHERE id = ?"

#define ORDER_SQL_LIST                                                                             \
    "SELECT " ORDER_COLUMNS " FROM orders WHERE account_id = ? AND id < ?"                         \
    " ORDER BY id DESC LIMIT ?"

#define ORDER_SQL_LIST_OF_SHOP                                                                     \
    "SELECT " ORDER_COLUMNS " FROM orders WHERE account_id = ? AND id < ? AND shop_id = ?"         \
    " ORDER BY id DESC LIMIT ?"

#define ORDER_SQL_LINES                                                                            \
    "SELECT product_id, name, qty, price, options, counted FROM order_items WHERE order_id = ?"    \
    " ORDER BY line"

#define ORDER_SQL_MOVES                                                                            \
    "SELECT status, at, actor, device, reason FROM order_moves WHERE order_id = ? ORDER BY n"

#define ORDER_SQL_LAST_MOVE "SELECT MAX(n) FROM order_moves WHERE order_id = ?"

#endif
