/* options.c - the codec of a product's options: checks what a shop sends, chooses what a customer
 * wishes. No I/O. */
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

/* ---- Choosing: on the path of every order, so without a tree ---- */

/* A line while its options are chosen. */
struct choosing {
    struct arena *arena;      /* memory of the work */
    const struct str *wished; /* ids of choices */
    size_t wished_count;
    bool met[OPTION_CHOSEN_MAX]; /* which of them were found */
    struct chosen *chosen;       /* what was chosen so far */
    size_t count;                /* of those */
    const char *why;             /* why not */
};

/* A group as it stands in the document; slices of it. */
struct group {
    struct str id;      /* text */
    struct str choices; /* an array, as it is written */
    int64_t min;        /* how many must be chosen */
    int64_t max;        /* and may */
};

/* A choice as it stands in the document; slices of it. */
struct choice {
    struct str id;   /* text */
    struct str name; /* as it is written, with its quotes */
    int64_t price;   /* minor units; -1: not a number */
    bool available;  /* may be chosen now */
};

static enum problem no(struct choosing *c, enum problem p, const char *reason, struct str what)
{
    c->why = arena_printf(c->arena, "%s: %.*s", reason, STR_ARG(what));
    return p;
}

static int64_t number(struct str written)
{
    uint64_t value;
    return str_to_u64(written, MONEY_MAX, &value) ? (int64_t)value : -1;
}

static struct group read_group(struct choosing *c, struct str written)
{
    struct group g = {0};
    struct str key, value;
    struct json_walk w = json_walk(written);
    while (json_walk_next(&w, &key, &value)) {
        if (str_is(key, "id"))
            g.id = json_plain(c->arena, value);
        else if (str_is(key, "min"))
            g.min = number(value);
        else if (str_is(key, "max"))
            g.max = number(value);
        else if (str_is(key, "choices"))
            g.choices = value;
    }
    return g;
}

static struct choice read_choice(struct choosing *c, struct str written)
{
    struct choice one = {.price = -1, .available = true};
    struct str key, value;
    struct json_walk w = json_walk(written);
    while (json_walk_next(&w, &key, &value)) {
        if (str_is(key, "id"))
            one.id = json_plain(c->arena, value);
        else if (str_is(key, "name"))
            one.name = value;
        else if (str_is(key, "price"))
            one.price = number(value);
        else if (str_is(key, "available"))
            one.available = str_is(value, "true");
    }
    return one;
}

static enum problem take(struct choosing *c, const struct choice *one)
{
    if (c->count == OPTION_CHOSEN_MAX)
        return no(c, PROBLEM_BAD_OPTIONS, "more than 16 in all", one->id);
    if (one->price < 0)
        return no(c, PROBLEM_BAD_OPTIONS, "has no price", one->id);
    c->chosen[c->count++] =
        (struct chosen){.id = arena_str(c->arena, one->id),
                        .name = arena_str(c->arena, json_plain(c->arena, one->name)),
                        .price = one->price};
    return PROBLEM_NONE;
}

/* Was this choice wished? Marks the wish. */
static bool is_wished(struct choosing *c, struct str id)
{
    for (size_t i = 0; i < c->wished_count; i++) {
        if (!c->met[i] && str_eq(c->wished[i], id)) {
            c->met[i] = true;
            return true;
        }
    }
    return false;
}

static enum problem take_wished(struct choosing *c, struct str choices)
{
    struct str key, value;
    struct json_walk w = json_walk(choices);
    while (json_walk_next(&w, &key, &value)) {
        struct choice one = read_choice(c, value);
        if (!is_wished(c, one.id))
            continue;
        enum problem p =
            one.available ? take(c, &one) : no(c, PROBLEM_SOLD_OUT, "sold out", one.id);
        if (p)
            return p;
    }
    return PROBLEM_NONE;
}

/* The first `min` that can be had. */
static enum problem take_first(struct choosing *c, const struct group *g)
{
    int64_t left = g->min;
    struct str key, value;
    struct json_walk w = json_walk(g->choices);
    while (left > 0 && json_walk_next(&w, &key, &value)) {
        struct choice one = read_choice(c, value);
        if (!one.available)
            continue;
        enum problem p = take(c, &one);
        if (p)
            return p;
        left--;
    }
    return left > 0 ? no(c, PROBLEM_SOLD_OUT, "nothing left to choose of", g->id) : PROBLEM_NONE;
}

static enum problem choose_group(struct choosing *c, const struct group *g)
{
    size_t before = c->count;
    enum problem p = c->wished_count ? take_wished(c, g->choices) : PROBLEM_NONE;
    int64_t taken = (int64_t)(c->count - before);
    if (p)
        return p;
    if (taken > g->max)
        return no(c, PROBLEM_BAD_OPTIONS, "too many of", g->id);
    if (taken > 0 && taken < g->min)
        return no(c, PROBLEM_BAD_OPTIONS, "too few of", g->id);
    return taken == 0 && g->min > 0 ? take_first(c, g) : PROBLEM_NONE;
}

static enum problem choose(struct choosing *c, struct str document)
{
    struct str key, value;
    struct json_walk w = json_walk(document);
    while (json_walk_next(&w, &key, &value)) {
        struct group g = read_group(c, value);
        enum problem p = choose_group(c, &g);
        if (p)
            return p;
    }
    for (size_t i = 0; i < c->wished_count; i++)
        if (!c->met[i])
            return no(c, PROBLEM_BAD_OPTIONS,
                      is_among(c->wished[i], c->wished, i) ? "said twice" : "no such choice",
                      c->wished[i]);
    return PROBLEM_NONE;
}

enum problem options_choose(struct str document, const struct str *wished, size_t wished_count,
                            struct arena *arena, struct chosen chosen[OPTION_CHOSEN_MAX],
                            size_t *count_r, const char **why_r)
{
    struct choosing c = {
        .arena = arena, .wished = wished, .wished_count = wished_count, .chosen = chosen};
    *count_r = 0;
    *why_r = "";
    if (document.len == 0 && wished_count == 0)
        return PROBLEM_NONE;
    if (wished_count > OPTION_CHOSEN_MAX) {
        *why_r = "more than 16 options";
        return PROBLEM_BAD_OPTIONS;
    }
    enum problem p = choose(&c, document);
    *why_r = c.why ? c.why : "";
    *count_r = p ? 0 : c.count;
    return p;
}
