/* fields.h - what the header fields of a request mean to the connection: framing, persistence,
 * Host, expectations, WebSocket handshakes (RFC 9110, RFC 9112, RFC 6455 4.2.1). No I/O. */
#ifndef PESAN_NET_FIELDS_H
#define PESAN_NET_FIELDS_H

#include "net/exchange.h"
#include "net/refusal.h"

/* What fields_judge() found. */
struct http_facts {
    uint64_t length;       /* Content-Length, 0 without */
    bool has_length;       /* Content-Length is there */
    bool chunked;          /* the body comes in chunks */
    bool http10;           /* the request is HTTP/1.0 */
    bool keep_alive;       /* the client wants the connection to go on */
    bool expects_continue; /* it waits for "100 Continue" before it sends the body */
};

/* Judge x->headers (x->method is set). Sets x->wants_upgrade and *facts_r; the first rule that is
 * broken is returned. */
MUST_USE enum refusal fields_judge(struct exchange *x, bool http10, struct http_facts *facts_r);

/* True when the comma-separated list has the token, in any case (RFC 9110 5.6.1). */
bool list_has_token(struct str list, const char *token);

#endif
