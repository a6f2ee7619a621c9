/* place.c - placing an order: what may be ordered, what it costs, which number it gets. */
#include "app/topic.h"
#include "base/metrics.h"
#include "menu/menu.h"
#include "order/chosen.h"
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

/* An order on its way: what is wished, and what has become of it so far. */
struct placing {
    struct db *tx;               /* the writer's transaction */
    const struct order_draft *d; /* the wish */
    struct shop shop;            /* who sells */
    struct product *products;    /* of each wish; id.at == NULL: not read, or not of the menu */
    struct order *order;         /* to be written */
    size_t chosen_bytes;         /* of names chosen so far */
    struct order_fault *fault;   /* what is wrong */
};

static enum problem fail(struct placing *p, enum problem no, size_t wish, const char *field,
                         const char *reason)
{
    *p->fault = (struct order_fault){.wish = wish, .field = field, .reason = reason};
    return no;
}

/* ---- Who sells ---- */

static enum problem read_product(struct placing *p, size_t i)
{
    struct product *product = &p->products[i];
    if (!product->id.at && !menu_product(p->tx, p->d->wishes[i].product_id, p->d->arena, product))
        return fail(p, PROBLEM_UNKNOWN_PRODUCT, i, "product_id", "no such product");
    return PROBLEM_NONE;
}

/* The shop that is named, that of the owner who is named, that which sells the first wish, or the
 * only one. */
static enum problem find_shop(struct placing *p)
{
    const struct order_draft *d = p->d;
    struct shop *shop = &p->shop;
    if (d->shop_id.at)
        return shop_by_id(p->tx, d->shop_id, d->arena, shop)
                   ? PROBLEM_NONE
                   : fail(p, PROBLEM_NOT_FOUND, 0, "shop_id", "no such shop");
    if (d->owner.at)
        return shop_of_owner(p->tx, d->owner, d->arena, shop)
                   ? PROBLEM_NONE
                   : fail(p, PROBLEM_NOT_FOUND, 0, "owner_id", "owns no shop, or several");
    if (!d->wishes[0].product_id.at)
        return shop_default(p->tx, d->arena, shop)
                   ? PROBLEM_NONE
                   : fail(p, PROBLEM_NOT_FOUND, 0, "shop_id", "which shop must be said");
    enum problem no = read_product(p, 0);
    if (!no && !shop_by_id(p->tx, p->products[0].shop_id, d->arena, shop))
        return fail(p, PROBLEM_UNKNOWN_PRODUCT, 0, "product_id", "no such product");
    return no;
}

static enum problem open_shop(struct placing *p)
{
    enum problem no = find_shop(p);
    if (!no && !p->shop.open)
        return fail(p, PROBLEM_SHOP_CLOSED, 0, "shop_id", "the shop takes no orders now");
    return no;
}

/* ---- What is sold ---- */

/* The price somebody named, in minor units. */
static enum problem named_price(struct placing *p, size_t i, int64_t *price_r)
{
    struct str text = p->d->wishes[i].price;
    enum currency c = p->shop.currency;
    if (money_parse_major(text, c, price_r))
        return PROBLEM_NONE;
    /* Too large, or too fine? The fraction alone tells: with one digit before it, it is not large.
     */
    struct str rest = text;
    struct str whole = str_cut(&rest, '.');
    if (rest.at && whole.len > 0 &&
        !money_parse_major((struct str){rest.at - 2, rest.len + 2}, c, price_r))
        return fail(p, PROBLEM_BAD_INPUT, i, "price", "finer than the currency");
    return fail(p, PROBLEM_AMOUNT_OVERFLOW, i, "price", "above the largest amount");
}

/* What was chosen adds to the price of the line. */
static enum problem choose(struct placing *p, size_t i)
{
    const struct order_wish *wish = &p->d->wishes[i];
    struct order_line *line = &p->order->lines[i];
    struct str document = p->products[i].options;
    const char *why = "";
    if (document.len == 0 && wish->option_count == 0)
        return PROBLEM_NONE;
    line->options = arena_alloc(p->d->arena, OPTION_CHOSEN_MAX * sizeof *line->options);
    enum problem no = options_choose(document, wish->options, wish->option_count, p->d->arena,
                                     line->options, &line->option_count, &why);
    if (no)
        return fail(p, no, i, "options", why);
    for (size_t k = 0; k < line->option_count; k++) {
        p->chosen_bytes += line->options[k].name.len;
        if (!money_add(line->price, line->options[k].price, &line->price))
            return fail(p, PROBLEM_AMOUNT_OVERFLOW, i, "options", "above the largest amount");
    }
    if (p->chosen_bytes > ORDER_CHOSEN_BYTES)
        return fail(p, PROBLEM_BAD_OPTIONS, i, "options", "too much is chosen in all");
    return PROBLEM_NONE;
}

/* Lines of one product share what is left of it. */
static enum problem check_stock(struct placing *p, size_t i, const char *named_by)
{
    const struct product *product = &p->products[i];
    struct order_line *lines = p->order->lines;
    if (product->stock == MENU_UNCOUNTED)
        return PROBLEM_NONE;
    int64_t wanted = 0;
    for (size_t k = 0; k <= i; k++)
        if (str_eq(lines[k].product_id, product->id))
            wanted += lines[k].qty;
    if (wanted > product->stock)
        return fail(p, PROBLEM_SOLD_OUT, i, product->stock > 0 ? "qty" : named_by,
                    product->stock > 0 ? "fewer are left" : "sold out");
    lines[i].counted = true;
    return PROBLEM_NONE;
}

static enum problem sell_product(struct placing *p, size_t i)
{
    const struct product *product = &p->products[i];
    struct order_line *line = &p->order->lines[i];
    const char *named_by = line->product_id.at ? "product_id" : "name";
    if (!str_eq(product->shop_id, p->shop.id) || product->currency != p->shop.currency)
        return fail(p, PROBLEM_UNKNOWN_PRODUCT, i, "product_id", "not sold by this shop");
    if (!product->available)
        return fail(p, PROBLEM_SOLD_OUT, i, named_by, "sold out");
    line->product_id = product->id;
    line->name = product->name;
    line->price = product->price;
    enum problem no = choose(p, i);
    return no ? no : check_stock(p, i, named_by);
}

/* Whoever names a price buys at that price or not at all. */
static enum problem keep_to_price(struct placing *p, size_t i)
{
    int64_t price;
    if (!p->d->wishes[i].price.at)
        return PROBLEM_NONE;
    enum problem no = named_price(p, i, &price);
    if (!no && price != p->order->lines[i].price)
        return fail(p, PROBLEM_PRICE_CHANGED, i, "price", "the menu has another price");
    return no;
}

/* By name and price: at the menu's price if the menu knows it, else at the one named, where the
 * shop takes that. */
static enum problem sell_named(struct placing *p, size_t i)
{
    const struct order_wish *wish = &p->d->wishes[i];
    struct order_line *line = &p->order->lines[i];
    int64_t price;
    enum problem no = named_price(p, i, &price);
    if (no)
        return no;
    if (!menu_product_by_name(p->tx, p->shop.id, wish->name, p->d->arena, &p->products[i])) {
        if (!p->shop.free_form)
            return fail(p, PROBLEM_FREE_FORM_REFUSED, i, "name", "not on the menu");
        line->name = wish->name;
        line->price = price;
        return PROBLEM_NONE;
    }
    no = sell_product(p, i);
    return no ? no : keep_to_price(p, i);
}

static enum problem sell(struct placing *p, size_t i)
{
    const struct order_wish *wish = &p->d->wishes[i];
    p->order->lines[i] = (struct order_line){.product_id = wish->product_id, .qty = wish->qty};
    if (wish->qty < 1 || wish->qty > ORDER_QTY_MAX)
        return fail(p, PROBLEM_BAD_QUANTITY, i, "qty", "must be 1 to 99");
    if (!wish->product_id.at)
        return sell_named(p, i);
    enum problem no = read_product(p, i);
    if (!no)
        no = sell_product(p, i);
    return no ? no : keep_to_price(p, i);
}

static enum problem sell_all(struct placing *p)
{
    struct order *o = p->order;
    o->line_count = p->d->wish_count;
    o->lines = arena_alloc(p->d->arena, o->line_count * sizeof *o->lines);
    for (size_t i = 0; i < o->line_count; i++) {
        const struct order_line *line = &o->lines[i];
        enum problem no = sell(p, i);
        if (no)
            return no;
        int64_t amount;
        if (!money_mul(line->price, line->qty, &amount) || !money_add(o->total, amount, &o->total))
            return fail(p, PROBLEM_AMOUNT_OVERFLOW, i, line->product_id.at ? "qty" : "price",
                        "the total is above the largest amount");
    }
    if (o->total == 0 && pays[p->d->pay].online)
        return fail(p, PROBLEM_BAD_INPUT, 0, "pay", "nothing to pay online");
    return PROBLEM_NONE;
}

/* ---- Writing it ---- */

/* One taking for all lines of a product. */
static void take_stock(struct placing *p)
{
    const struct order *o = p->order;
    for (size_t i = 0; i < o->line_count; i++) {
        int64_t wanted = 0;
        bool first = o->lines[i].counted;
        for (size_t k = 0; k < o->line_count && first; k++) {
            if (!str_eq(o->lines[k].product_id, o->lines[i].product_id))
                continue;
            first = k >= i;
            wanted += o->lines[k].qty;
        }
        if (first)
            menu_take(p->tx, p->d->arena, &p->products[i], wanted, p->d->now_us);
    }
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

static void insert(struct db *tx, struct arena *arena, const struct order *o)
{
    db_exec(tx,
            "INSERT INTO orders (id, number, shop_id, account_id, username, kiosk_id, via, pay,"
            " status, total, currency, language, placed_at, updated_at, cancel_asked, accept_by)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?)",
            DB_TEXT(o->id), DB_TEXT(o->number), DB_TEXT(o->shop_id), DB_TEXT(o->account_id),
            DB_TEXT(o->username), DB_TEXT(o->kiosk_id), DB_TEXT(o->via), DB_TEXT(o->pay),
            DB_CSTR(order_state_word(o->state)), DB_INT(o->total),
            DB_CSTR(currency_name(o->currency)), DB_TEXT(o->language), DB_INT(o->placed_us),
            DB_INT(o->updated_us), DB_INT(o->accept_by_us));
    for (size_t i = 0; i < o->line_count; i++) {
        const struct order_line *line = &o->lines[i];
        db_exec(tx,
                "INSERT INTO order_items (order_id, line, product_id, name, qty, price, options,"
                " counted) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                DB_TEXT(o->id), DB_INT(i), DB_TEXT(line->product_id), DB_TEXT(line->name),
                DB_INT(line->qty), DB_INT(line->price),
                DB_TEXT(chosen_text(line->options, line->option_count, arena)),
                DB_INT(line->counted));
    }
}

/* All rules have been kept: write it and tell it. */
static void enter(struct placing *p)
{
    const struct order_draft *d = p->d;
    struct order *o = p->order;
    o->number = next_number(p->tx, d->arena, o->shop_id, vias[d->via].letter);
    if (o->state == ORDER_RECEIVED && p->shop.accept_us > 0)
        order_wait(p->tx, o, d->now_us + p->shop.accept_us);
    take_stock(p);
    insert(p->tx, d->arena, o);
    order_tell_whole(p->tx, d->arena, TOPIC_ORDER_PLACED, o, d->actor, d->now_us);
    /* A batch that is run again counts twice: a gauge of traffic, not the books. */
    metric_add(METRIC_ORDERS, 1);
}

static struct order begin(const struct order_draft *d)
{
    return (struct order){
        .id = id_str(&d->id),
        .account_id = d->account_id,
        .username = d->username,
        .kiosk_id = d->kiosk_id,
        .via = str_of(vias[d->via].word),
        .pay = str_of(pays[d->pay].word),
        .state = pays[d->pay].online ? ORDER_UNPAID : ORDER_RECEIVED,
        .language = str_of(language_tag(d->language)),
        .placed_us = d->now_us,
        .updated_us = d->now_us,
    };
}

enum problem order_place(struct db *tx, const struct order_draft *draft, struct order *order_r,
                         struct order_fault *fault_r)
{
    struct placing p = {.tx = tx, .d = draft, .order = order_r, .fault = fault_r};
    CHECK(draft->wish_count > 0 && draft->wish_count <= ORDER_LINES_MAX);
    *fault_r = (struct order_fault){0};
    *order_r = begin(draft);
    p.products = arena_alloc(draft->arena, draft->wish_count * sizeof *p.products);
    enum problem no = open_shop(&p);
    if (no)
        return no;
    order_r->shop_id = p.shop.id;
    order_r->owner_id = p.shop.owner_id;
    order_r->currency = p.shop.currency;
    no = sell_all(&p);
    if (!no)
        enter(&p);
    return no;
}
