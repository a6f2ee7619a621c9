/* door.h - how a room is found for whoever asks: the one place that says no to strangers.
 *
 * A room that is not there and one that is not for the caller are told alike, so that uris cannot
 * be tried out; who asks for too many of them is told nothing for a while. */
#ifndef PESAN_CHAT_DOOR_H
#define PESAN_CHAT_DOOR_H

#include "app/request.h"
#include "chat/room.h"

/* A room, and who asks there. */
struct asked {
    struct room room;
    struct room_place place; /* his */
    struct room_person me;   /* he */
};

/* The room of this uri, when the caller may hear it. False after refuse(): not found, or too many
 * tries. In a snapshot or a unit. */
MUST_USE bool door_open(struct request *rq, struct db *db, struct str uri, struct asked *a);

/* May it be written in? False after refuse(). */
MUST_USE bool door_is_open(struct request *rq, const struct asked *a);

/* Both. */
MUST_USE bool door_write(struct request *rq, struct db *db, struct str uri, struct asked *a);

/* Has he asked for too many? False after refuse(). */
MUST_USE bool door_patience(struct request *rq);

/* He asked in vain: refuses with `p`, and counts. Returns false. */
bool door_shut(struct request *rq, enum problem p, const char *detail);

#endif
