/* engine.h - Engine.IO v4 sessions on a server's connections: over long-polling, over a WebSocket,
 * and from the one to the other (wire/engineio.h has the protocol itself).
 *
 * Each loop has an engine of its own; linked ones know each other. A session belongs to the loop it
 * was opened on, which its sid names: a connection that asks for it on another loop is handed over,
 * with its bytes, before its request is looked at. All on the loop's thread.
 *
 * A packet is a `struct frame`: the WebSocket message it travels in. It is built once and shared by
 * all sessions; polling cuts the same bytes out of it. An idle session owns no queue. */
#ifndef PESAN_NET_ENGINE_H
#define PESAN_NET_ENGINE_H

#include "net/server.h"
#include "net/socket.h"

#define ENGINE_SID_SIZE 24 /* characters of a sid: URL-safe base64 of its loop and random bytes */
#define ENGINES_MAX     256

struct engine;
struct engine_session;

/* What holds for all sessions; engine_config_default() fills it in. */
struct engine_config {
    uint32_t ping_interval_ms;   /* from open or pong to the next ping (25,000) */
    uint32_t ping_timeout_ms;    /* from ping to pong (20,000) */
    uint32_t upgrade_timeout_ms; /* for a probe (10,000) */
    uint32_t max_payload;        /* bytes of a POST or a message (1,000,000) */
    size_t queue_max;            /* bytes that may wait for a polling client: closed above (1 MB) */
    size_t sessions_max;         /* open at once; above it no new ones (100,000) */
};

/* What the house above wants to hear of sessions. */
struct engine_ops {
    /* A session begins with this request, whose head may be looked at during the call. Returns what
     * engine_user() will be. Packets may be sent from inside, but it is not to be closed. */
    void *(*opened)(void *ctx, struct engine_session *s, const struct exchange *x);

    /* A later request names the session: may it speak for it? Its head may be looked at during the
     * call. False: it is answered as if nobody had this sid. Never called after closed(). NULL: any
     * may. */
    bool (*admits)(const struct engine_session *s, void *user, const struct exchange *x);

    /* A whole message; borrowed for the call, during which the session may be closed. */
    void (*message)(struct engine_session *s, void *user, bool binary, struct str data);

    /* The session is gone, in whatever way; called exactly once, the last call about it. `why` is a
     * stable id for the log ("EIO-LOST"). */
    void (*closed)(struct engine_session *s, void *user, const char *why);
};

/* What the house above says about a request before the engine looks at it. Slices and headers live
 * in the exchange's arena. */
struct engine_door {
    bool origin_ok;                    /* false: 403, code 4 */
    const struct http_header *headers; /* to be sent with every answer (CORS) */
    size_t header_count;               /* of those */
};

void engine_config_default(struct engine_config *config);

/* The engine of this server's loop. `ops` and `ctx` must outlive it. */
MUST_USE struct engine *engine_new(struct server *server, const struct engine_config *config,
                                   const struct engine_ops *ops, void *ctx);

/* Let them know each other, once, before any of their loops runs; `all[i]` becomes number i. At
 * most ENGINES_MAX. `all` must outlive them. */
void engine_link(struct engine *const *all, size_t count);

/* Say close to every session and open no new one. */
void engine_drain(struct engine *e);

/* After its server was freed, which ended all sessions' connections. Accepts NULL. */
void engine_free(struct engine **e);

/* For net_ops.head: the server on which this request's session lives, NULL when it is here or
 * nowhere; and the bytes of body the request may bring. Begins the POST of a session. */
struct server *engine_head(struct engine *e, struct exchange *x, size_t *body_max_r);

/* For net_ops.request: answer the request, now or later, or make it a session's WebSocket. Gives
 * the exchange up. */
void engine_request(struct engine *e, struct exchange *x, const struct engine_door *door);

/* Sessions open here. */
size_t engine_sessions(const struct engine *e);

/* ---- One session ---- */

void *engine_user(const struct engine_session *s);
struct loop *engine_loop(const struct engine_session *s);

/* May packets still be sent? False once we or the client have said close. */
bool engine_is_open(const struct engine_session *s);

/* Is its transport a WebSocket? */
bool engine_on_websocket(const struct engine_session *s);

/* Can it send now, or would a packet only be queued? For events that are volatile. */
bool engine_writable(const struct engine_session *s);

/* A message packet of Engine.IO: `4` and the text, or the bytes as they are. One reference. */
MUST_USE struct frame *engine_text(struct str text);
MUST_USE struct frame *engine_binary(struct str bytes);

/* Queue a packet (takes a reference of its own), to be written at the end of this turn. A session
 * that reads too slowly is closed instead ("WS-SLOW", "EIO-SLOW"); its closed() follows later. */
void engine_send(struct engine_session *s, struct frame *packet);

/* End it behind what is queued; closed() is called before this returns, or has been. */
void engine_close(struct engine_session *s);

#endif
