/* people.c - who is in rooms, over HTTP: joining by the uri, adding, rank, leaving, sending away.
 */
#include "app/people.h"

#include "chat/handlers.h"
#include "chat/text.h"

#define SHOWN_MAX 200 /* members in the answer to a join */

/* ---- What holds for all of it ---- */

bool people_may_change(struct request *rq, const struct room *room)
{
    return room->kind != ROOM_ORDER ||
           refuse(rq, PROBLEM_FORBIDDEN, "an order's thread has its people by right");
}

bool people_let_in(struct request *rq, struct db *tx, struct room *room,
                   const struct room_person *who, enum room_role role, const struct room_person *by)
{
    if (room->members >= ROOM_MEMBERS_MAX)
        return refuse(rq, PROBLEM_ROOM_FULL, "at most %d members", ROOM_MEMBERS_MAX);
    member_add(tx, rq->arena, room, who, role, by, rq->now_us);
    return true;
}

/* ---- PATCH /api/chats/{uri} ---- */

bool people_join_parse(struct request *rq)
{
    struct str *username = rq->parsed = arena_alloc(rq->arena, sizeof *username);
    *username = json_text(rq->body, "username");
    return username->len > 0 ||
           refuse_field(rq, PROBLEM_BAD_INPUT, "/username", "a username is needed");
}

/* Where the answer's members are being written. */
struct listing {
    struct jout *j;               /* the array */
    const struct room_person *me; /* who must be among them */
    bool found;                   /* he is */
};

static void write_listed(void *arg, const struct member *m)
{
    struct listing *l = arg;
    room_write_person(l->j, &m->who, (struct str){0});
    l->found = l->found || str_eq(m->who.id, l->me->id);
}

static void answer_joined(struct request *rq, struct db *db, const struct room *room,
                          const struct room_person *who)
{
    struct jout *j = reply_json(rq, 200);
    struct listing l = {.j = j, .me = who};
    jout_object(j);
    jout_field_cstr(j, "status", "SUCCESS");
    jout_field_str(j, "uri", room->uri);
    jout_key(j, "members");
    jout_array(j);
    member_list(db, room->uri, NULL, SHOWN_MAX, write_listed, &l);
    if (!l.found)
        room_write_person(j, who, (struct str){0});
    jout_array_end(j);
    jout_field_cstr(j, "message",
                    arena_printf(rq->arena, "%.*s joined the chat", STR_ARG(who->username)));
    jout_key(j, "user");
    room_write_person(j, who, (struct str){0});
    jout_object_end(j);
}

/* Who knows the uri of an open room is let in, if he comes himself. */
static bool may_enter(const struct asked *a, struct str username)
{
    return a->room.kind == ROOM_OPEN && str_eq(a->me.username, username);
}

/* The room, for who is in it or may come in by its uri. False after refuse(). */
static bool open_for(struct request *rq, struct db *tx, struct str username, struct asked *a)
{
    a->me = room_person_of(&rq->caller);
    if (!door_patience(rq))
        return false;
    if (room_find(tx, rq->params[0], a->me.id, rq->arena, &a->room, &a->place) &&
        (room_is_for(&a->room, &a->place, &rq->caller) || may_enter(a, username)))
        return true;
    return door_shut(rq, PROBLEM_NOT_FOUND, "no such room");
}

/* Whose name it is. False after refuse(). */
static bool person_named(struct request *rq, struct db *db, const struct asked *a,
                         struct str username, struct room_person *who_r)
{
    struct person person;
    *who_r = a->me;
    if (str_eq(username, a->me.username))
        return true;
    if (!people_by_username(db, username, rq->arena, &person))
        return refuse_field(rq, PROBLEM_UNKNOWN_USER, "/username", "there is nobody of this name");
    *who_r = (struct room_person){person.id, person.username};
    return true;
}

void people_join(struct request *rq, struct db *tx)
{
    const struct str *username = rq->parsed;
    struct asked a;
    struct room_person who;
    if (!open_for(rq, tx, *username, &a) || !people_may_change(rq, &a.room) ||
        !person_named(rq, tx, &a, *username, &who))
        return;
    if (!member_place(tx, a.room.uri, who.id).stands &&
        !people_let_in(rq, tx, &a.room, &who, ROOM_MEMBER, &a.me))
        return;
    answer_joined(rq, tx, &a.room, &who);
}

/* ---- PATCH, DELETE /v1/chats/{uri}/members/{username} ---- */

/* The room and the member that the path names. False after refuse(). */
static bool find_member(struct request *rq, struct db *tx, struct asked *a, struct member *m)
{
    if (!door_open(rq, tx, rq->params[0], a) || !people_may_change(rq, &a->room))
        return false;
    if (person_named(rq, tx, a, rq->params[1], &m->who)) {
        m->place = member_place(tx, a->room.uri, m->who.id);
        if (m->place.stands)
            return true;
    }
    return refuse(rq, PROBLEM_UNKNOWN_USER, "nobody of this name is in the room");
}

static void answer_member(struct request *rq, const struct member *m)
{
    struct jout *j = reply_json(rq, 200);
    jout_object(j);
    jout_key(j, "user");
    room_write_person(j, &m->who, (struct str){0});
    jout_field_cstr(j, "role", room_role_word(m->place.role));
    jout_object_end(j);
}

bool people_rank_parse(struct request *rq)
{
    enum room_role *role = rq->parsed = arena_alloc(rq->arena, sizeof *role);
    return room_role_parse(json_text(rq->body, "role"), role) ||
           refuse_field(rq, PROBLEM_BAD_INPUT, "/role", "owner, moderator or member");
}

/* Who makes another the owner is a moderator from then on; a room has one owner. */
void people_rank(struct request *rq, struct db *tx)
{
    const enum room_role *role = rq->parsed;
    struct asked a;
    struct member m;
    if (!find_member(rq, tx, &a, &m))
        return;
    if (a.place.role != ROOM_OWNER) {
        refuse(rq, PROBLEM_FORBIDDEN, "for the room's owner");
        return;
    }
    if (str_eq(m.who.id, a.me.id) && *role != ROOM_OWNER) {
        refuse(rq, PROBLEM_CONFLICT, "make somebody else the owner first");
        return;
    }
    if (m.place.role != *role) {
        struct member me = {a.me, a.place};
        member_rank(tx, rq->arena, &a.room, &m, *role, &a.me, rq->now_us);
        if (*role == ROOM_OWNER)
            member_rank(tx, rq->arena, &a.room, &me, ROOM_MODERATOR, &a.me, rq->now_us);
    }
    answer_member(rq, &m);
}

static bool may_remove(const struct asked *a, const struct member *m)
{
    return str_eq(m->who.id, a->me.id) || a->place.role == ROOM_OWNER ||
           (a->place.role == ROOM_MODERATOR && m->place.role == ROOM_MEMBER);
}

void people_remove(struct request *rq, struct db *tx)
{
    struct asked a;
    struct member m;
    if (!find_member(rq, tx, &a, &m))
        return;
    if (!may_remove(&a, &m)) {
        refuse(rq, PROBLEM_FORBIDDEN, "for oneself, and who keeps order here");
        return;
    }
    member_remove(tx, rq->arena, &a.room, &m, &a.me, rq->now_us);
    reply_empty(rq, 204);
}
