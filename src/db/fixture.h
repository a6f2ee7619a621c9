/* fixture.h - for tests only: a folder of its own with a database in it, and a loop on which a test
 * waits until work came home. Include after cmocka's headers. */
#ifndef PESAN_DB_FIXTURE_H
#define PESAN_DB_FIXTURE_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "db/db.h"
#include "db/readers.h"
#include "db/writer.h"

/* Where a test lives. */
struct house {
    char folder[64];    /* made by mkdtemp(), removed at the end */
    char path[80];      /* the database file in it */
    char url[96];       /* "sqlite:" and the path */
    struct loop *loop;  /* runs in house_wait() */
    int away;           /* what house_wait() waits for; loop's thread */
    struct timer until; /* house_run_ms()'s */
};

static inline void house_init(struct house *h)
{
    *h = (struct house){.folder = "/tmp/pesan-test-XXXXXX"};
    assert_non_null(mkdtemp(h->folder));
    snprintf(h->path, sizeof h->path, "%s/t.db", h->folder);
    snprintf(h->url, sizeof h->url, "sqlite:%s", h->path);
    h->loop = loop_new();
}

static inline void house_fini(struct house *h)
{
    loop_free(&h->loop);
    DIR *folder = opendir(h->folder);
    struct dirent *entry;
    while (folder && (entry = readdir(folder))) {
        char path[400];
        snprintf(path, sizeof path, "%s/%s", h->folder, entry->d_name);
        unlink(path);
    }
    closedir(folder);
    rmdir(h->folder);
}

/* Run the loop until all that was sent away came home by house_home(). */
static inline void house_wait(struct house *h)
{
    if (h->away > 0)
        loop_run(h->loop);
}

static inline void house_home(struct house *h)
{
    if (--h->away == 0)
        loop_stop(h->loop);
}

static inline struct db *house_open(const struct house *h, enum db_mode mode)
{
    const char *why = NULL;
    struct db *db = db_open(h->url, mode, &why);
    if (!db)
        fail_msg("%s", why);
    return db;
}

static inline struct writer *house_writer(const struct house *h, const struct writer_hooks *hooks)
{
    const char *why = NULL;
    struct writer *w = writer_start(h->url, hooks, &why);
    if (!w)
        fail_msg("%s", why);
    return w;
}

static inline void house_stop_loop(struct timer *t)
{
    loop_stop(CONTAINER_OF(t, struct house, until)->loop);
}

/* Run the loop for a while, for what comes by itself or should not come. */
static inline void house_run_ms(struct house *h, int64_t ms)
{
    h->until.fire = house_stop_loop;
    loop_timer(h->loop, &h->until, ms);
    loop_run(h->loop);
}

/* A number out of the database, on a connection of its own; `sql` is a literal. */
static inline int64_t house_number(const struct house *h, const char *sql)
{
    struct db *db = house_open(h, DB_READ);
    struct db_rows *rows = db_query(db, sql);
    assert_true(db_row(rows));
    int64_t number = db_int(rows, 0);
    db_end(rows);
    assert_int_equal(db->status, DB_OK);
    db_close(&db);
    return number;
}

/* Run a script on a connection of its own. */
static inline void house_script(const struct house *h, const char *sql)
{
    struct db *db = house_open(h, DB_WRITE);
    db_script(db, sql);
    assert_int_equal(db->status, DB_OK);
    db_close(&db);
}

/* A unit whose work is a function of the test. */
struct task {
    struct unit unit;                            /* the writer's */
    struct house *house;                         /* where it comes home */
    void (*work)(struct task *t, struct db *tx); /* what it does */
    int64_t number;                              /* for the work */
    int runs;                                    /* how often it ran */
    int homes;                                   /* how often it came home */
};

static inline void task_run(struct unit *u, struct db *tx)
{
    struct task *t = CONTAINER_OF(u, struct task, unit);
    t->runs++;
    t->work(t, tx);
}

static inline void task_done(struct unit *u)
{
    struct task *t = CONTAINER_OF(u, struct task, unit);
    t->homes++;
    house_home(t->house);
}

static inline void task_make(struct house *h, struct task *t,
                             void (*work)(struct task *t, struct db *tx), int64_t number)
{
    *t = (struct task){.house = h, .work = work, .number = number};
    t->unit.home = h->loop;
    t->unit.run = task_run;
    t->unit.done = task_done;
}

static inline void task_send(struct house *h, struct writer *w, struct task *t,
                             void (*work)(struct task *t, struct db *tx), int64_t number)
{
    task_make(h, t, work, number);
    h->away++;
    writer_submit(w, &t->unit);
}

/* Send one unit and wait for it. */
static inline enum unit_fate task_do(struct house *h, struct writer *w,
                                     void (*work)(struct task *t, struct db *tx), int64_t number)
{
    struct task t;
    task_send(h, w, &t, work, number);
    house_wait(h);
    return t.unit.fate;
}

#endif
