/* stream.c - a connection whose answer goes on. */
#include "net/stream.h"

#include <stdio.h>

#include "base/log.h"
#include "base/metrics.h"
#include "net/conn.h"

#define HEAD_MAX (16 + 2) /* hexadecimal digits of a length, and the end of their line */
#define LAST     "0\r\n\r\n"

struct conn *stream_open(struct exchange *x, const struct answer *a, const struct stream_ops *ops,
                         void *user)
{
    const struct exchange_private *own = x->own;
    struct conn *c = own->conn;
    if (!c || x->method == HTTP_HEAD) {
        exchange_answer(x, &(struct answer){.status = 200,
                                            .content_type = a->content_type,
                                            .headers = a->headers,
                                            .header_count = a->header_count});
        return NULL;
    }
    struct server *s = c->server;
    bool http10 = own->http10;
    answer_begin(c, a, http10);
    c->http.exchange = NULL;
    serve_release(s, x);
    c->is_stream = true;
    c->stream = (struct stream_side){.ops = ops, .user = user, .plain = http10};
    metric_add(METRIC_HTTP_REQUESTS, 1);
    metric_add(METRIC_STREAMS, 1);
    conn_enter(c, CONN_STREAM);
    if (s->draining)
        stream_close(c);
    return c;
}

void stream_over(struct conn *c)
{
    const struct stream_ops *ops = c->stream.ops;
    if (!ops)
        return;
    c->stream.ops = NULL;
    metric_add(METRIC_STREAMS, -1);
    ops->closed(c, c->stream.user);
}

/* --- frames --- */

struct frame *stream_frame(struct str text)
{
    char head[HEAD_MAX + 1];
    CHECK(text.len > 0);
    size_t head_len = (size_t)snprintf(head, sizeof head, "%zx\r\n", text.len);
    struct frame *f = frame_new(head_len + text.len + 2);
    memcpy(f->bytes, head, head_len);
    memcpy(f->bytes + head_len, text.at, text.len);
    memcpy(f->bytes + head_len + text.len, "\r\n", 2);
    return f;
}

/* What stands in the chunk, for a client that knows none (RFC 9112 6.1). */
static struct frame *without_chunk(const struct frame *f)
{
    const char *text = memchr(f->at, '\n', f->len);
    CHECK(text != NULL);
    text++;
    size_t len = f->len - (size_t)(text - f->at) - 2;
    struct frame *plain = frame_new(len);
    memcpy(plain->bytes, text, len);
    return plain;
}

/* --- sending --- */

static void break_off(struct conn *c)
{
    metric_add(METRIC_SOCKET_SLOW, 1);
    log_debug("STREAM-SLOW", LOG_N("fd", c->watch.fd), LOG_N("bytes", queue_bytes(c->queue)));
    queue_cut(&c->queue);
    conn_enter(c, CONN_CLOSING);
    conn_later(c);
}

/* Takes over the caller's reference. */
static void send_or_break_off(struct conn *c, struct frame *f)
{
    if (!conn_has_room(c, f->len)) {
        frame_unref(f);
        break_off(c);
        return;
    }
    conn_enter(c, CONN_STREAM);
    conn_send(c, f);
}

void stream_send(struct conn *c, struct frame *f)
{
    if (c->state != CONN_STREAM)
        return;
    c->server->frames_out++;
    server_turn_end(c->server);
    if (c->stream.plain) {
        send_or_break_off(c, without_chunk(f));
        return;
    }
    frame_ref(f);
    send_or_break_off(c, f);
}

void stream_beat(struct conn *c)
{
    struct frame *f = stream_frame(STR(":\n\n"));
    stream_send(c, f);
    frame_unref(f);
}

void stream_close(struct conn *c)
{
    if (c->state != CONN_STREAM)
        return;
    if (!c->stream.plain)
        conn_send(c, frame_lasting(STR(LAST)));
    conn_enter(c, CONN_CLOSING);
    conn_later(c);
}
