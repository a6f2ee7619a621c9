/* chunked.h - reads a body in chunks (RFC 9112 7.1), however it is cut. No I/O, no memory. */
#ifndef PESAN_NET_CHUNKED_H
#define PESAN_NET_CHUNKED_H

#include "base/str.h"
#include "net/refusal.h"

/* Zero-initialised it stands before the first chunk. */
struct chunked {
    uint64_t size;        /* of the current chunk, as far as its digits were read */
    uint64_t left;        /* bytes of data still to come, 0 outside the data */
    uint32_t extension;   /* bytes of chunk extensions so far, all chunks */
    uint32_t trailer;     /* bytes of trailer fields so far */
    uint8_t state;        /* enum chunked_state (chunked.c) */
    uint8_t digits;       /* of the current chunk size */
    bool done;            /* the last byte of the body was read */
    enum refusal refusal; /* why the body is not well-formed */
};

/* Read on; returns how many bytes were consumed. *data_r is a slice of them that belongs to the
 * body and may be empty; it stands for at most one chunk, so call until all is consumed, or done,
 * or refused. Trailer fields are checked and dropped. */
size_t chunked_read(struct chunked *c, const char *bytes, size_t len, struct str *data_r);

#endif
