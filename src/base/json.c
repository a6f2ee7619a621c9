/* json.c - reading JSON with jansson, writing it straight into a buffer. */
#include "base/json.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"

/* Does `text` open more than JSON_DEPTH_MAX objects and arrays? jansson's own limit is 2048, which
 * is too much for code that walks what it read. On bad JSON any answer will do. */
static bool too_deep(struct str text)
{
    int depth = 0;
    bool in_string = false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        if (in_string) {
            if (c == '\\')
                i++;
            else if (c == '"')
                in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            if (++depth > JSON_DEPTH_MAX)
                return true;
        } else if (c == '}' || c == ']') {
            depth--;
        }
    }
    return false;
}

static const char *reason_of(const json_error_t *error)
{
    switch (json_error_code(error)) {
    case json_error_duplicate_key:
        return "a key stands twice";
    case json_error_null_character:
    case json_error_null_byte_in_key:
        return "NUL in a string";
    case json_error_numeric_overflow:
        return "number out of range";
    case json_error_invalid_utf8:
        return "not UTF-8";
    case json_error_premature_end_of_input:
        return "ends too early";
    case json_error_end_of_input_expected:
        return "goes on behind its end";
    default:
        return "not JSON";
    }
}

json_t *json_read(struct str text, const char **why_r)
{
    json_error_t error;
    if (text.len == 0) {
        *why_r = "empty";
        return NULL;
    }
    if (memchr(text.at, '\0', text.len)) {
        *why_r = "NUL byte";
        return NULL;
    }
    if (too_deep(text)) {
        *why_r = "nested too deep";
        return NULL;
    }
    json_t *value = json_loadb(text.at, text.len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (!value)
        *why_r = reason_of(&error);
    return value;
}

struct str json_slice(const json_t *value)
{
    return (struct str){json_string_value(value), json_string_length(value)};
}

struct str json_text(const json_t *object, const char *key)
{
    return json_slice(json_object_get(object, key));
}

bool json_int(const json_t *object, const char *key, int64_t *value_r)
{
    const json_t *value = json_object_get(object, key);
    if (!json_is_integer(value))
        return false;
    *value_r = json_integer_value(value);
    return true;
}

bool json_int_lenient(const json_t *value, int64_t *value_r)
{
    if (json_is_integer(value)) {
        *value_r = json_integer_value(value);
        return true;
    }
    uint64_t number;
    if (!json_is_string(value) || !str_to_u64(json_slice(value), INT64_MAX, &number))
        return false;
    *value_r = (int64_t)number;
    return true;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Where the string that begins at `i` has ended: at a quote with an even number of backslashes
 * right before it. */
static size_t after_string(struct str s, size_t i)
{
    const char *end = s.at + s.len;
    for (const char *from = s.at + i + 1; from < end; from++) {
        size_t slashes = 0;
        from = memchr(from, '"', (size_t)(end - from));
        if (!from)
            break;
        while (from[-1 - (ptrdiff_t)slashes] == '\\')
            slashes++;
        if (slashes % 2 == 0)
            return (size_t)(from - s.at) + 1;
    }
    return s.len;
}

/* Where the object or array that begins at `i` has ended. A bracket and its brace differ in one bit
 * only, and nothing else that may stand outside of strings has theirs. */
static size_t after_nested(struct str s, size_t i)
{
    size_t depth = 0;
    while (i < s.len) {
        char c = s.at[i];
        if (c == '"') {
            i = after_string(s, i);
            continue;
        }
        i++;
        if ((c | 0x20) == '{')
            depth++;
        else if ((c | 0x20) == '}' && --depth == 0)
            return i;
    }
    return s.len;
}

/* Where the value that begins at `i` has ended. */
static size_t after_value(struct str s, size_t i)
{
    if (i == s.len)
        return i;
    if (s.at[i] == '"')
        return after_string(s, i);
    if (s.at[i] == '{' || s.at[i] == '[')
        return after_nested(s, i);
    while (i < s.len && s.at[i] != ',' && (s.at[i] | 0x20) != '}' && !is_blank(s.at[i]))
        i++;
    return i;
}

static size_t after_blanks(struct str s, size_t i, char separator)
{
    while (i < s.len && (is_blank(s.at[i]) || s.at[i] == separator))
        i++;
    return i;
}

struct json_walk json_walk(struct str value)
{
    size_t i = after_blanks(value, 0, ' ');
    if (i == value.len || (value.at[i] != '{' && value.at[i] != '['))
        return (struct json_walk){0};
    return (struct json_walk){.rest = {value.at + i + 1, value.len - i - 1},
                              .keyed = value.at[i] == '{'};
}

bool json_walk_next(struct json_walk *w, struct str *key_r, struct str *value_r)
{
    struct str s = w->rest;
    size_t i = after_blanks(s, 0, ',');
    *key_r = (struct str){0};
    if (w->keyed && i < s.len && s.at[i] == '"') {
        size_t end = after_string(s, i);
        if (end - i < 2)
            return false;
        *key_r = (struct str){s.at + i + 1, end - i - 2};
        i = after_blanks(s, end, ':');
    }
    size_t end = after_value(s, i);
    if (end == i || w->keyed != (key_r->at != NULL))
        return false;
    *value_r = (struct str){s.at + i, end - i};
    w->rest = (struct str){s.at + end, s.len - end};
    return true;
}

struct str json_plain(struct arena *arena, struct str value)
{
    const char *why;
    if (value.len < 2 || value.at[0] != '"')
        return (struct str){0};
    if (!memchr(value.at, '\\', value.len))
        return (struct str){value.at + 1, value.len - 2};
    json_t *text = json_read(value, &why);
    struct str plain = arena_str(arena, json_slice(text));
    json_decref(text);
    return plain;
}

static void separate(struct jout *j)
{
    if (j->comma)
        buf_add_char(j->out, ',');
    j->comma = true;
}

static void open_with(struct jout *j, char bracket)
{
    separate(j);
    buf_add_char(j->out, bracket);
    j->comma = false;
}

static void close_with(struct jout *j, char bracket)
{
    buf_add_char(j->out, bracket);
    j->comma = true;
}

void jout_object(struct jout *j)
{
    open_with(j, '{');
}

void jout_object_end(struct jout *j)
{
    close_with(j, '}');
}

void jout_array(struct jout *j)
{
    open_with(j, '[');
}

void jout_array_end(struct jout *j)
{
    close_with(j, ']');
}

void jout_key(struct jout *j, const char *key)
{
    size_t len = strlen(key);
    separate(j);
    char *at = buf_reserve(j->out, len + 3);
    at[0] = '"';
    memcpy(at + 1, key, len);
    at[len + 1] = '"';
    at[len + 2] = ':';
    j->out->len += len + 3;
    j->comma = false;
}

/* 0 for a byte that goes out as it is; else the letter of its short escape, 'u' for \u00XX, or 'x'
 * for the lead byte of U+2028 and U+2029, which JavaScript once took for ends of line. */
static const char escapes[256] = {
    ['\0'] = 'u', [1] = 'u',    [2] = 'u',    [3] = 'u',     [4] = 'u',    [5] = 'u',
    [6] = 'u',    [7] = 'u',    ['\b'] = 'b', ['\t'] = 't',  ['\n'] = 'n', [11] = 'u',
    ['\f'] = 'f', ['\r'] = 'r', [14] = 'u',   [15] = 'u',    [16] = 'u',   [17] = 'u',
    [18] = 'u',   [19] = 'u',   [20] = 'u',   [21] = 'u',    [22] = 'u',   [23] = 'u',
    [24] = 'u',   [25] = 'u',   [26] = 'u',   [27] = 'u',    [28] = 'u',   [29] = 'u',
    [30] = 'u',   [31] = 'u',   ['"'] = '"',  ['\\'] = '\\', [0xe2] = 'x',
};

/* Add the byte at the front of `s` that is not plain; returns how many bytes were taken. */
static size_t add_escaped(struct buf *out, struct str s)
{
    static const char hex[] = "0123456789abcdef";
    uint8_t c = (uint8_t)s.at[0];
    char escape = escapes[c];
    if (escape == 'x') {
        if (s.len >= 3 &&
            (memcmp(s.at, "\xe2\x80\xa8", 3) == 0 || memcmp(s.at, "\xe2\x80\xa9", 3) == 0)) {
            buf_add(out, (uint8_t)s.at[2] == 0xa8 ? "\\u2028" : "\\u2029", 6);
            return 3;
        }
        buf_add_char(out, s.at[0]);
    } else if (escape == 'u') {
        char text[] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
        buf_add(out, text, sizeof text);
    } else {
        char text[] = {'\\', escape};
        buf_add(out, text, sizeof text);
    }
    return 1;
}

static void add_quoted(struct buf *out, struct str s)
{
    buf_reserve(out, s.len + 2);
    buf_add_char(out, '"');
    size_t from = 0;
    for (size_t i = 0; i < s.len;) {
        if (!escapes[(uint8_t)s.at[i]]) {
            i++;
            continue;
        }
        buf_add(out, s.at + from, i - from);
        i += add_escaped(out, (struct str){s.at + i, s.len - i});
        from = i;
    }
    if (s.len > from)
        buf_add(out, s.at + from, s.len - from);
    buf_add_char(out, '"');
}

void jout_str(struct jout *j, struct str value)
{
    if (!value.at) {
        jout_null(j);
        return;
    }
    separate(j);
    add_quoted(j->out, value);
}

void jout_cstr(struct jout *j, const char *value)
{
    jout_str(j, str_of(value));
}

void jout_int(struct jout *j, int64_t value)
{
    separate(j);
    buf_add_i64(j->out, value);
}

void jout_bool(struct jout *j, bool value)
{
    jout_raw(j, value ? STR("true") : STR("false"));
}

void jout_null(struct jout *j)
{
    jout_raw(j, STR("null"));
}

void jout_raw(struct jout *j, struct str json)
{
    separate(j);
    buf_add_str(j->out, json);
}

void jout_time(struct jout *j, int64_t utc_us)
{
    char text[CLOCK_TEXT_MAX];
    size_t len = clock_iso(utc_us, text);
    separate(j);
    buf_add_char(j->out, '"');
    buf_add(j->out, text, len);
    buf_add_char(j->out, '"');
}

void jout_field_str(struct jout *j, const char *key, struct str value)
{
    jout_key(j, key);
    jout_str(j, value);
}

void jout_field_given(struct jout *j, const char *key, struct str value)
{
    if (value.at)
        jout_field_str(j, key, value);
}

void jout_field_cstr(struct jout *j, const char *key, const char *value)
{
    jout_key(j, key);
    jout_cstr(j, value);
}

void jout_field_int(struct jout *j, const char *key, int64_t value)
{
    jout_key(j, key);
    jout_int(j, value);
}

void jout_field_bool(struct jout *j, const char *key, bool value)
{
    jout_key(j, key);
    jout_bool(j, value);
}

void jout_field_raw(struct jout *j, const char *key, struct str json)
{
    jout_key(j, key);
    jout_raw(j, json);
}

void jout_field_time(struct jout *j, const char *key, int64_t utc_us)
{
    jout_key(j, key);
    jout_time(j, utc_us);
}

/* The shortest text that reads back as the same number: 0.1, not 0.10000000000000001. */
static void write_real(struct jout *j, double value)
{
    char text[40];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    jout_raw(j, str_of(text));
    /* Without point or exponent it would be read back as an integer. */
    if (!strpbrk(text, ".e"))
        buf_add_cstr(j->out, ".0");
}

static void write_value(struct jout *j, const json_t *value);

static void write_object(struct jout *j, json_t *object)
{
    jout_object(j);
    for (void *at = json_object_iter(object); at; at = json_object_iter_next(object, at)) {
        jout_str(j, (struct str){json_object_iter_key(at), json_object_iter_key_len(at)});
        buf_add_char(j->out, ':');
        j->comma = false;
        write_value(j, json_object_iter_value(at));
    }
    jout_object_end(j);
}

static void write_array(struct jout *j, const json_t *array)
{
    jout_array(j);
    for (size_t i = 0; i < json_array_size(array); i++)
        write_value(j, json_array_get(array, i));
    jout_array_end(j);
}

/* Recursion is as deep as the tree, which json_read() capped. */
static void write_value(struct jout *j, const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        write_object(j,
                     (json_t *)value); /* iterating is not const in jansson, but changes nothing */
        break;
    case JSON_ARRAY:
        write_array(j, value);
        break;
    case JSON_STRING:
        jout_str(j, json_slice(value));
        break;
    case JSON_INTEGER:
        jout_int(j, json_integer_value(value));
        break;
    case JSON_REAL:
        write_real(j, json_real_value(value));
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        jout_bool(j, json_is_true(value));
        break;
    case JSON_NULL:
        jout_null(j);
        break;
    }
}

void json_write(struct buf *out, const json_t *value)
{
    struct jout j = jout_to(out);
    write_value(&j, value);
}
