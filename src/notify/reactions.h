/* reactions.h - what notify does about what happens: it fills inboxes, lets orders ring, and notes
 * who answered them. */
#ifndef PESAN_NOTIFY_REACTIONS_H
#define PESAN_NOTIFY_REACTIONS_H

#include "journal/cursor.h"

#define NOTIFY_REACTIONS 14

extern const struct reaction notify_reactions[NOTIFY_REACTIONS];

#endif
