/* invite.h - invitations: links by which somebody comes into a room, for a while, so many times. */
#ifndef PESAN_CHAT_INVITE_H
#define PESAN_CHAT_INVITE_H

#include "chat/room.h"

#define INVITE_CODE_LEN 22  /* characters that stand in a URL: 132 bits */
#define INVITES_MAX     100 /* of a room */
#define INVITE_ENDLESS  -1  /* uses */

struct invite {
    struct str code;     /* what its link ends with: who has it may come in */
    struct str id;       /* UUIDv7: by which it is taken back */
    struct str uri;      /* of the room */
    enum room_role role; /* whoever comes is that */
    struct str made_by;  /* account's id */
    int64_t made_us;     /* UTC */
    int64_t expires_us;  /* 0: never */
    int64_t uses_left;   /* or INVITE_ENDLESS */
};

void invite_insert(struct db *tx, const struct invite *i);

/* By its code, used up or expired or not; with copies in the arena. */
MUST_USE bool invite_find(struct db *db, struct str code, struct arena *arena, struct invite *i_r);

/* May somebody come in by it now? */
bool invite_holds(const struct invite *i, int64_t now_us);

/* Somebody came in by it. */
void invite_use(struct db *tx, const struct invite *i);

/* Take it back; false when the room has none of this id. */
MUST_USE bool invite_drop(struct db *tx, struct str uri, struct str id);

/* Visit those of a room, the newest first; returns how many there are. */
size_t invite_list(struct db *db, struct str uri, void (*visit)(void *arg, const struct invite *i),
                   void *arg);

#endif
