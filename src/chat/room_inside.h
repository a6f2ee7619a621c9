/* room_inside.h - the columns of rooms and places, for whatever reads them along with others. */
#ifndef PESAN_CHAT_ROOM_INSIDE_H
#define PESAN_CHAT_ROOM_INSIDE_H

#include "chat/room.h"

/* Of chat_rooms as r, and chat_members as m. */
#define ROOM_COLUMNS                                                                               \
    "r.uri, r.kind, r.name, r.created_at, r.seq, r.active_at, r.members, r.closed_at, r.order_id," \
    " r.number, r.shop_id, r.account_id"
#define PLACE_COLUMNS "m.role, m.muted, m.joined_at, m.read_seq, m.delivered_seq"

#define ROOM_COLUMN_COUNT  12
#define PLACE_COLUMN_COUNT 5

/* The room in the first columns, and the place in those from `column`. */
void room_read(struct db_rows *rows, struct arena *arena, struct room *room);
void room_read_place(struct db_rows *rows, int column, struct room_place *place);

/* Write the seq and the time of the last message; how far somebody has read. */
void room_write_seq(struct db *tx, const struct room *room);
void room_write_marks(struct db *tx, const struct room *room, const struct room_place *place,
                      struct str account_id);

/* A row for a place, not muted. */
void room_insert_place(struct db *tx, const struct room *room, const struct room_person *who,
                       const struct room_place *place);

#endif
