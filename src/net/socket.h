/* socket.h - a connection that has become a WebSocket (RFC 6455), and the frames that go out on it.
 *
 * A frame is built once and shared by all its receivers: queuing it is a reference, not a copy. A
 * socket is written at most once per turn of its loop. An idle socket owns no buffer. */
#ifndef PESAN_NET_SOCKET_H
#define PESAN_NET_SOCKET_H

#include "net/exchange.h"

struct conn;

/* Encoded bytes shared by receivers of one loop or of all; immutable, atomically counted. */
struct frame;

/* A new text (or binary) message frame with one reference. */
MUST_USE struct frame *frame_text(struct str payload);
MUST_USE struct frame *frame_binary(struct str payload);
void frame_ref(struct frame *f);
void frame_unref(struct frame *f);

/* What the owner of a socket wants to hear. On the loop's thread. */
struct socket_ops {
    /* A whole message (fragments joined, UTF-8 checked); bytes are borrowed for the call. */
    void (*message)(struct conn *c, void *user, bool text, struct str payload);

    /* The connection is gone, in whatever way; called exactly once, the last call about it. */
    void (*closed)(struct conn *c, void *user);

    /* Bytes of one message: 1009 above; 0: as the server's config says. */
    uint32_t message_max;
};

/* Turn the exchange into a WebSocket and give the exchange up. x->wants_upgrade must be true.
 * Returns NULL when the connection died meanwhile (no callback will come). */
MUST_USE struct conn *socket_open(struct exchange *x, const struct socket_ops *ops, void *user);

/* Queue a frame (takes a reference of its own). Past the socket's queue limit the socket is closed
 * with 1013 instead ("WS-SLOW"). */
void socket_send(struct conn *c, struct frame *f);

/* Queue a text message for this socket alone. */
void socket_send_text(struct conn *c, struct str payload);

/* Has all that was queued been written? Of a stream, too. */
bool socket_flushed(const struct conn *c);

/* Send Close with the code and a short reason behind what is queued, then end the connection.
 * closed() follows later, never from inside this call. */
void socket_close(struct conn *c, int code, const char *reason);

#endif
