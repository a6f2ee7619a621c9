/* command.h - what staff say in an order's thread that is delivery's to do: its words, such as
 * /ready. */
#ifndef PESAN_DELIVERY_COMMAND_H
#define PESAN_DELIVERY_COMMAND_H

#include "journal/journal.h"

/* The reaction to chat.command: does it as PATCH /delivery-ms/{user_id}/{order_id} would, or
 * refuses it by delivery.command_refused. */
void delivery_on_command(struct db *tx, const struct event *e);

#endif
