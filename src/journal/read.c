/* read.c - reading the journal back from the database.
 *
 * For some channels, each perhaps for a time only: the seqs come from the (channel, seq) index
 * alone, one channel after the other, merged into one ascending page; what lies behind a full page
 * is not even looked at. Then the events of the page are fetched by seq. */
#include "journal/inside.h"

/* Ascending seqs of the first events of all channels looked at so far. */
struct page {
    int64_t *seqs;  /* `count` of them, each once */
    int64_t *merge; /* where the next merge is made; as large */
    int64_t *found; /* what one channel has */
    size_t count;   /* at most `cap` */
    size_t cap;     /* one more than may be visited, to know whether more is there */
};

int64_t journal_snapshot_head(struct db *db)
{
    struct db_rows *rows = db_query(db, "SELECT MAX(seq) FROM journal_events");
    int64_t head = db_row(rows) ? db_int(rows, 0) : 0;
    db_end(rows);
    return head;
}

/* ---- All events ---- */

/* Who is to be shown events, and what came of it. */
struct visit {
    void (*call)(void *arg, const struct event *e); /* the caller's */
    void *arg;                                      /* its argument */
    int64_t last;                                   /* seq shown last */
};

static void show(struct visit *v, struct db_rows *rows)
{
    struct event *e = event_row(rows);
    v->call(v->arg, e);
    v->last = e->seq;
    event_unref(e);
}

/* Returns whether more than `limit` are there. */
static bool read_all(struct db *db, int64_t after, int64_t upto, size_t limit, struct visit *v)
{
    bool more = false;
    struct db_rows *rows = db_query(db,
                                    "SELECT " EVENT_COLUMNS " FROM journal_events"
                                    " WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?",
                                    DB_INT(after), DB_INT(upto), DB_INT(limit + 1));
    for (size_t i = 0; !more && db_row(rows); i++) {
        more = i == limit;
        if (!more)
            show(v, rows);
    }
    db_end(rows);
    return more;
}

/* ---- Some channels ---- */

static size_t find(struct db *db, struct str channel, int64_t after, int64_t upto, struct page *p)
{
    size_t count = 0;
    struct db_rows *rows = db_query(db,
                                    "SELECT seq FROM journal_channels"
                                    " WHERE channel = ? AND seq > ? AND seq <= ?"
                                    " ORDER BY seq LIMIT ?",
                                    DB_TEXT(channel), DB_INT(after), DB_INT(upto), DB_INT(p->cap));
    while (count < p->cap && db_row(rows))
        p->found[count++] = db_int(rows, 0);
    db_end(rows);
    return count;
}

static void merge(struct page *p, size_t found)
{
    size_t a = 0;
    size_t b = 0;
    size_t count = 0;
    while (count < p->cap && (a < p->count || b < found)) {
        int64_t left = a < p->count ? p->seqs[a] : INT64_MAX;
        int64_t right = b < found ? p->found[b] : INT64_MAX;
        p->merge[count++] = left < right ? left : right;
        a += left <= right;
        b += right <= left;
    }
    int64_t *old = p->seqs;
    p->seqs = p->merge;
    p->merge = old;
    p->count = count;
}

static void show_one(struct db *db, int64_t seq, struct visit *v)
{
    struct db_rows *rows =
        db_query(db, "SELECT " EVENT_COLUMNS " FROM journal_events WHERE seq = ?", DB_INT(seq));
    if (db_row(rows))
        show(v, rows);
    v->last = seq; /* one that is gone is passed, too */
    db_end(rows);
}

/* What of one span may still be among the first `p->cap` events. */
static size_t find_in_span(struct db *db, const struct journal_span *span, int64_t after,
                           int64_t upto, struct page *p)
{
    int64_t last = p->count == p->cap ? p->seqs[p->count - 1] : upto;
    int64_t from = span->after > after ? span->after : after;
    int64_t to = span->upto < last ? span->upto : last;
    return from < to ? find(db, span->channel, from, to, p) : 0;
}

static bool read_spans(struct db *db, const struct journal_span *spans, size_t count, int64_t after,
                       int64_t upto, size_t limit, struct visit *v)
{
    struct page p = {.cap = limit + 1};
    int64_t *memory = mem_alloc(3 * p.cap * sizeof *memory);
    p.seqs = memory;
    p.merge = memory + p.cap;
    p.found = memory + 2 * p.cap;
    for (size_t i = 0; i < count; i++)
        merge(&p, find_in_span(db, &spans[i], after, upto, &p));
    bool more = p.count > limit;
    for (size_t i = 0; i < p.count - more; i++)
        show_one(db, p.seqs[i], v);
    mem_free(memory);
    return more;
}

/* Read what `spans` hold; all events when there are none. */
static int64_t read_page(struct db *db, const struct journal_span *spans, size_t count,
                         int64_t after, int64_t upto, size_t limit, struct visit *v, bool *more_r)
{
    CHECK(limit > 0 && limit <= JOURNAL_PAGE_MAX);
    int64_t head = journal_snapshot_head(db);
    if (upto > head)
        upto = head;
    bool more = false;
    if (after < upto)
        more = spans ? read_spans(db, spans, count, after, upto, limit, v)
                     : read_all(db, after, upto, limit, v);
    *more_r = more;
    if (more || db->status != DB_OK || upto < after)
        return v->last;
    return upto;
}

int64_t journal_read(struct db *db, const struct str *channels, size_t channel_count, int64_t after,
                     int64_t upto, size_t limit, void (*visit)(void *arg, const struct event *e),
                     void *arg, bool *more_r)
{
    struct visit v = {visit, arg, after};
    struct journal_span *spans = NULL;
    if (channel_count > 0)
        spans = mem_alloc(channel_count * sizeof *spans);
    for (size_t i = 0; i < channel_count; i++)
        spans[i] = (struct journal_span){channels[i], 0, INT64_MAX};
    int64_t next = read_page(db, spans, channel_count, after, upto, limit, &v, more_r);
    mem_free(spans);
    return next;
}

int64_t journal_read_spans(struct db *db, const struct journal_span *spans, size_t count,
                           int64_t after, int64_t upto, size_t limit,
                           void (*visit)(void *arg, const struct event *e), void *arg, bool *more_r)
{
    struct visit v = {visit, arg, after};
    CHECK(spans != NULL);
    return read_page(db, spans, count, after, upto, limit, &v, more_r);
}
