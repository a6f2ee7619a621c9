/* socketio.h - the Socket.IO codec (protocol v5): messages of Engine.IO in, packets out, and back;
 * no descriptor, no clock, no memory of its own.
 *
 * A packet is the text of one Engine.IO message (without Engine.IO's own "4" before it):
 * `<type>[attachments-][namespace,][ack id][JSON]`. It is read where it lies: whatever is handed
 * out is a slice of the message. The payload is checked to the last byte but no tree is built;
 * whoever handles the event walks it (json_walk) or parses it (json_read, which caps depth lower).
 *
 * Three small parts stand beside each other: sio_parse() judges one packet, struct sio_peer what
 * may come when on one connection, struct sio_gather the binary messages behind a header. */
#ifndef PESAN_WIRE_SOCKETIO_H
#define PESAN_WIRE_SOCKETIO_H

#include "base/buf.h"

#define SIO_DEPTH_MAX       256 /* most that limits may allow */
#define SIO_ATTACHMENTS_MAX 10  /* most that limits may allow */
#define SIO_NAMESPACES_MAX  16  /* namespaces a server may have */
#define SIO_ID_MAX          ((INT64_C(1) << 53) - 1)
#define SIO_NO_ID           (-1) /* the packet has no ack id */
#define SIO_NSP_UNKNOWN     (-1) /* a namespace the server doesn't have */

/* As they are numbered on the line. */
enum sio_type {
    SIO_CONNECT,
    SIO_DISCONNECT,
    SIO_EVENT,
    SIO_ACK,
    SIO_CONNECT_ERROR,
    SIO_BINARY_EVENT,
    SIO_BINARY_ACK,
};

/* SIO_ERR_JSON and so on; functions that judge return them negated. */
enum sio_error {
    SIO_ERR_NONE,
#define SIO_ERROR(name, id, text) SIO_ERR_##name,
#include "wire/tbl/socketio_errors.h"
#undef SIO_ERROR
    SIO_ERR_COUNT
};

/* A row of tbl/socketio_errors.h. */
struct sio_reason {
    const char *id;   /* stable name for logs and metrics: "SIO-JSON" */
    const char *text; /* the same in words */
};

/* What holds for all connections of a server. */
struct sio_limits {
    uint32_t bytes_max;      /* of a packet with its attachments: SIO_ERR_TOO_BIG above */
    uint16_t depth_max;      /* objects and arrays open at once, at most SIO_DEPTH_MAX */
    uint16_t nsp_max;        /* bytes of a namespace, its query part included */
    uint8_t attachments_max; /* of one packet, at most SIO_ATTACHMENTS_MAX */
};

/* A packet as it was read. All slices lie in the message it was read from. */
struct sio_packet {
    enum sio_type type;
    uint8_t attachments; /* binary messages that follow: 0 but in SIO_BINARY_* */
    bool name_number;    /* the event's name was written as a number */
    int64_t id;          /* ack id, or SIO_NO_ID; always there in acks */
    struct str nsp; /* with its slash, without its query part; "/" is a literal if not written */
    struct str payload; /* the JSON value, blanks around it cut; at == NULL: none */
    struct str name;    /* events: the name without quotes, escapes left as they stand */
    struct str args;    /* events: what stands behind the name, acks: all that stands in the array;
                         * values with their commas, without the brackets; may be empty */
};

/* Read one packet (of either side: CONNECT_ERROR is refused by sio_peer_take(), not here).
 *
 * Returns 0 and sets *packet_r, or a negated enum sio_error (see sio_reason_of): close the
 * connection. Keeps no state and doesn't recurse, however deep the payload is nested.
 *
 * Payloads: CONNECT an object or none; DISCONNECT none; events an array that begins with a name,
 * none of those Socket.IO keeps for itself however they are escaped; acks an array, with an id;
 * CONNECT_ERROR an object or a string. An ack id stands in events and acks only. The payload of
 * binary packets holds, anywhere in it, exactly the placeholders {"_placeholder":true,"num":N} for
 * each N from 0 to attachments-1 once. They may stand in any order: clients whose objects have no
 * order number them in another one than they write them. */
MUST_USE int sio_parse(struct str message, const struct sio_limits *limits,
                       struct sio_packet *packet_r);

/* The row for a negative result. Never NULL. */
const struct sio_reason *sio_reason_of(int result);

/* The private session id and the last offset in a CONNECT's payload `{"pid":...,"offset":...}`,
 * from which a client asks to go on. False unless both are there as strings that need no escapes.
 */
MUST_USE bool sio_recovery(const struct sio_packet *connect, struct str *pid_r,
                           struct str *offset_r);

/* Which namespaces a connection is in; all an idle one owns of this codec, with sio_gather.
 * Namespaces are numbers the server gives them, below SIO_NAMESPACES_MAX. Zero-initialised it
 * stands before the first packet. The fields are its own. */
struct sio_peer {
    uint16_t joining; /* bit per namespace: CONNECT has come and is not answered */
    uint16_t joined;  /* CONNECT was answered with a sid */
    bool began;       /* the first packet has come */
};

/* May the client's packet come now? `nsp` is the number of its namespace, or SIO_NSP_UNKNOWN.
 *
 * Returns 0 or a negated enum sio_error: FIRST, CONNECT_TWICE (while the first is still judged,
 * too), NOT_JOINED, CONNECT_ERROR. A CONNECT leaves its namespace joining until sio_peer_joined()
 * or sio_peer_left(); to an unknown one it is allowed, changes nothing, and is answered with
 * CONNECT_ERROR. A DISCONNECT leaves its namespace. */
MUST_USE int sio_peer_take(struct sio_peer *peer, enum sio_type type, int nsp);

/* The CONNECT to a namespace that is joining was granted. */
void sio_peer_joined(struct sio_peer *peer, int nsp);

/* It was refused, or the server sent DISCONNECT; CONNECT may come again. */
void sio_peer_left(struct sio_peer *peer, int nsp);

bool sio_peer_is_in(const struct sio_peer *peer, int nsp);

/* True once the client is in some namespace: the connect timeout may rest. */
bool sio_peer_is_in_any(const struct sio_peer *peer);

/* The attachments of one packet, which come as binary messages right behind it, in order and with
 * nothing between. The caller keeps the header's text and the bytes of the attachments; here is
 * only the count. Zero-initialised nothing is due. The fields are its own. */
struct sio_gather {
    uint32_t bytes; /* of the header and the attachments so far */
    uint8_t count;  /* attachments of the packet */
    uint8_t have;   /* that have come */
};

/* What a message has led to. */
enum sio_progress {
    SIO_COMPLETE, /* the packet and its attachments are there */
    SIO_MORE,     /* attachments are due: keep what has come */
};

/* A text message has come, which sio_parse() has read. Returns an enum sio_progress or a negated
 * enum sio_error: TEXT_INSIDE. */
MUST_USE int sio_gather_text(struct sio_gather *g, struct str message,
                             const struct sio_packet *packet);

/* A binary message of `len` bytes has come; *index_r is the num of its placeholder. Returns an enum
 * sio_progress or a negated enum sio_error: BINARY_UNASKED, TOO_BIG. */
MUST_USE int sio_gather_binary(struct sio_gather *g, size_t len, const struct sio_limits *limits,
                               unsigned *index_r);

/* True while attachments are due. */
bool sio_gather_due(const struct sio_gather *g);

/* Writing: each appends one packet to `out`, which may already hold Engine.IO's "4". `nsp` is "/"
 * or a namespace with its slash and no comma in it; where it is written its comma is too. */

/* The reply to CONNECT; pid.at == NULL: no recovery. */
void sio_write_connect(struct buf *out, struct str nsp, struct str sid, struct str pid);

/* The refusal of CONNECT; `data` is a finished JSON value, at == NULL: none. */
void sio_write_connect_error(struct buf *out, struct str nsp, struct str message, struct str data);

void sio_write_disconnect(struct buf *out, struct str nsp);

/* An event or an ack to be written. */
struct sio_message {
    struct str nsp;    /* of both */
    struct str name;   /* of an event, in plain text; not looked at in an ack */
    struct str args;   /* finished JSON values with commas between, without brackets; may be empty;
                        * as sio_packet.args has them */
    struct str offset; /* for recovery, as the last argument of an event; at == NULL: none */
    int64_t id;        /* 0 to SIO_ID_MAX; events may have SIO_NO_ID */
    unsigned attachments; /* binary messages that will follow, at most SIO_ATTACHMENTS_MAX */
    bool append;          /* `args` holds no placeholders: write all of them behind it */
};

/* EVENT, or BINARY_EVENT when there are attachments. */
void sio_write_event(struct buf *out, const struct sio_message *m);

/* ACK, or BINARY_ACK when there are attachments. */
void sio_write_ack(struct buf *out, const struct sio_message *m);

/* {"_placeholder":true,"num":N}, for arguments that have binary data inside. */
void sio_write_placeholder(struct buf *out, unsigned num);

#endif
