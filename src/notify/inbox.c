/* inbox.c - boxes of notices, and how far each reader has come in them. */
#include "notify/inbox.h"

#define SHOP    STR("shop:")
#define COURIER STR("courier:")
#define ACCOUNT STR("account:")

/* ---- Boxes ---- */

static struct str join(struct arena *arena, struct str a, struct str b)
{
    char *at = arena_alloc(arena, a.len + b.len);
    memcpy(at, a.at, a.len);
    memcpy(at + a.len, b.at, b.len);
    return (struct str){at, a.len + b.len};
}

static struct box box_at_shop(const struct grant *g, struct arena *arena)
{
    bool courier = g->role == ROLE_COURIER;
    return (struct box){join(arena, courier ? COURIER : SHOP, g->shop),
                        courier ? AUDIENCE_COURIERS : AUDIENCE_STAFF};
}

struct boxes inbox_boxes(const struct caller *c, struct arena *arena)
{
    struct boxes b = {.account_id = c->id,
                      .all = arena_alloc(arena, (1 + c->grant_count) * sizeof *b.all)};
    b.all[b.count++] = (struct box){join(arena, ACCOUNT, c->id), AUDIENCE_PERSON};
    for (size_t i = 0; i < c->grant_count; i++)
        b.all[b.count++] = box_at_shop(&c->grants[i], arena);
    return b;
}

static struct str channel_of(const struct event *e, struct str prefix)
{
    for (size_t i = 0; i < e->channel_count; i++) {
        if (str_starts(e->channels[i], prefix))
            return e->channels[i];
    }
    return (struct str){0};
}

struct box inbox_box(const struct event *e, enum notice_audience a, struct arena *arena)
{
    struct str channel = channel_of(e, a == AUDIENCE_PERSON ? ACCOUNT : SHOP);
    if (channel.at && a == AUDIENCE_COURIERS)
        channel = join(arena, COURIER, (struct str){channel.at + SHOP.len, channel.len - SHOP.len});
    return (struct box){channel, a};
}

/* The number of the last notice up to `seq`, which is how many there are; its seq in *seq_r. */
static int64_t count_upto(struct db *db, struct str box, int64_t seq, int64_t *seq_r)
{
    struct db_rows *rows = db_query(db,
                                    "SELECT n, seq FROM notify_inbox WHERE box = ? AND seq <= ?"
                                    " ORDER BY seq DESC LIMIT 1",
                                    DB_TEXT(box), DB_INT(seq));
    bool found = db_row(rows);
    int64_t n = found ? db_int(rows, 0) : 0;
    if (seq_r)
        *seq_r = found ? db_int(rows, 1) : 0;
    db_end(rows);
    return n;
}

void inbox_add(struct db *tx, struct str box, int64_t seq)
{
    int64_t last;
    int64_t n = count_upto(tx, box, INT64_MAX, &last);
    if (last < seq)
        db_exec(tx, "INSERT INTO notify_inbox (box, seq, n) VALUES (?, ?, ?)", DB_TEXT(box),
                DB_INT(seq), DB_INT(n + 1));
}

/* ---- Marks ---- */

/* How far somebody has come in a box. */
struct mark {
    bool stands;    /* in the table */
    int64_t since;  /* the box is his behind this seq */
    int64_t seen;   /* all up to here */
    int64_t beyond; /* put away behind that */
};

/* A box that nobody opened for him (his account's) is his from the beginning. */
static struct mark read_mark(struct db *db, struct str account_id, struct str box)
{
    struct db_rows *rows = db_query(db,
                                    "SELECT since, seen, beyond FROM notify_marks"
                                    " WHERE account_id = ? AND box = ?",
                                    DB_TEXT(account_id), DB_TEXT(box));
    struct mark m = {.stands = db_row(rows)};
    if (m.stands)
        m = (struct mark){true, db_int(rows, 0), db_int(rows, 1), db_int(rows, 2)};
    db_end(rows);
    return m;
}

static void write_mark(struct db *tx, struct str account_id, struct str box, const struct mark *m)
{
    if (m->stands)
        db_exec(tx,
                "UPDATE notify_marks SET since = ?, seen = ?, beyond = ?"
                " WHERE account_id = ? AND box = ?",
                DB_INT(m->since), DB_INT(m->seen), DB_INT(m->beyond), DB_TEXT(account_id),
                DB_TEXT(box));
    else
        db_exec(tx,
                "INSERT INTO notify_marks (since, seen, beyond, account_id, box)"
                " VALUES (?, ?, ?, ?, ?)",
                DB_INT(m->since), DB_INT(m->seen), DB_INT(m->beyond), DB_TEXT(account_id),
                DB_TEXT(box));
}

void inbox_open(struct db *tx, struct str account_id, struct str box, int64_t seq)
{
    struct mark m = read_mark(tx, account_id, box);
    if (!m.stands)
        write_mark(tx, account_id, box, &(struct mark){.since = seq, .seen = seq});
}

void inbox_close(struct db *tx, struct str account_id, struct str box)
{
    db_exec(tx, "DELETE FROM notify_marks WHERE account_id = ? AND box = ?", DB_TEXT(account_id),
            DB_TEXT(box));
    db_exec(tx, "DELETE FROM notify_put_away WHERE account_id = ? AND box = ?", DB_TEXT(account_id),
            DB_TEXT(box));
}

/* How many he put away behind `seq`. */
static int64_t put_away_behind(struct db *db, struct str account_id, struct str box, int64_t seq)
{
    struct db_rows *rows = db_query(db,
                                    "SELECT COUNT(*) FROM notify_put_away"
                                    " WHERE account_id = ? AND box = ? AND seq > ?",
                                    DB_TEXT(account_id), DB_TEXT(box), DB_INT(seq));
    int64_t count = db_row(rows) ? db_int(rows, 0) : 0;
    db_end(rows);
    return count;
}

static void visit_new(struct db *tx, struct str box, int64_t after, int64_t upto,
                      void (*visit)(void *arg, int64_t seq), void *arg)
{
    struct db_rows *rows =
        db_query(tx,
                 "SELECT seq FROM notify_inbox"
                 " WHERE box = ? AND seq > ? AND seq <= ?"
                 " ORDER BY seq DESC LIMIT ?",
                 DB_TEXT(box), DB_INT(after), DB_INT(upto), DB_INT(INBOX_SEEN_MAX));
    int64_t seqs[INBOX_SEEN_MAX];
    size_t count = 0;
    while (count < INBOX_SEEN_MAX && db_row(rows))
        seqs[count++] = db_int(rows, 0);
    db_end(rows);
    for (size_t i = 0; i < count; i++)
        visit(arg, seqs[i]);
}

bool inbox_see(struct db *tx, const struct boxes *b, int64_t seq,
               void (*visit)(void *arg, int64_t seq), void *arg)
{
    bool news = false;
    for (size_t i = 0; i < b->count; i++) {
        struct str box = b->all[i].name;
        struct mark m = read_mark(tx, b->account_id, box);
        if (m.seen >= seq)
            continue;
        visit_new(tx, box, m.seen, seq, visit, arg);
        m.seen = seq;
        m.beyond = put_away_behind(tx, b->account_id, box, seq);
        write_mark(tx, b->account_id, box, &m);
        news = true;
    }
    return news;
}

/* ---- Counting ---- */

static int64_t unread_in(struct db *db, struct str account_id, struct str box, int64_t floor)
{
    struct mark m = read_mark(db, account_id, box);
    int64_t seen = m.seen > floor ? m.seen : floor;
    int64_t beyond = m.seen > floor ? m.beyond : put_away_behind(db, account_id, box, floor);
    int64_t n = count_upto(db, box, INT64_MAX, NULL) - count_upto(db, box, seen, NULL) - beyond;
    return n > 0 ? n : 0;
}

int64_t inbox_unread(struct db *db, const struct boxes *b, int64_t floor)
{
    int64_t n = 0;
    for (size_t i = 0; i < b->count; i++)
        n += unread_in(db, b->account_id, b->all[i].name, floor);
    return n;
}

/* His own box is marked whenever any is. */
int64_t inbox_seen(struct db *db, const struct boxes *b)
{
    return read_mark(db, b->account_id, b->all[0].name).seen;
}

/* ---- One event ---- */

/* Somebody who wants to see one event. */
struct viewing {
    void (*visit)(void *arg, const struct event *e); /* the caller's */
    void *arg;                                       /* its argument */
    bool seen;                                       /* it is there */
};

static void view(void *arg, const struct event *e)
{
    struct viewing *v = arg;
    v->seen = true;
    v->visit(v->arg, e);
}

bool inbox_event(struct db *db, int64_t seq, void (*visit)(void *arg, const struct event *e),
                 void *arg)
{
    struct viewing v = {visit, arg, false};
    bool more;
    if (seq > 0)
        (void)journal_read(db, NULL, 0, seq - 1, seq, 1, view, &v, &more);
    return v.seen;
}

/* What an event is to the reader of a box; NULL: no notice there. */
static const struct notice *notice_in(const struct event *e, const struct box *b,
                                      struct arena *arena)
{
    const struct notice *n = notice_for(e, b->audience);
    bool kept =
        n && n->level != LEVEL_QUIET && str_eq(inbox_box(e, b->audience, arena).name, b->name);
    return kept ? n : NULL;
}

/* A notice being put away. */
struct putting {
    struct db *tx;         /* the writer's */
    struct arena *arena;   /* for names */
    const struct boxes *b; /* where it may stand */
    enum inbox_put put;    /* what came of it */
};

static bool is_put_away(struct db *db, struct str account_id, struct str box, int64_t seq)
{
    struct db_rows *rows = db_query(db,
                                    "SELECT seq FROM notify_put_away"
                                    " WHERE account_id = ? AND box = ? AND seq = ?",
                                    DB_TEXT(account_id), DB_TEXT(box), DB_INT(seq));
    bool found = db_row(rows);
    db_end(rows);
    return found;
}

static void put_away(struct putting *p, struct str box, int64_t seq)
{
    struct mark m = read_mark(p->tx, p->b->account_id, box);
    if (seq <= m.since)
        return;
    if (is_put_away(p->tx, p->b->account_id, box, seq)) {
        p->put = p->put == PUT_AWAY ? PUT_AWAY : PUT_BEFORE;
        return;
    }
    db_exec(p->tx, "INSERT INTO notify_put_away (account_id, box, seq) VALUES (?, ?, ?)",
            DB_TEXT(p->b->account_id), DB_TEXT(box), DB_INT(seq));
    p->put = PUT_AWAY;
    if (seq <= m.seen)
        return;
    m.beyond++;
    write_mark(p->tx, p->b->account_id, box, &m);
}

static void put_event_away(void *arg, const struct event *e)
{
    struct putting *p = arg;
    for (size_t i = 0; i < p->b->count; i++)
        if (notice_in(e, &p->b->all[i], p->arena))
            put_away(p, p->b->all[i].name, e->seq);
}

enum inbox_put inbox_put_away(struct db *tx, struct arena *arena, const struct boxes *b,
                              int64_t seq)
{
    struct putting p = {.tx = tx, .arena = arena, .b = b};
    (void)inbox_event(tx, seq, put_event_away, &p);
    return p.put;
}

/* ---- Lists ---- */

/* A notice that was found. */
struct found {
    int64_t seq;           /* of its event */
    const struct box *box; /* where */
    const struct mark *m;  /* its reader's */
};

/* A page being gathered from all boxes. */
struct gathering {
    struct found *all; /* in the order of the page */
    size_t count;      /* of those */
    size_t cap;        /* room */
    bool forwards;     /* oldest first */
};

/* Enter it at its place; the last one falls out when there is no room. False when it is that. */
static bool gather(struct gathering *g, struct found f)
{
    size_t at = g->count;
    while (at > 0 && (g->forwards ? f.seq < g->all[at - 1].seq : f.seq > g->all[at - 1].seq))
        at--;
    if (at == g->cap)
        return false;
    size_t behind = (g->count < g->cap ? g->count : g->cap - 1) - at;
    memmove(&g->all[at + 1], &g->all[at], behind * sizeof g->all[0]);
    g->all[at] = f;
    g->count = at + behind + 1;
    return true;
}

static void gather_box(struct gathering *g, struct db *db, const struct box *box,
                       const struct mark *m, const struct inbox_page *page)
{
    int64_t after = page->after > m->since ? page->after : m->since;
    struct db_rows *rows =
        g->forwards
            ? db_query(db,
                       "SELECT seq FROM notify_inbox WHERE box = ? AND seq > ? AND seq < ?"
                       " ORDER BY seq LIMIT ?",
                       DB_TEXT(box->name), DB_INT(after), DB_INT(page->before), DB_INT(g->cap))
            : db_query(db,
                       "SELECT seq FROM notify_inbox WHERE box = ? AND seq > ? AND seq < ?"
                       " ORDER BY seq DESC LIMIT ?",
                       DB_TEXT(box->name), DB_INT(after), DB_INT(page->before), DB_INT(g->cap));
    while (db_row(rows) && gather(g, (struct found){db_int(rows, 0), box, m}))
        continue;
    db_end(rows);
}

/* A page ends behind an event, never between its notices: the next one goes on by seq. */
static size_t page_end(const struct gathering *g, size_t limit)
{
    size_t end = g->count < limit ? g->count : limit;
    while (end > 0 && end < g->count && g->all[end].seq == g->all[end - 1].seq)
        end++;
    return end;
}

/* A page being shown. */
struct showing {
    struct db *db;                                             /* the snapshot */
    struct arena *arena;                                       /* for names */
    struct str account_id;                                     /* whose */
    const struct found *f;                                     /* the one at hand */
    void (*visit)(void *arg, const struct inbox_entry *entry); /* the caller's */
    void *arg;                                                 /* its argument */
};

static void show(void *arg, const struct event *e)
{
    const struct showing *s = arg;
    const struct found *f = s->f;
    struct inbox_entry entry = {.e = e,
                                .n = notice_in(e, f->box, s->arena),
                                .audience = f->box->audience,
                                .put_away =
                                    is_put_away(s->db, s->account_id, f->box->name, f->seq)};
    entry.seen = f->seq <= f->m->seen || entry.put_away;
    if (entry.n)
        s->visit(s->arg, &entry);
}

void inbox_list(struct db *db, struct arena *arena, const struct boxes *b,
                const struct inbox_page *page,
                void (*visit)(void *arg, const struct inbox_entry *entry), void *arg)
{
    struct gathering g = {.cap = (size_t)page->limit + AUDIENCE_COUNT,
                          .forwards = page->after >= 0};
    struct mark *marks = arena_alloc(arena, b->count * sizeof *marks);
    struct showing s = {db, arena, b->account_id, NULL, visit, arg};
    g.all = arena_alloc(arena, g.cap * sizeof *g.all);
    for (size_t i = 0; i < b->count; i++) {
        marks[i] = read_mark(db, b->account_id, b->all[i].name);
        gather_box(&g, db, &b->all[i], &marks[i], page);
    }
    size_t end = page_end(&g, (size_t)page->limit);
    for (size_t i = 0; i < end; i++) {
        s.f = &g.all[i];
        (void)inbox_event(db, s.f->seq, show, &s);
    }
}
