/* guard.h - who asks, and whether they may: the only place where that is decided for routes. */
#ifndef PESAN_APP_GUARD_H
#define PESAN_APP_GUARD_H

#include "app/call.h"

/* For a route: identify the caller, then its `who`, ROUTE_OWN_USER and the origin of requests with
 * a cookie. False after refuse(). */
MUST_USE bool guard_route(struct call *c);

/* For the opening of a socket: identify the caller (also by ?token=); a token that is not valid, or
 * a foreign page that brings no token in hand, opens nothing. By a cookie it may stay open as long
 * as its session: that is the caller's expires_us then. False after refuse(). */
MUST_USE bool guard_socket(struct call *c);

/* For a person's token that stands in no header: identify the caller. False after refuse(). */
MUST_USE bool guard_token(struct call *c, struct str token);

/* Does `who` (of a route or command) admit the caller? False after refuse() with 401 or 403. */
MUST_USE bool guard_who(struct request *rq, unsigned who);

#endif
