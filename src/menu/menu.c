/* menu.c - the products table, and the only code that reads or changes it. */
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

static void tell_changed(struct db *tx, struct arena *arena, const struct product *p,
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
    jout_field_bool(&j, "available", menu_on_sale(p));
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
        tell_changed(tx, arena, p, STR("service:menu"), now_us);
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

void menu_change(struct db *tx, struct arena *arena, struct product *p,
                 const struct menu_change *change, struct str actor, int64_t now_us)
{
    struct product was = *p;
    if (change->has_price)
        p->price = change->price;
    if (change->has_available)
        p->available = change->available;
    if (change->name.at)
        p->name = change->name;
    if (p->price == was.price && p->available == was.available && str_eq(p->name, was.name))
        return;
    db_exec(tx, "UPDATE products SET name = ?, name_key = ?, price = ?, available = ? WHERE id = ?",
            DB_TEXT(p->name), DB_TEXT(menu_name_fold(p->name, arena)), DB_INT(p->price),
            DB_INT(p->available), DB_TEXT(p->id));
    tell_changed(tx, arena, p, actor, now_us);
}

static void write_major(struct jout *j, const struct product *p)
{
    jout_object(j);
    jout_field_str(j, "id", p->id);
    jout_field_str(j, "name", p->name);
    jout_field_str(j, "icon", p->icon);
    money_field(j, "price", p->price, p->currency);
    jout_field_cstr(j, "currency", currency_name(p->currency));
    jout_field_bool(j, "available", menu_on_sale(p));
    jout_object_end(j);
}

void menu_write_v1(struct jout *j, const struct product *p)
{
    jout_object(j);
    jout_field_str(j, "id", p->id);
    jout_field_str(j, "shop_id", p->shop_id);
    jout_field_str(j, "name", p->name);
    jout_field_str(j, "icon", p->icon);
    money_field_minor(j, "price", p->price, p->currency);
    jout_field_bool(j, "available", p->available);
    jout_field_int(j, "position", p->position);
    jout_object_end(j);
}

static void write_list(struct jout *j, struct db *db, struct str shop_id, struct arena *arena,
                       void (*write)(struct jout *j, const struct product *p))
{
    struct db_rows *rows = db_query(db,
                                    "SELECT " PRODUCT_COLUMNS " FROM products WHERE shop_id = ?"
                                    " ORDER BY position, id LIMIT ?",
                                    DB_TEXT(shop_id), DB_INT(MENU_PRODUCTS_MAX));
    struct product p;
    jout_array(j);
    while (db_row(rows))
        if (read_product(rows, arena, &p))
            write(j, &p);
    jout_array_end(j);
    db_end(rows);
}

void menu_write_list(struct jout *j, struct db *db, struct str shop_id, struct arena *arena)
{
    write_list(j, db, shop_id, arena, write_major);
}

void menu_write_v1_list(struct jout *j, struct db *db, struct str shop_id, struct arena *arena)
{
    write_list(j, db, shop_id, arena, menu_write_v1);
}
