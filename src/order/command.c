/* command.c - does what staff say in an order's thread, or refuses it by an event. */
#include "order/command.h"

#include "app/order_command.h"
#include "app/service.h"
#include "app/topic.h"
#include "order/order.h"

/* Until when it is made, by what the command says; 0: it says nothing. */
static int64_t eta_us(const struct order_command *c)
{
    return c->numbered ? c->at_us + c->number * ORDER_ETA_UNIT_US : 0;
}

static bool obey(struct db *tx, struct arena *arena, struct order *o, const struct order_command *c)
{
    const struct order_act act = {.actor = c->actor, .reason = c->text, .now_us = c->at_us};
    switch (c->kind) {
    case COMMAND_ACCEPT:
        return order_accept(tx, arena, o, eta_us(c), &act);
    case COMMAND_DECLINE:
        return order_reject(tx, arena, o, &act);
    case COMMAND_ETA:
        return order_eta(tx, arena, o, eta_us(c), &act);
    default:
        return false;
    }
}

static enum problem try(struct db *tx, struct arena *arena, const struct order_command *c)
{
    struct order o;
    if (!order_find(tx, c->order_id, arena, &o) || !str_eq(o.shop_id, c->shop_id))
        return PROBLEM_NOT_FOUND;
    if (!order_command_by(tx, arena, c, o.shop_id, WHO_STAFF))
        return PROBLEM_FORBIDDEN;
    if (c->numbered && c->number > ORDER_ETA_MAX)
        return PROBLEM_BAD_INPUT;
    return obey(tx, arena, &o, c) ? PROBLEM_NONE : PROBLEM_MOVE_NOT_ALLOWED;
}

void order_on_command(struct db *tx, const struct event *e)
{
    order_command_obey(tx, e, "order", TOPIC_ORDER_COMMAND_REFUSED, try);
}
