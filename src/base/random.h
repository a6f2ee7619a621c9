/* random.h - unguessable bytes (libsodium). */
#ifndef PESAN_BASE_RANDOM_H
#define PESAN_BASE_RANDOM_H

#include "base/check.h"

/* Fill with random bytes. Any thread. */
void random_bytes(void *out, size_t len);

/* The characters that stand in a URL as they are, 64 of them: 6 bits each. */
#define RANDOM_URL_SAFE "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

/* Fill out[0..len-1] with random characters of `alphabet` and put a NUL behind them. */
void random_text(char *out, size_t len, const char *alphabet);

#endif
