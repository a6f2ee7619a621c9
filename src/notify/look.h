/* look.h - somebody looked: what was seen, put away or delivered on one device is so on all of his,
 * however he says it. */
#ifndef PESAN_NOTIFY_LOOK_H
#define PESAN_NOTIFY_LOOK_H

#include "notify/inbox.h"

/* The seq that a request is about; false after refuse(). */
MUST_USE bool look_seq(struct request *rq, int64_t *seq_r);

/* How many the caller has not seen. */
int64_t look_unread(struct request *rq, struct db *db, const struct boxes *b);

/* What the caller has seen up to this event is told to all his devices (notify.seen), and that this
 * device has shown it is noted on the alerts. Returns how many are unread now; -1 after refuse().
 */
int64_t look_see(struct request *rq, struct db *tx, int64_t seq);

/* The notice of this event is put away (notify.acknowledged). As above. */
int64_t look_put_away(struct request *rq, struct db *tx, int64_t seq);

/* The alert of this event has arrived on this device. */
void look_delivered(struct request *rq, struct db *tx, int64_t seq);

#endif
