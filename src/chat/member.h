/* member.h - who stands in a room: coming in, going out, and rank. */
#ifndef PESAN_CHAT_MEMBER_H
#define PESAN_CHAT_MEMBER_H

#include "chat/room.h"

struct member {
    struct room_person who;  /* he */
    struct room_place place; /* his */
};

/* Somebody's place; !stands when he has none. */
struct room_place member_place(struct db *db, struct str uri, struct str account_id);

/* Let him in, with nothing unread; he must not be in, and the room not full. Updates *room, tells
 * chat.member. */
void member_add(struct db *tx, struct arena *arena, struct room *room,
                const struct room_person *who, enum room_role role, const struct room_person *by,
                int64_t at_us);

/* Out with him, by whomever: he leaves when that is he. An owner is followed by whoever ranks next.
 * Updates *room, tells chat.member_left. */
void member_remove(struct db *tx, struct arena *arena, struct room *room, const struct member *m,
                   const struct room_person *by, int64_t at_us);

/* Give him another rank; tells chat.member. */
void member_rank(struct db *tx, struct arena *arena, const struct room *room, struct member *m,
                 enum room_role role, const struct room_person *by, int64_t at_us);

/* Visit members by rank, the owner first, then those who came first; behind `after` (NULL: from
 * the first), at most `limit`. */
void member_list(struct db *db, struct str uri, const struct member *after, int64_t limit,
                 void (*visit)(void *arg, const struct member *m), void *arg);

#endif
