/* parse.c - what clients say about shops and their people; hostile until proven otherwise. */
#include "shop/parse.h"

#include "base/clock.h"

#define NAME_MAX_CHARS 120
#define WHO_MAX        190 /* bytes of a username or id */

static bool bad(struct request *rq, const char *pointer, const char *reason)
{
    return refuse_field(rq, PROBLEM_BAD_INPUT, pointer, reason);
}

static bool is_object(struct request *rq)
{
    return json_is_object(rq->body) || bad(rq, "", "must be an object");
}

static bool parse_name(struct request *rq, struct str *name_r)
{
    *name_r = json_text(rq->body, "name");
    return (name_r->at && str_clean(name_r, NAME_MAX_CHARS)) ||
           bad(rq, "/name", "must be text of 1 to 120 characters without control characters");
}

static bool parse_language(struct request *rq, enum language *language_r)
{
    struct str tag = json_text(rq->body, "language");
    return (tag.at && language_parse(tag, language_r)) ||
           bad(rq, "/language", "must be en, id, ko or pl");
}

/* Whether it is one is known to a file only: whoever writes asks. */
static bool parse_timezone(struct request *rq, struct str *timezone_r)
{
    *timezone_r = json_text(rq->body, "timezone");
    return (timezone_r->len > 0 && timezone_r->len <= ZONE_NAME_MAX) ||
           bad(rq, "/timezone", "must be the name of a time zone, such as Asia/Jakarta");
}

static bool parse_who(struct request *rq, const char *key, const char *pointer, struct str *who_r)
{
    *who_r = json_text(rq->body, key);
    return (who_r->len > 0 && who_r->len <= WHO_MAX) || bad(rq, pointer, "must be a username");
}

bool shop_parse_new(struct request *rq)
{
    struct shop_form *form = rq->parsed = arena_alloc(rq->arena, sizeof *form);
    struct shop *s = &form->shop;
    if (!is_object(rq))
        return false;
    s->id = arena_str(rq->arena, id_str(&rq->id));
    s->open = true;
    bool good = parse_name(rq, &s->name);
    if (!currency_parse(json_text(rq->body, "currency"), &s->currency))
        good = bad(rq, "/currency", "must be IDR, KRW, PLN, EUR or USD");
    good = parse_language(rq, &s->language) && good;
    good = parse_timezone(rq, &s->timezone) && good;
    return parse_who(rq, "owner", "/owner", &form->owner) && good;
}

/* A switch that may be absent. */
static bool parse_switch(struct request *rq, const char *key, const char *pointer, bool *has_r,
                         bool *value_r)
{
    const json_t *value = json_object_get(rq->body, key);
    *has_r = value != NULL;
    *value_r = json_is_true(value);
    return !value || json_is_boolean(value) || bad(rq, pointer, "must be true or false");
}

static bool parse_accept(struct request *rq, struct shop_change *c)
{
    int64_t seconds;
    c->has_accept = json_object_get(rq->body, "accept_seconds") != NULL;
    if (!c->has_accept)
        return true;
    if (!json_int(rq->body, "accept_seconds", &seconds) || seconds < 0 ||
        seconds > SHOP_ACCEPT_MAX_S)
        return bad(rq, "/accept_seconds", "must be an integer from 0 to 86400");
    c->accept_us = seconds * US_PER_S;
    return true;
}

static bool parse_hours(struct request *rq, struct shop_change *c)
{
    const json_t *value = json_object_get(rq->body, "hours");
    const char *pointer;
    c->has_hours = value != NULL;
    const char *why = value ? hours_check(value, rq->arena, &c->hours, &pointer) : NULL;
    return !why || bad(rq, arena_printf(rq->arena, "/hours%s", pointer), why);
}

bool shop_parse_change(struct request *rq)
{
    struct shop_change *c = rq->parsed = arena_alloc(rq->arena, sizeof *c);
    if (!is_object(rq))
        return false;
    c->has_language = json_object_get(rq->body, "language") != NULL;
    bool good = !json_object_get(rq->body, "name") || parse_name(rq, &c->name);
    good = (!c->has_language || parse_language(rq, &c->language)) && good;
    good = (!json_object_get(rq->body, "timezone") || parse_timezone(rq, &c->timezone)) && good;
    good = parse_switch(rq, "free_form", "/free_form", &c->has_free_form, &c->free_form) && good;
    good = parse_switch(rq, "paused", "/paused", &c->has_paused, &c->paused) && good;
    good = parse_accept(rq, c) && good;
    return parse_hours(rq, c) && good;
}

bool shop_parse_hire(struct request *rq)
{
    struct hire_form *form = rq->parsed = arena_alloc(rq->arena, sizeof *form);
    if (!is_object(rq))
        return false;
    bool good = parse_who(rq, "username", "/username", &form->username);
    if (!role_parse(json_text(rq->body, "role"), &form->role) ||
        !(STAFF_ROLES & ROLE_BIT(form->role)))
        good = bad(rq, "/role", "must be owner, manager, barista or courier");
    return good;
}
