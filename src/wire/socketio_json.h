/* socketio_json.h - is a payload one well-formed JSON value, and where in it is what Socket.IO
 * wants to know: the first element and the placeholders of attachments. */
#ifndef PESAN_WIRE_SOCKETIO_JSON_H
#define PESAN_WIRE_SOCKETIO_JSON_H

#include "wire/socketio.h"

/* What was found in a payload; slices of it. */
struct sio_json {
    char kind;             /* its first byte: '{', '[', '"', 't', 'f', 'n', '-' or a digit */
    struct str whole;      /* the value without blanks around it */
    struct str first;      /* of an array: its first element as it is written; at == NULL: empty */
    struct str inside;     /* of an array: all its elements and their commas; may be empty */
    struct str rest;       /* of an array: what stands behind the first element and its comma */
    uint32_t placeholders; /* bit N: {"_placeholder":true,"num":N} stands somewhere */
    bool placeholder_bad;  /* one has no num, a bad one, or one that stood before */
};

/* Check `text` against RFC 8259 with at most depth_max (at most SIO_DEPTH_MAX) objects and arrays
 * open at once. Returns 0 or a negated enum sio_error: JSON, UTF8, DEPTH. Doesn't recurse. */
MUST_USE int sio_json_check(struct str text, unsigned depth_max, struct sio_json *json_r);

/* Is the inside of a checked string (without its quotes) this ASCII text, however it is escaped? */
bool sio_json_is(struct str inside, const char *ascii);

#endif
