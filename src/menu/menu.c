/* menu.c - the products table, and the only code that reads or changes it. How products are shown
 * stands in show.c. */
#include "menu/menu.h"

#include "app/topic.h"
#include "journal/journal.h"

#define PRODUCT_COLUMNS                                                                            \
    "id, shop_id, name, icon, price, currency, available, position, stock, options, category_id,"  \
    " description"

/* The current row as a product. A currency we do not know was not written by us: false. */
static bool read_product(struct db_rows *rows, struct arena *arena, struct product *product_r)
{
    *product_r = (struct product){.id = arena_str(arena, db_text(rows, 0)),
                                  .shop_id = arena_str(arena, db_text(rows, 1)),
                                  .name = arena_str(arena, db_text(rows, 2)),
                                  .icon = arena_str(arena, db_text(rows, 3)),
                                  .price = db_int(rows, 4),
                                  .available = db_int(rows, 6) != 0,
                                  .position = db_int(rows, 7),
                                  .stock = db_int(rows, 8),
                                  .options = arena_str(arena, db_text(rows, 9)),
                                  .category_id = arena_str(arena, db_text(rows, 10)),
                                  .description = arena_str(arena, db_text(rows, 11))};
    return currency_parse(db_text(rows, 5), &product_r->currency);
}

bool menu_product(struct db *db, struct str id, struct arena *arena, struct product *product_r)
{
    struct db_rows *rows =
        db_query(db, "SELECT " PRODUCT_COLUMNS " FROM products WHERE id = ?", DB_TEXT(id));
    bool found = db_row(rows) && read_product(rows, arena, product_r);
    db_end(rows);
    return found;
}

bool menu_product_by_name(struct db *db, struct str shop_id, struct str name, struct arena *arena,
                          struct product *product_r)
{
    struct db_rows *rows = db_query(db,
                                    "SELECT " PRODUCT_COLUMNS " FROM products"
                                    " WHERE shop_id = ? AND name_key = ? ORDER BY position LIMIT 1",
                                    DB_TEXT(shop_id), DB_TEXT(menu_name_fold(name, arena)));
    bool found = db_row(rows) && read_product(rows, arena, product_r);
    db_end(rows);
    return found;
}

static void tell(struct db *tx, struct arena *arena, const struct product *p, bool removed,
                 struct str actor, int64_t now_us)
{
    struct buf payload = buf_in(arena);
    struct jout j = jout_to(&payload);
    jout_object(&j);
    jout_field_str(&j, "shop_id", p->shop_id);
    jout_field_str(&j, "product_id", p->id);
    jout_field_str(&j, "name", p->name);
    jout_field_str(&j, "icon", p->icon);
    jout_field_int(&j, "price", p->price);
    jout_field_cstr(&j, "currency", currency_name(p->currency));
    jout_field_bool(&j, "available", menu_on_sale(p) && !removed);
    if (removed)
        jout_field_bool(&j, "removed", true);
    jout_object_end(&j);
    struct str shop = str_of(arena_printf(arena, "shop:%.*s", STR_ARG(p->shop_id)));
    journal_append(tx, &(struct event_draft){.topic = TOPIC_MENU_CHANGED,
                                             .key = p->shop_id,
                                             .actor = actor,
                                             .at_us = now_us,
                                             .payload = buf_str(&payload),
                                             .channels = &shop,
                                             .channel_count = 1});
}

bool menu_on_sale(const struct product *p)
{
    return p->available && p->stock != 0;
}

/* How many are left as this transaction has it: a line before may have taken of the same product.
 */
static int64_t stock_now(struct db *tx, struct str product_id)
{
    struct db_rows *rows =
        db_query(tx, "SELECT stock FROM products WHERE id = ?", DB_TEXT(product_id));
    int64_t stock = db_row(rows) ? db_int(rows, 0) : MENU_UNCOUNTED;
    db_end(rows);
    return stock;
}

static void set_stock(struct db *tx, struct arena *arena, struct product *p, int64_t stock,
                      int64_t now_us)
{
    bool was = menu_on_sale(p);
    p->stock = stock;
    db_exec(tx, "UPDATE products SET stock = ? WHERE id = ?", DB_INT(stock), DB_TEXT(p->id));
    if (menu_on_sale(p) != was)
        tell(tx, arena, p, false, STR("service:menu"), now_us);
}

void menu_take(struct db *tx, struct arena *arena, struct product *p, int64_t qty, int64_t now_us)
{
    if (p->stock == MENU_UNCOUNTED)
        return;
    p->stock = stock_now(tx, p->id);
    if (p->stock < qty)
        db_fail(tx, "menu: more is taken than is there");
    else
        set_stock(tx, arena, p, p->stock - qty, now_us);
}

void menu_give_back(struct db *tx, struct arena *arena, struct str product_id, int64_t qty,
                    int64_t now_us)
{
    struct product p;
    if (!menu_product(tx, product_id, arena, &p) || p.stock == MENU_UNCOUNTED)
        return;
    int64_t room = MENU_STOCK_MAX - p.stock;
    set_stock(tx, arena, &p, p.stock + (qty < room ? qty : room), now_us);
}

/* An optional text: what is wished, an empty wish for none, or what it was. */
static struct str wished(struct str wish, struct str was)
{
    if (!wish.at)
        return was;
    return wish.len ? wish : (struct str){0};
}

static void apply(struct product *p, const struct menu_change *c)
{
    if (c->has_price)
        p->price = c->price;
    if (c->has_available)
        p->available = c->available;
    if (c->has_stock)
        p->stock = c->stock;
    if (c->has_position)
        p->position = c->position;
    if (c->name.at)
        p->name = c->name;
    if (c->icon.at)
        p->icon = c->icon;
    p->options = wished(c->options, p->options);
    p->category_id = wished(c->category_id, p->category_id);
    p->description = wished(c->description, p->description);
}

/* Do people see the same of both? */
static bool looks_alike(const struct product *a, const struct product *b)
{
    return a->price == b->price && a->available == b->available &&
           menu_on_sale(a) == menu_on_sale(b) && a->position == b->position &&
           str_eq(a->name, b->name) && str_eq(a->icon, b->icon) && str_eq(a->options, b->options) &&
           str_eq(a->category_id, b->category_id) && str_eq(a->description, b->description);
}

void menu_change(struct db *tx, struct arena *arena, struct product *p,
                 const struct menu_change *change, struct str actor, int64_t now_us)
{
    struct product was = *p;
    apply(p, change);
    bool alike = looks_alike(p, &was);
    if (alike && p->stock == was.stock)
        return;
    db_exec(tx,
            "UPDATE products SET name = ?, name_key = ?, icon = ?, price = ?, available = ?,"
            " position = ?, stock = ?, options = ?, category_id = ?, description = ? WHERE id = ?",
            DB_TEXT(p->name), DB_TEXT(menu_name_fold(p->name, arena)), DB_TEXT(p->icon),
            DB_INT(p->price), DB_INT(p->available), DB_INT(p->position), DB_INT(p->stock),
            DB_TEXT(p->options), DB_TEXT(p->category_id), DB_TEXT(p->description), DB_TEXT(p->id));
    if (!alike)
        tell(tx, arena, p, false, actor, now_us);
}

void menu_insert(struct db *tx, struct arena *arena, const struct product *p)
{
    db_exec(tx,
            "INSERT INTO products (id, shop_id, name, name_key, icon, price, currency, available,"
            " position, stock, options, category_id, description)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            DB_TEXT(p->id), DB_TEXT(p->shop_id), DB_TEXT(p->name),
            DB_TEXT(menu_name_fold(p->name, arena)), DB_TEXT(p->icon), DB_INT(p->price),
            DB_CSTR(currency_name(p->currency)), DB_INT(p->available), DB_INT(p->position),
            DB_INT(p->stock), DB_TEXT(p->options), DB_TEXT(p->category_id),
            DB_TEXT(p->description));
}

void menu_add(struct db *tx, struct arena *arena, const struct product *p, struct str actor,
              int64_t now_us)
{
    menu_insert(tx, arena, p);
    tell(tx, arena, p, false, actor, now_us);
}

void menu_remove(struct db *tx, struct arena *arena, const struct product *p, struct str actor,
                 int64_t now_us)
{
    db_exec(tx, "DELETE FROM products WHERE id = ?", DB_TEXT(p->id));
    tell(tx, arena, p, true, actor, now_us);
}

/* The number that a query finds; 0 when it finds nothing. Ends the query. */
static int64_t number_of(struct db_rows *rows)
{
    int64_t number = db_row(rows) ? db_int(rows, 0) : 0;
    db_end(rows);
    return number;
}

int64_t menu_count(struct db *db, struct str shop_id)
{
    return number_of(
        db_query(db, "SELECT COUNT(*) FROM products WHERE shop_id = ?", DB_TEXT(shop_id)));
}

int64_t menu_options_size(struct db *db, struct str shop_id)
{
    return number_of(db_query(db, "SELECT SUM(LENGTH(options)) FROM products WHERE shop_id = ?",
                              DB_TEXT(shop_id)));
}

void menu_list(struct db *db, struct str shop_id, void (*visit)(void *arg, const struct product *p),
               void *arg)
{
    struct arena *scratch = arena_new((size_t)1 << 20);
    struct db_rows *rows = db_query(db,
                                    "SELECT " PRODUCT_COLUMNS " FROM products WHERE shop_id = ?"
                                    " ORDER BY position, id LIMIT ?",
                                    DB_TEXT(shop_id), DB_INT(MENU_PRODUCTS_MAX));
    struct product p;
    while (db_row(rows)) {
        if (read_product(rows, scratch, &p))
            visit(arg, &p);
        arena_reset(scratch);
    }
    db_end(rows);
    arena_free(&scratch);
}
