/* import_test.c - events of other processes take effect once, with the position behind them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "journal/fixture.h"
#include "journal/import.h"

#define EVENTS 4

static struct id ids[EVENTS];
static size_t fresh;   /* what the last import took */
static bool fail_late; /* the unit fails behind its import */

/* Import all events up to t->number, with the position there. */
static void import_some(struct task *t, struct db *tx)
{
    const struct str channels[] = {STR("order:1")};
    struct event_draft drafts[EVENTS];
    struct import_batch batch = {
        .source = STR("orders"), .position = {"e1", t->number}, .drafts = drafts};
    for (; batch.count < (size_t)t->number; batch.count++)
        drafts[batch.count] = (struct event_draft){.id = &ids[batch.count],
                                                   .topic = "order.placed",
                                                   .key = STR("k"),
                                                   .actor = STR("account:1"),
                                                   .at_us = 5,
                                                   .payload = STR("{}"),
                                                   .channels = channels,
                                                   .channel_count = 1};
    fresh = journal_import(tx, &batch);
    if (fail_late)
        db_fail(tx, "for the test");
}

static int setup(void **state)
{
    for (size_t i = 0; i < EVENTS; i++)
        ids[i] = id_new();
    fail_late = false;
    return journal_setup(state);
}

static struct import_position position(struct str source)
{
    struct db *db = house_open(&house, DB_READ);
    struct import_position p = journal_imported(db, source);
    assert_int_equal(db->status, DB_OK);
    db_close(&db);
    return p;
}

static void check(size_t taken, int64_t events, int64_t seq)
{
    struct import_position p = position(STR("orders"));
    assert_int_equal(fresh, taken);
    assert_int_equal(house_number(&house, "SELECT count(*) FROM journal_events"), events);
    assert_int_equal(p.seq, seq);
    assert_string_equal(p.epoch, seq > 0 ? "e1" : "");
}

static void test_each_once(void **state)
{
    (void)state;
    assert_int_equal(position(STR("orders")).seq, 0);
    assert_int_equal(task_do(&house, writer, import_some, 2), UNIT_DONE);
    check(2, 2, 2);
    assert_int_equal(task_do(&house, writer, import_some, 2), UNIT_DONE);
    check(0, 2, 2);
    assert_int_equal(task_do(&house, writer, import_some, 4), UNIT_DONE);
    check(2, 4, 4);
    assert_string_equal(position(STR("others")).epoch, "");
}

static void test_known_after_a_restart(void **state)
{
    (void)state;
    assert_int_equal(task_do(&house, writer, import_some, 3), UNIT_DONE);
    journal_shut();
    journal_open();
    assert_int_equal(task_do(&house, writer, import_some, 4), UNIT_DONE);
    check(1, 4, 4);
}

/* Two units of one batch, with the same event. */
static void test_twice_in_one_transaction(void **state)
{
    struct task first;
    struct task second;
    (void)state;
    task_send(&house, writer, &first, import_some, 3);
    task_send(&house, writer, &second, import_some, 3);
    house_wait(&house);
    assert_int_equal(house_number(&house, "SELECT count(*) FROM journal_events"), 3);
}

static void test_nothing_of_a_unit_that_fails(void **state)
{
    (void)state;
    fail_late = true;
    assert_int_equal(task_do(&house, writer, import_some, 2), UNIT_FAILED);
    check(2, 0, 0);
    fail_late = false;
    assert_int_equal(task_do(&house, writer, import_some, 2), UNIT_DONE);
    check(2, 2, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_each_once, setup, journal_teardown),
        cmocka_unit_test_setup_teardown(test_known_after_a_restart, setup, journal_teardown),
        cmocka_unit_test_setup_teardown(test_twice_in_one_transaction, setup, journal_teardown),
        cmocka_unit_test_setup_teardown(test_nothing_of_a_unit_that_fails, setup, journal_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
