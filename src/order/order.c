/* order.c - the orders and order_items tables: reading them, and the moves of an order's life.
 * Placing one stands in place.c. */
#include "order/order.h"

#include "app/app.h"
#include "app/topic.h"
#include "order/tell.h"

bool order_online_offered(const struct app *app)
{
    const struct app_config *config = app_config(app);
    bool gateway = config->demo || config->sandbox || *config->midtrans_server_key;
    return gateway && app_has_service(app, "payment");
}

#define ORDER_COLUMNS                                                                              \
    "id, number, shop_id, account_id, username, kiosk_id, via, pay, status, total, currency,"      \
    " language, placed_at, updated_at, cancel_asked"

/* The current row as an order. Status and currency are written from our own tables. */
static void read_order(struct db_rows *rows, struct arena *arena, struct order *o)
{
    *o = (struct order){.id = arena_str(arena, db_text(rows, 0)),
                        .number = arena_str(arena, db_text(rows, 1)),
                        .shop_id = arena_str(arena, db_text(rows, 2)),
                        .account_id = arena_str(arena, db_text(rows, 3)),
                        .username = arena_str(arena, db_text(rows, 4)),
                        .kiosk_id = arena_str(arena, db_text(rows, 5)),
                        .via = arena_str(arena, db_text(rows, 6)),
                        .pay = arena_str(arena, db_text(rows, 7)),
                        .total = db_int(rows, 9),
                        .language = arena_str(arena, db_text(rows, 11)),
                        .placed_us = db_int(rows, 12),
                        .updated_us = db_int(rows, 13),
                        .cancel_asked = db_int(rows, 14) != 0};
    CHECK(order_state_parse(db_text(rows, 8), &o->state));
    CHECK(currency_parse(db_text(rows, 10), &o->currency));
}

bool order_find(struct db *db, struct str id, struct arena *arena, struct order *order_r)
{
    struct db_rows *rows =
        db_query(db, "SELECT " ORDER_COLUMNS " FROM orders WHERE id = ?", DB_TEXT(id));
    bool found = db_row(rows);
    if (found)
        read_order(rows, arena, order_r);
    db_end(rows);
    return found;
}

void order_read_lines(struct db *db, struct arena *arena, struct order *o)
{
    o->lines = arena_alloc(arena, ORDER_LINES_MAX * sizeof *o->lines);
    o->line_count = 0;
    struct db_rows *rows = db_query(db,
                                    "SELECT product_id, name, qty, price FROM order_items"
                                    " WHERE order_id = ? ORDER BY line",
                                    DB_TEXT(o->id));
    while (o->line_count < ORDER_LINES_MAX && db_row(rows))
        o->lines[o->line_count++] =
            (struct order_line){.product_id = arena_str(arena, db_text(rows, 0)),
                                .name = arena_str(arena, db_text(rows, 1)),
                                .qty = db_int(rows, 2),
                                .price = db_int(rows, 3)};
    db_end(rows);
}

/* Ids are hexadecimal: '~' stands behind them all. */
static struct db_rows *select_list(struct db *db, struct str account_id, struct str shop_id,
                                   struct str before, int64_t limit)
{
    struct str below = before.at ? before : STR("~");
    if (!shop_id.at)
        return db_query(db,
                        "SELECT " ORDER_COLUMNS " FROM orders WHERE account_id = ? AND id < ?"
                        " ORDER BY id DESC LIMIT ?",
                        DB_TEXT(account_id), DB_TEXT(below), DB_INT(limit));
    return db_query(db,
                    "SELECT " ORDER_COLUMNS " FROM orders"
                    " WHERE account_id = ? AND id < ? AND shop_id = ? ORDER BY id DESC LIMIT ?",
                    DB_TEXT(account_id), DB_TEXT(below), DB_TEXT(shop_id), DB_INT(limit));
}

void order_list(struct db *db, struct str account_id, struct str shop_id, struct str before,
                int64_t limit, void (*visit)(void *arg, struct order *o, struct arena *scratch),
                void *arg)
{
    struct arena *scratch = arena_new(SIZE_MAX);
    struct db_rows *rows = select_list(db, account_id, shop_id, before, limit);
    while (db_row(rows)) {
        struct order o;
        read_order(rows, scratch, &o);
        visit(arg, &o, scratch);
        arena_reset(scratch);
    }
    db_end(rows);
    arena_free(&scratch);
}

/* The only place where an order's state changes. */
static void move(struct db *tx, struct order *o, enum order_state to, int64_t now_us)
{
    CHECK(order_mover(o->state, to) == MOVER_ORDER);
    o->state = to;
    o->updated_us = now_us;
    db_exec(tx, "UPDATE orders SET status = ?, updated_at = ? WHERE id = ?",
            DB_CSTR(order_state_word(to)), DB_INT(now_us), DB_TEXT(o->id));
}

static void ask_payment(struct db *tx, struct arena *arena, struct order *o, struct str actor,
                        int64_t now_us)
{
    if (o->cancel_asked)
        return;
    o->cancel_asked = true;
    db_exec(tx, "UPDATE orders SET cancel_asked = 1 WHERE id = ?", DB_TEXT(o->id));
    order_tell_step(tx, arena, TOPIC_ORDER_CANCEL_REQUESTED, o, (struct str){0}, actor, now_us);
}

static void cancel(struct db *tx, struct arena *arena, struct order *o, struct str reason,
                   struct str actor, int64_t now_us)
{
    move(tx, o, ORDER_CANCELLED, now_us);
    order_tell_step(tx, arena, TOPIC_ORDER_CANCELLED, o, reason, actor, now_us);
}

enum order_cancelled order_cancel(struct db *tx, struct arena *arena, struct order *o,
                                  struct str actor, const char *reason, int64_t now_us)
{
    if (o->state == ORDER_CANCELLED)
        return CANCEL_DONE;
    if (o->state == ORDER_UNPAID) {
        ask_payment(tx, arena, o, actor, now_us);
        return CANCEL_ASKED;
    }
    if (order_mover(o->state, ORDER_CANCELLED) != MOVER_ORDER)
        return CANCEL_TOO_LATE;
    cancel(tx, arena, o, str_of(reason), actor, now_us);
    return CANCEL_DONE;
}

void order_paid(struct db *tx, struct arena *arena, struct order *o, int64_t now_us)
{
    if (o->state != ORDER_UNPAID)
        return;
    move(tx, o, ORDER_RECEIVED, now_us);
    order_read_lines(tx, arena, o);
    order_tell_whole(tx, arena, TOPIC_ORDER_PAID, o, STR("service:order"), now_us);
    if (!o->kiosk_id.at)
        return;
    /* Nobody has to look at what a machine makes by itself. */
    move(tx, o, ORDER_ACCEPTED, now_us);
    order_tell_step(tx, arena, TOPIC_ORDER_ACCEPTED, o, (struct str){0}, STR("service:order"),
                    now_us);
}

void order_not_paid(struct db *tx, struct arena *arena, struct order *o, struct str reason,
                    int64_t now_us)
{
    if (o->state == ORDER_UNPAID)
        cancel(tx, arena, o, reason, STR("service:order"), now_us);
}
