/* rooms.c - rooms over HTTP: making, listing, looking at and changing them, and one's own wishes
 * about one. */
#include "app/people.h"
#include "app/presence.h"
#include "base/clock.h"
#include "chat/handlers.h"
#include "chat/listing.h"
#include "chat/text.h"

#define MADE_MAX    1000 /* rooms somebody makes in a day */
#define INVITED_MAX 100  /* members in the first moment */
#define LISTED      50   /* rooms or members at once, when nobody says how many */

/* ---- POST /api/chats, POST /v1/chats ---- */

struct wish {
    char uri[ROOM_URI_LEN + 1]; /* of the new room */
    struct str name;            /* at == NULL: none, or it stays */
    bool names;                 /* a name is said, or that there is none */
    bool invite_only;           /* as said */
    bool says_kind;             /* it is */
};

static bool is_object(struct request *rq)
{
    return json_is_object(rq->body) || refuse(rq, PROBLEM_BAD_INPUT, "the body is an object");
}

/* A name, or null for none. False after refuse(). */
static bool parse_name(struct request *rq, struct wish *w)
{
    const json_t *name = json_object_get(rq->body, "name");
    w->names = name != NULL;
    w->name = json_slice(name);
    return !name || json_is_null(name) ||
           (w->name.at && str_clean(&w->name, NAME_MAX) && text_check(w->name) == PROBLEM_NONE) ||
           refuse_field(rq, PROBLEM_BAD_INPUT, "/name", "text of at most 100 characters");
}

static bool parse_kind(struct request *rq, struct wish *w)
{
    const json_t *only = json_object_get(rq->body, "invite_only");
    w->says_kind = only && !json_is_null(only);
    w->invite_only = json_is_true(only);
    return !w->says_kind || json_is_boolean(only) ||
           refuse_field(rq, PROBLEM_BAD_INPUT, "/invite_only", "true or false");
}

/* Who is asked in: a list of texts. False after refuse(). */
static bool parse_members(struct request *rq)
{
    const json_t *members = json_object_get(rq->body, "members");
    if (members && (!json_is_array(members) || json_array_size(members) > INVITED_MAX))
        return refuse_field(rq, PROBLEM_BAD_INPUT, "/members", "a list of at most 100 usernames");
    for (size_t i = 0; i < json_array_size(members); i++) {
        if (!json_is_string(json_array_get(members, i)))
            return refuse_field(rq, PROBLEM_BAD_INPUT, arena_printf(rq->arena, "/members/%zu", i),
                                "a username");
    }
    return true;
}

bool rooms_create_parse(struct request *rq)
{
    struct wish *w = rq->parsed = arena_alloc(rq->arena, sizeof *w);
    room_uri_make(w->uri);
    return is_object(rq) && parse_members(rq) && parse_name(rq, w) && parse_kind(rq, w);
}

/* One more today. False after refuse(). */
static bool count_made(struct request *rq, struct db *tx)
{
    int64_t day = rq->now_us / US_PER_S / 86400;
    struct db_rows *rows = db_query(tx, "SELECT day, made FROM chat_makers WHERE account_id = ?",
                                    DB_TEXT(rq->caller.id));
    bool known = db_row(rows);
    int64_t made = known && db_int(rows, 0) == day ? db_int(rows, 1) : 0;
    db_end(rows);
    if (made >= MADE_MAX)
        return refuse(rq, PROBLEM_TOO_MANY, "at most %d rooms a day", MADE_MAX);
    if (known)
        db_exec(tx, "UPDATE chat_makers SET day = ?, made = ? WHERE account_id = ?", DB_INT(day),
                DB_INT(made + 1), DB_TEXT(rq->caller.id));
    else
        db_exec(tx, "INSERT INTO chat_makers (account_id, day, made) VALUES (?, ?, 1)",
                DB_TEXT(rq->caller.id), DB_INT(day));
    return true;
}

/* The room and its owner's place in it. */
static void make(struct request *rq, struct db *tx, struct asked *a)
{
    const struct wish *w = rq->parsed;
    a->me = room_person_of(&rq->caller);
    a->room = (struct room){.uri = {w->uri, ROOM_URI_LEN},
                            .kind = w->invite_only ? ROOM_INVITE : ROOM_OPEN,
                            .name = w->name,
                            .created_us = rq->now_us,
                            .active_us = rq->now_us};
    room_insert(tx, &a->room);
    member_add(tx, rq->arena, &a->room, &a->me, ROOM_OWNER, &a->me, rq->now_us);
    a->place = (struct room_place){.stands = true, .role = ROOM_OWNER, .joined_us = rq->now_us};
}

void rooms_create_seed(struct request *rq, struct db *tx)
{
    struct asked a;
    if (!count_made(rq, tx))
        return;
    make(rq, tx, &a);
    struct jout *j = reply_json(rq, 201);
    jout_object(j);
    jout_field_cstr(j, "status", "SUCCESS");
    jout_field_str(j, "uri", a.room.uri);
    jout_field_cstr(j, "message", "New chat session created");
    jout_object_end(j);
}

/* All who are asked in, by name; false after refuse(): before anything is written. */
static bool find_invited(struct request *rq, struct db *db, struct person *all, size_t *count_r)
{
    const json_t *members = json_object_get(rq->body, "members");
    *count_r = 0;
    for (size_t i = 0; i < json_array_size(members); i++) {
        struct str name = json_slice(json_array_get(members, i));
        if (!people_by_username(db, name, rq->arena, &all[*count_r]))
            return refuse_field(rq, PROBLEM_UNKNOWN_USER,
                                arena_printf(rq->arena, "/members/%zu", i),
                                "there is nobody of this name");
        ++*count_r;
    }
    return true;
}

void rooms_create(struct request *rq, struct db *tx)
{
    struct person *invited = arena_alloc(rq->arena, INVITED_MAX * sizeof *invited);
    struct asked a;
    size_t count;
    if (!find_invited(rq, tx, invited, &count) || !count_made(rq, tx))
        return;
    make(rq, tx, &a);
    for (size_t i = 0; i < count; i++) {
        const struct room_person who = {invited[i].id, invited[i].username};
        if (!member_place(tx, a.room.uri, who.id).stands)
            member_add(tx, rq->arena, &a.room, &who, ROOM_MEMBER, &a.me, rq->now_us);
    }
    rooms_answer(rq, tx, 201, &a);
}

/* ---- Rooms as people read them ---- */

/* Begins the answer, one object, with what a list says of the room. */
static struct jout *begin_answer(struct request *rq, struct db *db, int status,
                                 const struct asked *a)
{
    struct message last;
    struct listed l = {.room = a->room, .place = a->place};
    if (message_find(db, a->room.uri, a->room.seq, rq->arena, &last))
        l.last = &last;
    struct jout *j = reply_json(rq, status);
    jout_object(j);
    listed_write(j, &l);
    return j;
}

void rooms_answer(struct request *rq, struct db *db, int status, const struct asked *a)
{
    jout_object_end(begin_answer(rq, db, status, a));
}

/* ---- GET /v1/chats, /v1/chats/unread ---- */

/* Behind a room's uri, or a member's name. */
bool rooms_page_parse(struct request *rq)
{
    struct request_page *page = rq->parsed = arena_alloc(rq->arena, sizeof *page);
    page->before = request_query(rq, "before");
    return request_limit(rq, LISTED, &page->limit);
}

static void write_listed(void *arg, const struct listed *l)
{
    struct jout *j = arg;
    jout_object(j);
    listed_write(j, l);
    jout_object_end(j);
}

void rooms_list(struct request *rq, struct db *db)
{
    const struct request_page *page = rq->parsed;
    struct jout *j = reply_json(rq, 200);
    jout_array(j);
    listing_rooms(db, rq->arena, &rq->caller, page->before, page->limit, write_listed, j);
    jout_array_end(j);
}

void rooms_unread(struct request *rq, struct db *db)
{
    struct badge b = listing_badge(db, rq->arena, &rq->caller);
    struct jout *j = reply_json(rq, 200);
    jout_object(j);
    jout_field_int(j, "unread", b.unread);
    jout_field_int(j, "rooms", b.rooms);
    jout_object_end(j);
}

/* ---- GET /v1/chats/{uri} ---- */

/* Where a room's members are being written. */
struct members {
    struct jout *j;          /* the array */
    struct app *app;         /* who knows who is there */
    const struct room *room; /* theirs */
};

static void write_member(void *arg, const struct member *m)
{
    const struct members *all = arg;
    struct jout *j = all->j;
    jout_object(j);
    jout_key(j, "user");
    room_write_person(j, &m->who, all->room->order_id);
    jout_field_cstr(j, "role", room_role_word(m->place.role));
    jout_field_bool(j, "present", presence_of_account(all->app, m->who.id));
    jout_field_int(j, "delivered_seq", m->place.delivered_seq);
    jout_field_int(j, "read_seq", m->place.read_seq);
    jout_object_end(j);
}

/* Behind whom the page begins; false after refuse(). */
static bool read_after(struct request *rq, struct db *db, const struct room *room,
                       struct str username, struct member *after)
{
    struct person person;
    if (people_by_username(db, username, rq->arena, &person)) {
        after->who = (struct room_person){person.id, person.username};
        after->place = member_place(db, room->uri, person.id);
    }
    return after->place.stands ||
           refuse(rq, PROBLEM_BAD_INPUT, "?before= is the username of a member");
}

void rooms_get(struct request *rq, struct db *db)
{
    const struct request_page *page = rq->parsed;
    struct member after = {0};
    struct asked a;
    if (!door_open(rq, db, rq->params[0], &a) ||
        (page->before.at && !read_after(rq, db, &a.room, page->before, &after)))
        return;
    struct members all = {begin_answer(rq, db, 200, &a), rq->app, &a.room};
    jout_key(all.j, "members");
    jout_array(all.j);
    member_list(db, a.room.uri, page->before.at ? &after : NULL, page->limit, write_member, &all);
    jout_array_end(all.j);
    jout_object_end(all.j);
}

/* ---- PATCH /v1/chats/{uri} ---- */

bool rooms_change_parse(struct request *rq)
{
    struct wish *w = rq->parsed = arena_alloc(rq->arena, sizeof *w);
    return is_object(rq) && parse_name(rq, w) && parse_kind(rq, w);
}

void rooms_change(struct request *rq, struct db *tx)
{
    const struct wish *w = rq->parsed;
    struct asked a;
    if (!door_write(rq, tx, rq->params[0], &a) || !people_may_change(rq, &a.room))
        return;
    if (a.place.role != ROOM_OWNER) {
        refuse(rq, PROBLEM_FORBIDDEN, "for the room's owner");
        return;
    }
    const struct room was = a.room;
    if (w->names)
        a.room.name = w->name;
    if (w->says_kind)
        a.room.kind = w->invite_only ? ROOM_INVITE : ROOM_OPEN;
    if (a.room.kind != was.kind || !str_eq(a.room.name, was.name))
        room_change(tx, rq->arena, &a.room, request_actor(rq), rq->now_us);
    rooms_answer(rq, tx, 200, &a);
}

/* ---- PATCH /v1/chats/{uri}/me ---- */

bool rooms_mute_parse(struct request *rq)
{
    const json_t *muted = json_object_get(rq->body, "muted");
    bool *wish = rq->parsed = arena_alloc(rq->arena, sizeof *wish);
    *wish = json_is_true(muted);
    return json_is_boolean(muted) || refuse_field(rq, PROBLEM_BAD_INPUT, "/muted", "true or false");
}

void rooms_mute(struct request *rq, struct db *tx)
{
    const bool *muted = rq->parsed;
    struct asked a;
    if (!door_open(rq, tx, rq->params[0], &a))
        return;
    if (a.place.muted != *muted)
        room_mute(tx, &a.room, &a.place, &a.me, *muted, rq->now_us);
    rooms_answer(rq, tx, 200, &a);
}
