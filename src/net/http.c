/* http.c - reads the header fields of a request; the only file that knows llhttp.
 *
 * DESIGN. llhttp runs in strict mode with every lenient flag off. It is shown a request line of
 * ours first (the real one is read by request_line.c), once per parser: that state is copied for
 * each request. In front of it stands a check of each pair of neighbouring bytes, which refuses
 * what strict mode still lets through (bare CR and LF, folded lines, nameless fields) and finds the
 * end of the head exactly, so that llhttp never sees a body. Drawback: each byte is looked at
 * twice. */
#include "net/http.h"

#include <llhttp.h>

#define FIELDS_MAX 100

struct http_fields {
    llhttp_t parser;                         /* reads the current request */
    llhttp_t primed;                         /* stands behind a request line */
    const struct buf *head;                  /* where the bytes lie that it is shown */
    char previous;                           /* the byte before the one to be checked */
    bool line_empty;                         /* the line has no byte yet, or only CR */
    uint32_t count;                          /* fields that are whole */
    struct http_field items[FIELDS_MAX + 1]; /* they, and the one that has begun */
};

/* Spans come in pieces where the input was cut; the pieces adjoin in `head`. */
static int on_name(llhttp_t *parser, const char *at, size_t len)
{
    struct http_fields *f = parser->data;
    struct http_field *item = &f->items[f->count];
    if (item->name_len == 0)
        item->name_at = (uint32_t)(at - f->head->at);
    item->name_len += (uint32_t)len;
    return 0;
}

static int on_value(llhttp_t *parser, const char *at, size_t len)
{
    struct http_fields *f = parser->data;
    struct http_field *item = &f->items[f->count];
    if (item->value_len == 0)
        item->value_at = (uint32_t)(at - f->head->at);
    item->value_len += (uint32_t)len;
    return 0;
}

static int on_value_complete(llhttp_t *parser)
{
    struct http_fields *f = parser->data;
    if (f->count == FIELDS_MAX)
        return -1;
    f->items[++f->count] = (struct http_field){0};
    return 0;
}

static const llhttp_settings_t settings = {
    .on_header_field = on_name,
    .on_header_value = on_value,
    .on_header_value_complete = on_value_complete,
};

struct http_fields *http_fields_new(void)
{
    static const char line[] = "POST / HTTP/1.1\r\n";
    struct http_fields *f = mem_alloc(sizeof *f);
    llhttp_init(&f->primed, HTTP_REQUEST, &settings);
    CHECK(llhttp_execute(&f->primed, line, sizeof line - 1) == HPE_OK);
    f->primed.data = f;
    return f;
}

void http_fields_free(struct http_fields **f)
{
    mem_free(*f);
    *f = NULL;
}

void http_fields_begin(struct http_fields *f)
{
    f->parser = f->primed;
    f->previous = '\n';
    f->line_empty = true;
    f->count = 0;
    f->items[0] = (struct http_field){0};
}

/* May `c` follow `previous`? CR and LF stand only together; a line begins with a name. */
static bool may_follow(char previous, char c)
{
    if ((c == '\n') != (previous == '\r'))
        return false;
    return previous != '\n' || (c != ' ' && c != '\t' && c != ':');
}

/* Bytes up to the next CR or LF. */
static size_t plain_run(const char *bytes, size_t len)
{
    const char *cr = memchr(bytes, '\r', len);
    size_t run = cr ? (size_t)(cr - bytes) : len;
    const char *lf = memchr(bytes, '\n', run);
    return lf ? (size_t)(lf - bytes) : run;
}

/* Check header lines up to the end of the head. Returns the bytes that are well-formed; *end_r
 * tells that the last of them ends the head. */
static size_t check_lines(struct http_fields *f, const char *bytes, size_t len, bool *end_r)
{
    size_t i = 0;
    while (i < len && !*end_r && may_follow(f->previous, bytes[i])) {
        f->previous = bytes[i++];
        if (f->previous == '\n') {
            *end_r = f->line_empty;
            f->line_empty = true;
        } else if (f->previous != '\r') {
            f->line_empty = false;
            i += plain_run(bytes + i, len - i);
            f->previous = bytes[i - 1];
        }
    }
    return i;
}

/* Why check_lines() stopped at `c`. */
static enum refusal line_fault(const struct http_fields *f, char c)
{
    if ((c == '\n') != (f->previous == '\r'))
        return REFUSAL_LINE_END;
    return c == ':' ? REFUSAL_FIELD : REFUSAL_LINE_FOLD;
}

static enum refusal parser_fault(const struct http_fields *f, llhttp_errno_t err)
{
    if (f->count == FIELDS_MAX && err == HPE_CB_HEADER_VALUE_COMPLETE)
        return REFUSAL_FIELD_COUNT; /* our callback said no */
    if (err == HPE_UNEXPECTED_CONTENT_LENGTH || err == HPE_INVALID_CONTENT_LENGTH)
        return REFUSAL_LENGTH;
    return err == HPE_INVALID_TRANSFER_ENCODING ? REFUSAL_CODING : REFUSAL_FIELD;
}

enum refusal http_fields_read(struct http_fields *f, struct buf *head, const char *bytes,
                              size_t len, size_t *used_r, bool *end_r)
{
    size_t at = head->len;
    *end_r = false;
    *used_r = check_lines(f, bytes, len, end_r);
    buf_add(head, bytes, *used_r);
    f->head = head;
    llhttp_errno_t err = llhttp_execute(&f->parser, head->at + at, *used_r);
    if (err != HPE_OK && err != HPE_PAUSED_UPGRADE)
        return parser_fault(f, err);
    return *end_r || *used_r == len ? REFUSAL_NONE : line_fault(f, bytes[*used_r]);
}

size_t http_fields_count(const struct http_fields *f)
{
    return f->count;
}

const struct http_field *http_fields_at(const struct http_fields *f, size_t index)
{
    return &f->items[index];
}
