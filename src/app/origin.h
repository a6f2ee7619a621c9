/* origin.h - the web pages from which requests come: our own, those of --cors-origins, and all
 * others. Who brings a token in hand may come from anywhere; a cookie comes by itself, so with it
 * the page matters. */
#ifndef PESAN_APP_ORIGIN_H
#define PESAN_APP_ORIGIN_H

#include "app/call.h"

/* Is it a page of our own: does `origin` name `host` (or the public URL)? */
bool origin_is_own(struct str origin, struct str host, const char *public_url);

/* Is `origin` one of --cors-origins? */
bool origin_is_listed(struct str origin, const char *list);

/* Is every word of --cors-origins an origin ("https://shop.example:8443")? */
bool origin_list_is_valid(const char *list);

/* May the page that sent this act here? With a `cookie` it must tell that it is ours: a
 * listed page brings a token in hand. Without one it may be listed, or silent. False after
 * refuse(). */
MUST_USE bool origin_admits(struct call *c, bool cookie);

/* May the answer set a cookie? Not for a page of others: it would log its visitor in as somebody
 * else. */
bool origin_may_keep_cookie(const struct call *c);

/* Add what a listed page's browser wants to read beside the answer (Fetch, CORS protocol). */
void origin_answer(struct call *c);

#endif
