/* deadline_test.c - durable timers: run once when due, moved, cleared, over restarts and failures.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "journal/fixture.h"

static struct deadlines *deadlines;
static struct readers *readers;

/* What the writer's thread ran. */
static _Atomic int ran_payment;
static _Atomic int ran_kiosk;
static _Atomic bool poisoned;

static void note(struct db *tx, const char *who, struct str key, int64_t now_us)
{
    struct db_rows *rows =
        db_query(tx, "SELECT COUNT(*) FROM deadlines WHERE service = ? AND item = ?", DB_CSTR(who),
                 DB_TEXT(key));
    assert_true(db_row(rows));
    assert_int_equal(db_int(rows, 0), 0);
    db_end(rows);
    assert_true(now_us <= clock_utc_us());
    db_exec(tx, "INSERT INTO seen (who, seq) VALUES (?, ?)", DB_TEXT(key), DB_INT(now_us));
}

static void payment_due(struct db *tx, struct str key, int64_t now_us)
{
    note(tx, "payment", key, now_us);
    if (str_is(key, "poison") && atomic_load(&poisoned))
        db_fail(tx, "poisoned");
    atomic_fetch_add(&ran_payment, 1);
}

static void kiosk_due(struct db *tx, struct str key, int64_t now_us)
{
    note(tx, "kiosk", key, now_us);
    if (atomic_fetch_add(&ran_kiosk, 1) < 2)
        deadline_set(tx, "kiosk", key, now_us + 1000);
}

static const struct deadline_owner owners[] = {{"payment", payment_due}, {"kiosk", kiosk_due}};

static void watch(void)
{
    const char *why;
    readers = readers_start(house.url, writer_flusher(writer), 1, &why);
    assert_non_null(readers);
    deadlines = deadlines_start(house.loop, journal, writer, readers, owners, ARRAY_LEN(owners));
}

/* As the program ends: the loop has ended, mail comes when it is freed. */
static void unwatch(void)
{
    deadlines_stop(&deadlines);
    readers_stop(&readers);
    journal_shut();
    loop_free(&house.loop);
    house.loop = loop_new();
}

static int setup(void **state)
{
    ran_payment = ran_kiosk = 0;
    poisoned = false;
    journal_setup(state);
    watch();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    unwatch();
    house_fini(&house);
    return 0;
}

/* Run the loop until `count` have run. */
struct until {
    struct timer timer; /* when to look next */
    _Atomic int *what;  /* what is counted */
    int count;          /* how many are waited for */
};

static void look(struct timer *t)
{
    struct until *u = CONTAINER_OF(t, struct until, timer);
    if (atomic_load(u->what) >= u->count)
        loop_stop(house.loop);
    else
        loop_timer(house.loop, t, 1);
}

static void run_until(_Atomic int *what, int count)
{
    struct until u = {.timer.fire = look, .what = what, .count = count};
    loop_timer(house.loop, &u.timer, 0);
    loop_run(house.loop);
}

static void set_in_ms(struct task *t, struct db *tx)
{
    deadline_set(tx, "payment", STR("p1"), clock_utc_us() + t->number * 1000);
}

static void clear(struct task *t, struct db *tx)
{
    (void)t;
    deadline_clear(tx, "payment", STR("p1"));
}

static void set_and_fail(struct task *t, struct db *tx)
{
    set_in_ms(t, tx);
    db_fail(tx, "on purpose");
}

static void set_many(struct task *t, struct db *tx)
{
    for (int64_t i = 0; i < t->number; i++) {
        char key[24];
        snprintf(key, sizeof key, "many-%d", (int)i);
        deadline_set(tx, "payment", str_of(key), clock_utc_us() - i);
    }
}

static void set_poison(struct task *t, struct db *tx)
{
    (void)t;
    deadline_set(tx, "payment", STR("poison"), clock_utc_us());
    deadline_set(tx, "payment", STR("after"), clock_utc_us() + 1000);
}

static void set_kiosk(struct task *t, struct db *tx)
{
    (void)t;
    deadline_set(tx, "kiosk", STR("k1"), 1);
}

static void set_stranger(struct task *t, struct db *tx)
{
    (void)t;
    deadline_set(tx, "delivery", STR("d1"), 1);
}

static int64_t rows_left(void)
{
    return house_number(&house, "SELECT COUNT(*) FROM deadlines");
}

/* What ran is committed a moment later. */
static void run_until_left(int64_t count)
{
    while (rows_left() != count)
        house_run_ms(&house, 1);
}

static void test_runs_when_due_and_once(void **state)
{
    (void)state;
    int64_t begun = clock_utc_us();
    assert_int_equal(task_do(&house, writer, set_in_ms, 30), UNIT_DONE);
    run_until(&ran_payment, 1);
    assert_true(clock_utc_us() >= begun + 30000);
    run_until_left(0);
    house_run_ms(&house, 20);
    assert_int_equal(ran_payment, 1);
    assert_int_equal(house_number(&house, "SELECT COUNT(*) FROM seen WHERE who = 'p1'"), 1);
}

static void test_an_earlier_one_moves_the_timer(void **state)
{
    (void)state;
    assert_int_equal(task_do(&house, writer, set_in_ms, 3600 * 1000), UNIT_DONE);
    house_run_ms(&house, 10);
    assert_int_equal(task_do(&house, writer, set_kiosk, 0), UNIT_DONE);
    run_until(&ran_kiosk, 3); /* it sets itself twice more */
    assert_int_equal(task_do(&house, writer, set_in_ms, 5), UNIT_DONE);
    run_until(&ran_payment, 1);
    run_until_left(0);
}

/* Set the deadline and do `work` to it before it is due; on a busy machine that may take some
 * turns. */
static void set_and_then(void (*work)(struct task *t, struct db *tx), int64_t number)
{
    int64_t due_us;
    do {
        due_us = clock_utc_us() + 100000;
        assert_int_equal(task_do(&house, writer, set_in_ms, 100), UNIT_DONE);
        assert_int_equal(task_do(&house, writer, work, number), UNIT_DONE);
    } while (clock_utc_us() >= due_us);
    ran_payment = 0;
    house_run_ms(&house, 150);
    assert_int_equal(ran_payment, 0);
}

static void test_moved_and_cleared(void **state)
{
    (void)state;
    set_and_then(set_in_ms, 3600 * 1000);
    assert_int_equal(rows_left(), 1);
    set_and_then(clear, 0);
    assert_int_equal(rows_left(), 0);
}

static void test_rolled_back_is_not_set(void **state)
{
    (void)state;
    assert_int_equal(task_do(&house, writer, set_and_fail, 5), UNIT_FAILED);
    house_run_ms(&house, 30);
    assert_int_equal(ran_payment, 0);
    assert_int_equal(task_do(&house, writer, set_in_ms, 5), UNIT_DONE);
    run_until(&ran_payment, 1);
}

static void test_many_at_once(void **state)
{
    (void)state;
    assert_int_equal(task_do(&house, writer, set_many, 1000), UNIT_DONE);
    run_until(&ran_payment, 1000);
    run_until_left(0);
    assert_int_equal(ran_payment, 1000);
    assert_int_equal(house_number(&house, "SELECT COUNT(DISTINCT who) FROM seen"), 1000);
}

static void test_armed_again_at_start(void **state)
{
    (void)state;
    assert_int_equal(task_do(&house, writer, set_in_ms, 3600 * 1000), UNIT_DONE);
    unwatch();
    house_script(&house, "UPDATE deadlines SET at = 1000");
    journal_open();
    watch();
    run_until(&ran_payment, 1);
}

static void test_a_failing_one_does_not_stop_the_others(void **state)
{
    (void)state;
    poisoned = true;
    assert_int_equal(task_do(&house, writer, set_poison, 0), UNIT_DONE);
    int64_t put_off = 0;
    while (!put_off) {
        house_run_ms(&house, 50);
        put_off = house_number(&house, "SELECT COUNT(*) FROM seen WHERE who = 'after'");
    }
    assert_int_equal(rows_left(), 1);
    assert_int_equal(house_number(&house, "SELECT COUNT(*) FROM seen WHERE who = 'poison'"), 0);
    unwatch();
    poisoned = false;
    house_script(&house, "UPDATE deadlines SET at = 1000");
    journal_open();
    int before = ran_payment;
    watch();
    run_until(&ran_payment, before + 1);
    run_until_left(0);
}

static void test_rows_of_strangers_stay(void **state)
{
    (void)state;
    assert_int_equal(task_do(&house, writer, set_stranger, 0), UNIT_DONE);
    assert_int_equal(task_do(&house, writer, set_in_ms, 1), UNIT_DONE);
    run_until(&ran_payment, 1);
    house_run_ms(&house, 20);
    assert_int_equal(rows_left(), 1);
}

static void test_stop_while_on_its_way(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        assert_int_equal(task_do(&house, writer, set_many, 30), UNIT_DONE);
        house_run_ms(&house, i % 4);
        unwatch();
        journal_open();
        watch();
    }
    run_until_left(0);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_runs_when_due_and_once),
        T(test_an_earlier_one_moves_the_timer),
        T(test_moved_and_cleared),
        T(test_rolled_back_is_not_set),
        T(test_many_at_once),
        T(test_armed_again_at_start),
        T(test_a_failing_one_does_not_stop_the_others),
        T(test_rows_of_strangers_stay),
        T(test_stop_while_on_its_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
