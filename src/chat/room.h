/* room.h - rooms: what they are, who hears them, and the one way a message gets in.
 *
 * Everything that writes runs in the writer's transaction and may run twice, so uris and times are
 * given by the caller. Slices of what is read live in the arena. */
#ifndef PESAN_CHAT_ROOM_H
#define PESAN_CHAT_ROOM_H

#include "app/token.h"
#include "base/json.h"
#include "db/db.h"

#define ROOM_URI_LEN     15 /* lower-case hex */
#define ROOM_MEMBERS_MAX 10000

enum room_kind {
#define ROOM_KIND(name, word, meaning) ROOM_##name,
#include "chat/tbl/room_kinds.h"
#undef ROOM_KIND
    ROOM_KIND_COUNT
};

enum room_role {
#define ROOM_ROLE(name, word) ROOM_##name,
#include "chat/tbl/room_roles.h"
#undef ROOM_ROLE
    ROOM_ROLE_COUNT
};

const char *room_kind_word(enum room_kind k);
const char *room_role_word(enum room_role r);
MUST_USE bool room_role_parse(struct str word, enum room_role *role_r);

struct room {
    struct str uri;      /* what it is called in URLs */
    enum room_kind kind; /* how one gets in */
    struct str name;     /* at == NULL: it has none */
    int64_t created_us;  /* UTC */
    int64_t seq;         /* of the last message; 0: there is none */
    int64_t active_us;   /* when that was said, or the room was made */
    int64_t members;     /* who stand in it */
    int64_t closed_us;   /* since when it is closed for writing; 0: it is open */

    /* Of an order's thread; else at == NULL. */
    struct str order_id;   /* UUIDv7 */
    struct str number;     /* what is called out: "A17" */
    struct str shop_id;    /* who makes it */
    struct str account_id; /* the customer; at == NULL: nobody with an account */
};

/* Somebody's place in a room. Those who hear an order's thread by right have one once they have
 * written or read there. */
struct room_place {
    bool stands;           /* there is a row */
    enum room_role role;   /* what he is */
    bool muted;            /* he wishes no sound of it */
    int64_t joined_us;     /* UTC */
    int64_t read_seq;      /* of the room: up to here he has read */
    int64_t delivered_seq; /* and up to here a device of his has it */
};

/* A new uri; room_uri[ROOM_URI_LEN] is NUL. Never in a unit: it may run twice. */
void room_uri_make(char room_uri[ROOM_URI_LEN + 1]);

/* Is this the form of a uri? */
bool room_uri_fits(struct str uri);

/* Read one, and the place there of somebody by his account's id (a guest's is the order's). False
 * when there is no such room. */
MUST_USE bool room_find(struct db *db, struct str uri, struct str who, struct arena *arena,
                        struct room *room_r, struct room_place *place_r);

/* The thread of an order; false while it has none. */
MUST_USE bool room_of_order(struct db *db, struct str order_id, struct str who, struct arena *arena,
                            struct room *room_r, struct room_place *place_r);

/* A new row; nothing is told, nobody is in it. */
void room_insert(struct db *tx, const struct room *room);

/* May the caller hear the room, and write in it while it is open? In an order's thread its
 * customer, the crew of its shop and the guest of its link may, elsewhere who has a place. */
bool room_is_for(const struct room *room, const struct room_place *place, const struct caller *c);

/* Who says something, or does something in a room. */
struct room_person {
    struct str id;       /* of the account; a guest's is the order's id */
    struct str username; /* as others read it */
};

/* As the token says; a guest without a name is "guest". */
struct room_person room_person_of(const struct caller *c);

/* Write him as {id,username,first_name,last_name}; a guest's id is null. */
void room_write_person(struct jout *j, const struct room_person *p, struct str order_id);

/* A message on its way in. */
struct room_post {
    struct room_person by; /* by.id.at == NULL: the system */
    struct str text;       /* checked by text_check(), or our own */
    struct str system;     /* of the system's: what happened, "accepted"; else at == NULL */
    struct str client_id;  /* its client made it, at most ROOM_CLIENT_ID_MAX; at == NULL: none */
    int64_t reply_to;      /* seq of the message it answers; 0: none */
    struct str actor;      /* of the event: "account:<id>", "service:order" */
    int64_t at_us;         /* UTC */
    bool hot;              /* rows are left pending (db_pend()) for units of the same kin */
};

#define ROOM_CLIENT_ID_MAX 64 /* characters */

/* Append it, tell it, and let its author have read up to it; the only way a message gets into a
 * room. Updates *room and *place (NULL for the system's). Whether he may, and whether the room is
 * open, was asked before. Returns its seq. */
int64_t room_say(struct db *tx, struct arena *arena, struct room *room, struct room_place *place,
                 const struct room_post *p);

/* The seq of the message for which this author's client made this id; 0: there is none. */
int64_t room_sent(struct db *db, struct str uri, struct str author, struct str client_id);

/* Up to here he has read, or has it; marks never go back. Tells chat.read where something changed,
 * and gives who had none a place. Returns whether anything did. */
bool room_mark(struct db *tx, struct arena *arena, const struct room *room,
               struct room_place *place, const struct room_person *who, int64_t read_seq,
               int64_t delivered_seq, int64_t at_us);

/* He wishes no sound of it, or does again. */
void room_mute(struct db *tx, const struct room *room, struct room_place *place,
               const struct room_person *who, bool muted, int64_t at_us);

/* Another name, or another way in; written as *room has them, and told. */
void room_change(struct db *tx, struct arena *arena, const struct room *room, struct str actor,
                 int64_t at_us);

/* Close it for writing; again is no change. Tells chat.room. */
void room_close(struct db *tx, struct arena *arena, struct room *room, struct str actor,
                int64_t at_us);

/* How many messages he has not read. */
static inline int64_t room_unread(const struct room *room, const struct room_place *place)
{
    return room->seq - place->read_seq;
}

#endif
