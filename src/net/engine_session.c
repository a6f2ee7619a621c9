/* engine_session.c - what the machine of an Engine.IO session asks to be done with its connections,
 * and what the house above does with it. */
#include "base/clock.h"
#include "base/digest.h"
#include "base/log.h"
#include "net/conn.h"
#include "net/engine_inside.h"

/* Enter it in a list that is gone through when the turn ends. */
static void note(struct engine *e, struct session_list *list, struct engine_session *s)
{
    if (list->count == list->cap) {
        list->cap = list->cap ? list->cap * 2 : 16;
        list->items = mem_grow(list->items, list->cap * sizeof(struct engine_session *));
    }
    list->items[list->count++] = s;
    loop_later(e->loop, &e->turn_end);
}

/* ---- What waits for a polling client ---- */

static void drop_queue(struct engine_session *s)
{
    struct packets *q = s->queue;
    if (!q)
        return;
    for (size_t i = 0; i < q->count; i++)
        frame_unref(q->items[i]);
    mem_free(q->items);
    mem_free(q);
    s->queue = NULL;
}

static void enqueue(struct engine_session *s, struct frame *packet)
{
    if (!s->queue)
        s->queue = mem_alloc(sizeof *s->queue);
    struct packets *q = s->queue;
    if (q->count == q->cap) {
        q->cap = q->cap ? q->cap * 2 : 4;
        q->items = mem_grow(q->items, q->cap * sizeof(struct frame *));
    }
    frame_ref(packet);
    q->items[q->count++] = packet;
    q->bytes += packet->len;
}

static void enqueue_literal(struct engine_session *s, const char *text)
{
    struct frame *f = frame_text(str_of(text));
    enqueue(s, f);
    frame_unref(f);
}

/* The payload of a polling answer is the packets with separators between; binary ones in base64. */
static void add_packet(struct buf *out, const struct frame *f)
{
    bool binary;
    struct str bytes = frame_payload(f, &binary);
    if (out->len > 0)
        buf_add_char(out, EIO_SEPARATOR);
    if (binary) {
        buf_add_char(out, 'b');
        digest_base64(out, bytes.at, bytes.len);
    } else {
        buf_add_str(out, bytes);
    }
}

void session_answer_parked(struct engine_session *s)
{
    struct exchange *x = s->get;
    struct buf body = {0};
    s->get = NULL;
    exchange_on_end(x, NULL, NULL);
    for (size_t i = 0; s->queue && i < s->queue->count; i++)
        add_packet(&body, s->queue->items[i]);
    drop_queue(s);
    engine_answer_text(x, s->get_door, buf_str(&body));
    buf_fini(&body);
}

/* ---- WebSockets ---- */

void session_close_socket(struct conn **c)
{
    if (!*c)
        return;
    socket_forget(*c);
    socket_close(*c, WS_CLOSE_NORMAL, "");
    *c = NULL;
}

static void flush_to_socket(struct engine_session *s)
{
    struct packets *q = s->queue;
    s->queue = NULL;
    for (size_t i = 0; q && i < q->count; i++) {
        if (s->ws)
            socket_send(s->ws, q->items[i]);
        frame_unref(q->items[i]);
    }
    if (q)
        mem_free(q->items);
    mem_free(q);
}

static void adopt(struct engine_session *s)
{
    s->ws = s->probe;
    s->probe = NULL;
}

static void send_probe_pong(struct engine_session *s)
{
    if (s->probe)
        socket_send_text(s->probe, STR("3probe"));
}

/* ---- What the machine asks for ---- */

/* The client's own close, and the answer to the POST that brought it. */
static void answer_farewell(struct engine_session *s)
{
    struct exchange *x = s->post;
    s->post = NULL;
    exchange_on_end(x, NULL, NULL);
    engine_answer_text(x, s->farewell, STR("ok"));
    s->farewell = NULL;
}

/* Tell the house above, once, that the session is gone. */
static void tell_closed(struct engine_session *s)
{
    if (s->told)
        return;
    s->told = true;
    const char *why = eio_reason_id(s->machine.reason);
    log_debug(why, LOG_S("sid", ((struct str){s->sid, 6})));
    s->engine->ops->closed(s, s->user, why);
}

static void forget(struct engine_session *s)
{
    struct engine *e = s->engine;
    map_del(&e->sessions, session_sid(s));
    loop_timer_clear(e->loop, &s->timer);
    if (s->farewell)
        answer_farewell(s);
    else if (s->post)
        exchange_on_end(s->post, NULL, NULL);
    s->post = NULL;
    drop_queue(s);
    note(e, &e->dead, s);
    tell_closed(s);
}

/* Be looked at when the machine wants it; a timer that fires too early does no harm. */
void session_rearm(struct engine_session *s)
{
    int64_t due = eio_session_deadline(&s->machine);
    if (due == INT64_MAX || (s->timer.due_ns > 0 && s->timer.due_ns <= due))
        return;
    int64_t wait = due - clock_mono_ns();
    loop_timer(s->engine->loop, &s->timer, wait > 0 ? (wait + NS_PER_MS - 1) / NS_PER_MS : 0);
}

void session_do(struct engine_session *s, struct eio_todo todo)
{
    unsigned a = todo.actions;
    if (a & EIO_DO_PROBE_PONG)
        send_probe_pong(s);
    if (a & EIO_DO_PING)
        enqueue_literal(s, "2");
    if (a & EIO_DO_NOOP)
        enqueue_literal(s, "6");
    if (a & EIO_DO_CLOSE)
        enqueue_literal(s, "1");
    if (a & EIO_DO_GET_ANSWER && s->get)
        session_answer_parked(s);
    if (a & EIO_DO_ADOPT)
        adopt(s);
    if (a & EIO_DO_WS_FLUSH)
        flush_to_socket(s);
    if (a & EIO_DO_PROBE_CLOSE)
        session_close_socket(&s->probe);
    if (a & EIO_DO_WS_CLOSE)
        session_close_socket(&s->ws);
    if (a & EIO_DO_GONE)
        forget(s);
    else if (s->machine.state != EIO_CLOSED)
        session_rearm(s);
}

void session_say_farewell(struct engine_session *s)
{
    const struct eio_packet close = {.type = EIO_CLOSE};
    session_do(
        s, eio_session_packet(&s->machine, &s->engine->limits, clock_mono_ns(), EIO_POST, &close));
}

void session_timer_fired(struct timer *t)
{
    struct engine_session *s = CONTAINER_OF(t, struct engine_session, timer);
    if (s->farewell)
        session_say_farewell(s);
    else
        session_do(s, eio_session_tick(&s->machine, &s->engine->limits, clock_mono_ns()));
}

/* ---- The end of a turn ---- */

void session_bad_packet(struct engine_session *s, enum eio_link from, enum eio_reason why)
{
    session_do(s, eio_session_bad_packet(&s->machine, from, why));
}

void session_turn_end(struct later *later)
{
    struct engine *e = CONTAINER_OF(later, struct engine, turn_end);
    for (size_t i = 0; i < e->pending.count; i++) {
        struct engine_session *s = e->pending.items[i];
        s->pending = false;
        if (s->slow)
            session_bad_packet(s, EIO_POST, EIO_WHY_SLOW);
        else
            session_do(s, eio_session_sent(&s->machine));
    }
    e->pending.count = 0;
    for (size_t i = 0; i < e->dead.count; i++)
        mem_free(e->dead.items[i]);
    e->dead.count = 0;
}

/* ---- For the house above ---- */

void *engine_user(const struct engine_session *s)
{
    return s->user;
}

struct loop *engine_loop(const struct engine_session *s)
{
    return s->engine->loop;
}

bool engine_is_open(const struct engine_session *s)
{
    return eio_session_is_open(&s->machine) && !s->told;
}

bool engine_on_websocket(const struct engine_session *s)
{
    return eio_session_on_websocket(&s->machine);
}

bool engine_writable(const struct engine_session *s)
{
    if (!eio_session_writable(&s->machine))
        return false;
    return s->ws ? !s->ws->stuck : !s->pending;
}

struct frame *engine_text(struct str text)
{
    struct frame *f = frame_room(WS_OP_TEXT, text.len + 1);
    char *at = (char *)f->at + f->len - text.len - 1;
    at[0] = '4';
    if (text.len > 0)
        memcpy(at + 1, text.at, text.len);
    return f;
}

struct frame *engine_binary(struct str bytes)
{
    return frame_binary(bytes);
}

/* Too much for a client that fetches too little: it is closed at the end of the turn. */
static void mark_slow(struct engine_session *s)
{
    drop_queue(s);
    s->slow = true;
}

/* Much may be sent in one turn to a client that fetches well: its parked GET takes what waits
 * before it is called slow. */
static bool has_room(struct engine_session *s, size_t len)
{
    size_t max = s->engine->config.queue_max;
    if (s->queue && s->queue->bytes + len > max)
        session_do(s, eio_session_sent(&s->machine));
    return !s->queue || s->queue->bytes + len <= max;
}

void engine_send(struct engine_session *s, struct frame *packet)
{
    if (s->machine.state == EIO_CLOSED || s->machine.state == EIO_CLOSING || s->slow)
        return;
    if (s->ws && s->machine.state != EIO_OPENING) {
        socket_send(s->ws, packet);
        return;
    }
    if (!has_room(s, packet->len))
        mark_slow(s);
    else
        enqueue(s, packet);
    if (s->pending)
        return;
    s->pending = true;
    note(s->engine, &s->engine->pending, s);
}

void engine_close(struct engine_session *s)
{
    session_do(s, eio_session_end(&s->machine, clock_mono_ns()));
    tell_closed(s);
}
