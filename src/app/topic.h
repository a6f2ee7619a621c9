/* topic.h - names of the journal's topics, from the one table tbl/topics.h. */
#ifndef PESAN_APP_TOPIC_H
#define PESAN_APP_TOPIC_H

#include "base/str.h"

/* TOPIC_ORDER_PLACED is "order.placed", usable in static tables. */
#define TOPIC(name, text, owner, key, payload)                                                     \
    static const char TOPIC_##name[] __attribute__((unused)) = text;
#include "app/tbl/topics.h"
#undef TOPIC

/* A row of the table. */
struct topic {
    const char *name;  /* "order.placed" */
    const char *owner; /* the service that tells it */
};

/* The topic of this name, or NULL. */
const struct topic *topic_find(struct str name);

#endif
