/* peer.h - from where a request comes, when it may come through a proxy.
 *
 * A proxy that is trusted (--trusted-proxy) adds the address it was asked from at the right end of
 * X-Forwarded-For. Everything further left was said by somebody else and may be made up, so the
 * header is walked from the right, only as long as those who wrote it are trusted. */
#ifndef PESAN_APP_PEER_H
#define PESAN_APP_PEER_H

#include "base/arena.h"

struct exchange;

/* Is it a list of addresses and networks such as "127.0.0.1,10.0.0.0/8,::1", perhaps empty? */
MUST_USE bool peer_list_is_valid(const char *list);

/* The address of who asks, as text in the exchange's arena: the nearest one that is not in the list
 * `trusted` of proxies; that of the connection when its other end is not in it. */
struct str peer_of(const struct exchange *x, const char *trusted);

/* What counts as one place when tries are counted: an IPv4 address, the /64 network of an IPv6
 * address (anybody has 2^64 addresses of his own there), any other text as it is. In the arena. */
struct str peer_place(struct str peer, struct arena *arena);

#endif
