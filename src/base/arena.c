/* arena.c - chunks of memory that are handed out front to back and freed together.
 *
 * The arena itself stands at the head of its first chunk, so a small request costs one malloc. One
 * used again keeps its second chunk too: a larger request costs none then. */
#include "base/arena.h"

#include <stdalign.h>
#include <stdio.h>

#define FIRST_CHUNK 2048         /* the arena included: a request that waits holds it */
#define NEXT_CHUNK  8192         /* the second; twice as much for each further one */
#define CHUNK_MAX   (256 * 1024) /* where doubling ends; a larger wish gets its own size */

/* A further chunk. */
struct chunk {
    struct chunk *next;               /* the one before it in time */
    alignas(max_align_t) char data[]; /* what it hands out */
};

struct arena {
    char *at;                          /* next free byte of the newest chunk */
    size_t left;                       /* bytes free behind it */
    size_t used;                       /* bytes handed out */
    size_t limit;                      /* where overflow begins */
    size_t next_size;                  /* data bytes of the next chunk */
    struct chunk *second;              /* kept by arena_reset(); NULL: none yet */
    struct chunk *chunks;              /* further ones, newest first */
    alignas(max_align_t) char first[]; /* the first chunk's data */
};

struct arena *arena_new(size_t limit)
{
    /* Not mem_alloc(): zeroing is done as memory is handed out. */
    struct arena *a = mem_grow(NULL, FIRST_CHUNK);
    a->limit = limit;
    a->second = NULL;
    a->chunks = NULL;
    arena_reset(a);
    return a;
}

static void free_chunks(struct arena *a)
{
    while (a->chunks) {
        struct chunk *next = a->chunks->next;
        mem_free(a->chunks);
        a->chunks = next;
    }
}

void arena_free(struct arena **a)
{
    if (!*a)
        return;
    free_chunks(*a);
    mem_free((*a)->second);
    mem_free(*a);
    *a = NULL;
}

void arena_reset(struct arena *a)
{
    free_chunks(a);
    a->at = a->first;
    a->left = FIRST_CHUNK - offsetof(struct arena, first);
    a->used = 0;
    a->next_size = NEXT_CHUNK;
}

void arena_trim(struct arena *a)
{
    if (a->next_size != NEXT_CHUNK)
        return;
    mem_free(a->second);
    a->second = NULL;
}

/* A wish that would waste most of a chunk gets one of its own, and the current one stays current.
 */
static void *alloc_alone(struct arena *a, size_t size)
{
    struct chunk *c = mem_alloc(sizeof *c + size);
    c->next = a->chunks;
    a->chunks = c;
    return c->data;
}

static struct chunk *second_chunk(struct arena *a)
{
    if (!a->second)
        a->second = mem_grow(NULL, sizeof *a->second + NEXT_CHUNK);
    return a->second;
}

static struct chunk *further_chunk(struct arena *a)
{
    struct chunk *c = mem_grow(NULL, sizeof *c + a->next_size);
    c->next = a->chunks;
    a->chunks = c;
    return c;
}

static void add_chunk(struct arena *a)
{
    struct chunk *c = a->next_size == NEXT_CHUNK ? second_chunk(a) : further_chunk(a);
    a->at = c->data;
    a->left = a->next_size;
    if (a->next_size < CHUNK_MAX)
        a->next_size *= 2;
}

void *arena_alloc(struct arena *a, size_t size)
{
    CHECK(size < SIZE_MAX / 4);
    size_t step = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    a->used += step;
    if (step > a->left) {
        if (step > a->next_size / 4)
            return alloc_alone(a, step);
        add_chunk(a);
    }
    char *at = a->at;
    a->at += step;
    a->left -= step;
    return memset(at, 0, size);
}

char *arena_strdup(struct arena *a, struct str s)
{
    char *copy = arena_alloc(a, s.len + 1);
    if (s.len > 0)
        memcpy(copy, s.at, s.len);
    return copy;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
    va_list args;
    va_list again;
    va_start(args, fmt);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    CHECK(len >= 0);
    char *text = arena_alloc(a, (size_t)len + 1);
    vsnprintf(text, (size_t)len + 1, fmt, again);
    va_end(again);
    return text;
}

bool arena_overflowed(const struct arena *a)
{
    return a->used > a->limit;
}

size_t arena_used(const struct arena *a)
{
    return a->used;
}
