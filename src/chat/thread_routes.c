/* thread_routes.c - the threads of orders over HTTP. */
#include "chat/thread_routes.h"

#include "app/app.h"
#include "app/people.h"
#include "app/track_link.h"
#include "base/clock.h"
#include "chat/message.h"
#include "chat/reply.h"
#include "chat/room_inside.h"
#include "chat/thread.h"

#define GUEST_TOKEN_US (INT64_C(12) * 3600 * US_PER_S)
#define LIST_MAX       200

/* What a thread is asked for. */
struct wish {
    struct str order_id;        /* UUID in lower case */
    char uri[ROOM_URI_LEN + 1]; /* of the room to be, should there be none */
    struct caller as;           /* who it is shown to */
};

/* A thread as it is shown. */
struct view {
    struct thread thread;
    struct room room;
    struct room_place place;
    bool made; /* just now */
};

static struct wish *new_wish(struct request *rq)
{
    struct wish *w = rq->parsed = arena_alloc(rq->arena, sizeof *w);
    room_uri_make(w->uri);
    return w;
}

/* ---- Opening ---- */

/* Is the order his, by what the journal tells of it? */
static bool order_is_for(const struct facts *f, const struct caller *c)
{
    const struct room room = {.kind = ROOM_ORDER,
                              .order_id = f->order_id,
                              .shop_id = f->shop_id,
                              .account_id = f->account_id};
    const struct room_place place = {0};
    return room_is_for(&room, &place, c);
}

static bool no_such(struct request *rq)
{
    return refuse(rq, PROBLEM_NOT_FOUND, "no such order");
}

/* False after refuse(). */
static bool make(struct request *rq, struct db *tx, const struct wish *w, struct view *v)
{
    struct facts f;
    if (!facts_read(tx, w->order_id, rq->arena, &f) || !order_is_for(&f, &w->as))
        return no_such(rq);
    v->made = thread_make(tx, rq->arena, &f, w->uri, rq->now_us, &v->thread);
    return v->made || refuse(rq, PROBLEM_ROOM_CLOSED, "the order was over long ago");
}

/* False after refuse(). */
static bool open_thread(struct request *rq, struct db *tx, const struct wish *w, struct view *v)
{
    *v = (struct view){0};
    if (!thread_find(tx, w->order_id, rq->arena, &v->thread) && !make(rq, tx, w, v))
        return false;
    if (!room_find(tx, v->thread.uri, w->as.id, rq->arena, &v->room, &v->place) ||
        !room_is_for(&v->room, &v->place, &w->as))
        return no_such(rq);
    thread_place(&v->thread, &v->place);
    return true;
}

static void write_thread(struct jout *j, const struct view *v)
{
    jout_field_str(j, "uri", v->room.uri);
    jout_field_str(j, "order_id", v->room.order_id);
    jout_field_str(j, "number", v->room.number);
    jout_field_bool(j, "open", v->room.closed_us == 0);
    if (v->thread.closes_us > 0)
        jout_field_time(j, "closes_at", v->thread.closes_us);
    jout_field_int(j, "unread", room_unread(&v->room, &v->place));
    jout_field_int(j, "seq", v->room.seq);
}

/* ---- POST /v1/orders/{order_id}/thread ---- */

bool thread_parse_open(struct request *rq)
{
    struct wish *w = new_wish(rq);
    struct id id;
    if (!id_parse(rq->params[0], &id))
        return no_such(rq);
    w->order_id = arena_str(rq->arena, id_str(&id));
    w->as = rq->caller;
    return true;
}

void thread_open(struct request *rq, struct db *tx)
{
    struct view v;
    if (!open_thread(rq, tx, rq->parsed, &v))
        return;
    struct jout *j = reply_json(rq, v.made ? 201 : 200);
    jout_object(j);
    write_thread(j, &v);
    if (caller_works_in(&rq->caller, v.room.shop_id, WHO_CREW))
        reply_write_all(j, rq->language);
    jout_object_end(j);
}

/* ---- POST /v1/track/{link}/thread ---- */

/* Whoever is logged in is nobody in particular here: the link alone counts. */
bool thread_parse_guest(struct request *rq)
{
    struct wish *w = new_wish(rq);
    if (!track_link_read(rq, rq->params[0], &w->order_id))
        return refuse(rq, PROBLEM_NOT_FOUND, "not a link to an order");
    w->as = (struct caller){.role = ROLE_GUEST,
                            .id = w->order_id,
                            .issued_us = rq->now_us,
                            .expires_us = rq->now_us + GUEST_TOKEN_US};
    return true;
}

void thread_open_guest(struct request *rq, struct db *tx)
{
    const struct wish *w = rq->parsed;
    struct buf token = buf_in(rq->arena);
    struct view v;
    if (!open_thread(rq, tx, w, &v))
        return;
    token_issue(app_token_key(rq->app), &w->as, &token);
    struct jout *j = reply_json(rq, v.made ? 201 : 200);
    jout_object(j);
    write_thread(j, &v);
    jout_field_str(j, "token", buf_str(&token));
    jout_field_time(j, "expires_at", w->as.expires_us);
    jout_object_end(j);
}

/* ---- GET /v1/shops/{shop_id}/threads ---- */

/* A row: its room, the reader's place and the last message. */
static void write_listed(struct jout *j, struct db_rows *rows, struct arena *arena)
{
    struct room room;
    struct room_place place;
    room_read(rows, arena, &room);
    room_read_place(rows, ROOM_COLUMN_COUNT, &place);
    const int column = ROOM_COLUMN_COUNT + PLACE_COLUMN_COUNT;
    const struct thread thread = {.quiet_seq = db_int(rows, column)};
    const struct message last = message_read(rows, column + 1);
    thread_place(&thread, &place);
    jout_object(j);
    jout_field_str(j, "uri", room.uri);
    jout_field_str(j, "order_id", room.order_id);
    jout_field_str(j, "number", room.number);
    jout_field_int(j, "unread", room_unread(&room, &place));
    jout_field_int(j, "seq", room.seq);
    jout_key(j, "last");
    if (last.seq > 0)
        message_write(j, &last, &room);
    else
        jout_null(j);
    jout_object_end(j);
}

void thread_list(struct request *rq, struct db *db)
{
    struct str shop_id = rq->params[0];
    if (!caller_works_in(&rq->caller, shop_id, WHO_CREW)) {
        refuse(rq, PROBLEM_FORBIDDEN, "not a shop of yours");
        return;
    }
    struct db_rows *rows =
        db_query(db,
                 "SELECT " ROOM_COLUMNS ", " PLACE_COLUMNS ", t.quiet_seq, " MESSAGE_COLUMNS
                 " FROM chat_rooms r JOIN chat_threads t ON t.order_id = r.order_id"
                 " LEFT JOIN chat_members m ON m.room = r.uri AND m.account_id = ?"
                 " LEFT JOIN chat_messages g ON g.room = r.uri AND g.seq = r.seq"
                 " WHERE r.shop_id = ? AND r.closed_at = 0 ORDER BY r.active_at DESC LIMIT ?",
                 DB_TEXT(rq->caller.id), DB_TEXT(shop_id), DB_INT(LIST_MAX));
    struct jout *j = reply_json(rq, 200);
    jout_array(j);
    while (db_row(rows))
        write_listed(j, rows, rq->arena);
    jout_array_end(j);
    db_end(rows);
}
