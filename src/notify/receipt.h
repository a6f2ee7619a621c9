/* receipt.h - "did they see it?": which device was sent an alert about an order, whether it
 * arrived, was looked at, and who acted on it. */
#ifndef PESAN_NOTIFY_RECEIPT_H
#define PESAN_NOTIFY_RECEIPT_H

#include "db/writer.h"
#include "notify/word.h"

/* One alert on one device; times are UTC, 0 what has not happened. Slices are borrowed. */
struct receipt {
    struct str order_id;   /* what it is about */
    int64_t seq;           /* of the event */
    struct str account_id; /* whose device */
    struct str device;     /* caller_device() of its session; "": none */
    struct str event;      /* what it was told: "SUBMIT_ORDER"; at == NULL: nothing */
    int64_t sent_us;       /* queued for it */
    int64_t delivered_us;  /* it said so */
    int64_t seen_us;       /* somebody looked at it there */
    int64_t acted_us;      /* the order was answered from there */
    struct str action;     /* how: "accepted", "rejected"; at == NULL: it was not */
};

/* Note what the receipt says beyond what is known of it. On the writer. */
void receipt_note(struct db *tx, const struct receipt *r);

/* The receipt of an event on this caller's device, without times; seq is 0 when the event is no
 * alert about an order to him. */
struct receipt receipt_of(const struct event *e, const struct caller *who);

/* Somebody answered an order, from a device that is noted. */
void receipt_act(struct db *tx, const struct receipt *r);

/* The receipts of an order, oldest first: of one account (at != NULL) or of all. */
void receipt_list(struct db *db, struct str order_id, struct str account_id,
                  void (*visit)(void *arg, const struct receipt *r), void *arg);

/* ---- What loops tell ---- */

/* An alert was queued for a device. Any loop, quick: it is written by a unit of the writer; while
 * one is on its way the next gathers, SENT_MAX at most, and what comes beyond is not noted. */
#define SENT_MAX 1024
void receipt_sent(struct app *app, const struct event *e, const struct caller *who, int64_t at_us);

/* From now on, by this writer; and no more. What is told before and after is not noted. */
void receipt_open(struct writer *w);
void receipt_shut(void);

#endif
