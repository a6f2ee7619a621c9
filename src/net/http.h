/* http.h - reads the header fields of a request: llhttp, and a check of ours in front of it. No
 * I/O. */
#ifndef PESAN_NET_HTTP_H
#define PESAN_NET_HTTP_H

#include "base/buf.h"
#include "net/refusal.h"

/* One field as offsets into the head, which may move while it grows. */
struct http_field {
    uint32_t name_at;   /* first byte of the name */
    uint32_t name_len;  /* its bytes */
    uint32_t value_at;  /* first byte of the value */
    uint32_t value_len; /* its bytes; blanks at its end may be among them */
};

/* Reads the fields of one request after another. */
struct http_fields;

MUST_USE struct http_fields *http_fields_new(void);
void http_fields_free(struct http_fields **f);

/* Stand behind the request line of a new request. */
void http_fields_begin(struct http_fields *f);

/* Read on from bytes[0..len-1], however the stream is cut. What belongs to the head is appended to
 * *head, the only memory the fields refer to, and counted in *used_r; *end_r says that the empty
 * line behind the fields was read. */
MUST_USE enum refusal http_fields_read(struct http_fields *f, struct buf *head, const char *bytes,
                                       size_t len, size_t *used_r, bool *end_r);

/* The fields that are whole, in the order they came. */
size_t http_fields_count(const struct http_fields *f);
const struct http_field *http_fields_at(const struct http_fields *f, size_t index);

#endif
