/* listing.h - somebody's rooms: which they are, and how much in them he has not read. */
#ifndef PESAN_CHAT_LISTING_H
#define PESAN_CHAT_LISTING_H

#include "chat/message.h"

/* A room as one of its people is shown it. */
struct listed {
    struct room room;           /* it */
    struct room_place place;    /* his place there */
    const struct message *last; /* what was said last; NULL: nothing */
};

/* {uri,name,kind,...}: its members, for an object that has begun. */
void listed_write(struct jout *j, const struct listed *l);

/* Visit the rooms where the caller has a place and that are still his to hear, those first where
 * something was said last; behind the room `before` (at == NULL: from the first), of at most
 * `limit`. What visit() is given lives until it returns. */
void listing_rooms(struct db *db, struct arena *arena, const struct caller *c, struct str before,
                   int64_t limit, void (*visit)(void *arg, const struct listed *l), void *arg);

/* What stands on the badge: rooms that are muted do not count. */
struct badge {
    int64_t unread; /* messages */
    int64_t rooms;  /* in which they are */
};
struct badge listing_badge(struct db *db, struct arena *arena, const struct caller *c);

#endif
