/* routes.c - the menu over HTTP: read by anybody, edited by those who head the shop; who makes the
 * drinks says what is left. */
#include "menu/routes.h"

#include "app/people.h"
#include "menu/category.h"
#include "menu/options.h"
#include "menu/parse.h"
#include "shop/routes.h"

#define BODY_MAX 65536 /* of a product: its options are the most of it */

/* ---- Reading ---- */

/* An answer that is written one product after another. */
struct listing {
    struct jout *j; /* the array */
    bool staff;     /* the reader works in the shop */
};

static void add_product(void *arg, const struct product *p)
{
    const struct listing *l = arg;
    menu_write_v1(l->j, p, l->staff);
}

static void add_category(void *arg, const struct category *c)
{
    category_write(arg, c);
}

static void write_products(struct request *rq, struct jout *j, struct db *db, struct str shop_id)
{
    struct listing l = {j, caller_works_in(&rq->caller, shop_id, WHO_STAFF)};
    jout_array(j);
    menu_list(db, shop_id, add_product, &l);
    jout_array_end(j);
}

static void get_menu(struct request *rq, struct db *db)
{
    struct shop shop;
    if (!shop_of_route(rq, db, 0, &shop))
        return;
    struct jout *j = reply_json(rq, 200);
    jout_object(j);
    jout_key(j, "shop");
    shop_write_v1(rq, j, db, &shop);
    jout_key(j, "categories");
    jout_array(j);
    category_list(db, shop.id, add_category, j);
    jout_array_end(j);
    jout_key(j, "products");
    write_products(rq, j, db, shop.id);
    jout_object_end(j);
}

static void list_products(struct request *rq, struct db *db)
{
    struct shop shop;
    if (shop_of_route(rq, db, 0, &shop))
        write_products(rq, reply_json(rq, 200), db, shop.id);
}

static void answer_product(struct request *rq, int status, const struct product *p)
{
    menu_write_v1(reply_json(rq, status), p, caller_works_in(&rq->caller, p->shop_id, WHO_STAFF));
}

static void get_product(struct request *rq, struct db *db)
{
    struct product p;
    if (menu_product(db, rq->params[0], rq->arena, &p))
        answer_product(rq, 200, &p);
    else
        refuse(rq, PROBLEM_NOT_FOUND, "no such product");
}

/* ---- Products ---- */

/* The product a route names, of a shop where the caller has one of these roles; false after
 * refuse(). */
static bool product_of_route(struct request *rq, struct db *tx, unsigned roles, struct product *p)
{
    if (!menu_product(tx, rq->params[0], rq->arena, p))
        return refuse(rq, PROBLEM_NOT_FOUND, "no such product");
    return caller_works_in(&rq->caller, p->shop_id, roles) ||
           refuse(rq, PROBLEM_FORBIDDEN, "not a product of your shop");
}

/* Does the change want more than what baristas may: whether it is there, and how many? */
static bool wants_more(const struct menu_change *c)
{
    return c->has_price || c->has_position || c->name.at || c->icon.at || c->description.at ||
           c->category_id.at || c->options.at;
}

/* What parse() could not know: the shop's currency and its categories. False after refuse(). */
static bool fits_shop(struct request *rq, struct db *tx, const struct product *p,
                      const struct menu_change *c)
{
    struct category category;
    if (c->has_price && c->currency != p->currency)
        return refuse_field(rq, PROBLEM_BAD_INPUT, "/price/currency", "not the shop's currency");
    if (c->options.len > 0 && c->option_curr != CURRENCY_COUNT && c->option_curr != p->currency)
        return refuse_field(rq, PROBLEM_BAD_INPUT, "/options", "not the shop's currency");
    if (c->options.len > p->options.len &&
        menu_options_size(tx, p->shop_id) + (int64_t)(c->options.len - p->options.len) >
            MENU_OPTIONS_MAX)
        return refuse_field(rq, PROBLEM_BAD_INPUT, "/options",
                            "too long beside the options of the shop's other products");
    if (c->category_id.len > 0 && !(category_find(tx, c->category_id, rq->arena, &category) &&
                                    str_eq(category.shop_id, p->shop_id)))
        return refuse_field(rq, PROBLEM_BAD_INPUT, "/category_id", "no category of this shop");
    return true;
}

static void change_product(struct request *rq, struct db *tx)
{
    const struct menu_change *change = rq->parsed;
    struct product p;
    if (!product_of_route(rq, tx, WHO_STAFF, &p))
        return;
    if (wants_more(change) && !caller_works_in(&rq->caller, p.shop_id, WHO_HEADS)) {
        refuse(rq, PROBLEM_FORBIDDEN, "only who heads the shop changes more than what is left");
        return;
    }
    if (!fits_shop(rq, tx, &p, change))
        return;
    menu_change(tx, rq->arena, &p, change, request_actor(rq), rq->now_us);
    answer_product(rq, 200, &p);
}

static void fill_in(struct product *p, const struct menu_change *c, int64_t count)
{
    p->name = c->name;
    p->price = c->price;
    p->available = !c->has_available || c->available;
    p->stock = c->has_stock ? c->stock : MENU_UNCOUNTED;
    p->icon = c->icon.at ? c->icon : STR(MENU_ICON);
    p->position = c->has_position ? c->position : count;
    p->options = c->options;
    p->category_id = c->category_id.len ? c->category_id : (struct str){0};
    p->description = c->description.len ? c->description : (struct str){0};
}

static void add_to_menu(struct request *rq, struct db *tx)
{
    const struct menu_change *change = rq->parsed;
    struct shop shop;
    if (!shop_of_route(rq, tx, WHO_HEADS, &shop))
        return;
    int64_t count = menu_count(tx, shop.id);
    struct product p = {
        .id = arena_str(rq->arena, id_str(&rq->id)), .shop_id = shop.id, .currency = shop.currency};
    if (!fits_shop(rq, tx, &p, change))
        return;
    if (count >= MENU_PRODUCTS_MAX) {
        refuse(rq, PROBLEM_CONFLICT, "a menu has %d products at most", MENU_PRODUCTS_MAX);
        return;
    }
    fill_in(&p, change, count);
    menu_add(tx, rq->arena, &p, request_actor(rq), rq->now_us);
    answer_product(rq, 201, &p);
}

static void remove_product(struct request *rq, struct db *tx)
{
    struct product p;
    if (!product_of_route(rq, tx, WHO_HEADS, &p))
        return;
    menu_remove(tx, rq->arena, &p, request_actor(rq), rq->now_us);
    reply_empty(rq, 204);
}

/* ---- Categories ---- */

static bool category_of_route(struct request *rq, struct db *tx, struct category *c)
{
    if (!category_find(tx, rq->params[0], rq->arena, c))
        return refuse(rq, PROBLEM_NOT_FOUND, "no such category");
    return caller_works_in(&rq->caller, c->shop_id, WHO_HEADS) ||
           refuse(rq, PROBLEM_FORBIDDEN, "not a category of your shop");
}

static void add_heading(struct request *rq, struct db *tx)
{
    const struct category_form *form = rq->parsed;
    struct shop shop;
    if (!shop_of_route(rq, tx, WHO_HEADS, &shop))
        return;
    int64_t count = category_count(tx, shop.id);
    if (count >= CATEGORIES_MAX) {
        refuse(rq, PROBLEM_CONFLICT, "a menu has %d categories at most", CATEGORIES_MAX);
        return;
    }
    const struct category c = {.id = arena_str(rq->arena, id_str(&rq->id)),
                               .shop_id = shop.id,
                               .name = form->name,
                               .position = form->has_position ? form->position : count};
    category_add(tx, rq->arena, &c, request_actor(rq), rq->now_us);
    category_write(reply_json(rq, 201), &c);
}

static void change_heading(struct request *rq, struct db *tx)
{
    const struct category_form *form = rq->parsed;
    struct category was;
    if (!category_of_route(rq, tx, &was))
        return;
    struct category is = was;
    if (form->name.at)
        is.name = form->name;
    if (form->has_position)
        is.position = form->position;
    category_change(tx, rq->arena, &was, &is, request_actor(rq), rq->now_us);
    category_write(reply_json(rq, 200), &is);
}

static void remove_heading(struct request *rq, struct db *tx)
{
    struct category c;
    if (!category_of_route(rq, tx, &c))
        return;
    category_remove(tx, rq->arena, &c, request_actor(rq), rq->now_us);
    reply_empty(rq, 204);
}

const struct route menu_routes[MENU_ROUTES] = {
    {.name = "menu.whole",
     .method = "GET",
     .pattern = "/v1/shops/{shop_id}/menu",
     .who = WHO_ANYONE,
     .on = RUN_READ,
     .run = get_menu},
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
    {.name = "menu.add",
     .method = "POST",
     .pattern = "/v1/shops/{shop_id}/products",
     .who = WHO_HEADS,
     .on = RUN_WRITE,
     .body_max = BODY_MAX,
     .parse = menu_parse_new,
     .run = add_to_menu},
    {.name = "menu.change",
     .method = "PATCH",
     .pattern = "/v1/products/{id}",
     .who = WHO_STAFF,
     .on = RUN_WRITE,
     .body_max = BODY_MAX,
     .parse = menu_parse_change,
     .run = change_product},
    {.name = "menu.remove",
     .method = "DELETE",
     .pattern = "/v1/products/{id}",
     .who = WHO_HEADS,
     .on = RUN_WRITE,
     .run = remove_product},
    {.name = "menu.add_category",
     .method = "POST",
     .pattern = "/v1/shops/{shop_id}/categories",
     .who = WHO_HEADS,
     .on = RUN_WRITE,
     .body_max = 4096,
     .parse = category_parse_new,
     .run = add_heading},
    {.name = "menu.change_category",
     .method = "PATCH",
     .pattern = "/v1/categories/{id}",
     .who = WHO_HEADS,
     .on = RUN_WRITE,
     .body_max = 4096,
     .parse = category_parse_change,
     .run = change_heading},
    {.name = "menu.remove_category",
     .method = "DELETE",
     .pattern = "/v1/categories/{id}",
     .who = WHO_HEADS,
     .on = RUN_WRITE,
     .run = remove_heading},
};
