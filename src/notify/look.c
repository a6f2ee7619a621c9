/* look.c - what somebody has seen, told to all his devices. */
#include "notify/look.h"

#include "app/app.h"
#include "app/topic.h"
#include "notify/receipt.h"

bool look_seq(struct request *rq, int64_t *seq_r)
{
    return (json_int(rq->body, "seq", seq_r) && *seq_r > 0) ||
           refuse_field(rq, PROBLEM_BAD_INPUT, "/seq", "the seq of an event");
}

int64_t look_unread(struct request *rq, struct db *db, const struct boxes *b)
{
    return inbox_unread(db, b, journal_floor(app_journal(rq->app)));
}

/* An event for his devices alone: {account_id, <what>: seq, unread}. */
static void tell(struct request *rq, struct db *tx, const char *topic, const char *what,
                 int64_t seq, int64_t unread)
{
    struct str channel = str_of(arena_printf(rq->arena, "account:%.*s", STR_ARG(rq->caller.id)));
    struct buf payload = buf_in(rq->arena);
    struct jout j = jout_to(&payload);
    jout_object(&j);
    jout_field_str(&j, "account_id", rq->caller.id);
    jout_field_int(&j, what, seq);
    jout_field_int(&j, "unread", unread);
    jout_object_end(&j);
    journal_append(tx, &(struct event_draft){.topic = topic,
                                             .key = rq->caller.id,
                                             .actor = request_actor(rq),
                                             .at_us = rq->now_us,
                                             .payload = buf_str(&payload),
                                             .channels = &channel,
                                             .channel_count = 1});
}

/* ---- Receipts ---- */

/* A device that looks at alerts. */
struct looking {
    struct request *rq; /* its own */
    struct db *tx;      /* the writer's */
    bool seen;          /* else it only has them */
};

static void note(void *arg, const struct event *e)
{
    const struct looking *l = arg;
    struct receipt r = receipt_of(e, &l->rq->caller);
    if (r.seq == 0)
        return;
    *(l->seen ? &r.seen_us : &r.delivered_us) = l->rq->now_us;
    receipt_note(l->tx, &r);
}

static void note_seq(void *arg, int64_t seq)
{
    const struct looking *l = arg;
    (void)inbox_event(l->tx, seq, note, arg);
}

void look_delivered(struct request *rq, struct db *tx, int64_t seq)
{
    struct looking l = {.rq = rq, .tx = tx};
    note_seq(&l, seq);
}

/* ---- The inbox ---- */

int64_t look_see(struct request *rq, struct db *tx, int64_t seq)
{
    struct boxes b = inbox_boxes(&rq->caller, rq->arena);
    struct looking l = {.rq = rq, .tx = tx, .seen = true};
    if (seq > journal_snapshot_head(tx)) {
        refuse_field(rq, PROBLEM_BAD_INPUT, "/seq", "nothing of this seq has happened yet");
        return -1;
    }
    note_seq(&l, seq);
    bool news = inbox_see(tx, &b, seq, note_seq, &l);
    int64_t unread = look_unread(rq, tx, &b);
    if (news)
        tell(rq, tx, TOPIC_NOTIFY_SEEN, "seen_seq", seq, unread);
    return unread;
}

int64_t look_put_away(struct request *rq, struct db *tx, int64_t seq)
{
    struct boxes b = inbox_boxes(&rq->caller, rq->arena);
    enum inbox_put put = inbox_put_away(tx, rq->arena, &b, seq);
    if (put == PUT_NOTHING) {
        refuse(rq, PROBLEM_NOT_FOUND, "no notice of yours");
        return -1;
    }
    int64_t unread = look_unread(rq, tx, &b);
    if (put == PUT_AWAY)
        tell(rq, tx, TOPIC_NOTIFY_ACKNOWLEDGED, "notice_seq", seq, unread);
    return unread;
}
