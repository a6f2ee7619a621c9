/* kiosk.c - the kiosks table read, and what customer, machine and staff do with a kiosk. What
 * payment, the menu and the clock do to it stands in hears.c. */
#include "kiosk/kiosk.h"

#include "app/people.h"
#include "app/service.h"
#include "app/topic.h"
#include "kiosk/sale.h"
#include "kiosk/screen.h"
#include "shop/shop.h"

bool kiosk_id_valid(struct str id)
{
    if (id.len == 0 || id.len > KIOSK_ID_MAX)
        return false;
    for (size_t i = 0; i < id.len; i++) {
        char c = id.at[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!letter && !(c >= '0' && c <= '9') && c != '-' && c != '_')
            return false;
    }
    return true;
}

#define KIOSK_COLUMNS                                                                              \
    "id, shop_id, name, state, order_id, screen_event, screen_values, in_order, until_at,"         \
    " changed_at"

static enum kiosk_state parse_state(struct str word)
{
    int s = 0;
    while (s < KIOSK_STATE_COUNT && !str_is(word, kiosk_state_word((enum kiosk_state)s)))
        s++;
    CHECK(s < KIOSK_STATE_COUNT);
    return (enum kiosk_state)s;
}

static void read_kiosk(struct db_rows *rows, struct arena *arena, struct kiosk *k)
{
    *k = (struct kiosk){.id = arena_str(arena, db_text(rows, 0)),
                        .shop_id = arena_str(arena, db_text(rows, 1)),
                        .name = arena_str(arena, db_text(rows, 2)),
                        .state = parse_state(db_text(rows, 3)),
                        .order_id = arena_str(arena, db_text(rows, 4)),
                        .event = arena_str(arena, db_text(rows, 5)),
                        .values = arena_str(arena, db_text(rows, 6)),
                        .in_order = db_int(rows, 7) != 0,
                        .until_us = db_int(rows, 8),
                        .changed_us = db_int(rows, 9)};
}

bool kiosk_find(struct db *db, struct str id, struct arena *arena, struct kiosk *kiosk_r)
{
    struct db_rows *rows =
        db_query(db, "SELECT " KIOSK_COLUMNS " FROM kiosks WHERE id = ?", DB_TEXT(id));
    bool found = db_row(rows);
    if (found)
        read_kiosk(rows, arena, kiosk_r);
    db_end(rows);
    return found;
}

void kiosk_list(struct db *db, struct str shop_id, struct arena *arena,
                void (*visit)(void *arg, const struct kiosk *k), void *arg)
{
    struct db_rows *rows =
        shop_id.at
            ? db_query(db, "SELECT " KIOSK_COLUMNS " FROM kiosks WHERE shop_id = ? ORDER BY id",
                       DB_TEXT(shop_id))
            : db_query(db, "SELECT " KIOSK_COLUMNS " FROM kiosks ORDER BY id");
    while (db_row(rows)) {
        struct kiosk k;
        read_kiosk(rows, arena, &k);
        visit(arg, &k);
    }
    db_end(rows);
}

bool kiosk_caller(struct db *db, struct str id, struct arena *arena, struct caller *caller_r)
{
    struct kiosk k;
    if (!kiosk_find(db, id, arena, &k))
        return false;
    *caller_r = (struct caller){.role = ROLE_KIOSK, .id = k.id, .shop = k.shop_id};
    return true;
}

bool kiosk_allows(const struct kiosk *k, const struct caller *c)
{
    if (c->role == ROLE_KIOSK)
        return str_eq(c->id, k->id);
    return caller_works_in(c, k->shop_id, WHO_STAFF);
}

/* An order whose end is not on the screen yet. */
static bool sale_runs(const struct kiosk *k)
{
    return k->state == KIOSK_MENU_CLICKED || k->state == KIOSK_ORDER_CREATED;
}

enum problem kiosk_order(struct db *tx, struct kiosk *k, struct order_draft *draft,
                         struct order_fault *fault_r)
{
    struct order o;
    *fault_r = (struct order_fault){0};
    if (sale_runs(k))
        return PROBLEM_ORDER_OPEN;
    if (!k->in_order)
        return PROBLEM_OUT_OF_ORDER;
    draft->shop_id = k->shop_id;
    draft->kiosk_id = k->id;
    draft->via = VIA_KIOSK;
    draft->pay = PAY_QRIS;
    enum problem no = order_place(tx, draft, &o, fault_r);
    if (no)
        return no;
    sale_open(tx, k, o.id, draft->now_us);
    struct screen s = {.state = KIOSK_MENU_CLICKED,
                       .event = kiosk_state_word(KIOSK_MENU_CLICKED),
                       .values = STR("{}"),
                       .order_id = o.id,
                       .until_us = draft->now_us + KIOSK_PATIENCE_US};
    screen_show(tx, draft->arena, k, &s, draft->actor, draft->now_us);
    return PROBLEM_NONE;
}

void kiosk_cancel(struct db *tx, struct arena *arena, struct kiosk *k, struct str actor,
                  int64_t now_us, bool *moved_r)
{
    struct order o;
    *moved_r = k->state == KIOSK_PAYMENT_SUCCESS || k->state == KIOSK_PAYMENT_FAILED;
    if (*moved_r)
        screen_rest(tx, arena, k, actor, now_us);
    else if (sale_runs(k) && order_find(tx, k->order_id, arena, &o))
        (void)order_cancel(
            tx, arena, &o,
            &(struct order_act){
                .actor = actor, .device = k->id, .reason = STR("customer"), .now_us = now_us});
}

/* The machine's word about a sale, told once. False: it was said before. */
static enum problem take_word(struct db *tx, struct arena *arena, struct sale *sale,
                              struct str reason, struct str actor, int64_t now_us, bool *news_r)
{
    enum sale_state to = reason.at ? SALE_VEND_FAILED : SALE_VENDED;
    *news_r = sale->state != to;
    if (!*news_r)
        return PROBLEM_NONE;
    if (!sale_may_move(sale->state, to))
        return PROBLEM_MOVE_NOT_ALLOWED;
    sale_move(tx, arena, sale, to, now_us);
    sale_tell(tx, arena, reason.at ? TOPIC_KIOSK_VEND_FAILED : TOPIC_KIOSK_VENDED, sale, reason,
              actor, now_us);
    return PROBLEM_NONE;
}

enum problem kiosk_vended(struct db *tx, struct arena *arena, struct kiosk *k, struct str order_id,
                          struct str reason, struct str actor, int64_t now_us, bool *moved_r)
{
    struct sale sale;
    bool news;
    *moved_r = false;
    if (!sale_find(tx, order_id, arena, &sale) || !str_eq(sale.kiosk_id, k->id))
        return PROBLEM_NOT_FOUND;
    enum problem no = take_word(tx, arena, &sale, reason, actor, now_us, &news);
    if (no || !news || k->state != KIOSK_PAYMENT_SUCCESS || !str_eq(k->order_id, order_id))
        return no;
    *moved_r = true;
    if (reason.at)
        screen_failed(tx, arena, k, STR("refunded"), actor, now_us);
    else
        screen_rest(tx, arena, k, actor, now_us);
    return PROBLEM_NONE;
}

void kiosk_set_in_order(struct db *tx, struct arena *arena, struct kiosk *k, bool in_order,
                        struct str actor, int64_t now_us)
{
    if (k->in_order == in_order)
        return;
    k->in_order = in_order;
    db_exec(tx, "UPDATE kiosks SET in_order = ?, changed_at = ? WHERE id = ?", DB_INT(in_order),
            DB_INT(now_us), DB_TEXT(k->id));
    if (k->state == KIOSK_IDLE)
        screen_rest(tx, arena, k, actor, now_us);
}

void kiosk_rename(struct db *tx, struct kiosk *k, struct str name, int64_t now_us)
{
    if (str_eq(k->name, name))
        return;
    k->name = name;
    db_exec(tx, "UPDATE kiosks SET name = ?, changed_at = ? WHERE id = ?", DB_TEXT(name),
            DB_INT(now_us), DB_TEXT(k->id));
}
