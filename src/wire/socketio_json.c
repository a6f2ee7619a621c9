/* socketio_json.c - checks payloads of Socket.IO, front to back and without a tree (RFC 8259). */
#include "wire/socketio_json.h"

/* Bits of level.flags. */
enum level_flag {
    LEVEL_OBJECT = 1, /* else an array */
    LEVEL_MARK = 2,   /* "_placeholder" has stood here */
    LEVEL_TRUE = 4,   /* and was true */
    LEVEL_TWICE = 8,  /* a key of placeholders stood here twice */
};

#define NUM_NONE 0xff /* "num" has not stood here */
#define NUM_BAD  0xfe /* it is no number an attachment can have */

/* An open object or array. */
struct level {
    uint8_t flags; /* enum level_flag */
    uint8_t num;   /* value of "num", or NUM_* */
};

/* What may come next. */
enum expect {
    EXPECT_VALUE,
    EXPECT_FIRST_VALUE, /* or the end of an empty array */
    EXPECT_KEY,
    EXPECT_FIRST_KEY, /* or the end of an empty object */
    EXPECT_AFTER,     /* a comma or an end */
};

/* The keys that make a placeholder. */
enum key {
    KEY_OTHER,
    KEY_PLACEHOLDER,
    KEY_NUM,
};

struct scan {
    const char *at;       /* the next byte */
    const char *end;      /* behind the last */
    enum expect expect;   /* what may stand at `at` */
    enum key key;         /* whose value comes next; KEY_OTHER in arrays */
    unsigned depth;       /* levels open */
    unsigned depth_max;   /* that may be */
    struct sio_json *out; /* where findings go */
    struct level levels[SIO_DEPTH_MAX];
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int hex_value(char c)
{
    if (is_digit(c))
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static const char *after_blanks(const char *at, const char *end)
{
    while (at < end && is_blank(*at))
        at++;
    return at;
}

static void skip_blanks(struct scan *s)
{
    s->at = after_blanks(s->at, s->end);
}

/* The bytes of the escape at `at`, which begins with a backslash; 0 when it is none. */
static size_t escape_len(const char *at, const char *end)
{
    if (end - at < 2)
        return 0;
    if (at[1] != 'u')
        return at[1] != '\0' && strchr("\"\\/bfnrt", at[1]) ? 2 : 0;
    if (end - at < 6)
        return 0;
    for (int i = 2; i < 6; i++) {
        if (hex_value(at[i]) < 0)
            return 0;
    }
    return 6;
}

/* The string at the quote s->at; *inside_r is what stands between its quotes. */
static enum sio_error take_string(struct scan *s, struct str *inside_r)
{
    const char *from = ++s->at;
    uint8_t all = 0;
    while (s->at < s->end && *s->at != '"') {
        uint8_t c = (uint8_t)*s->at;
        size_t taken = c == '\\' ? escape_len(s->at, s->end) : c >= ' ';
        if (taken == 0)
            return SIO_ERR_JSON;
        all |= c;
        s->at += taken;
    }
    if (s->at == s->end)
        return SIO_ERR_JSON;
    *inside_r = (struct str){from, (size_t)(s->at++ - from)};
    return all < 0x80 || str_utf8_valid(*inside_r) ? SIO_ERR_NONE : SIO_ERR_UTF8;
}

/* True when at least one digit was there. */
static bool take_digits(struct scan *s)
{
    const char *from = s->at;
    while (s->at < s->end && is_digit(*s->at))
        s->at++;
    return s->at > from;
}

/* RFC 8259 6: no leading zeros, digits on both sides of the point. */
static bool take_number(struct scan *s)
{
    if (*s->at == '-')
        s->at++;
    const char *from = s->at;
    if (!take_digits(s) || (*from == '0' && s->at - from > 1))
        return false;
    if (s->at < s->end && *s->at == '.') {
        s->at++;
        if (!take_digits(s))
            return false;
    }
    if (s->at < s->end && (*s->at | 0x20) == 'e') {
        s->at++;
        if (s->at < s->end && (*s->at == '+' || *s->at == '-'))
            s->at++;
        return take_digits(s);
    }
    return true;
}

static bool take_word(struct scan *s)
{
    const char *word = *s->at == 't' ? "true" : *s->at == 'f' ? "false" : "null";
    size_t len = strlen(word);
    if ((size_t)(s->end - s->at) < len || memcmp(s->at, word, len) != 0)
        return false;
    s->at += len;
    return true;
}

/* A value is whole: the top one, an element or a member. */
static void end_value(struct scan *s)
{
    struct str *first = &s->out->first;
    if (s->depth == 1 && first->at && first->len == 0)
        first->len = (size_t)(s->at - first->at);
    s->expect = EXPECT_AFTER;
}

/* A member of an object that may be a placeholder; `value` is empty for objects and arrays. */
static void note_member(struct level *l, enum key key, struct str value)
{
    uint64_t num;
    if (key == KEY_PLACEHOLDER) {
        l->flags |= l->flags & LEVEL_MARK ? LEVEL_TWICE : LEVEL_MARK;
        if (str_is(value, "true"))
            l->flags |= LEVEL_TRUE;
    } else {
        if (l->num != NUM_NONE)
            l->flags |= LEVEL_TWICE;
        l->num = str_to_u64(value, SIO_ATTACHMENTS_MAX - 1, &num) ? (uint8_t)num : NUM_BAD;
    }
}

/* An object has ended: count it when it was a placeholder. */
static void note_placeholder(struct sio_json *out, const struct level *l)
{
    if (!(l->flags & LEVEL_TRUE))
        return;
    if ((l->flags & LEVEL_TWICE) || l->num >= NUM_BAD || (out->placeholders & 1u << l->num))
        out->placeholder_bad = true;
    else
        out->placeholders |= 1u << l->num;
}

static enum sio_error open_level(struct scan *s)
{
    if (s->depth == s->depth_max)
        return SIO_ERR_DEPTH;
    bool object = *s->at++ == '{';
    s->levels[s->depth++] = (struct level){.flags = object ? LEVEL_OBJECT : 0, .num = NUM_NONE};
    s->key = KEY_OTHER;
    s->expect = object ? EXPECT_FIRST_KEY : EXPECT_FIRST_VALUE;
    return SIO_ERR_NONE;
}

/* s->at stands at an end that fits the innermost level. */
static void close_level(struct scan *s)
{
    s->at++;
    const struct level *l = &s->levels[--s->depth];
    if (l->flags & LEVEL_OBJECT)
        note_placeholder(s->out, l);
    end_value(s);
}

static enum sio_error take_key(struct scan *s)
{
    struct str inside;
    if (*s->at != '"')
        return SIO_ERR_JSON;
    enum sio_error err = take_string(s, &inside);
    if (err != SIO_ERR_NONE)
        return err;
    skip_blanks(s);
    if (s->at == s->end || *s->at++ != ':')
        return SIO_ERR_JSON;
    s->key = sio_json_is(inside, "_placeholder") ? KEY_PLACEHOLDER
             : sio_json_is(inside, "num")        ? KEY_NUM
                                                 : KEY_OTHER;
    s->expect = EXPECT_VALUE;
    return SIO_ERR_NONE;
}

static enum sio_error take_scalar(struct scan *s)
{
    struct str inside;
    char c = *s->at;
    if (c == '"')
        return take_string(s, &inside);
    if (c == '-' || is_digit(c))
        return take_number(s) ? SIO_ERR_NONE : SIO_ERR_JSON;
    return take_word(s) ? SIO_ERR_NONE : SIO_ERR_JSON;
}

static enum sio_error take_value(struct scan *s)
{
    const char *from = s->at;
    bool nested = *from == '{' || *from == '[';
    if (s->depth == 0)
        s->out->kind = *from;
    else if (s->depth == 1 && !s->out->first.at && s->out->kind == '[')
        s->out->first.at = from;

    enum key key = s->key;
    s->key = KEY_OTHER;
    struct level *inside = s->depth > 0 ? &s->levels[s->depth - 1] : NULL;
    enum sio_error err = nested ? open_level(s) : take_scalar(s);
    if (err != SIO_ERR_NONE)
        return err;
    if (key != KEY_OTHER)
        note_member(inside, key, (struct str){from, nested ? 0 : (size_t)(s->at - from)});
    if (!nested)
        end_value(s);
    return SIO_ERR_NONE;
}

/* s->at is not at the end and no blank. */
static enum sio_error step(struct scan *s)
{
    char c = *s->at;
    switch (s->expect) {
    case EXPECT_FIRST_VALUE:
    case EXPECT_VALUE:
        if (c != ']' || s->expect == EXPECT_VALUE)
            return take_value(s);
        break;
    case EXPECT_FIRST_KEY:
    case EXPECT_KEY:
        if (c != '}' || s->expect == EXPECT_KEY)
            return take_key(s);
        break;
    case EXPECT_AFTER: {
        bool object = s->levels[s->depth - 1].flags & LEVEL_OBJECT;
        if (c == ',') {
            s->at++;
            s->expect = object ? EXPECT_KEY : EXPECT_VALUE;
            return SIO_ERR_NONE;
        }
        if (c != (object ? '}' : ']'))
            return SIO_ERR_JSON;
        break;
    }
    }
    close_level(s);
    return SIO_ERR_NONE;
}

/* What stands from `from` to the end of a whole array, without its bracket and blanks around. */
static struct str to_the_end(const struct sio_json *json, const char *from)
{
    const char *end = json->whole.at + json->whole.len - 1;
    from = after_blanks(from, end);
    while (end > from && is_blank(end[-1]))
        end--;
    return (struct str){from, (size_t)(end - from)};
}

/* Cut a whole array that is not empty behind its first element. */
static void cut_first(struct sio_json *json)
{
    json->inside = to_the_end(json, json->first.at);
    const char *end = json->whole.at + json->whole.len - 1;
    const char *at = after_blanks(json->first.at + json->first.len, end);
    json->rest = to_the_end(json, at < end ? at + 1 : at); /* behind the comma */
}

int sio_json_check(struct str text, unsigned depth_max, struct sio_json *json_r)
{
    struct scan s;
    CHECK(depth_max > 0 && depth_max <= SIO_DEPTH_MAX);
    *json_r = (struct sio_json){0};
    s.at = text.at;
    s.end = text.at + text.len;
    s.expect = EXPECT_VALUE;
    s.key = KEY_OTHER;
    s.depth = 0;
    s.depth_max = depth_max;
    s.out = json_r;

    skip_blanks(&s);
    const char *from = s.at;
    while (s.depth > 0 || s.expect != EXPECT_AFTER) {
        skip_blanks(&s);
        if (s.at == s.end)
            return -SIO_ERR_JSON;
        enum sio_error err = step(&s);
        if (err != SIO_ERR_NONE)
            return -(int)err;
    }
    json_r->whole = (struct str){from, (size_t)(s.at - from)};
    skip_blanks(&s);
    if (s.at < s.end)
        return -SIO_ERR_JSON;
    if (json_r->first.at)
        cut_first(json_r);
    return 0;
}

/* The code unit of the escape at `at`, `len` bytes long. */
static int escaped_unit(const char *at, size_t len)
{
    static const char letters[] = "\"\\/bfnrt";
    static const char meant[] = "\"\\/\b\f\n\r\t";
    if (len == 2)
        return meant[strchr(letters, at[1]) - letters];
    int unit = 0;
    for (size_t i = 2; i < len; i++)
        unit = unit << 4 | hex_value(at[i]);
    return unit;
}

bool sio_json_is(struct str inside, const char *ascii)
{
    const char *end = inside.at + inside.len;
    for (const char *at = inside.at; at < end; ascii++) {
        size_t len = *at == '\\' ? escape_len(at, end) : 1;
        if (len == 0 || (len == 1 ? (uint8_t)*at : escaped_unit(at, len)) != *ascii ||
            *ascii == '\0')
            return false;
        at += len;
    }
    return *ascii == '\0';
}
