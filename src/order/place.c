/* place.c - placing an order: what may be ordered, what it costs, which number it gets. */
#include "app/topic.h"
#include "base/metrics.h"
#include "menu/menu.h"
#include "order/order.h"
#include "order/tell.h"
#include "shop/shop.h"

/* One ORDER_VIA row. */
struct via_row {
    const char *word;   /* as it stands in the database and in events */
    const char *letter; /* of its pick-up number */
};

/* One ORDER_PAY row. */
struct pay_row {
    const char *word; /* as it stands in bodies, the database and events */
    bool online;      /* paid before it is made */
};

static const struct via_row vias[] = {
#define ORDER_VIA(name, word, letter) {word, letter},
#include "order/tbl/words.h"
};

static const struct pay_row pays[] = {
#define ORDER_PAY(name, word, online) {word, online},
#include "order/tbl/words.h"
};

bool order_via_parse(struct str word, enum order_via *via_r)
{
    for (size_t i = 0; i < ARRAY_LEN(vias); i++) {
        if (str_is(word, vias[i].word)) {
            *via_r = (enum order_via)i;
            return true;
        }
    }
    return false;
}

bool order_pay_parse(struct str word, enum order_pay *pay_r)
{
    for (size_t i = 0; i < ARRAY_LEN(pays); i++) {
        if (str_is(word, pays[i].word)) {
            *pay_r = (enum order_pay)i;
            return true;
        }
    }
    return false;
}

static enum problem fail(struct order_fault *fault, enum problem p, size_t wish, const char *field,
                         const char *reason)
{
    *fault = (struct order_fault){.wish = wish, .field = field, .reason = reason};
    return p;
}

/* The price somebody named, in minor units. */
static enum problem named_price(struct str text, enum currency c, size_t i, int64_t *price_r,
                                struct order_fault *fault)
{
    if (money_parse_major(text, c, price_r))
        return PROBLEM_NONE;
    /* Too large, or too fine? The fraction alone tells: with one digit before it, it is not large.
     */
    struct str rest = text;
    struct str whole = str_cut(&rest, '.');
    if (rest.at && whole.len > 0 &&
        !money_parse_major((struct str){rest.at - 2, rest.len + 2}, c, price_r))
        return fail(fault, PROBLEM_BAD_INPUT, i, "price", "finer than the currency");
    return fail(fault, PROBLEM_AMOUNT_OVERFLOW, i, "price", "above the largest amount");
}

static enum problem sell_product(const struct shop *shop, const struct product *p, size_t i,
                                 struct order_line *line, struct order_fault *fault)
{
    if (!str_eq(p->shop_id, shop->id) || p->currency != shop->currency)
        return fail(fault, PROBLEM_UNKNOWN_PRODUCT, i, "product_id", "not sold by this shop");
    if (!p->available)
        return fail(fault, PROBLEM_SOLD_OUT, i, line->product_id.at ? "product_id" : "name",
                    "sold out");
    line->product_id = p->id;
    line->name = p->name;
    line->price = p->price;
    return PROBLEM_NONE;
}

/* By name and price: at the menu's price if the menu knows it, else at the one named, where the
 * shop takes that. */
static enum problem sell_named(struct db *tx, const struct order_draft *d, const struct shop *shop,
                               size_t i, struct order_line *line, struct order_fault *fault)
{
    const struct order_wish *wish = &d->wishes[i];
    struct product p;
    int64_t price;
    enum problem no = named_price(wish->price, shop->currency, i, &price, fault);
    if (no)
        return no;
    if (!menu_product_by_name(tx, shop->id, wish->name, d->arena, &p)) {
        if (!shop->free_form)
            return fail(fault, PROBLEM_FREE_FORM_REFUSED, i, "name", "not on the menu");
        line->name = wish->name;
        line->price = price;
        return PROBLEM_NONE;
    }
    no = sell_product(shop, &p, i, line, fault);
    if (!no && price != p.price)
        return fail(fault, PROBLEM_PRICE_CHANGED, i, "price", "the menu has another price");
    return no;
}

static enum problem sell(struct db *tx, const struct order_draft *d, const struct shop *shop,
                         size_t i, struct order_line *line, struct order_fault *fault)
{
    const struct order_wish *wish = &d->wishes[i];
    *line = (struct order_line){.product_id = wish->product_id, .qty = wish->qty};
    if (wish->qty < 1 || wish->qty > ORDER_QTY_MAX)
        return fail(fault, PROBLEM_BAD_QUANTITY, i, "qty", "must be 1 to 99");
    if (!wish->product_id.at)
        return sell_named(tx, d, shop, i, line, fault);
    struct product p;
    if (!menu_product(tx, wish->product_id, d->arena, &p))
        return fail(fault, PROBLEM_UNKNOWN_PRODUCT, i, "product_id", "no such product");
    return sell_product(shop, &p, i, line, fault);
}

static enum problem sell_all(struct db *tx, const struct order_draft *d, const struct shop *shop,
                             struct order *o, struct order_fault *fault)
{
    CHECK(d->wish_count > 0 && d->wish_count <= ORDER_LINES_MAX);
    o->lines = arena_alloc(d->arena, d->wish_count * sizeof *o->lines);
    o->line_count = d->wish_count;
    for (size_t i = 0; i < d->wish_count; i++) {
        struct order_line *line = &o->lines[i];
        enum problem no = sell(tx, d, shop, i, line, fault);
        if (no)
            return no;
        int64_t amount;
        if (!money_mul(line->price, line->qty, &amount) || !money_add(o->total, amount, &o->total))
            return fail(fault, PROBLEM_AMOUNT_OVERFLOW, i, line->product_id.at ? "qty" : "price",
                        "the total is above the largest amount");
    }
    if (o->total == 0 && pays[d->pay].online)
        return fail(fault, PROBLEM_BAD_INPUT, 0, "pay", "nothing to pay online");
    return PROBLEM_NONE;
}

/* The next pick-up number of a shop: 1 to 999 and round again, counted in the transaction that uses
 * it, so that a number is never lost or given twice. */
static struct str next_number(struct db *tx, struct arena *arena, struct str shop_id,
                              const char *letter)
{
    struct db_rows *rows =
        db_query(tx, "SELECT last FROM order_numbers WHERE shop_id = ? AND letter = ?",
                 DB_TEXT(shop_id), DB_CSTR(letter));
    bool counted = db_row(rows);
    int64_t next = counted ? db_int(rows, 0) % 999 + 1 : 1;
    db_end(rows);
    if (counted)
        db_exec(tx, "UPDATE order_numbers SET last = ? WHERE shop_id = ? AND letter = ?",
                DB_INT(next), DB_TEXT(shop_id), DB_CSTR(letter));
    else
        db_exec(tx, "INSERT INTO order_numbers (shop_id, letter, last) VALUES (?, ?, ?)",
                DB_TEXT(shop_id), DB_CSTR(letter), DB_INT(next));
    return str_of(arena_printf(arena, "%s%02d", letter, (int)next));
}

static void insert(struct db *tx, const struct order *o)
{
    db_exec(tx,
            "INSERT INTO orders (id, number, shop_id, account_id, username, kiosk_id, via, pay,"
            " status, total, currency, language, placed_at, updated_at, cancel_asked)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)",
            DB_TEXT(o->id), DB_TEXT(o->number), DB_TEXT(o->shop_id), DB_TEXT(o->account_id),
            DB_TEXT(o->username), DB_TEXT(o->kiosk_id), DB_TEXT(o->via), DB_TEXT(o->pay),
            DB_CSTR(order_state_word(o->state)), DB_INT(o->total),
            DB_CSTR(currency_name(o->currency)), DB_TEXT(o->language), DB_INT(o->placed_us),
            DB_INT(o->updated_us));
    for (size_t i = 0; i < o->line_count; i++) {
        const struct order_line *line = &o->lines[i];
        db_exec(tx,
                "INSERT INTO order_items (order_id, line, product_id, name, qty, price)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                DB_TEXT(o->id), DB_INT(i), DB_TEXT(line->product_id), DB_TEXT(line->name),
                DB_INT(line->qty), DB_INT(line->price));
    }
}

enum problem order_place(struct db *tx, const struct order_draft *draft, struct order *order_r,
                         struct order_fault *fault_r)
{
    struct shop shop;
    *fault_r = (struct order_fault){0};
    if (!(draft->shop_id.at ? shop_by_id(tx, draft->shop_id, draft->arena, &shop)
                            : shop_default(tx, draft->arena, &shop)))
        return fail(fault_r, PROBLEM_NOT_FOUND, 0, "shop_id", "no such shop");
    *order_r = (struct order){
        .id = id_str(&draft->id),
        .shop_id = shop.id,
        .account_id = draft->account_id,
        .username = draft->username,
        .kiosk_id = draft->kiosk_id,
        .via = str_of(vias[draft->via].word),
        .pay = str_of(pays[draft->pay].word),
        .state = pays[draft->pay].online ? ORDER_UNPAID : ORDER_RECEIVED,
        .currency = shop.currency,
        .language = str_of(language_tag(draft->language)),
        .placed_us = draft->now_us,
        .updated_us = draft->now_us,
    };
    enum problem no = sell_all(tx, draft, &shop, order_r, fault_r);
    if (no)
        return no;
    order_r->number = next_number(tx, draft->arena, shop.id, vias[draft->via].letter);
    insert(tx, order_r);
    order_tell_whole(tx, draft->arena, TOPIC_ORDER_PLACED, order_r, draft->actor, draft->now_us);
    /* A batch that is run again counts twice: a gauge of traffic, not the books. */
    metric_add(METRIC_ORDERS, 1);
    return PROBLEM_NONE;
}
