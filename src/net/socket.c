/* socket.c - a connection that has become a WebSocket. */
#include "base/log.h"
#include "base/metrics.h"
#include "net/conn.h"

/* --- the opening handshake --- */

/* Extensions may be offered in several headers, in order of preference (RFC 6455 9.1). */
static bool agree_deflate(const struct server *s, const struct exchange *x,
                          struct deflate_terms *terms_r)
{
    for (size_t i = 0; s->config.deflate && i < x->header_count; i++) {
        if (str_eq_nocase(x->headers[i].name, STR("Sec-WebSocket-Extensions")) &&
            deflate_agree(x->headers[i].value, terms_r))
            return true;
    }
    return false;
}

/* `terms` are NULL when no extension is agreed upon. */
static struct frame *accept_frame(struct server *s, const struct exchange *x,
                                  const struct deflate_terms *terms)
{
    char extension[DEFLATE_ANSWER_MAX] = "";
    if (terms)
        deflate_answer(terms, extension);
    char key[WS_ACCEPT_KEY_SIZE];
    ws_accept_key(exchange_header(x, "Sec-WebSocket-Key"), key);
    const struct str parts[] = {
        STR("HTTP/1.1 101 Switching Protocols\r\n"),
        server_date(s),
        STR("Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "),
        str_of(key),
        str_of(terms ? "\r\nSec-WebSocket-Extensions: " : ""),
        str_of(extension),
        STR("\r\n\r\n"),
    };
    size_t len = 0;
    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        len += parts[i].len;
    struct frame *f = frame_new(len);
    char *at = f->bytes;
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        memcpy(at, parts[i].at, parts[i].len);
        at += parts[i].len;
    }
    return f;
}

struct conn *socket_open(struct exchange *x, const struct socket_ops *ops, void *user)
{
    const struct exchange_private *own = x->own;
    struct conn *c = own->conn;
    CHECK(x->wants_upgrade);
    metric_add(METRIC_HTTP_REQUESTS, 1);
    if (!c) {
        struct arena *arena = x->arena;
        arena_free(&arena);
        return NULL;
    }
    struct deflate_terms terms;
    bool deflate = agree_deflate(c->server, x, &terms);
    conn_send(c, accept_frame(c->server, x, deflate ? &terms : NULL));
    c->http.exchange = NULL;
    serve_release(c->server, x);
    c->is_socket = true;
    c->socket = (struct socket_side){.ops = ops, .user = user};
    c->socket.parser.deflate = deflate ? terms.server_bits : 0;
    metric_add(METRIC_SOCKETS, 1);
    conn_enter(c, CONN_OPEN);
    if (c->server->draining)
        socket_close(c, WS_CLOSE_GOING_AWAY, "");
    return c;
}

void socket_over(struct conn *c)
{
    const struct socket_ops *ops = c->socket.ops;
    if (!ops)
        return;
    c->socket.ops = NULL;
    metric_add(METRIC_SOCKETS, -1);
    ops->closed(c, c->socket.user);
}

static void ignore_message(struct conn *c, void *user, bool text, struct str payload)
{
    (void)c, (void)user, (void)text, (void)payload;
}

static void ignore_closed(struct conn *c, void *user)
{
    (void)c, (void)user;
}

void socket_forget(struct conn *c)
{
    static const struct socket_ops nobody = {.message = ignore_message, .closed = ignore_closed};
    if (c->socket.ops)
        c->socket.ops = &nobody;
}

/* --- sending --- */

static bool is_open(const struct conn *c)
{
    return c->state == CONN_OPEN || c->state == CONN_PINGED;
}

/* The peer reads too slowly: nothing more is queued for it. A part of a frame that was written is
 * followed by its rest, so that the Close can be understood. */
static void close_slow(struct conn *c)
{
    metric_add(METRIC_SOCKET_SLOW, 1);
    log_debug("WS-SLOW", LOG_N("fd", c->watch.fd), LOG_N("bytes", queue_bytes(c->queue)));
    queue_cut(&c->queue);
    conn_enter(c, CONN_CLOSING);
    conn_send(c, frame_close(WS_CLOSE_TRY_LATER, STR("too slow")));
}

/* Takes over the caller's reference. */
static void send_or_close(struct conn *c, struct frame *f)
{
    if (conn_has_room(c, f->len)) {
        conn_send(c, f);
        return;
    }
    frame_unref(f);
    close_slow(c);
}

static struct deflater *deflater(struct server *s)
{
    if (!s->deflater)
        s->deflater = deflater_new();
    return s->deflater;
}

void socket_send(struct conn *c, struct frame *f)
{
    if (!is_open(c))
        return;
    c->server->frames_out++;
    server_turn_end(c->server);
    if (c->socket.parser.deflate)
        f = frame_packed(f, c->socket.parser.deflate, deflater(c->server));
    frame_ref(f);
    send_or_close(c, f);
}

void socket_send_text(struct conn *c, struct str payload)
{
    struct frame *f = frame_text(payload);
    socket_send(c, f);
    frame_unref(f);
}

bool socket_flushed(const struct conn *c)
{
    return c->queue == NULL;
}

void socket_close(struct conn *c, int code, const char *reason)
{
    if (!is_open(c))
        return;
    conn_enter(c, CONN_BYE);
    conn_send(c, frame_close((unsigned)code, str_of(reason)));
}

/* --- time --- */

void socket_ping(struct conn *c)
{
    struct server *s = c->server;
    conn_enter(c, CONN_PINGED);
    frame_ref(s->ping);
    conn_send(c, s->ping);
}

void socket_silent(struct conn *c)
{
    log_debug("WS-SILENT", LOG_N("fd", c->watch.fd));
    conn_end(c);
}

/* --- reading --- */

/* The peer broke the rules: Close with the rule's code, then nothing more (RFC 6455 7.1.7). */
static void fail(struct conn *c, const struct ws_reason *reason)
{
    log_debug(reason->id, LOG_N("fd", c->watch.fd), LOG_N("code", reason->code));
    bool tell = is_open(c);
    conn_enter(c, CONN_CLOSING);
    if (tell)
        conn_send(c, frame_close((unsigned)reason->code, str_of(reason->text)));
    else
        conn_later(c);
}

/* A piece of a message that is not whole in the receive buffer; it grows with what has come, not
 * with what was announced. */
static void gather(struct conn *c, const struct ws_event *e)
{
    buf_add_str(&conn_inbox(c)->message, e->payload);
}

static struct ws_limits limits_of(const struct conn *c)
{
    struct ws_limits limits = c->server->limits;
    if (c->socket.ops && c->socket.ops->message_max > 0)
        limits.message_max = c->socket.ops->message_max;
    return limits;
}

/* A message is whole. A packed one waited packed: its pieces have no stream of their own. */
static void take_message(struct conn *c, const struct ws_event *e, struct str payload)
{
    struct buf unpacked = {0};
    enum ws_error err = WS_ERR_NONE;
    if (e->packed) {
        err = deflater_unpack(deflater(c->server), payload, e->text, limits_of(c).message_max,
                              &unpacked);
        payload = buf_str(&unpacked);
    }
    if (err == WS_ERR_NONE)
        c->socket.ops->message(c, c->socket.user, e->text, payload);
    else
        fail(c, ws_reason_of(-(ssize_t)err));
    buf_fini(&unpacked);
}

static void take_data(struct conn *c, const struct ws_event *e)
{
    if (!is_open(c))
        return; /* Close is sent: what crosses it is not read any more */
    if (e->first && e->last) {
        take_message(c, e, e->payload);
        return;
    }
    gather(c, e);
    if (!e->last)
        return;
    struct buf message = c->inbox->message;
    c->inbox->message = (struct buf){0};
    conn_inbox_trim(c);
    take_message(c, e, buf_str(&message));
    buf_fini(&message);
}

/* RFC 6455 5.5.1: answered with the same code unless we began; then the server ends the TCP
 * connection first (7.1.1). */
static void take_close(struct conn *c, const struct ws_event *e)
{
    bool answer = is_open(c);
    conn_enter(c, CONN_CLOSING);
    if (answer)
        conn_send(c, frame_close(e->code, (struct str){NULL, 0}));
    else
        conn_later(c);
}

static void take_event(struct conn *c, const struct ws_event *e)
{
    switch (e->type) {
    case WS_DATA:
        take_data(c, e);
        break;
    case WS_PING:
        if (is_open(c))
            send_or_close(c, frame_control(WS_OP_PONG, e->payload));
        break;
    case WS_CLOSE:
        take_close(c, e);
        break;
    case WS_PONG:
    case WS_NONE:
        break;
    }
}

size_t socket_input(struct conn *c, uint8_t *bytes, size_t len)
{
    const struct ws_limits limits = limits_of(c);
    size_t used = 0;
    if (is_open(c))
        conn_enter(c, CONN_OPEN); /* any byte is a sign of life */
    while (used < len && (is_open(c) || c->state == CONN_BYE)) {
        struct ws_event e;
        ssize_t took = ws_parse(&c->socket.parser, bytes + used, len - used, &limits, &e);
        if (took < 0)
            fail(c, ws_reason_of(took));
        if (took <= 0)
            break;
        used += (size_t)took;
        take_event(c, &e);
    }
    return c->state == CONN_CLOSING ? len : used;
}
