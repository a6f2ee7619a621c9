/* ear.h - a WebSocket of the load generators: plain, or one that speaks Socket.IO. It hears what a
 * server says, answers its pings, and says little itself. */
#ifndef PESAN_BENCH_EAR_H
#define PESAN_BENCH_EAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

#define EAR_SAY_MAX 8192 /* bytes of one text said */

struct ear {
    int fd;
    bool socketio;   /* messages are packets: only events are told, "42" and so on */
    bool joined;     /* the namespace said yes */
    bool answered;   /* what ear_ask() asked has been acknowledged */
    uint8_t *rest;   /* a frame that the last read cut; NULL: none */
    size_t rest_len; /* of it */
};

/* A plain one at `path`. Ends the program with a message when the server does not want it. */
void ear_open(struct ear *e, int port, const char *path);

/* A Socket.IO client in a namespace; `auth` is a JSON object. Returns once the namespace has said
 * yes; ends the program otherwise. */
void ear_join(struct ear *e, int port, const char *nsp, const char *auth);

/* Emit an event of `/`, a JSON array, and wait for its acknowledgement, what else comes being
 * dropped. Ends the program when it speaks of an error. */
void ear_ask(struct ear *e, struct str event);

/* Read once what has come: heard() is told each whole message, of Socket.IO each event's packet.
 * Returns the bytes read; ends the program when the server has closed. */
size_t ear_hear(struct ear *e, void (*heard)(void *arg, struct str message), void *arg);

void ear_say(const struct ear *e, struct str text);

/* The masked frame that says the text, for those who say it often. `out` has room for
 * EAR_SAY_MAX + 14 bytes. Returns its length. */
size_t ear_frame(uint8_t *out, struct str text);

#endif
