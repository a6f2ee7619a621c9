/* check.c - the end of the process for our own bugs, and memory that never comes back NULL. */
#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Noreturn void check_failed(const char *what, const char *file, int line, const char *func)
{
    fprintf(stderr, "pesan: bug: %s:%d: %s(): %s does not hold\n", file, line, func, what);
    abort();
}

_Noreturn void die(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    fputs("pesan: ", stderr);
    vfprintf(stderr, fmt, args);
    fputc('\n', stderr);
    va_end(args);
    exit(2);
}

/* The one place where lack of memory ends the process. */
static void *given(void *ptr, size_t size)
{
    if (!ptr) {
        fprintf(stderr, "pesan: no memory for %zu bytes\n", size);
        abort();
    }
    return ptr;
}

void *mem_alloc(size_t size)
{
    return given(calloc(1, size ? size : 1), size);
}

void *mem_grow(void *old, size_t size)
{
    return given(realloc(old, size ? size : 1), size);
}

char *mem_strdup(const char *text)
{
    return given(strdup(text), strlen(text) + 1);
}

void mem_free(void *ptr)
{
    free(ptr);
}
