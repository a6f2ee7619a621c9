/* kiosk_service.c - the kiosk service's descriptor: its tables, its demo, its socket, and which
 * events it hears. */
#include "kiosk/kiosk_service.h"

#include "app/topic.h"
#include "base/log.h"
#include "kiosk/kiosk.h"
#include "kiosk/routes.h"
#include "kiosk/socket.h"
#include "shop/shop.h"

static const char *const steps[] = {
    "CREATE TABLE kiosks ("
    " id {key} PRIMARY KEY,"
    " shop_id {key} NOT NULL,"
    " name {text} NOT NULL,"
    " state {text} NOT NULL,"
    " order_id {key},"
    " screen_event {text} NOT NULL,"
    " screen_values {text} NOT NULL,"
    " in_order {int} NOT NULL,"
    " until_at {int} NOT NULL,"
    " changed_at {int} NOT NULL"
    ") {table};"
    "CREATE INDEX kiosks_of_shop ON kiosks (shop_id, id);"
    "CREATE TABLE kiosk_sales ("
    " order_id {key} PRIMARY KEY,"
    " kiosk_id {key} NOT NULL,"
    " shop_id {key} NOT NULL,"
    " state {text} NOT NULL,"
    " changed_at {int} NOT NULL"
    ") {table_clustered};",
};

static void demo(struct db *tx, int64_t now_us)
{
    static const char *const ids[] = {KIOSK_DEMO_1, KIOSK_DEMO_2};
    static const char *const names[] = {"Pintu masuk", "Lantai dua"};
    for (size_t i = 0; i < ARRAY_LEN(ids); i++)
        db_exec(tx,
                "INSERT INTO kiosks (id, shop_id, name, state, screen_event, screen_values,"
                " in_order, until_at, changed_at) VALUES (?, ?, ?, 'IDLE', 'IDLE', '{}', 1, 0, ?)",
                DB_CSTR(ids[i]), DB_CSTR(SHOP_DEMO_ID), DB_CSTR(names[i]), DB_INT(now_us));
}

/* One event while it is reacted to. */
struct heard {
    struct arena *arena; /* memory of this reaction */
    json_t *payload;     /* as it was told; NULL when unreadable */
    int64_t now_us;      /* screens are timed by the clock that people see, not by the event's */
};

static struct heard hear(const struct event *e)
{
    const char *why = "";
    struct heard h = {.arena = arena_new(262144),
                      .payload = json_read(e->payload, &why),
                      .now_us = clock_utc_us()};
    if (!h.payload)
        log_warn("KIOSK-EVENT", LOG_S("topic", e->topic), LOG_S("key", e->key), LOG_C("why", why));
    return h;
}

static void hear_end(struct heard *h)
{
    json_decref(h->payload);
    arena_free(&h->arena);
}

static void on_opened(struct db *tx, const struct event *e)
{
    struct heard h = hear(e);
    kiosk_payment_opened(tx, h.arena, json_text(h.payload, "order_id"), h.payload, h.now_us);
    hear_end(&h);
}

static void on_paid(struct db *tx, const struct event *e)
{
    struct heard h = hear(e);
    kiosk_paid(tx, h.arena, json_text(h.payload, "order_id"), h.now_us);
    hear_end(&h);
}

static void on_failed(struct db *tx, const struct event *e)
{
    struct heard h = hear(e);
    kiosk_not_paid(tx, h.arena, json_text(h.payload, "order_id"), json_text(h.payload, "reason"),
                   h.now_us);
    hear_end(&h);
}

static void on_menu(struct db *tx, const struct event *e)
{
    struct heard h = hear(e);
    kiosk_menu_changed(tx, h.arena, json_text(h.payload, "shop_id"), h.now_us);
    hear_end(&h);
}

static const struct reaction reactions[] = {
    {.topic = TOPIC_PAYMENT_OPENED, .react = on_opened},
    {.topic = TOPIC_PAYMENT_PAID, .react = on_paid},
    {.topic = TOPIC_PAYMENT_FAILED, .react = on_failed},
    {.topic = TOPIC_MENU_CHANGED, .react = on_menu},
};

static const struct socket_kind sockets[] = {
    {.name = "kiosk",
     .path = "/ws",
     .admit = kiosk_admit,
     .snapshot = kiosk_snapshot,
     .render = kiosk_render,
     .commands = kiosk_commands,
     .command_count = KIOSK_COMMANDS},
};

/* The staff of its shop. */
static bool may_hear(struct request *rq, struct db *db, struct str id)
{
    struct kiosk k;
    return kiosk_find(db, id, rq->arena, &k) && kiosk_allows(&k, &rq->caller);
}

static const struct channel_guard guards[] = {{.prefix = "kiosk:", .may = may_hear}};

const struct service kiosk_service = {
    .name = "kiosk",
    .needs = "order",
    .migrations = {.service = "kiosk", .steps = steps, .count = ARRAY_LEN(steps)},
    .routes = kiosk_routes,
    .route_count = KIOSK_ROUTES,
    .sockets = sockets,
    .socket_count = ARRAY_LEN(sockets),
    .guards = guards,
    .guard_count = ARRAY_LEN(guards),
    .reactions = reactions,
    .reaction_count = ARRAY_LEN(reactions),
    .due = kiosk_due,
    .demo = demo,
};
