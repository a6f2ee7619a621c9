/* staff.c - the shop_staff table, and the only code that reads or changes it. */
#include "shop/staff.h"

#include "app/people.h"
#include "app/topic.h"
#include "base/json.h"
#include "journal/journal.h"

#define STAFF_COLUMNS "shop_id, account_id, username, role"

/* The current row. A role that is none of a shop's was not written by us: false. */
static bool read_staff(struct db_rows *rows, struct arena *arena, struct staff *s)
{
    *s = (struct staff){.shop_id = arena_str(arena, db_text(rows, 0)),
                        .account_id = arena_str(arena, db_text(rows, 1)),
                        .username = arena_str(arena, db_text(rows, 2))};
    return role_parse(db_text(rows, 3), &s->role) && (STAFF_ROLES & ROLE_BIT(s->role));
}

bool staff_find(struct db *db, struct str shop_id, struct str who, struct arena *arena,
                struct staff *staff_r)
{
    struct db_rows *rows = db_query(db,
                                    "SELECT " STAFF_COLUMNS " FROM shop_staff WHERE shop_id = ?"
                                    " AND (account_id = ? OR username = ?) LIMIT 1",
                                    DB_TEXT(shop_id), DB_TEXT(who), DB_TEXT(who));
    bool found = db_row(rows) && read_staff(rows, arena, staff_r);
    db_end(rows);
    return found;
}

void staff_list(struct db *db, struct str shop_id, struct arena *arena,
                void (*visit)(void *arg, const struct staff *s), void *arg)
{
    for (int role = ROLE_OWNER; role <= ROLE_COURIER; role++) {
        struct db_rows *rows =
            db_query(db,
                     "SELECT " STAFF_COLUMNS " FROM shop_staff WHERE shop_id = ? AND role = ?"
                     " ORDER BY username",
                     DB_TEXT(shop_id), DB_CSTR(role_word((enum role)role)));
        struct staff s;
        while (db_row(rows))
            if (read_staff(rows, arena, &s))
                visit(arg, &s);
        db_end(rows);
    }
}

int64_t staff_count(struct db *db, struct str shop_id, unsigned roles)
{
    int64_t count = 0;
    enum role role;
    struct db_rows *rows =
        db_query(db, "SELECT role FROM shop_staff WHERE shop_id = ?", DB_TEXT(shop_id));
    while (db_row(rows))
        count += role_parse(db_text(rows, 0), &role) && (roles & ROLE_BIT(role));
    db_end(rows);
    return count;
}

static void tell(struct db *tx, struct arena *arena, const char *topic, const struct staff *s,
                 struct str actor, int64_t now_us)
{
    struct buf payload = buf_in(arena);
    struct jout j = jout_to(&payload);
    jout_object(&j);
    jout_field_str(&j, "shop_id", s->shop_id);
    jout_field_str(&j, "account_id", s->account_id);
    if (str_is(str_of(topic), TOPIC_SHOP_STAFF_ADDED)) {
        jout_field_str(&j, "username", s->username);
        jout_field_cstr(&j, "role", role_word(s->role));
    }
    jout_object_end(&j);
    const struct str channels[] = {
        PEOPLE_CHANNEL,
        str_of(arena_printf(arena, "shop:%.*s", STR_ARG(s->shop_id))),
        str_of(arena_printf(arena, "account:%.*s", STR_ARG(s->account_id))),
    };
    journal_append(tx, &(struct event_draft){.topic = topic,
                                             .key = s->shop_id,
                                             .actor = actor,
                                             .at_us = now_us,
                                             .payload = buf_str(&payload),
                                             .channels = channels,
                                             .channel_count = ARRAY_LEN(channels)});
}

void staff_hire(struct db *tx, struct arena *arena, const struct staff *s, struct str actor,
                int64_t now_us)
{
    struct staff was;
    if (!staff_find(tx, s->shop_id, s->account_id, arena, &was))
        db_exec(tx, "INSERT INTO shop_staff (" STAFF_COLUMNS ") VALUES (?, ?, ?, ?)",
                DB_TEXT(s->shop_id), DB_TEXT(s->account_id), DB_TEXT(s->username),
                DB_CSTR(role_word(s->role)));
    else if (was.role != s->role)
        db_exec(tx, "UPDATE shop_staff SET role = ? WHERE shop_id = ? AND account_id = ?",
                DB_CSTR(role_word(s->role)), DB_TEXT(s->shop_id), DB_TEXT(s->account_id));
    else
        return;
    tell(tx, arena, TOPIC_SHOP_STAFF_ADDED, s, actor, now_us);
}

void staff_dismiss(struct db *tx, struct arena *arena, const struct staff *s, struct str actor,
                   int64_t now_us)
{
    db_exec(tx, "DELETE FROM shop_staff WHERE shop_id = ? AND account_id = ?", DB_TEXT(s->shop_id),
            DB_TEXT(s->account_id));
    tell(tx, arena, TOPIC_SHOP_STAFF_REMOVED, s, actor, now_us);
}

void staff_tell_all(struct db *tx, int64_t now_us)
{
    struct arena *arena = arena_new((size_t)4 << 20);
    struct staff s;
    struct db_rows *rows = db_query(tx, "SELECT " STAFF_COLUMNS " FROM shop_staff");
    while (db_row(rows))
        if (read_staff(rows, arena, &s))
            tell(tx, arena, TOPIC_SHOP_STAFF_ADDED, &s, STR("service:shop"), now_us);
    db_end(rows);
    arena_free(&arena);
}
