/* hot.h - rooms in which much is said at once: in one transaction their rows, and those of who
 * writes, are written once for all messages (db_pend()). Known to room.c only. */
#ifndef PESAN_CHAT_HOT_H
#define PESAN_CHAT_HOT_H

#include "chat/room.h"

/* The room and this place as the transaction has them pending; false when it has not both. */
MUST_USE bool hot_find(struct db *tx, struct str uri, struct str who, struct room *room_r,
                       struct room_place *place_r);

/* *room was read from its row: what is pending is newer. */
void hot_refresh(struct db *tx, struct room *room);

/* A message was said: keep the room's seq and time pending, and the marks of whoever said it, who
 * has a row there. The arena, and what the slices of *room and *who stand in, live until the
 * transaction is over. */
void hot_keep(struct db *tx, struct arena *arena, const struct room *room,
              const struct room_place *place, const struct room_person *who);

#endif
