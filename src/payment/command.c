/* command.c - does what the heads of a shop say in an order's thread, or refuses it by an event. */
#include "payment/command.h"

#include "app/order_command.h"
#include "app/service.h"
#include "app/topic.h"
#include "base/clock.h"
#include "base/money.h"
#include "payment/gateway.h"
#include "payment/ledger.h"

/* Major units as they were said, in minor ones; 0: all that is held. False when it is more than
 * money can be. */
static bool amount_of(const struct payment *p, const struct order_command *c, int64_t *amount_r)
{
    enum currency currency;
    int64_t minor = 1;
    *amount_r = 0;
    if (!c->numbered)
        return true;
    if (!currency_parse(p->currency, &currency))
        return false;
    for (int i = 0; i < currency_storage_digits(currency); i++)
        minor *= 10;
    return money_mul(c->number, minor, amount_r);
}

/* A refund has the id of its command: told again it is one that was made. */
static enum problem give_back(struct db *tx, struct arena *arena, struct payment *p,
                              const struct order_command *c)
{
    struct ledger_line line;
    int64_t amount;
    struct change change = {.tx = tx,
                            .arena = arena,
                            .p = p,
                            .now_us = clock_utc_us(),
                            .actor = c->actor,
                            .metric = METRIC_COUNT};
    if (!amount_of(p, c, &amount))
        return PROBLEM_BAD_INPUT;
    if (ledger_refund(tx, arena, &p->id, id_str(&c->id), &line))
        return PROBLEM_NONE;
    if (!payment_refund_asked(&change, &c->id, amount, c->text, &amount))
        return PROBLEM_CONFLICT;
    payment_save(tx, p);
    worker_ring(&gateway_bell);
    return PROBLEM_NONE;
}

static enum problem try(struct db *tx, struct arena *arena, const struct order_command *c)
{
    struct payment p;
    if (!payment_of_order(tx, arena, c->order_id, &p) || !str_eq(p.shop_id, c->shop_id))
        return PROBLEM_NOT_FOUND;
    if (!order_command_by(tx, arena, c, p.shop_id, WHO_HEADS))
        return PROBLEM_FORBIDDEN;
    return give_back(tx, arena, &p, c);
}

void payment_on_command(struct db *tx, const struct event *e)
{
    order_command_obey(tx, e, "payment", TOPIC_PAYMENT_COMMAND_REFUSED, try);
}
