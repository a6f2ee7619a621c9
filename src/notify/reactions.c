/* reactions.c - what notify does about what happens. All of it is behind the event's own commit, by
 * which devices hear of it at once: nothing here delays an alert. */
#include "notify/reactions.h"

#include "app/topic.h"
#include "base/log.h"
#include "notify/inbox.h"
#include "notify/receipt.h"
#include "notify/ring.h"
#include "notify/told.h"

#define REACTION_ARENA (64 << 10)

/* An event on its way into the tables. */
struct heard {
    struct arena *arena;   /* memory of this reaction */
    struct db *tx;         /* the writer's */
    const struct event *e; /* what happened */
};

static struct heard hear(struct db *tx, const struct event *e)
{
    return (struct heard){.arena = arena_new(REACTION_ARENA), .tx = tx, .e = e};
}

static void hear_end(struct heard *h)
{
    arena_free(&h->arena);
}

static struct str text(const struct heard *h, const char *member)
{
    return told_text(h->arena, h->e->payload, member);
}

static void log_misfit(const struct heard *h, const char *why)
{
    log_warn("NOTIFY-EVENT", LOG_S("topic", h->e->topic), LOG_S("key", h->e->key),
             LOG_N("seq", h->e->seq), LOG_C("why", why));
}

/* ---- Notices ---- */

/* Every notice passes here, once, whoever is online: what an audience must be told, and where it
 * will look. A further channel (web push, mail, webhooks) takes it from here: into a table of its
 * own in this transaction, from which a worker sends it with the words of notify_word(). */
static void keep_notice(const struct heard *h, const struct notice *n, const struct box *box)
{
    if (n->level != LEVEL_QUIET)
        inbox_add(h->tx, box->name, h->e->seq);
}

static void keep_notices(const struct heard *h)
{
    for (int a = 0; a < AUDIENCE_COUNT; a++) {
        const struct notice *n = notice_for(h->e, (enum notice_audience)a);
        struct box box = {0};
        if (n && n->level != LEVEL_QUIET)
            box = inbox_box(h->e, (enum notice_audience)a, h->arena);
        if (box.name.at)
            keep_notice(h, n, &box);
    }
}

static void on_told(struct db *tx, const struct event *e)
{
    struct heard h = hear(tx, e);
    keep_notices(&h);
    hear_end(&h);
}

/* ---- Orders ---- */

static bool is_received(const struct event *e)
{
    return event_says(e, STR("\"status\":\"received\""));
}

static bool is_accepted(const struct event *e)
{
    return event_says(e, STR("\"status\":\"accepted\""));
}

static void start_ring(const struct heard *h)
{
    struct str order_id = text(h, "order_id");
    struct str number = text(h, "number");
    struct str shop_id = text(h, "shop_id");
    if (order_id.at && number.at && shop_id.at)
        ring_start(h->tx, shop_id, order_id, number, h->e->at_us);
    else
        log_misfit(h, "not an order: an id or the number is missing");
}

static void on_placed(struct db *tx, const struct event *e)
{
    struct heard h = hear(tx, e);
    keep_notices(&h);
    start_ring(&h);
    hear_end(&h);
}

/* Nobody has to accept what a machine makes by itself. */
static void on_paid(struct db *tx, const struct event *e)
{
    struct heard h = hear(tx, e);
    keep_notices(&h);
    if (!text(&h, "kiosk_id").at)
        start_ring(&h);
    hear_end(&h);
}

static void stop_ring(const struct heard *h)
{
    struct str shop_id = text(h, "shop_id");
    if (shop_id.at)
        ring_stop(h->tx, shop_id, h->e->key);
}

/* "account:<id>" answered it; services and machines have seen nothing. */
static void note_answer(const struct heard *h, const char *action)
{
    struct str account = text(h, "by");
    struct str device = text(h, "device");
    if (!str_is(str_cut(&account, ':'), "account") || !account.at)
        return;
    receipt_act(h->tx, &(struct receipt){.order_id = h->e->key,
                                         .seq = h->e->seq,
                                         .account_id = account,
                                         .device = device.at ? device : STR(""),
                                         .acted_us = h->e->at_us,
                                         .action = str_of(action)});
}

static void answer(struct db *tx, const struct event *e, const char *action)
{
    struct heard h = hear(tx, e);
    keep_notices(&h);
    stop_ring(&h);
    note_answer(&h, action);
    hear_end(&h);
}

static void on_accepted(struct db *tx, const struct event *e)
{
    answer(tx, e, "accepted");
}

static void on_rejected(struct db *tx, const struct event *e)
{
    answer(tx, e, "rejected");
}

static void on_cancelled(struct db *tx, const struct event *e)
{
    struct heard h = hear(tx, e);
    keep_notices(&h);
    stop_ring(&h);
    hear_end(&h);
}

/* ---- Staff ---- */

/* The boxes of a shop: for its staff and for its couriers. */
static struct str shop_box(const struct heard *h, struct str shop_id, bool couriers)
{
    return str_of(
        arena_printf(h->arena, "%s:%.*s", couriers ? "courier" : "shop", STR_ARG(shop_id)));
}

/* Who is hired begins with nothing missed; who gets another role among the staff goes on. */
static void on_hired(struct db *tx, const struct event *e)
{
    struct heard h = hear(tx, e);
    struct str account_id = text(&h, "account_id");
    struct str shop_id = text(&h, "shop_id");
    bool courier = str_is(text(&h, "role"), role_word(ROLE_COURIER));
    if (account_id.at && shop_id.at) {
        inbox_close(tx, account_id, shop_box(&h, shop_id, !courier));
        inbox_open(tx, account_id, shop_box(&h, shop_id, courier), e->seq);
    } else {
        log_misfit(&h, "no account_id or shop_id");
    }
    hear_end(&h);
}

static void on_dismissed(struct db *tx, const struct event *e)
{
    struct heard h = hear(tx, e);
    struct str account_id = text(&h, "account_id");
    struct str shop_id = text(&h, "shop_id");
    if (account_id.at && shop_id.at) {
        inbox_close(tx, account_id, shop_box(&h, shop_id, false));
        inbox_close(tx, account_id, shop_box(&h, shop_id, true));
    } else {
        log_misfit(&h, "no account_id or shop_id");
    }
    hear_end(&h);
}

const struct reaction notify_reactions[NOTIFY_REACTIONS] = {
    {.topic = TOPIC_ORDER_PLACED, .react = on_placed, .concerns = is_received},
    {.topic = TOPIC_ORDER_PAID, .react = on_paid},
    {.topic = TOPIC_ORDER_ACCEPTED, .react = on_accepted},
    {.topic = TOPIC_ORDER_REJECTED, .react = on_rejected},
    {.topic = TOPIC_ORDER_CANCELLED, .react = on_cancelled},
    {.topic = TOPIC_ORDER_CANCEL_REQUESTED, .react = on_told, .concerns = is_accepted},
    {.topic = TOPIC_DELIVERY_MOVED, .react = on_told},
    {.topic = TOPIC_DELIVERY_CANCEL_REFUSED, .react = on_told},
    {.topic = TOPIC_PAYMENT_ATTENTION, .react = on_told},
    {.topic = TOPIC_PAYMENT_REFUND_STARTED, .react = on_told},
    {.topic = TOPIC_PAYMENT_REFUNDED, .react = on_told},
    {.topic = TOPIC_KIOSK_VEND_OVERDUE, .react = on_told},
    {.topic = TOPIC_SHOP_STAFF_ADDED, .react = on_hired},
    {.topic = TOPIC_SHOP_STAFF_REMOVED, .react = on_dismissed},
};
