/* live_http.c - sockets that are opened by a request: WebSockets, streams and long-polls. */
#include "app/live_inside.h"

#include "app/dispatch.h"
#include "app/guard.h"
#include "app/origin.h"

static void on_message(struct conn *c, void *user, bool text, struct str payload)
{
    (void)c;
    live_hear(user, &(struct live_said){.text = payload, .ack = SOCKETIO_NO_ID, .binary = !text});
}

static void on_closed(struct conn *c, void *user)
{
    (void)c;
    live_over(user);
}

static const struct socket_ops socket_ops = {.message = on_message, .closed = on_closed};
static const struct stream_ops stream_ops = {.closed = on_closed};

/* What is asked for; LIVE_BYS after refuse(). */
static enum live_by line_wanted(struct call *c, const struct socket_kind *kind)
{
    struct str rest = exchange_header(c->exchange, "Accept");
    if (c->exchange->wants_upgrade)
        return LIVE_BY_WEBSOCKET;
    if (!kind->stream) {
        refuse(&c->rq, PROBLEM_UPGRADE_NEEDED, NULL);
        return LIVE_BYS;
    }
    while (rest.at) {
        struct str range = str_cut(&rest, ',');
        if (str_eq_nocase(str_trim(str_cut(&range, ';')), STR("text/event-stream")))
            return LIVE_BY_STREAM;
    }
    return LIVE_BY_POLL;
}

/* A number of the query; false after refuse(). */
static bool query_number(struct request *rq, const char *name, struct str text, uint64_t max,
                         int64_t *value_r)
{
    uint64_t value;
    if (!str_to_u64(text, max, &value))
        return refuse(rq, PROBLEM_BAD_INPUT, "?%s= is a number", name);
    *value_r = (int64_t)value;
    return true;
}

/* Last-Event-ID is what a browser adds when it comes back: newer than the address it was given. */
static bool read_cursor(struct call *c, const struct socket_kind *kind, enum live_by by,
                        struct live_cursor *cursor)
{
    struct request *rq = &c->rq;
    struct str after = request_query(rq, "after");
    struct str last = exchange_header(c->exchange, "Last-Event-ID");
    int64_t seq = 0;
    if (by == LIVE_BY_STREAM && last.len > 0)
        after = last;
    if (!after.at)
        return true;
    if (!query_number(rq, "after", after, INT64_MAX, &seq))
        return false;
    *cursor = live_cursor_at(rq->app, seq, request_query(rq, "epoch"));
    /* One that is told bare events has no word for it. */
    return cursor->good || !kind->replays ||
           refuse(rq, PROBLEM_RESYNC, "what came after this seq is not known");
}

static bool read_wait(struct call *c, int64_t *wait_ms_r)
{
    struct str wait = request_query(&c->rq, "wait");
    *wait_ms_r = CALL_WAIT_MAX_MS;
    return !wait.at || query_number(&c->rq, "wait", wait, CALL_WAIT_MAX_MS, wait_ms_r);
}

/* May it be opened, and what does it hear? False after refuse(). */
static bool admitted(struct call *c, const struct socket_kind *kind, struct socket_admission *a)
{
    if (c->desk->draining)
        return refuse(&c->rq, PROBLEM_BUSY, "the server is stopping");
    if (kind->person)
        c->rq.language = dispatch_language(c->exchange, LANG_KO);
    return guard_socket(c) && live_admit(&c->rq, kind, a);
}

static void open_stream(struct live *l, struct call *c)
{
    origin_answer(c);
    reply_header(&c->rq, "Cache-Control", STR("no-store"));
    reply_header(&c->rq, "X-Content-Type-Options", STR("nosniff"));
    reply_header(&c->rq, "X-Accel-Buffering", STR("no")); /* a proxy in front hands it on at once */
    l->line.conn = stream_open(c->exchange,
                               &(struct answer){.content_type = "text/event-stream",
                                                .headers = c->rq.headers,
                                                .header_count = c->rq.header_count},
                               &stream_ops, l);
}

/* The call is given up, but by a long-poll, whose answer ends it. */
static void open_line(struct live *l, struct call *c, int64_t wait_ms)
{
    if (l->by == LIVE_BY_POLL) {
        live_poll_begin(l, c, wait_ms);
        return;
    }
    c->desk->busy--;
    if (l->by == LIVE_BY_STREAM)
        open_stream(l, c);
    else
        l->line.conn = socket_open(c->exchange, &socket_ops, l);
}

void live_open(struct call *c, const struct socket_kind *kind)
{
    struct socket_admission a = {0};
    struct live_cursor cursor = {0};
    int64_t wait_ms;
    enum live_by by = line_wanted(c, kind);
    if (by == LIVE_BYS || !admitted(c, kind, &a) || !read_cursor(c, kind, by, &cursor) ||
        !read_wait(c, &wait_ms)) {
        dispatch_answer(c);
        return;
    }
    int64_t now_us = c->rq.now_us;
    struct live *l = live_new(c, kind, by, a.subject);
    live_listen(l, &c->rq.caller, &a);
    open_line(l, c, wait_ms);
    if (l->line.any)
        live_begin(l, &cursor, now_us);
    else
        live_over(l);
}
