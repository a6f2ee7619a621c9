/* reply.c - the answers handlers give, and how a "no" is worded over HTTP and on a socket. */
#include <stdio.h>

#include "app/call.h"

#define HEADERS_FIRST 4

static void forget_answer(struct request *rq)
{
    struct call *c = call_of(rq);
    rq->status = 0;
    rq->content_type = NULL;
    rq->reply = buf_in(rq->arena);
    rq->problem = PROBLEM_NONE;
    c->detail = NULL;
    c->field_first = c->field_last = NULL;
    c->more = (struct buf){0};
}

void call_reset(struct call *c)
{
    forget_answer(&c->rq);
    c->rq.header_count = 0;
    c->undone = false;
    c->cookie = (struct cookie){0};
    c->frame_first = c->frame_last = NULL;
}

struct jout *reply_json(struct request *rq, int status)
{
    forget_answer(rq);
    rq->status = status;
    rq->content_type = "application/json";
    rq->json = jout_to(&rq->reply);
    return &rq->json;
}

void reply_bytes(struct request *rq, int status, const char *content_type, struct str bytes)
{
    forget_answer(rq);
    rq->status = status;
    rq->content_type = content_type;
    buf_add_str(&rq->reply, bytes);
}

void reply_empty(struct request *rq, int status)
{
    forget_answer(rq);
    rq->status = status;
}

void reply_header(struct request *rq, const char *name, struct str value)
{
    struct call *c = call_of(rq);
    if (rq->header_count == c->header_cap) {
        size_t cap = c->header_cap ? c->header_cap * 2 : HEADERS_FIRST;
        struct http_header *grown = arena_alloc(rq->arena, cap * sizeof *grown);
        if (rq->header_count > 0)
            memcpy(grown, rq->headers, rq->header_count * sizeof *grown);
        rq->headers = grown;
        c->header_cap = cap;
    }
    struct str copy = {arena_strdup(rq->arena, value), value.len};
    rq->headers[rq->header_count++] = (struct http_header){str_of(name), copy};
}

/* A copy that is well-formed UTF-8: what a peer sent may not be, and what was cut may end within a
 * character. */
static const char *readable(struct arena *arena, const char *text)
{
    char *copy = arena_strdup(arena, str_of(text));
    if (str_utf8_valid(str_of(copy)))
        return copy;
    for (char *at = copy; *at; at++) {
        if ((unsigned char)*at >= 0x80)
            *at = '?';
    }
    return copy;
}

bool refuse(struct request *rq, enum problem p, const char *detail, ...)
{
    struct call *c = call_of(rq);
    CHECK(p != PROBLEM_NONE);
    forget_answer(rq);
    rq->problem = p;
    if (detail) {
        char text[512];
        va_list args;
        va_start(args, detail);
        vsnprintf(text, sizeof text, detail, args);
        va_end(args);
        c->detail = readable(rq->arena, text);
    }
    return false;
}

void request_undo(struct request *rq)
{
    call_of(rq)->undone = true;
}

bool refuse_field(struct request *rq, enum problem p, const char *pointer, const char *reason)
{
    struct call *c = call_of(rq);
    if (rq->problem != p)
        refuse(rq, p, NULL);
    struct field_problem *field = arena_alloc(rq->arena, sizeof *field);
    field->pointer = arena_strdup(rq->arena, str_of(pointer));
    field->reason = arena_strdup(rq->arena, str_of(reason));
    if (c->field_last)
        c->field_last->next = field;
    else
        c->field_first = field;
    c->field_last = field;
    return false;
}

struct jout *refuse_more(struct request *rq)
{
    struct call *c = call_of(rq);
    CHECK(rq->problem != PROBLEM_NONE);
    if (c->more.len == 0) {
        c->more = buf_in(rq->arena);
        c->more_out = jout_to(&c->more);
    }
    return &c->more_out;
}

struct jout *reply_event(struct request *rq, const char *event)
{
    struct call *c = call_of(rq);
    struct reply_frame *frame = arena_alloc(rq->arena, sizeof *frame);
    frame->text = buf_in(rq->arena);
    frame->event = event;
    frame->seq = -1;
    if (c->frame_last)
        c->frame_last->next = frame;
    else
        c->frame_first = frame;
    c->frame_last = frame;
    rq->json = jout_to(&frame->text);
    jout_object(&rq->json);
    jout_field_cstr(&rq->json, "event", event);
    jout_key(&rq->json, "values");
    frame->values_at = frame->text.len;
    return &rq->json;
}

void reply_event_end(struct request *rq)
{
    CHECK(call_of(rq)->frame_last != NULL);
    jout_object_end(&rq->json);
}

struct str request_query(struct request *rq, const char *name)
{
    const struct call *c = call_of(rq);
    struct str value = c->exchange ? exchange_query(c->exchange, name) : (struct str){0};
    return str_utf8_valid(value) ? value : (struct str){0};
}

struct str request_header(struct request *rq, const char *name)
{
    const struct call *c = call_of(rq);
    return c->exchange ? exchange_header(c->exchange, name) : (struct str){0};
}

static void add_fields(struct jout *j, const struct call *c)
{
    jout_key(j, "errors");
    jout_array(j);
    for (const struct field_problem *f = c->field_first; f; f = f->next) {
        jout_object(j);
        jout_field_cstr(j, "pointer", f->pointer);
        jout_field_cstr(j, "reason", f->reason);
        jout_object_end(j);
    }
    jout_array_end(j);
}

static void add_more(struct jout *j, const struct call *c)
{
    buf_add_char(j->out, ',');
    buf_add_str(j->out, buf_str(&c->more));
}

static const char *message_of(const struct request *rq)
{
    return problem_row(rq->problem)->message[rq->language];
}

static bool has_header(const struct request *rq, const char *name)
{
    for (size_t i = 0; i < rq->header_count; i++) {
        if (str_eq_nocase(rq->headers[i].name, str_of(name)))
            return true;
    }
    return false;
}

/* What HTTP wants said beside the body (RFC 9110 11.6.1, 15.5.27, 10.2.3). */
static void add_problem_headers(struct request *rq, int status)
{
    reply_header(rq, "Content-Language", str_of(language_tag(rq->language)));
    if ((status == 503 || status == 429) && !has_header(rq, "Retry-After"))
        reply_header(rq, "Retry-After", STR("1"));
    if (status == 401)
        reply_header(rq, "WWW-Authenticate", STR("Bearer realm=\"pesan\""));
    if (status == 426)
        reply_header(rq, "Upgrade", STR("websocket"));
}

void call_render_problem(struct call *c)
{
    struct request *rq = &c->rq;
    const struct problem_row *row = problem_row(rq->problem);
    struct buf type = buf_in(rq->arena);
    buf_add_cstr(&type, "/problems/");
    buf_add_cstr(&type, row->slug);
    rq->status = row->status;
    rq->content_type = "application/problem+json";
    rq->reply = buf_in(rq->arena);
    struct jout j = jout_to(&rq->reply);
    jout_object(&j);
    jout_field_str(&j, "type", buf_str(&type));
    jout_field_cstr(&j, "title", row->title);
    jout_field_int(&j, "status", row->status);
    if (c->detail)
        jout_field_cstr(&j, "detail", c->detail);
    jout_field_cstr(&j, "message", message_of(rq));
    if (c->field_first)
        add_fields(&j, c);
    if (c->more.len > 0)
        add_more(&j, c);
    jout_object_end(&j);
    add_problem_headers(rq, row->status);
}

void call_write_error(struct call *c, struct jout *j)
{
    const struct problem_row *row = problem_row(c->rq.problem);
    jout_object(j);
    jout_field_cstr(j, "code", row->slug);
    jout_field_cstr(j, "detail", c->detail ? c->detail : row->title);
    jout_field_cstr(j, "message", message_of(&c->rq));
    if (c->field_first)
        add_fields(j, c);
    if (c->more.len > 0)
        add_more(j, c);
    jout_object_end(j);
}
