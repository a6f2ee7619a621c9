/* told.h - what an event's payload tells delivery, read in one pass and without a tree:
 * order.placed is on the path of every order. */
#ifndef PESAN_DELIVERY_TOLD_H
#define PESAN_DELIVERY_TOLD_H

#include "base/arena.h"

/* Texts of a payload; at == NULL where it says nothing, or nothing that is text. */
struct told {
#define TOLD(field) struct str field;
#include "delivery/tbl/told.h"
#undef TOLD
    struct str items; /* as it is written: a JSON value */
    struct str total; /* as it is written: digits */
};

/* Slices of the payload, or copies in the arena. */
struct told told_read(struct arena *arena, struct str payload);

#endif
