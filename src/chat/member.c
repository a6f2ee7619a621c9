/* member.c - who stands in a room: coming in, going out, and rank. */
#include "chat/member.h"

#include "chat/room_inside.h"
#include "chat/tell.h"

struct room_place member_place(struct db *db, struct str uri, struct str account_id)
{
    struct room_place place = {.role = ROOM_MEMBER};
    struct db_rows *rows = db_query(
        db, "SELECT " PLACE_COLUMNS " FROM chat_members m WHERE m.room = ? AND m.account_id = ?",
        DB_TEXT(uri), DB_TEXT(account_id));
    if (db_row(rows))
        room_read_place(rows, 0, &place);
    db_end(rows);
    return place;
}

static void count(struct db *tx, struct room *room, int64_t more)
{
    room->members += more;
    db_exec(tx, "UPDATE chat_rooms SET members = ? WHERE uri = ?", DB_INT(room->members),
            DB_TEXT(room->uri));
}

void member_add(struct db *tx, struct arena *arena, struct room *room,
                const struct room_person *who, enum room_role role, const struct room_person *by,
                int64_t at_us)
{
    const struct member_news news = {.who = *who, .change = "joined", .role = role, .by = *by};
    room_insert_place(
        tx, room, who,
        &(struct room_place){
            .role = role, .joined_us = at_us, .read_seq = room->seq, .delivered_seq = room->seq});
    count(tx, room, 1);
    tell_member(tx, arena, room, &news, at_us);
}

void member_rank(struct db *tx, struct arena *arena, const struct room *room, struct member *m,
                 enum room_role role, const struct room_person *by, int64_t at_us)
{
    const struct member_news news = {.who = m->who, .change = "role", .role = role, .by = *by};
    m->place.role = role;
    db_exec(tx, "UPDATE chat_members SET role = ? WHERE room = ? AND account_id = ?", DB_INT(role),
            DB_TEXT(room->uri), DB_TEXT(m->who.id));
    tell_member(tx, arena, room, &news, at_us);
}

/* Where a copy is kept of the one member asked for. */
struct first {
    struct arena *arena; /* for his names */
    struct member m;     /* he */
    bool found;          /* there is one */
};

static void keep(void *arg, const struct member *m)
{
    struct first *f = arg;
    f->m = *m;
    f->m.who.id = arena_str(f->arena, m->who.id);
    f->m.who.username = arena_str(f->arena, m->who.username);
    f->found = true;
}

/* No room is without an owner while anybody is in it. */
static void succeed(struct db *tx, struct arena *arena, const struct room *room,
                    const struct room_person *by, int64_t at_us)
{
    struct first next = {.arena = arena};
    member_list(tx, room->uri, NULL, 1, keep, &next);
    if (next.found && next.m.place.role != ROOM_OWNER)
        member_rank(tx, arena, room, &next.m, ROOM_OWNER, by, at_us);
}

void member_remove(struct db *tx, struct arena *arena, struct room *room, const struct member *m,
                   const struct room_person *by, int64_t at_us)
{
    const struct member_news news = {.who = m->who,
                                     .change = str_eq(m->who.id, by->id) ? "left" : "removed",
                                     .role = m->place.role,
                                     .by = *by,
                                     .ends = true};
    db_exec(tx, "DELETE FROM chat_members WHERE room = ? AND account_id = ?", DB_TEXT(room->uri),
            DB_TEXT(m->who.id));
    count(tx, room, -1);
    tell_member(tx, arena, room, &news, at_us);
    if (m->place.role == ROOM_OWNER)
        succeed(tx, arena, room, by, at_us);
}

void member_list(struct db *db, struct str uri, const struct member *after, int64_t limit,
                 void (*visit)(void *arg, const struct member *m), void *arg)
{
    int64_t role = after ? (int64_t)after->place.role : -1;
    int64_t joined = after ? after->place.joined_us : 0;
    struct str id = after ? after->who.id : STR("");
    struct db_rows *rows =
        db_query(db,
                 "SELECT m.account_id, m.username, " PLACE_COLUMNS " FROM chat_members m"
                 " WHERE m.room = ? AND (m.role > ? OR (m.role = ? AND (m.joined_at > ? OR"
                 " (m.joined_at = ? AND m.account_id > ?))))"
                 " ORDER BY m.role, m.joined_at, m.account_id LIMIT ?",
                 DB_TEXT(uri), DB_INT(role), DB_INT(role), DB_INT(joined), DB_INT(joined),
                 DB_TEXT(id), DB_INT(limit));
    while (db_row(rows)) {
        struct member m = {.who = {db_text(rows, 0), db_text(rows, 1)}};
        room_read_place(rows, 2, &m.place);
        visit(arg, &m);
    }
    db_end(rows);
}
