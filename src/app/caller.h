/* caller.h - copies of who asks, for whatever outlives the request that brought the token. */
#ifndef PESAN_APP_CALLER_H
#define PESAN_APP_CALLER_H

#include "app/token.h"

/* Bytes that the caller's grants and texts take. */
size_t caller_bytes(const struct caller *c);

/* The same caller with his grants and texts copied to `space`: caller_bytes() of it, aligned for a
 * struct grant. */
struct caller caller_copy(const struct caller *c, void *space);

#endif
