/* queue.h - the frames that wait to be written to one descriptor. */
#ifndef PESAN_NET_QUEUE_H
#define PESAN_NET_QUEUE_H

#include "net/frame.h"

/* The queue; NULL while it is empty, so that who has nothing to write owns nothing. */
struct queue;

/* How a write ended. */
enum queue_write {
    QUEUE_EMPTY,  /* all is written, *q is NULL */
    QUEUE_STUCK,  /* the peer takes no more for now */
    QUEUE_BROKEN, /* the connection is gone */
};

/* Put behind what waits; takes over the caller's reference. */
void queue_push(struct queue **q, struct frame *f);

/* Bytes that wait. */
size_t queue_bytes(const struct queue *q);

/* Drop what waits, but for the rest of a frame of which a part is written. */
void queue_cut(struct queue **q);

/* Drop all. */
void queue_free(struct queue **q);

/* Write as much as the descriptor takes. Sets *wrote_r when it took anything. */
enum queue_write queue_write(struct queue **q, int fd, bool *wrote_r);

#endif
