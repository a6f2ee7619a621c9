/* random.h - unguessable bytes (libsodium). */
#ifndef PESAN_BASE_RANDOM_H
#define PESAN_BASE_RANDOM_H

#include "base/check.h"

/* Fill with random bytes. Any thread. */
void random_bytes(void *out, size_t len);

/* Fill out[0..len-1] with random characters of `alphabet` and put a NUL behind them. */
void random_text(char *out, size_t len, const char *alphabet);

#endif
