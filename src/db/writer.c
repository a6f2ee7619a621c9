/* writer.c - the one thread that writes: takes the units that wait, commits them together, lets
 * the flusher mail the answers home.
 *
 * The queue is a stack that senders push on with one compare-and-swap; the writer takes all of it
 * with one exchange and turns it round. The sender that finds it empty posts the semaphore, so
 * there is exactly one post for each time the stack fills, and none costs a system call while the
 * writer is busy.
 *
 * A batch is first run hopefully, without savepoints. Should a unit fail or want its writes undone,
 * the batch is rolled back and run carefully, each unit behind a savepoint. Should even that fail
 * as a whole (the engine ended the transaction because the disk is full, or the hooks or the commit
 * failed), the batch is halved until the unit that cannot be written stands alone. */
#include "db/writer.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "db/checkpoint.h"
#include "db/driver.h"
#include "db/flusher.h"

#define HOMES_MAX 64 /* loops that are answered at once */

struct writer {
    _Atomic(struct mail *) box;        /* units not yet taken, newest first; &closed at the end */
    _Atomic size_t waiting;            /* units submitted and not yet in a batch */
    _Atomic bool stopping;             /* writer_stop() was called */
    sem_t wake;                        /* one post for each time the box filled */
    struct mail *todo;                 /* units taken, oldest first */
    struct mail *todo_last;            /* the newest of them; only valid while there are any */
    struct mail *later;                /* units for later, soonest first */
    struct db *db;                     /* the connection that writes */
    struct flusher *flusher;           /* makes commits durable meanwhile */
    struct checkpointer *checkpointer; /* moves the log meanwhile */
    struct writer_hooks hooks;         /* the journal's */
    enum db_status lost;               /* why the last attempt did not commit */
    int64_t commit;                    /* the number of the last commit */
    void *told;                        /* what is to be told of it */
    pthread_t thread;                  /* runs writer_main() */
    struct unit *batch[WRITER_BATCH_MAX]; /* the units of the batch in work */
};

/* Stands in the box when nothing is taken any more. */
static struct mail closed;

static struct unit *unit_of(struct mail *m)
{
    return CONTAINER_OF(m, struct unit, mail);
}

/* ---- Home ---- */

/* The first of a chain of units brings the others along. */
static void come_home(struct mail *m)
{
    struct unit *u = unit_of(m);
    while (u) {
        struct unit *next = u->next; /* done() may free u or submit it again */
        u->done(u);
        u = next;
    }
}

/* Units on their way to one loop, in their order. */
struct chain {
    struct loop *home;  /* whose */
    struct unit *first; /* linked by next */
    struct unit *last;  /* the end of it */
};

static void send_chains(struct chain *chains, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        chains[i].last->next = NULL;
        chains[i].first->mail.deliver = come_home;
        loop_post(chains[i].home, &chains[i].first->mail);
    }
}

/* One mail for all units of a loop: with a mail for each it would be woken again and again, since
 * it empties its box as quickly as we fill it. */
static void send_home(struct unit *const *units, size_t count)
{
    struct chain chains[HOMES_MAX];
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        struct unit *u = units[i];
        if (!u->home) {
            u->done(u);
            continue;
        }
        size_t k = 0;
        while (k < used && chains[k].home != u->home)
            k++;
        if (k == HOMES_MAX) {
            send_chains(chains, used);
            used = k = 0;
        }
        if (k == used)
            chains[used++] = (struct chain){u->home, u, u};
        chains[k].last->next = u;
        chains[k].last = u;
    }
    send_chains(chains, used);
}

static void refuse(struct unit *const *units, size_t count, enum unit_fate fate)
{
    for (size_t i = 0; i < count; i++)
        units[i]->fate = fate;
    send_home(units, count);
}

/* ---- On the way to the disk ---- */

/* A commit that is visible and not yet durable. */
struct batch {
    struct flight flight;             /* first: the flusher's */
    const struct writer_hooks *hooks; /* the writer's */
    void *told;                       /* by them, when it is durable */
    size_t count;                     /* units that have a home */
    struct unit *units[];             /* those, in their order */
};

static void land(struct flight *f)
{
    struct batch *b = CONTAINER_OF(f, struct batch, flight);
    if (b->told)
        b->hooks->durable(b->hooks->owner, b->told);
    send_home(b->units, b->count);
    mem_free(b);
}

/* The last commit is on its way, with what is to be told of it. Units without a home are done; the
 * others may be gone once they are handed over. */
static void depart(struct writer *w, struct unit *const *units, size_t count)
{
    struct batch *b = mem_alloc(sizeof *b + count * sizeof b->units[0]);
    b->flight.commit = w->commit;
    b->flight.land = land;
    b->hooks = &w->hooks;
    b->told = w->told;
    for (size_t i = 0; i < count; i++) {
        if (units[i]->home)
            b->units[b->count++] = units[i];
        else
            units[i]->done(units[i]);
    }
    flusher_hand(w->flusher, &b->flight);
}

/* ---- One transaction ---- */

static bool run_hopefully(struct writer *w, struct unit *const *units, size_t count)
{
    const void *kin = NULL;
    for (size_t i = 0; i < count; i++) {
        struct unit *u = units[i];
        if (!u->kin || u->kin != kin)
            db_settle(w->db);
        kin = u->kin;
        u->fate = UNIT_DONE;
        u->undo = false;
        u->run(u, w->db);
        if (w->db->status != DB_OK || u->undo)
            return false;
    }
    return true;
}

static void run_behind_savepoint(struct writer *w, struct unit *u)
{
    struct db *db = w->db;
    db_mark(db);
    w->hooks.mark(w->hooks.owner);
    u->fate = UNIT_DONE;
    u->undo = false;
    u->run(u, db);
    if (db->status == DB_OK && !u->undo)
        return;
    if (db->status == DB_FAILED)
        log_error("DB-UNIT-FAILED", LOG_C("error", db->error));
    if (db->status != DB_OK)
        u->fate = db->status == DB_FAILED ? UNIT_FAILED : UNIT_FULL;
    db_undo(db);
    w->hooks.undo(w->hooks.owner);
}

static bool run_carefully(struct writer *w, struct unit *const *units, size_t count)
{
    for (size_t i = 0; i < count && w->db->status == DB_OK; i++)
        run_behind_savepoint(w, units[i]);
    return w->db->status == DB_OK;
}

/* Run and commit the units by `run`. False when nothing of it is written; w->lost tells why. */
static bool attempt(struct writer *w, struct unit *const *units, size_t count,
                    bool (*run)(struct writer *w, struct unit *const *units, size_t count))
{
    struct db *db = w->db;
    void *owner = w->hooks.owner;
    db_begin(db);
    w->hooks.begin(owner, db);
    bool ran = db->status == DB_OK && run(w, units, count);
    if (ran)
        w->hooks.seal(owner, db);
    if (!ran || db->status != DB_OK) {
        w->lost = db->status;
        db_rollback(db);
        w->hooks.rolled_back(owner);
        return false;
    }
    w->commit = flusher_announce(w->flusher);
    w->lost = db_commit(db);
    if (w->lost == DB_UNKNOWN)
        flusher_lost(db->error);
    if (w->lost == DB_OK) {
        w->told = w->hooks.committed(owner);
        return true;
    }
    w->hooks.rolled_back(owner);
    w->told = NULL;
    depart(w, NULL, 0);
    return false;
}

static void count_done(struct unit *const *units, size_t count)
{
    int64_t done = 0;
    int64_t full = 0;
    for (size_t i = 0; i < count; i++) {
        done += units[i]->fate == UNIT_DONE;
        full += units[i]->fate == UNIT_FULL;
    }
    metric_add(METRIC_UNITS, done);
    metric_add(METRIC_BATCHES, 1);
    if (full)
        log_error("DB-FULL", LOG_N("units", full));
}

/* Run, commit and answer the units, whatever it takes. Returns false when there is no room on the
 * disk for a unit alone, or another process keeps the database: then the rest need not be tried
 * now. */
static bool run_units(struct writer *w, struct unit *const *units, size_t count)
{
    bool done = attempt(w, units, count, run_hopefully);
    if (!done && w->lost != DB_BUSY) {
        metric_add(METRIC_UNITS_RERUN, 1);
        done = attempt(w, units, count, run_carefully);
    }
    if (done) {
        count_done(units, count);
        depart(w, units, count);
        return true;
    }
    bool full = w->lost != DB_FAILED;
    if (count == 1 || w->lost == DB_BUSY) {
        log_error("DB-UNITS-LOST", LOG_N("units", count), LOG_N("status", w->lost),
                  LOG_C("error", w->db->error));
        refuse(units, count, full ? UNIT_FULL : UNIT_FAILED);
        return !full;
    }
    size_t half = count / 2;
    if (run_units(w, units, half))
        return run_units(w, units + half, count - half);
    refuse(units + half, count - half, UNIT_FULL);
    return false;
}

/* ---- The queue ---- */

void writer_submit(struct writer *w, struct unit *u)
{
    struct mail *top = atomic_load_explicit(&w->box, memory_order_relaxed);
    atomic_fetch_add_explicit(&w->waiting, 1, memory_order_relaxed);
    do {
        if (top == &closed) {
            atomic_fetch_sub_explicit(&w->waiting, 1, memory_order_relaxed);
            refuse(&u, 1, UNIT_STOPPED);
            return;
        }
        u->mail.next = top;
    } while (!atomic_compare_exchange_weak_explicit(&w->box, &top, &u->mail, memory_order_release,
                                                    memory_order_relaxed));
    if (!top)
        sem_post(&w->wake);
}

void writer_submit_later(struct writer *w, struct unit *u, int64_t delay_ms)
{
    u->due_ns = clock_mono_ns() + delay_ms * NS_PER_MS;
    struct mail **at = &w->later;
    while (*at && unit_of(*at)->due_ns <= u->due_ns)
        at = &(*at)->next;
    u->mail.next = *at;
    *at = &u->mail;
}

struct flusher *writer_flusher(const struct writer *w)
{
    return w->flusher;
}

size_t writer_waiting(const struct writer *w)
{
    return atomic_load_explicit(&w->waiting, memory_order_relaxed);
}

static void add_todo(struct writer *w, struct mail *first, struct mail *last)
{
    if (w->todo)
        w->todo_last->next = first;
    else
        w->todo = first;
    w->todo_last = last;
}

/* Move all that is in the box behind what is to be done; `leave` is left in the box. */
static void empty_box(struct writer *w, struct mail *leave)
{
    struct mail *newest = atomic_exchange_explicit(&w->box, leave, memory_order_acquire);
    struct mail *last = newest;
    struct mail *oldest = NULL;
    while (newest) {
        struct mail *next = newest->next;
        newest->next = oldest;
        oldest = newest;
        newest = next;
    }
    if (oldest)
        add_todo(w, oldest, last);
}

/* Move the units for later whose time has come. */
static void wake_later(struct writer *w)
{
    int64_t now = w->later ? clock_mono_ns() : 0;
    while (w->later && unit_of(w->later)->due_ns <= now) {
        struct mail *m = w->later;
        w->later = m->next;
        m->next = NULL;
        atomic_fetch_add_explicit(&w->waiting, 1, memory_order_relaxed);
        add_todo(w, m, m);
    }
}

/* Sleep until the box fills, at most until `due_ns`; true when it filled. */
static bool wait_until(struct writer *w, int64_t due_ns)
{
    struct timespec until = {.tv_sec = due_ns / (NS_PER_MS * 1000),
                             .tv_nsec = due_ns % (NS_PER_MS * 1000)};
    return sem_clockwait(&w->wake, CLOCK_MONOTONIC, &until) == 0;
}

/* Sleep until the box fills or the first unit for later is due. */
static void wait_for_work(struct writer *w)
{
    if (w->later) {
        (void)wait_until(w, unit_of(w->later)->due_ns);
        return;
    }
    while (sem_wait(&w->wake) != 0)
        CHECK(errno == EINTR);
}

static bool all_patient(const struct writer *w)
{
    const struct mail *m = w->todo;
    while (m && CONTAINER_OF(m, const struct unit, mail)->patient)
        m = m->next;
    return !m;
}

/* Units for which nobody waits are not worth a commit of their own: followers react to what was
 * just committed, and the next order is on its way. */
static void wait_for_company(struct writer *w)
{
    int64_t until = clock_mono_ns() + WRITER_PATIENCE_MS * NS_PER_MS;
    while (all_patient(w) && !atomic_load(&w->stopping) && wait_until(w, until))
        empty_box(w, NULL);
}

/* Fill the batch with what waits; returns its size, 0 when the writer has stopped. Never waits to
 * fill it when somebody waits for an answer: a batch of one is as good as any. */
static size_t take_batch(struct writer *w)
{
    bool open = atomic_load_explicit(&w->box, memory_order_relaxed) != &closed;
    while (open && !w->todo) {
        if (!atomic_load(&w->stopping))
            wait_for_work(w);
        open = !atomic_load(&w->stopping);
        empty_box(w, open ? NULL : &closed);
        wake_later(w);
    }
    if (open && w->todo)
        wait_for_company(w);
    if (open && sem_trywait(&w->wake) == 0)
        empty_box(w, NULL);
    wake_later(w);
    size_t count = 0;
    while (w->todo && count < WRITER_BATCH_MAX) {
        w->batch[count++] = unit_of(w->todo);
        w->todo = w->todo->next;
    }
    atomic_fetch_sub_explicit(&w->waiting, count, memory_order_relaxed);
    return count;
}

static void *writer_main(void *arg)
{
    struct writer *w = arg;
    size_t count;
    while ((count = take_batch(w)) > 0) {
        checkpointer_enter(w->checkpointer);
        run_units(w, w->batch, count);
        checkpointer_leave(w->checkpointer, db_log_bytes(w->db));
    }
    while (w->later) {
        struct unit *u = unit_of(w->later);
        w->later = w->later->next;
        refuse(&u, 1, UNIT_STOPPED);
    }
    return NULL;
}

/* ---- Start and stop ---- */

static void nothing(void *owner)
{
    (void)owner;
}

static void *nothing_told(void *owner)
{
    (void)owner;
    return NULL;
}

static void nothing_tx(void *owner, struct db *tx)
{
    (void)owner;
    (void)tx;
}

/* A writer may have no hooks at all, or some. */
static struct writer_hooks whole(const struct writer_hooks *hooks)
{
    struct writer_hooks h = hooks ? *hooks : (struct writer_hooks){0};
    h.begin = h.begin ? h.begin : nothing_tx;
    h.mark = h.mark ? h.mark : nothing;
    h.undo = h.undo ? h.undo : nothing;
    h.seal = h.seal ? h.seal : nothing_tx;
    h.committed = h.committed ? h.committed : nothing_told;
    h.rolled_back = h.rolled_back ? h.rolled_back : nothing;
    return h;
}

struct writer *writer_start(const char *url, const struct writer_hooks *hooks, const char **why_r)
{
    struct db *db = db_open(url, DB_WRITE, why_r);
    if (!db)
        return NULL;
    struct checkpointer *c = checkpointer_start(url, CHECKPOINT_RULE, why_r);
    if (!c) {
        db_close(&db);
        return NULL;
    }
    struct writer *w = mem_alloc(sizeof *w);
    w->db = db;
    w->flusher = flusher_start(db);
    w->checkpointer = c;
    w->hooks = whole(hooks);
    db->owner = w->hooks.owner;
    CHECK(sem_init(&w->wake, 0, 0) == 0);
    CHECK(pthread_create(&w->thread, NULL, writer_main, w) == 0);
    pthread_setname_np(w->thread, "writer");
    return w;
}

void writer_stop(struct writer **w)
{
    struct writer *gone = *w;
    if (!gone)
        return;
    atomic_store(&gone->stopping, true);
    sem_post(&gone->wake);
    pthread_join(gone->thread, NULL);
    flusher_stop(&gone->flusher);
    checkpointer_stop(&gone->checkpointer);
    db_close(&gone->db);
    sem_destroy(&gone->wake);
    mem_free(gone);
    *w = NULL;
}
