/* websocket.h - the WebSocket codec (RFC 6455): bytes in, events out; no descriptor, no clock, no
 * memory of its own.
 *
 * The reading side works in the caller's receive buffer: payloads are unmasked where they lie and
 * handed out as slices of it. A message that lies whole in the buffer comes as one event (first and
 * last both set) and needs no copy; only a message cut by the buffer or by its sender comes in
 * pieces, which the caller gathers. */
#ifndef PESAN_WIRE_WEBSOCKET_H
#define PESAN_WIRE_WEBSOCKET_H

#include <sys/types.h>

#include "base/str.h"

#define WS_HEAD_MAX        10  /* longest head of a frame we send (unmasked) */
#define WS_CLIENT_HEAD_MAX 14  /* longest head of a frame a client sends (masked) */
#define WS_CONTROL_MAX     125 /* longest payload of Close, Ping, Pong */
#define WS_UNPARSED_MAX    130 /* most bytes ws_parse() may leave to be shown again */
#define WS_CLOSE_FRAME_MAX 127 /* longest Close frame we send */
#define WS_ACCEPT_KEY_SIZE 29  /* Sec-WebSocket-Accept with its NUL */

enum ws_opcode {
    WS_OP_CONTINUATION = 0x0,
    WS_OP_TEXT = 0x1,
    WS_OP_BINARY = 0x2,
    WS_OP_CLOSE = 0x8,
    WS_OP_PING = 0x9,
    WS_OP_PONG = 0xA,
};

/* Codes we send or make up ourselves (RFC 6455 7.4.1 and the registry it opened). */
enum ws_close_code {
    WS_CLOSE_NORMAL = 1000,
    WS_CLOSE_GOING_AWAY = 1001,
    WS_CLOSE_PROTOCOL = 1002,
    WS_CLOSE_NO_CODE = 1005,  /* the peer's Close was empty; never sent */
    WS_CLOSE_ABNORMAL = 1006, /* the connection broke without Close; never sent */
    WS_CLOSE_BAD_DATA = 1007,
    WS_CLOSE_POLICY = 1008,
    WS_CLOSE_TOO_BIG = 1009,
    WS_CLOSE_INTERNAL = 1011,
    WS_CLOSE_TRY_LATER = 1013,
};

/* WS_ERR_RSV_BITS and so on; ws_parse() returns them negated. */
enum ws_error {
    WS_ERR_NONE,
#define WS_ERROR(name, code, id, text) WS_ERR_##name,
#include "wire/tbl/ws_errors.h"
#undef WS_ERROR
    WS_ERR_COUNT
};

/* A row of tbl/ws_errors.h. */
struct ws_reason {
    int code;         /* the close code to answer with */
    const char *id;   /* stable name for logs and metrics: "WS-RSV-BITS" */
    const char *text; /* reason for the Close frame, at most 123 bytes */
};

/* The reading side of one connection; all an idle WebSocket owns of this codec. Zero-initialised it
 * stands before the first frame. The fields are the parser's own, but for the last. */
struct ws_parser {
    uint32_t left;   /* payload bytes of the current data frame still to come */
    uint32_t so_far; /* payload announced by the frames of the current message */
    uint8_t mask[4]; /* of the current data frame, turned so that mask[0] is due next */
    uint8_t utf8;    /* enum utf8_state (wire/utf8.h) of the current text message */
    uint8_t flags;   /* enum ws_flag (websocket.c) */
    uint8_t deflate; /* the caller's: 0, or permessage-deflate is agreed upon and the peer takes a
                      * window of so many bits (wire/deflate.h) */
};

/* What holds for all connections of a server. */
struct ws_limits {
    uint32_t message_max; /* bytes of one message, fragments summed: WS_ERR_TOO_BIG above. Of a
                           * packed one as it comes; its reader looks how large it is unpacked */
    bool from_server;     /* read a server's (unmasked) frames: for load generators and tests */
};

enum ws_event_type {
    WS_NONE,  /* bytes were consumed, there is nothing to tell */
    WS_DATA,  /* a message, or a piece of one */
    WS_PING,  /* answer with a Pong of the same payload */
    WS_PONG,  /* whoever counts pings is interested */
    WS_CLOSE, /* answer with Close unless it was us who began; whatever follows is swallowed */
};

struct ws_event {
    enum ws_event_type type;
    bool text;          /* WS_DATA: text, else binary; the same for all pieces of a message */
    bool first;         /* WS_DATA: the message begins with this piece */
    bool last;          /* WS_DATA: the message ends with this piece; text is then whole UTF-8 */
    bool packed;        /* WS_DATA: the message is to be unpacked; until then text is not checked */
    struct str payload; /* WS_DATA, _PING, _PONG: slice of the caller's buffer, may be empty;
                         * WS_CLOSE: the reason */
    uint32_t frame_left; /* WS_DATA: bytes of this frame still to come, within message_max */
    uint16_t code;       /* WS_CLOSE: the peer's code, WS_CLOSE_NO_CODE when it gave none */
};

/* Read from bytes[0..len-1], which continue where the last call stopped consuming.
 *
 * Returns > 0: so many bytes are consumed, *event_r is set; its slice is valid until the caller
 *              reuses those bytes. Call again with the rest.
 *           0: more bytes are needed. Nothing was touched; the caller keeps these bytes (at most
 *              WS_UNPARSED_MAX) and shows them again with more behind them.
 *         < 0: a negated enum ws_error (see ws_reason_of): send Close and end the connection.
 *
 * Unmasks payloads in place. Faults are found at the byte that makes them: reserved bits before the
 * length has come, an oversized frame before its payload, bad UTF-8 at the breaking byte, however
 * the stream is cut. Pieces of a message that fails later may have been handed out before. After
 * WS_CLOSE or an error all further bytes are consumed as WS_NONE. */
MUST_USE ssize_t ws_parse(struct ws_parser *p, uint8_t *bytes, size_t len,
                          const struct ws_limits *limits, struct ws_event *event_r);

/* True between the pieces of a message: bytes gathered so far belong to an unfinished one. */
bool ws_in_message(const struct ws_parser *p);

/* The row for what ws_parse() returned (< 0). Never NULL. */
const struct ws_reason *ws_reason_of(ssize_t parse_result);

/* True for codes a Close frame may carry: 1000-1003, 1007-1014, 3000-4999 (RFC 6455 7.4, and the
 * three registered since). */
bool ws_close_code_valid(unsigned code);

/* Write the head of one whole, unmasked message or control frame (FIN set); the payload goes behind
 * it. Returns the head's length: 2, 4 or 10. */
size_t ws_head(uint8_t out[WS_HEAD_MAX], enum ws_opcode opcode, uint64_t payload_len);

/* Say in the head of a message that it is packed (RFC 7692 6.1: RSV1). */
void ws_head_packed(uint8_t head[WS_HEAD_MAX]);

/* Write a whole Close frame. code 0 or WS_CLOSE_NO_CODE: without code and reason. A reason over 123
 * bytes is cut before the code point that would not fit. Returns its length. */
size_t ws_close_frame(uint8_t out[WS_CLOSE_FRAME_MAX], unsigned code, struct str reason);

/* XOR with the mask (RFC 6455 5.3), mask[0] meeting bytes[0]. Its own inverse. */
void ws_mask(uint8_t *bytes, size_t len, const uint8_t mask[4]);

/* True when a Sec-WebSocket-Key is base64 of 16 bytes. Bits left over may be set: RFC 6455 4.1
 * shows such a key itself. */
bool ws_key_valid(struct str key);

/* Sec-WebSocket-Accept for a key that is ws_key_valid(), NUL-terminated. */
void ws_accept_key(struct str key, char out[WS_ACCEPT_KEY_SIZE]);

/* A client's frame, for tests and load generators. */
struct ws_client_frame {
    enum ws_opcode opcode;
    bool more;          /* FIN clear: fragments follow */
    bool packed;        /* RSV1 set: the payload is packed */
    uint8_t mask[4];    /* chosen by the caller */
    struct str payload; /* in clear */
};

/* Write the masked frame; `out` has room for WS_CLIENT_HEAD_MAX + payload.len bytes. Returns its
 * length. */
size_t ws_client_frame(uint8_t *out, const struct ws_client_frame *frame);

#endif
