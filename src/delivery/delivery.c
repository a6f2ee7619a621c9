/* delivery.c - the tables of delivery: an order's row, the history of its moves, and the list of
 * what a shop has to do. */
#include "delivery/delivery.h"

#include "delivery/tell.h"

#define LIST_MAX 200

/* A durable order costs one row, appended because ids are UUIDv7, and one entry of the list. */
const char *const delivery_steps[DELIVERY_STEPS] = {
    "CREATE TABLE deliveries ("
    " order_id {key} PRIMARY KEY,"
    " number {text} NOT NULL,"
    " shop_id {key} NOT NULL,"
    " account_id {key},"
    " username {text},"
    " kiosk_id {key},"
    " status {key} NOT NULL,"
    " via {text} NOT NULL,"
    " pay {text} NOT NULL,"
    " language {text} NOT NULL,"
    " items {text} NOT NULL,"
    " total {int} NOT NULL,"
    " currency {text} NOT NULL,"
    " ordered_at {int} NOT NULL,"
    " received_at {int} NOT NULL,"
    " updated_at {int} NOT NULL,"
    " eta_at {int}"
    ") {table_clustered};"
    "CREATE INDEX deliveries_list ON deliveries (shop_id, status, order_id);"
    "CREATE TABLE delivery_moves ("
    " order_id {key} NOT NULL,"
    " n {int} NOT NULL,"
    " status {text} NOT NULL,"
    " at {int} NOT NULL,"
    " actor {text} NOT NULL,"
    " device {text},"
    " note {text},"
    " PRIMARY KEY (order_id, n)"
    ") {table_clustered};"
    "CREATE TABLE delivery_shops ("
    " id {key} PRIMARY KEY,"
    " name {text} NOT NULL,"
    " timezone {text}"
    ") {table_clustered};"
    "CREATE TABLE delivery_early ("
    " order_id {key} PRIMARY KEY,"
    " failed {int} NOT NULL,"
    " at {int} NOT NULL,"
    " actor {text} NOT NULL,"
    " device {text},"
    " note {text}"
    ") {table_clustered};",
};

struct str delivery_user(const struct delivery *d)
{
    return d->username.at ? d->username : d->kiosk_id;
}

/* The current row of a query with the columns of DELIVERY_SELECT. */
static void read_row(struct db_rows *rows, struct arena *arena, struct delivery *d)
{
    *d = (struct delivery){.order_id = arena_str(arena, db_text(rows, 0)),
                           .number = arena_str(arena, db_text(rows, 1)),
                           .shop_id = arena_str(arena, db_text(rows, 2)),
                           .account_id = arena_str(arena, db_text(rows, 3)),
                           .username = arena_str(arena, db_text(rows, 4)),
                           .kiosk_id = arena_str(arena, db_text(rows, 5)),
                           .via = arena_str(arena, db_text(rows, 6)),
                           .pay = arena_str(arena, db_text(rows, 7)),
                           .language = arena_str(arena, db_text(rows, 8)),
                           .items = arena_str(arena, db_text(rows, 9)),
                           .total = db_int(rows, 11),
                           .currency = arena_str(arena, db_text(rows, 12)),
                           .ordered_us = db_int(rows, 13),
                           .received_us = db_int(rows, 14),
                           .updated_us = db_int(rows, 15),
                           .eta_us = db_int(rows, 16)};
    CHECK(order_state_parse(db_text(rows, 10), &d->state));
}

bool delivery_find(struct db *db, struct str order_id, struct arena *arena, struct delivery *d_r)
{
    struct db_rows *rows = db_query(db, DELIVERY_SELECT " WHERE order_id = ?", DB_TEXT(order_id));
    bool found = db_row(rows);
    if (found)
        read_row(rows, arena, d_r);
    db_end(rows);
    return found;
}

static struct db_value eta_value(const struct delivery *d)
{
    return d->eta_us > 0 ? DB_INT(d->eta_us) : DB_NULL;
}

void delivery_insert(struct db *tx, const struct delivery *d)
{
    db_exec(tx,
            "INSERT INTO deliveries (order_id, number, shop_id, account_id, username, kiosk_id,"
            " status, via, pay, language, items, total, currency, ordered_at, received_at,"
            " updated_at, eta_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            DB_TEXT(d->order_id), DB_TEXT(d->number), DB_TEXT(d->shop_id), DB_TEXT(d->account_id),
            DB_TEXT(d->username), DB_TEXT(d->kiosk_id), DB_CSTR(order_state_word(d->state)),
            DB_TEXT(d->via), DB_TEXT(d->pay), DB_TEXT(d->language), DB_TEXT(d->items),
            DB_INT(d->total), DB_TEXT(d->currency), DB_INT(d->ordered_us), DB_INT(d->received_us),
            DB_INT(d->updated_us), eta_value(d));
}

/* ---- Moves ---- */

static int64_t next_n(struct db *tx, struct str order_id)
{
    struct db_rows *rows =
        db_query(tx, "SELECT n FROM delivery_moves WHERE order_id = ? ORDER BY n DESC LIMIT 1",
                 DB_TEXT(order_id));
    int64_t n = db_row(rows) ? db_int(rows, 0) + 1 : 1;
    db_end(rows);
    return n;
}

/* The only place where a delivery's state changes. What was asked earlier and comes later does not
 * turn history back: it happened at the moment of the move before it. */
void delivery_move(struct db *tx, struct delivery *d, const struct delivery_move *m)
{
    CHECK(order_mover(d->state, m->to) != MOVER_NOBODY);
    d->state = m->to;
    if (m->at_us > d->updated_us)
        d->updated_us = m->at_us;
    db_exec(tx, "UPDATE deliveries SET status = ?, updated_at = ?, eta_at = ? WHERE order_id = ?",
            DB_CSTR(order_state_word(m->to)), DB_INT(d->updated_us), eta_value(d),
            DB_TEXT(d->order_id));
    db_exec(tx,
            "INSERT INTO delivery_moves (order_id, n, status, at, actor, device, note)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            DB_TEXT(d->order_id), DB_INT(next_n(tx, d->order_id)), DB_CSTR(order_state_word(m->to)),
            DB_INT(d->updated_us), DB_TEXT(m->actor), DB_TEXT(m->device), DB_TEXT(m->note));
}

void delivery_step(struct db *tx, struct arena *arena, struct delivery *d,
                   const struct delivery_move *m)
{
    enum order_state from = d->state;
    CHECK(order_mover(from, m->to) == MOVER_DELIVERY);
    delivery_move(tx, d, m);
    tell_moved(tx, arena, d, from, m);
}

void delivery_eta(struct db *tx, struct delivery *d, int64_t eta_us)
{
    d->eta_us = eta_us;
    db_exec(tx, "UPDATE deliveries SET eta_at = ? WHERE order_id = ?", eta_value(d),
            DB_TEXT(d->order_id));
}

void delivery_history(struct db *db, struct str order_id,
                      void (*visit)(void *arg, const struct delivery_move *m), void *arg)
{
    struct db_rows *rows = db_query(db,
                                    "SELECT status, at, actor, device, note FROM delivery_moves"
                                    " WHERE order_id = ? ORDER BY n",
                                    DB_TEXT(order_id));
    while (db_row(rows)) {
        struct delivery_move m = {.at_us = db_int(rows, 1),
                                  .actor = db_text(rows, 2),
                                  .device = db_text(rows, 3),
                                  .note = db_text(rows, 4)};
        CHECK(order_state_parse(db_text(rows, 0), &m.to));
        visit(arg, &m);
    }
    db_end(rows);
}

/* ---- Lists ---- */

/* Ids are hexadecimal: '~' stands behind them all. */
static struct str below(struct str before)
{
    return before.at ? before : STR("~");
}

static void list_shop(struct db *db, struct str shop_id, enum order_state state, struct str before,
                      int64_t limit, void (*visit)(void *arg, const struct delivery *d), void *arg)
{
    struct arena *scratch = arena_new(SIZE_MAX);
    struct db_rows *rows =
        db_query(db, DELIVERY_LIST_SQL, DB_TEXT(shop_id), DB_CSTR(order_state_word(state)),
                 DB_TEXT(below(before)), DB_INT(limit));
    while (db_row(rows)) {
        struct delivery d;
        read_row(rows, scratch, &d);
        visit(arg, &d);
        arena_reset(scratch);
    }
    db_end(rows);
    arena_free(&scratch);
}

/* The newest orders of several shops, merged: no index knows all shops at once, and none is worth
 * an entry per order for the few who ask. */
struct newest {
    struct id ids[LIST_MAX]; /* greatest first */
    size_t count;            /* of those */
    size_t limit;            /* at most */
};

/* False when it is too old to be among them; then so is all that follows it. */
static bool add_newest(struct newest *n, struct str order_id)
{
    struct id id;
    if (!id_parse(order_id, &id))
        return true;
    size_t at = n->count;
    while (at > 0 && strcmp(n->ids[at - 1].text, id.text) < 0)
        at--;
    if (at == n->limit)
        return false;
    size_t behind = (n->count < n->limit ? n->count : n->limit - 1) - at;
    memmove(&n->ids[at + 1], &n->ids[at], behind * sizeof n->ids[0]);
    n->ids[at] = id;
    n->count = at + behind + 1;
    return true;
}

static void add_shop(struct newest *n, struct db *db, struct str shop_id, enum order_state state,
                     struct str before)
{
    struct db_rows *rows =
        db_query(db,
                 "SELECT order_id FROM deliveries WHERE shop_id = ? AND status = ?"
                 " AND order_id < ? ORDER BY order_id DESC LIMIT ?",
                 DB_TEXT(shop_id), DB_CSTR(order_state_word(state)), DB_TEXT(below(before)),
                 DB_INT(n->limit));
    while (db_row(rows) && add_newest(n, db_text(rows, 0)))
        continue;
    db_end(rows);
}

/* The shop behind this one in the index; false when there is none. */
static bool next_shop(struct db *db, struct arena *arena, struct str *shop_id)
{
    struct db_rows *rows =
        db_query(db, "SELECT shop_id FROM deliveries WHERE shop_id > ? ORDER BY shop_id LIMIT 1",
                 DB_TEXT(*shop_id));
    bool found = db_row(rows);
    if (found)
        *shop_id = arena_str(arena, db_text(rows, 0));
    db_end(rows);
    return found;
}

static void list_all(struct db *db, enum order_state state, struct str before, int64_t limit,
                     void (*visit)(void *arg, const struct delivery *d), void *arg)
{
    struct arena *scratch = arena_new(SIZE_MAX);
    struct newest *n = arena_alloc(scratch, sizeof *n);
    struct str shop_id = STR("");
    n->limit = (size_t)limit;
    while (next_shop(db, scratch, &shop_id))
        add_shop(n, db, shop_id, state, before);
    for (size_t i = 0; i < n->count; i++) {
        struct delivery d;
        if (delivery_find(db, id_str(&n->ids[i]), scratch, &d))
            visit(arg, &d);
    }
    arena_free(&scratch);
}

void delivery_list(struct db *db, struct str shop_id, enum order_state state, struct str before,
                   int64_t limit, void (*visit)(void *arg, const struct delivery *d), void *arg)
{
    CHECK(limit >= 1 && limit <= LIST_MAX);
    if (shop_id.at)
        list_shop(db, shop_id, state, before, limit, visit, arg);
    else
        list_all(db, state, before, limit, visit, arg);
}

/* ---- Items ---- */

static void write_item(struct jout *j, struct str item)
{
    static const char *const shown[] = {"name", "qty", "options"};
    struct json_walk w = json_walk(item);
    struct str key;
    struct str value;
    jout_object(j);
    while (json_walk_next(&w, &key, &value)) {
        for (size_t i = 0; i < ARRAY_LEN(shown); i++) {
            if (str_is(key, shown[i]))
                jout_field_raw(j, shown[i], value);
        }
    }
    jout_object_end(j);
}

void delivery_write_items(struct jout *j, struct str items)
{
    struct json_walk w = json_walk(items);
    struct str key;
    struct str item;
    jout_array(j);
    while (json_walk_next(&w, &key, &item))
        write_item(j, item);
    jout_array_end(j);
}
