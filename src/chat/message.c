/* message.c - what was said: read back, changed by whoever said it, taken back. */
#include "chat/message.h"

#include "chat/tell.h"

struct message message_read(struct db_rows *rows, int column)
{
    return (struct message){
        .seq = db_int(rows, column),
        .at_us = db_int(rows, column + 1),
        .by = {db_text(rows, column + 2), db_text(rows, column + 3)},
        .text = db_text(rows, column + 4),
        .client_id = db_text(rows, column + 5),
        .reply_to = db_int(rows, column + 6),
        .system = db_text(rows, column + 7),
        .edits = db_int(rows, column + 8),
        .edited_us = db_int(rows, column + 9),
        .deleted_us = db_int(rows, column + 10),
    };
}

bool message_find(struct db *db, struct str uri, int64_t seq, struct arena *arena,
                  struct message *m_r)
{
    struct db_rows *rows = db_query(
        db, "SELECT " MESSAGE_COLUMNS " FROM chat_messages g WHERE g.room = ? AND g.seq = ?",
        DB_TEXT(uri), DB_INT(seq));
    bool found = db_row(rows);
    if (found) {
        *m_r = message_read(rows, 0);
        m_r->by.id = arena_str(arena, m_r->by.id);
        m_r->by.username = arena_str(arena, m_r->by.username);
        m_r->text = arena_str(arena, m_r->text);
        m_r->client_id = arena_str(arena, m_r->client_id);
        m_r->system = arena_str(arena, m_r->system);
    }
    db_end(rows);
    return found;
}

/* The last ones stand in a row without holes: where they begin is known without looking. */
void message_list(struct db *db, struct str uri, const struct message_page *page,
                  void (*visit)(void *arg, const struct message *m), void *arg)
{
    int64_t after = page->after;
    if (page->last && page->before - page->limit - 1 > after)
        after = page->before - page->limit - 1;
    struct db_rows *rows =
        db_query(db,
                 "SELECT " MESSAGE_COLUMNS " FROM chat_messages g"
                 " WHERE g.room = ? AND g.seq > ? AND g.seq < ?"
                 " ORDER BY g.seq LIMIT ?",
                 DB_TEXT(uri), DB_INT(after), DB_INT(page->before), DB_INT(page->limit));
    while (db_row(rows)) {
        struct message m = message_read(rows, 0);
        visit(arg, &m);
    }
    db_end(rows);
}

void message_write_members(struct jout *j, const struct message *m, const struct room *room)
{
    jout_field_int(j, "seq", m->seq);
    jout_key(j, "user");
    room_write_person(j, &m->by, room->order_id);
    jout_field_str(j, "message", m->text);
    jout_field_cstr(j, "kind", m->by.id.at ? "text" : "system");
    jout_field_time(j, "at", m->at_us);
    jout_field_given(j, "id", m->client_id);
    if (m->reply_to > 0)
        jout_field_int(j, "reply_to", m->reply_to);
    jout_field_given(j, "system", m->system);
    if (m->edited_us > 0)
        jout_field_time(j, "edited_at", m->edited_us);
    if (m->deleted_us > 0)
        jout_field_bool(j, "deleted", true);
}

void message_write(struct jout *j, const struct message *m, const struct room *room)
{
    jout_object(j);
    message_write_members(j, m, room);
    jout_object_end(j);
}

void message_change(struct db *tx, struct arena *arena, const struct room *room, struct message *m,
                    struct str text, const struct room_person *by, int64_t at_us)
{
    db_exec(tx,
            "INSERT INTO chat_edits (room, seq, n, message, at, actor) VALUES (?, ?, ?, ?, ?, ?)",
            DB_TEXT(room->uri), DB_INT(m->seq), DB_INT(m->edits + 1), DB_TEXT(m->text),
            DB_INT(at_us), DB_TEXT(by->username));
    m->edits++;
    m->text = text.at ? text : STR("");
    m->edited_us = text.at ? at_us : m->edited_us;
    m->deleted_us = text.at ? 0 : at_us;
    db_exec(tx,
            "UPDATE chat_messages SET message = ?, edits = ?, edited_at = ?, deleted_at = ?"
            " WHERE room = ? AND seq = ?",
            DB_TEXT(m->text), DB_INT(m->edits), DB_INT(m->edited_us), DB_INT(m->deleted_us),
            DB_TEXT(room->uri), DB_INT(m->seq));
    tell_changed(tx, arena, room, m->seq, text, by, at_us);
}

void message_history(struct db *db, struct str uri, int64_t seq,
                     void (*visit)(void *arg, struct str text, int64_t at_us, struct str actor),
                     void *arg)
{
    struct db_rows *rows = db_query(
        db, "SELECT message, at, actor FROM chat_edits WHERE room = ? AND seq = ? ORDER BY n",
        DB_TEXT(uri), DB_INT(seq));
    while (db_row(rows))
        visit(arg, db_text(rows, 0), db_int(rows, 1), db_text(rows, 2));
    db_end(rows);
}
