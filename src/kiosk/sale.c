/* sale.c - the kiosk_sales table, and the only code that reads or changes it. */
#include "kiosk/sale.h"

#include "base/json.h"
#include "journal/deadline.h"

static const char *const words[SALE_STATE_COUNT] = {
#define SALE_STATE(name, word, meaning) word,
#include "kiosk/tbl/sales.h"
};

static const bool moves[SALE_STATE_COUNT][SALE_STATE_COUNT] = {
#define SALE_MOVE(from, to, when) [SALE_##from][SALE_##to] = true,
#include "kiosk/tbl/sales.h"
};

bool sale_may_move(enum sale_state from, enum sale_state to)
{
    CHECK(from < SALE_STATE_COUNT && to < SALE_STATE_COUNT);
    return moves[from][to];
}

static enum sale_state parse_state(struct str word)
{
    int s = 0;
    while (s < SALE_STATE_COUNT && !str_is(word, words[s]))
        s++;
    CHECK(s < SALE_STATE_COUNT);
    return (enum sale_state)s;
}

void sale_open(struct db *tx, const struct kiosk *k, struct str order_id, int64_t now_us)
{
    db_exec(tx,
            "INSERT INTO kiosk_sales (order_id, kiosk_id, shop_id, state, changed_at)"
            " VALUES (?, ?, ?, ?, ?)",
            DB_TEXT(order_id), DB_TEXT(k->id), DB_TEXT(k->shop_id), DB_CSTR(words[SALE_OPEN]),
            DB_INT(now_us));
}

bool sale_find(struct db *db, struct str order_id, struct arena *arena, struct sale *sale_r)
{
    struct db_rows *rows = db_query(
        db, "SELECT order_id, kiosk_id, shop_id, state FROM kiosk_sales WHERE order_id = ?",
        DB_TEXT(order_id));
    bool found = db_row(rows);
    if (found)
        *sale_r = (struct sale){.order_id = arena_str(arena, db_text(rows, 0)),
                                .kiosk_id = arena_str(arena, db_text(rows, 1)),
                                .shop_id = arena_str(arena, db_text(rows, 2)),
                                .state = parse_state(db_text(rows, 3))};
    db_end(rows);
    return found;
}

void sale_move(struct db *tx, struct arena *arena, struct sale *s, enum sale_state to,
               int64_t now_us)
{
    CHECK(sale_may_move(s->state, to));
    struct str key = str_of(arena_printf(arena, "vend:%.*s", STR_ARG(s->order_id)));
    if (to == SALE_PAID)
        deadline_set(tx, "kiosk", key, now_us + KIOSK_VEND_US);
    else if (s->state == SALE_PAID)
        deadline_clear(tx, "kiosk", key);
    s->state = to;
    db_exec(tx, "UPDATE kiosk_sales SET state = ?, changed_at = ? WHERE order_id = ?",
            DB_CSTR(words[to]), DB_INT(now_us), DB_TEXT(s->order_id));
}

void sale_tell(struct db *tx, struct arena *arena, const char *topic, const struct sale *s,
               struct str reason, struct str actor, int64_t now_us)
{
    struct buf payload = buf_in(arena);
    struct jout j = jout_to(&payload);
    jout_object(&j);
    jout_field_str(&j, "order_id", s->order_id);
    jout_field_str(&j, "kiosk_id", s->kiosk_id);
    jout_field_str(&j, "shop_id", s->shop_id);
    if (reason.at)
        jout_field_str(&j, "reason", reason);
    jout_object_end(&j);
    const struct str channels[] = {
        str_of(arena_printf(arena, "shop:%.*s", STR_ARG(s->shop_id))),
        str_of(arena_printf(arena, "order:%.*s", STR_ARG(s->order_id))),
        str_of(arena_printf(arena, "kiosk:%.*s", STR_ARG(s->kiosk_id))),
    };
    journal_append(tx, &(struct event_draft){.topic = topic,
                                             .key = s->order_id,
                                             .actor = actor,
                                             .at_us = now_us,
                                             .payload = buf_str(&payload),
                                             .channels = channels,
                                             .channel_count = ARRAY_LEN(channels)});
}
