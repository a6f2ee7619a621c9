/* parse.c - what a client says he wants to order, made into a draft; hostile until proven
 * otherwise. */
#include "order/parse.h"

#include "app/app.h"
#include "app/track_link.h"
#include "menu/menu.h"

#define PRICE_TEXT_MAX 40 /* characters of a price, which is more than MONEY_MAX needs */

/* The kinds of bodies. */
static const struct order_body coffee_body = {NULL, "name", "qty"};
static const struct order_body items_body = {"/items", "product_id", "qty"};
static const struct order_body submit_body = {"/items", "menu_id", "count"};
static const struct order_body bare_body = {"", "menu_id", "count"};

/* Refuse a field beside those refused before, all under the first one's problem. */
static bool refuse_also(struct request *rq, enum problem p, const char *pointer, const char *reason)
{
    return refuse_field(rq, rq->problem ? rq->problem : p, pointer, reason);
}

/* A line's field by the name this kind of body has for it. A coffee's name stands for all that its
 * product is. */
static const char *field_name(const struct order_body *body, const char *field)
{
    if (str_is(str_of(field), "product_id") || (!body->list && str_is(str_of(field), "options")))
        return body->product;
    return str_is(str_of(field), "qty") ? body->qty : field;
}

/* Refuse one field of one line, as this kind of body names it. */
static bool refuse_line(struct request *rq, enum problem p, const struct order_body *body, size_t i,
                        const char *field, const char *reason)
{
    const char *name = field_name(body, field);
    const char *pointer = body->list ? arena_printf(rq->arena, "%s/%zu/%s", body->list, i, name)
                                     : arena_printf(rq->arena, "/coffee_%s", name);
    return refuse_also(rq, p, pointer, reason);
}

/* Digits, perhaps a point and more digits. */
static bool is_decimal(struct str text)
{
    size_t points = 0;
    if (text.len == 0 || text.len > PRICE_TEXT_MAX || text.at[0] == '.' ||
        text.at[text.len - 1] == '.')
        return false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        points += c == '.';
        if (c != '.' && (c < '0' || c > '9'))
            return false;
    }
    return points <= 1;
}

/* A price as decimal text: an integer, a number with a fraction, or either of them as a string. Six
 * digits of fraction are more than any currency stores. */
static bool parse_price(struct request *rq, const json_t *value, struct str *text_r)
{
    if (json_is_integer(value))
        *text_r = str_of(arena_printf(rq->arena, "%lld", (long long)json_integer_value(value)));
    else if (json_is_real(value))
        *text_r = str_of(arena_printf(rq->arena, "%.6f", json_real_value(value)));
    else
        *text_r = str_trim(json_slice(value));
    return is_decimal(*text_r);
}

static bool parse_qty(const json_t *value, int64_t *qty_r)
{
    *qty_r = 1;
    return !value || (json_int_lenient(value, qty_r) && *qty_r >= 1 && *qty_r <= ORDER_QTY_MAX);
}

static bool parse_coffee(struct request *rq, struct order_wish *wish)
{
    bool good = true;
    wish->name = json_slice(json_object_get(rq->body, "coffee_name"));
    if (!wish->name.at || !menu_name_clean(&wish->name))
        good = refuse_line(rq, PROBLEM_BAD_INPUT, &coffee_body, 0, "name",
                           "must be text of 1 to 120 characters without control characters");
    if (!parse_price(rq, json_object_get(rq->body, "coffee_price"), &wish->price))
        good = refuse_line(rq, PROBLEM_BAD_INPUT, &coffee_body, 0, "price",
                           "must be a number in major units, not below 0");
    if (!parse_qty(json_object_get(rq->body, "coffee_qty"), &wish->qty))
        good = refuse_line(rq, PROBLEM_BAD_QUANTITY, &coffee_body, 0, "qty", "must be 1 to 99");
    return good;
}

bool order_parse_options(struct arena *arena, const json_t *item, struct order_wish *wish)
{
    const json_t *list = json_object_get(item, "options");
    size_t count = json_array_size(list);
    if (!list)
        return true;
    if (!json_is_array(list) || count > OPTION_CHOSEN_MAX)
        return false;
    struct str *ids = arena_alloc(arena, count * sizeof *ids);
    for (size_t i = 0; i < count; i++) {
        ids[i] = json_slice(json_array_get(list, i));
        if (!ids[i].at)
            return false;
    }
    wish->options = ids;
    wish->option_count = count;
    return true;
}

static bool parse_item(struct request *rq, const struct order_body *body, const json_t *item,
                       size_t i, struct order_wish *wish)
{
    if (!json_is_object(item))
        return refuse_also(rq, PROBLEM_BAD_INPUT, arena_printf(rq->arena, "%s/%zu", body->list, i),
                           "must be an object");
    bool good = true;
    struct id id;
    if (id_parse(json_text(item, body->product), &id))
        wish->product_id = arena_str(rq->arena, id_str(&id));
    else
        good = refuse_line(rq, PROBLEM_BAD_INPUT, body, i, "product_id", "must be a UUID");
    if (!parse_qty(json_object_get(item, body->qty), &wish->qty))
        good = refuse_line(rq, PROBLEM_BAD_QUANTITY, body, i, "qty", "must be 1 to 99");
    const json_t *price = json_object_get(item, "price");
    if (price && !parse_price(rq, price, &wish->price))
        good = refuse_line(rq, PROBLEM_BAD_INPUT, body, i, "price",
                           "must be a number in major units, not below 0");
    if (!order_parse_options(rq->arena, item, wish))
        good = refuse_line(rq, PROBLEM_BAD_OPTIONS, body, i, "options",
                           "must be a list of at most 16 ids of choices");
    return good;
}

static bool parse_items(struct request *rq, const json_t *items, struct order_form *form)
{
    size_t count = json_array_size(items);
    if (count < 1 || count > ORDER_LINES_MAX)
        return refuse_also(rq, PROBLEM_BAD_INPUT, form->body->list,
                           "must be an array of 1 to 50 items");
    struct order_wish *wishes = arena_alloc(rq->arena, count * sizeof *wishes);
    form->draft.wishes = wishes;
    form->draft.wish_count = count;
    bool good = true;
    for (size_t i = 0; i < count; i++)
        if (!parse_item(rq, form->body, json_array_get(items, i), i, &wishes[i]))
            good = false;
    return good;
}

static bool parse_shop(struct request *rq, const json_t *value, struct order_draft *d)
{
    struct id id;
    if (!value)
        return true;
    if (!id_parse(json_slice(value), &id))
        return refuse_also(rq, PROBLEM_BAD_INPUT, "/shop_id", "must be a UUID");
    d->shop_id = arena_str(rq->arena, id_str(&id));
    return true;
}

/* His id or his username; more than either is long is neither. */
static bool parse_owner(struct request *rq, const json_t *value, struct order_draft *d)
{
    if (!value)
        return true;
    if (d->shop_id.at)
        return refuse_also(rq, PROBLEM_BAD_INPUT, "/owner_id", "not beside shop_id");
    d->owner = json_slice(value);
    return (d->owner.at && menu_name_clean(&d->owner)) ||
           refuse_also(rq, PROBLEM_BAD_INPUT, "/owner_id", "must be an id or a username");
}

static bool parse_pay(struct request *rq, const json_t *value, struct order_draft *d)
{
    d->pay = PAY_COUNTER;
    if (!value)
        return true;
    if (!order_pay_parse(json_slice(value), &d->pay))
        return refuse_also(rq, PROBLEM_BAD_INPUT, "/pay", "must be counter, qris or gopay");
    if (d->pay != PAY_COUNTER && !app_online_payment(rq->app))
        return refuse(rq, PROBLEM_PAYMENT_UNAVAILABLE, "no payment gateway is configured");
    return true;
}

static struct order_form *form_new(struct request *rq, enum order_via via)
{
    struct order_form *form = rq->parsed = arena_alloc(rq->arena, sizeof *form);
    form->draft = (struct order_draft){.arena = rq->arena,
                                       .id = rq->id,
                                       .now_us = rq->now_us,
                                       .via = via,
                                       .language = rq->language};
    return form;
}

/* The last step of a form that has been right so far. */
static bool form_done(struct request *rq, struct order_form *form)
{
    if (!parse_pay(rq, json_object_get(rq->body, "pay"), &form->draft))
        return false;
    form->track = track_link_path(rq, id_str(&form->draft.id), rq->arena);
    return true;
}

/* One line by name and price. */
static bool parse_one(struct request *rq, struct order_form *form)
{
    struct order_wish *wish = arena_alloc(rq->arena, sizeof *wish);
    form->body = &coffee_body;
    form->draft.wishes = wish;
    form->draft.wish_count = 1;
    return parse_coffee(rq, wish);
}

bool order_parse(struct request *rq)
{
    struct order_form *form = form_new(rq, VIA_API);
    if (rq->body && !json_is_object(rq->body))
        return refuse_also(rq, PROBLEM_BAD_INPUT, "", "must be an object");
    const json_t *items = json_object_get(rq->body, "items");
    bool good = parse_shop(rq, json_object_get(rq->body, "shop_id"), &form->draft);
    form->body = &items_body;
    if (items && json_object_get(rq->body, "coffee_name"))
        return refuse_also(rq, PROBLEM_BAD_INPUT, "/items", "not beside coffee_name");
    good = (items ? parse_items(rq, items, form) : parse_one(rq, form)) && good;
    return good && form_done(rq, form);
}

bool order_parse_submit(struct request *rq)
{
    struct order_form *form = form_new(rq, VIA_WEB);
    bool bare = json_is_array(rq->body);
    form->body = bare ? &bare_body : &submit_body;
    if (!bare && !json_is_object(rq->body))
        return refuse_also(rq, PROBLEM_BAD_INPUT, "", "must be an object or an array");
    bool good = parse_shop(rq, json_object_get(rq->body, "shop_id"), &form->draft);
    good = parse_owner(rq, json_object_get(rq->body, "owner_id"), &form->draft) && good;
    good = parse_items(rq, bare ? rq->body : json_object_get(rq->body, "items"), form) && good;
    return good && form_done(rq, form);
}

void order_refuse(struct request *rq, const struct order_form *form, enum problem p,
                  const struct order_fault *fault)
{
    static const char *const of_all[] = {"shop_id", "owner_id", "pay"};
    for (size_t i = 0; i < ARRAY_LEN(of_all); i++) {
        if (!str_is(str_of(fault->field), of_all[i]))
            continue;
        refuse_also(rq, p, arena_printf(rq->arena, "/%s", fault->field), fault->reason);
        return;
    }
    refuse_line(rq, p, form->body, fault->wish, fault->field, fault->reason);
}
