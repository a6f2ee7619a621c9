/* thread.c - the thread of an order: made at its first use, told what becomes of the order, closed.
 *
 * DESIGN. An order without a thread costs nothing here when it is placed, and one look into a small
 * table for each of its moves. What a thread says of an order it was told in the journal: at first
 * all at once, read back, later event by event. `told_seq` keeps the two apart: an event that was
 * read back is not said again when the reaction comes to it. The price: a system message bears the
 * language of the order, not of its reader; pages go by its word. */
#include "chat/thread.h"

#include <stdatomic.h>

#include "app/topic.h"
#include "base/clock.h"
#include "journal/deadline.h"

#define SERVICE      "chat"
#define ACTOR        STR("service:chat")
#define MOVE_ARENA   1048576
#define OPEN_DEFAULT (INT64_C(48) * 3600 * US_PER_S)

/* Set before anything is served; the writer reads it. */
static _Atomic int64_t open_for_us = OPEN_DEFAULT;

void thread_open_for(int64_t us)
{
    atomic_store(&open_for_us, us);
}

/* ---- Rows ---- */

bool thread_find(struct db *db, struct str order_id, struct arena *arena, struct thread *thread_r)
{
    struct db_rows *rows = db_query(db,
                                    "SELECT room, told_seq, quiet_seq, closes_at, language FROM "
                                    "chat_threads WHERE order_id = ?",
                                    DB_TEXT(order_id));
    bool found = db_row(rows);
    if (found) {
        *thread_r = (struct thread){.uri = arena_str(arena, db_text(rows, 0)),
                                    .told_seq = db_int(rows, 1),
                                    .quiet_seq = db_int(rows, 2),
                                    .closes_us = db_int(rows, 3)};
        CHECK(language_parse(db_text(rows, 4), &thread_r->language));
    }
    db_end(rows);
    return found;
}

static void insert(struct db *tx, struct str order_id, const struct thread *t)
{
    db_exec(tx,
            "INSERT INTO chat_threads (order_id, room, told_seq, quiet_seq, closes_at, language)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            DB_TEXT(order_id), DB_TEXT(t->uri), DB_INT(t->told_seq), DB_INT(t->quiet_seq),
            DB_INT(t->closes_us), DB_CSTR(language_tag(t->language)));
}

static void save(struct db *tx, struct str order_id, const struct thread *t)
{
    db_exec(tx,
            "UPDATE chat_threads SET told_seq = ?, quiet_seq = ?, closes_at = ?"
            " WHERE order_id = ?",
            DB_INT(t->told_seq), DB_INT(t->quiet_seq), DB_INT(t->closes_us), DB_TEXT(order_id));
}

void thread_place(const struct thread *t, struct room_place *place)
{
    if (!place->stands)
        place->read_seq = t->quiet_seq;
}

/* ---- What becomes of the order ---- */

/* Whoever had read all there was has nothing to read now either: what becomes of the order he is
 * told elsewhere. A thread has few places. */
static void say(struct db *tx, struct arena *arena, struct thread *t, struct room *room,
                const struct move_words *w, int64_t at_us)
{
    int64_t seq = room_say(
        tx, arena, room, NULL,
        &(struct room_post){.text = w->text, .system = w->word, .actor = ACTOR, .at_us = at_us});
    db_exec(tx,
            "UPDATE chat_members SET read_seq = ?, delivered_seq = ?"
            " WHERE room = ? AND read_seq = ?",
            DB_INT(seq), DB_INT(seq), DB_TEXT(room->uri), DB_INT(seq - 1));
    if (t->quiet_seq == seq - 1)
        t->quiet_seq = seq;
}

/* The order was over at this moment: from now on the thread has its time. */
static void begin_to_close(struct db *tx, struct thread *t, int64_t ended_us)
{
    if (t->closes_us > 0)
        return;
    t->closes_us = ended_us + atomic_load(&open_for_us);
    deadline_set(tx, SERVICE, t->uri, t->closes_us);
}

bool thread_make(struct db *tx, struct arena *arena, const struct facts *f, const char *uri,
                 int64_t now_us, struct thread *thread_r)
{
    struct room room = {.uri = str_of(uri),
                        .kind = ROOM_ORDER,
                        .created_us = now_us,
                        .active_us = now_us,
                        .order_id = f->order_id,
                        .number = f->number,
                        .shop_id = f->shop_id,
                        .account_id = f->account_id};
    *thread_r = (struct thread){.uri = room.uri, .told_seq = f->seq, .language = f->language};
    if (f->ended_us > 0 && f->ended_us + atomic_load(&open_for_us) <= now_us)
        return false;
    room_insert(tx, &room);
    if (f->ended_us > 0)
        begin_to_close(tx, thread_r, f->ended_us);
    for (size_t i = 0; i < f->move_count; i++)
        say(tx, arena, thread_r, &room, &f->moves[i].words, f->moves[i].at_us);
    insert(tx, f->order_id, thread_r);
    return true;
}

/* An event about an order, whose id is its key. */
void thread_on_move(struct db *tx, const struct event *e)
{
    struct arena *arena = arena_new(MOVE_ARENA);
    struct thread t;
    struct room room;
    struct room_place place;
    struct move_words words;
    if (thread_find(tx, e->key, arena, &t) && e->seq > t.told_seq &&
        room_find(tx, t.uri, STR(""), arena, &room, &place)) {
        if (move_ends(e))
            begin_to_close(tx, &t, e->at_us);
        if (move_say(e, t.language, arena, &words))
            say(tx, arena, &t, &room, &words, e->at_us);
        t.told_seq = e->seq;
        save(tx, e->key, &t);
    }
    arena_free(&arena);
}

void thread_due(struct db *tx, struct str key, int64_t now_us)
{
    struct arena *arena = arena_new(MOVE_ARENA);
    struct room room;
    struct room_place place;
    if (room_find(tx, key, STR(""), arena, &room, &place))
        room_close(tx, arena, &room, ACTOR, now_us);
    arena_free(&arena);
}
