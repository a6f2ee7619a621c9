/* track.h - the public tracking of an order: what whoever holds its link may see, now and live, and
 * nothing else (no names, no ids, no prices). */
#ifndef PESAN_DELIVERY_TRACK_H
#define PESAN_DELIVERY_TRACK_H

#include "app/service.h"
#include "delivery/delivery.h"

/* Tell those who track an order how it stands now (delivery.track): after every change, once for
 * all changes of a reaction. */
void track_tell(struct db *tx, struct arena *arena, const struct delivery *d);

/* GET /v1/track/{link} */
bool track_parse(struct request *rq);
void track_get(struct request *rq, struct db *db);

/* Socket /ws/track?link= */
bool track_admit(struct request *rq, struct socket_admission *a);
void track_snapshot(struct request *rq, struct db *db, int64_t head);
bool track_render(const struct event *e, struct buf *out);

#endif
