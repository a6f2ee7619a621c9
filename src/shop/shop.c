/* shop.c - shops as they are read by all who sell, and told. Changing them stands in edit.c. */
#include "shop/shop.h"

#include "app/topic.h"
#include "base/clock.h"
#include "base/json.h"
#include "journal/journal.h"

#define SHOP_COLUMNS                                                                               \
    "id, name, owner_id, currency, language, timezone, free_form, open, accept_seconds"

/* The current row as a shop. A currency or language we do not know was not written by us; false
 * then, rather than prices in the wrong currency. */
static bool read_shop(struct db_rows *rows, struct arena *arena, struct shop *shop_r)
{
    *shop_r = (struct shop){.id = arena_str(arena, db_text(rows, 0)),
                            .name = arena_str(arena, db_text(rows, 1)),
                            .owner_id = arena_str(arena, db_text(rows, 2)),
                            .timezone = arena_str(arena, db_text(rows, 5)),
                            .free_form = db_int(rows, 6) != 0,
                            .open = db_int(rows, 7) != 0,
                            .accept_us = db_int(rows, 8) * US_PER_S};
    return currency_parse(db_text(rows, 3), &shop_r->currency) &&
           language_parse(db_text(rows, 4), &shop_r->language);
}

bool shop_by_id(struct db *db, struct str id, struct arena *arena, struct shop *shop_r)
{
    struct db_rows *rows =
        db_query(db, "SELECT " SHOP_COLUMNS " FROM shops WHERE id = ?", DB_TEXT(id));
    bool found = db_row(rows) && read_shop(rows, arena, shop_r);
    db_end(rows);
    return found;
}

void shop_list(struct db *db, struct arena *arena, int64_t limit,
               void (*visit)(void *arg, const struct shop *s), void *arg)
{
    struct db_rows *rows =
        db_query(db, "SELECT " SHOP_COLUMNS " FROM shops ORDER BY name, id LIMIT ?", DB_INT(limit));
    struct shop s;
    while (db_row(rows))
        if (read_shop(rows, arena, &s))
            visit(arg, &s);
    db_end(rows);
}

bool shop_default(struct db *db, struct arena *arena, struct shop *shop_r)
{
    struct db_rows *rows = db_query(db, "SELECT " SHOP_COLUMNS " FROM shops LIMIT 2");
    bool found = db_row(rows) && read_shop(rows, arena, shop_r) && !db_row(rows);
    db_end(rows);
    return found;
}

bool shop_of_owner(struct db *db, struct str owner, struct arena *arena, struct shop *shop_r)
{
    struct db_rows *rows =
        db_query(db,
                 "SELECT DISTINCT shop_id FROM shop_staff"
                 " WHERE (account_id = ? OR username = ?) AND role = 'owner' LIMIT 2",
                 DB_TEXT(owner), DB_TEXT(owner));
    struct str id = {0};
    if (db_row(rows))
        id = arena_str(arena, db_text(rows, 0));
    bool only = id.at && !db_row(rows);
    db_end(rows);
    return only && shop_by_id(db, id, arena, shop_r);
}

void shop_tell(struct db *tx, struct arena *arena, const struct shop *s, struct str actor,
               int64_t now_us)
{
    struct buf payload = buf_in(arena);
    struct jout j = jout_to(&payload);
    jout_object(&j);
    jout_field_str(&j, "shop_id", s->id);
    jout_field_str(&j, "name", s->name);
    jout_field_str(&j, "owner_id", s->owner_id);
    jout_field_cstr(&j, "currency", currency_name(s->currency));
    jout_field_cstr(&j, "language", language_tag(s->language));
    jout_field_str(&j, "timezone", s->timezone);
    jout_field_bool(&j, "open", s->open);
    jout_object_end(&j);
    struct str channel = str_of(arena_printf(arena, "shop:%.*s", STR_ARG(s->id)));
    journal_append(tx, &(struct event_draft){.topic = TOPIC_SHOP_CHANGED,
                                             .key = s->id,
                                             .actor = actor,
                                             .at_us = now_us,
                                             .payload = buf_str(&payload),
                                             .channels = &channel,
                                             .channel_count = 1});
}
