/* live.h - the house's live sockets: opened by a service's leave, shown what is so now, told what
 * they missed, then fed from the journal without gap or repeat, and heard one command after
 * another.
 *
 * The same socket hangs on a WebSocket, on a client of Socket.IO, on an answer that goes on
 * (Server-Sent Events) or on a request that waits (long-poll).
 *
 * A socket is put on its channels at once; what comes while its snapshot, and then what it missed,
 * is read waits for it, and of that whatever was read already is dropped. The live path never reads
 * the database. */
#ifndef PESAN_APP_LIVE_H
#define PESAN_APP_LIVE_H

#include "app/desk.h"

/* Open a socket of this kind for the request, or answer it with the reason why not. Gives the call
 * and its exchange up. */
void live_open(struct call *c, const struct socket_kind *kind);

/* Hand a committed event to this loop's sockets. */
void live_publish(struct desk *d, struct event *e);

/* The desk ends: long-polls are answered. */
void live_drain(struct desk *d);

/* Socket.IO's clients on the desk's server, when the app has namespaces. */
void live_socketio_start(struct desk *d);

/* Free what the desk keeps for its sockets, which are gone. */
void live_fini(struct desk *d);

#endif
