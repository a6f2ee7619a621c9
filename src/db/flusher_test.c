/* flusher_test.c - commits become durable beside the writer: nobody is told before, by an answer or
 * by reading, and what was told outlives a power cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "base/clock.h"
#include "db/fixture.h"

static struct house house;
static struct writer *writer;
static struct readers *readers;

/* ---- The disk ----
 *
 * SQLite's syncs come here: they can be made to wait and to fail, and are counted. */

static struct {
    _Atomic bool slow;    /* the flusher's wait at the gate */
    _Atomic bool broken;  /* and fail */
    _Atomic bool copies;  /* what the disk holds is kept, in files of their own */
    _Atomic int flushes;  /* of the flusher */
    _Atomic int headers;  /* of the writer itself */
    sem_t waiting;        /* a flush has come to the gate */
    sem_t gate;           /* one post lets one pass */
    pthread_mutex_t copy; /* held while copies are made and read */
} disk;

static void keep(const char *suffix, const char *copy_suffix)
{
    char from[100];
    char to[100];
    static char bytes[1 << 16];
    ssize_t len;
    snprintf(from, sizeof from, "%s%s", house.path, suffix);
    snprintf(to, sizeof to, "%s/copy.db%s", house.folder, copy_suffix);
    int in = open(from, O_RDONLY);
    int out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    while (in >= 0 && (len = read(in, bytes, sizeof bytes)) > 0)
        assert_int_equal(write(out, bytes, (size_t)len), len);
    close(in);
    close(out);
}

/* All that was written when a sync begins is on the disk when it ends. Nothing is checkpointed in
 * these tests, so the database's file is read in peace: closing it drops locks that nobody needs.
 */
static void copy_disk(void)
{
    pthread_mutex_lock(&disk.copy);
    keep("", "");
    keep("-wal", "-wal");
    pthread_mutex_unlock(&disk.copy);
}

static bool on_thread(const char *name)
{
    char mine[16];
    return pthread_getname_np(pthread_self(), mine, sizeof mine) == 0 && strcmp(mine, name) == 0;
}

int fdatasync(int fd)
{
    bool flushes = on_thread("flusher");
    atomic_fetch_add(&disk.flushes, flushes);
    atomic_fetch_add(&disk.headers, on_thread("writer"));
    if (flushes && atomic_load(&disk.slow)) {
        sem_post(&disk.waiting);
        sem_wait(&disk.gate);
    }
    if (flushes && atomic_load(&disk.broken)) {
        errno = EIO;
        return -1;
    }
    int done = (int)syscall(SYS_fdatasync, fd);
    if (flushes && atomic_load(&disk.copies))
        copy_disk();
    return done;
}

/* The next flush waits at the gate, and all behind it. */
static void stop_disk(void)
{
    atomic_store(&disk.slow, true);
}

static void start_disk(void)
{
    atomic_store(&disk.slow, false);
    sem_post(&disk.gate);
}

static void wait_for_flush(void)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += 10;
    assert_int_equal(sem_clockwait(&disk.waiting, CLOCK_MONOTONIC, &until), 0);
}

/* ---- Set-up ---- */

static _Atomic int told; /* commits that were told to be durable */

static void *on_committed(void *owner)
{
    return owner;
}

static void on_durable(void *owner, void *arg)
{
    assert_ptr_equal(owner, arg);
    atomic_fetch_add(&told, 1);
}

static int begin(void **state)
{
    (void)state;
    house_init(&house);
    house_script(&house, "CREATE TABLE t (id {int} PRIMARY KEY) {table}");
    memset(&disk, 0, sizeof disk);
    sem_init(&disk.waiting, 0, 0);
    sem_init(&disk.gate, 0, 0);
    pthread_mutex_init(&disk.copy, NULL);
    return 0;
}

static int setup(void **state)
{
    const char *why;
    const struct writer_hooks hooks = {
        .owner = &told, .committed = on_committed, .durable = on_durable};
    begin(state);
    writer = house_writer(&house, &hooks);
    readers = readers_start(house.url, writer_flusher(writer), 1, &why);
    assert_non_null(readers);
    atomic_store(&told, 0);
    return 0;
}

static int end(void **state)
{
    (void)state;
    house_fini(&house);
    sem_destroy(&disk.waiting);
    sem_destroy(&disk.gate);
    pthread_mutex_destroy(&disk.copy);
    return 0;
}

static int teardown(void **state)
{
    start_disk();
    readers_stop(&readers);
    writer_stop(&writer);
    return end(state);
}

static void put(struct task *t, struct db *tx)
{
    db_exec(tx, "INSERT INTO t (id) VALUES (?)", DB_INT(t->number));
}

static void put_visible(struct task *t, int64_t number)
{
    task_send(&house, writer, t, put, number);
    while (house_number(&house, "SELECT COUNT(*) FROM t") < number)
        usleep(100);
}

/* ---- Writing ---- */

static void test_nobody_is_answered_before_it_is_durable(void **state)
{
    (void)state;
    struct task t;
    stop_disk();
    put_visible(&t, 1);
    house_run_ms(&house, 30);
    assert_int_equal(t.homes, 0);
    assert_int_equal(atomic_load(&told), 0);
    start_disk();
    house_wait(&house);
    assert_int_equal(t.homes, 1);
    assert_int_equal(atomic_load(&told), 1);
}

static void test_what_is_committed_meanwhile_shares_a_flush(void **state)
{
    (void)state;
    struct task t[3];
    stop_disk();
    put_visible(&t[0], 1);
    wait_for_flush();
    put_visible(&t[1], 2);
    put_visible(&t[2], 3);
    start_disk();
    house_wait(&house);
    assert_int_equal(atomic_load(&disk.flushes), 2);
    assert_int_equal(atomic_load(&told), 3);
}

/* Commits do not run away from a disk that stands still. */
static void test_the_writer_waits_for_a_slow_disk(void **state)
{
    (void)state;
    struct task t[50];
    stop_disk();
    put_visible(&t[0], 1);
    wait_for_flush();
    for (int i = 1; i < 50; i++) {
        task_send(&house, writer, &t[i], put, i + 1);
        usleep(1000);
    }
    assert_true(house_number(&house, "SELECT COUNT(*) FROM t") < 10);
    assert_true(writer_waiting(writer) > 40);
    start_disk();
    house_wait(&house);
    assert_int_equal(house_number(&house, "SELECT COUNT(*) FROM t"), 50);
}

static void test_stop_waits_for_the_disk(void **state)
{
    (void)state;
    struct task t;
    stop_disk();
    put_visible(&t, 1);
    wait_for_flush();
    start_disk();
    readers_stop(&readers);
    writer_stop(&writer);
    assert_int_equal(atomic_load(&told), 1);
    house_wait(&house);
    assert_int_equal(t.unit.fate, UNIT_DONE);
}

/* ---- Reading ---- */

struct look {
    struct read_job job; /* the pool's */
    _Atomic bool looked; /* run() is over */
    int64_t count;       /* rows it saw */
    int homes;           /* how often it came home */
};

static void look(struct read_job *job, struct db *db)
{
    struct look *l = CONTAINER_OF(job, struct look, job);
    struct db_rows *rows = db_query(db, "SELECT COUNT(*) FROM t");
    l->count = db_row(rows) ? db_int(rows, 0) : -1;
    db_end(rows);
    atomic_store(&l->looked, true);
}

static void looked(struct read_job *job)
{
    CONTAINER_OF(job, struct look, job)->homes++;
    house_home(&house);
}

static void send(struct look *l)
{
    *l = (struct look){.job = {.home = house.loop, .run = look, .done = looked}};
    house.away++;
    readers_submit(readers, &l->job);
    while (!atomic_load(&l->looked))
        usleep(100);
}

static void test_who_saw_it_is_held_until_it_is_durable(void **state)
{
    (void)state;
    struct task t;
    struct look before;
    struct look l[3];
    stop_disk();
    send(&before);
    house_wait(&house);
    assert_int_equal(before.count, 0);
    put_visible(&t, 1);
    for (size_t i = 0; i < ARRAY_LEN(l); i++)
        send(&l[i]);
    house_run_ms(&house, 30);
    for (size_t i = 0; i < ARRAY_LEN(l); i++) {
        assert_int_equal(l[i].count, 1);
        assert_int_equal(l[i].homes, 0);
    }
    start_disk();
    house_wait(&house);
    for (size_t i = 0; i < ARRAY_LEN(l); i++)
        assert_int_equal(l[i].homes, 1);
}

/* ---- Losing power ---- */

/* What a start after the power cut finds: the copy of the disk. */
static int64_t rows_on_disk(void)
{
    char url[120];
    const char *why;
    snprintf(url, sizeof url, "sqlite:%s/copy.db", house.folder);
    pthread_mutex_lock(&disk.copy);
    struct db *db = db_open(url, DB_WRITE, &why);
    assert_non_null(db);
    struct db_rows *rows = db_query(db, "SELECT COUNT(*) FROM t");
    assert_true(db_row(rows));
    int64_t count = db_int(rows, 0);
    db_end(rows);
    db_close(&db);
    pthread_mutex_unlock(&disk.copy);
    return count;
}

static void test_what_was_answered_outlives_a_power_cut(void **state)
{
    (void)state;
    atomic_store(&disk.copies, true);
    for (int i = 1; i <= 100; i++) {
        assert_int_equal(task_do(&house, writer, put, i), UNIT_DONE);
        assert_true(rows_on_disk() >= i);
    }
}

/* Before the frames of a log are overwritten its new header is on the disk: else a recovery could
 * take what is left of the old ones for pages of today. */
static void test_a_log_begins_anew_on_the_disk(void **state)
{
    (void)state;
    int64_t id = 0;
    for (int i = 0; i < 10; i++)
        task_do(&house, writer, put, ++id);
    int first = atomic_load(&disk.headers); /* and the folder's, for a new file */
    assert_true(first > 0);
    int64_t until = clock_mono_ns() + 20 * INT64_C(1000000000);
    while (atomic_load(&disk.headers) == first && clock_mono_ns() < until) {
        usleep(1200 * 1000);
        task_do(&house, writer, put, ++id);
    }
    assert_int_equal(atomic_load(&disk.headers), first + 1);
}

static _Atomic int *answers; /* shared with the child */

static void count_answer(struct unit *u)
{
    (void)u;
    atomic_fetch_add(answers, 1);
    loop_stop(house.loop);
}

static _Noreturn void write_to_a_broken_disk(void)
{
    atomic_store(&disk.broken, true);
    writer = house_writer(&house, NULL);
    struct task t = {.house = &house, .work = put, .number = 1};
    t.unit.home = house.loop;
    t.unit.run = task_run;
    t.unit.done = count_answer;
    writer_submit(writer, &t.unit);
    loop_run(house.loop);
    _exit(1);
}

static void test_a_failed_flush_ends_the_process(void **state)
{
    (void)state;
    int status = 0;
    answers =
        mmap(NULL, sizeof *answers, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true((void *)answers != MAP_FAILED);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        write_to_a_broken_disk();
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 70);
    assert_int_equal(atomic_load(answers), 0);
    munmap((void *)answers, sizeof *answers);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_failed_flush_ends_the_process, begin, end),
        T(test_nobody_is_answered_before_it_is_durable),
        T(test_what_is_committed_meanwhile_shares_a_flush),
        T(test_the_writer_waits_for_a_slow_disk),
        T(test_stop_waits_for_the_disk),
        T(test_who_saw_it_is_held_until_it_is_durable),
        T(test_what_was_answered_outlives_a_power_cut),
        T(test_a_log_begins_anew_on_the_disk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
