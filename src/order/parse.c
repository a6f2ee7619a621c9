/* parse.c - what a client says he wants to order, made into a draft; hostile until proven
 * otherwise. */
#include "order/parse.h"

#include "menu/menu.h"

#define PRICE_TEXT_MAX 40 /* characters of a price, which is more than MONEY_MAX needs */

/* Refuse a field beside those refused before, all under the first one's problem. */
static bool refuse_also(struct request *rq, enum problem p, const char *pointer, const char *reason)
{
    return refuse_field(rq, rq->problem ? rq->problem : p, pointer, reason);
}

/* Refuse one field of one line, as this kind of body names it. */
static bool refuse_line(struct request *rq, enum problem p, bool coffee, size_t i,
                        const char *field, const char *reason)
{
    const char *pointer = coffee ? arena_printf(rq->arena, "/coffee_%s", field)
                                 : arena_printf(rq->arena, "/items/%zu/%s", i, field);
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
        good = refuse_line(rq, PROBLEM_BAD_INPUT, true, 0, "name",
                           "must be text of 1 to 120 characters without control characters");
    if (!parse_price(rq, json_object_get(rq->body, "coffee_price"), &wish->price))
        good = refuse_line(rq, PROBLEM_BAD_INPUT, true, 0, "price",
                           "must be a number in major units, not below 0");
    if (!parse_qty(json_object_get(rq->body, "coffee_qty"), &wish->qty))
        good = refuse_line(rq, PROBLEM_BAD_QUANTITY, true, 0, "qty", "must be 1 to 99");
    return good;
}

static bool parse_item(struct request *rq, const json_t *item, size_t i, struct order_wish *wish)
{
    if (!json_is_object(item))
        return refuse_also(rq, PROBLEM_BAD_INPUT, arena_printf(rq->arena, "/items/%zu", i),
                           "must be an object");
    bool good = true;
    struct id id;
    if (id_parse(json_text(item, "product_id"), &id))
        wish->product_id = arena_str(rq->arena, id_str(&id));
    else
        good = refuse_line(rq, PROBLEM_BAD_INPUT, false, i, "product_id", "must be a UUID");
    if (!parse_qty(json_object_get(item, "qty"), &wish->qty))
        good = refuse_line(rq, PROBLEM_BAD_QUANTITY, false, i, "qty", "must be 1 to 99");
    return good;
}

static bool parse_items(struct request *rq, const json_t *items, struct order_draft *d)
{
    size_t count = json_array_size(items);
    if (count < 1 || count > ORDER_LINES_MAX)
        return refuse_also(rq, PROBLEM_BAD_INPUT, "/items", "must be an array of 1 to 50 items");
    if (json_object_get(rq->body, "coffee_name"))
        return refuse_also(rq, PROBLEM_BAD_INPUT, "/items", "not beside coffee_name");
    struct order_wish *wishes = arena_alloc(rq->arena, count * sizeof *wishes);
    d->wishes = wishes;
    d->wish_count = count;
    bool good = true;
    for (size_t i = 0; i < count; i++)
        if (!parse_item(rq, json_array_get(items, i), i, &wishes[i]))
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

static bool parse_pay(struct request *rq, const json_t *value, struct order_draft *d)
{
    d->pay = PAY_COUNTER;
    if (!value)
        return true;
    if (!order_pay_parse(json_slice(value), &d->pay))
        return refuse_also(rq, PROBLEM_BAD_INPUT, "/pay", "must be counter, qris or gopay");
    if (d->pay != PAY_COUNTER && !order_online_offered(rq->app))
        return refuse(rq, PROBLEM_PAYMENT_UNAVAILABLE, "no payment gateway is configured");
    return true;
}

bool order_parse(struct request *rq)
{
    struct order_form *form = rq->parsed = arena_alloc(rq->arena, sizeof *form);
    struct order_draft *d = &form->draft;
    if (rq->body && !json_is_object(rq->body))
        return refuse_also(rq, PROBLEM_BAD_INPUT, "", "must be an object");
    *d = (struct order_draft){.arena = rq->arena,
                              .id = rq->id,
                              .now_us = rq->now_us,
                              .via = VIA_API,
                              .language = rq->language};
    const json_t *items = json_object_get(rq->body, "items");
    bool good = parse_shop(rq, json_object_get(rq->body, "shop_id"), d);
    form->coffee = !items;
    if (items) {
        good = parse_items(rq, items, d) && good;
    } else {
        struct order_wish *wish = arena_alloc(rq->arena, sizeof *wish);
        d->wishes = wish;
        d->wish_count = 1;
        good = parse_coffee(rq, wish) && good;
    }
    return good && parse_pay(rq, json_object_get(rq->body, "pay"), d);
}

void order_refuse(struct request *rq, const struct order_form *form, enum problem p,
                  const struct order_fault *fault)
{
    bool whole = str_is(str_of(fault->field), "shop_id") || str_is(str_of(fault->field), "pay");
    if (whole)
        refuse_also(rq, p, arena_printf(rq->arena, "/%s", fault->field), fault->reason);
    else
        refuse_line(rq, p, form->coffee, fault->wish, fault->field, fault->reason);
}
