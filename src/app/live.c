/* live.c - sockets from their first moment to the last: admission, snapshot, live events. */
#include "app/live.h"

#include "app/guard.h"
#include "app/house.h"
#include "app/live_inside.h"
#include "base/clock.h"

/* ---- One socket's memory ---- */

struct live *live_new(const struct call *c, const struct socket_kind *kind, enum live_by by,
                      struct str subject)
{
    const struct caller *who = &c->rq.caller;
    const struct str shop = kind->person ? (struct str){0} : who->shop; /* follows from grants */
    const struct str texts[LIVE_TEXTS] = {who->id,      who->username, shop,
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
    l->by = (uint8_t)by;
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
    while (l->extras) {
        struct live_extra *next = l->extras->next;
        mem_free(l->extras);
        l->extras = next;
    }
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
    if (!l->work) {
        l->work = mem_alloc(sizeof *l->work);
        l->work->live = l;
        l->work->ack = SOCKETIO_NO_ID;
    }
    return l->work;
}

static void work_free(struct live *l)
{
    struct live_work *w = l->work;
    if (!w)
        return;
    loop_timer_clear(l->desk->loop, &w->pace);
    for (size_t i = 0; i < w->held_count; i++)
        event_unref(w->held[i].event);
    mem_free(w->held);
    mem_free(w->only);
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

/* What the frame says: V of {"event":E,"values":V}. */
static struct str values_of(const struct reply_frame *f)
{
    struct str text = buf_str(&f->text);
    return (struct str){text.at + f->values_at, text.len - f->values_at - 1};
}

static struct str error_of(struct call *c)
{
    struct buf text = buf_in(c->rq.arena);
    struct jout j = jout_to(&text);
    call_write_error(c, &j);
    return buf_str(&text);
}

/* The first frame, or the error, is what a command is acknowledged with. */
static void acknowledge(struct live *l, struct call *c)
{
    struct buf text = buf_in(c->rq.arena);
    struct jout j = jout_to(&text);
    if (c->rq.problem == PROBLEM_NONE && c->frame_first) {
        live_ack(l, l->work->ack, values_of(c->frame_first));
        return;
    }
    jout_object(&j);
    if (c->rq.problem != PROBLEM_NONE)
        jout_field_raw(&j, "error", error_of(c));
    jout_object_end(&j);
    live_ack(l, l->work->ack, buf_str(&text));
}

void live_tell(struct live *l, struct call *c)
{
    struct request *rq = &c->rq;
    struct live_work *w = l->work;
    const struct reply_frame *f = c->frame_first;
    bool acked = w->ack != SOCKETIO_NO_ID;
    if (rq->problem == PROBLEM_NONE && arena_overflowed(rq->arena))
        refuse(rq, PROBLEM_TOO_LARGE, NULL);
    if (acked) {
        acknowledge(l, c);
        f = f && rq->problem == PROBLEM_NONE ? f->next : f;
        w->ack = SOCKETIO_NO_ID;
    }
    for (; f; f = f->next)
        live_say(l, f->event, values_of(f), f->seq);
    if (rq->problem != PROBLEM_NONE && !acked)
        live_say(l, "ERROR", error_of(c), -1);
    call_fini(c);
    l->desk->busy--;
    arena_free(&w->arena);
}

void live_go_on(struct live *l)
{
    struct live_work *w = l->work;
    if (live_is_up(l) && w->first) {
        struct live_command *next = w->first;
        const struct live_said said = {
            .name = {next->name_len ? next->text : NULL, next->name_len},
            .text = {next->text + next->name_len, next->len - next->name_len},
            .ack = next->ack};
        w->first = next->next;
        w->command_count--;
        w->command_bytes -= next->len;
        live_command_start(l, &said);
        mem_free(next);
        return;
    }
    work_free(l);
    if (!l->line.any)
        live_free(l);
}

void live_over(struct live *l)
{
    l->line.any = NULL;
    hub_leave(l->desk->hub, &l->subscriber);
    loop_timer_clear(l->desk->loop, &l->expiry);
    if (l->present)
        presence_leave(l->desk->app->presence, live_text(l, LIVE_ID), clock_utc_us());
    /* With a call at work its end frees the socket, in live_go_on(). */
    if (l->work && l->work->arena)
        return;
    work_free(l);
    live_free(l);
}

/* ---- Events ---- */

static void deliver(void *arg, struct subscriber *s, uint8_t tag)
{
    struct event *e = arg;
    struct live *l = CONTAINER_OF(s, struct live, subscriber);
    if (l->work && l->work->holding)
        live_keep(l, e, (enum role)tag);
    else if (e->seq > l->from)
        live_send_event(l, e, (enum role)tag);
}

void live_publish(struct desk *d, struct event *e)
{
    live_hear_of_people(d, e);
    hub_publish(d->hub, e->channels, e->channel_count, deliver, e);
    live_forget_wordings(d);
    live_hear_of_endings(d, e);
}

/* ---- Snapshot ---- */

/* What is so now, or was when the client heard its last: from there it goes on. The next of one
 * long-poll after the other is not told again. */
static void run_snapshot(struct request *rq, struct db *db)
{
    struct call *c = call_of(rq);
    const struct live *l = c->live;
    const int64_t *after = rq->parsed; /* NULL: from the snapshot's own head */
    c->head = journal_snapshot_head(db);
    if (!l->kind->snapshot || l->work->knows)
        return;
    l->kind->snapshot(rq, db, after ? *after : c->head);
    for (struct reply_frame *f = c->frame_first; f; f = f->next)
        f->seq = after ? *after : c->head;
}

/* Its cursor was no good: the same facts say where it stands now. */
static void add_resync(const struct live *l, struct call *c)
{
    if (c->frame_first) {
        struct reply_frame *f = arena_alloc(c->rq.arena, sizeof *f);
        *f = *c->frame_first;
        f->event = "RESYNC";
        f->next = NULL;
        c->frame_last->next = f;
        c->frame_last = f;
    } else {
        struct jout *j = reply_event(&c->rq, "RESYNC");
        jout_object(j);
        jout_field_int(j, "seq", c->head);
        jout_field_cstr(j, "epoch", journal_epoch(l->desk->app->journal));
        jout_object_end(j);
        reply_event_end(&c->rq);
        c->frame_last->seq = c->head;
    }
    if (l->by == LIVE_BY_POLL)
        c->frame_first = c->frame_last;
}

static void start_snapshot(struct live *l);

static void snapshot_read_anew(struct live *l, struct call *c)
{
    call_reset(c);
    l->work->overflowed = false;
    if (l->work->redone++ == LIVE_REDO_MAX)
        live_close(l, CLOSE_LATER, "try again later");
    live_tell(l, c);
    if (l->closing)
        live_catch_up(l);
    else
        start_snapshot(l);
}

static void close_refused(struct live *l, enum problem p)
{
    if (p == PROBLEM_INTERNAL || p == PROBLEM_BUSY)
        live_close(l, CLOSE_INTERNAL, "internal error");
    else if (p != PROBLEM_NONE)
        live_close(l, CLOSE_POLICY, problem_row(p)->slug);
}

static void snapshot_finished(struct call *c)
{
    struct live *l = c->live;
    struct live_work *w = l->work;
    const int64_t *after = c->rq.parsed;
    enum problem problem = c->rq.problem;
    /* Others are read back instead. */
    if (w->overflowed && problem == PROBLEM_NONE && l->line.any && !live_reads_back(l->kind)) {
        snapshot_read_anew(l, c);
        return;
    }
    w->upto = c->head;
    w->at = l->start = l->from = after ? *after : c->head;
    if (w->resync && problem == PROBLEM_NONE)
        add_resync(l, c);
    if (l->kind->bare)
        close_refused(l, problem);
    live_tell(l, c);
    close_refused(l, problem);
    live_catch_up(l);
}

static void start_snapshot(struct live *l)
{
    struct call *c = live_call(l);
    int64_t *after = arena_alloc(c->rq.arena, sizeof *after);
    *after = l->work->at;
    if (*after >= 0)
        c->rq.parsed = after;
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

/* ---- Opening ---- */

bool live_admit(struct request *rq, const struct socket_kind *kind, struct socket_admission *a)
{
    if (kind->person && !guard_who(rq, WHO_PERSON))
        return false;
    return !kind->admit || kind->admit(rq, a);
}

void live_listen(struct live *l, const struct caller *who, const struct socket_admission *a)
{
    struct hub *hub = l->desk->hub;
    CHECK(a->channel_count <= SOCKET_CHANNELS_MAX);
    for (size_t i = 0; i < a->channel_count; i++)
        hub_subscribe(hub, &l->subscriber, a->channels[i], l->role);
    for (size_t i = 0; l->kind->person && i < who->grant_count; i++)
        live_join(l, "shop:", who->grants[i].shop, who->grants[i].role);
    live_follow_owner(l);
    if (l->kind->person ? who->grant_count > 0 : live_is_persons(l) && a->channel_count > 0)
        live_be_present(l);
}

struct live_cursor live_cursor_at(const struct app *app, int64_t after, struct str epoch)
{
    const struct journal *j = app->journal;
    struct live_cursor cursor = {.given = true, .after = after ? after : journal_floor(j)};
    cursor.knows = epoch.at != NULL;
    if (!epoch.at)
        epoch = str_of(journal_epoch(j));
    cursor.good = journal_cursor_valid(j, epoch, cursor.after);
    return cursor;
}

void live_begin(struct live *l, const struct live_cursor *cursor, int64_t now_us)
{
    live_expire_at(l, l->expires_us, now_us);
    l->start = l->from = l->desk->head;
    if (!l->kind->snapshot && !l->kind->word)
        return;
    live_hold(l);
    l->work->at = cursor->good && live_reads_back(l->kind) ? cursor->after : -1;
    if (l->kind->replays && !cursor->given)
        l->work->at = journal_head(l->desk->app->journal);
    l->work->resync = cursor->given && !cursor->good && l->kind->word;
    l->work->knows = l->by == LIVE_BY_POLL && cursor->good && cursor->knows;
    start_snapshot(l);
}

const struct socket_kind *live_kind_of_nsp(const struct app *app, struct str nsp)
{
    for (size_t i = 0; i < app->service_count; i++) {
        const struct service *s = app->services[i];
        for (size_t k = 0; k < s->socket_count; k++) {
            if (s->sockets[k].nsp && str_is(nsp, s->sockets[k].nsp))
                return &s->sockets[k];
        }
    }
    return NULL;
}
