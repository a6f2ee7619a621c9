/* command.h - what staff say in an order's thread that is order's to do: accept, decline, eta. */
#ifndef PESAN_ORDER_COMMAND_H
#define PESAN_ORDER_COMMAND_H

#include "journal/journal.h"

/* The reaction to chat.command: does it as PATCH /order-receive/{order_id} would, or refuses it by
 * order.command_refused. */
void order_on_command(struct db *tx, const struct event *e);

#endif
