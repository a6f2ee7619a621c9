/* digest.h - hashes and encodings (libcrypto). Out-buffers of text are NUL-terminated. */
#ifndef PESAN_BASE_DIGEST_H
#define PESAN_BASE_DIGEST_H

#include "base/buf.h"

#define SHA1_LEN   20
#define SHA256_LEN 32
#define SHA512_LEN 64

void digest_sha1(struct str in, uint8_t out[SHA1_LEN]);
void digest_sha256(struct str in, uint8_t out[SHA256_LEN]);
void digest_sha512(struct str in, uint8_t out[SHA512_LEN]);
void digest_hmac_sha256(struct str key, struct str in, uint8_t out[SHA256_LEN]);

/* Lower-case hex; out holds 2 * len + 1 bytes. */
void digest_hex(const void *in, size_t len, char *out);

/* Standard and URL-safe (no padding) base64, appended to out. */
void digest_base64(struct buf *out, const void *in, size_t len);
void digest_base64url(struct buf *out, const void *in, size_t len);

/* Strict standard base64 with padding, appended to out; false (out unchanged) when malformed. */
MUST_USE bool digest_base64_decode(struct buf *out, struct str in);

/* Equality in time that does not depend on the content. Different lengths are unequal at once. */
bool digest_equal(struct str a, struct str b);

#endif
