/* choose.c - what a customer gets of a product's options. On the path of every order: the document
 * is walked without building a tree of it, which takes a quarter of the time. */
#include "menu/options.h"

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

/* The id of a choice, which stands before its other members: most of them nobody wished. */
static struct str id_of_choice(struct choosing *c, struct str written)
{
    struct str key, value;
    struct json_walk w = json_walk(written);
    while (json_walk_next(&w, &key, &value))
        if (str_is(key, "id"))
            return json_plain(c->arena, value);
    return (struct str){0};
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
        if (!is_wished(c, id_of_choice(c, value)))
            continue;
        struct choice one = read_choice(c, value);
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

/* Was the wish said before? */
static bool is_repeated(const struct choosing *c, size_t wish)
{
    for (size_t i = 0; i < wish; i++)
        if (str_eq(c->wished[i], c->wished[wish]))
            return true;
    return false;
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
            return no(c, PROBLEM_BAD_OPTIONS, is_repeated(c, i) ? "said twice" : "no such choice",
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
