/* command.h - what the heads of a shop say in an order's thread that is payment's to do: /refund.
 */
#ifndef PESAN_PAYMENT_COMMAND_H
#define PESAN_PAYMENT_COMMAND_H

#include "journal/journal.h"

/* The reaction to chat.command: does it as POST /v1/payments/{payment_id}/refund would, or refuses
 * it by payment.command_refused. */
void payment_on_command(struct db *tx, const struct event *e);

#endif
