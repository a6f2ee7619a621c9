/* told.h - single members of an event's payload. */
#ifndef PESAN_NOTIFY_TOLD_H
#define PESAN_NOTIFY_TOLD_H

#include "base/json.h"

/* A member as it is written; at == NULL where there is none. Looks no further than it stands: ids
 * come first in payloads. */
struct str told_raw(struct str payload, const char *member);

/* A member that is text: a slice of the payload, or a copy in the arena; at == NULL where there is
 * none. */
struct str told_text(struct arena *arena, struct str payload, const char *member);

#endif
