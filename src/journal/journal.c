/* journal.c - the journal of this process: appends inside the writer's transaction, and knows what
 * was committed.
 *
 * Drafts become events in memory at once, but get their seq and their rows only when the
 * transaction is sealed, so that nothing has to be taken back when units are undone, and so that on
 * engines with several writers the seq can be given out behind one row at the very end. */
#include "journal/journal.h"

#include "base/metrics.h"
#include "base/random.h"
#include "db/migrate.h"
#include "journal/import.h"
#include "journal/inside.h"
#include "journal/tail.h"

#define EPOCH_LEN    16
#define RECENT_MAX   8192              /* events kept in memory, a power of two */
#define RECENT_BYTES ((size_t)8 << 20) /* and their bytes */

struct journal {
    struct tail tail;                 /* who is told of commits */
    _Atomic int64_t head;             /* seq of the last event that is durable */
    int64_t committed;                /* seq of the last committed one; the writer's thread */
    _Atomic int64_t floor;            /* events up to here may be gone */
    char epoch[EPOCH_LEN + 1];        /* set by journal_load() */
    struct event **drafts;            /* of the transaction being made, in order */
    size_t count;                     /* drafts */
    size_t cap;                       /* room for so many */
    size_t mark;                      /* drafts before the unit behind the savepoint */
    int64_t last_at_us;               /* when the last committed event was */
    int64_t deadline_us;              /* earliest deadline set in the transaction being made */
    int64_t recent_first;             /* seq of the oldest event in memory; head + 1: none */
    size_t recent_bytes;              /* their size */
    struct event *recent[RECENT_MAX]; /* by seq modulo RECENT_MAX */
};

static const char *const steps[] = {
    "CREATE TABLE journal_events (seq {int} PRIMARY KEY, id {key} NOT NULL UNIQUE,"
    " topic {key} NOT NULL, about {key} NOT NULL, at {int} NOT NULL, actor {key} NOT NULL,"
    " channels {text} NOT NULL, payload {text} NOT NULL) {table};"
    "CREATE TABLE journal_channels (channel {key} NOT NULL, seq {int} NOT NULL,"
    " PRIMARY KEY (channel, seq)) {table_clustered};"
    "CREATE TABLE journal_meta (name {key} PRIMARY KEY, value {text} NOT NULL) {table_clustered};"
    "CREATE TABLE journal_cursors (follower {key} PRIMARY KEY, seq {int} NOT NULL)"
    " {table_clustered};",
    IMPORT_TABLE,
};

const struct migrations journal_migrations = {"journal", steps, ARRAY_LEN(steps)};

/* ---- Memory of what was committed lately ---- */

static void recent_drop(struct journal *j)
{
    struct event **slot = &j->recent[j->recent_first % RECENT_MAX];
    j->recent_bytes -= (*slot)->size;
    event_unref(*slot);
    *slot = NULL;
    j->recent_first++;
}

/* Takes over the caller's reference. Events come in order of seq. */
static void recent_add(struct journal *j, struct event *e)
{
    while (e->seq - j->recent_first >= RECENT_MAX ||
           (j->recent_first < e->seq && j->recent_bytes + e->size > RECENT_BYTES))
        recent_drop(j);
    j->recent[e->seq % RECENT_MAX] = e;
    j->recent_bytes += e->size;
}

struct event *journal_recent(const struct journal *j, int64_t seq)
{
    bool kept = seq >= j->recent_first && seq <= j->committed;
    return kept ? j->recent[seq % RECENT_MAX] : NULL;
}

/* ---- Append ---- */

/* Why the draft cannot be written, or NULL. */
static const char *flaw(const struct event_draft *d)
{
    if (d->payload.len > JOURNAL_PAYLOAD_MAX)
        return "journal: the payload is too long";
    if (d->channel_count > JOURNAL_CHANNELS_MAX)
        return "journal: too many channels";
    for (size_t i = 0; i < d->channel_count; i++)
        if (d->channels[i].len == 0 || memchr(d->channels[i].at, '\n', d->channels[i].len))
            return "journal: not the name of a channel";
    return NULL;
}

/* Each name once, in the order of the draft; returns how many. */
static size_t distinct(const struct event_draft *d, struct str out[JOURNAL_CHANNELS_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < d->channel_count; i++) {
        size_t k = 0;
        while (k < count && !str_eq(out[k], d->channels[i]))
            k++;
        if (k == count)
            out[count++] = d->channels[i];
    }
    return count;
}

static void drafts_add(struct journal *j, struct event *e)
{
    if (j->count == j->cap) {
        j->cap = j->cap ? j->cap * 2 : 256;
        j->drafts = mem_grow(j->drafts, j->cap * sizeof j->drafts[0]);
    }
    j->drafts[j->count++] = e;
}

static void drafts_cut(struct journal *j, size_t count)
{
    while (j->count > count)
        event_unref(j->drafts[--j->count]);
}

void journal_append(struct db *tx, const struct event_draft *draft)
{
    struct str channels[JOURNAL_CHANNELS_MAX];
    CHECK(tx->owner != NULL);
    if (tx->status != DB_OK)
        return;
    const char *why = flaw(draft);
    if (why) {
        db_fail(tx, why);
        return;
    }
    drafts_add(tx->owner, event_copy(&(struct event){
                              .id = draft->id ? *draft->id : id_new(),
                              .topic = str_of(draft->topic),
                              .key = draft->key,
                              .at_us = draft->at_us,
                              .actor = draft->actor,
                              .payload = draft->payload,
                              .channel_count = distinct(draft, channels),
                              .channels = channels,
                          }));
}

bool journal_knows(struct db *tx, const struct id *id)
{
    const struct journal *j = tx->owner;
    for (size_t i = 0; i < j->count; i++)
        if (str_eq(id_str(&j->drafts[i]->id), id_str(id)))
            return true;
    struct db_rows *rows = db_query(tx, "SELECT seq FROM journal_events WHERE id = ?", DB_ID(id));
    bool known = db_row(rows);
    db_end(rows);
    return known;
}

void journal_note_deadline(struct journal *j, int64_t at_us)
{
    if (at_us < j->deadline_us)
        j->deadline_us = at_us;
}

/* ---- The writer's hooks ---- */

static void begin(void *owner, struct db *tx)
{
    struct journal *j = owner;
    (void)tx;
    CHECK(j->count == 0);
    j->deadline_us = INT64_MAX;
}

static void mark(void *owner)
{
    struct journal *j = owner;
    j->mark = j->count;
}

static void undo(void *owner)
{
    struct journal *j = owner;
    drafts_cut(j, j->mark);
}

/* The names of e's channels, one a line. They stand side by side at the end of the event, but
 * without what would separate them. */
static struct str channel_lines(struct buf *out, const struct event *e)
{
    buf_clear(out);
    for (size_t i = 0; i < e->channel_count; i++) {
        if (i)
            buf_add_char(out, '\n');
        buf_add_str(out, e->channels[i]);
    }
    return out->len ? buf_str(out) : STR("");
}

static void insert(struct db *tx, const struct event *e, struct buf *scratch)
{
    db_exec(tx, "INSERT INTO journal_events (" EVENT_COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            DB_INT(e->seq), DB_ID(&e->id), DB_TEXT(e->topic), DB_TEXT(e->key), DB_INT(e->at_us),
            DB_TEXT(e->actor), DB_TEXT(channel_lines(scratch, e)), DB_TEXT(e->payload));
    for (size_t i = 0; i < e->channel_count; i++)
        db_exec(tx, "INSERT INTO journal_channels (channel, seq) VALUES (?, ?)",
                DB_TEXT(e->channels[i]), DB_INT(e->seq));
}

static void seal(void *owner, struct db *tx)
{
    struct journal *j = owner;
    struct buf scratch = {0};
    int64_t seq = j->committed;
    int64_t at_us = j->last_at_us;
    for (size_t i = 0; i < j->count; i++) {
        struct event *e = j->drafts[i];
        e->seq = ++seq;
        if (e->at_us < at_us)
            e->at_us = at_us;
        at_us = e->at_us;
        insert(tx, e, &scratch);
    }
    buf_fini(&scratch);
}

/* Those who watch know it at once; the taps hear of it when it is durable. */
static void *committed(void *owner)
{
    struct journal *j = owner;
    if (j->count == 0 && j->deadline_us == INT64_MAX)
        return NULL;
    for (size_t i = 0; i < j->count; i++) {
        struct event *e = j->drafts[i];
        event_ref(e);
        recent_add(j, e);
        j->last_at_us = e->at_us;
        j->committed = e->seq;
    }
    tail_committed(&j->tail, j->drafts, j->count, j->deadline_us);
    struct batch *batch = j->count ? tail_batch(j->drafts, j->count) : NULL;
    drafts_cut(j, 0);
    return batch;
}

static void durable(void *owner, void *told)
{
    struct journal *j = owner;
    struct batch *batch = told;
    metric_add(METRIC_EVENTS, (int64_t)batch->count);
    metric_set(METRIC_JOURNAL_HEAD, batch->events[batch->count - 1]->seq);
    tail_publish(&j->tail, &j->head, batch);
}

static void rolled_back(void *owner)
{
    drafts_cut(owner, 0);
}

/* ---- Life ---- */

struct journal *journal_new(struct writer_hooks *hooks_r)
{
    struct journal *j = mem_alloc(sizeof *j);
    tail_init(&j->tail);
    j->recent_first = 1;
    *hooks_r = (struct writer_hooks){j, begin, mark, undo, seal, committed, rolled_back, durable};
    return j;
}

void journal_free(struct journal **j)
{
    struct journal *gone = *j;
    if (!gone)
        return;
    while (gone->recent_first <= gone->committed)
        recent_drop(gone);
    tail_fini(&gone->tail);
    mem_free(gone->drafts);
    mem_free(gone);
    *j = NULL;
}

/* A value of journal_meta, copied into out (cut to size - 1); false when there is none. */
static bool meta_get(struct db *db, const char *name, char *out, size_t size)
{
    struct db_rows *rows =
        db_query(db, "SELECT value FROM journal_meta WHERE name = ?", DB_CSTR(name));
    bool found = db_row(rows);
    struct str value = found ? db_text(rows, 0) : STR("");
    size_t len = value.len < size ? value.len : size - 1;
    memcpy(out, value.at, len);
    out[len] = '\0';
    db_end(rows);
    return found;
}

static void make_epoch(struct journal *j, struct db *db)
{
    random_text(j->epoch, EPOCH_LEN, "0123456789abcdefghijklmnopqrstuvwxyz");
    db_begin(db);
    db_exec(db, "INSERT INTO journal_meta (name, value) VALUES ('epoch', ?)", DB_CSTR(j->epoch));
    if (db_commit(db) != DB_OK)
        db_fail(db, "journal: its epoch could not be written");
}

void journal_load(struct journal *j, struct db *db)
{
    char floor_text[24];
    uint64_t floor = 0;
    if (!meta_get(db, "epoch", j->epoch, sizeof j->epoch))
        make_epoch(j, db);
    if (meta_get(db, "floor", floor_text, sizeof floor_text) &&
        !str_to_u64(str_of(floor_text), INT64_MAX, &floor))
        db_fail(db, "journal: its floor is no number");
    struct db_rows *rows =
        db_query(db, "SELECT seq, at FROM journal_events ORDER BY seq DESC LIMIT 1");
    int64_t head = (int64_t)floor;
    if (db_row(rows)) {
        head = db_int(rows, 0) > head ? db_int(rows, 0) : head;
        j->last_at_us = db_int(rows, 1);
    }
    db_end(rows);
    atomic_store(&j->head, head);
    j->committed = head;
    atomic_store(&j->floor, (int64_t)floor);
    j->recent_first = head + 1;
}

int64_t journal_head(const struct journal *j)
{
    return atomic_load_explicit(&j->head, memory_order_acquire);
}

int64_t journal_committed(const struct journal *j)
{
    return j->committed;
}

int64_t journal_floor(const struct journal *j)
{
    return atomic_load(&j->floor);
}

const char *journal_epoch(const struct journal *j)
{
    return j->epoch;
}

bool journal_cursor_valid(const struct journal *j, struct str epoch, int64_t after)
{
    return str_is(epoch, j->epoch) && after >= journal_floor(j) && after <= journal_head(j);
}

int64_t journal_tap(struct journal *j, struct journal_tap *tap)
{
    return tail_tap(&j->tail, &j->head, tap);
}

void journal_untap(struct journal *j, struct journal_tap *tap)
{
    tail_untap(&j->tail, tap);
}

void journal_watch(struct journal *j, struct journal_watcher *w)
{
    tail_watch(&j->tail, w);
}

void journal_unwatch(struct journal *j, struct journal_watcher *w)
{
    tail_unwatch(&j->tail, w);
}
