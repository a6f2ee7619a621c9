/* guard.h - who asks, and whether they may: the only place where that is decided for routes. */
#ifndef PESAN_APP_GUARD_H
#define PESAN_APP_GUARD_H

#include "app/call.h"

/* For a route: identify the caller, then its `who`, ROUTE_OWN_USER and the origin of requests with
 * a cookie. False after refuse(). */
MUST_USE bool guard_route(struct call *c);

/* For the opening of a socket: identify the caller (also by ?token=); a token that is not valid, or
 * a cookie sent from a foreign page, opens nothing. False after refuse(). */
MUST_USE bool guard_socket(struct call *c);

/* Does `who` (of a route or command) admit the caller? False after refuse() with 401 or 403. */
MUST_USE bool guard_who(struct request *rq, unsigned who);

/* Is the request sent from a page of our own: does `origin` name `host` (or the public URL)? */
bool guard_own_origin(struct str origin, struct str host, const char *public_url);

#endif
