/* hub.h - one loop's table of channels and who listens to them.
 *
 * A subscriber is embedded in whatever receives (a kiosk screen, a chat page). An event reaches it
 * once, however many of the event's channels it is on. One thread: its loop's. */
#ifndef PESAN_NET_HUB_H
#define PESAN_NET_HUB_H

#include "base/list.h"
#include "base/map.h"

struct hub;

struct subscriber {
    struct list subscriptions; /* its places in channels; set up by subscriber_init */
    uint64_t last_event;       /* mark against a second delivery of the same event */
};

MUST_USE struct hub *hub_new(void);
void hub_free(struct hub **h);

void subscriber_init(struct subscriber *s);

/* Idempotent; the tag is the one given last: what the subscriber is on this channel. The name is
 * copied once per channel, not per subscriber. */
void hub_subscribe(struct hub *h, struct subscriber *s, struct str channel, uint8_t tag);
void hub_unsubscribe(struct hub *h, struct subscriber *s, struct str channel);

/* The channels of a subscriber: how many, and each with its tag, in the order they were joined;
 * `call` must not join or leave any. */
size_t hub_channels(const struct subscriber *s);
void hub_each_channel(const struct subscriber *s,
                      void (*call)(void *arg, struct str channel, uint8_t tag), void *arg);

/* Leave all channels. */
void hub_leave(struct hub *h, struct subscriber *s);

/* Call deliver(arg, s, tag) once for every subscriber of any of the channels, with the tag of the
 * first of them that he is on. A subscriber may leave, and its memory may go, from inside deliver.
 */
void hub_publish(struct hub *h, const struct str *channels, size_t count,
                 void (*deliver)(void *arg, struct subscriber *s, uint8_t tag), void *arg);

/* Subscribers of a channel on this loop. */
size_t hub_listeners(const struct hub *h, struct str channel);

#endif
