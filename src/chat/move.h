/* move.h - what becomes of an order, in the words of its thread. */
#ifndef PESAN_CHAT_MOVE_H
#define PESAN_CHAT_MOVE_H

#include "app/problem.h"
#include "base/arena.h"
#include "journal/cursor.h"

/* A message of the system. */
struct move_words {
    struct str word; /* what happened: "accepted" */
    struct str text; /* for people */
};

/* Put an event about an order into words, in the arena; false when its thread says nothing of it.
 */
MUST_USE bool move_say(const struct event *e, enum language language, struct arena *arena,
                       struct move_words *words_r);

/* Is the order over with this event? */
bool move_ends(const struct event *e);

#endif
