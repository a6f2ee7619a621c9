/* live.c - sockets from opening to end: admission, snapshot, live events. */
#include "app/live.h"

#include "app/dispatch.h"
#include "app/guard.h"
#include "app/house.h"
#include "app/live_inside.h"
#include "base/clock.h"
#include "base/log.h"

/* ---- One socket's memory ---- */

static struct live *live_new(const struct call *c, const struct socket_kind *kind,
                             struct str subject)
{
    const struct caller *who = &c->rq.caller;
    const struct str texts[LIVE_TEXTS] = {who->id,      who->username, who->shop,
                                          who->session, c->rq.peer,    subject};
    size_t len = 0;
    for (size_t i = 0; i < LIVE_TEXTS; i++)
        len += texts[i].len;
    /* The texts begin in what would be padding: there may be a hundred thousand of these. */
    struct live *l = mem_alloc(offsetof(struct live, text) + len);
    char *at = l->text;
    for (size_t i = 0; i < LIVE_TEXTS; i++) {
        CHECK(texts[i].len < UINT16_MAX);
        l->text_len[i] = texts[i].at ? (uint16_t)texts[i].len : UINT16_MAX;
        if (texts[i].len > 0)
            memcpy(at, texts[i].at, texts[i].len);
        at += texts[i].len;
    }
    l->desk = c->desk;
    l->kind = kind;
    l->role = (uint8_t)who->role;
    l->language = (uint8_t)c->rq.language;
    l->expires_us = who->expires_us;
    l->rate_at_ms = (uint32_t)(clock_mono_ns() / NS_PER_MS);
    l->allowance = LIVE_BURST * LIVE_UNIT;
    subscriber_init(&l->subscriber);
    return l;
}

static void live_free(struct live *l)
{
    mem_free(l->session);
    mem_free(l);
}

struct str live_text(const struct live *l, enum live_text which)
{
    const char *at = l->text;
    for (size_t i = 0; i < (size_t)which; i++)
        at += l->text_len[i] == UINT16_MAX ? 0 : l->text_len[i];
    if (l->text_len[which] == UINT16_MAX)
        return (struct str){0};
    return (struct str){at, l->text_len[which]};
}

struct live_work *live_work(struct live *l)
{
    if (!l->work)
        l->work = mem_alloc(sizeof *l->work);
    return l->work;
}

static void drop_events(struct live_work *w)
{
    for (size_t i = 0; i < w->event_count; i++)
        event_unref(w->events[i]);
    w->event_count = 0;
}

static void work_free(struct live *l)
{
    struct live_work *w = l->work;
    if (!w)
        return;
    drop_events(w);
    mem_free(w->events);
    while (w->first) {
        struct live_command *next = w->first->next;
        mem_free(w->first);
        w->first = next;
    }
    mem_free(w);
    l->work = NULL;
}

/* ---- Calls ---- */

struct call *live_call(struct live *l)
{
    struct live_work *w = live_work(l);
    CHECK(w->arena == NULL);
    w->arena = arena_new(LIVE_ARENA_MAX);
    struct call *c = call_new(l->desk, w->arena);
    c->live = l;
    c->rq.own = l;
    c->rq.language = (enum language)l->language;
    c->rq.peer = live_text(l, LIVE_PEER);
    c->rq.params[0] = live_text(l, LIVE_SUBJECT);
    live_ask_owner(l, &c->rq);
    l->desk->busy++;
    return c;
}

void live_tell(struct live *l, struct call *c)
{
    struct request *rq = &c->rq;
    if (rq->problem == PROBLEM_NONE && arena_overflowed(rq->arena))
        refuse(rq, PROBLEM_TOO_LARGE, NULL);
    bool told = l->conn && !l->closing;
    for (struct reply_frame *f = c->frame_first; f && told; f = f->next)
        socket_send_text(l->conn, buf_str(&f->text));
    if (rq->problem != PROBLEM_NONE && told) {
        struct buf text = buf_in(rq->arena);
        call_render_error(c, &text);
        socket_send_text(l->conn, buf_str(&text));
    }
    call_fini(c);
    l->desk->busy--;
    arena_free(&l->work->arena);
}

void live_close(struct live *l, int code, const char *reason)
{
    if (!l->conn || l->closing)
        return;
    l->closing = true;
    socket_close(l->conn, code, reason);
}

void live_go_on(struct live *l)
{
    struct live_work *w = l->work;
    if (l->conn && !l->closing && w->first) {
        struct live_command *next = w->first;
        w->first = next->next;
        w->command_count--;
        w->command_bytes -= next->len;
        live_command_start(l, (struct str){next->text, next->len});
        mem_free(next);
        return;
    }
    work_free(l);
    if (!l->conn)
        live_free(l);
}

/* ---- Events ---- */

/* The event as this kind of sockets is sent it, made once; NULL: not for them. */
static struct frame *rendered(struct desk *d, const struct socket_kind *kind, const struct event *e)
{
    size_t i = 0;
    while (i < SOCKET_KINDS_MAX && d->renderings[i].kind && d->renderings[i].kind != kind)
        i++;
    CHECK(i < SOCKET_KINDS_MAX);
    struct rendering *r = &d->renderings[i];
    if (!r->kind) {
        struct buf text = {0};
        r->kind = kind;
        r->frame = kind->render(e, &text) ? frame_text(buf_str(&text)) : NULL;
        buf_fini(&text);
    }
    return r->frame;
}

static void forget_renderings(struct desk *d)
{
    for (size_t i = 0; i < SOCKET_KINDS_MAX && d->renderings[i].kind; i++) {
        if (d->renderings[i].frame)
            frame_unref(d->renderings[i].frame);
        d->renderings[i] = (struct rendering){0};
    }
}

static void send_event(struct live *l, const struct event *e)
{
    if (e->seq <= l->from || l->closing || !l->conn)
        return;
    struct frame *frame = rendered(l->desk, l->kind, e);
    if (frame)
        socket_send(l->conn, frame);
}

static void keep_event(struct live_work *w, struct event *e)
{
    if (w->overflowed)
        return;
    if (w->event_count == LIVE_QUEUE_MAX) {
        w->overflowed = true;
        drop_events(w);
        return;
    }
    if (!w->events)
        w->events = mem_alloc(LIVE_QUEUE_MAX * sizeof(struct event *));
    event_ref(e);
    w->events[w->event_count++] = e;
}

static void deliver(void *arg, struct subscriber *s, uint8_t tag)
{
    (void)tag;
    struct event *e = arg;
    struct live *l = CONTAINER_OF(s, struct live, subscriber);
    if (l->work && l->work->snapshot)
        keep_event(l->work, e);
    else
        send_event(l, e);
}

void live_publish(struct desk *d, struct event *e)
{
    live_hear_of_people(d, e);
    hub_publish(d->hub, e->channels, e->channel_count, deliver, e);
    forget_renderings(d);
}

/* ---- Snapshot ---- */

static void run_snapshot(struct request *rq, struct db *db)
{
    struct call *c = call_of(rq);
    c->head = journal_snapshot_head(db);
    c->live->kind->snapshot(rq, db, c->head);
}

static void start_snapshot(struct live *l);

/* What came meanwhile and the snapshot does not know. */
static void send_kept(struct live *l)
{
    struct live_work *w = l->work;
    for (size_t i = 0; i < w->event_count; i++) {
        send_event(l, w->events[i]);
        forget_renderings(l->desk);
    }
    drop_events(w);
}

static void snapshot_read_anew(struct live *l, struct call *c)
{
    call_reset(c);
    l->work->overflowed = false;
    if (l->work->redone++ == LIVE_REDO_MAX)
        live_close(l, CLOSE_LATER, "try again later");
    live_tell(l, c);
    if (l->closing)
        live_go_on(l);
    else
        start_snapshot(l);
}

static void snapshot_finished(struct call *c)
{
    struct live *l = c->live;
    struct live_work *w = l->work;
    if (w->overflowed && c->rq.problem == PROBLEM_NONE && l->conn) {
        snapshot_read_anew(l, c);
        return;
    }
    enum problem problem = c->rq.problem;
    l->from = c->head;
    w->snapshot = false;
    live_tell(l, c);
    if (problem == PROBLEM_INTERNAL || problem == PROBLEM_BUSY)
        live_close(l, CLOSE_INTERNAL, "internal error");
    else if (problem != PROBLEM_NONE)
        live_close(l, CLOSE_POLICY, problem_row(problem)->slug);
    send_kept(l);
    live_go_on(l);
}

static void start_snapshot(struct live *l)
{
    struct call *c = live_call(l);
    l->work->snapshot = true;
    c->on = RUN_READ;
    c->run = run_snapshot;
    c->finished = snapshot_finished;
    c->service = l->kind->follows;
    if (l->closing)
        c->finished(c);
    else if (c->service)
        desk_perform_behind(l->desk, c);
    else
        call_perform(c);
}

/* ---- Opening and end ---- */

static void on_message(struct conn *c, void *user, bool text, struct str payload)
{
    (void)c;
    live_message(user, text, payload);
}

static void on_closed(struct conn *c, void *user)
{
    struct live *l = user;
    (void)c;
    l->conn = NULL;
    hub_leave(l->desk->hub, &l->subscriber);
    loop_timer_clear(l->desk->loop, &l->expiry);
    /* With a call at work its end frees the socket, in live_go_on(). */
    if (l->work && l->work->arena)
        return;
    work_free(l);
    live_free(l);
}

static const struct socket_ops socket_ops = {.message = on_message, .closed = on_closed};

/* May it be opened, and what does it hear? False after refuse(). */
static bool admitted(struct call *c, const struct socket_kind *kind, struct socket_admission *a)
{
    if (!c->exchange->wants_upgrade)
        return refuse(&c->rq, PROBLEM_UPGRADE_NEEDED, NULL);
    if (c->desk->draining)
        return refuse(&c->rq, PROBLEM_BUSY, "the server is stopping");
    return guard_socket(c) && kind->admit(&c->rq, a);
}

void live_open(struct call *c, const struct socket_kind *kind)
{
    struct desk *d = c->desk;
    struct socket_admission a = {0};
    if (!admitted(c, kind, &a)) {
        dispatch_answer(c);
        return;
    }
    struct live *l = live_new(c, kind, a.subject);
    CHECK(a.channel_count <= SOCKET_CHANNELS_MAX);
    for (size_t i = 0; i < a.channel_count; i++)
        hub_subscribe(d->hub, &l->subscriber, a.channels[i], 0);
    live_follow_owner(l);
    int64_t now_us = c->rq.now_us;
    d->busy--;
    l->conn = socket_open(c->exchange, &socket_ops, l);
    if (!l->conn) {
        hub_leave(d->hub, &l->subscriber);
        live_free(l);
        return;
    }
    live_expire_at(l, l->expires_us, now_us);
    l->from = d->head;
    if (kind->snapshot)
        start_snapshot(l);
}
