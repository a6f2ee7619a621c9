/* json.h - reading JSON with jansson, writing it straight into a buffer.
 *
 * Reading: json_read() caps depth, refuses duplicate keys, NUL in strings and trailing bytes, and
 * says where and why. Writing builds no tree: answers and events are appended to a buf. */
#ifndef PESAN_BASE_JSON_H
#define PESAN_BASE_JSON_H

#include <jansson.h>

#include "base/buf.h"

#define JSON_DEPTH_MAX 32

/* Parse one whole document (any kind at the top). Returns a new reference the caller releases with
 * json_decref(), or NULL with a short reason in *why_r (static text). */
MUST_USE json_t *json_read(struct str text, const char **why_r);

/* A string as a borrowed slice; at == NULL when `value` is NULL or no string. */
struct str json_slice(const json_t *value);

/* The string member `key` of an object as a borrowed slice; at == NULL when absent or no string. */
struct str json_text(const json_t *object, const char *key);

/* The integer member `key`; false when absent or no integer. */
MUST_USE bool json_int(const json_t *object, const char *key, int64_t *value_r);

/* A string of decimal digits or an integer (as the seeds' clients send either). */
MUST_USE bool json_int_lenient(const json_t *value, int64_t *value_r);

/* The compact text of a tree, appended. */
void json_write(struct buf *out, const json_t *value);

/* Walk the members of an object, or the elements of an array, without building a tree: for events,
 * whose payloads have been read or written by us before. On text that is no JSON the walk ends or
 * yields nonsense, but stays inside the text. */
struct json_walk {
    struct str rest; /* what is not visited yet */
    bool keyed;      /* it is an object */
};

/* Over a finished value; one that is neither object nor array has nothing inside. */
struct json_walk json_walk(struct str value);

/* The next one as slices of the text: its key without quotes, escapes left as they stand (at ==
 * NULL in arrays), and its value as it is written. False at the end. */
bool json_walk_next(struct json_walk *w, struct str *key_r, struct str *value_r);

/* A written string (with its quotes) as plain text: a slice of it, or where something is escaped a
 * copy in the arena; at == NULL when it is no string. */
struct str json_plain(struct arena *arena, struct str value);

/* Writes JSON front to back; commas are its business. Values inside an object need a key first. */
struct jout {
    struct buf *out; /* where the text goes */
    bool comma;      /* a value stands before the next one */
};

static inline struct jout jout_to(struct buf *out)
{
    return (struct jout){.out = out};
}

void jout_object(struct jout *j);
void jout_object_end(struct jout *j);
void jout_array(struct jout *j);
void jout_array_end(struct jout *j);
void jout_key(struct jout *j, const char *key);  /* a plain ASCII literal, not escaped */
void jout_str(struct jout *j, struct str value); /* escaped; at == NULL writes null */
void jout_cstr(struct jout *j, const char *value);
void jout_int(struct jout *j, int64_t value);
void jout_bool(struct jout *j, bool value);
void jout_null(struct jout *j);
void jout_raw(struct jout *j, struct str json); /* a finished JSON value, as it is */
void jout_time(struct jout *j, int64_t utc_us); /* as an RFC 3339 string */

/* Key and value at once. */
void jout_field_str(struct jout *j, const char *key, struct str value);
void jout_field_given(struct jout *j, const char *key, struct str value); /* at == NULL: nothing */
void jout_field_cstr(struct jout *j, const char *key, const char *value);
void jout_field_int(struct jout *j, const char *key, int64_t value);
void jout_field_bool(struct jout *j, const char *key, bool value);
void jout_field_raw(struct jout *j, const char *key, struct str json);
void jout_field_time(struct jout *j, const char *key, int64_t utc_us);

#endif
