/* payment_store.c - the rows of payments: their tables, and reading and writing them. */
#include "payment/payment.h"

const char *const payment_steps[PAYMENT_STEPS] = {
    "CREATE TABLE payments ("
    " id {key} PRIMARY KEY,"
    " order_id {key} NOT NULL,"
    " shop_id {key} NOT NULL,"
    " account_id {text},"
    " kiosk_id {text},"
    " method {text} NOT NULL,"
    " amount {int} NOT NULL,"
    " currency {text} NOT NULL,"
    " state {text} NOT NULL,"
    " reason {text},"
    " attention {key},"
    " gateway_id {text},"
    " qr_string {text},"
    " pay_url {text},"
    " created_at {int} NOT NULL,"
    " opened_at {int} NOT NULL,"
    " expires_at {int} NOT NULL,"
    " paid_at {int} NOT NULL,"
    " received {int} NOT NULL,"
    " returned {int} NOT NULL,"
    " order_over {int} NOT NULL,"
    " late {int} NOT NULL,"
    " ask {text} NOT NULL,"
    " due_at {int},"
    " attempts {int} NOT NULL"
    ") {table_clustered};"
    "CREATE UNIQUE INDEX payments_order ON payments (order_id);"
    "CREATE INDEX payments_due ON payments (due_at);"
    "CREATE INDEX payments_attention ON payments (attention);"
    "CREATE TABLE payment_ledger ("
    " id {key} PRIMARY KEY,"
    " payment_id {key} NOT NULL,"
    " at {int} NOT NULL,"
    " kind {text} NOT NULL,"
    " amount {int} NOT NULL,"
    " reason {text},"
    " state {text} NOT NULL,"
    " gateway_ref {text}"
    ") {table};"
    "CREATE INDEX payment_ledger_payment ON payment_ledger (payment_id);"
    "CREATE TABLE payment_notifications ("
    " id {key} PRIMARY KEY,"
    " at {int} NOT NULL,"
    " order_id {text},"
    " payment_id {key},"
    " shop_id {key},"
    " verdict {key} NOT NULL,"
    " status {text},"
    " body {text} NOT NULL"
    ") {table};"
    "CREATE INDEX payment_notifications_verdict ON payment_notifications (verdict, id);",
};

static const char *const ask_words[ASK_COUNT] = {
#define ASK(name, word) word,
#include "payment/tbl/asks.h"
#undef ASK
};

const char *ask_word(enum ask a)
{
    CHECK(a < ASK_COUNT);
    return ask_words[a];
}

static enum ask ask_parse(struct str word)
{
    for (int a = 0; a < ASK_COUNT; a++) {
        if (str_is(word, ask_words[a]))
            return (enum ask)a;
    }
    return ASK_NOTHING;
}

void payment_insert(struct db *tx, const struct payment *p)
{
    db_exec(tx,
            "INSERT INTO payments (id, order_id, shop_id, account_id, kiosk_id, method, amount,"
            " currency, state, created_at, opened_at, expires_at, paid_at, received, returned,"
            " order_over, late, ask, due_at, attempts)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 0, 0, 0, 0, 0, ?, ?, 0)",
            DB_ID(&p->id), DB_TEXT(p->order_id), DB_TEXT(p->shop_id), DB_TEXT(p->account_id),
            DB_TEXT(p->kiosk_id), DB_TEXT(p->method), DB_INT(p->amount), DB_TEXT(p->currency),
            DB_CSTR(payment_state_word(p->state)), DB_INT(p->created_at), DB_CSTR(ask_word(p->ask)),
            DB_INT(p->due_at));
}

void payment_save(struct db *tx, const struct payment *p)
{
    db_exec(tx,
            "UPDATE payments SET state = ?, reason = ?, attention = ?, gateway_id = ?,"
            " qr_string = ?, pay_url = ?, opened_at = ?, expires_at = ?, paid_at = ?,"
            " received = ?, returned = ?, order_over = ?, late = ?, ask = ?, due_at = ?,"
            " attempts = ? WHERE id = ?",
            DB_CSTR(payment_state_word(p->state)), DB_TEXT(p->reason), DB_TEXT(p->attention),
            DB_TEXT(p->gateway_id), DB_TEXT(p->qr_string), DB_TEXT(p->pay_url),
            DB_INT(p->opened_at), DB_INT(p->expires_at), DB_INT(p->paid_at), DB_INT(p->received),
            DB_INT(p->returned), DB_INT(p->order_over), DB_INT(p->late), DB_CSTR(ask_word(p->ask)),
            p->ask == ASK_NOTHING ? DB_NULL : DB_INT(p->due_at), DB_INT(p->attempts),
            DB_ID(&p->id));
}

#define COLUMNS                                                                                    \
    "SELECT id, order_id, shop_id, account_id, kiosk_id, method, amount, currency, state,"         \
    " reason, attention, gateway_id, qr_string, pay_url, created_at, opened_at, expires_at,"       \
    " paid_at, received, returned, order_over, late, ask, due_at, attempts FROM payments "

static bool read_row(struct db_rows *rows, struct arena *arena, struct payment *p)
{
    *p = (struct payment){
        .order_id = arena_str(arena, db_text(rows, 1)),
        .shop_id = arena_str(arena, db_text(rows, 2)),
        .account_id = arena_str(arena, db_text(rows, 3)),
        .kiosk_id = arena_str(arena, db_text(rows, 4)),
        .method = arena_str(arena, db_text(rows, 5)),
        .amount = db_int(rows, 6),
        .currency = arena_str(arena, db_text(rows, 7)),
        .reason = arena_str(arena, db_text(rows, 9)),
        .attention = arena_str(arena, db_text(rows, 10)),
        .gateway_id = arena_str(arena, db_text(rows, 11)),
        .qr_string = arena_str(arena, db_text(rows, 12)),
        .pay_url = arena_str(arena, db_text(rows, 13)),
        .created_at = db_int(rows, 14),
        .opened_at = db_int(rows, 15),
        .expires_at = db_int(rows, 16),
        .paid_at = db_int(rows, 17),
        .received = db_int(rows, 18),
        .returned = db_int(rows, 19),
        .order_over = db_int(rows, 20) != 0,
        .late = db_int(rows, 21) != 0,
        .ask = ask_parse(db_text(rows, 22)),
        .due_at = db_int(rows, 23),
        .attempts = db_int(rows, 24),
    };
    return id_parse(db_text(rows, 0), &p->id) && payment_state_parse(db_text(rows, 8), &p->state);
}

static bool read_one(struct db_rows *rows, struct arena *arena, struct payment *p_r)
{
    bool found = db_row(rows) && read_row(rows, arena, p_r);
    db_end(rows);
    return found;
}

bool payment_load(struct db *db, struct arena *arena, struct str id, struct payment *p_r)
{
    return read_one(db_query(db, COLUMNS "WHERE id = ?", DB_TEXT(id)), arena, p_r);
}

bool payment_of_order(struct db *db, struct arena *arena, struct str order_id, struct payment *p_r)
{
    return read_one(db_query(db, COLUMNS "WHERE order_id = ?", DB_TEXT(order_id)), arena, p_r);
}

struct db_rows *payment_select(struct db *db, struct str shop_id, struct str before, bool attention,
                               int64_t limit)
{
    if (attention)
        return db_query(db,
                        COLUMNS "WHERE attention IS NOT NULL AND id < ?"
                                " AND (shop_id = ? OR ? = '') ORDER BY id DESC LIMIT ?",
                        DB_TEXT(before), DB_TEXT(shop_id), DB_TEXT(shop_id), DB_INT(limit));
    return db_query(db,
                    COLUMNS "WHERE id < ? AND (shop_id = ? OR ? = '')"
                            " ORDER BY id DESC LIMIT ?",
                    DB_TEXT(before), DB_TEXT(shop_id), DB_TEXT(shop_id), DB_INT(limit));
}

bool payment_next(struct db_rows *rows, struct arena *arena, struct payment *p_r)
{
    return db_row(rows) && read_row(rows, arena, p_r);
}

size_t payment_due(struct db *db, int64_t now_us, struct id *ids, size_t limit, int64_t *next_us_r)
{
    size_t count = 0;
    struct db_rows *rows =
        db_query(db, "SELECT id FROM payments WHERE due_at <= ? ORDER BY due_at LIMIT ?",
                 DB_INT(now_us), DB_INT(limit));
    while (db_row(rows))
        count += id_parse(db_text(rows, 0), &ids[count]);
    db_end(rows);
    rows = db_query(db, "SELECT due_at FROM payments WHERE due_at > ? ORDER BY due_at LIMIT 1",
                    DB_INT(now_us));
    *next_us_r = db_row(rows) ? db_int(rows, 0) : INT64_MAX;
    db_end(rows);
    return count;
}
