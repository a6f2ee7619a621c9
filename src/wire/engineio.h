/* engineio.h - Engine.IO v4: packets, payloads, requests, and the state of one session; no
 * descriptor, no clock, no memory of its own.
 *
 * Source of the wire format: Engine.IO protocol, 4th version ("protocol" below, with its section's
 * name); where it is silent, the behaviour of the reference server. Descriptors, the queue of
 * outgoing packets and the table of sids are the caller's. Any thread, one at a time. */
#ifndef PESAN_WIRE_ENGINEIO_H
#define PESAN_WIRE_ENGINEIO_H

#include "base/buf.h"

#define EIO_SEPARATOR '\x1e' /* between the packets of a polling payload */

/* Defaults of struct eio_limits (the reference server's; packets_max is ours). */
#define EIO_PING_INTERVAL_MS   25000
#define EIO_PING_TIMEOUT_MS    20000
#define EIO_MAX_PAYLOAD        1000000
#define EIO_UPGRADE_TIMEOUT_MS 10000
#define EIO_PACKETS_MAX        16384

/* What holds for all sessions of a server. */
struct eio_limits {
    uint32_t ping_interval_ms;   /* from open or pong to the next ping */
    uint32_t ping_timeout_ms;    /* from ping to pong */
    uint32_t max_payload;        /* bytes of a POST's body, or of one WebSocket message */
    uint32_t upgrade_timeout_ms; /* from a probing WebSocket's handshake to its upgrade packet */
    uint32_t packets_max;        /* packets in one payload */
};

/* ---- Packets (protocol, "Packet encoding") ---- */

enum eio_type {
    EIO_OPEN = 0,
    EIO_CLOSE = 1,
    EIO_PING = 2,
    EIO_PONG = 3,
    EIO_MESSAGE = 4,
    EIO_UPGRADE = 5,
    EIO_NOOP = 6,
};

/* EIO_WHY_PACKET_TYPE and so on: faults of packets, and ends of sessions. */
enum eio_reason {
    EIO_WHY_NONE,
#define EIO_REASON(name, id, text) EIO_WHY_##name,
#include "wire/tbl/engineio_reasons.h"
#undef EIO_REASON
    EIO_WHY_COUNT
};

struct eio_packet {
    enum eio_type type; /* what it is for */
    bool binary;        /* data is bytes, else UTF-8; only messages are binary */
    struct str data;    /* borrowed, may be empty */
};

/* The stable id of a reason, for logs and metrics: "EIO-PACKET-TYPE". Never NULL. */
const char *eio_reason_id(enum eio_reason reason);

/* Its meaning in a few words. Never NULL. */
const char *eio_reason_text(enum eio_reason reason);

/* Read one packet from a whole WebSocket text message, which is UTF-8 already. `b` and base64 stand
 * for a binary message here too: clients told to avoid binary frames send it so. Then, and only
 * then, packet_r's data lies in `scratch`, whose old content is dropped; else it is a slice of
 * `text`. Returns EIO_WHY_NONE, or what is wrong with it. */
MUST_USE enum eio_reason eio_packet_read(struct str text, struct buf *scratch,
                                         struct eio_packet *packet_r);

/* The message that a WebSocket binary message is, whatever it holds. */
static inline struct eio_packet eio_packet_of_binary(struct str bytes)
{
    return (struct eio_packet){.type = EIO_MESSAGE, .binary = true, .data = bytes};
}

/* Append the packet as it travels in one WebSocket message. Returns true when that message is text,
 * false when it is binary. */
bool eio_packet_write(struct buf *out, const struct eio_packet *packet);

/* Append the open packet (protocol, "Handshake"): exactly sid, upgrades, pingInterval, pingTimeout,
 * maxPayload. `upgradable`: the session begins on polling. */
void eio_open_write(struct buf *out, struct str sid, bool upgradable, const struct eio_limits *l);

/* ---- Payloads of polling (protocol, "Packet encoding", "HTTP long-polling") ---- */

/* A walk over the body of a POST. The fields are the walk's own. */
struct eio_payload {
    struct str rest;     /* what is not visited yet */
    uint32_t left;       /* packets it may still hold */
    bool more;           /* a packet begins at `rest`, be it empty */
    enum eio_reason why; /* a fault that ended the walk */
};

/* Over a whole body, which stays the caller's. An empty body holds one packet, an empty one. */
struct eio_payload eio_payload_walk(struct str body, const struct eio_limits *l);

/* The next packet; its data is valid until the next call (binary, in `scratch`) or as long as the
 * body (text). False at the end and at the first fault, which eio_payload.why then names: the
 * packets before it were good, nothing behind it is looked at. Text is checked to be UTF-8. */
MUST_USE bool eio_payload_next(struct eio_payload *p, struct buf *scratch,
                               struct eio_packet *packet_r);

/* Append a packet to the payload that is all `out` holds. Text data must be free of EIO_SEPARATOR:
 * JSON is, since it escapes control characters. */
void eio_payload_add(struct buf *out, const struct eio_packet *packet);

/* ---- Requests (protocol, "HTTP long-polling", "WebSocket") ---- */

/* EIO_ERR_TRANSPORT and so on; the value is the code a client is told. */
enum eio_error {
    EIO_ERR_NONE = -1,
#define EIO_ERROR(name, code, status, message) EIO_ERR_##name = code,
#include "wire/tbl/engineio_errors.h"
#undef EIO_ERROR
    EIO_ERR_COUNT
};

/* What a query says, as slices of it; at == NULL where it says nothing. */
struct eio_query {
    struct str transport; /* "polling", "websocket" */
    struct str sid;       /* of the session; empty asks for a new one */
    struct str version;   /* EIO: "4" */
};

/* What a request is, besides its query. */
struct eio_request {
    const struct eio_session *session; /* that of the sid, ticked just now; NULL: none has it */
    bool origin_ok;                    /* the caller likes its Origin */
    bool get;                          /* its method is GET */
    bool post;                         /* its method is POST */
    bool upgrade; /* it asks for a WebSocket and may have one (RFC 6455 4.2.1) */
};

/* Read the raw query (behind `?`). Other parameters, `t` and `b64` among them, mean nothing. A
 * parameter given twice becomes a value that nothing matches. */
struct eio_query eio_query_read(struct str query);

/* True when it names the transport websocket. */
bool eio_query_websocket(const struct eio_query *q);

/* May this request go on? Checked in the order transport, origin, sid, method, protocol. Returns
 * EIO_ERR_NONE or what to answer. Before: look up the sid, eio_session_tick() what is found, and
 * pass no session that is gone, since a deadline holds whether or not its timer has fired. */
MUST_USE enum eio_error eio_request_check(const struct eio_query *q, const struct eio_request *rq);

/* The HTTP status that goes with an error: 400 or 403. */
int eio_error_status(enum eio_error error);

/* Append the JSON that goes with it: {"code":0,"message":"Transport unknown"}. */
void eio_error_write(struct buf *out, enum eio_error error);

/* ---- A session (protocol, "Protocol") ---- */

enum eio_state {
    EIO_OPENING,   /* made, the client knows nothing of it yet */
    EIO_OPENED,    /* packets flow */
    EIO_UPGRADING, /* as before on polling, with a probing WebSocket beside it */
    EIO_CLOSING,   /* we said close; the next GET takes it and what is queued */
    EIO_CLOSED,    /* gone: whatever is shown is ignored or refused */
};

/* Where something comes from. */
enum eio_link {
    EIO_GET,   /* the parked GET */
    EIO_POST,  /* the POST being read */
    EIO_WS,    /* the session's WebSocket */
    EIO_PROBE, /* a WebSocket that would become it */
};

/* Zero-initialised it is nothing; eio_session_init() makes it one. The fields are the machine's
 * own, `state` and `reason` may be read. Times are the caller's monotonic nanoseconds. */
struct eio_session {
    int64_t beat_at;    /* ping or pong is due; EIO_CLOSING: nobody fetched our close */
    int64_t upgrade_at; /* the probing WebSocket is given up */
    int64_t nudge_at;   /* a GET parked while probed is let go */
    uint8_t state;      /* enum eio_state */
    uint8_t reason;     /* enum eio_reason; EIO_CLOSED: why, EIO_CLOSING: why it will be */
    uint8_t flags;      /* enum eio_flag (engineio_session.c) */
};

/* What the caller has to do, lowest bit first. "The queue" is the session's packets not yet sent.
 */
enum eio_action {
    EIO_DO_DELIVER = 1 << 0,     /* the packet is a message: hand it up */
    EIO_DO_PROBE_PONG = 1 << 1,  /* send `3probe` on the probing WebSocket */
    EIO_DO_PING = 1 << 2,        /* put `2` at the end of the queue */
    EIO_DO_NOOP = 1 << 3,        /* put `6` there */
    EIO_DO_CLOSE = 1 << 4,       /* put `1` there */
    EIO_DO_GET_ANSWER = 1 << 5,  /* answer the parked GET, or the one just shown, with the queue */
    EIO_DO_ADOPT = 1 << 6,       /* the probing WebSocket is the session's from here on */
    EIO_DO_WS_FLUSH = 1 << 7,    /* send the queue over the session's WebSocket */
    EIO_DO_PROBE_CLOSE = 1 << 8, /* close the probing WebSocket */
    EIO_DO_WS_CLOSE = 1 << 9,    /* close the session's WebSocket */
    EIO_DO_REFUSE = 1 << 10,     /* answer the request just shown with `error` */
    EIO_DO_OK = 1 << 11,         /* answer the POST with 200 `ok` */
    EIO_DO_GONE = 1 << 12,       /* forget the sid; told once in a session's life */
};

struct eio_todo {
    uint16_t actions;     /* EIO_DO_ bits */
    enum eio_error error; /* with EIO_DO_REFUSE: what to answer; else EIO_ERR_NONE */
};

/* A new session on polling, or on a WebSocket, EIO_OPENING. */
void eio_session_init(struct eio_session *s, bool websocket);

/* The open packet is on its way: packets flow, the first ping is due pingInterval from now. */
void eio_session_opened(struct eio_session *s, const struct eio_limits *l, int64_t now);

/* True while packets may be put in the queue. */
bool eio_session_is_open(const struct eio_session *s);

/* True when the session's transport is a WebSocket. */
bool eio_session_on_websocket(const struct eio_session *s);

/* True when what is sent now leaves at once: for events that are dropped rather than queued. */
bool eio_session_writable(const struct eio_session *s);

/* When eio_session_tick() is due next; INT64_MAX: never. */
int64_t eio_session_deadline(const struct eio_session *s);

/* Do what is due: ping, end for want of a pong, give up a probe, let a GET go. Harmless at any
 * time; called at eio_session_deadline() and whenever a request names the session. A pong is due
 * pingTimeout after its ping was due, however late the tick, unless that would leave it less than
 * half of its time. */
struct eio_todo eio_session_tick(struct eio_session *s, const struct eio_limits *l, int64_t now);

/* A GET of polling that passed eio_request_check(). `queued`: the queue isn't empty. Without
 * EIO_DO_GET_ANSWER and EIO_DO_REFUSE it stays parked. A GET beside a parked one ends the session:
 * the parked one is answered by EIO_DO_GET_ANSWER, the new one by EIO_DO_REFUSE. */
struct eio_todo eio_session_get(struct eio_session *s, int64_t now, bool queued);

/* A POST that passed eio_request_check() begins. With EIO_DO_REFUSE its body is of no interest. */
struct eio_todo eio_session_post(struct eio_session *s);

/* Its body was whole and its packets were shown: EIO_DO_OK, or EIO_DO_REFUSE when the session ended
 * by other than the client's wish meanwhile. Keep a session that is gone until then. */
struct eio_todo eio_session_post_done(struct eio_session *s);

/* A WebSocket came with the session's sid and is through its handshake. False: it is one too many,
 * close it; the session is untouched. True: it probes. */
MUST_USE bool eio_session_probe(struct eio_session *s, const struct eio_limits *l, int64_t now);

/* A packet came over EIO_POST, EIO_WS or EIO_PROBE. */
struct eio_todo eio_session_packet(struct eio_session *s, const struct eio_limits *l, int64_t now,
                                   enum eio_link from, const struct eio_packet *packet);

/* What came there was no packet (`why`): the session ends, or only the probe. */
struct eio_todo eio_session_bad_packet(struct eio_session *s, enum eio_link from,
                                       enum eio_reason why);

/* The client dropped a connection that carried this. A parked GET, a POST half read and the
 * session's WebSocket take the session along; a probe doesn't. Nothing is asked of the lost one. */
struct eio_todo eio_session_lost(struct eio_session *s, enum eio_link link);

/* Packets were put in the queue: send them now if there is a way. */
struct eio_todo eio_session_sent(struct eio_session *s);

/* We end the session, once what is queued is sent. On polling without a parked GET that takes the
 * client's next one, or half a minute. */
struct eio_todo eio_session_end(struct eio_session *s, int64_t now);

#endif
