/* feed.c - GET /v1/journal: this process's own events, page by page, for other processes. */
#include "app/feed.h"

#include "app/app.h"
#include "app/topic.h"

#define READ_MAX 64               /* events fetched at once: a page may be full long before */
#define LOOK_MAX JOURNAL_PAGE_MAX /* events looked at before an answer is given */

/* What is asked for. */
struct wish {
    int64_t after;    /* the cursor; moves on while nothing was found */
    struct str epoch; /* of the cursor; at == NULL: this one */
    uint64_t wait_s;  /* how long to wait for an event */
    size_t limit;     /* events */
};

/* A page being filled. */
struct page {
    const struct app *app; /* whose services' events are told */
    struct buf text;       /* the events, divided by commas */
    struct jout json;      /* writes into text */
    size_t count;          /* events in it */
    size_t limit;          /* at most */
    size_t looked;         /* events looked at */
    int64_t next;          /* everything up to here was looked at */
    bool full;             /* what comes is for the next page */
};

static bool number(struct request *rq, const char *name, uint64_t max, uint64_t *value_r)
{
    struct str text = request_query(rq, name);
    if (!text.at || str_to_u64(text, max, value_r))
        return true;
    return refuse(rq, PROBLEM_BAD_INPUT, "%s must be a number from 0 to %llu", name,
                  (unsigned long long)max);
}

bool feed_parse(struct request *rq)
{
    struct wish *w = arena_alloc(rq->arena, sizeof *w);
    uint64_t limit = FEED_EVENTS_MAX;
    uint64_t after = (uint64_t)journal_floor(app_journal(rq->app));
    rq->parsed = w;
    if (!number(rq, "after", INT64_MAX, &after) ||
        !number(rq, "wait", FEED_WAIT_MAX_S, &w->wait_s) ||
        !number(rq, "limit", FEED_EVENTS_MAX, &limit))
        return false;
    if (limit == 0)
        return refuse(rq, PROBLEM_BAD_INPUT, "limit must be at least 1");
    w->after = (int64_t)after;
    w->limit = limit;
    w->epoch = request_query(rq, "epoch");
    return true;
}

static void write_event(struct jout *j, const struct event *e)
{
    jout_object(j);
    jout_field_int(j, "seq", e->seq);
    jout_field_str(j, "id", id_str(&e->id));
    jout_field_str(j, "topic", e->topic);
    jout_field_str(j, "key", e->key);
    jout_field_time(j, "at", e->at_us);
    jout_field_str(j, "actor", e->actor);
    jout_key(j, "channels");
    jout_array(j);
    for (size_t i = 0; i < e->channel_count; i++)
        jout_str(j, e->channels[i]);
    jout_array_end(j);
    jout_field_raw(j, "payload", e->payload);
    jout_object_end(j);
}

static bool is_told(const struct app *app, const struct event *e)
{
    const struct topic *topic = topic_find(e->topic);
    return topic && app_has_service(app, topic->owner);
}

static void look(void *arg, const struct event *e)
{
    struct page *p = arg;
    size_t before = p->text.len;
    if (p->full)
        return;
    if (is_told(p->app, e)) {
        write_event(&p->json, e);
        if (p->text.len > FEED_BYTES_MAX && p->count > 0) {
            p->text.len = before;
            p->full = true;
            return;
        }
        p->full = ++p->count == p->limit;
    }
    p->looked++;
    p->next = e->seq;
}

/* Returns whether the journal was read to its end. */
static bool fill(struct page *p, struct db *db, int64_t head)
{
    bool more = p->next < head;
    while (more && !p->full && p->looked < LOOK_MAX && db->status == DB_OK) {
        int64_t read = journal_read(db, NULL, 0, p->next, head, READ_MAX, look, p, &more);
        if (!p->full)
            p->next = read;
    }
    return !more && !p->full;
}

static void say_where(struct jout *j, const struct journal *journal, int64_t head)
{
    jout_field_cstr(j, "epoch", journal_epoch(journal));
    jout_field_int(j, "floor", journal_floor(journal));
    jout_field_int(j, "head", head);
}

static void answer(struct request *rq, const struct page *p, int64_t head)
{
    struct jout *j = reply_json(rq, 200);
    jout_object(j);
    say_where(j, app_journal(rq->app), head);
    jout_field_int(j, "next", p->next);
    jout_key(j, "events");
    jout_array(j);
    if (p->count > 0)
        jout_raw(j, buf_str(&p->text));
    jout_array_end(j);
    jout_object_end(j);
}

/* Read up to the head this process knows, even where the snapshot sees further: a cursor beyond the
 * head would be refused the next time. */
void feed_run(struct request *rq, struct db *db)
{
    struct wish *w = rq->parsed;
    const struct journal *journal = app_journal(rq->app);
    int64_t head = journal_head(journal);
    struct str epoch = w->epoch.at ? w->epoch : str_of(journal_epoch(journal));
    if (!journal_cursor_valid(journal, epoch, w->after)) {
        refuse(rq, PROBLEM_RESYNC, "begin again at the floor");
        say_where(refuse_more(rq), journal, head);
        return;
    }
    struct page p = {
        .app = rq->app, .text = buf_in(rq->arena), .limit = w->limit, .next = w->after};
    p.json = jout_to(&p.text);
    bool end = fill(&p, db, head);
    w->after = p.count == 0 ? p.next : w->after;
    if (p.count == 0 && end && request_wait(rq, p.next, (int64_t)w->wait_s * 1000))
        return;
    answer(rq, &p, head);
}
