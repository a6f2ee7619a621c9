/* answer.c - writes answers: status line, header fields and body in one piece. */
#include <stdio.h>

#include "base/log.h"
#include "base/metrics.h"
#include "net/conn.h"

#define FIXED_MAX 256 /* status line, Date, Content-Type without its value, length, Connection */

static const char *phrase(int status)
{
    switch (status) {
#define STATUS(code, text)                                                                         \
    case code:                                                                                     \
        return text;
#include "net/tbl/statuses.h"
#undef STATUS
    default:
        return "";
    }
}

/* Where the answer is being written; room for all of it is known to be there. */
struct pen {
    char *at; /* next byte */
};

static void put(struct pen *p, struct str s)
{
    if (s.len > 0)
        memcpy(p->at, s.at, s.len);
    p->at += s.len;
}

static void put_number(struct pen *p, uint64_t value)
{
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    put(p, (struct str){digits + at, sizeof digits - at});
}

/* What could end the line early becomes a blank: no value can make a header of its own. */
static void put_value(struct pen *p, struct str value)
{
    for (size_t i = 0; i < value.len; i++) {
        char c = value.at[i];
        *p->at++ = c == '\r' || c == '\n' || c == '\0' ? ' ' : c;
    }
    put(p, STR("\r\n"));
}

static void put_status(struct pen *p, int status)
{
    put(p, STR("HTTP/1.1 "));
    put_number(p, (uint64_t)status);
    put(p, STR(" "));
    put(p, str_of(phrase(status)));
    put(p, STR("\r\n"));
}

/* RFC 9110 8.6: none with 1xx and 204; with 304 it would have to be the other answer's. */
static bool has_length(int status)
{
    return status >= 200 && status != 204 && status != 304;
}

static size_t head_bound(const struct answer *a)
{
    size_t bound = FIXED_MAX + (a->content_type ? strlen(a->content_type) : 0);
    for (size_t i = 0; i < a->header_count; i++)
        bound += a->headers[i].name.len + a->headers[i].value.len + 4;
    return bound;
}

/* How an answer leaves, beside what it says. */
struct manner {
    bool close;   /* the connection ends behind it */
    bool goes_on; /* its length is not known */
    bool http10;  /* to a client of HTTP/1.0 */
    bool head;    /* to HEAD: no body */
};

static void put_head(struct pen *p, struct server *s, const struct answer *a,
                     const struct manner *m)
{
    put_status(p, a->status);
    put(p, server_date(s));
    if (a->content_type) {
        put(p, STR("Content-Type: "));
        put_value(p, str_of(a->content_type));
    }
    if (m->goes_on && !m->http10)
        put(p, STR("Transfer-Encoding: chunked\r\n"));
    if (!m->goes_on && has_length(a->status)) {
        put(p, STR("Content-Length: "));
        put_number(p, a->body.len);
        put(p, STR("\r\n"));
    }
    if (m->close)
        put(p, STR("Connection: close\r\n"));
    else if (m->http10)
        put(p, STR("Connection: keep-alive\r\n"));
    for (size_t i = 0; i < a->header_count; i++) {
        put(p, a->headers[i].name);
        put(p, STR(": "));
        put_value(p, a->headers[i].value);
    }
    put(p, STR("\r\n"));
}

static void send_answer(struct conn *c, const struct answer *a, const struct manner *m)
{
    bool body = !m->head && has_length(a->status) && a->body.len > 0;
    struct frame *f = frame_new(head_bound(a) + (body && !a->lasting ? a->body.len : 0));
    struct pen pen = {f->bytes};
    put_head(&pen, c->server, a, m);
    if (body && !a->lasting)
        put(&pen, a->body);
    f->len = (size_t)(pen.at - f->bytes);
    conn_send(c, f);
    if (body && a->lasting)
        conn_send(c, frame_lasting(a->body));
}

void answer_begin(struct conn *c, const struct answer *a, bool http10)
{
    const struct answer head = {.status = 200,
                                .content_type = a->content_type,
                                .headers = a->headers,
                                .header_count = a->header_count};
    send_answer(c, &head, &(struct manner){.close = true, .goes_on = true, .http10 = http10});
}

void exchange_answer(struct exchange *x, const struct answer *a)
{
    const struct exchange_private *own = x->own;
    struct conn *c = own->conn;
    metric_add(METRIC_HTTP_REQUESTS, 1);
    if (!c) {
        struct arena *arena = x->arena;
        arena_free(&arena);
        return;
    }
    const struct manner m = {
        .close = a->close || !own->keep_alive || c->server->draining,
        .http10 = own->http10,
        .head = x->method == HTTP_HEAD,
    };
    send_answer(c, a, &m);
    c->http.exchange = NULL;
    serve_release(c->server, x);
    conn_enter(c, m.close ? CONN_CLOSING : CONN_IDLE);
}

void answer_refuse(struct conn *c, enum refusal refusal)
{
    const struct refusal_row *row = refusal_row(refusal);
    struct exchange *x = c->http.exchange;
    const struct refusal_type *type = refusal_type(row);
    char body[512];
    int len =
        snprintf(body, sizeof body,
                 "{\"type\":\"/problems/%s\",\"title\":\"%s\",\"status\":%d,\"detail\":\"%s\","
                 "\"message\":\"%s\"}",
                 type->slug, phrase(row->status), row->status, row->detail, type->message);
    static const struct http_header offer[] = {
        {{"Upgrade", 7}, {"websocket", 9}},
        {{"Sec-WebSocket-Version", 21}, {"13", 2}},
    };
    const struct answer answer = {
        .status = row->status,
        .content_type = "application/problem+json",
        .body = {body, (size_t)len},
        .headers = offer,
        .header_count = row->status == 426 ? ARRAY_LEN(offer) : 0,
    };
    log_debug(row->id, LOG_S("peer", x->peer), LOG_N("status", row->status));
    metric_add(METRIC_HTTP_REFUSED, 1);
    send_answer(c, &answer, &(struct manner){.close = true, .head = x->method == HTTP_HEAD});
    serve_drop(c);
    conn_enter(c, CONN_CLOSING);
}
