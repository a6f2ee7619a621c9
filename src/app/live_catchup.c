/* live_catchup.c - from a cursor to live, without gap or repeat.
 *
 * DESIGN. A socket is on its channels from its first moment. What it missed is read back by
 * readers, a page at a time, up to a head H; what comes meanwhile lies beyond H, is held by
 * reference, and follows when the pages have reached H. When too much comes to be held, it is
 * dropped, H moves up to the loop's head, and the pages go on: so a socket that is far behind costs
 * no more memory than a page and the held events, however much is told meanwhile. The next page is
 * read when the client has taken the last: one that reads slowly is not closed for what it missed.
 *
 * Who may read an old event is asked of the time it was told at: a person's shops as spans of seqs
 * (people.h), a page's within its own snapshot. */
#include "app/live_inside.h"

#include "app/house.h"
#include "app/people.h"

#define PACE_MS 5 /* how often it is looked whether the client has taken a page */

/* A page on its way: made on the loop, filled on a reader. All in the call's arena. */
struct page {
    struct arena *arena;        /* the call's */
    bool person;                /* account and shops by their spans */
    struct str account;         /* whose */
    int64_t start;              /* what the socket hears began behind this seq */
    struct journal_span *spans; /* what it hears */
    uint8_t *tags;              /* enum role, of each span */
    size_t span_count;          /* of those */
    struct journal_span only;   /* the page is of this channel alone, and of what the socket did
                                   not hear by another; channel.at == NULL: of all */
    uint8_t only_tag;           /* of that one */
    int64_t after;              /* it begins behind this seq */
    int64_t upto;               /* and ends with this at the latest */
    int64_t next;               /* where the next one begins */
    struct live_held *events;   /* what was found */
    size_t event_count;         /* of those */
};

/* ---- Holding ---- */

void live_hold(struct live *l)
{
    struct live_work *w = live_work(l);
    w->holding = true;
    w->overflowed = false;
}

static void drop_held(struct live_work *w)
{
    for (size_t i = 0; i < w->held_count; i++)
        event_unref(w->held[i].event);
    w->held_count = 0;
}

void live_keep(struct live *l, struct event *e, enum role role)
{
    struct live_work *w = l->work;
    if (w->overflowed)
        return;
    if (w->held_count == LIVE_QUEUE_MAX) {
        w->overflowed = true;
        drop_held(w);
        return;
    }
    if (!w->held)
        w->held = mem_alloc(LIVE_QUEUE_MAX * sizeof *w->held);
    event_ref(e);
    w->held[w->held_count++] = (struct live_held){e, (uint8_t)role};
}

/* What came meanwhile and was not read. */
static void release_held(struct live *l)
{
    struct live_work *w = l->work;
    w->holding = false;
    if (l->from < w->upto)
        l->from = w->upto;
    for (size_t i = 0; i < w->held_count; i++) {
        if (w->held[i].event->seq <= w->upto)
            continue;
        live_send_event(l, w->held[i].event, (enum role)w->held[i].tag);
        live_forget_wordings(l->desk);
    }
    drop_held(w);
}

/* ---- On a reader ---- */

static void add_span(struct page *p, struct str channel, enum role role, int64_t after,
                     int64_t upto)
{
    p->tags[p->span_count] = (uint8_t)role;
    p->spans[p->span_count++] =
        (struct journal_span){channel, after > p->start ? after : p->start, upto};
}

static struct str prefixed(struct arena *arena, const char *prefix, struct str id)
{
    return str_of(arena_printf(arena, "%s%.*s", prefix, STR_ARG(id)));
}

/* A person's own channel and those of his shops, beside the others. */
static void add_person(struct page *p, struct db *db)
{
    struct grant_span *grants;
    size_t others = p->span_count;
    size_t count = people_spans(db, p->account, p->arena, &grants);
    struct journal_span *spans = arena_alloc(p->arena, (others + count + 1) * sizeof *spans);
    uint8_t *tags = arena_alloc(p->arena, others + count + 1);
    if (others > 0) {
        memcpy(spans, p->spans, others * sizeof *spans);
        memcpy(tags, p->tags, others);
    }
    p->spans = spans;
    p->tags = tags;
    add_span(p, prefixed(p->arena, "account:", p->account), ROLE_CUSTOMER, 0, INT64_MAX);
    for (size_t i = 0; i < count; i++)
        add_span(p, prefixed(p->arena, "shop:", grants[i].shop), grants[i].role, grants[i].after,
                 grants[i].upto);
}

static bool in_span(const struct journal_span *span, struct str channel, int64_t seq)
{
    return span->after < seq && seq <= span->upto && str_eq(span->channel, channel);
}

/* By the first of its channels, as live. */
static bool tag_of(const struct page *p, const struct event *e, uint8_t *tag_r)
{
    for (size_t c = 0; c < e->channel_count; c++) {
        for (size_t i = 0; i < p->span_count; i++) {
            if (in_span(&p->spans[i], e->channels[c], e->seq)) {
                *tag_r = p->tags[i];
                return true;
            }
        }
    }
    return false;
}

static void visit(void *arg, const struct event *e)
{
    struct page *p = arg;
    struct live_held *found = &p->events[p->event_count];
    bool heard = tag_of(p, e, &found->tag);
    if (p->only.channel.at) {
        found->tag = p->only_tag;
        heard = !heard;
    }
    if (!heard)
        return;
    found->event = (struct event *)e; /* counted, and never written to */
    event_ref(found->event);
    p->event_count++;
}

static void run_page(struct request *rq, struct db *db)
{
    struct page *p = rq->parsed;
    bool more;
    if (p->person)
        add_person(p, db);
    bool only = p->only.channel.at != NULL;
    p->next = journal_read_spans(db, only ? &p->only : p->spans, only ? 1 : p->span_count, p->after,
                                 p->upto, LIVE_PAGE, visit, p, &more);
}

/* ---- On the loop ---- */

/* What the hub tells of the socket's channels. */
struct listing {
    struct page *page;       /* they are added to */
    const struct live *live; /* the socket */
};

static const struct live_extra *extra_of(const struct live *l, struct str channel)
{
    const struct live_extra *x = l->extras;
    while (x && !str_is(channel, x->name))
        x = x->next;
    return x;
}

/* The house's own channels are not in the journal, and a person's are read as spans. */
static void list_channel(void *arg, struct str channel, uint8_t tag)
{
    const struct listing *listing = arg;
    struct page *p = listing->page;
    const struct live *l = listing->live;
    const struct live_extra *extra = extra_of(l, channel);
    if (channel.at[0] == '\n' || (l->kind->person && !extra))
        return;
    channel = arena_str(p->arena, channel);
    if (l->work->only && str_is(channel, l->work->only)) {
        p->only = (struct journal_span){channel, 0, INT64_MAX};
        p->only_tag = tag;
        return;
    }
    add_span(p, channel, (enum role)tag, extra ? extra->after : 0, INT64_MAX);
}

static struct page *page_of(const struct live *l, struct arena *arena)
{
    const struct live_work *w = l->work;
    struct page *p = arena_alloc(arena, sizeof *p);
    size_t count = hub_channels(&l->subscriber);
    *p = (struct page){.arena = arena,
                       .person = l->kind->person,
                       .account = live_text(l, LIVE_ID),
                       .start = l->start,
                       .spans = arena_alloc(arena, (count + 1) * sizeof *p->spans),
                       .tags = arena_alloc(arena, count + 1),
                       .events = arena_alloc(arena, LIVE_PAGE * sizeof *p->events),
                       .after = w->at,
                       .upto = w->upto};
    struct listing listing = {p, l};
    hub_each_channel(&l->subscriber, list_channel, &listing);
    if (w->only && !p->only.channel.at) /* it has left that channel meanwhile */
        p->only = (struct journal_span){STR(""), 0, 0};
    return p;
}

static void send_page(struct live *l, struct page *p)
{
    for (size_t i = 0; i < p->event_count; i++) {
        live_send_event(l, p->events[i].event, (enum role)p->events[i].tag);
        live_forget_wordings(l->desk);
        event_unref(p->events[i].event);
    }
}

static void page_finished(struct call *c)
{
    struct live *l = c->live;
    struct page *p = c->rq.parsed;
    bool failed = c->rq.problem != PROBLEM_NONE;
    int64_t next = p->next;
    send_page(l, p);
    live_tell(l, c);
    if (failed)
        live_close(l, CLOSE_LATER, "try again later");
    l->work->at = next;
    live_catch_up(l);
}

static void start_page(struct live *l)
{
    struct call *c = live_call(l);
    c->rq.parsed = page_of(l, c->rq.arena);
    c->on = RUN_READ;
    c->run = run_page;
    c->finished = page_finished;
    if (l->closing)
        c->finished(c);
    else
        call_perform(c);
}

static void look_again(struct timer *t)
{
    live_catch_up(CONTAINER_OF(t, struct live_work, pace)->live);
}

/* A long-poll has enough to answer with. */
static bool has_enough(const struct live *l)
{
    return l->by == LIVE_BY_POLL && live_is_up(l) && l->line.poll->text.len > 0;
}

void live_catch_up(struct live *l)
{
    struct live_work *w = l->work;
    if (live_is_up(l) && w->at >= w->upto && w->overflowed) {
        w->overflowed = false;
        w->upto = l->desk->head;
    }
    if (has_enough(l)) {
        live_poll_caught_up(l);
    } else if (!live_is_up(l) || w->at >= w->upto) {
        mem_free(w->only);
        w->only = NULL;
        release_held(l);
        live_poll_caught_up(l);
        live_go_on(l);
    } else if (live_is_ready(l)) {
        start_page(l);
    } else {
        w->pace.fire = look_again;
        loop_timer(l->desk->loop, &w->pace, PACE_MS);
    }
}
