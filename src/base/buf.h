/* buf.h - a growing run of bytes, on the heap or in an arena. */
#ifndef PESAN_BASE_BUF_H
#define PESAN_BASE_BUF_H

#include "base/arena.h"
#include "base/str.h"

/* Zero-initialised it is an empty buffer on the heap. */
struct buf {
    char *at;            /* the bytes; NULL while empty. Not NUL-terminated unless buf_cstr() */
    size_t len;          /* bytes in use */
    size_t cap;          /* bytes allocated */
    struct arena *arena; /* where it grows; NULL: the heap */
};

/* An empty buffer that grows in `arena` and is never freed by itself. */
static inline struct buf buf_in(struct arena *arena)
{
    return (struct buf){.arena = arena};
}

/* Frees the bytes of a heap buffer, leaves it empty and usable. */
void buf_fini(struct buf *b);

/* Room for `more` bytes behind len; returns where they go. The caller adds to len itself. */
char *buf_reserve(struct buf *b, size_t more);

void buf_add(struct buf *b, const void *bytes, size_t len);
void buf_add_str(struct buf *b, struct str s);
void buf_add_char(struct buf *b, char c);
void buf_add_cstr(struct buf *b, const char *text);
void buf_add_i64(struct buf *b, int64_t value);
void buf_addf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Drop `count` bytes (at most len) from the front. */
void buf_consume(struct buf *b, size_t count);

static inline void buf_clear(struct buf *b)
{
    b->len = 0;
}

static inline struct str buf_str(const struct buf *b)
{
    return (struct str){b->at, b->len};
}

/* Puts a NUL behind the bytes (not counted in len) and returns them. */
const char *buf_cstr(struct buf *b);

#endif
