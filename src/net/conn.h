/* conn.h - one connection from accept to close, and what the connections of a server share. Private
 * to net.
 *
 * It is small and owns nothing while it is idle: a request's state, bytes that can't be consumed
 * yet and frames that can't be written yet hang on it only as long as they are needed. It is freed
 * at the end of the turn in which it died, so that callers further up may still look at its state.
 */
#ifndef PESAN_NET_CONN_H
#define PESAN_NET_CONN_H

#include <sys/socket.h>

#include "net/queue.h"
#include "net/reader.h"
#include "net/server.h"
#include "net/stream.h"

#define BYE_MS       5000   /* how long the peer's Close is waited for */
#define LINGER_MS    2000   /* how long the peer may read our last words */
#define RECEIVE_SIZE 131072 /* one receive buffer for all connections of a server */
#define HEADROOM     512    /* in front of it: bytes kept from before are laid there */
#define POOL_MAX     64     /* readers and arenas kept for the next requests */

/* What a connection is doing; CONN_DEAD is not in the table. */
enum conn_state {
#define CONN_STATE(name, wait_ms, expire) CONN_##name,
#include "net/tbl/conn_states.h"
#undef CONN_STATE
    CONN_DEAD,
    CONN_LISTS = CONN_DEAD
};

/* Bytes a connection keeps because they can't be consumed yet. */
struct inbox {
    struct buf kept;    /* unread bytes: behind a request in work, or the beginning of a frame */
    size_t start;       /* of kept, that are consumed by now */
    struct buf message; /* pieces of a WebSocket message that is not whole */
};

/* While it speaks HTTP. */
struct http_side {
    struct reader *reader;     /* NULL unless a request is being read */
    struct exchange *exchange; /* the request being read or in work */
    struct in6_addr address;   /* the peer, IPv4 mapped; in6addr_any: of this machine */
};

/* Once it is a WebSocket. */
struct socket_side {
    const struct socket_ops *ops; /* the owner's wishes; NULL when closed() was called */
    void *user;                   /* the owner's */
    struct ws_parser parser;      /* the reading side */
};

/* Once its answer goes on. */
struct stream_side {
    const struct stream_ops *ops; /* the owner's wishes; NULL when closed() was called */
    void *user;                   /* the owner's */
    bool plain;                   /* to HTTP/1.0: without chunks */
};

struct conn {
    struct watch watch;    /* its descriptor */
    struct later flush;    /* writes what is queued, at the end of the turn */
    struct list in_list;   /* among those in the same state, by `since` */
    struct server *server; /* of its loop */
    struct queue *queue;   /* what waits to be written; NULL when nothing does */
    struct inbox *inbox;   /* what waits to be read; NULL when nothing does */
    int64_t since_ns;      /* when it came into its list */
    uint8_t state;         /* enum conn_state */
    bool is_socket;        /* which of the sides holds: that of a WebSocket, */
    bool is_stream;        /* or of an answer that goes on; neither: it speaks HTTP */
    bool stuck;            /* in the list STUCK: bytes wait for the peer to take them */
    bool ended;            /* the peer has sent its last byte */
    uint32_t dropped;      /* bytes read and thrown away after the end */
    union {
        struct http_side http;
        struct socket_side socket;
        struct stream_side stream;
    };
};

/* An exchange and the connection's side of it; both lie in the exchange's arena. */
struct exchange_private {
    struct exchange exchange;              /* what the house above sees */
    struct conn *conn;                     /* NULL once the connection is gone */
    void (*end)(void *user, bool hung_up); /* it ended without an answer; may be NULL */
    void *end_user;                        /* its argument */
    struct server *to;                     /* CONN_LEAVING: where the connection goes */
    bool keep_alive;                       /* the connection goes on after the answer */
    bool http10;                           /* the client speaks HTTP/1.0 */
};

/* Where connections from other loops arrive; outlives its server while some are on their way. */
struct dock {
    _Atomic int refs;      /* the server's, and one for each connection on its way */
    struct server *server; /* NULL once it is gone; on its loop's thread */
};

struct server {
    struct loop *loop;                /* whose thread all this is for */
    struct dock *dock;                /* where others hand connections over */
    struct watch listener;            /* fd < 0 once it is closed */
    struct net_config config;         /* limits and waits */
    struct ws_limits limits;          /* the same for the WebSocket codec */
    const struct net_ops *ops;        /* the house above */
    void *ctx;                        /* its context */
    struct list lists[CONN_LISTS];    /* each living connection is in one: its state's, or STUCK */
    int64_t wait_ns[CONN_LISTS];      /* how long one may stay in each; 0: for ever */
    struct list dead;                 /* to be freed at the end of the turn */
    size_t connections;               /* living ones */
    bool draining;                    /* about to end: nothing new */
    bool paused;                      /* no descriptors left: accept again at the next sweep */
    struct later turn_end;            /* frees the dead, publishes counters */
    int64_t frames_out;               /* frames queued and not published yet */
    struct timer sweep;               /* looks for waits that are over */
    int64_t sweep_ms;                 /* how often */
    struct frame *ping;               /* the one Ping all are sent */
    struct deflater *deflater;        /* for its sockets' messages; NULL until one is packed */
    struct reader *readers[POOL_MAX]; /* free ones */
    size_t reader_count;              /* of them */
    struct arena *arenas[POOL_MAX];   /* free ones */
    size_t arena_count;               /* of them */
    char date[40];                    /* "Date: ...\r\n" of this second */
    size_t date_len;                  /* its length */
    int64_t date_until;               /* monotonic: when it must be made anew */
    uint8_t *receive;                 /* HEADROOM + RECEIVE_SIZE bytes */
};

/* --- conn.c: the life of a connection --- */

/* Take over an accepted descriptor. */
void conn_new(struct server *s, int fd, const struct sockaddr_storage *peer);

/* Come into a state (anew): its wait begins. */
void conn_enter(struct conn *c, enum conn_state state);

/* Queue a frame (its reference is taken over) to be written at the end of this turn. */
void conn_send(struct conn *c, struct frame *f);

/* Is there room for `len` bytes more in its queue? What waits is offered to the kernel first. */
bool conn_has_room(struct conn *c, size_t len);

/* Look at the connection at the end of this turn, whether or not anything is queued. */
void conn_later(struct conn *c);

/* Hand it over to the server its request names, at the end of this turn, once what is queued has
 * been written. */
void conn_leave(struct conn *c, struct server *to);

/* End it at once. It is freed at the end of the turn; its owner is told now. */
void conn_end(struct conn *c);

/* Free what died; for server_free(). */
void conn_reap(struct server *s);

/* The connection's inbox, made when there is none. */
struct inbox *conn_inbox(struct conn *c);

/* Give the inbox back when nothing is in it. */
void conn_inbox_trim(struct conn *c);

/* --- serve.c: requests on a connection --- */

/* Read requests; returns the bytes consumed: all, unless the rest must wait. */
size_t serve_input(struct conn *c, const char *bytes, size_t len);

/* A request did not arrive in time. */
void serve_slow(struct conn *c);

/* Give up the request being read, or let the one in work go on without a connection. */
void serve_drop(struct conn *c);

/* The request whose head was read on another loop goes on here. */
void serve_arrived(struct conn *c);

/* Tell whoever wants to know that the exchange ends without an answer. */
void serve_over(struct exchange *x, bool hung_up);

/* Give an exchange's memory back. */
void serve_release(struct server *s, struct exchange *x);

/* --- answer.c: answers --- */

/* Queue the head of an answer that goes on, with its fields, and chunked but to HTTP/1.0. */
void answer_begin(struct conn *c, const struct answer *a, bool http10);

/* Queue an answer of net's own to the request at hand and let the connection end behind it. */
void answer_refuse(struct conn *c, enum refusal refusal);

/* --- socket.c: WebSockets --- */

/* Read frames; returns the bytes consumed: the rest is to be shown again with more behind it. */
size_t socket_input(struct conn *c, uint8_t *bytes, size_t len);

/* Its owner wants to hear no more of it, not even its end. */
void socket_forget(struct conn *c);

void socket_ping(struct conn *c);
void socket_silent(struct conn *c);

/* Tell the owner, once, that the connection is gone. */
void socket_over(struct conn *c);

/* --- stream.c: answers that go on --- */

/* Nothing was sent for a while. */
void stream_beat(struct conn *c);

/* Tell the owner, once, that the connection is gone. */
void stream_over(struct conn *c);

/* --- server.c --- */

/* "Date: ...\r\n" of now. */
struct str server_date(struct server *s);

/* Free the dead and publish the counters at the end of this turn. */
void server_turn_end(struct server *s);

/* One connection more. */
void server_took(struct server *s);

void dock_unref(struct dock *d);

#endif
