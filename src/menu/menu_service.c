/* menu_service.c - the menu service's descriptor: its tables and its demo. */
#include "menu/menu_service.h"

#include "menu/category.h"
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

/* A group of choices many products share, its prices in rupiah's minor units. */
#define SIZE                                                                                       \
    "{\"id\":\"size\",\"name\":\"Ukuran\",\"min\":1,\"max\":1,\"choices\":["                       \
    "{\"id\":\"regular\",\"name\":\"Reguler\",\"price\":0},"                                       \
    "{\"id\":\"large\",\"name\":\"Besar\",\"price\":500000}]}"
#define ICE                                                                                        \
    "{\"id\":\"ice\",\"name\":\"Es\",\"min\":1,\"max\":1,\"choices\":["                            \
    "{\"id\":\"normal-ice\",\"name\":\"Es normal\",\"price\":0},"                                  \
    "{\"id\":\"less-ice\",\"name\":\"Sedikit es\",\"price\":0},"                                   \
    "{\"id\":\"no-ice\",\"name\":\"Tanpa es\",\"price\":0}]}"
#define SUGAR                                                                                      \
    "{\"id\":\"sugar\",\"name\":\"Gula\",\"min\":1,\"max\":1,\"choices\":["                        \
    "{\"id\":\"normal-sugar\",\"name\":\"Gula normal\",\"price\":0},"                              \
    "{\"id\":\"less-sugar\",\"name\":\"Sedikit gula\",\"price\":0},"                               \
    "{\"id\":\"no-sugar\",\"name\":\"Tanpa gula\",\"price\":0}]}"

/* What may be chosen of the demo's products. */
#define CHOICES_NONE  ""
#define CHOICES_DRINK "[" SIZE "," ICE "," SUGAR "]"

/* The places of the demo's categories. */
enum {
#define DEMO_CATEGORY(NAME, id, name) CATEGORY_##NAME,
#define DEMO_PRODUCT(NAME, id, name, icon, price, category, choices, description)
#include "menu/tbl/demo.h"
#undef DEMO_CATEGORY
#undef DEMO_PRODUCT
};

static const struct {
    const char *id;   /* fixed, so that clients and tests may know it */
    const char *name; /* as people read it */
} headings[] = {
#define DEMO_CATEGORY(NAME, id, name) {id, name},
#define DEMO_PRODUCT(NAME, id, name, icon, price, category, choices, description)
#include "menu/tbl/demo.h"
#undef DEMO_CATEGORY
#undef DEMO_PRODUCT
};

static const struct {
    const char *id;          /* fixed, so that clients and tests may know it */
    const char *name;        /* as people read it */
    const char *icon;        /* path of its picture */
    int64_t rupiah;          /* price in whole rupiah */
    int category;            /* its place among the headings */
    const char *options;     /* as options.h reads them */
    const char *description; /* as people read it */
} products[] = {
#define DEMO_CATEGORY(NAME, id, name)
#define DEMO_PRODUCT(NAME, id, name, icon, price, category, choices, description)                  \
    {id, name, icon, price, CATEGORY_##category, CHOICES_##choices, description},
#include "menu/tbl/demo.h"
#undef DEMO_CATEGORY
#undef DEMO_PRODUCT
};

static void demo(struct db *tx, int64_t now_us)
{
    (void)now_us;
    struct arena *arena = arena_new(65536);
    for (size_t i = 0; i < ARRAY_LEN(headings); i++)
        category_insert(tx, &(struct category){.id = str_of(headings[i].id),
                                               .shop_id = STR(SHOP_DEMO_ID),
                                               .name = str_of(headings[i].name),
                                               .position = (int64_t)i});
    for (size_t i = 0; i < ARRAY_LEN(products); i++)
        menu_insert(tx, arena,
                    &(struct product){.id = str_of(products[i].id),
                                      .shop_id = STR(SHOP_DEMO_ID),
                                      .name = str_of(products[i].name),
                                      .icon = str_of(products[i].icon),
                                      .price = products[i].rupiah * 100,
                                      .currency = CURRENCY_IDR,
                                      .available = true,
                                      .stock = MENU_UNCOUNTED,
                                      .options = str_of(products[i].options),
                                      .category_id = str_of(headings[products[i].category].id),
                                      .description = str_of(products[i].description),
                                      .position = (int64_t)i});
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
