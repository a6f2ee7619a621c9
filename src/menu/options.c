/* options.c - the codec of a product's options: checks what a shop sends, and shows it again. What
 * a customer wishes of them is chosen in choose.c. */
#include "menu/options.h"

#include "menu/menu.h"

#define SLUG_MAX 32

/* A document while it is checked. */
struct checking {
    struct arena *arena;                  /* memory of the work */
    struct jout out;                      /* the canonical text */
    bool money;                           /* prices are {amount,currency} */
    enum currency seen;                   /* of the prices; CURRENCY_COUNT before the first */
    struct str groups[OPTION_GROUPS_MAX]; /* ids so far */
    size_t group_count;
    struct str choices[OPTION_GROUPS_MAX * OPTION_CHOICES_MAX]; /* ids so far */
    size_t choice_count;
    int64_t least;       /* choices that must be made in all groups so far */
    const char *pointer; /* where it is wrong */
};

static bool is_slug(struct str s)
{
    if (s.len == 0 || s.len > SLUG_MAX)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.at[i];
        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-')
            return false;
    }
    return true;
}

static bool is_among(struct str id, const struct str *ids, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (str_eq(id, ids[i]))
            return true;
    return false;
}

static const char *wrong(struct checking *c, const char *where, const char *member,
                         const char *reason)
{
    c->pointer = arena_printf(c->arena, "%s%s", where, member);
    return reason;
}

/* Id and name of a group or a choice, and write them. */
static const char *check_label(struct checking *c, const json_t *value, const char *where,
                               struct str *ids, size_t *count)
{
    struct str id = json_text(value, "id");
    struct str name = json_text(value, "name");
    if (!json_is_object(value))
        return wrong(c, where, "", "must be an object");
    if (!is_slug(id))
        return wrong(c, where, "/id", "must be 1 to 32 small letters, digits and '-'");
    if (is_among(id, ids, *count))
        return wrong(c, where, "/id", "stands twice");
    if (!name.at || !menu_name_clean(&name))
        return wrong(c, where, "/name",
                     "must be text of 1 to 120 characters without control characters");
    ids[(*count)++] = id;
    jout_field_str(&c->out, "id", id);
    jout_field_str(&c->out, "name", name);
    return NULL;
}

static const char *check_currency(struct checking *c, const json_t *price, const char *where)
{
    enum currency currency;
    if (!json_is_object(price))
        return wrong(c, where, "/price", "must be {amount,currency}");
    if (!currency_parse(json_text(price, "currency"), &currency) ||
        (c->seen != CURRENCY_COUNT && c->seen != currency))
        return wrong(c, where, "/price/currency", "not the shop's currency");
    c->seen = currency;
    return NULL;
}

/* Without a price a choice costs nothing. */
static const char *check_price(struct checking *c, const json_t *choice, const char *where)
{
    const json_t *price = json_object_get(choice, "price");
    const char *why = price && c->money ? check_currency(c, price, where) : NULL;
    int64_t amount = 0;
    if (why)
        return why;
    if (price && (!json_int(c->money ? price : choice, c->money ? "amount" : "price", &amount) ||
                  amount < 0 || amount > MONEY_MAX))
        return wrong(c, where, c->money ? "/price/amount" : "/price",
                     "must be an integer in minor units, 0 to 10^15");
    jout_field_int(&c->out, "price", amount);
    return NULL;
}

static const char *check_choice(struct checking *c, const json_t *choice, const char *where)
{
    const json_t *available = json_object_get(choice, "available");
    jout_object(&c->out);
    const char *why = check_label(c, choice, where, c->choices, &c->choice_count);
    if (!why)
        why = check_price(c, choice, where);
    if (why)
        return why;
    if (available && !json_is_boolean(available))
        return wrong(c, where, "/available", "must be true or false");
    if (json_is_false(available))
        jout_field_bool(&c->out, "available", false);
    jout_object_end(&c->out);
    return NULL;
}

/* How many must and may be chosen of `choices`; left out, none must and one may. */
static const char *check_bounds(struct checking *c, const json_t *group, size_t choices,
                                const char *where)
{
    int64_t min = 0;
    int64_t max = 1;
    if (json_object_get(group, "max") &&
        (!json_int(group, "max", &max) || max < 1 || max > (int64_t)choices))
        return wrong(c, where, "/max", "must be an integer from 1 to the number of choices");
    if (json_object_get(group, "min") && (!json_int(group, "min", &min) || min < 0 || min > max))
        return wrong(c, where, "/min", "must be an integer from 0 to max");
    c->least += min;
    if (c->least > OPTION_CHOSEN_MAX)
        return wrong(c, where, "/min", "more must be chosen than a line takes");
    jout_field_int(&c->out, "min", min);
    jout_field_int(&c->out, "max", max);
    return NULL;
}

static const char *check_group(struct checking *c, const json_t *group, const char *where)
{
    const json_t *choices = json_object_get(group, "choices");
    size_t count = json_array_size(choices);
    jout_object(&c->out);
    const char *why = check_label(c, group, where, c->groups, &c->group_count);
    if (why)
        return why;
    if (count < 1 || count > OPTION_CHOICES_MAX)
        return wrong(c, where, "/choices", "must be an array of 1 to 20 choices");
    why = check_bounds(c, group, count, where);
    if (why)
        return why;
    jout_key(&c->out, "choices");
    jout_array(&c->out);
    for (size_t i = 0; i < count && !why; i++)
        why = check_choice(c, json_array_get(choices, i),
                           arena_printf(c->arena, "%s/choices/%zu", where, i));
    jout_array_end(&c->out);
    jout_object_end(&c->out);
    return why;
}

static const char *check_all(struct checking *c, const json_t *document)
{
    const char *why = NULL;
    size_t count = json_array_size(document);
    if (!json_is_array(document) || count > OPTION_GROUPS_MAX)
        return wrong(c, "", "", "must be an array of at most 8 groups");
    jout_array(&c->out);
    for (size_t i = 0; i < count && !why; i++)
        why = check_group(c, json_array_get(document, i), arena_printf(c->arena, "/%zu", i));
    jout_array_end(&c->out);
    if (!why && c->out.out->len > OPTIONS_TEXT_MAX)
        return wrong(c, "", "", "too long: at most 8192 bytes in all");
    return why;
}

static const char *check(struct checking *c, const json_t *document, struct str *text_r,
                         const char **pointer_r)
{
    struct buf text = buf_in(c->arena);
    c->out = jout_to(&text);
    const char *why = check_all(c, document);
    *pointer_r = c->pointer;
    *text_r = json_array_size(document) == 0 ? STR("") : buf_str(&text);
    return why;
}

const char *options_check(const json_t *document, struct arena *arena, struct str *text_r,
                          const char **pointer_r)
{
    struct checking *c = arena_alloc(arena, sizeof *c);
    c->arena = arena;
    return check(c, document, text_r, pointer_r);
}

const char *options_check_v1(const json_t *document, struct arena *arena, struct str *text_r,
                             enum currency *currency_r, const char **pointer_r)
{
    struct checking *c = arena_alloc(arena, sizeof *c);
    c->arena = arena;
    c->money = true;
    c->seen = CURRENCY_COUNT;
    const char *why = check(c, document, text_r, pointer_r);
    *currency_r = c->seen;
    return why;
}

static void write_choice(struct jout *j, const json_t *choice, enum currency currency)
{
    int64_t price = 0;
    if (!json_int(choice, "price", &price))
        price = 0;
    jout_object(j);
    jout_field_str(j, "id", json_text(choice, "id"));
    jout_field_str(j, "name", json_text(choice, "name"));
    money_field_minor(j, "price", price, currency);
    jout_field_bool(j, "available", !json_is_false(json_object_get(choice, "available")));
    jout_object_end(j);
}

static void write_group(struct jout *j, const json_t *group, enum currency currency)
{
    const json_t *choices = json_object_get(group, "choices");
    jout_object(j);
    jout_field_str(j, "id", json_text(group, "id"));
    jout_field_str(j, "name", json_text(group, "name"));
    jout_field_int(j, "min", json_integer_value(json_object_get(group, "min")));
    jout_field_int(j, "max", json_integer_value(json_object_get(group, "max")));
    jout_key(j, "choices");
    jout_array(j);
    for (size_t i = 0; i < json_array_size(choices); i++)
        write_choice(j, json_array_get(choices, i), currency);
    jout_array_end(j);
    jout_object_end(j);
}

void options_write_v1(struct jout *j, struct str document, enum currency currency)
{
    const char *why;
    json_t *groups = document.len ? json_read(document, &why) : NULL;
    jout_array(j);
    for (size_t i = 0; i < json_array_size(groups); i++)
        write_group(j, json_array_get(groups, i), currency);
    jout_array_end(j);
    json_decref(groups);
}
