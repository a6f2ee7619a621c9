/* server.h - one loop's listening socket and its connections.
 *
 * Every loop has a server of its own on the same address (SO_REUSEPORT); a connection lives and
 * dies on the loop that accepted it. What the server does not know is asked through net_ops. */
#ifndef PESAN_NET_SERVER_H
#define PESAN_NET_SERVER_H

#include <netinet/in.h>

#include "loop/loop.h"

struct server;
struct exchange;

/* Limits and waits, all with defaults (net_config_default). */
struct net_config {
    struct sockaddr_storage address; /* where to listen; port 0 lets the kernel choose; or a path */
    size_t head_max;        /* bytes of request line and headers: 431 / 414 above (16 KB) */
    size_t body_max;        /* bytes of a request body: 413 above (1,000,000) */
    size_t message_max;     /* bytes of one WebSocket message: 1009 above (64 KB) */
    size_t queue_max;       /* bytes that may wait for one socket: closed above (1 MB) */
    size_t connections_max; /* open at once; above it new ones are closed (100,000) */
    int head_ms;            /* first byte of a head to its last: 408 (10,000) */
    int body_ms;            /* for the whole body: 408 (30,000) */
    int idle_ms;            /* keep-alive without a request (75,000) */
    int write_ms;           /* a peer that takes nothing (30,000) */
    int ping_ms;            /* a silent WebSocket is pinged after (30,000), closed after two */
    int stream_ms;          /* an answer that goes on is sent a comment after (20,000) */
    bool deflate;           /* pack WebSocket messages for clients that offer it (on) */
};

/* What the house above does with what arrives. All on the loop's thread. */
struct net_ops {
    /* A whole, well-formed request. It must be answered once, now or later, by exchange.h. */
    void (*request)(void *ctx, struct exchange *x);

    /* A request head is complete, its body is not read yet. Sets how many bytes of body this route
     * takes (at most config.body_max; that is what it is set to before). Returns the server of
     * another loop to which the connection is to be handed over first, with its bytes, or NULL; it
     * is asked again there. Asked before "100 Continue" is sent. May be NULL. */
    struct server *(*head)(void *ctx, struct exchange *x, size_t *body_max);
};

void net_config_default(struct net_config *config);

/* "127.0.0.1:3333", "[::1]:80", ":3333" (all addresses). False for anything else. */
MUST_USE bool net_parse_address(const char *text, struct sockaddr_storage *address_r);

/* A socket in the file system, for this machine and the owner of the file (mode 0600) alone; what
 * stands at the path is removed, and so is the socket in the end. Its clients' address reads
 * "local". False when the path is too long (107 bytes). */
MUST_USE bool net_local_address(const char *path, struct sockaddr_storage *address_r);

/* Listen on config->address and serve on `loop`. NULL with a clear line in *why_r when the address
 * can't be had. `ops` and `ctx` must outlive the server. */
MUST_USE struct server *server_start(struct loop *loop, const struct net_config *config,
                                     const struct net_ops *ops, void *ctx, const char **why_r);

/* The port it listens on; 0 for a path. */
int server_port(const struct server *s);

/* Stop accepting; close idle connections; let requests in work finish; close sockets with 1001 and
 * end the answers that go on. */
void server_drain(struct server *s);

/* Its loop. */
struct loop *server_loop(const struct server *s);

/* Connections still open. */
size_t server_connections(const struct server *s);

/* Close whatever is left and free. */
void server_free(struct server **s);

#endif
