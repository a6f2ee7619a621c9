/* listing.c - somebody's rooms: which they are, and how much in them he has not read. */
#include "chat/listing.h"

#include "chat/room_inside.h"

static void write_last(struct jout *j, const struct listed *l)
{
    jout_key(j, "last");
    if (l->last)
        message_write(j, l->last, &l->room);
    else
        jout_null(j);
}

void listed_write(struct jout *j, const struct listed *l)
{
    const struct room *room = &l->room;
    jout_field_str(j, "uri", room->uri);
    jout_field_str(j, "name", room->name);
    jout_field_cstr(j, "kind", room_kind_word(room->kind));
    jout_field_given(j, "order_id", room->order_id);
    jout_field_given(j, "number", room->number);
    jout_field_cstr(j, "role", room_role_word(l->place.role));
    jout_field_bool(j, "muted", l->place.muted);
    jout_field_int(j, "unread", room_unread(room, &l->place));
    jout_field_int(j, "seq", room->seq);
    jout_field_int(j, "read_seq", l->place.read_seq);
    write_last(j, l);
    jout_field_int(j, "member_count", room->members);
    jout_field_bool(j, "open", room->closed_us == 0);
    jout_field_time(j, "at", room->active_us);
}

/* When a room of his was spoken in last; INT64_MAX for any other, which tells him nothing of it. */
static int64_t active_us(struct db *db, struct str uri, struct str account_id)
{
    struct db_rows *rows = db_query(db,
                                    "SELECT r.active_at FROM chat_members m"
                                    " JOIN chat_rooms r ON r.uri = m.room"
                                    " WHERE m.room = ? AND m.account_id = ?",
                                    DB_TEXT(uri), DB_TEXT(account_id));
    int64_t at_us = db_row(rows) ? db_int(rows, 0) : INT64_MAX;
    db_end(rows);
    return at_us;
}

/* A row of the list. False when it is not his to hear any more: who was dismissed keeps his place
 * in the threads of his shop. */
static bool read_listed(struct db_rows *rows, struct arena *arena, const struct caller *c,
                        struct listed *l, struct message *last)
{
    const int column = ROOM_COLUMN_COUNT + PLACE_COLUMN_COUNT;
    room_read(rows, arena, &l->room);
    room_read_place(rows, ROOM_COLUMN_COUNT, &l->place);
    *last = message_read(rows, column);
    l->last = last->seq > 0 ? last : NULL;
    return room_is_for(&l->room, &l->place, c);
}

void listing_rooms(struct db *db, struct arena *arena, const struct caller *c, struct str before,
                   int64_t limit, void (*visit)(void *arg, const struct listed *l), void *arg)
{
    int64_t at_us = before.at ? active_us(db, before, c->id) : INT64_MAX;
    struct str uri = before.at ? before : STR("g"); /* behind every uri */
    struct db_rows *rows = db_query(
        db,
        "SELECT " ROOM_COLUMNS ", " PLACE_COLUMNS ", " MESSAGE_COLUMNS " FROM chat_members m"
        " JOIN chat_rooms r ON r.uri = m.room"
        " LEFT JOIN chat_messages g ON g.room = r.uri AND g.seq = r.seq"
        " WHERE m.account_id = ? AND (r.active_at < ? OR (r.active_at = ? AND r.uri < ?))"
        " ORDER BY r.active_at DESC, r.uri DESC LIMIT ?",
        DB_TEXT(c->id), DB_INT(at_us), DB_INT(at_us), DB_TEXT(uri), DB_INT(limit));
    while (db_row(rows)) {
        struct listed l;
        struct message last;
        if (read_listed(rows, arena, c, &l, &last))
            visit(arg, &l);
    }
    db_end(rows);
}

struct badge listing_badge(struct db *db, struct arena *arena, const struct caller *c)
{
    struct badge b = {0};
    struct db_rows *rows =
        db_query(db,
                 "SELECT " ROOM_COLUMNS ", " PLACE_COLUMNS " FROM chat_members m"
                 " JOIN chat_rooms r ON r.uri = m.room"
                 " WHERE m.account_id = ? AND m.muted = 0 AND r.seq > m.read_seq",
                 DB_TEXT(c->id));
    while (db_row(rows)) {
        struct room room;
        struct room_place place;
        room_read(rows, arena, &room);
        room_read_place(rows, ROOM_COLUMN_COUNT, &place);
        if (!room_is_for(&room, &place, c))
            continue;
        b.unread += room_unread(&room, &place);
        b.rooms++;
    }
    db_end(rows);
    return b;
}
