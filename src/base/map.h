/* map.h - a hash map from byte strings to pointers. Keys are borrowed: they must outlive their
 * entry (usually they stand in the value). SipHash with a random key: peers cannot collide it. */
#ifndef PESAN_BASE_MAP_H
#define PESAN_BASE_MAP_H

#include "base/str.h"

/* Zero-initialised it is empty. One thread at a time. */
struct map {
    struct map_slot *slots; /* power of two, open addressing */
    size_t cap;             /* slots */
    size_t count;           /* entries */
};

void map_fini(struct map *m);

/* The value of `key`, or NULL. */
void *map_get(const struct map *m, struct str key);

/* Enter or replace; `value` must not be NULL. Returns the value that stood there, or NULL. */
void *map_put(struct map *m, struct str key, void *value);

/* Remove; returns the value that stood there, or NULL. */
void *map_del(struct map *m, struct str key);

/* Walk: start with *at = 0; returns the next value, or NULL at the end. The map must not change
 * on the way. */
void *map_next(const struct map *m, size_t *at);

#endif
