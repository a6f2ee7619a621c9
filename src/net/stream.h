/* stream.h - an HTTP answer that goes on for as long as both sides wish: Server-Sent Events, over
 * chunked transfer (RFC 9112 7.1), to a client of HTTP/1.0 until the connection closes.
 *
 * What is sent is a frame: its chunk is encoded once and shared by all receivers. A client that is
 * silent is the rule here; it is sent a comment when nothing else was for a while
 * (net_config.stream_ms), which both ends can tell a dead connection by. */
#ifndef PESAN_NET_STREAM_H
#define PESAN_NET_STREAM_H

#include "net/socket.h"

/* What the owner of a stream wants to hear. On the loop's thread. */
struct stream_ops {
    /* The connection is gone, in whatever way; called exactly once, the last call about it. */
    void (*closed)(struct conn *c, void *user);
};

/* Answer the exchange with status 200 and this type and headers (struct answer's other fields are
 * not looked at), leave the answer open and give the exchange up. NULL when the connection died
 * meanwhile, or the answer had no body (HEAD): no callback will come. */
MUST_USE struct conn *stream_open(struct exchange *x, const struct answer *a,
                                  const struct stream_ops *ops, void *user);

/* A piece of such an answer, not empty. One reference. */
MUST_USE struct frame *stream_frame(struct str text);

/* Queue it (takes a reference of its own). Past the queue limit the answer is broken off instead
 * ("STREAM-SLOW"), so that the client can tell that it is not whole. */
void stream_send(struct conn *c, struct frame *f);

/* End the answer behind what is queued. closed() follows later, never from inside this call. */
void stream_close(struct conn *c);

#endif
