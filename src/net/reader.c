/* reader.c - reads one HTTP/1.1 request: its line, its header fields, its body. */
#include "net/reader.h"

#include "net/chunked.h"
#include "net/http.h"
#include "net/request_line.h"

#define HEAD_FIRST 1024 /* bytes the head begins with; it grows with what comes */

/* Which part of the request is due. */
enum stage { STAGE_LINE, STAGE_FIELDS, STAGE_BODY, STAGE_CHUNKS, STAGE_WHOLE, STAGE_REFUSED };

struct reader {
    struct exchange *x;         /* where the request goes */
    enum stage stage;           /* what is due */
    enum refusal refusal;       /* why it is refused */
    size_t head_max;            /* bytes of the head at most */
    struct buf head;            /* the head so far, in the arena */
    struct request_line line;   /* its first line */
    struct http_fields *fields; /* reads its header fields */
    struct http_facts facts;    /* from the fields */
    size_t body_limit;          /* bytes acceptable */
    struct buf body;            /* what came of it, in the arena */
    struct chunked chunked;     /* its chunks */
};

struct reader *reader_new(void)
{
    struct reader *r = mem_alloc(sizeof *r);
    r->fields = http_fields_new();
    return r;
}

void reader_free(struct reader **r)
{
    http_fields_free(&(*r)->fields);
    mem_free(*r);
    *r = NULL;
}

void reader_begin(struct reader *r, struct exchange *x, size_t head_max)
{
    r->x = x;
    r->stage = STAGE_LINE;
    r->refusal = REFUSAL_NONE;
    r->head_max = head_max;
    r->head = buf_in(x->arena);
    r->line = (struct request_line){0};
    http_fields_begin(r->fields);
    r->body_limit = 0;
    r->body = buf_in(x->arena);
    r->chunked = (struct chunked){0};
}

static enum reader_step refuse(struct reader *r, enum refusal refusal)
{
    r->refusal = refusal;
    r->stage = STAGE_REFUSED;
    return READER_REFUSED;
}

/* The header slices, final now that the head does not move any more. */
static void set_headers(struct reader *r)
{
    struct exchange *x = r->x;
    x->header_count = http_fields_count(r->fields);
    x->headers = arena_alloc(x->arena, x->header_count * sizeof *x->headers);
    for (size_t i = 0; i < x->header_count; i++) {
        const struct http_field *f = http_fields_at(r->fields, i);
        x->headers[i].name = (struct str){r->head.at + f->name_at, f->name_len};
        x->headers[i].value = str_trim((struct str){r->head.at + f->value_at, f->value_len});
    }
}

static enum reader_step finish_head(struct reader *r)
{
    struct exchange *x = r->x;
    set_headers(r);
    enum refusal refusal = target_split(x, r->head.at + r->line.target_at, r->line.target_len);
    if (refusal == REFUSAL_NONE)
        refusal = fields_judge(x, r->line.minor == '0', &r->facts);
    if (refusal != REFUSAL_NONE)
        return refuse(r, refusal);
    r->stage = r->facts.chunked ? STAGE_CHUNKS : STAGE_BODY;
    return READER_HEAD;
}

static enum reader_step read_fields(struct reader *r, const char *bytes, size_t len, size_t *used_r)
{
    size_t used;
    bool end;
    enum refusal refusal = http_fields_read(r->fields, &r->head, bytes, len, &used, &end);
    if (refusal != REFUSAL_NONE)
        return refuse(r, refusal);
    *used_r += used;
    return end ? finish_head(r) : READER_MORE;
}

static enum reader_step read_line(struct reader *r, const char *bytes, size_t len, size_t *used_r)
{
    *used_r = request_line_read(&r->line, bytes, len);
    if (r->line.refusal != REFUSAL_NONE)
        return refuse(r, r->line.refusal);
    buf_add(&r->head, bytes, *used_r);
    if (r->line.done) {
        r->x->method = request_line_method(&r->line, r->head.at);
        r->stage = STAGE_FIELDS;
    }
    return READER_MORE;
}

/* Take no more into the head than it may hold; over that it is too long, whatever follows. */
static enum reader_step read_head(struct reader *r, const char *bytes, size_t len, size_t *used_r)
{
    size_t room = r->head_max - r->head.len;
    size_t take = len < room ? len : room;
    enum reader_step step = READER_MORE;
    if (r->head.cap == 0)
        buf_reserve(&r->head, take < HEAD_FIRST ? take : HEAD_FIRST);
    if (r->stage == STAGE_LINE)
        step = read_line(r, bytes, take, used_r);
    if (r->stage == STAGE_FIELDS && *used_r < take)
        step = read_fields(r, bytes + *used_r, take - *used_r, used_r);
    if (step == READER_MORE && r->head.len == r->head_max)
        return refuse(r, r->line.done ? REFUSAL_HEAD_TOO_LONG : REFUSAL_LINE_TOO_LONG);
    return step;
}

static enum reader_step finish(struct reader *r)
{
    r->x->body = buf_str(&r->body);
    r->stage = STAGE_WHOLE;
    return READER_WHOLE;
}

static enum reader_step read_body(struct reader *r, const char *bytes, size_t len, size_t *used_r)
{
    if (r->facts.length > r->body_limit)
        return refuse(r, REFUSAL_BODY_TOO_LONG);
    size_t left = (size_t)r->facts.length - r->body.len;
    size_t take = len < left ? len : left;
    buf_add(&r->body, bytes, take);
    *used_r = take;
    return take == left ? finish(r) : READER_MORE;
}

static enum reader_step read_chunks(struct reader *r, const char *bytes, size_t len, size_t *used_r)
{
    while (*used_r < len && !r->chunked.done) {
        struct str data;
        *used_r += chunked_read(&r->chunked, bytes + *used_r, len - *used_r, &data);
        if (r->chunked.refusal != REFUSAL_NONE)
            return refuse(r, r->chunked.refusal);
        /* Judged by what the chunk announces, so that the cut makes no difference. */
        if (data.len + r->chunked.left > r->body_limit - r->body.len)
            return refuse(r, REFUSAL_BODY_TOO_LONG);
        buf_add_str(&r->body, data);
    }
    return r->chunked.done ? finish(r) : READER_MORE;
}

enum reader_step reader_feed(struct reader *r, const char *bytes, size_t len, size_t *used_r)
{
    *used_r = 0;
    switch (r->stage) {
    case STAGE_LINE:
    case STAGE_FIELDS:
        return read_head(r, bytes, len, used_r);
    case STAGE_BODY:
        return read_body(r, bytes, len, used_r);
    case STAGE_CHUNKS:
        return read_chunks(r, bytes, len, used_r);
    case STAGE_WHOLE:
        return READER_WHOLE;
    case STAGE_REFUSED:
        return READER_REFUSED;
    }
    return READER_REFUSED;
}

const struct http_facts *reader_facts(const struct reader *r)
{
    return &r->facts;
}

void reader_body_limit(struct reader *r, size_t limit)
{
    r->body_limit = limit;
}

bool reader_wants_body(const struct reader *r)
{
    if (r->stage == STAGE_CHUNKS)
        return true;
    return r->stage == STAGE_BODY && r->facts.length > 0 && r->facts.length <= r->body_limit;
}

enum refusal reader_refusal(const struct reader *r)
{
    return r->refusal;
}
