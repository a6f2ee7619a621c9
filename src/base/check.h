/* check.h - what every file may rely on: attributes, invariants, memory that never comes back NULL.
 *
 * Three kinds of failure have three forms. Our own bug: CHECK(), which stays on in release and ends
 * the process with the place that failed. A peer's fault: a row of a table of reasons. A business
 * "no": a row with its HTTP status (app/problem.h). */
#ifndef PESAN_BASE_CHECK_H
#define PESAN_BASE_CHECK_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MUST_USE            __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, a) __attribute__((format(printf, fmt, a)))
#define ARRAY_LEN(a)        (sizeof(a) / sizeof((a)[0]))

/* The struct of which `member` at `ptr` is a part. */
#define CONTAINER_OF(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

/* An invariant of ours. On failure: one line on stderr with the place, then abort(). */
#define CHECK(cond) ((cond) ? (void)0 : check_failed(#cond, __FILE__, __LINE__, __func__))

_Noreturn void check_failed(const char *what, const char *file, int line, const char *func);

/* End the process with one clear line on stderr ("pesan: ...") and exit status 2. For bad
 * configuration at start only; never called once requests are served. */
_Noreturn void die(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* Zeroed heap memory of `size` bytes; aborts when there is none. Sizes a peer chooses are capped
 * by the caller before they come here. */
MUST_USE void *mem_alloc(size_t size);

/* Heap memory of `size` bytes with the old content; the tail is not zeroed. Aborts on failure. */
MUST_USE void *mem_grow(void *old, size_t size);

/* A heap copy of the NUL-terminated string. */
MUST_USE char *mem_strdup(const char *text);

void mem_free(void *ptr);

#endif
