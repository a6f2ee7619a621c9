/* id.h - UUIDv7 (RFC 9562 5.7): ids that sort by the time they were made. */
#ifndef PESAN_BASE_ID_H
#define PESAN_BASE_ID_H

#include "base/str.h"

#define ID_LEN 36

/* The canonical lower-case text of a UUID, NUL-terminated. */
struct id {
    char text[ID_LEN + 1];
};

/* A new id: greater than every id this thread made before, unguessable in its random bits. */
struct id id_new(void);

/* True for the canonical form of any UUID, hex in either case. */
bool id_valid(struct str text);

/* Copy a valid text, folded to lower case. False (and *id_r empty) when it is not a UUID. */
MUST_USE bool id_parse(struct str text, struct id *id_r);

/* When a UUIDv7 was made: milliseconds since 1970 UTC, or a little later where many were made at
 * once. 0 for a UUID of another kind. */
int64_t id_ms(const struct id *id);

static inline struct str id_str(const struct id *id)
{
    return (struct str){id->text, strlen(id->text)};
}

#endif
