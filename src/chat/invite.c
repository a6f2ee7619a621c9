/* invite.c - invitations: links by which somebody comes into a room, for a while, so many times. */
#include "chat/invite.h"

#define SELECT                                                                                     \
    "SELECT code, id, room, role, made_by, made_at, expires_at, uses_left FROM chat_invites"

void invite_insert(struct db *tx, const struct invite *i)
{
    db_exec(tx,
            "INSERT INTO chat_invites (code, id, room, role, made_by, made_at, expires_at,"
            " uses_left) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            DB_TEXT(i->code), DB_TEXT(i->id), DB_TEXT(i->uri), DB_INT(i->role), DB_TEXT(i->made_by),
            DB_INT(i->made_us), DB_INT(i->expires_us), DB_INT(i->uses_left));
}

static struct invite read_row(struct db_rows *rows)
{
    return (struct invite){.code = db_text(rows, 0),
                           .id = db_text(rows, 1),
                           .uri = db_text(rows, 2),
                           .role = (enum room_role)db_int(rows, 3),
                           .made_by = db_text(rows, 4),
                           .made_us = db_int(rows, 5),
                           .expires_us = db_int(rows, 6),
                           .uses_left = db_int(rows, 7)};
}

bool invite_find(struct db *db, struct str code, struct arena *arena, struct invite *i_r)
{
    struct db_rows *rows = db_query(db, SELECT " WHERE code = ?", DB_TEXT(code));
    bool found = db_row(rows);
    if (found) {
        *i_r = read_row(rows);
        i_r->code = arena_str(arena, i_r->code);
        i_r->id = arena_str(arena, i_r->id);
        i_r->uri = arena_str(arena, i_r->uri);
        i_r->made_by = arena_str(arena, i_r->made_by);
    }
    db_end(rows);
    return found;
}

bool invite_holds(const struct invite *i, int64_t now_us)
{
    return i->uses_left != 0 && (i->expires_us == 0 || i->expires_us > now_us);
}

void invite_use(struct db *tx, const struct invite *i)
{
    if (i->uses_left != INVITE_ENDLESS)
        db_exec(tx, "UPDATE chat_invites SET uses_left = ? WHERE code = ?",
                DB_INT(i->uses_left - 1), DB_TEXT(i->code));
}

bool invite_drop(struct db *tx, struct str uri, struct str id)
{
    return db_exec(tx, "DELETE FROM chat_invites WHERE room = ? AND id = ?", DB_TEXT(uri),
                   DB_TEXT(id)) > 0;
}

size_t invite_list(struct db *db, struct str uri, void (*visit)(void *arg, const struct invite *i),
                   void *arg)
{
    size_t count = 0;
    struct db_rows *rows = db_query(db, SELECT " WHERE room = ? ORDER BY id DESC LIMIT ?",
                                    DB_TEXT(uri), DB_INT(INVITES_MAX));
    for (; db_row(rows); count++) {
        const struct invite i = read_row(rows);
        if (visit)
            visit(arg, &i);
    }
    db_end(rows);
    return count;
}
