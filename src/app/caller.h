/* caller.h - copies of who asks, for whatever outlives the request that brought the token. */
#ifndef PESAN_APP_CALLER_H
#define PESAN_APP_CALLER_H

#include "app/token.h"

/* Bytes that the caller's texts take. */
size_t caller_bytes(const struct caller *c);

/* The same caller with its texts copied to `space`, caller_bytes() of it. */
struct caller caller_copy(const struct caller *c, char *space);

#endif
