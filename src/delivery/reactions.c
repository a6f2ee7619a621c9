/* reactions.c - what delivery does about what happens to orders, in machines and to shops.
 *
 * Events of one order come in their order, perhaps late, from another process, or told once more;
 * so whatever does not fit the table of moves is logged and changes nothing, and a repeat is quiet.
 */
#include "delivery/reactions.h"

#include "app/topic.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/money.h"
#include "delivery/command.h"
#include "delivery/delivery.h"
#include "delivery/tell.h"
#include "delivery/told.h"
#include "delivery/track.h"

#define REACTION_ARENA 1048576

/* An event on its way into the tables. */
struct heard {
    struct arena *arena;   /* memory of this reaction */
    struct db *tx;         /* the writer's */
    const struct event *e; /* what happened */
    struct told told;      /* what its payload says */
    bool known;            /* delivery knows the order */
    struct delivery order; /* then this is it */
};

static void log_misfit(const struct heard *h, const char *why)
{
    log_warn("DELIVERY-EVENT", LOG_S("topic", h->e->topic), LOG_S("key", h->e->key),
             LOG_N("seq", h->e->seq), LOG_C("why", why));
}

static struct heard hear(struct db *tx, const struct event *e)
{
    struct heard h = {.arena = arena_new(REACTION_ARENA), .tx = tx, .e = e};
    h.told = told_read(h.arena, e->payload);
    if (h.told.order_id.at)
        h.known = delivery_find(tx, h.told.order_id, h.arena, &h.order);
    return h;
}

static void hear_end(struct heard *h)
{
    arena_free(&h->arena);
}

/* The move the event speaks of. */
static struct delivery_move move_to(const struct heard *h, enum order_state to)
{
    return (struct delivery_move){.to = to,
                                  .at_us = h->e->at_us,
                                  .actor = h->e->actor,
                                  .note =
                                      h->told.reason.len > 0 ? h->told.reason : (struct str){0}};
}

/* ---- An order arrives ---- */

static bool is_received(const struct event *e)
{
    return event_says(e, STR("\"status\":\"received\""));
}

/* False when the payload lacks what a delivery must have. */
static bool read_order(const struct told *t, struct delivery *d)
{
    struct id id;
    enum currency currency;
    uint64_t total;
    if (!id_parse(t->order_id, &id) || !t->number.at || !t->shop_id.at || !t->items.at ||
        !delivery_user(d).at || !currency_parse(t->currency, &currency) ||
        !str_to_u64(t->total, (uint64_t)MONEY_MAX, &total))
        return false;
    d->total = (int64_t)total;
    return true;
}

static struct str or_else(struct str value, const char *otherwise)
{
    return value.at ? value : str_of(otherwise);
}

static void arrive(struct heard *h, int64_t ordered_us)
{
    const struct told *t = &h->told;
    struct delivery d = {.order_id = t->order_id,
                         .number = t->number,
                         .shop_id = t->shop_id,
                         .account_id = t->account_id,
                         .username = t->username,
                         .kiosk_id = t->kiosk_id,
                         .via = or_else(t->via, "api"),
                         .pay = or_else(t->pay, "counter"),
                         .language = or_else(t->language, "en"),
                         .items = t->items,
                         .currency = t->currency,
                         .state = ORDER_RECEIVED,
                         .ordered_us = ordered_us,
                         .received_us = h->e->at_us,
                         .updated_us = h->e->at_us};
    if (h->known)
        return;
    if (!read_order(t, &d)) {
        log_misfit(h, "not an order: an id, a text or the total is missing");
        return;
    }
    delivery_insert(h->tx, &d);
    h->order = d;
    h->known = true;
}

static void on_placed(struct db *tx, const struct event *e)
{
    struct heard h = hear(tx, e);
    arrive(&h, e->at_us);
    hear_end(&h);
}

/* When it was placed, its id tells. Whoever holds its link may have waited for this. */
static void on_paid(struct db *tx, const struct event *e)
{
    struct heard h = hear(tx, e);
    struct id id;
    bool repeat = h.known;
    int64_t placed_ms = id_parse(h.told.order_id, &id) ? id_ms(&id) : 0;
    arrive(&h, placed_ms > 0 && placed_ms * 1000 < e->at_us ? placed_ms * 1000 : e->at_us);
    if (h.known && !repeat)
        track_tell(tx, h.arena, &h.order);
    hear_end(&h);
}

/* ---- The machine's word ---- */

/* Over which states a machine that has given out the drink has come. */
static const enum order_state after_machine[ORDER_STATE_COUNT] = {
    [ORDER_ACCEPTED] = ORDER_PREPARING,
    [ORDER_PREPARING] = ORDER_READY,
    [ORDER_READY] = ORDER_DELIVERED,
    [ORDER_DELIVERING] = ORDER_DELIVERED,
};

/* False when the state does not allow it. */
static bool give_out(struct heard *h, struct delivery_move m)
{
    struct delivery *d = &h->order;
    if (!after_machine[d->state])
        return false;
    while (after_machine[d->state]) {
        m.to = after_machine[d->state];
        delivery_step(h->tx, h->arena, d, &m);
    }
    track_tell(h->tx, h->arena, d);
    return true;
}

static bool fail(struct heard *h, struct delivery_move m)
{
    struct delivery *d = &h->order;
    m.to = ORDER_FAILED;
    if (order_mover(d->state, m.to) != MOVER_DELIVERY)
        return false;
    delivery_step(h->tx, h->arena, d, &m);
    track_tell(h->tx, h->arena, d);
    return true;
}

/* A kiosk hears of a payment by itself, so a machine may be quicker than the order is accepted:
 * its word is kept until then. */
static void keep_word(struct heard *h, bool failed, const struct delivery_move *m)
{
    struct db_rows *rows = db_query(h->tx, "SELECT order_id FROM delivery_early WHERE order_id = ?",
                                    DB_TEXT(h->told.order_id));
    bool repeat = db_row(rows);
    db_end(rows);
    if (!repeat)
        db_exec(h->tx,
                "INSERT INTO delivery_early (order_id, failed, at, actor, device, note)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                DB_TEXT(h->told.order_id), DB_INT(failed), DB_INT(m->at_us), DB_TEXT(m->actor),
                DB_TEXT(m->device), DB_TEXT(m->note));
}

static void recall_word(struct heard *h)
{
    struct db_rows *rows = db_query(
        h->tx, "SELECT failed, at, actor, device, note FROM delivery_early WHERE order_id = ?",
        DB_TEXT(h->order.order_id));
    bool found = db_row(rows);
    bool failed = found && db_int(rows, 0) != 0;
    struct delivery_move m = {.at_us = db_int(rows, 1),
                              .actor = arena_str(h->arena, db_text(rows, 2)),
                              .device = arena_str(h->arena, db_text(rows, 3)),
                              .note = arena_str(h->arena, db_text(rows, 4))};
    db_end(rows);
    if (!found)
        return;
    db_exec(h->tx, "DELETE FROM delivery_early WHERE order_id = ?", DB_TEXT(h->order.order_id));
    (void)(failed ? fail(h, m) : give_out(h, m));
}

static void hear_machine(struct db *tx, const struct event *e, bool failed)
{
    struct heard h = hear(tx, e);
    struct delivery_move m = move_to(&h, failed ? ORDER_FAILED : ORDER_DELIVERED);
    m.device = h.told.kiosk_id;
    if (!h.told.order_id.at)
        log_misfit(&h, "no order_id");
    else if (!h.known || h.order.state == ORDER_RECEIVED)
        keep_word(&h, failed, &m);
    else if (h.order.state != m.to && !(failed ? fail(&h, m) : give_out(&h, m)))
        log_misfit(&h, order_state_word(h.order.state));
    hear_end(&h);
}

static void on_vended(struct db *tx, const struct event *e)
{
    hear_machine(tx, e, false);
}

static void on_vend_failed(struct db *tx, const struct event *e)
{
    hear_machine(tx, e, true);
}

/* ---- The moves that are order's ---- */

/* False when it is none, or one that was made before. */
static bool follow(struct heard *h, enum order_state to)
{
    struct delivery *d = &h->order;
    struct delivery_move m = move_to(h, to);
    if (!h->known || d->state == to)
        return false;
    if (order_mover(d->state, to) != MOVER_ORDER) {
        log_misfit(h, order_state_word(d->state));
        return false;
    }
    if (h->told.eta_at.at && !clock_parse_iso(h->told.eta_at, &d->eta_us))
        d->eta_us = 0;
    delivery_move(h->tx, d, &m);
    track_tell(h->tx, h->arena, d);
    return true;
}

static void on_accepted(struct db *tx, const struct event *e)
{
    struct heard h = hear(tx, e);
    if (!h.known)
        log_misfit(&h, "unknown order");
    else if (follow(&h, ORDER_ACCEPTED) && h.order.kiosk_id.at)
        recall_word(&h);
    hear_end(&h);
}

static void on_rejected(struct db *tx, const struct event *e)
{
    struct heard h = hear(tx, e);
    if (!h.known)
        log_misfit(&h, "unknown order");
    else
        follow(&h, ORDER_REJECTED);
    hear_end(&h);
}

/* Of an order that was never paid delivery has not heard before; one that delivery let go is
 * cancelled already. */
static void on_cancelled(struct db *tx, const struct event *e)
{
    struct heard h = hear(tx, e);
    follow(&h, ORDER_CANCELLED);
    hear_end(&h);
}

/* The shop has thought again about when it will be there. */
static void on_eta(struct db *tx, const struct event *e)
{
    struct heard h = hear(tx, e);
    int64_t eta_us = 0;
    if (!h.known || !clock_parse_iso(h.told.eta_at, &eta_us)) {
        log_misfit(&h, "unknown order, or no eta_at");
    } else if (eta_us != h.order.eta_us) {
        delivery_eta(tx, &h.order, eta_us);
        track_tell(tx, h.arena, &h.order);
    }
    hear_end(&h);
}

static bool is_accepted(const struct event *e)
{
    return event_says(e, STR("\"status\":\"accepted\""));
}

/* May it still go? Only while nobody has begun. */
static void on_cancel_requested(struct db *tx, const struct event *e)
{
    struct heard h = hear(tx, e);
    struct delivery *d = &h.order;
    struct delivery_move m = move_to(&h, ORDER_CANCELLED);
    if (!h.known || d->state == ORDER_RECEIVED) {
        log_misfit(&h, "not an accepted order");
    } else if (order_mover(d->state, ORDER_CANCELLED) == MOVER_DELIVERY) {
        delivery_step(tx, h.arena, d, &m);
        track_tell(tx, h.arena, d);
    } else if (d->state != ORDER_CANCELLED) {
        tell_cancel_refused(tx, h.arena, d, e->at_us);
    }
    hear_end(&h);
}

/* ---- Shops ---- */

static void on_shop(struct db *tx, const struct event *e)
{
    struct arena *arena = arena_new(REACTION_ARENA);
    struct told t = told_read(arena, e->payload);
    struct db_rows *rows =
        db_query(tx, "SELECT id FROM delivery_shops WHERE id = ?", DB_TEXT(t.shop_id));
    bool known = db_row(rows);
    db_end(rows);
    if (!t.shop_id.at || !t.name.at)
        log_warn("DELIVERY-EVENT", LOG_S("topic", e->topic), LOG_C("why", "no shop_id or name"));
    else if (known)
        db_exec(tx, "UPDATE delivery_shops SET name = ?, timezone = ? WHERE id = ?",
                DB_TEXT(t.name), DB_TEXT(t.timezone), DB_TEXT(t.shop_id));
    else
        db_exec(tx, "INSERT INTO delivery_shops (id, name, timezone) VALUES (?, ?, ?)",
                DB_TEXT(t.shop_id), DB_TEXT(t.name), DB_TEXT(t.timezone));
    arena_free(&arena);
}

const struct reaction delivery_reactions[DELIVERY_REACTIONS] = {
    {.topic = TOPIC_ORDER_PLACED, .react = on_placed, .concerns = is_received},
    {.topic = TOPIC_ORDER_PAID, .react = on_paid},
    {.topic = TOPIC_ORDER_ACCEPTED, .react = on_accepted},
    {.topic = TOPIC_ORDER_REJECTED, .react = on_rejected},
    {.topic = TOPIC_ORDER_CANCELLED, .react = on_cancelled},
    {.topic = TOPIC_ORDER_CANCEL_REQUESTED, .react = on_cancel_requested, .concerns = is_accepted},
    {.topic = TOPIC_ORDER_ETA_CHANGED, .react = on_eta},
    {.topic = TOPIC_CHAT_COMMAND, .react = delivery_on_command},
    {.topic = TOPIC_KIOSK_VENDED, .react = on_vended},
    {.topic = TOPIC_KIOSK_VEND_FAILED, .react = on_vend_failed},
    {.topic = TOPIC_SHOP_CHANGED, .react = on_shop},
};
