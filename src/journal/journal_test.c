/* journal_test.c - appending: order, no holes, what is kept over a restart, what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "journal/fixture.h"
#include "journal/inside.h"

static void tell_three(struct task *t, struct db *tx)
{
    const struct str channels[] = {STR("shop:1"), STR("order:7"), STR("shop:1")};
    for (int i = 0; i < 3; i++)
        tell(tx, "test.three", "k", channels, t->number ? (size_t)t->number : ARRAY_LEN(channels));
}

static void tell_and_fail(struct task *t, struct db *tx)
{
    tell_three(t, tx);
    db_fail(tx, "on purpose");
}

static void tell_and_undo(struct task *t, struct db *tx)
{
    tell_three(t, tx);
    t->unit.undo = true;
}

static void test_seq_is_the_order_of_commit(void **state)
{
    (void)state;
    static struct task tasks[300];
    for (size_t i = 0; i < ARRAY_LEN(tasks); i++)
        task_send(&house, writer, &tasks[i], tell_one, (int64_t)i + 1);
    house_wait(&house);
    assert_int_equal(journal_head(journal), 300);
    assert_int_equal(house_number(&house, "SELECT COUNT(*) FROM journal_events"
                                          " WHERE about = CAST(seq AS TEXT)"),
                     300);
}

static void test_rollback_leaves_no_holes(void **state)
{
    (void)state;
    static struct task tasks[90];
    for (size_t i = 0; i < ARRAY_LEN(tasks); i++)
        task_send(&house, writer, &tasks[i],
                  i % 3 == 0   ? tell_one
                  : i % 3 == 1 ? tell_and_fail
                               : tell_and_undo,
                  0);
    house_wait(&house);
    assert_int_equal(task_do(&house, writer, tell_three, 0), UNIT_DONE);
    assert_int_equal(journal_head(journal), 33);
    assert_int_equal(house_number(&house, "SELECT COUNT(*) FROM journal_events"), 33);
    assert_int_equal(house_number(&house, "SELECT MAX(seq) FROM journal_events"), 33);
    assert_int_equal(house_number(&house, "SELECT COUNT(*) FROM journal_events"
                                          " WHERE topic = 'test.three'"),
                     3);
}

static void test_a_channel_is_written_once(void **state)
{
    (void)state;
    assert_int_equal(task_do(&house, writer, tell_three, 0), UNIT_DONE);
    assert_int_equal(house_number(&house, "SELECT COUNT(*) FROM journal_channels"), 6);
    assert_int_equal(house_number(&house, "SELECT COUNT(*) FROM journal_channels"
                                          " WHERE channel = 'shop:1'"),
                     3);
}

static void tell_at(struct task *t, struct db *tx)
{
    journal_append(tx, &(struct event_draft){.topic = "test.time",
                                             .key = STR("k"),
                                             .actor = STR("a"),
                                             .at_us = t->number,
                                             .payload = STR("{}")});
}

static void test_time_never_runs_backwards(void **state)
{
    (void)state;
    const int64_t times[] = {500, 400, 600, 100};
    for (size_t i = 0; i < ARRAY_LEN(times); i++)
        assert_int_equal(task_do(&house, writer, tell_at, times[i]), UNIT_DONE);
    journal_shut();
    journal_open();
    assert_int_equal(task_do(&house, writer, tell_at, 1), UNIT_DONE);
    assert_int_equal(house_number(&house, "SELECT SUM(at) FROM journal_events"),
                     500 + 500 + 600 + 600 + 600);
}

static void tell_too_much(struct task *t, struct db *tx)
{
    (void)t;
    static char payload[JOURNAL_PAYLOAD_MAX + 1];
    memset(payload, ' ', sizeof payload);
    journal_append(tx, &(struct event_draft){.topic = "test.big",
                                             .key = STR("k"),
                                             .actor = STR("a"),
                                             .payload = {payload, (size_t)t->number}});
}

static void tell_bad_channel(struct task *t, struct db *tx)
{
    const struct str names[] = {STR("a\nb"), STR("")};
    tell(tx, "test.bad", "k", &names[t->number], 1);
}

static void tell_many_channels(struct task *t, struct db *tx)
{
    static char names[JOURNAL_CHANNELS_MAX + 1][8];
    struct str channels[JOURNAL_CHANNELS_MAX + 1];
    for (size_t i = 0; i < ARRAY_LEN(channels); i++) {
        snprintf(names[i], sizeof names[i], "c:%zu", i);
        channels[i] = str_of(names[i]);
    }
    tell(tx, "test.many", "k", channels, (size_t)t->number);
}

static void test_limits(void **state)
{
    (void)state;
    assert_int_equal(task_do(&house, writer, tell_too_much, JOURNAL_PAYLOAD_MAX), UNIT_DONE);
    assert_int_equal(task_do(&house, writer, tell_too_much, JOURNAL_PAYLOAD_MAX + 1), UNIT_FAILED);
    assert_int_equal(task_do(&house, writer, tell_many_channels, JOURNAL_CHANNELS_MAX), UNIT_DONE);
    assert_int_equal(task_do(&house, writer, tell_many_channels, JOURNAL_CHANNELS_MAX + 1),
                     UNIT_FAILED);
    assert_int_equal(task_do(&house, writer, tell_bad_channel, 0), UNIT_FAILED);
    assert_int_equal(task_do(&house, writer, tell_bad_channel, 1), UNIT_FAILED);
    assert_int_equal(journal_head(journal), 2);
}

static void test_epoch_and_head_outlive_the_process(void **state)
{
    (void)state;
    char epoch[64];
    snprintf(epoch, sizeof epoch, "%s", journal_epoch(journal));
    assert_int_equal(strlen(epoch), 16);
    assert_int_equal(task_do(&house, writer, tell_one, 1), UNIT_DONE);
    journal_shut();
    journal_open();
    assert_string_equal(journal_epoch(journal), epoch);
    assert_int_equal(journal_head(journal), 1);
    assert_int_equal(task_do(&house, writer, tell_one, 2), UNIT_DONE);
    assert_int_equal(journal_head(journal), 2);
}

static void test_floor_and_valid_cursors(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++)
        assert_int_equal(task_do(&house, writer, tell_one, i), UNIT_DONE);
    journal_shut();
    house_script(&house, "DELETE FROM journal_events WHERE seq <= 3;"
                         "INSERT INTO journal_meta VALUES ('floor', '3')");
    journal_open();
    struct str epoch = str_of(journal_epoch(journal));
    assert_false(journal_cursor_valid(journal, epoch, 2));
    assert_true(journal_cursor_valid(journal, epoch, 3));
    assert_true(journal_cursor_valid(journal, epoch, 5));
    assert_false(journal_cursor_valid(journal, epoch, 6));
    assert_false(journal_cursor_valid(journal, epoch, -1));
    assert_false(journal_cursor_valid(journal, STR("another"), 5));
    assert_false(journal_cursor_valid(journal, (struct str){NULL, 0}, 5));
    journal_shut();
    house_script(&house, "DELETE FROM journal_events;"
                         "UPDATE journal_meta SET value = '5' WHERE name = 'floor'");
    journal_open();
    assert_int_equal(journal_head(journal), 5);
    assert_int_equal(task_do(&house, writer, tell_one, 6), UNIT_DONE);
    assert_int_equal(house_number(&house, "SELECT MIN(seq) FROM journal_events"), 6);
}

static void tell_a_thousand(struct task *t, struct db *tx)
{
    for (int i = 0; i < 1000; i++)
        tell_one(t, tx);
}

static void look_into_memory(struct task *t, struct db *tx)
{
    (void)tx;
    const struct event *e = journal_recent(journal, t->number);
    assert_true(!e || e->seq == t->number);
    t->number = e != NULL;
}

static bool is_in_memory(int64_t seq)
{
    struct task t;
    task_send(&house, writer, &t, look_into_memory, seq);
    house_wait(&house);
    return t.number;
}

static void test_memory_is_bounded(void **state)
{
    (void)state;
    assert_false(is_in_memory(1));
    for (int i = 0; i < 10; i++)
        assert_int_equal(task_do(&house, writer, tell_a_thousand, 0), UNIT_DONE);
    assert_true(is_in_memory(10000));
    assert_true(is_in_memory(10000 - 8191));
    assert_false(is_in_memory(10000 - 8192));
    assert_false(is_in_memory(10001));
    for (int i = 0; i < 40; i++)
        assert_int_equal(task_do(&house, writer, tell_too_much, JOURNAL_PAYLOAD_MAX), UNIT_DONE);
    assert_true(is_in_memory(10040));
    assert_true(is_in_memory(10040 - 30));
    assert_false(is_in_memory(10040 - 33));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, journal_setup, journal_teardown)
    const struct CMUnitTest tests[] = {
        T(test_seq_is_the_order_of_commit),
        T(test_rollback_leaves_no_holes),
        T(test_a_channel_is_written_once),
        T(test_time_never_runs_backwards),
        T(test_limits),
        T(test_epoch_and_head_outlive_the_process),
        T(test_floor_and_valid_cursors),
        T(test_memory_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
