/* deadline.c - durable timers: rows of a table, one timer of a loop for the earliest of them.
 *
 * The timer is set for the earliest deadline that is known here. Setting one in a transaction only
 * tells the loop after the commit, by a mail; being woken too early costs a look into the table and
 * nothing else. A unit of work runs what is due and tells when the next one is; what was set while
 * that unit was on its way is kept apart (heard_us), because its answer may be older. */
#include "journal/deadline.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "db/migrate.h"
#include "journal/inside.h"

#define DUE_MAX     256             /* deadlines run in one unit */
#define SLEEP_MAX_S 60              /* the UTC clock may be set; look again at the latest then */
#define RETRY_US    (1 * US_PER_S)  /* after a unit that was not written */
#define PUT_OFF_US  (60 * US_PER_S) /* how long one that fails alone is put off */
#define ARENA_MAX   (256 << 10)     /* bytes of keys in one unit */
#define NEVER       INT64_MAX

/* One row that is due. */
struct due {
    const struct deadline_owner *owner; /* whose */
    struct str key;                     /* in the arena */
};

struct deadlines {
    struct journal_watcher watcher;      /* tells of deadlines that were set */
    struct unit unit;                    /* runs what is due */
    struct read_job first;               /* the first look into the table */
    struct timer timer;                  /* set for next_us */
    struct mail mail;                    /* tells the loop of told_us */
    _Atomic bool posted;                 /* the mail is on its way */
    _Atomic int64_t told_us;             /* earliest deadline set since the mail was delivered */
    struct loop *loop;                   /* where the timer is */
    struct journal *journal;             /* watched */
    struct writer *writer;               /* where the unit is submitted */
    const struct deadline_owner *owners; /* who is called */
    size_t count;                        /* owners */
    int64_t next_us;                     /* what the timer is set for; NEVER: not set */
    int64_t heard_us;                    /* earliest deadline told since the unit was submitted */
    int64_t now_us;                      /* the unit's time */
    int64_t left_us;                     /* the unit's answer: the earliest that is left */
    int64_t first_us;                    /* the first look's, which may be on its way beside it */
    size_t limit;                        /* deadlines the unit may run */
    bool put_off;                        /* the unit puts off what failed alone, runs nothing */
    bool reading;                        /* the first look is on its way */
    bool busy;                           /* the unit is on its way */
    bool stopped;                        /* free when nothing is on its way any more */
    struct arena *arena;                 /* the unit's keys */
    struct due due[DUE_MAX];             /* what the unit runs */
    size_t due_count;                    /* how many */
};

static const char *const steps[] = {
    "CREATE TABLE deadlines (service {key} NOT NULL, item {key} NOT NULL, at {int} NOT NULL,"
    " PRIMARY KEY (service, item)) {table_clustered};"
    "CREATE INDEX deadlines_at ON deadlines (service, at);",
};

const struct migrations deadline_migrations = {"deadline", steps, ARRAY_LEN(steps)};

/* ---- In a transaction ---- */

static int64_t move(struct db *tx, const char *service, struct str key, int64_t at_us)
{
    return db_exec(tx, "UPDATE deadlines SET at = ? WHERE service = ? AND item = ?", DB_INT(at_us),
                   DB_CSTR(service), DB_TEXT(key));
}

void deadline_set(struct db *tx, const char *service, struct str key, int64_t at_us)
{
    CHECK(tx->owner != NULL);
    if (move(tx, service, key, at_us) == 0)
        db_exec(tx, "INSERT INTO deadlines (service, item, at) VALUES (?, ?, ?)", DB_CSTR(service),
                DB_TEXT(key), DB_INT(at_us));
    journal_note_deadline(tx->owner, at_us);
}

void deadline_clear(struct db *tx, const char *service, struct str key)
{
    db_exec(tx, "DELETE FROM deadlines WHERE service = ? AND item = ?", DB_CSTR(service),
            DB_TEXT(key));
}

static int64_t earliest_of(struct db *db, const char *service)
{
    struct db_rows *rows = db_query(
        db, "SELECT at FROM deadlines WHERE service = ? ORDER BY at LIMIT 1", DB_CSTR(service));
    int64_t at_us = db_row(rows) ? db_int(rows, 0) : NEVER;
    db_end(rows);
    return at_us;
}

/* Rows of services that do not run here are not looked at. */
static int64_t earliest(const struct deadlines *d, struct db *db)
{
    int64_t all = NEVER;
    for (size_t i = 0; i < d->count; i++) {
        int64_t one = earliest_of(db, d->owners[i].service);
        all = one < all ? one : all;
    }
    return all;
}

/* ---- The unit of work ---- */

static void collect(struct deadlines *d, struct db *tx, const struct deadline_owner *owner)
{
    struct db_rows *rows =
        db_query(tx,
                 "SELECT item FROM deadlines WHERE service = ? AND at <= ?"
                 " ORDER BY at LIMIT ?",
                 DB_CSTR(owner->service), DB_INT(d->now_us), DB_INT(d->limit - d->due_count));
    while (db_row(rows)) {
        struct str key = db_text(rows, 0);
        d->due[d->due_count++] = (struct due){owner, {arena_strdup(d->arena, key), key.len}};
    }
    db_end(rows);
}

static void run_due(struct deadlines *d, struct db *tx)
{
    arena_reset(d->arena);
    d->due_count = 0;
    for (size_t i = 0; i < d->count && d->due_count < d->limit; i++)
        collect(d, tx, &d->owners[i]);
    for (size_t i = 0; i < d->due_count && tx->status == DB_OK; i++) {
        deadline_clear(tx, d->due[i].owner->service, d->due[i].key);
        d->due[i].owner->due(tx, d->due[i].key, d->now_us);
    }
}

static void run(struct unit *u, struct db *tx)
{
    struct deadlines *d = CONTAINER_OF(u, struct deadlines, unit);
    if (d->put_off)
        move(tx, d->due[0].owner->service, d->due[0].key, d->now_us + PUT_OFF_US);
    else
        run_due(d, tx);
    d->left_us = earliest(d, tx);
}

/* ---- On the loop ---- */

static void free_if_idle(struct deadlines *d)
{
    if (!d->stopped || d->busy || d->reading || atomic_load(&d->posted))
        return;
    arena_free(&d->arena);
    mem_free(d);
}

static void submit(struct deadlines *d)
{
    d->next_us = NEVER;
    d->heard_us = NEVER;
    d->now_us = clock_utc_us();
    d->busy = true;
    writer_submit(d->writer, &d->unit);
}

/* See to it that the timer fires at `at_us` or before. While the unit is on its way nothing is set.
 */
static void arm(struct deadlines *d, int64_t at_us)
{
    d->heard_us = at_us < d->heard_us ? at_us : d->heard_us;
    if (d->stopped || d->busy || at_us >= d->next_us)
        return;
    d->next_us = at_us;
    int64_t wait_us = at_us - clock_utc_us();
    if (wait_us > SLEEP_MAX_S * US_PER_S)
        wait_us = SLEEP_MAX_S * US_PER_S;
    loop_timer(d->loop, &d->timer, wait_us < 0 ? 0 : wait_us / 1000 + 1);
}

static void fire(struct timer *t)
{
    struct deadlines *d = CONTAINER_OF(t, struct deadlines, timer);
    int64_t at_us = d->next_us;
    d->next_us = NEVER;
    if (at_us <= clock_utc_us())
        submit(d);
    else
        arm(d, at_us);
}

/* What fails alone is put off in a transaction of its own, so that the others get their turn. */
static void failed(struct deadlines *d)
{
    bool alone = d->due_count == 1 && !d->put_off;
    log_error("JOURNAL-DEADLINE-FAILED", LOG_N("due", d->due_count), LOG_N("fate", d->unit.fate),
              LOG_C("service", d->due_count ? d->due[0].owner->service : ""),
              LOG_S("key", d->due_count ? d->due[0].key : STR("")));
    d->put_off = d->unit.fate == UNIT_FAILED && alone;
    d->limit = 1;
    arm(d, clock_utc_us() + RETRY_US);
}

static void done(struct unit *u)
{
    struct deadlines *d = CONTAINER_OF(u, struct deadlines, unit);
    d->busy = false;
    if (u->fate == UNIT_DONE) {
        d->put_off = false;
        d->limit = d->limit * 2 < DUE_MAX ? d->limit * 2 : DUE_MAX;
        arm(d, d->left_us < d->heard_us ? d->left_us : d->heard_us);
    } else if (u->fate != UNIT_STOPPED) {
        failed(d);
    }
    free_if_idle(d);
}

static void hear(struct mail *m)
{
    struct deadlines *d = CONTAINER_OF(m, struct deadlines, mail);
    atomic_store(&d->posted, false);
    arm(d, atomic_exchange(&d->told_us, NEVER));
    free_if_idle(d);
}

/* ---- What commits tell, on the writer's thread ---- */

static void committed(struct journal_watcher *w, struct event *const *events, size_t count,
                      int64_t deadline_us)
{
    struct deadlines *d = CONTAINER_OF(w, struct deadlines, watcher);
    (void)events;
    (void)count;
    if (deadline_us == NEVER)
        return;
    int64_t told = atomic_load(&d->told_us);
    while (deadline_us < told && !atomic_compare_exchange_weak(&d->told_us, &told, deadline_us))
        continue;
    if (!atomic_exchange(&d->posted, true))
        loop_post(d->loop, &d->mail);
}

/* ---- Begin and end ---- */

static void first_look(struct read_job *job, struct db *db)
{
    struct deadlines *d = CONTAINER_OF(job, struct deadlines, first);
    d->first_us = earliest(d, db);
}

/* Should the look have failed, the unit looks for itself. */
static void first_looked(struct read_job *job)
{
    struct deadlines *d = CONTAINER_OF(job, struct deadlines, first);
    d->reading = false;
    arm(d, job->failed ? clock_utc_us() : d->first_us);
    free_if_idle(d);
}

struct deadlines *deadlines_start(struct loop *loop, struct journal *j, struct writer *w,
                                  struct readers *r, const struct deadline_owner *owners,
                                  size_t count)
{
    struct deadlines *d = mem_alloc(sizeof *d);
    d->loop = loop;
    d->journal = j;
    d->writer = w;
    d->owners = owners;
    d->count = count;
    d->next_us = d->heard_us = NEVER;
    atomic_init(&d->told_us, NEVER);
    d->limit = DUE_MAX;
    d->arena = arena_new(ARENA_MAX);
    d->timer.fire = fire;
    d->mail.deliver = hear;
    d->watcher.committed = committed;
    d->unit.home = d->first.home = loop;
    d->unit.run = run;
    d->unit.done = done;
    d->first.run = first_look;
    d->first.done = first_looked;
    journal_watch(j, &d->watcher);
    d->reading = true;
    readers_submit(r, &d->first);
    return d;
}

void deadlines_stop(struct deadlines **d)
{
    struct deadlines *gone = *d;
    if (!gone)
        return;
    journal_unwatch(gone->journal, &gone->watcher);
    loop_timer_clear(gone->loop, &gone->timer);
    gone->stopped = true;
    free_if_idle(gone);
    *d = NULL;
}
