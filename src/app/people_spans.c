/* people_spans.c - where somebody worked, and from when to when: app's table of it, and what the
 * journal tells beyond. */
#include "app/people_inside.h"

#include "journal/journal.h"

#define FOREVER INT64_MAX

/* ---- The table ---- */

static void end_span(struct db *tx, const struct news *n, int64_t seq)
{
    db_exec(tx,
            "UPDATE app_grant_spans SET upto_seq = ?"
            " WHERE account_id = ? AND shop_id = ? AND upto_seq = ?",
            DB_INT(seq - 1), DB_TEXT(n->account), DB_TEXT(n->shop), DB_INT(FOREVER));
}

static bool holds_already(struct db *tx, const struct news *n)
{
    struct db_rows *rows = db_query(tx,
                                    "SELECT 1 FROM app_grant_spans WHERE account_id = ?"
                                    " AND shop_id = ? AND upto_seq = ? AND role = ?",
                                    DB_TEXT(n->account), DB_TEXT(n->shop), DB_INT(FOREVER),
                                    DB_CSTR(role_word(n->role)));
    bool holds = db_row(rows);
    db_end(rows);
    return holds;
}

void people_store_span(struct db *tx, const struct news *n, int64_t seq)
{
    if (n->kind == NEWS_STAFF_ADDED && holds_already(tx, n))
        return;
    end_span(tx, n, seq);
    if (n->kind != NEWS_STAFF_ADDED)
        return;
    db_exec(tx,
            "INSERT INTO app_grant_spans (account_id, shop_id, role, after_seq, upto_seq)"
            " VALUES (?, ?, ?, ?, ?)",
            DB_TEXT(n->account), DB_TEXT(n->shop), DB_CSTR(role_word(n->role)), DB_INT(seq - 1),
            DB_INT(FOREVER));
}

/* ---- Reading ---- */

/* Spans being gathered. */
struct gathering {
    struct str account;       /* whose */
    struct arena *arena;      /* where they live */
    struct grant_span *spans; /* so far */
    size_t count;             /* of those */
    size_t cap;               /* room for so many */
};

static void add(struct gathering *g, struct grant_span span)
{
    if (g->count == g->cap) {
        size_t cap = g->cap ? g->cap * 2 : 8;
        struct grant_span *grown = arena_alloc(g->arena, cap * sizeof *grown);
        if (g->count > 0)
            memcpy(grown, g->spans, g->count * sizeof *grown);
        g->spans = grown;
        g->cap = cap;
    }
    span.shop = arena_str(g->arena, span.shop);
    g->spans[g->count++] = span;
}

static void read_table(struct gathering *g, struct db *db)
{
    struct db_rows *rows = db_query(db,
                                    "SELECT shop_id, role, after_seq, upto_seq FROM app_grant_spans"
                                    " WHERE account_id = ? ORDER BY shop_id, after_seq",
                                    DB_TEXT(g->account));
    enum role role;
    while (db_row(rows)) {
        if (role_parse(db_text(rows, 1), &role))
            add(g, (struct grant_span){.shop = db_text(rows, 0),
                                       .role = role,
                                       .after = db_int(rows, 2),
                                       .upto = db_int(rows, 3)});
    }
    db_end(rows);
}

static void apply(struct gathering *g, const struct news *n, int64_t seq)
{
    for (size_t i = 0; i < g->count; i++) {
        struct grant_span *span = &g->spans[i];
        if (span->upto == FOREVER && str_eq(span->shop, n->shop)) {
            if (n->kind == NEWS_STAFF_ADDED && span->role == n->role)
                return;
            span->upto = seq - 1;
        }
    }
    if (n->kind == NEWS_STAFF_ADDED)
        add(g, (struct grant_span){
                   .shop = n->shop, .role = n->role, .after = seq - 1, .upto = FOREVER});
}

static void visit(void *arg, const struct event *e)
{
    struct gathering *g = arg;
    struct news n = news_read(e);
    bool staff = n.kind == NEWS_STAFF_ADDED || n.kind == NEWS_STAFF_REMOVED;
    if (staff && str_eq(n.account, g->account))
        apply(g, &n, e->seq);
    news_fini(&n);
}

size_t people_spans(struct db *db, struct str account, struct arena *arena,
                    struct grant_span **spans_r)
{
    const struct str channel = PEOPLE_CHANNEL;
    struct gathering g = {.account = account, .arena = arena};
    int64_t after = follower_stored(db, "app");
    int64_t head = journal_snapshot_head(db);
    bool more = true;
    read_table(&g, db);
    while (more && db->status == DB_OK)
        after = journal_read(db, &channel, 1, after, head, JOURNAL_PAGE_MAX, visit, &g, &more);
    *spans_r = g.spans;
    return g.count;
}

/* ---- Who worked somewhere ---- */

/* The question whether somebody is an admin, being answered. */
struct admin_query {
    struct str account; /* who */
    int64_t upto;       /* what was told behind this seq does not count */
    bool admin;         /* as far as it was read */
};

static void visit_account(void *arg, const struct event *e)
{
    struct admin_query *q = arg;
    struct news n = news_read(e);
    if (n.kind == NEWS_ACCOUNT && e->seq <= q->upto && str_eq(n.account, q->account))
        q->admin = n.role == ROLE_ADMIN;
    news_fini(&n);
}

static bool is_admin(struct db *db, struct str account, int64_t seq)
{
    const struct str channel = PEOPLE_CHANNEL;
    struct admin_query q = {.account = account, .upto = seq};
    int64_t after = follower_stored(db, "app");
    bool more = true;
    struct db_rows *rows =
        db_query(db, "SELECT role FROM app_people WHERE id = ?", DB_TEXT(account));
    q.admin = db_row(rows) && str_is(db_text(rows, 0), role_word(ROLE_ADMIN));
    db_end(rows);
    while (more && db->status == DB_OK)
        after = journal_read(db, &channel, 1, after, journal_snapshot_head(db), JOURNAL_PAGE_MAX,
                             visit_account, &q, &more);
    return q.admin;
}

bool people_worked_in(struct db *db, struct str account, struct str shop_id, unsigned roles,
                      int64_t seq, struct arena *arena)
{
    struct grant_span *spans;
    size_t count = people_spans(db, account, arena, &spans);
    for (size_t i = 0; i < count; i++) {
        if (str_eq(spans[i].shop, shop_id) && (roles & ROLE_BIT(spans[i].role)) &&
            spans[i].after < seq && seq <= spans[i].upto)
            return true;
    }
    return (roles & ROLE_BIT(ROLE_ADMIN)) && is_admin(db, account, seq);
}
