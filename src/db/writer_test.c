/* writer_test.c - units of work: batches, neighbours of a failing one, undo, a full disk, the end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "base/metrics.h"
#include "db/fixture.h"

static struct house house;
static struct writer *writer;

/* How often each hook was called. */
static struct {
    int begins, marks, undos, seals, commits, rollbacks, durables; /* by hook */
} seen;

static void on_begin(void *owner, struct db *tx)
{
    assert_ptr_equal(owner, &seen);
    assert_ptr_equal(tx->owner, &seen);
    seen.begins++;
}

static void on_mark(void *owner)
{
    (void)owner;
    seen.marks++;
}

static void on_undo(void *owner)
{
    (void)owner;
    seen.undos++;
}

static void on_seal(void *owner, struct db *tx)
{
    (void)owner;
    seen.seals++;
    db_exec(tx, "INSERT INTO seal DEFAULT VALUES");
}

static void *on_committed(void *owner)
{
    (void)owner;
    seen.commits++;
    return &seen;
}

static void on_rolled_back(void *owner)
{
    (void)owner;
    seen.rollbacks++;
}

/* Before anybody is answered. */
static void on_durable(void *owner, void *told)
{
    assert_ptr_equal(owner, told);
    seen.durables++;
}

static const struct writer_hooks hooks = {&seen,   on_begin,     on_mark,        on_undo,
                                          on_seal, on_committed, on_rolled_back, on_durable};

static int setup(void **state)
{
    (void)state;
    house_init(&house);
    memset(&seen, 0, sizeof seen);
    house_script(&house, "CREATE TABLE t (id {int} PRIMARY KEY, name {text}) {table};"
                         "CREATE TABLE seal (id {int} PRIMARY KEY) {table}");
    writer = house_writer(&house, &hooks);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    writer_stop(&writer);
    house_fini(&house);
    return 0;
}

static void put(struct task *t, struct db *tx)
{
    db_exec(tx, "INSERT INTO t (id, name) VALUES (?, 'x')", DB_INT(t->number));
}

static void put_and_undo(struct task *t, struct db *tx)
{
    put(t, tx);
    t->unit.undo = true;
}

static void put_and_fail(struct task *t, struct db *tx)
{
    put(t, tx);
    put(t, tx);
}

static void put_big(struct task *t, struct db *tx)
{
    static char big[20000];
    memset(big, 'x', sizeof big);
    db_exec(tx, "INSERT INTO t (id, name) VALUES (?, ?)", DB_INT(t->number),
            DB_TEXT(((struct str){big, sizeof big})));
}

/* Holds the writer so that what is sent meanwhile becomes one batch. */
static sem_t gate;

static void wait_at_gate(struct task *t, struct db *tx)
{
    (void)t;
    (void)tx;
    sem_wait(&gate);
}

static void nothing(struct task *t, struct db *tx)
{
    (void)t;
    (void)tx;
}

/* Send `count` units so that they all wait when the writer takes the first of them. */
static void run_together(struct task *tasks, size_t count)
{
    struct task first;
    sem_init(&gate, 0, 0);
    task_send(&house, writer, &first, wait_at_gate, 0);
    while (writer_waiting(writer) > 0)
        usleep(100);
    house.away += (int)count;
    for (size_t i = 0; i < count; i++)
        writer_submit(writer, &tasks[i].unit);
    sem_post(&gate);
    house_wait(&house);
    sem_destroy(&gate);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(tasks[i].homes, 1);
}

static void send_together(struct task *tasks, void (*const *work)(struct task *t, struct db *tx),
                          size_t count)
{
    for (size_t i = 0; i < count; i++)
        task_make(&house, &tasks[i], work[i], (int64_t)i + 1);
    run_together(tasks, count);
}

static void test_units_waiting_share_commits(void **state)
{
    (void)state;
    enum { BATCHES = 3, COUNT = BATCHES * WRITER_BATCH_MAX };
    static struct task tasks[COUNT];
    void (*work[COUNT])(struct task * t, struct db * tx);
    int64_t batches = metric_get(METRIC_BATCHES);
    for (int i = 0; i < COUNT; i++)
        work[i] = put;
    send_together(tasks, work, COUNT);
    assert_int_equal(metric_get(METRIC_BATCHES) - batches, 1 + BATCHES);
    assert_int_equal(house_number(&house, "SELECT COUNT(*) FROM t"), COUNT);
    assert_int_equal(seen.seals, 1 + BATCHES);
    assert_int_equal(seen.commits, 1 + BATCHES);
    assert_int_equal(seen.rollbacks, 0);
    assert_int_equal(seen.marks, 0);
}

/* Units of one kin, and others that look into the table between them. */
static struct {
    struct db_pending pending; /* first: the transaction's */
    int64_t sum;               /* what is to be written */
} purse;

static int64_t saw[6]; /* by the units that look */

static void write_purse(struct db_pending *p, struct db *tx)
{
    (void)p;
    db_exec(tx, "INSERT INTO t (id, name) VALUES (?, 'purse')", DB_INT(purse.sum));
}

static void save(struct task *t, struct db *tx)
{
    if (!tx->pending) {
        purse.pending.write = write_purse;
        purse.sum = 100 * t->number;
        db_pend(tx, &purse.pending);
    }
    purse.sum++;
}

static void look(struct task *t, struct db *tx)
{
    struct db_rows *rows = db_query(tx, "SELECT COUNT(*) FROM t WHERE name = 'purse'");
    saw[t->number] = db_row(rows) ? db_int(rows, 0) : -1;
    db_end(rows);
}

static void test_strangers_find_nothing_pending(void **state)
{
    static struct task tasks[5];
    static void (*const work[5])(struct task * t, struct db * tx) = {save, save, look, save, look};
    (void)state;
    for (int i = 0; i < 5; i++) {
        task_make(&house, &tasks[i], work[i], i + 1);
        tasks[i].unit.kin = work[i] == save ? &purse : NULL;
    }
    run_together(tasks, 5);
    assert_int_equal(saw[3], 1);
    assert_int_equal(saw[5], 2);
    assert_int_equal(house_number(&house, "SELECT SUM(id) FROM t WHERE name = 'purse'"), 102 + 401);
}

static void test_failing_unit_harms_nobody(void **state)
{
    (void)state;
    struct task tasks[4];
    int64_t reruns = metric_get(METRIC_UNITS_RERUN);
    send_together(tasks, (void (*[])(struct task *, struct db *)){put, put_and_fail, put, put}, 4);
    assert_int_equal(tasks[0].unit.fate, UNIT_DONE);
    assert_int_equal(tasks[1].unit.fate, UNIT_FAILED);
    assert_int_equal(tasks[2].unit.fate, UNIT_DONE);
    assert_int_equal(tasks[3].unit.fate, UNIT_DONE);
    assert_int_equal(tasks[0].runs, 2);
    assert_int_equal(tasks[3].runs, 1);
    assert_int_equal(house_number(&house, "SELECT COUNT(*) FROM t"), 3);
    assert_int_equal(house_number(&house, "SELECT COUNT(*) FROM t WHERE id = 2"), 0);
    assert_int_equal(metric_get(METRIC_UNITS_RERUN) - reruns, 1);
    assert_int_equal(seen.rollbacks, 1);
    assert_int_equal(seen.marks, 4);
    assert_int_equal(seen.undos, 1);
    assert_int_equal(seen.begins, seen.commits + seen.rollbacks);
}

static void test_undo_keeps_the_answer_only(void **state)
{
    (void)state;
    struct task tasks[3];
    send_together(tasks, (void (*[])(struct task *, struct db *)){put, put_and_undo, put}, 3);
    for (int i = 0; i < 3; i++)
        assert_int_equal(tasks[i].unit.fate, UNIT_DONE);
    assert_int_equal(house_number(&house, "SELECT COUNT(*) FROM t"), 2);
    assert_int_equal(house_number(&house, "SELECT COUNT(*) FROM t WHERE id = 2"), 0);
    assert_int_equal(seen.undos, 1);
}

static void shrink(struct task *t, struct db *tx)
{
    (void)t;
    db_script(tx, "PRAGMA max_page_count = 30");
}

static void test_full_disk_spares_what_fits(void **state)
{
    (void)state;
    enum { COUNT = 12 };
    struct task tasks[COUNT];
    void (*work[COUNT])(struct task * t, struct db * tx);
    int full = 0;
    int done = 0;
    assert_int_equal(task_do(&house, writer, shrink, 0), UNIT_DONE);
    for (int i = 0; i < COUNT; i++)
        work[i] = put_big;
    send_together(tasks, work, COUNT);
    for (int i = 0; i < COUNT; i++) {
        full += tasks[i].unit.fate == UNIT_FULL;
        done += tasks[i].unit.fate == UNIT_DONE;
    }
    assert_int_equal(full + done, COUNT);
    assert_true(full > 0);
    assert_true(done > 0);
    assert_int_equal(house_number(&house, "SELECT COUNT(*) FROM t"), done);
    /* Life goes on: what is small still fits. */
    assert_int_equal(task_do(&house, writer, put, 1000), UNIT_DONE);
    assert_int_equal(seen.begins, seen.commits + seen.rollbacks);
}

static void break_seal(struct task *t, struct db *tx)
{
    (void)t;
    db_exec(tx, "CREATE TRIGGER shut BEFORE INSERT ON seal BEGIN SELECT RAISE(ABORT, 'shut'); END");
}

static void test_failing_seal_is_cornered(void **state)
{
    (void)state;
    struct task tasks[5];
    send_together(tasks, (void (*[])(struct task *, struct db *)){put, put, break_seal, put, put},
                  5);
    assert_int_equal(tasks[2].unit.fate, UNIT_FAILED);
    for (int i = 0; i < 5; i++)
        if (i != 2)
            assert_int_equal(tasks[i].unit.fate, UNIT_DONE);
    assert_int_equal(house_number(&house, "SELECT COUNT(*) FROM t"), 4);
}

static void patient_run(struct unit *u, struct db *tx)
{
    (void)u;
    db_exec(tx, "INSERT INTO t (id, name) VALUES (7, 'patient')");
}

static void patient_done(struct unit *u)
{
    (void)u;
    sem_post(&gate);
}

/* Nothing else comes, and it is done all the same. */
static void test_a_patient_unit_is_not_left_waiting(void **state)
{
    (void)state;
    struct unit u = {.patient = true, .run = patient_run, .done = patient_done};
    sem_init(&gate, 0, 0);
    writer_submit(writer, &u);
    sem_wait(&gate);
    assert_int_equal(u.fate, UNIT_DONE);
    assert_int_equal(house_number(&house, "SELECT COUNT(*) FROM t WHERE id = 7"), 1);
    sem_destroy(&gate);
}

static void test_order_is_kept(void **state)
{
    (void)state;
    enum { COUNT = 2500 };
    static struct task tasks[COUNT];
    static void (*work[COUNT])(struct task * t, struct db * tx);
    for (int i = 0; i < COUNT; i++)
        work[i] = put;
    writer_stop(&writer);
    house_script(&house, "CREATE TABLE line (n INTEGER PRIMARY KEY, id);"
                         "CREATE TRIGGER note AFTER INSERT ON t BEGIN"
                         " INSERT INTO line (id) VALUES (NEW.id); END");
    writer = house_writer(&house, NULL);
    send_together(tasks, work, COUNT);
    assert_int_equal(house_number(&house, "SELECT COUNT(*) FROM line WHERE n = id"), COUNT);
}

/* A thread that submits and is answered on the writer's thread. */
struct sender {
    pthread_t thread;       /* runs send_many() */
    struct task tasks[300]; /* what it submits */
    int64_t first;          /* number of the first of them */
};

static _Atomic int answered;

static void count_answer(struct unit *u)
{
    assert_int_equal(u->fate, UNIT_DONE);
    atomic_fetch_add(&answered, 1);
}

static void *send_many(void *arg)
{
    struct sender *s = arg;
    for (size_t i = 0; i < ARRAY_LEN(s->tasks); i++) {
        struct task *t = &s->tasks[i];
        *t = (struct task){.work = put, .number = s->first + (int64_t)i};
        t->unit.run = task_run;
        t->unit.done = count_answer;
        writer_submit(writer, &t->unit);
    }
    return NULL;
}

static void test_many_senders_and_stop(void **state)
{
    (void)state;
    static struct sender senders[4];
    answered = 0;
    for (size_t i = 0; i < 4; i++) {
        senders[i].first = (int64_t)i * 1000;
        pthread_create(&senders[i].thread, NULL, send_many, &senders[i]);
    }
    for (size_t i = 0; i < 4; i++)
        pthread_join(senders[i].thread, NULL);
    writer_stop(&writer); /* runs what waits */
    assert_int_equal(answered, 1200);
    assert_int_equal(house_number(&house, "SELECT COUNT(*) FROM t"), 1200);
}

/* A unit that comes home to the writer's thread and is tried again. */
static struct task again;
static enum unit_fate second_fate;
static _Atomic bool second_came;

static void second_done(struct unit *u)
{
    second_fate = u->fate;
    atomic_store(&second_came, true);
}

static void first_done(struct unit *u)
{
    u->done = second_done;
    writer_submit_later(writer, u, again.number);
}

static void send_again(int64_t delay_ms)
{
    second_fate = UNIT_FAILED;
    atomic_store(&second_came, false);
    again = (struct task){.work = nothing, .number = delay_ms};
    again.unit.run = task_run;
    again.unit.done = first_done;
    writer_submit(writer, &again.unit);
}

static void test_later_comes_in_the_middle_of_work(void **state)
{
    (void)state;
    send_again(20);
    while (!atomic_load(&second_came))
        assert_int_equal(task_do(&house, writer, nothing, 0), UNIT_DONE);
    writer_stop(&writer);
    assert_int_equal(second_fate, UNIT_DONE);
    assert_int_equal(again.runs, 2);
}

static void test_later_wakes_a_sleeping_writer(void **state)
{
    (void)state;
    send_again(5);
    while (!atomic_load(&second_came))
        usleep(1000);
    writer_stop(&writer);
    assert_int_equal(second_fate, UNIT_DONE);
}

static void test_later_is_stopped(void **state)
{
    (void)state;
    send_again(1000 * 3600);
    writer_stop(&writer);
    assert_int_equal(second_fate, UNIT_STOPPED);
    assert_int_equal(again.runs, 1);
}

/* A unit that is submitted again whenever it is done, until the writer refuses. */
static struct task restless;
static int refused;

static void submit_again(struct unit *u)
{
    if (u->fate == UNIT_DONE)
        writer_submit(writer, u);
    else
        refused += u->fate == UNIT_STOPPED;
}

static void test_stop_refuses_what_comes_late(void **state)
{
    (void)state;
    int64_t batches = metric_get(METRIC_BATCHES);
    struct writer *stopped = writer;
    refused = 0;
    restless = (struct task){.work = nothing};
    restless.unit.run = task_run;
    restless.unit.done = submit_again;
    writer_submit(writer, &restless.unit);
    while (metric_get(METRIC_BATCHES) - batches < 3)
        usleep(1000);
    writer_stop(&stopped);
    writer = NULL;
    assert_int_equal(refused, 1);
    assert_true(restless.runs >= 3);
}

/* A log that cannot be written for a reason that says nothing: nobody knows what became of the
 * commit, so the process ends. What was answered before stands. */

static _Atomic int64_t *answers; /* shared with the child */

static void answer_and_go_on(struct unit *u)
{
    struct task *t = CONTAINER_OF(u, struct task, unit);
    if (u->fate != UNIT_DONE)
        _exit(1);
    atomic_store(answers, t->number);
    t->number++;
    writer_submit(writer, u);
}

static _Noreturn void write_until_it_fails(void)
{
    struct rlimit limit = {.rlim_cur = 500000, .rlim_max = 500000};
    setrlimit(RLIMIT_FSIZE, &limit);
    signal(SIGXFSZ, SIG_IGN);
    writer = house_writer(&house, NULL);
    struct task t = {.work = put, .number = 1};
    t.unit.run = task_run;
    t.unit.done = answer_and_go_on;
    writer_submit(writer, &t.unit);
    for (;;)
        pause();
}

static int setup_folder(void **state)
{
    (void)state;
    house_init(&house);
    house_script(&house, "CREATE TABLE t (id {int} PRIMARY KEY, name {text}) {table}");
    answers =
        mmap(NULL, sizeof *answers, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true((void *)answers != MAP_FAILED);
    return 0;
}

static int teardown_folder(void **state)
{
    (void)state;
    munmap((void *)answers, sizeof *answers);
    house_fini(&house);
    return 0;
}

static void test_unknown_commit_ends_the_process(void **state)
{
    (void)state;
    int status = 0;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        write_until_it_fails();
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 70);
    int64_t last = atomic_load(answers);
    assert_true(last > 10);
    int64_t rows = house_number(&house, "SELECT COUNT(*) FROM t");
    assert_true(rows == last || rows == last + 1);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_unknown_commit_ends_the_process, setup_folder,
                                        teardown_folder),
        T(test_units_waiting_share_commits),
        T(test_strangers_find_nothing_pending),
        T(test_failing_unit_harms_nobody),
        T(test_undo_keeps_the_answer_only),
        T(test_full_disk_spares_what_fits),
        T(test_failing_seal_is_cornered),
        T(test_a_patient_unit_is_not_left_waiting),
        T(test_order_is_kept),
        T(test_many_senders_and_stop),
        T(test_later_comes_in_the_middle_of_work),
        T(test_later_wakes_a_sleeping_writer),
        T(test_later_is_stopped),
        T(test_stop_refuses_what_comes_late),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
