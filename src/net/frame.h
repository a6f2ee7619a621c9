/* frame.h - runs of bytes that wait to be written, shared by reference (socket.h shows them to the
 * house above as `struct frame`).
 *
 * Whatever a connection writes is a frame: a WebSocket message for a thousand receivers, an HTTP
 * answer for one, an embedded file that is never copied. */
#ifndef PESAN_NET_FRAME_H
#define PESAN_NET_FRAME_H

#include <stdatomic.h>

#include "net/socket.h"
#include "wire/deflate.h"
#include "wire/websocket.h"

struct frame {
    atomic_uint refs;               /* freed with the last one */
    uint32_t head;                  /* of a WebSocket frame: bytes before its payload; else 0 */
    size_t len;                     /* bytes to write */
    const char *at;                 /* the first of them: behind this struct, or lasting memory */
    _Atomic(struct frame *) packed; /* of a message: the same packed (one reference), itself when
                                      that is no smaller, NULL while nobody asked */
    char bytes[];                   /* its own memory */
};

/* A frame of `len` bytes which the caller writes to frame->bytes. One reference. */
MUST_USE struct frame *frame_new(size_t len);

/* A frame over bytes that last as long as the process. One reference. */
MUST_USE struct frame *frame_lasting(struct str bytes);

/* A WebSocket message whose payload, the last `len` bytes of the frame, the caller writes. */
MUST_USE struct frame *frame_room(enum ws_opcode opcode, size_t len);

/* The payload of a WebSocket message. */
struct str frame_payload(const struct frame *f, bool *binary_r);

/* A WebSocket control frame. One reference. */
MUST_USE struct frame *frame_control(enum ws_opcode opcode, struct str payload);
MUST_USE struct frame *frame_close(unsigned code, struct str reason);

/* What to send in place of `f` to a peer that takes packed messages and a window of `bits` bits:
 * the packed message, made once for all receivers and loops, or `f` itself. No new reference: it
 * lives as long as `f`. */
MUST_USE struct frame *frame_packed(struct frame *f, uint8_t bits, struct deflater *d);

#endif
