/* menu.h - what a shop sells, at which price, and whether it has it now. */
#ifndef PESAN_MENU_MENU_H
#define PESAN_MENU_MENU_H

#include "base/json.h"
#include "base/money.h"
#include "db/db.h"

#define MENU_NAME_MAX     120 /* characters */
#define MENU_PRODUCTS_MAX 300 /* of one shop, so that a menu fits into one event */
#define MENU_UNCOUNTED    (-1)
#define MENU_STOCK_MAX    1000000 /* of one product */
#define MENU_POSITION_MAX 1000000
#define MENU_OPTIONS_MAX  262144             /* of one shop, so that a menu fits into one answer */
#define MENU_TEXT_MAX     500                /* characters of a description */
#define MENU_ICON         "/icons/drink.svg" /* of a product without a picture of its own */

/* MENU_DEMO_COLA ...: the fixed ids of the demo's products. */
#define DEMO_CATEGORY(NAME, id, name)
#define DEMO_PRODUCT(NAME, id, name, icon, price, category, choices, description)                  \
    static const char MENU_DEMO_##NAME[] __attribute__((unused)) = id;
#include "menu/tbl/demo.h"
#undef DEMO_CATEGORY
#undef DEMO_PRODUCT

/* One row; slices live in the arena it was read into. */
struct product {
    struct str id;          /* UUID */
    struct str shop_id;     /* who sells it */
    struct str name;        /* as people read it */
    struct str icon;        /* path of its picture */
    int64_t price;          /* minor units */
    enum currency currency; /* of the price: the shop's */
    bool available;         /* the shop sells it now; with stock == 0 it is sold out all the same */
    int64_t stock;          /* how many are left; MENU_UNCOUNTED: nobody counts them */
    struct str options;     /* its groups of choices as options.h reads them; "" when it has none */
    struct str category_id; /* at == NULL: none */
    struct str description; /* as people read it; at == NULL: none */
    int64_t position;       /* place on the menu */
};

/* What a change wishes; what is not wished stays. */
struct menu_change {
    bool has_price;            /* price and currency count */
    int64_t price;             /* minor units, 0 to MONEY_MAX */
    enum currency currency;    /* must be the product's */
    bool has_available;        /* available counts */
    bool available;            /* the shop sells it now */
    struct str name;           /* at == NULL: no wish; else checked by menu_name_clean() */
    bool has_stock;            /* stock counts */
    int64_t stock;             /* 0 to MENU_STOCK_MAX, or MENU_UNCOUNTED */
    struct str icon;           /* at == NULL: no wish */
    struct str description;    /* at == NULL: no wish; empty: none any more */
    struct str category_id;    /* at == NULL: no wish; empty: none any more; of the same shop */
    struct str options;        /* at == NULL: no wish; else as options_check() wrote them */
    enum currency option_curr; /* of their prices; CURRENCY_COUNT: none is said */
    bool has_position;         /* position counts */
    int64_t position;          /* 0 to MENU_POSITION_MAX */
};

/* Read one product; false when there is none (or the connection failed). In the writer's
 * transaction this is the price to sell at. */
MUST_USE bool menu_product(struct db *db, struct str id, struct arena *arena,
                           struct product *product_r);

/* The product of this shop whose name this is, letter case apart. */
MUST_USE bool menu_product_by_name(struct db *db, struct str shop_id, struct str name,
                                   struct arena *arena, struct product *product_r);

/* May it be ordered now: sold at all, and not sold out? */
bool menu_on_sale(const struct product *p);

/* Take `qty` of a product that counts its stock, and give it back when its order comes to nothing
 * (cancelled, rejected, not paid); one that does not count is left alone. menu_take() fails the
 * unit when there is less: whoever sells has looked at p->stock before his first write. Running out
 * and being there again are told (menu.changed). In the writer's transaction. */
void menu_take(struct db *tx, struct arena *arena, struct product *p, int64_t qty, int64_t now_us);
void menu_give_back(struct db *tx, struct arena *arena, struct str product_id, int64_t qty,
                    int64_t now_us);

/* Make the changes and tell them (menu.changed); what is already so is neither written nor told,
 * and a count of the stock is told only where it sells out or is there again. Updates *p. `change`
 * has been checked against p->currency. In the writer's transaction. */
void menu_change(struct db *tx, struct arena *arena, struct product *p,
                 const struct menu_change *change, struct str actor, int64_t now_us);

/* Put a new product on its shop's menu, or take one off, and tell it. In the writer's transaction.
 */
void menu_add(struct db *tx, struct arena *arena, const struct product *p, struct str actor,
              int64_t now_us);
void menu_remove(struct db *tx, struct arena *arena, const struct product *p, struct str actor,
                 int64_t now_us);

/* Write a product of a new menu and tell nobody: nobody shows that menu yet. */
void menu_insert(struct db *tx, struct arena *arena, const struct product *p);

/* How many products a shop has. */
MUST_USE int64_t menu_count(struct db *db, struct str shop_id);

/* Characters of the options of all its products, which are MENU_OPTIONS_MAX at most. */
MUST_USE int64_t menu_options_size(struct db *db, struct str shop_id);

/* Visit a shop's products in the order of its menu. What visit() is given lives until it returns.
 */
void menu_list(struct db *db, struct str shop_id, void (*visit)(void *arg, const struct product *p),
               void *arg);

/* A shop's menu in its order, as the JSON array of kiosk frames: with the price as a number in
 * major units beside `currency`, and `available` only where it may be ordered now. */
void menu_write_list(struct jout *j, struct db *db, struct str shop_id);

/* A product as /v1 has it, with prices as {amount,currency}; how many are left is for `staff`. */
void menu_write_v1(struct jout *j, const struct product *p, bool staff);

/* Cuts blanks at both ends; false unless 1 to MENU_NAME_MAX characters of well-formed UTF-8 without
 * control characters are left. Also for other names that people read. */
MUST_USE bool menu_name_clean(struct str *name);

/* `name` as it is compared: letters of ASCII and Latin folded to small ones. In the arena. */
struct str menu_name_fold(struct str name, struct arena *arena);

#endif
