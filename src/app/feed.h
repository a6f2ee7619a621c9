/* feed.h - GET /v1/journal: this process's own events, page by page, for other processes. */
#ifndef PESAN_APP_FEED_H
#define PESAN_APP_FEED_H

#include "app/request.h"

#define FEED_EVENTS_MAX 500               /* events in a page */
#define FEED_BYTES_MAX  ((size_t)1 << 20) /* bytes of the events of a page */
#define FEED_WAIT_MAX_S 25                /* how long a page may be waited for */

/* ?after= (a cursor; from the floor when there is none), epoch= (of the cursor), wait= (seconds),
 * limit=. False after refuse(). */
MUST_USE bool feed_parse(struct request *rq);

/* On a reader: {epoch,floor,head,next,events}, with the events behind the cursor that services of
 * this process own, in order of seq. `next` is the cursor to go on from; it passes over what is not
 * told, too. A cursor that cannot be continued is RESYNC with epoch, floor and head. Waits for the
 * first event; the answer has none when the time is up, or when many in a row were not told. */
void feed_run(struct request *rq, struct db *db);

#endif
