/* str.h - a slice of bytes that somebody else owns. */
#ifndef PESAN_BASE_STR_H
#define PESAN_BASE_STR_H

#include <string.h>

#include "base/check.h"

/* Bytes at `at`, not NUL-terminated, borrowed. The empty slice may have at == NULL. */
struct str {
    const char *at; /* first byte */
    size_t len;     /* bytes */
};

/* A slice over a string literal. */
#define STR(lit) ((struct str){(lit), sizeof(lit) - 1})

/* For printf's "%.*s". */
#define STR_ARG(s) (int)(s).len, (s).at ? (s).at : ""

/* A slice over a NUL-terminated string; NULL gives the empty slice. */
static inline struct str str_of(const char *text)
{
    return (struct str){text, text ? strlen(text) : 0};
}

static inline bool str_eq(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

static inline bool str_is(struct str a, const char *text)
{
    return str_eq(a, str_of(text));
}

/* ASCII case folded, as HTTP header names and tokens are compared. */
bool str_eq_nocase(struct str a, struct str b);

bool str_starts(struct str s, struct str prefix);

/* `s` without blanks and tabs at both ends. */
struct str str_trim(struct str s);

/* Cut `rest` at the first `sep`: returns what stands before it and moves `rest` behind it.
 * Without a `sep` returns all and leaves `rest` empty with at == NULL. */
struct str str_cut(struct str *rest, char sep);

/* Decimal digits only, no sign, no blanks, at most `max`. Returns false for anything else. */
MUST_USE bool str_to_u64(struct str s, uint64_t max, uint64_t *value_r);

/* True when `s` is well-formed UTF-8 (no surrogates, no overlong forms, at most U+10FFFF). */
bool str_utf8_valid(struct str s);

/* Code points in `s`, which must be well-formed UTF-8. */
size_t str_utf8_len(struct str s);

/* Cuts blanks at both ends; false unless 1 to `max` characters of well-formed UTF-8 without control
 * characters are left: a name, or a word about something, that people read. */
MUST_USE bool str_clean(struct str *text, size_t max);

/* Decode %XX (and '+' as a blank if `plus`) in place; returns the new length, or -1 for a bad
 * escape. %00 counts as bad. */
MUST_USE long str_percent_decode(char *text, size_t len, bool plus);

#endif
