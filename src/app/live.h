/* live.h - the house's WebSockets: opened by a service's leave, shown what is so now, then fed from
 * the journal without gap or repeat, and heard one command after another.
 *
 * A socket is put on its channels at once; what comes while its snapshot is read waits for it, and
 * of that whatever the snapshot already told is dropped. The live path never reads the database. */
#ifndef PESAN_APP_LIVE_H
#define PESAN_APP_LIVE_H

#include "app/desk.h"

/* Open a socket of this kind for the request, or answer it with the reason why not. Gives the call
 * and its exchange up. */
void live_open(struct call *c, const struct socket_kind *kind);

/* Hand a committed event to this loop's sockets. */
void live_publish(struct desk *d, struct event *e);

#endif
