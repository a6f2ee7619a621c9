/* dispatch.h - every HTTP request comes in here: route, policy, body, work, answer. */
#ifndef PESAN_APP_DISPATCH_H
#define PESAN_APP_DISPATCH_H

#include "app/call.h"
#include "net/server.h"

/* What servers ask; the context is the desk. */
extern const struct net_ops dispatch_ops;

/* Answer an HTTP call by what stands in its request, and give exchange and call up. */
void dispatch_answer(struct call *c);

/* What the reader wishes to be answered in, or `otherwise`. */
enum language dispatch_language(struct exchange *x, enum language otherwise);

/* May `accept` (an Accept header) be answered with a page, as browsers ask for one? */
bool dispatch_wants_page(struct str accept);

#endif
