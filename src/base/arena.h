/* arena.h - memory that lives as long as one request and is freed at once.
 *
 * Handlers take from it and never free. An arena belongs to one thread at a time; handing a request
 * to the writer or a reader hands its arena along. Over its limit the arena goes on giving memory
 * but stays marked as overflowed, which the dispatcher answers with 413; so no caller needs to look
 * for NULL. */
#ifndef PESAN_BASE_ARENA_H
#define PESAN_BASE_ARENA_H

#include "base/str.h"

struct arena;

/* A new arena with a first chunk of about 2 KB that may hand out `limit` bytes before it counts as
 * overflowed. */
MUST_USE struct arena *arena_new(size_t limit);

/* Frees all that was taken from it, sets *a to NULL, accepts NULL. */
void arena_free(struct arena **a);

/* Forget all that was taken, keep the first chunk and one more; the mark of overflow falls. */
void arena_reset(struct arena *a);

/* Give back what is kept and not taken from yet: for who waits long. */
void arena_trim(struct arena *a);

/* `size` zeroed bytes, aligned for anything. Never NULL. */
MUST_USE void *arena_alloc(struct arena *a, size_t size);

/* A NUL-terminated copy. */
MUST_USE char *arena_strdup(struct arena *a, struct str s);

/* A copy as a slice; a slice without bytes (at == NULL) stays one. */
static inline struct str arena_str(struct arena *a, struct str s)
{
    return s.at ? (struct str){arena_strdup(a, s), s.len} : s;
}

/* A NUL-terminated formatted string. */
MUST_USE char *arena_printf(struct arena *a, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* True once more than the limit has been taken. */
bool arena_overflowed(const struct arena *a);

/* Bytes taken so far. */
size_t arena_used(const struct arena *a);

#endif
