/* parse.c - what clients say about products and categories; hostile until proven otherwise. */
#include "menu/parse.h"

#include "menu/options.h"

#define ICON_MAX 190 /* bytes of a picture's path */

static bool bad(struct request *rq, const char *pointer, const char *reason)
{
    return refuse_field(rq, PROBLEM_BAD_INPUT, pointer, reason);
}

static bool is_object(struct request *rq)
{
    return json_is_object(rq->body) || bad(rq, "", "must be an object");
}

static bool parse_price(struct request *rq, const json_t *price, struct menu_change *change)
{
    change->has_price = true;
    if (!json_is_object(price))
        return bad(rq, "/price", "must be {amount,currency}");
    bool good = true;
    if (!json_int(price, "amount", &change->price) || change->price < 0 ||
        change->price > MONEY_MAX)
        good = bad(rq, "/price/amount", "must be an integer in minor units, 0 to 10^15");
    if (!currency_parse(json_text(price, "currency"), &change->currency))
        good = bad(rq, "/price/currency", "no currency we know");
    return good;
}

static bool parse_name(struct request *rq, const json_t *name, struct str *name_r)
{
    *name_r = json_slice(name);
    return (name_r->at && menu_name_clean(name_r)) ||
           bad(rq, "/name", "must be text of 1 to 120 characters without control characters");
}

static bool parse_position(struct request *rq, const json_t *position, bool *has_r,
                           int64_t *position_r)
{
    *has_r = true;
    *position_r = json_integer_value(position);
    return (json_is_integer(position) && *position_r >= 0 && *position_r <= MENU_POSITION_MAX) ||
           bad(rq, "/position", "must be an integer from 0 to 1000000");
}

static bool parse_available(struct request *rq, const json_t *available, struct menu_change *change)
{
    change->has_available = true;
    change->available = json_is_true(available);
    return json_is_boolean(available) || bad(rq, "/available", "must be true or false");
}

static bool parse_stock(struct request *rq, const json_t *stock, struct menu_change *change)
{
    change->has_stock = true;
    change->stock = json_is_null(stock) ? MENU_UNCOUNTED : json_integer_value(stock);
    return json_is_null(stock) ||
           (json_is_integer(stock) && change->stock >= 0 && change->stock <= MENU_STOCK_MAX) ||
           bad(rq, "/stock", "must be an integer from 0 to 1000000, or null: nobody counts");
}

static bool parse_description(struct request *rq, const json_t *text, struct menu_change *change)
{
    change->description = json_is_null(text) ? STR("") : json_slice(text);
    return change->description.at &&
                   (change->description.len == 0 || str_clean(&change->description, MENU_TEXT_MAX))
               ? true
               : bad(rq, "/description",
                     "must be text of at most 500 characters without control characters");
}

/* The path of a picture on this server: neither another host's nor one that climbs. */
static bool is_icon(struct str s)
{
    if (s.len < 2 || s.len > ICON_MAX || s.at[0] != '/')
        return false;
    for (size_t i = 1; i < s.len; i++) {
        char c = s.at[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     c == '-' || c == '_';
        bool between = (c == '.' || c == '/') && s.at[i - 1] != '.' && s.at[i - 1] != '/';
        if (!plain && !between)
            return false;
    }
    return true;
}

static bool parse_icon(struct request *rq, const json_t *icon, struct menu_change *change)
{
    change->icon = json_slice(icon);
    return is_icon(change->icon) ||
           bad(rq, "/icon", "must be the path of a picture here, such as /icons/tea.svg");
}

static bool parse_category(struct request *rq, const json_t *category, struct menu_change *change)
{
    struct id id;
    change->category_id = STR("");
    if (json_is_null(category))
        return true;
    if (!id_parse(json_slice(category), &id))
        return bad(rq, "/category_id", "must be a UUID, or null");
    change->category_id = arena_str(rq->arena, id_str(&id));
    return true;
}

static bool parse_options(struct request *rq, const json_t *options, struct menu_change *change)
{
    const char *pointer;
    const char *why =
        options_check_v1(options, rq->arena, &change->options, &change->option_curr, &pointer);
    return !why || bad(rq, arena_printf(rq->arena, "/options%s", pointer), why);
}

/* The members beside name and price. */
static bool parse_rest(struct request *rq, struct menu_change *change)
{
    static const struct {
        const char *key; /* as the body names it */
        bool (*parse)(struct request *rq, const json_t *value, struct menu_change *change);
    } members[] = {
        {"available", parse_available},     {"stock", parse_stock},
        {"description", parse_description}, {"icon", parse_icon},
        {"category_id", parse_category},    {"options", parse_options},
    };
    bool good = true;
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        const json_t *value = json_object_get(rq->body, members[i].key);
        if (value && !members[i].parse(rq, value, change))
            good = false;
    }
    const json_t *position = json_object_get(rq->body, "position");
    return (!position || parse_position(rq, position, &change->has_position, &change->position)) &&
           good;
}

bool menu_parse_new(struct request *rq)
{
    struct menu_change *change = rq->parsed = arena_alloc(rq->arena, sizeof *change);
    if (!is_object(rq))
        return false;
    bool good = parse_name(rq, json_object_get(rq->body, "name"), &change->name);
    good = parse_price(rq, json_object_get(rq->body, "price"), change) && good;
    return parse_rest(rq, change) && good;
}

bool menu_parse_change(struct request *rq)
{
    struct menu_change *change = rq->parsed = arena_alloc(rq->arena, sizeof *change);
    if (!is_object(rq))
        return false;
    const json_t *name = json_object_get(rq->body, "name");
    const json_t *price = json_object_get(rq->body, "price");
    bool good = !price || parse_price(rq, price, change);
    good = (!name || parse_name(rq, name, &change->name)) && good;
    return parse_rest(rq, change) && good;
}

bool category_parse_change(struct request *rq)
{
    struct category_form *form = rq->parsed = arena_alloc(rq->arena, sizeof *form);
    if (!is_object(rq))
        return false;
    const json_t *name = json_object_get(rq->body, "name");
    const json_t *position = json_object_get(rq->body, "position");
    bool good = !name || parse_name(rq, name, &form->name);
    return (!position || parse_position(rq, position, &form->has_position, &form->position)) &&
           good;
}

bool category_parse_new(struct request *rq)
{
    if (!category_parse_change(rq))
        return false;
    const struct category_form *form = rq->parsed;
    return form->name.at || parse_name(rq, NULL, &(struct str){0});
}
