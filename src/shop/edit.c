/* edit.c - making shops and changing them, and the one place that decides whether a shop is open.
 */
#include "shop/edit.h"

#include "base/clock.h"
#include "base/log.h"
#include "journal/deadline.h"
#include "shop/staff.h"

#define SERVICE  STR("service:shop")
#define RETRY_US (3600 * US_PER_S) /* until a time zone that could not be read is tried again */

void shop_terms(struct db *db, struct str shop_id, struct arena *arena, struct shop_terms *terms_r)
{
    struct db_rows *rows =
        db_query(db, "SELECT paused, hours FROM shops WHERE id = ?", DB_TEXT(shop_id));
    *terms_r = (struct shop_terms){0};
    if (db_row(rows)) {
        terms_r->paused = db_int(rows, 0) != 0;
        terms_r->hours = arena_str(arena, db_text(rows, 1));
    }
    db_end(rows);
}

/* When a shop takes orders. */
struct plan {
    bool paused;        /* never now */
    struct hours hours; /* else within these */
};

static struct plan read_plan(struct db *tx, struct str shop_id, struct arena *arena)
{
    struct shop_terms terms;
    shop_terms(tx, shop_id, arena, &terms);
    return (struct plan){terms.paused, hours_parse(terms.hours, arena)};
}

static struct str hours_text(const struct hours *h, struct arena *arena)
{
    struct buf text = buf_in(arena);
    struct jout j = jout_to(&text);
    if (h->always)
        return (struct str){0};
    hours_write(&j, h);
    return buf_str(&text);
}

static struct str hours_key(struct arena *arena, struct str shop_id)
{
    return str_of(arena_printf(arena, HOURS_KEY "%.*s", STR_ARG(shop_id)));
}

/* Set s->open to what is so now, and the deadline to when that changes. A zone that cannot be read
 * any more leaves the shop as it is, unless it is paused. */
static void decide_open(struct db *tx, struct arena *arena, struct shop *s, const struct plan *plan,
                        int64_t now_us)
{
    int64_t next_us = HOURS_NEVER;
    const char *why = "";
    const struct zone *zone = NULL;
    if (!plan->hours.always)
        zone = zone_load(s->timezone, arena, &why);
    if (plan->hours.always || zone) {
        s->open = hours_open(&plan->hours, zone, now_us, &next_us) && !plan->paused;
    } else {
        log_error("SHOP-ZONE", LOG_S("shop", s->id), LOG_S("zone", s->timezone), LOG_C("why", why));
        s->open = s->open && !plan->paused;
        next_us = now_us + RETRY_US;
    }
    if (next_us == HOURS_NEVER)
        deadline_clear(tx, "shop", hours_key(arena, s->id));
    else
        deadline_set(tx, "shop", hours_key(arena, s->id), next_us);
}

const char *shop_add(struct db *tx, struct arena *arena, const struct shop *s,
                     struct str owner_name, struct str actor, int64_t now_us)
{
    const char *why;
    if (!zone_load(s->timezone, arena, &why))
        return why;
    db_exec(tx,
            "INSERT INTO shops (id, name, owner_id, currency, language, timezone, free_form, open)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            DB_TEXT(s->id), DB_TEXT(s->name), DB_TEXT(s->owner_id),
            DB_CSTR(currency_name(s->currency)), DB_CSTR(language_tag(s->language)),
            DB_TEXT(s->timezone), DB_INT(s->free_form), DB_INT(s->open));
    shop_tell(tx, arena, s, actor, now_us);
    staff_hire(tx, arena,
               &(struct staff){.shop_id = s->id,
                               .account_id = s->owner_id,
                               .username = owner_name,
                               .role = ROLE_OWNER},
               actor, now_us);
    return NULL;
}

/* Apply what is wished; says whether anything became another. */
static bool apply(struct shop *s, struct plan *plan, const struct shop_change *c)
{
    struct shop was = *s;
    struct plan had = *plan;
    if (c->name.at)
        s->name = c->name;
    if (c->has_language)
        s->language = c->language;
    if (c->timezone.at)
        s->timezone = c->timezone;
    if (c->has_free_form)
        s->free_form = c->free_form;
    if (c->has_accept)
        s->accept_us = c->accept_us;
    if (c->has_paused)
        plan->paused = c->paused;
    if (c->has_hours)
        plan->hours = c->hours;
    return !str_eq(s->name, was.name) || s->language != was.language ||
           !str_eq(s->timezone, was.timezone) || s->free_form != was.free_form ||
           s->accept_us != was.accept_us || plan->paused != had.paused ||
           !hours_equal(&plan->hours, &had.hours);
}

const char *shop_edit(struct db *tx, struct arena *arena, struct shop *s,
                      const struct shop_change *change, struct str actor, int64_t now_us)
{
    const char *why;
    if (change->timezone.at && !zone_load(change->timezone, arena, &why))
        return why;
    struct plan plan = read_plan(tx, s->id, arena);
    if (!apply(s, &plan, change))
        return NULL;
    decide_open(tx, arena, s, &plan, now_us);
    db_exec(tx,
            "UPDATE shops SET name = ?, language = ?, timezone = ?, free_form = ?, open = ?,"
            " paused = ?, accept_seconds = ?, hours = ? WHERE id = ?",
            DB_TEXT(s->name), DB_CSTR(language_tag(s->language)), DB_TEXT(s->timezone),
            DB_INT(s->free_form), DB_INT(s->open), DB_INT(plan.paused),
            DB_INT(s->accept_us / US_PER_S), DB_TEXT(hours_text(&plan.hours, arena)),
            DB_TEXT(s->id));
    shop_tell(tx, arena, s, actor, now_us);
    return NULL;
}

/* The first owner the list knows. */
static void find_owner(void *arg, const struct staff *one)
{
    struct staff *owner = arg;
    if (one->role == ROLE_OWNER && !owner->account_id.at)
        *owner = *one;
}

void shop_owner_changed(struct db *tx, struct arena *arena, struct shop *s, struct str actor,
                        int64_t now_us)
{
    struct staff stands;
    struct staff owner = {0};
    if (staff_find(tx, s->id, s->owner_id, arena, &stands) && stands.role == ROLE_OWNER)
        return;
    staff_list(tx, s->id, arena, find_owner, &owner);
    if (!owner.account_id.at)
        return;
    s->owner_id = owner.account_id;
    db_exec(tx, "UPDATE shops SET owner_id = ? WHERE id = ?", DB_TEXT(s->owner_id), DB_TEXT(s->id));
    shop_tell(tx, arena, s, actor, now_us);
}

void shop_hours_due(struct db *tx, struct arena *arena, struct str shop_id, int64_t now_us)
{
    struct shop s;
    if (!shop_by_id(tx, shop_id, arena, &s))
        return;
    bool was = s.open;
    struct plan plan = read_plan(tx, shop_id, arena);
    decide_open(tx, arena, &s, &plan, now_us);
    if (s.open == was)
        return;
    db_exec(tx, "UPDATE shops SET open = ? WHERE id = ?", DB_INT(s.open), DB_TEXT(s.id));
    shop_tell(tx, arena, &s, SERVICE, now_us);
}
