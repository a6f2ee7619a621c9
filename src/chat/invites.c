/* invites.c - invitations over HTTP: making, showing and taking them back, and coming in by one. */
#include "app/qr.h"
#include "base/clock.h"
#include "base/random.h"
#include "chat/handlers.h"
#include "chat/invite.h"

#define LIFE_MAX_S (INT64_C(86400) * 366)
#define USES_MAX   10000

/* ---- As people read them ---- */

static void write_invite(void *arg, const struct invite *i)
{
    struct jout *j = arg;
    char url[64];
    jout_object(j);
    jout_field_str(j, "id", i->id);
    jout_field_str(j, "code", i->code);
    snprintf(url, sizeof url, "/chats/join/%.*s", STR_ARG(i->code));
    jout_field_cstr(j, "url", url);
    snprintf(url, sizeof url, "/v1/invites/%.*s/qr.svg", STR_ARG(i->code));
    jout_field_cstr(j, "qr_url", url);
    jout_field_cstr(j, "role", room_role_word(i->role));
    if (i->expires_us > 0)
        jout_field_time(j, "expires_at", i->expires_us);
    if (i->uses_left != INVITE_ENDLESS)
        jout_field_int(j, "uses_left", i->uses_left);
    jout_object_end(j);
}

/* ---- /v1/chats/{uri}/invites ---- */

/* A number of the body, if it is there, from 1 to `max`. False after refuse(). */
static bool parse_number(struct request *rq, const char *key, const char *pointer, int64_t max,
                         int64_t *number_r)
{
    const json_t *number = json_object_get(rq->body, key);
    if (!number || json_is_null(number))
        return true;
    return (json_int_lenient(number, number_r) && *number_r >= 1 && *number_r <= max) ||
           refuse_field(rq, PROBLEM_BAD_INPUT, pointer,
                        arena_printf(rq->arena, "a number from 1 to %lld", (long long)max));
}

bool invites_make_parse(struct request *rq)
{
    struct invite *i = rq->parsed = arena_alloc(rq->arena, sizeof *i);
    char *code = arena_alloc(rq->arena, INVITE_CODE_LEN + 1);
    const json_t *role = json_object_get(rq->body, "role");
    int64_t life_s = 0;
    if (!json_is_object(rq->body))
        return refuse(rq, PROBLEM_BAD_INPUT, "the body is an object");
    random_text(code, INVITE_CODE_LEN, RANDOM_URL_SAFE);
    *i = (struct invite){.code = {code, INVITE_CODE_LEN},
                         .id = id_str(&rq->id),
                         .role = ROOM_MEMBER,
                         .made_by = rq->caller.id,
                         .made_us = rq->now_us,
                         .uses_left = INVITE_ENDLESS};
    if (role && !json_is_null(role) &&
        (!room_role_parse(json_slice(role), &i->role) || i->role == ROOM_OWNER))
        return refuse_field(rq, PROBLEM_BAD_INPUT, "/role", "moderator or member");
    if (!parse_number(rq, "expires_in_s", "/expires_in_s", LIFE_MAX_S, &life_s) ||
        !parse_number(rq, "uses", "/uses", USES_MAX, &i->uses_left))
        return false;
    if (life_s > 0)
        i->expires_us = rq->now_us + life_s * US_PER_S;
    return true;
}

/* The room of the path, when the caller may invite to it. False after refuse(). */
static bool open_for_inviting(struct request *rq, struct db *db, struct asked *a)
{
    if (!door_open(rq, db, rq->params[0], a) || !people_may_change(rq, &a->room))
        return false;
    return a->place.role <= ROOM_MODERATOR ||
           refuse(rq, PROBLEM_FORBIDDEN, "for who keeps order in the room");
}

void invites_make(struct request *rq, struct db *tx)
{
    struct invite i = *(const struct invite *)rq->parsed;
    struct asked a;
    if (!open_for_inviting(rq, tx, &a))
        return;
    i.uri = a.room.uri;
    if (i.role < a.place.role || (i.role == ROOM_MODERATOR && a.place.role != ROOM_OWNER)) {
        refuse(rq, PROBLEM_FORBIDDEN, "for the room's owner");
    } else if (invite_list(tx, i.uri, NULL, NULL) >= INVITES_MAX) {
        refuse(rq, PROBLEM_CONFLICT, "at most %d invitations of a room", INVITES_MAX);
    } else {
        invite_insert(tx, &i);
        write_invite(reply_json(rq, 201), &i);
    }
}

void invites_list(struct request *rq, struct db *db)
{
    struct asked a;
    if (!open_for_inviting(rq, db, &a))
        return;
    struct jout *j = reply_json(rq, 200);
    jout_array(j);
    (void)invite_list(db, a.room.uri, write_invite, j);
    jout_array_end(j);
}

void invites_drop(struct request *rq, struct db *tx)
{
    struct asked a;
    if (!open_for_inviting(rq, tx, &a))
        return;
    if (invite_drop(tx, a.room.uri, rq->params[1]))
        reply_empty(rq, 204);
    else
        refuse(rq, PROBLEM_NOT_FOUND, "no such invitation");
}

/* ---- /v1/invites/{code} ---- */

/* The invitation and its room. Who is in already need not ask whether it still holds. False after
 * refuse(). */
static bool find(struct request *rq, struct db *db, struct invite *i, struct asked *a)
{
    a->me = room_person_of(&rq->caller);
    if (!door_patience(rq))
        return false;
    if (invite_find(db, rq->params[0], rq->arena, i) &&
        room_find(db, i->uri, a->me.id, rq->arena, &a->room, &a->place) &&
        (a->place.stands || invite_holds(i, rq->now_us)))
        return true;
    return door_shut(rq, PROBLEM_INVITE_OVER, "no such invitation, or not any more");
}

void invites_look(struct request *rq, struct db *db)
{
    struct invite i = {0};
    struct asked a = {0};
    if (!find(rq, db, &i, &a))
        return;
    struct jout *j = reply_json(rq, 200);
    jout_object(j);
    jout_field_str(j, "uri", a.room.uri);
    jout_field_str(j, "name", a.room.name);
    jout_field_int(j, "member_count", a.room.members);
    jout_field_cstr(j, "role", room_role_word(i.role));
    jout_object_end(j);
}

void invites_take(struct request *rq, struct db *tx)
{
    struct invite i = {0};
    struct asked a = {0};
    if (!find(rq, tx, &i, &a))
        return;
    if (!a.place.stands) {
        if (!people_let_in(rq, tx, &a.room, &a.me, i.role, &a.me))
            return;
        invite_use(tx, &i);
        a.place = member_place(tx, a.room.uri, a.me.id);
    }
    rooms_answer(rq, tx, 200, &a);
}

/* Where the link leads, as a camera is to read it. */
static const char *link_of(struct request *rq)
{
    struct str base = request_base(rq);
    return arena_printf(rq->arena, "%.*s/chats/join/%.*s", STR_ARG(base), STR_ARG(rq->params[0]));
}

static bool is_code(struct str code)
{
    for (size_t i = 0; i < code.len; i++) {
        if (!memchr(RANDOM_URL_SAFE, code.at[i], sizeof RANDOM_URL_SAFE - 1))
            return false;
    }
    return code.len == INVITE_CODE_LEN;
}

/* A picture of the link, whether or not it leads anywhere: it tells nothing that whoever asks did
 * not say himself, so an <img> needs no token. */
void invites_qr(struct request *rq, struct db *db)
{
    struct buf svg = buf_in(rq->arena);
    (void)db;
    if (is_code(rq->params[0]) && qr_svg(&svg, str_of(link_of(rq))))
        reply_bytes(rq, 200, "image/svg+xml", buf_str(&svg));
    else
        refuse(rq, PROBLEM_NOT_FOUND, "not a link to a room");
}
