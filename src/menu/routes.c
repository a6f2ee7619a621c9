/* routes.c - the menu over HTTP: /v1/shops/{shop_id}/products and /v1/products/{id}. */
#include "menu/routes.h"

#include "app/people.h"
#include "menu/menu.h"
#include "shop/shop.h"

static void list_products(struct request *rq, struct db *db)
{
    struct shop shop;
    if (!shop_by_id(db, rq->params[0], rq->arena, &shop)) {
        refuse(rq, PROBLEM_NOT_FOUND, "no such shop");
        return;
    }
    menu_write_v1_list(reply_json(rq, 200), db, shop.id, rq->arena);
}

static void get_product(struct request *rq, struct db *db)
{
    struct product p;
    if (menu_product(db, rq->params[0], rq->arena, &p))
        menu_write_v1(reply_json(rq, 200), &p);
    else
        refuse(rq, PROBLEM_NOT_FOUND, "no such product");
}

static bool parse_price(struct request *rq, const json_t *price, struct menu_change *change)
{
    change->has_price = true;
    if (!json_is_object(price))
        return refuse_field(rq, PROBLEM_BAD_INPUT, "/price", "must be {amount,currency}");
    bool good = true;
    if (!json_int(price, "amount", &change->price) || change->price < 0 ||
        change->price > MONEY_MAX)
        good = refuse_field(rq, PROBLEM_BAD_INPUT, "/price/amount",
                            "must be an integer in minor units, 0 to 10^15");
    if (!currency_parse(json_text(price, "currency"), &change->currency))
        good = refuse_field(rq, PROBLEM_BAD_INPUT, "/price/currency", "no currency we know");
    return good;
}

static bool parse_name(struct request *rq, const json_t *name, struct menu_change *change)
{
    change->name = json_slice(name);
    if (change->name.at && menu_name_clean(&change->name))
        return true;
    return refuse_field(rq, PROBLEM_BAD_INPUT, "/name",
                        "must be text of 1 to 120 characters without control characters");
}

static bool parse_change(struct request *rq)
{
    struct menu_change *change = rq->parsed = arena_alloc(rq->arena, sizeof *change);
    if (rq->body && !json_is_object(rq->body))
        return refuse_field(rq, PROBLEM_BAD_INPUT, "", "must be an object");
    const json_t *price = json_object_get(rq->body, "price");
    const json_t *available = json_object_get(rq->body, "available");
    const json_t *name = json_object_get(rq->body, "name");
    bool good = !price || parse_price(rq, price, change);
    if (name && !parse_name(rq, name, change))
        good = false;
    change->has_available = available != NULL;
    change->available = json_is_true(available);
    if (available && !json_is_boolean(available))
        good = refuse_field(rq, PROBLEM_BAD_INPUT, "/available", "must be true or false");
    return good;
}

static void change_product(struct request *rq, struct db *tx)
{
    const struct menu_change *change = rq->parsed;
    struct product p;
    if (!menu_product(tx, rq->params[0], rq->arena, &p)) {
        refuse(rq, PROBLEM_NOT_FOUND, "no such product");
        return;
    }
    if (!caller_works_in(&rq->caller, p.shop_id, WHO_STAFF)) {
        refuse(rq, PROBLEM_FORBIDDEN, "not a product of your shop");
        return;
    }
    if (change->has_price && change->currency != p.currency) {
        refuse_field(rq, PROBLEM_BAD_INPUT, "/price/currency", "not the shop's currency");
        return;
    }
    struct str actor = str_of(arena_printf(rq->arena, "account:%.*s", STR_ARG(rq->caller.id)));
    menu_change(tx, rq->arena, &p, change, actor, rq->now_us);
    menu_write_v1(reply_json(rq, 200), &p);
}

const struct route menu_routes[MENU_ROUTES] = {
    {.name = "menu.list",
     .method = "GET",
     .pattern = "/v1/shops/{shop_id}/products",
     .who = WHO_ANYONE,
     .on = RUN_READ,
     .run = list_products},
    {.name = "menu.get",
     .method = "GET",
     .pattern = "/v1/products/{id}",
     .who = WHO_ANYONE,
     .on = RUN_READ,
     .run = get_product},
    {.name = "menu.change",
     .method = "PATCH",
     .pattern = "/v1/products/{id}",
     .who = WHO_STAFF,
     .on = RUN_WRITE,
     .body_max = 4096,
     .parse = parse_change,
     .run = change_product},
};
