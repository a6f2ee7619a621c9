/* moves.c - what becomes of an order: the moves that are order's to make, those of delivery
 * mirrored, and the history of both. */
#include "app/topic.h"
#include "base/log.h"
#include "journal/deadline.h"
#include "menu/menu.h"
#include "order/order.h"
#include "order/store.h"
#include "order/tell.h"
#include "shop/shop.h"

#define SERVICE STR("service:order")

const char *order_state_allows(enum order_state state, struct arena *arena)
{
    const char *all = "nothing more";
    bool first = true;
    for (int to = 0; to < ORDER_STATE_COUNT; to++) {
        if (order_mover(state, (enum order_state)to) == MOVER_NOBODY)
            continue;
        const char *word = order_state_word((enum order_state)to);
        all = first ? word : arena_printf(arena, "%s, %s", all, word);
        first = false;
    }
    return all;
}

/* ---- Writing one ---- */

static void remember(struct db *tx, const struct order *o, const struct order_act *act)
{
    struct db_rows *rows = db_query(tx, ORDER_SQL_LAST_MOVE, DB_TEXT(o->id));
    int64_t last = db_row(rows) ? db_int(rows, 0) : 0;
    db_end(rows);
    db_exec(tx,
            "INSERT INTO order_moves (order_id, n, status, at, actor, device, reason)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            DB_TEXT(o->id), DB_INT(last + 1), DB_CSTR(order_state_word(o->state)),
            DB_INT(act->now_us), DB_TEXT(act->actor), DB_TEXT(act->device), DB_TEXT(act->reason));
}

static bool gave_up(enum order_state s)
{
    return s == ORDER_CANCELLED || s == ORDER_REJECTED;
}

/* What was taken out of a stock goes back; an order is given up once. */
static void give_back(struct db *tx, struct arena *arena, struct order *o, int64_t now_us)
{
    if (!o->lines)
        order_read_lines(tx, arena, o);
    for (size_t i = 0; i < o->line_count; i++)
        if (o->lines[i].counted)
            menu_give_back(tx, arena, o->lines[i].product_id, o->lines[i].qty, now_us);
}

static void save(struct db *tx, const struct order *o)
{
    db_exec(tx,
            "UPDATE orders SET status = ?, updated_at = ?, cancel_asked = ?, accept_by = ?,"
            " eta_at = ?, reason = ? WHERE id = ?",
            DB_CSTR(order_state_word(o->state)), DB_INT(o->updated_us), DB_INT(o->cancel_asked),
            DB_INT(o->accept_by_us), DB_INT(o->eta_us), DB_TEXT(o->reason), DB_TEXT(o->id));
}

/* The only place where an order's state changes. Every move answers what was asked before it. What
 * was asked earlier and comes later does not turn history back: it happened at the moment of the
 * move before it. */
static void move(struct db *tx, struct arena *arena, struct order *o, enum order_state to,
                 const struct order_act *asked)
{
    struct order_act act = *asked;
    CHECK(order_mover(o->state, to) != MOVER_NOBODY);
    if (act.now_us < o->updated_us)
        act.now_us = o->updated_us;
    if (o->accept_by_us > 0 && to != ORDER_RECEIVED) {
        deadline_clear(tx, "order", o->id);
        o->accept_by_us = 0;
    }
    o->state = to;
    o->updated_us = act.now_us;
    o->cancel_asked = false;
    o->reason = act.reason;
    save(tx, o);
    remember(tx, o, &act);
    if (gave_up(to))
        give_back(tx, arena, o, act.now_us);
}

/* Has it gone this way, and is it still on it? */
static bool beyond_acceptance(enum order_state s)
{
    return s == ORDER_ACCEPTED || s == ORDER_PREPARING || s == ORDER_READY || s == ORDER_DELIVERING;
}

/* ---- The shop's ---- */

static void accept(struct db *tx, struct arena *arena, struct order *o, int64_t eta_us,
                   const struct order_act *act)
{
    o->eta_us = eta_us;
    move(tx, arena, o, ORDER_ACCEPTED, act);
    order_tell_step(tx, arena, TOPIC_ORDER_ACCEPTED, o, act);
}

bool order_accept(struct db *tx, struct arena *arena, struct order *o, int64_t eta_us,
                  const struct order_act *act)
{
    if (o->state == ORDER_RECEIVED)
        accept(tx, arena, o, eta_us, act);
    return beyond_acceptance(o->state);
}

/* No move: the state and its history stay as they are. */
static void promise(struct db *tx, struct arena *arena, struct order *o, int64_t eta_us,
                    const struct order_act *act)
{
    if (o->eta_us == eta_us)
        return;
    o->eta_us = eta_us;
    save(tx, o);
    order_tell_step(tx, arena, TOPIC_ORDER_ETA_CHANGED, o, act);
}

bool order_eta(struct db *tx, struct arena *arena, struct order *o, int64_t eta_us,
               const struct order_act *act)
{
    if (o->state == ORDER_RECEIVED)
        accept(tx, arena, o, eta_us, act);
    else if (beyond_acceptance(o->state))
        promise(tx, arena, o, eta_us, act);
    return beyond_acceptance(o->state);
}

bool order_reject(struct db *tx, struct arena *arena, struct order *o, const struct order_act *act)
{
    if (o->state == ORDER_RECEIVED) {
        move(tx, arena, o, ORDER_REJECTED, act);
        order_tell_step(tx, arena, TOPIC_ORDER_REJECTED, o, act);
    }
    return o->state == ORDER_REJECTED;
}

/* ---- Cancelling ---- */

struct str order_reason(const struct order *o)
{
    bool over = gave_up(o->state) || o->state == ORDER_FAILED;
    return over ? o->reason : (struct str){0};
}

static void cancel(struct db *tx, struct arena *arena, struct order *o, const struct order_act *act)
{
    move(tx, arena, o, ORDER_CANCELLED, act);
    order_tell_step(tx, arena, TOPIC_ORDER_CANCELLED, o, act);
}

/* Payment or delivery, whichever has it now, answers by an event of its own. */
static void ask(struct db *tx, struct arena *arena, struct order *o, const struct order_act *act)
{
    if (o->cancel_asked)
        return;
    o->cancel_asked = true;
    o->reason = act->reason;
    save(tx, o);
    order_tell_step(tx, arena, TOPIC_ORDER_CANCEL_REQUESTED, o, act);
}

enum order_cancelled order_cancel(struct db *tx, struct arena *arena, struct order *o,
                                  const struct order_act *act)
{
    switch (o->state) {
    case ORDER_CANCELLED:
        return CANCEL_DONE;
    case ORDER_RECEIVED:
        cancel(tx, arena, o, act);
        return CANCEL_DONE;
    case ORDER_ACCEPTED:
        if (o->kiosk_id.at)
            return CANCEL_TOO_LATE;
        ask(tx, arena, o, act);
        return CANCEL_ASKED;
    case ORDER_UNPAID:
        ask(tx, arena, o, act);
        return CANCEL_ASKED;
    default:
        return CANCEL_TOO_LATE;
    }
}

void order_due(struct db *tx, struct str id, int64_t now_us)
{
    struct arena *arena = arena_new(65536);
    struct order o;
    const struct order_act act = {
        .actor = SERVICE, .reason = STR("not-accepted"), .now_us = now_us};
    if (order_find(tx, id, arena, &o) && o.state == ORDER_RECEIVED)
        cancel(tx, arena, &o, &act);
    arena_free(&arena);
}

void order_wait(struct db *tx, struct order *o, int64_t until_us)
{
    o->accept_by_us = until_us;
    deadline_set(tx, "order", o->id, until_us);
}

/* ---- What payment says ---- */

/* It has come to the shop: from now on the shop has so long to accept it. */
static void receive(struct db *tx, struct arena *arena, struct order *o,
                    const struct order_act *act)
{
    struct shop shop;
    if (!o->kiosk_id.at && shop_by_id(tx, o->shop_id, arena, &shop) && shop.accept_us > 0)
        order_wait(tx, o, act->now_us + shop.accept_us);
    move(tx, arena, o, ORDER_RECEIVED, act);
    order_read_lines(tx, arena, o);
    order_tell_whole(tx, arena, TOPIC_ORDER_PAID, o, act->actor, act->now_us);
}

void order_paid(struct db *tx, struct arena *arena, struct order *o, int64_t now_us)
{
    const struct order_act act = {.actor = SERVICE, .now_us = now_us};
    if (o->state != ORDER_UNPAID)
        return;
    receive(tx, arena, o, &act);
    /* Nobody has to look at what a machine makes by itself. */
    if (o->kiosk_id.at)
        accept(tx, arena, o, 0, &act);
}

void order_not_paid(struct db *tx, struct arena *arena, struct order *o, struct str reason,
                    int64_t now_us)
{
    const struct order_act act = {.actor = SERVICE, .reason = reason, .now_us = now_us};
    if (o->state == ORDER_UNPAID)
        cancel(tx, arena, o, &act);
}

/* ---- What delivery says ---- */

void order_delivery_moved(struct db *tx, struct arena *arena, struct order *o, enum order_state to,
                          const struct order_act *act)
{
    struct order_act mirrored = *act;
    if (o->state == to)
        return;
    if (order_mover(o->state, to) != MOVER_DELIVERY) {
        log_warn("ORDER-MIRROR", LOG_S("order", o->id), LOG_C("from", order_state_word(o->state)),
                 LOG_C("to", order_state_word(to)));
        return;
    }
    if (to != ORDER_CANCELLED) {
        move(tx, arena, o, to, act);
        return;
    }
    /* Delivery grants what was asked here, and why is known here. */
    if (o->cancel_asked)
        mirrored.reason = o->reason;
    else if (!mirrored.reason.at)
        mirrored.reason = STR("staff");
    cancel(tx, arena, o, &mirrored);
}

void order_cancel_refused(struct db *tx, struct order *o)
{
    if (!o->cancel_asked || o->state == ORDER_UNPAID)
        return;
    o->cancel_asked = false;
    o->reason = (struct str){0};
    save(tx, o);
}
