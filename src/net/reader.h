/* reader.h - reads one HTTP/1.1 request (RFC 9112) into an exchange: bytes in, steps out; no
 * descriptor, no clock.
 *
 * However the bytes are cut, the outcome is the same. A reader is used for one request after
 * another and pooled in between; all that lasts of a request lies in its exchange's arena. */
#ifndef PESAN_NET_READER_H
#define PESAN_NET_READER_H

#include "net/fields.h"

struct reader;

enum reader_step {
    READER_MORE,    /* all bytes are consumed, more are needed */
    READER_HEAD,    /* the head is whole and well-formed: decide about the body, then read on */
    READER_WHOLE,   /* the request is whole; the bytes behind it are not touched */
    READER_REFUSED, /* reader_refusal() says why; nothing behind is to be read */
};

MUST_USE struct reader *reader_new(void);
void reader_free(struct reader **r);

/* Stand before a new request that is read into *x (x->arena is set, the rest is zero). */
void reader_begin(struct reader *r, struct exchange *x, size_t head_max);

/* Read on from bytes[0..len-1]; *used_r says how many were consumed. After READER_HEAD call again
 * even if no bytes are left. */
MUST_USE enum reader_step reader_feed(struct reader *r, const char *bytes, size_t len,
                                      size_t *used_r);

/* From READER_HEAD on. */
const struct http_facts *reader_facts(const struct reader *r);

/* Between READER_HEAD and the next reader_feed(): how many bytes of body are acceptable (0 before).
 * A longer one ends in READER_REFUSED, at once when its length was announced. */
void reader_body_limit(struct reader *r, size_t limit);

/* True when the announced body is within the limit and some of it is still to come. */
bool reader_wants_body(const struct reader *r);

enum refusal reader_refusal(const struct reader *r);

#endif
