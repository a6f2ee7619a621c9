/* reactions.c - what payment does about what happens to orders and in machines: it notes what the
 * gateway has to be asked, and rings. All it knows of an order it keeps from order.placed. */
#include "payment/reactions.h"

#include "app/topic.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/money.h"
#include "payment/command.h"
#include "payment/gateway.h"

#define REACTION_ARENA 65536

static void log_unreadable(const struct event *e, const char *why)
{
    log_error("PAYMENT-EVENT-UNREADABLE", LOG_S("topic", e->topic), LOG_N("seq", e->seq),
              LOG_C("why", why));
}

static bool online(struct str pay)
{
    return str_is(pay, "qris") || str_is(pay, "gopay");
}

/* Empty text is no text. */
static struct str given(const json_t *order, const char *key)
{
    struct str value = json_text(order, key);
    return value.len > 0 ? value : (struct str){NULL, 0};
}

static void open_payment(struct db *tx, const struct event *e, const json_t *order)
{
    struct payment p = {.id = id_new(),
                        .order_id = given(order, "order_id"),
                        .shop_id = given(order, "shop_id"),
                        .account_id = given(order, "account_id"),
                        .kiosk_id = given(order, "kiosk_id"),
                        .method = given(order, "pay"),
                        .currency = given(order, "currency"),
                        .state = PAYMENT_CHARGING,
                        .created_at = clock_utc_us(),
                        .ask = ASK_CHARGE};
    p.due_at = p.created_at;
    if (!json_int(order, "total", &p.amount) || p.amount < 0 || p.amount > MONEY_MAX ||
        !p.order_id.at || !p.shop_id.at || !p.currency.at) {
        log_unreadable(e, "order_id, shop_id, total or currency");
        return;
    }
    payment_insert(tx, &p);
    worker_ring(&gateway_bell);
}

/* Most orders are paid at the counter. */
static bool paid_online(const struct event *e)
{
    return !event_says(e, STR("\"pay\":\"counter\""));
}

static void on_placed(struct db *tx, const struct event *e)
{
    const char *why;
    struct payment known;
    json_t *order = json_read(e->payload, &why);
    struct arena *arena = arena_new(REACTION_ARENA);
    if (!order)
        log_unreadable(e, why);
    else if (online(json_text(order, "pay")) &&
             !payment_of_order(tx, arena, json_text(order, "order_id"), &known))
        open_payment(tx, e, order);
    arena_free(&arena);
    json_decref(order);
}

/* Change the payment of the order the event is about, if it has one. */
static void change_payment(struct db *tx, const struct event *e, void (*apply)(struct change *c))
{
    const char *why;
    json_t *about = json_read(e->payload, &why);
    struct arena *arena = arena_new(REACTION_ARENA);
    struct payment p;
    struct change c = {.tx = tx,
                       .arena = arena,
                       .p = &p,
                       .now_us = clock_utc_us(),
                       .actor = e->actor,
                       .metric = METRIC_COUNT};
    if (!about) {
        log_unreadable(e, why);
    } else if (payment_of_order(tx, arena, json_text(about, "order_id"), &p)) {
        apply(&c);
        payment_save(tx, &p);
        worker_ring(&gateway_bell);
    }
    arena_free(&arena);
    json_decref(about);
}

static void wish_gone(struct change *c)
{
    payment_cancel(c, "cancelled");
}

/* Once the shop has accepted an order, delivery is asked. */
static bool unpaid(const struct event *e)
{
    return event_says(e, STR("\"status\":\"unpaid\""));
}

static void on_cancel_requested(struct db *tx, const struct event *e)
{
    change_payment(tx, e, wish_gone);
}

/* Nobody will be served any more. */
static void order_is_over(struct change *c, const char *reason)
{
    c->p->order_over = true;
    if (payment_open(c->p->state))
        payment_cancel(c, "cancelled");
    else
        payment_refund_all(c, reason);
}

static void order_cancelled(struct change *c)
{
    order_is_over(c, "cancelled");
}

static void order_rejected(struct change *c)
{
    order_is_over(c, "rejected");
}

static void order_failed(struct change *c)
{
    order_is_over(c, "failed");
}

static void on_cancelled(struct db *tx, const struct event *e)
{
    change_payment(tx, e, order_cancelled);
}

static void on_rejected(struct db *tx, const struct event *e)
{
    change_payment(tx, e, order_rejected);
}

/* It was accepted, and could not be made or brought. After the word of a machine nothing is held
 * any more. */
static bool failed(const struct event *e)
{
    return event_says(e, STR("\"status\":\"failed\""));
}

static void on_delivery_failed(struct db *tx, const struct event *e)
{
    change_payment(tx, e, order_failed);
}

static void nothing_came(struct change *c)
{
    payment_refund_all(c, "vend-failed");
}

static void on_vend_failed(struct db *tx, const struct event *e)
{
    change_payment(tx, e, nothing_came);
}

const struct reaction payment_reactions[PAYMENT_REACTIONS] = {
    {.topic = TOPIC_ORDER_PLACED, .react = on_placed, .concerns = paid_online},
    {.topic = TOPIC_ORDER_CANCEL_REQUESTED, .react = on_cancel_requested, .concerns = unpaid},
    {.topic = TOPIC_ORDER_CANCELLED, .react = on_cancelled},
    {.topic = TOPIC_ORDER_REJECTED, .react = on_rejected},
    {.topic = TOPIC_DELIVERY_MOVED, .react = on_delivery_failed, .concerns = failed},
    {.topic = TOPIC_KIOSK_VEND_FAILED, .react = on_vend_failed},
    {.topic = TOPIC_CHAT_COMMAND, .react = payment_on_command},
};
