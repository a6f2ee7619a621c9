/* protocol_socketio.h - `/engine.io/` and `/socket.io/` of the protocol server. */
#ifndef PESAN_TESTS_PROTOCOL_SOCKETIO_H
#define PESAN_TESTS_PROTOCOL_SOCKETIO_H

#include "net/socketio.h"

/* One loop's share. */
struct booth;

/* What can be said on the command line. */
struct booth_config {
    uint32_t ping_interval_ms;   /* of Engine.IO */
    uint32_t ping_timeout_ms;    /* of Engine.IO */
    uint32_t connect_timeout_ms; /* of Socket.IO */
    bool recovery;               /* of Socket.IO's sockets */
};

/* For the server of a loop, before any loop runs; then link all of them. */
struct booth *booth_new(struct server *server, const struct booth_config *want);
void booth_link(struct booth *const *all, size_t count);

/* Does this path belong here? */
bool booth_has(struct str path);

/* As net_ops.head and net_ops.request, for such a path. */
struct server *booth_head(struct booth *b, struct exchange *x, size_t *body_max);
void booth_request(struct booth *b, struct exchange *x);

void booth_drain(struct booth *b);

/* Once its server was freed; its loop, which may still deliver mail, goes next. */
void booth_close(struct booth *b);
void booth_free(struct booth **b);

#endif
