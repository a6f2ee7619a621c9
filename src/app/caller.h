/* caller.h - copies of who asks, for whatever outlives the request that brought the token; and what
 * his device is called. */
#ifndef PESAN_APP_CALLER_H
#define PESAN_APP_CALLER_H

#include "app/token.h"

/* Bytes that the caller's grants and texts take. */
size_t caller_bytes(const struct caller *c);

/* The same caller with his grants and texts copied to `space`: caller_bytes() of it, aligned for a
 * struct grant. */
struct caller caller_copy(const struct caller *c, void *space);

/* What a device is called where others read it: the end of its session's id, which tells somebody's
 * devices apart and opens nothing. Any other text (a kiosk's id) is its own name. */
struct str caller_device(struct str id);

#endif
