/* order_service.c - the order service's descriptor: its tables, its routes, and which answers of
 * payment and delivery it hears. */
#include "order/order_service.h"

#include "app/people.h"
#include "app/topic.h"
#include "base/clock.h"
#include "base/log.h"
#include "order/command.h"
#include "order/order.h"
#include "order/routes.h"

/* Per order: one row of orders (ids are UUIDv7, so it is appended), one of orders_of_account, and
 * its items side by side: the budget of a durable order is pages touched. */
static const char *const steps[] = {
    "CREATE TABLE orders ("
    " id {key} PRIMARY KEY,"
    " number {text} NOT NULL,"
    " shop_id {key} NOT NULL,"
    " account_id {key},"
    " username {text},"
    " kiosk_id {key},"
    " via {text} NOT NULL,"
    " pay {text} NOT NULL,"
    " status {text} NOT NULL,"
    " total {int} NOT NULL,"
    " currency {text} NOT NULL,"
    " language {text} NOT NULL,"
    " placed_at {int} NOT NULL,"
    " updated_at {int} NOT NULL,"
    " cancel_asked {int} NOT NULL"
    ") {table_clustered};"
    "CREATE INDEX orders_of_account ON orders (account_id, id);"
    "CREATE TABLE order_items ("
    " order_id {key} NOT NULL,"
    " line {int} NOT NULL,"
    " product_id {key},"
    " name {text} NOT NULL,"
    " qty {int} NOT NULL,"
    " price {int} NOT NULL,"
    " PRIMARY KEY (order_id, line)"
    ") {table_clustered};"
    "CREATE TABLE order_numbers ("
    " shop_id {key} NOT NULL,"
    " letter {key} NOT NULL,"
    " last {int} NOT NULL,"
    " PRIMARY KEY (shop_id, letter)"
    ") {table_clustered};",
    /* What was chosen, how long the shop may take, and what became of it. A move is a row beside
     * those of its order; an order nobody has touched yet has none. */
    "ALTER TABLE orders ADD COLUMN accept_by {int} NOT NULL DEFAULT 0;"
    "ALTER TABLE orders ADD COLUMN eta_at {int} NOT NULL DEFAULT 0;"
    "ALTER TABLE orders ADD COLUMN reason {text};"
    "ALTER TABLE order_items ADD COLUMN options {text};"
    "ALTER TABLE order_items ADD COLUMN counted {int} NOT NULL DEFAULT 0;"
    "CREATE TABLE order_moves ("
    " order_id {key} NOT NULL,"
    " n {int} NOT NULL,"
    " status {text} NOT NULL,"
    " at {int} NOT NULL,"
    " actor {text} NOT NULL,"
    " device {text},"
    " reason {text},"
    " PRIMARY KEY (order_id, n)"
    ") {table_clustered};",
};

/* What payment or delivery says of an order of ours. */
struct answer {
    struct arena *arena; /* memory of this reaction */
    json_t *payload;     /* as it was told */
    struct order order;  /* the order it is about */
};

/* False when the event is not about an order that is here. */
static bool open_answer(struct answer *a, struct db *tx, const struct event *e)
{
    const char *why = "";
    *a = (struct answer){.arena = arena_new(65536), .payload = json_read(e->payload, &why)};
    if (!a->payload)
        log_warn("ORDER-EVENT", LOG_S("topic", e->topic), LOG_S("key", e->key), LOG_C("why", why));
    return a->payload && order_find(tx, json_text(a->payload, "order_id"), a->arena, &a->order);
}

static void close_answer(struct answer *a)
{
    json_decref(a->payload);
    arena_free(&a->arena);
}

static void on_paid(struct db *tx, const struct event *e)
{
    struct answer a;
    if (open_answer(&a, tx, e))
        order_paid(tx, a.arena, &a.order, clock_utc_us());
    close_answer(&a);
}

static void on_failed(struct db *tx, const struct event *e)
{
    struct answer a;
    if (open_answer(&a, tx, e))
        order_not_paid(tx, a.arena, &a.order, json_text(a.payload, "reason"), clock_utc_us());
    close_answer(&a);
}

static void on_moved(struct db *tx, const struct event *e)
{
    struct answer a;
    enum order_state to;
    if (open_answer(&a, tx, e)) {
        struct str by = json_text(a.payload, "by");
        const struct order_act act = {.actor = by.at ? by : e->actor,
                                      .reason = json_text(a.payload, "note"),
                                      .now_us = e->at_us}; /* when delivery moved it */
        if (order_state_parse(json_text(a.payload, "status"), &to))
            order_delivery_moved(tx, a.arena, &a.order, to, &act);
        else
            log_warn("ORDER-EVENT", LOG_S("topic", e->topic), LOG_S("key", e->key),
                     LOG_C("why", "no such status"));
    }
    close_answer(&a);
}

static void on_cancel_refused(struct db *tx, const struct event *e)
{
    struct answer a;
    if (open_answer(&a, tx, e))
        order_cancel_refused(tx, &a.order);
    close_answer(&a);
}

static const struct reaction reactions[] = {
    {.topic = TOPIC_PAYMENT_PAID, .react = on_paid},
    {.topic = TOPIC_PAYMENT_FAILED, .react = on_failed},
    {.topic = TOPIC_DELIVERY_MOVED, .react = on_moved},
    {.topic = TOPIC_DELIVERY_CANCEL_REFUSED, .react = on_cancel_refused},
    {.topic = TOPIC_CHAT_COMMAND, .react = order_on_command},
};

/* The customer's own, and the orders of shops where he works. */
static bool may_hear(struct request *rq, struct db *db, struct str id)
{
    struct order o;
    if (!order_find(db, id, rq->arena, &o))
        return false;
    bool own = o.account_id.at && str_eq(o.account_id, rq->caller.id);
    return own || caller_works_in(&rq->caller, o.shop_id, WHO_STAFF);
}

static const struct channel_guard guards[] = {{.prefix = "order:", .may = may_hear}};

const struct service order_service = {
    .name = "order",
    .needs = "menu",
    .migrations = {.service = "order", .steps = steps, .count = ARRAY_LEN(steps)},
    .routes = order_routes,
    .route_count = ORDER_ROUTES,
    .guards = guards,
    .guard_count = ARRAY_LEN(guards),
    .reactions = reactions,
    .reaction_count = ARRAY_LEN(reactions),
    .due = order_due,
};
