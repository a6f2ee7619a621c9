/* ready.c - the demo's people get their passwords, beside the first requests.
 *
 * Their hashes take half a second, which nobody waits for but who logs in: he queues up for the
 * same worker, which goes on to him only when the hashes are committed. */
#include "account/ready.h"

#include <semaphore.h>
#include <stdatomic.h>

#include "account/account.h"
#include "account/password.h"
#include "base/log.h"

#define DEMO_PASSWORD "pesan-demo"
#define PEOPLE_MAX    8

static struct ready {
    struct read_job job;           /* hashes */
    struct unit unit;              /* writes the hashes down */
    struct writer *writer;         /* the house's */
    struct arena *arena;           /* of ids and hashes */
    struct str ids[PEOPLE_MAX];    /* whose */
    struct str hashes[PEOPLE_MAX]; /* what */
    size_t count;                  /* of both */
    sem_t written;                 /* posted when the unit is over */
    sem_t over;                    /* posted when all is */
    _Atomic bool stopping;         /* the house ends: leave the rest to the next start */
    bool begun;                    /* the job was submitted */
} ready;

static void write_down(struct unit *u, struct db *tx)
{
    (void)u;
    for (size_t i = 0; i < ready.count; i++)
        account_first_password(tx, ready.ids[i], ready.hashes[i]);
}

static void written(struct unit *u)
{
    if (u->fate != UNIT_DONE)
        log_warn("ACCOUNT-DEMO-PASSWORDS", LOG_C("why", "not written; the next start tries again"));
    sem_post(&ready.written);
}

static void wait_for(sem_t *s)
{
    while (sem_wait(s) != 0)
        continue;
}

static void work(struct read_job *job, struct db *db)
{
    (void)job;
    size_t found = account_demo_unready(db, ready.arena, ready.ids, PEOPLE_MAX);
    for (ready.count = 0; ready.count < found && !atomic_load(&ready.stopping); ready.count++) {
        struct str hash = password_hash(ready.arena, STR(DEMO_PASSWORD));
        if (!hash.at)
            break;
        ready.hashes[ready.count] = hash;
    }
    if (ready.count == 0)
        return;
    ready.unit = (struct unit){.run = write_down, .done = written};
    writer_submit(ready.writer, &ready.unit);
    wait_for(&ready.written);
}

static void done(struct read_job *job)
{
    (void)job;
    sem_post(&ready.over);
}

void ready_begin(struct app *app)
{
    ready.begun = app_config(app)->demo;
    if (!ready.begun)
        return;
    atomic_store(&ready.stopping, false);
    ready.writer = app_writer(app);
    ready.arena = arena_new(SIZE_MAX);
    CHECK(sem_init(&ready.written, 0, 0) == 0 && sem_init(&ready.over, 0, 0) == 0);
    ready.job = (struct read_job){.run = work, .done = done};
    readers_submit(app_workers(app), &ready.job);
}

void ready_end(void)
{
    if (!ready.begun)
        return;
    atomic_store(&ready.stopping, true);
    wait_for(&ready.over);
    sem_destroy(&ready.over);
    sem_destroy(&ready.written);
    arena_free(&ready.arena);
    ready.begun = false;
}
