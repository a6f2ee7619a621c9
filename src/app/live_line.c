/* live_line.c - what a socket hangs on, and how the same event is written there:
 *
 *   WebSocket   {"event":E,"values":V}
 *   Socket.IO   ["E",V] or ["E",V,"<seq>"], where the seq is what it may be recovered behind
 *   stream      id: <seq>, event: E, data: V
 *   long-poll   an array of what a WebSocket is sent */
#include "app/live_inside.h"

#include "app/dispatch.h"
#include "app/house.h"

#define POLL_MAX ((size_t)256 * 1024) /* bytes after which a long-poll is answered */

/* ---- Frames ---- */

static void write_frame(struct buf *out, const char *event, struct str values)
{
    struct jout j = jout_to(out);
    jout_object(&j);
    jout_field_cstr(&j, "event", event);
    jout_field_raw(&j, "values", values);
    jout_object_end(&j);
}

static struct frame *websocket_frame(const char *event, struct str values)
{
    struct buf text = {0};
    write_frame(&text, event, values);
    struct frame *f = frame_text(buf_str(&text));
    buf_fini(&text);
    return f;
}

static struct frame *socketio_frame(const char *nsp, const char *event, struct str values,
                                    int64_t seq)
{
    struct buf offset = {0};
    if (seq >= 0)
        buf_add_i64(&offset, seq);
    struct frame *f = socketio_event_frame(str_of(nsp), str_of(event), values, buf_str(&offset));
    buf_fini(&offset);
    return f;
}

static struct frame *event_stream_frame(const char *event, struct str values, int64_t seq)
{
    struct buf text = {0};
    if (seq >= 0)
        buf_addf(&text, "id: %lld\n", (long long)seq);
    buf_add_cstr(&text, "event: ");
    buf_add_cstr(&text, event);
    buf_add_cstr(&text, "\ndata: ");
    buf_add_str(&text, values);
    buf_add_cstr(&text, "\n\n");
    struct frame *f = stream_frame(buf_str(&text));
    buf_fini(&text);
    return f;
}

struct frame *live_frame(enum live_by by, const struct socket_kind *kind, const char *event,
                         struct str values, int64_t seq)
{
    if (by == LIVE_BY_SOCKETIO)
        return socketio_frame(kind->nsp, event, values, seq);
    if (by == LIVE_BY_STREAM)
        return event_stream_frame(event, values, seq);
    CHECK(by == LIVE_BY_WEBSOCKET);
    return websocket_frame(event, values);
}

void live_send(struct live *l, struct frame *f)
{
    if (l->by == LIVE_BY_SOCKETIO)
        socketio_send(l->line.io, f);
    else if (l->by == LIVE_BY_STREAM)
        stream_send(l->line.conn, f);
    else
        socket_send(l->line.conn, f);
}

/* ---- Long-polls ---- */

/* Answer it, whether or not it heard anything; the socket is over. */
static void answer_poll(struct live_poll *p)
{
    struct live *l = p->live;
    struct call *c = p->call;
    struct loop *loop = l->desk->loop;
    loop_timer_clear(loop, &p->patience);
    list_del(&p->answer.node);
    list_del(&p->node);
    exchange_on_end(c->exchange, NULL, NULL);
    if (c->rq.problem == PROBLEM_NONE) {
        buf_add_cstr(&p->text, p->text.len ? "]" : "[]");
        reply_bytes(&c->rq, 200, "application/json", buf_str(&p->text));
    }
    buf_fini(&p->text);
    mem_free(p);
    l->line.any = NULL;
    dispatch_answer(c);
    live_over(l);
}

/* What was missed is told all the same, however short the patience. */
static void patience_over(struct timer *t)
{
    struct live_poll *p = CONTAINER_OF(t, struct live_poll, patience);
    p->over = true;
    if (!p->live->work || !p->live->work->holding)
        answer_poll(p);
}

static void turn_over(struct later *later)
{
    answer_poll(CONTAINER_OF(later, struct live_poll, answer));
}

/* Nobody waits any more, but the exchange wants its answer. */
static void hung_up(void *user, bool hung_up)
{
    struct live_poll *p = user;
    (void)hung_up;
    loop_later(p->live->desk->loop, &p->answer);
}

void live_poll_begin(struct live *l, struct call *c, int64_t wait_ms)
{
    struct live_poll *p = mem_alloc(sizeof *p);
    p->live = l;
    p->call = c;
    p->patience.fire = patience_over;
    p->answer.run = turn_over;
    l->line.poll = p;
    list_add_before(&l->desk->polls, &p->node);
    exchange_on_end(c->exchange, hung_up, p);
    loop_timer(l->desk->loop, &p->patience, wait_ms);
}

/* While it catches up its answer waits for the whole page. */
static void add_to_poll(struct live *l, const char *event, struct str values)
{
    struct live_poll *p = l->line.poll;
    buf_add_char(&p->text, p->text.len ? ',' : '[');
    write_frame(&p->text, event, values);
    if (!(l->work && l->work->holding) || p->text.len > POLL_MAX)
        live_poll_caught_up(l);
}

void live_poll_caught_up(struct live *l)
{
    if (l->by == LIVE_BY_POLL && live_is_up(l) &&
        (l->line.poll->over || l->line.poll->text.len > 0))
        loop_later(l->desk->loop, &l->line.poll->answer);
}

static void close_poll(struct live_poll *p, int code, const char *reason)
{
    if (p->text.len == 0 && code == CLOSE_POLICY)
        refuse(&p->call->rq, PROBLEM_NOT_LOGGED_IN, "%s", reason);
    else if (p->text.len == 0 && code != CLOSE_AGAIN)
        refuse(&p->call->rq, PROBLEM_BUSY, "%s", reason);
    loop_later(p->live->desk->loop, &p->answer);
}

void live_drain(struct desk *d)
{
    LIST_EACH (node, &d->polls)
        answer_poll(LIST_ITEM(node, struct live_poll, node));
}

/* ---- All of them ---- */

void live_say(struct live *l, const char *event, struct str values, int64_t seq)
{
    if (!live_is_up(l))
        return;
    if (l->by == LIVE_BY_POLL) {
        add_to_poll(l, event, values);
        return;
    }
    struct frame *f = live_frame((enum live_by)l->by, l->kind, event, values, seq);
    live_send(l, f);
    frame_unref(f);
}

void live_ack(struct live *l, int64_t ack, struct str value)
{
    if (live_is_up(l) && l->by == LIVE_BY_SOCKETIO)
        socketio_ack(l->line.io, ack, &(struct socketio_event){.args = value, .id = ack});
}

bool live_is_ready(const struct live *l)
{
    if (!live_is_up(l) || l->by == LIVE_BY_POLL)
        return true;
    if (l->by == LIVE_BY_SOCKETIO)
        return socketio_writable(l->line.io);
    return socket_flushed(l->line.conn);
}

/* Who was sent away does not come back on its own; who lost his connection does. */
static void leave(struct timer *t)
{
    const struct live *l = CONTAINER_OF(t, struct live, expiry);
    if (l->returns)
        socketio_drop(l->line.io);
    else
        socketio_disconnect(l->line.io, true);
}

void live_close(struct live *l, int code, const char *reason)
{
    if (!live_is_up(l))
        return;
    l->closing = true;
    l->returns = code != CLOSE_POLICY;
    switch ((enum live_by)l->by) {
    case LIVE_BY_WEBSOCKET:
        socket_close(l->line.conn, code, reason);
        break;
    case LIVE_BY_SOCKETIO:
        /* closed() would be called from inside: at its turn, by the timer nobody needs any more. */
        l->expiry.fire = leave;
        loop_timer(l->desk->loop, &l->expiry, 0);
        break;
    case LIVE_BY_STREAM:
        stream_close(l->line.conn);
        break;
    case LIVE_BY_POLL:
        close_poll(l->line.poll, code, reason);
        break;
    case LIVE_BYS:
        break;
    }
}
