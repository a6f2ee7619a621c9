/* tell.h - the events that chat appends to the journal (app/tbl/topics.h), and who may read them.
 */
#ifndef PESAN_CHAT_TELL_H
#define PESAN_CHAT_TELL_H

#include "chat/room.h"

/* chat.message, for room->seq. */
void tell_message(struct db *tx, struct arena *arena, const struct room *room,
                  const struct room_post *p);

/* chat.edited, or chat.deleted where text.at == NULL. */
void tell_changed(struct db *tx, struct arena *arena, const struct room *room, int64_t seq,
                  struct str text, const struct room_person *by, int64_t at_us);

/* What became of somebody's place. */
struct member_news {
    struct room_person who; /* whose */
    const char *change;     /* joined, role; left, removed */
    enum room_role role;    /* he has, or had */
    struct room_person by;  /* who did it */
    bool ends;              /* he hears no more: chat.member_left */
};

/* chat.member or chat.member_left, also on the account's channel. */
void tell_member(struct db *tx, struct arena *arena, const struct room *room,
                 const struct member_news *n, int64_t at_us);

/* chat.read: on his own devices, and in rooms that are small enough on everybody's. */
void tell_read(struct db *tx, struct arena *arena, const struct room *room,
               const struct room_person *who, const struct room_place *place, int64_t at_us);

/* chat.room. */
void tell_room(struct db *tx, struct arena *arena, const struct room *room, struct str actor,
               int64_t at_us);

#endif
