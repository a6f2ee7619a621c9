/* order.c - the orders, order_items and order_moves tables read. Placing an order stands in
 * place.c, what becomes of it in moves.c. */
#include "order/order.h"

#include "order/chosen.h"
#include "order/store.h"

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
                        .cancel_asked = db_int(rows, 14) != 0,
                        .accept_by_us = db_int(rows, 15),
                        .eta_us = db_int(rows, 16),
                        .reason = arena_str(arena, db_text(rows, 17))};
    CHECK(order_state_parse(db_text(rows, 8), &o->state));
    CHECK(currency_parse(db_text(rows, 10), &o->currency));
}

bool order_find(struct db *db, struct str id, struct arena *arena, struct order *order_r)
{
    struct db_rows *rows = db_query(db, ORDER_SQL_ONE, DB_TEXT(id));
    bool found = db_row(rows);
    if (found)
        read_order(rows, arena, order_r);
    db_end(rows);
    return found;
}

/* A place for one more line. Most orders have one or two. */
static struct order_line *add_line(struct order *o, struct arena *arena, size_t *cap)
{
    if (o->line_count == *cap) {
        size_t wider = *cap == 0 ? 2 : *cap * 4;
        struct order_line *lines = arena_alloc(arena, wider * sizeof *lines);
        if (o->line_count > 0)
            memcpy(lines, o->lines, o->line_count * sizeof *lines);
        o->lines = lines;
        *cap = wider;
    }
    return &o->lines[o->line_count++];
}

void order_read_lines(struct db *db, struct arena *arena, struct order *o)
{
    size_t cap = 0;
    o->line_count = 0;
    struct db_rows *rows = db_query(db, ORDER_SQL_LINES, DB_TEXT(o->id));
    while (o->line_count < ORDER_LINES_MAX && db_row(rows)) {
        struct order_line *line = add_line(o, arena, &cap);
        *line = (struct order_line){.product_id = arena_str(arena, db_text(rows, 0)),
                                    .name = arena_str(arena, db_text(rows, 1)),
                                    .qty = db_int(rows, 2),
                                    .price = db_int(rows, 3),
                                    .counted = db_int(rows, 5) != 0};
        line->options = chosen_read(db_text(rows, 4), arena, &line->option_count);
    }
    db_end(rows);
}

struct order_move *order_read_moves(struct db *db, struct arena *arena, struct str id,
                                    size_t *count_r)
{
    struct order_move *moves = arena_alloc(arena, ORDER_MOVES_MAX * sizeof *moves);
    struct db_rows *rows = db_query(db, ORDER_SQL_MOVES, DB_TEXT(id));
    *count_r = 0;
    while (*count_r < ORDER_MOVES_MAX && db_row(rows))
        moves[(*count_r)++] = (struct order_move){.status = arena_str(arena, db_text(rows, 0)),
                                                  .at_us = db_int(rows, 1),
                                                  .actor = arena_str(arena, db_text(rows, 2)),
                                                  .device = arena_str(arena, db_text(rows, 3)),
                                                  .reason = arena_str(arena, db_text(rows, 4))};
    db_end(rows);
    return moves;
}

/* Ids are hexadecimal: '~' stands behind them all. */
static struct db_rows *select_list(struct db *db, struct str account_id, struct str shop_id,
                                   struct str before, int64_t limit)
{
    struct str below = before.at ? before : STR("~");
    if (!shop_id.at)
        return db_query(db, ORDER_SQL_LIST, DB_TEXT(account_id), DB_TEXT(below), DB_INT(limit));
    return db_query(db, ORDER_SQL_LIST_OF_SHOP, DB_TEXT(account_id), DB_TEXT(below),
                    DB_TEXT(shop_id), DB_INT(limit));
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
