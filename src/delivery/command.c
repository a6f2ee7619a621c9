/* command.c - does what staff say in an order's thread, or refuses it by an event. */
#include "delivery/command.h"

#include "app/order_command.h"
#include "app/service.h"
#include "app/topic.h"
#include "delivery/hand.h"

static enum problem try(struct db *tx, struct arena *arena, const struct order_command *c)
{
    struct delivery_move m = {.at_us = c->at_us, .actor = c->actor, .note = c->text};
    struct delivery d;
    if (!delivery_find(tx, c->order_id, arena, &d) || !str_eq(d.shop_id, c->shop_id))
        return PROBLEM_NOT_FOUND;
    if (!order_command_by(tx, arena, c, d.shop_id, WHO_CREW))
        return PROBLEM_FORBIDDEN;
    bool staff = order_command_by(tx, arena, c, d.shop_id, WHO_STAFF);
    bool word = order_state_parse(str_of(order_command_row(c->kind)->word), &m.to);
    return word && hand_move(tx, arena, &d, &m, staff) ? PROBLEM_NONE : PROBLEM_MOVE_NOT_ALLOWED;
}

void delivery_on_command(struct db *tx, const struct event *e)
{
    order_command_obey(tx, e, "delivery", TOPIC_DELIVERY_COMMAND_REFUSED, try);
}
