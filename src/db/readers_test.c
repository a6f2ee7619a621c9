/* readers_test.c - reading jobs: snapshots, order of sight, failure, the end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <semaphore.h>

#include "db/fixture.h"

static struct house house;
static struct writer *writer;
static struct readers *readers;
static sem_t inside; /* a job has begun and waits at the gate */
static sem_t gate;

/* A job of the tests. */
struct look {
    struct read_job job; /* the pool's */
    int64_t count;       /* rows seen */
    int homes;           /* how often it came home */
};

static int setup(void **state)
{
    const char *why;
    (void)state;
    house_init(&house);
    house_script(&house, "CREATE TABLE t (id {int} PRIMARY KEY) {table}");
    writer = house_writer(&house, NULL);
    readers = readers_start(house.url, writer_flusher(writer), 2, &why);
    assert_non_null(readers);
    sem_init(&inside, 0, 0);
    sem_init(&gate, 0, 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    readers_stop(&readers);
    writer_stop(&writer);
    house_fini(&house);
    sem_destroy(&gate);
    sem_destroy(&inside);
    return 0;
}

static void came_home(struct read_job *job)
{
    struct look *l = CONTAINER_OF(job, struct look, job);
    l->homes++;
    house_home(&house);
}

static void send(struct look *l, void (*run)(struct read_job *job, struct db *db))
{
    *l = (struct look){.job = {.home = house.loop, .run = run, .done = came_home}};
    house.away++;
    readers_submit(readers, &l->job);
}

static int64_t rows_in(struct db *db)
{
    struct db_rows *rows = db_query(db, "SELECT COUNT(*) FROM t");
    int64_t count = db_row(rows) ? db_int(rows, 0) : -1;
    db_end(rows);
    return count;
}

static void count_rows(struct read_job *job, struct db *db)
{
    CONTAINER_OF(job, struct look, job)->count = rows_in(db);
}

static void wait_then_count(struct read_job *job, struct db *db)
{
    sem_post(&inside);
    sem_wait(&gate);
    count_rows(job, db);
}

static void fail_job(struct read_job *job, struct db *db)
{
    (void)job;
    db_exec(db, "SELECT nonsense FROM nowhere");
}

static void put(struct task *t, struct db *tx)
{
    db_exec(tx, "INSERT INTO t (id) VALUES (?)", DB_INT(t->number));
}

static void test_sees_what_was_answered(void **state)
{
    (void)state;
    for (int i = 1; i <= 20; i++) {
        struct look l;
        assert_int_equal(task_do(&house, writer, put, i), UNIT_DONE);
        send(&l, count_rows);
        house_wait(&house);
        assert_int_equal(l.count, i);
        assert_false(l.job.failed);
    }
}

static void test_snapshot_is_taken_before_the_job(void **state)
{
    (void)state;
    struct look l;
    send(&l, wait_then_count);
    sem_wait(&inside);
    assert_int_equal(readers_waiting(readers), 0);
    struct task t;
    house.away--; /* wait for the unit alone */
    task_send(&house, writer, &t, put, 1);
    house_wait(&house);
    house.away++;
    sem_post(&gate);
    house_wait(&house);
    assert_int_equal(l.count, 0);
}

static void test_failure_is_told(void **state)
{
    (void)state;
    struct look bad;
    struct look good;
    send(&bad, fail_job);
    send(&good, count_rows);
    house_wait(&house);
    assert_true(bad.job.failed);
    assert_false(good.job.failed);
    send(&good, count_rows);
    house_wait(&house);
    assert_false(good.job.failed);
}

/* Opens the gate for everybody, when the pool is being stopped or soon will be. */
static void *open_gate(void *arg)
{
    (void)arg;
    usleep(20000);
    for (int i = 0; i < 50; i++)
        sem_post(&gate);
    return NULL;
}

static void test_stop_sends_all_home(void **state)
{
    (void)state;
    static struct look looks[50];
    pthread_t thread;
    for (size_t i = 0; i < ARRAY_LEN(looks); i++)
        send(&looks[i], wait_then_count);
    sem_wait(&inside);
    pthread_create(&thread, NULL, open_gate, NULL);
    readers_stop(&readers);
    pthread_join(thread, NULL);
    house_wait(&house);
    for (size_t i = 0; i < ARRAY_LEN(looks); i++)
        assert_int_equal(looks[i].homes, 1);
    assert_false(looks[0].job.failed);
}

static void test_start_says_why_not(void **state)
{
    (void)state;
    const char *why = NULL;
    assert_null(readers_start("sqlite:/nonexistent/t.db", NULL, 2, &why));
    assert_non_null(why);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_sees_what_was_answered), T(test_snapshot_is_taken_before_the_job),
        T(test_failure_is_told),        T(test_stop_sends_all_home),
        T(test_start_says_why_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
