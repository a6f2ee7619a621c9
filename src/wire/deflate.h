/* deflate.h - permessage-deflate (RFC 7692): offers, and whole messages in and out; no descriptor,
 * no clock.
 *
 * Each message is compressed by itself: both sides give up the context of earlier ones, which a
 * server may ask for unasked (7.1.1). So a packed message is the same for all receivers, and a
 * connection owns no stream; a deflater is shared by all connections of a thread. */
#ifndef PESAN_WIRE_DEFLATE_H
#define PESAN_WIRE_DEFLATE_H

#include "base/buf.h"
#include "wire/websocket.h"

#define DEFLATE_BITS_MIN   8    /* windows are of 2^8 to 2^15 bytes (7.1.2) */
#define DEFLATE_BITS_MAX   15   /* what a side takes that says nothing */
#define DEFLATE_ANSWER_MAX 160  /* longest deflate_answer(), with its NUL */
#define DEFLATE_WORTH      1024 /* a message below this is not worth packing */

/* What both sides agree on. */
struct deflate_terms {
    uint8_t server_bits; /* window the client takes: DEFLATE_BITS_MIN to _MAX */
    uint8_t client_bits; /* window the client says it packs with; 0: it said none */
};

/* The first offer in the value of one Sec-WebSocket-Extensions header that is permessage-deflate
 * and fits: parameters known, each at most once, with a value if and only if it has one (7.1).
 * Others are passed over; behind malformed text none is looked for. False when none fits. */
MUST_USE bool deflate_agree(struct str offers, struct deflate_terms *terms_r);

/* Write the answer to such an offer, NUL-terminated. Returns its length. */
size_t deflate_answer(const struct deflate_terms *terms, char out[DEFLATE_ANSWER_MAX]);

/* May a message of `len` bytes go packed to who takes a window of 2^bits bytes? We always pack with
 * the largest one, in which nothing points back further than the message is long. */
static inline bool deflate_fits(size_t len, uint8_t bits)
{
    return len >= DEFLATE_WORTH && (bits >= DEFLATE_BITS_MAX || len <= (size_t)1 << bits);
}

/* zlib's streams of one thread, each made when it is first needed: 262 KB to pack with, 7 KB to
 * unpack with, and 32 KB more once a message needed it. Nothing of a message stays in them. */
struct deflater;

MUST_USE struct deflater *deflater_new(void);
void deflater_free(struct deflater **d);

/* Pack a message into out[0..room-1]: what goes behind a head with RSV1. Returns the bytes written,
 * 0 when they would not be at least five fewer than `room`: then it goes as it is. */
MUST_USE size_t deflater_pack(struct deflater *d, struct str message, void *out, size_t room);

/* Unpack the joined payload of a message into `out`, which is empty. Returns WS_ERR_NONE, or what
 * is wrong: WS_ERR_TOO_BIG above `max` bytes, of which one too many is unpacked at most;
 * WS_ERR_DEFLATE; for text WS_ERR_TEXT_UTF8. */
MUST_USE enum ws_error deflater_unpack(struct deflater *d, struct str packed, bool text,
                                       uint32_t max, struct buf *out);

#endif
