/* buf.c - growing runs of bytes. */
#include "base/buf.h"

#include <stdio.h>

#define CAP_MIN 64

void buf_fini(struct buf *b)
{
    if (!b->arena)
        mem_free(b->at);
    *b = buf_in(b->arena);
}

/* In an arena the old bytes stay behind; doubling keeps that below the size of the result. */
static void move_to(struct buf *b, size_t cap)
{
    if (b->arena) {
        char *at = arena_alloc(b->arena, cap);
        if (b->at)
            memcpy(at, b->at, b->len);
        b->at = at;
    } else {
        b->at = mem_grow(b->at, cap);
    }
    b->cap = cap;
}

char *buf_reserve(struct buf *b, size_t more)
{
    CHECK(more < SIZE_MAX / 4 && b->len < SIZE_MAX / 4);
    size_t need = b->len + more;
    if (need > b->cap || !b->at) {
        size_t cap = b->cap ? b->cap * 2 : CAP_MIN;
        move_to(b, cap > need ? cap : need);
    }
    return b->at + b->len;
}

void buf_add(struct buf *b, const void *bytes, size_t len)
{
    if (len == 0)
        return;
    memcpy(buf_reserve(b, len), bytes, len);
    b->len += len;
}

void buf_add_str(struct buf *b, struct str s)
{
    buf_add(b, s.at, s.len);
}

void buf_add_char(struct buf *b, char c)
{
    *buf_reserve(b, 1) = c;
    b->len++;
}

void buf_add_cstr(struct buf *b, const char *text)
{
    buf_add(b, text, strlen(text));
}

void buf_add_i64(struct buf *b, int64_t value)
{
    char text[20]; /* "-9223372036854775808" */
    size_t at = sizeof text;
    uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;
    do {
        text[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (value < 0)
        text[--at] = '-';
    buf_add(b, text + at, sizeof text - at);
}

void buf_addf(struct buf *b, const char *fmt, ...)
{
    va_list args;
    va_list again;
    va_start(args, fmt);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    CHECK(len >= 0);
    /* One more than is counted: vsnprintf always puts its NUL. */
    vsnprintf(buf_reserve(b, (size_t)len + 1), (size_t)len + 1, fmt, again);
    va_end(again);
    b->len += (size_t)len;
}

void buf_consume(struct buf *b, size_t count)
{
    CHECK(count <= b->len);
    b->len -= count;
    if (b->len > 0 && count > 0)
        memmove(b->at, b->at + count, b->len);
}

const char *buf_cstr(struct buf *b)
{
    *buf_reserve(b, 1) = '\0';
    return b->at;
}
