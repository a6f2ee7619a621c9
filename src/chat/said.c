/* said.c - messages over HTTP: posting, history, changing and taking back, and how far one has
 * read.
 */
#include "app/people.h"
#include "chat/command.h"
#include "chat/handlers.h"
#include "chat/text.h"

#define PAGE_MAX 200

/* ---- GET /api/chats/{uri}/messages ---- */

/* A seq of the query; false after refuse(). */
static bool query_seq(struct request *rq, const char *name, int64_t *seq_r)
{
    struct str text = request_query(rq, name);
    uint64_t seq;
    if (!text.at)
        return true;
    if (!str_to_u64(text, INT64_MAX, &seq))
        return refuse(rq, PROBLEM_BAD_INPUT, "?%s= is the seq of a message", name);
    *seq_r = (int64_t)seq;
    return true;
}

bool said_list_parse(struct request *rq)
{
    struct message_page *page = rq->parsed = arena_alloc(rq->arena, sizeof *page);
    *page = (struct message_page){.before = INT64_MAX, .last = !request_query(rq, "after").at};
    return request_limit(rq, PAGE_MAX, &page->limit) && query_seq(rq, "after", &page->after) &&
           query_seq(rq, "before", &page->before);
}

/* Where messages are being written. */
struct writing {
    struct jout *j;          /* the array */
    const struct room *room; /* theirs */
};

static void write_message(void *arg, const struct message *m)
{
    const struct writing *w = arg;
    message_write(w->j, m, w->room);
}

void said_list(struct request *rq, struct db *db)
{
    struct message_page page = *(const struct message_page *)rq->parsed;
    struct asked a;
    if (!door_open(rq, db, rq->params[0], &a))
        return;
    if (page.before > a.room.seq + 1)
        page.before = a.room.seq + 1;
    struct writing w = {reply_json(rq, 200), &a.room};
    jout_object(w.j);
    jout_field_str(w.j, "id", a.room.uri);
    jout_field_str(w.j, "uri", a.room.uri);
    jout_key(w.j, "messages");
    jout_array(w.j);
    message_list(db, a.room.uri, &page, write_message, &w);
    jout_array_end(w.j);
    jout_object_end(w.j);
}

/* ---- POST /api/chats/{uri}/messages ---- */

/* The text of the body; false after refuse(). */
static bool parse_text(struct request *rq, struct str *text_r)
{
    const json_t *message = json_object_get(rq->body, "message");
    *text_r = json_slice(message);
    enum problem p = message && !json_is_null(message) && !json_is_string(message)
                         ? PROBLEM_BAD_INPUT
                         : text_check(*text_r);
    return p == PROBLEM_NONE || refuse_field(rq, p, "/message", "text of at most 2000 characters");
}

bool said_post_parse(struct request *rq)
{
    struct room_post *p = rq->parsed = arena_alloc(rq->arena, sizeof *p);
    const json_t *id = json_object_get(rq->body, "id");
    const json_t *reply_to = json_object_get(rq->body, "reply_to");
    p->client_id = json_slice(id);
    if (!parse_text(rq, &p->text))
        return false;
    if (id && !json_is_null(id) && !str_clean(&p->client_id, ROOM_CLIENT_ID_MAX))
        return refuse_field(rq, PROBLEM_BAD_INPUT, "/id", "text of at most 64 characters");
    if (reply_to && !json_is_null(reply_to) &&
        (!json_int_lenient(reply_to, &p->reply_to) || p->reply_to <= 0))
        return refuse_field(rq, PROBLEM_BAD_INPUT, "/reply_to", "the seq of a message");
    p->at_us = rq->now_us;
    return true;
}

static void answer_posted(struct request *rq, int status, const struct room *room,
                          const struct message *m)
{
    struct jout *j = reply_json(rq, status);
    jout_object(j);
    jout_field_cstr(j, "status", "SUCCESS");
    jout_field_str(j, "uri", room->uri);
    message_write_members(j, m, room);
    jout_object_end(j);
}

/* It was posted before, and its client did not hear of it. */
static bool answer_again(struct request *rq, struct db *tx, const struct asked *a,
                         const struct room_post *p)
{
    struct message m;
    if (!p->client_id.at)
        return false;
    int64_t seq = room_sent(tx, a->room.uri, a->me.id, p->client_id);
    if (seq == 0 || !message_find(tx, a->room.uri, seq, rq->arena, &m))
        return false;
    answer_posted(rq, 200, &a->room, &m);
    return true;
}

void said_post(struct request *rq, struct db *tx)
{
    struct room_post p = *(const struct room_post *)rq->parsed;
    struct asked a;
    if (!door_open(rq, tx, rq->params[0], &a) || answer_again(rq, tx, &a, &p) ||
        !door_is_open(rq, &a) || !command_reply(rq, tx, &a.room, &p.text))
        return;
    if (command_is(&a.room, &rq->caller, p.text)) {
        db_settle(tx);
        command_take(rq, tx, &a.room, p.text, p.client_id);
        return;
    }
    if (p.reply_to > a.room.seq) {
        refuse_field(rq, PROBLEM_BAD_INPUT, "/reply_to", "there is no such message");
        return;
    }
    p.by = a.me;
    p.actor = request_actor(rq);
    p.hot = true;
    const struct message m = {.seq = room_say(tx, rq->arena, &a.room, &a.place, &p),
                              .at_us = p.at_us,
                              .by = p.by,
                              .text = p.text,
                              .client_id = p.client_id,
                              .reply_to = p.reply_to};
    answer_posted(rq, 201, &a.room, &m);
}

/* ---- PATCH, DELETE /api/chats/{uri}/messages/{seq} ---- */

struct change {
    int64_t seq;     /* of which message */
    struct str text; /* its new one */
};

bool said_seq_parse(struct request *rq)
{
    struct change *c = rq->parsed = arena_alloc(rq->arena, sizeof *c);
    uint64_t seq;
    if (!str_to_u64(rq->params[1], INT64_MAX, &seq))
        return refuse(rq, PROBLEM_NOT_FOUND, "messages are numbered");
    c->seq = (int64_t)seq;
    return true;
}

bool said_edit_parse(struct request *rq)
{
    if (!said_seq_parse(rq))
        return false;
    struct change *c = rq->parsed;
    return parse_text(rq, &c->text);
}

/* The message of the path. False after refuse(). */
static bool find(struct request *rq, struct db *db, const struct asked *a, struct message *m)
{
    const struct change *c = rq->parsed;
    return message_find(db, a->room.uri, c->seq, rq->arena, m) ||
           refuse(rq, PROBLEM_NOT_FOUND, "no such message");
}

void said_edit(struct request *rq, struct db *tx)
{
    const struct change *c = rq->parsed;
    struct asked a;
    struct message m;
    if (!door_write(rq, tx, rq->params[0], &a) || !find(rq, tx, &a, &m))
        return;
    if (!m.by.id.at || !str_eq(m.by.id, a.me.id)) {
        refuse(rq, PROBLEM_FORBIDDEN, "only who wrote a message changes it");
        return;
    }
    if (m.deleted_us > 0) {
        refuse(rq, PROBLEM_CONFLICT, "the message was taken back");
        return;
    }
    if (!str_eq(m.text, c->text))
        message_change(tx, rq->arena, &a.room, &m, c->text, &a.me, rq->now_us);
    message_write(reply_json(rq, 200), &m, &a.room);
}

/* Whoever wrote it, and who keeps order in the room; a thread's is kept by the shop. */
static bool may_delete(const struct request *rq, const struct asked *a, const struct message *m)
{
    if (!m->by.id.at)
        return false;
    if (str_eq(m->by.id, a->me.id))
        return true;
    if (a->room.kind == ROOM_ORDER)
        return caller_works_in(&rq->caller, a->room.shop_id, WHO_STAFF);
    return a->place.role <= ROOM_MODERATOR;
}

void said_delete(struct request *rq, struct db *tx)
{
    struct asked a;
    struct message m;
    if (!door_write(rq, tx, rq->params[0], &a) || !find(rq, tx, &a, &m))
        return;
    if (!may_delete(rq, &a, &m)) {
        refuse(rq, PROBLEM_FORBIDDEN, "for who wrote it, and who keeps order here");
        return;
    }
    if (m.deleted_us == 0)
        message_change(tx, rq->arena, &a.room, &m, (struct str){0}, &a.me, rq->now_us);
    reply_empty(rq, 204);
}

/* ---- GET /api/chats/{uri}/messages/{seq}/history ---- */

static void write_was(void *arg, struct str text, int64_t at_us, struct str actor)
{
    struct jout *j = arg;
    jout_object(j);
    jout_field_str(j, "message", text);
    jout_field_time(j, "at", at_us);
    jout_field_str(j, "by", actor);
    jout_object_end(j);
}

static bool owns(const struct request *rq, const struct asked *a)
{
    if (a->room.kind == ROOM_ORDER)
        return caller_works_in(&rq->caller, a->room.shop_id, WHO_HEADS);
    return a->place.role == ROOM_OWNER;
}

void said_history(struct request *rq, struct db *db)
{
    struct asked a;
    struct message m;
    if (!door_open(rq, db, rq->params[0], &a))
        return;
    if (!owns(rq, &a)) {
        refuse(rq, PROBLEM_FORBIDDEN, "for the room's owner");
        return;
    }
    if (!find(rq, db, &a, &m))
        return;
    struct jout *j = reply_json(rq, 200);
    jout_array(j);
    message_history(db, a.room.uri, m.seq, write_was, j);
    jout_array_end(j);
}

/* ---- POST /api/chats/{uri}/read, /delivered ---- */

bool said_mark_parse(struct request *rq)
{
    int64_t *seq = rq->parsed = arena_alloc(rq->arena, sizeof *seq);
    return (json_int_lenient(json_object_get(rq->body, "seq"), seq) && *seq >= 0) ||
           refuse_field(rq, PROBLEM_BAD_INPUT, "/seq", "the seq of a message");
}

void said_read(struct request *rq, struct db *tx)
{
    const int64_t *seq = rq->parsed;
    struct asked a;
    if (!door_open(rq, tx, rq->params[0], &a))
        return;
    (void)room_mark(tx, rq->arena, &a.room, &a.place, &a.me, *seq, 0, rq->now_us);
    struct jout *j = reply_json(rq, 200);
    jout_object(j);
    jout_field_int(j, "read_seq", a.place.read_seq);
    jout_field_int(j, "unread", room_unread(&a.room, &a.place));
    jout_object_end(j);
}

void said_delivered(struct request *rq, struct db *tx)
{
    const int64_t *seq = rq->parsed;
    struct asked a;
    if (!door_open(rq, tx, rq->params[0], &a))
        return;
    (void)room_mark(tx, rq->arena, &a.room, &a.place, &a.me, 0, *seq, rq->now_us);
    struct jout *j = reply_json(rq, 200);
    jout_object(j);
    jout_field_int(j, "delivered_seq", a.place.delivered_seq);
    jout_object_end(j);
}
