/* request_line.h - reads the first line of a request (RFC 9112 3), however it is cut. No I/O. */
#ifndef PESAN_NET_REQUEST_LINE_H
#define PESAN_NET_REQUEST_LINE_H

#include "base/str.h"
#include "net/exchange.h"
#include "net/refusal.h"

/* The line as far as it has come. Zero-initialised it stands before the first byte. Offsets count
 * from the first byte ever shown, empty lines before the request line included. */
struct request_line {
    uint32_t at;          /* bytes read so far */
    uint32_t method_at;   /* where the method begins */
    uint32_t method_len;  /* its bytes */
    uint32_t target_at;   /* where the target begins */
    uint32_t target_len;  /* its bytes */
    uint8_t state;        /* enum line_state (request_line.c) */
    uint8_t version_at;   /* characters of "HTTP/1.1" read */
    char major;           /* digit of the version */
    char minor;           /* the other one */
    bool done;            /* the line is whole, LF included */
    enum refusal refusal; /* why it is not acceptable; no further byte was read */
};

/* Read on; returns how many bytes belong to the line (less than len when it is done or refused; the
 * byte that breaks it is not counted). */
size_t request_line_read(struct request_line *l, const char *bytes, size_t len);

/* The method of a line that is done; `text` are the bytes it was read from. */
enum http_method request_line_method(const struct request_line *l, const char *text);

/* A token of RFC 9110 5.6.2: method and header field names. */
bool is_token_char(char c);

/* Split a request target (RFC 9112 3.2) into the decoded path and the raw query of *x; the path is
 * decoded in place. Absolute form is taken for any valid authority, "*" for OPTIONS (the path is a
 * slash and an asterisk), all else is REFUSAL_TARGET. */
MUST_USE enum refusal target_split(struct exchange *x, char *target, size_t len);

/* A valid, non-empty `host [":" port]` (RFC 3986 3.2.2, without userinfo). */
bool host_valid(struct str host);

#endif
