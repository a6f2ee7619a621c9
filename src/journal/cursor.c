/* cursor.c - followers: services that react to the journal, each at its own cursor.
 *
 * All of it happens on the writer's thread. A commit tells the watcher which events are of interest
 * to whom; a follower with something to do has one unit of work in flight, which reacts to what
 * lies between its cursor and the head and stores the cursor in the same transaction. Events of
 * interest to nobody only move the cursor in memory; the stored one follows every STORE_EVERY
 * events and at the end, since to look at such events again after a crash does no harm.
 *
 * A reaction that fails is tried again for ever, never skipped: first alone, to let the events
 * before it through, then after ever longer pauses. */
#include "journal/cursor.h"

#include "base/log.h"
#include "base/map.h"
#include "base/metrics.h"
#include "journal/inside.h"

#define REACT_MAX    256   /* events reacted to in one unit */
#define LOOK_MAX     1024  /* events read back from the database in one unit */
#define STORE_EVERY  4096  /* events between stored cursors */
#define PAUSE_MS     1000  /* before the first repetition */
#define PAUSE_MAX_MS 60000 /* and at most */

/* Who reacts to one topic, and how. */
struct interest {
    struct str topic;            /* the key in the map */
    const struct reaction *of[]; /* by follower; NULL: not at all */
};

/* One follower at work. */
struct chase {
    struct unit unit;            /* in flight, or waiting to be tried again */
    struct followers *all;       /* of which it is one */
    const struct follower *what; /* name and reactions */
    size_t index;                /* place among all */
    _Atomic int64_t cursor;      /* reacted to everything up to here */
    int64_t stored;              /* the cursor in the database */
    int64_t wanted;              /* seq of the last event of interest */
    int64_t reached;             /* by the unit in flight */
    size_t reacted;              /* events reacted to by the unit in flight */
    size_t limit;                /* events it may react to */
    int64_t pause_ms;            /* before the next repetition */
    bool busy;                   /* the unit is in flight or waits */
};

struct followers {
    struct journal_watcher watcher; /* tells of commits */
    struct unit load;               /* reads the cursors, once */
    struct unit store;              /* writes the cursors at the end */
    struct journal *journal;        /* followed */
    struct writer *writer;          /* where units are submitted */
    struct map interests;           /* topic to struct interest */
    _Atomic bool stopping;          /* submit no more units */
    bool loaded;                    /* the cursors are known */
    size_t count;                   /* of chases */
    struct chase chases[];          /* one for each follower */
};

/* How the follower at `index` reacts to an event of this topic; NULL when it is nothing to it. */
static const struct reaction *reaction_to(const struct interest *interest, size_t index,
                                          const struct event *e)
{
    const struct reaction *r = interest ? interest->of[index] : NULL;
    return r && (!r->concerns || r->concerns(e)) ? r : NULL;
}

static int64_t cursor_of(const struct chase *c)
{
    return atomic_load_explicit(&c->cursor, memory_order_acquire);
}

static void move_cursor(struct chase *c, int64_t seq)
{
    atomic_store_explicit(&c->cursor, seq, memory_order_release);
}

static void tell_lag(const struct followers *f)
{
    int64_t head = journal_committed(f->journal);
    int64_t last = head;
    for (size_t i = 0; i < f->count; i++)
        if (cursor_of(&f->chases[i]) < last)
            last = cursor_of(&f->chases[i]);
    metric_set(METRIC_REACTION_LAG, head - last);
}

/* ---- The unit of work ---- */

static void store(struct db *tx, const struct chase *c, int64_t seq)
{
    db_exec(tx, "UPDATE journal_cursors SET seq = ? WHERE follower = ?", DB_INT(seq),
            DB_CSTR(c->what->name));
}

/* React to `e` if it is of interest. Returns false, with the cursor left before it, when the unit
 * has done enough. */
static bool look(struct chase *c, struct db *tx, const struct event *e)
{
    const struct interest *interest = map_get(&c->all->interests, e->topic);
    const struct reaction *reaction = reaction_to(interest, c->index, e);
    if (reaction) {
        if (c->reacted == c->limit)
            return false;
        c->reacted++;
        reaction->react(tx, e);
    }
    c->reached = e->seq;
    return tx->status == DB_OK;
}

static void look_at_recent(struct chase *c, struct db *tx)
{
    struct event *e = journal_recent(c->all->journal, c->reached + 1);
    while (e && look(c, tx, e))
        e = journal_recent(c->all->journal, c->reached + 1);
}

/* What visiting a page of the journal needs. */
struct reading {
    struct chase *chase; /* who reads */
    struct db *tx;       /* its transaction */
    bool enough;         /* the rest of the page is for the next unit */
};

static void look_at_read(void *arg, const struct event *e)
{
    struct reading *r = arg;
    r->enough = r->enough || !look(r->chase, r->tx, e);
}

static void look_at_stored(struct chase *c, struct db *tx)
{
    struct reading r = {c, tx, false};
    bool more;
    int64_t head = journal_committed(c->all->journal);
    int64_t next = journal_read(tx, NULL, 0, c->reached, head, LOOK_MAX, look_at_read, &r, &more);
    if (!r.enough && tx->status == DB_OK)
        c->reached = next;
}

static void run(struct unit *u, struct db *tx)
{
    struct chase *c = CONTAINER_OF(u, struct chase, unit);
    c->reached = cursor_of(c);
    c->reacted = 0;
    if (journal_recent(c->all->journal, c->reached + 1))
        look_at_recent(c, tx);
    else if (c->reached < journal_committed(c->all->journal))
        look_at_stored(c, tx);
    store(tx, c, c->reached);
}

/* Submit the unit if there is something to do. */
static void go_on(struct chase *c)
{
    struct followers *f = c->all;
    if (c->busy || atomic_load(&f->stopping))
        return;
    if (c->wanted <= cursor_of(c)) {
        int64_t head = journal_committed(f->journal);
        move_cursor(c, head);
        if (head - c->stored < STORE_EVERY)
            return;
    }
    c->busy = true;
    writer_submit(f->writer, &c->unit);
}

/* Nothing of the unit is written. What failed is tried again at once with one event, then later and
 * later; for room on the disk it is always looked soon. */
static void try_again(struct chase *c)
{
    int64_t pause_ms = PAUSE_MS;
    log_error("JOURNAL-REACTION-FAILED", LOG_C("follower", c->what->name),
              LOG_N("after", cursor_of(c)), LOG_N("reached", c->reached));
    if (c->unit.fate == UNIT_FAILED) {
        bool alone = c->limit == 1;
        c->limit = 1;
        if (!alone) {
            go_on(c);
            return;
        }
        pause_ms = c->pause_ms;
        c->pause_ms = c->pause_ms * 2 < PAUSE_MAX_MS ? c->pause_ms * 2 : PAUSE_MAX_MS;
    }
    c->busy = true;
    writer_submit_later(c->all->writer, &c->unit, pause_ms);
}

static void done(struct unit *u)
{
    struct chase *c = CONTAINER_OF(u, struct chase, unit);
    c->busy = false;
    if (u->fate == UNIT_STOPPED)
        return;
    if (u->fate != UNIT_DONE) {
        try_again(c);
        return;
    }
    c->stored = c->reached;
    move_cursor(c, c->reached);
    c->limit = c->limit * 2 < REACT_MAX ? c->limit * 2 : REACT_MAX;
    c->pause_ms = PAUSE_MS;
    go_on(c);
    tell_lag(c->all);
}

/* ---- What commits tell ---- */

static void note_interest(struct followers *f, const struct event *e)
{
    const struct interest *interest = map_get(&f->interests, e->topic);
    for (size_t i = 0; interest && i < f->count; i++)
        if (reaction_to(interest, i, e))
            f->chases[i].wanted = e->seq;
}

static void committed(struct journal_watcher *w, struct event *const *events, size_t count,
                      int64_t deadline_us)
{
    struct followers *f = CONTAINER_OF(w, struct followers, watcher);
    (void)deadline_us;
    if (!f->loaded)
        return;
    for (size_t i = 0; i < count; i++)
        note_interest(f, events[i]);
    for (size_t i = 0; i < f->count; i++)
        go_on(&f->chases[i]);
    tell_lag(f);
}

/* ---- Begin and end ---- */

/* False, and the journal's beginning, for one that never followed. */
static bool stored_cursor(struct db *db, const char *name, int64_t *seq_r)
{
    struct db_rows *rows =
        db_query(db, "SELECT seq FROM journal_cursors WHERE follower = ?", DB_CSTR(name));
    bool known = db_row(rows);
    *seq_r = known ? db_int(rows, 0) : 0;
    db_end(rows);
    return known;
}

int64_t follower_stored(struct db *db, const char *name)
{
    int64_t seq;
    (void)stored_cursor(db, name, &seq);
    return seq;
}

/* A new follower gets its row, from the journal's beginning. */
static void load(struct unit *u, struct db *tx)
{
    struct followers *f = CONTAINER_OF(u, struct followers, load);
    for (size_t i = 0; i < f->count; i++) {
        struct chase *c = &f->chases[i];
        if (!stored_cursor(tx, c->what->name, &c->reached))
            db_exec(tx, "INSERT INTO journal_cursors (follower, seq) VALUES (?, 0)",
                    DB_CSTR(c->what->name));
    }
}

static void load_done(struct unit *u)
{
    struct followers *f = CONTAINER_OF(u, struct followers, load);
    if (u->fate == UNIT_STOPPED)
        return;
    if (u->fate != UNIT_DONE) {
        log_error("JOURNAL-CURSORS-FAILED", LOG_N("fate", u->fate));
        writer_submit_later(f->writer, u, PAUSE_MS);
        return;
    }
    f->loaded = true;
    for (size_t i = 0; i < f->count; i++) {
        struct chase *c = &f->chases[i];
        c->stored = c->reached;
        c->wanted = journal_committed(f->journal); /* for all we know */
        move_cursor(c, c->reached);
        go_on(c);
    }
    tell_lag(f);
}

/* A follower whose unit is in flight stores its cursor there: what is known here is older. */
static void store_all(struct unit *u, struct db *tx)
{
    struct followers *f = CONTAINER_OF(u, struct followers, store);
    for (size_t i = 0; f->loaded && i < f->count; i++) {
        const struct chase *c = &f->chases[i];
        if (!c->busy && c->stored < cursor_of(c))
            store(tx, c, cursor_of(c));
    }
}

static void store_done(struct unit *u)
{
    (void)u; /* what is not stored is looked at again */
}

static struct interest *interest_in(struct followers *f, const char *topic)
{
    struct interest *interest = map_get(&f->interests, str_of(topic));
    if (interest)
        return interest;
    interest = mem_alloc(sizeof *interest + f->count * sizeof interest->of[0]);
    interest->topic = str_of(topic);
    map_put(&f->interests, interest->topic, interest);
    return interest;
}

static void add_chase(struct followers *f, size_t index, const struct follower *what)
{
    struct chase *c = &f->chases[index];
    c->unit.run = run;
    c->unit.done = done;
    c->unit.patient = true;
    c->all = f;
    c->what = what;
    c->index = index;
    c->limit = REACT_MAX;
    c->pause_ms = PAUSE_MS;
    for (size_t i = 0; i < what->count; i++) {
        struct interest *interest = interest_in(f, what->reactions[i].topic);
        CHECK(!interest->of[index]);
        interest->of[index] = &what->reactions[i];
    }
}

struct followers *followers_start(struct journal *j, struct writer *w, const struct follower *all,
                                  size_t count)
{
    struct followers *f = mem_alloc(sizeof *f + count * sizeof f->chases[0]);
    f->journal = j;
    f->writer = w;
    f->count = count;
    for (size_t i = 0; i < count; i++)
        add_chase(f, i, &all[i]);
    f->watcher.committed = committed;
    f->load.run = load;
    f->load.done = load_done;
    f->store.run = store_all;
    f->store.done = store_done;
    journal_watch(j, &f->watcher);
    writer_submit(w, &f->load);
    return f;
}

void followers_stop(struct followers *f)
{
    if (atomic_exchange(&f->stopping, true))
        return;
    journal_unwatch(f->journal, &f->watcher);
    writer_submit(f->writer, &f->store);
}

void followers_free(struct followers **f)
{
    struct followers *gone = *f;
    size_t at = 0;
    if (!gone)
        return;
    struct interest *interest;
    while ((interest = map_next(&gone->interests, &at)))
        mem_free(interest);
    map_fini(&gone->interests);
    mem_free(gone);
    *f = NULL;
}

int64_t followers_cursor(const struct followers *f, const char *name)
{
    for (size_t i = 0; i < f->count; i++)
        if (strcmp(f->chases[i].what->name, name) == 0)
            return cursor_of(&f->chases[i]);
    return journal_head(f->journal);
}
