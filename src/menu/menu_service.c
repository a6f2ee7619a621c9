/* menu_service.c - the menu service's descriptor: its tables and its demo. */
#include "menu/menu_service.h"

#include "menu/menu.h"
#include "menu/routes.h"
#include "shop/shop.h"

static const char *const steps[] = {
    "CREATE TABLE products ("
    " id {key} PRIMARY KEY,"
    " shop_id {key} NOT NULL,"
    " name {text} NOT NULL,"
    " name_key {key} NOT NULL,"
    " icon {text} NOT NULL,"
    " price {int} NOT NULL,"
    " currency {text} NOT NULL,"
    " available {int} NOT NULL,"
    " position {int} NOT NULL"
    ") {table};"
    "CREATE INDEX products_by_name ON products (shop_id, name_key, position);",

    "ALTER TABLE products ADD COLUMN stock {int} NOT NULL DEFAULT -1;"
    "ALTER TABLE products ADD COLUMN options {text};"
    "ALTER TABLE products ADD COLUMN category_id {key};"
    "ALTER TABLE products ADD COLUMN description {text};"
    "CREATE TABLE categories ("
    " id {key} PRIMARY KEY,"
    " shop_id {key} NOT NULL,"
    " name {text} NOT NULL,"
    " position {int} NOT NULL"
    ") {table};"
    "CREATE INDEX categories_of_shop ON categories (shop_id, position);",
};

struct demo_product {
    const char *id;   /* fixed, so that clients and tests may know it */
    const char *name; /* as people read it */
    const char *icon; /* path of its picture */
    int64_t rupiah;   /* price in whole rupiah */
};

static const struct demo_product products[] = {
#define DEMO_PRODUCT(NAME, id, name, icon, price) {id, name, icon, price},
#include "menu/tbl/demo.h"
#undef DEMO_PRODUCT
};

static void demo(struct db *tx, int64_t now_us)
{
    (void)now_us;
    struct arena *arena = arena_new(4096);
    for (size_t i = 0; i < ARRAY_LEN(products); i++) {
        const struct demo_product *p = &products[i];
        db_exec(tx,
                "INSERT INTO products"
                " (id, shop_id, name, name_key, icon, price, currency, available, position)"
                " VALUES (?, ?, ?, ?, ?, ?, 'IDR', 1, ?)",
                DB_CSTR(p->id), DB_CSTR(SHOP_DEMO_ID), DB_CSTR(p->name),
                DB_TEXT(menu_name_fold(str_of(p->name), arena)), DB_CSTR(p->icon),
                DB_INT(p->rupiah * 100), DB_INT(i));
    }
    arena_free(&arena);
}

const struct service menu_service = {
    .name = "menu",
    .needs = "shop",
    .migrations = {.service = "menu", .steps = steps, .count = ARRAY_LEN(steps)},
    .routes = menu_routes,
    .route_count = MENU_ROUTES,
    .demo = demo,
};
