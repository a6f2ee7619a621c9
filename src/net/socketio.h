/* socketio.h - Socket.IO v5 on Engine.IO sessions: clients, the namespaces they are in, events,
 * acks (wire/socketio.h has the packets).
 *
 * One `struct socketio` for each loop. A client is one connection; a socket is that client in one
 * namespace. All on the loop's thread. */
#ifndef PESAN_NET_SOCKETIO_H
#define PESAN_NET_SOCKETIO_H

#include "net/engine.h"

#define SOCKETIO_ID_SIZE 20 /* characters of a socket's sid and of its private pid */
#define SOCKETIO_NO_ID   (-1)

struct socketio;
struct socketio_socket;

/* What holds for all clients; socketio_config_default() fills it in, but for the namespaces. */
struct socketio_config {
    struct engine_config engine;   /* below it */
    uint32_t connect_timeout_ms;   /* to be in some namespace (45,000) */
    const char *const *namespaces; /* that there are: "/", "/custom" */
    size_t namespace_count;        /* of those, at most 16 */
    bool recovery;                 /* sockets get a pid */
};

/* A client's CONNECT; slices are borrowed for the call. */
struct socketio_connect {
    struct str nsp;      /* "/" */
    struct str auth;     /* its payload as JSON text; at == NULL: none */
    struct str pid;      /* it asks to go on as this private id ... */
    struct str offset;   /* ... behind this offset; both at == NULL: it doesn't */
    const void *arrived; /* what arrived() returned for its client */
};

/* An event of a client; slices are borrowed for the call. */
struct socketio_event {
    struct str name; /* without quotes, escapes left as they stand */
    struct str args; /* JSON values with commas between; may be empty. Binary arguments are
                        placeholders {"_placeholder":true,"num":N} */
    int64_t id;      /* ack id, or SOCKETIO_NO_ID */
    const struct str *attachments; /* what the placeholders stand for */
    size_t attachment_count;       /* of those */
};

/* How a socket ended. */
enum socketio_end {
    SOCKETIO_LOST,         /* its connection did: it may ask to be recovered */
    SOCKETIO_CLIENT_LEFT,  /* the client sent DISCONNECT */
    SOCKETIO_SERVER_CLOSED /* we did, or refused it */
};

struct socketio_ops {
    /* A client arrives with this request, whose head may be looked at during the call. What is
     * returned is shown with each of its CONNECTs. May be NULL. */
    void *(*arrived)(void *ctx, const struct exchange *x);

    /* A later request names the client's session: may it speak for it? False: it is answered as if
     * there were no such client. NULL: any may. */
    bool (*admits)(void *ctx, const void *arrived, const struct exchange *x);

    /* The client is gone: release what arrived() returned. May be NULL. */
    void (*left)(void *ctx, void *arrived);

    /* A socket asks to be let in. Answer with socketio_accept() or socketio_refuse(), now or later;
     * returns what socketio_user() will be. closed() follows in any case but after a refusal from
     * inside this call, and never before this call has returned: whatever ends the socket
     * meanwhile, it may still be answered. */
    void *(*connect)(void *ctx, struct socketio_socket *s, const struct socketio_connect *c);

    void (*event)(struct socketio_socket *s, void *user, const struct socketio_event *e);

    /* The socket is gone, or was refused; called exactly once, the last call about it. */
    void (*closed)(struct socketio_socket *s, void *user, enum socketio_end end);
};

void socketio_config_default(struct socketio_config *config);

/* The clients of this server's loop. `config`'s names, `ops` and `ctx` must outlive it. */
MUST_USE struct socketio *socketio_new(struct server *server, const struct socketio_config *config,
                                       const struct socketio_ops *ops, void *ctx);

/* The engine below: for engine_link(), engine_head(), engine_request(), engine_drain(). */
struct engine *socketio_engine(const struct socketio *io);

/* After its server was freed. Accepts NULL. */
void socketio_free(struct socketio **io);

/* ---- One socket ---- */

/* Let it in: the CONNECT reply with `sid` and, where there is recovery, `pid`; both are made anew
 * where at == NULL, and otherwise those of the socket that it goes on as. Must not have been
 * answered before. */
void socketio_accept(struct socketio_socket *s, struct str sid, struct str pid);

/* Keep it out: CONNECT_ERROR; `data` is a JSON value or at == NULL. The socket is gone. */
void socketio_refuse(struct socketio_socket *s, struct str message, struct str data);

void *socketio_user(const struct socketio_socket *s);

/* SOCKETIO_ID_SIZE characters each; the pid is at == NULL without recovery or before accept. */
struct str socketio_sid(const struct socketio_socket *s);
struct str socketio_pid(const struct socketio_socket *s);

/* An event as one shared packet. `args` as in struct socketio_event, without placeholders; `offset`
 * becomes its last argument, at == NULL: none. One reference. */
MUST_USE struct frame *socketio_event_frame(struct str nsp, struct str name, struct str args,
                                            struct str offset);

/* Queue such a packet (takes a reference of its own). Nothing is sent before accept. */
void socketio_send(struct socketio_socket *s, struct frame *packet);

/* An event for this socket alone, with the attachments its placeholders stand for. */
void socketio_emit(struct socketio_socket *s, const struct socketio_event *e);

/* Answer the event that had this ack id. */
void socketio_ack(struct socketio_socket *s, int64_t id, const struct socketio_event *answer);

/* Would an event leave at once? For events that are volatile. */
bool socketio_writable(const struct socketio_socket *s);

/* Send DISCONNECT; with `close` the connection ends, too. closed() is called before this returns.
 */
void socketio_disconnect(struct socketio_socket *s, bool close);

/* End its connection behind what is queued, as if it had been lost: a client that was not told to
 * go comes back on its own. closed() is called before this returns. */
void socketio_drop(struct socketio_socket *s);

#endif
