/* track_link.h - the public link of an order: signed, so that whoever holds it needs no log-in and
 * nobody can make one up. It stands here because order hands it out and delivery answers it. */
#ifndef PESAN_APP_TRACK_LINK_H
#define PESAN_APP_TRACK_LINK_H

#include "app/request.h"

/* "/track/<link>", the page of an order, in the arena. Any thread. */
struct str track_link_path(const struct request *rq, struct str order_id, struct arena *arena);

/* The order a link is about, in the request's arena; false for what is no link of ours. */
MUST_USE bool track_link_read(struct request *rq, struct str link, struct str *order_id_r);

#endif
