/* order_command_test.c - what one service says another reads: the table of commands, their event
 * there and back, and what is not one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/order_command.h"
#include "app/topic.h"
#include "journal/fixture.h"

#define ORDER "0190a0a0-0000-7000-8000-0000000000a1"

static struct arena *arena;
static struct order_command said;  /* what a unit tells */
static struct order_command heard; /* what was read back */
static bool is_heard;              /* by the service below */
static const char *service;        /* who reads */

static int setup(void **state)
{
    arena = arena_new(1 << 20);
    return journal_setup(state);
}

static int teardown(void **state)
{
    journal_teardown(state);
    arena_free(&arena);
    return 0;
}

static void do_tell(struct task *t, struct db *tx)
{
    (void)t;
    order_command_tell(tx, arena, &said);
}

static void visit(void *arg, const struct event *e)
{
    (void)arg;
    assert_true(str_is(e->topic, TOPIC_CHAT_COMMAND));
    assert_int_equal(e->channel_count, 1);
    assert_true(str_is(e->channels[0], "shop:s1"));
    is_heard = order_command_read(e, service, arena, &heard);
}

static void tell_and_read(const char *reader)
{
    bool more;
    service = reader;
    is_heard = false;
    assert_int_equal(task_do(&house, writer, do_tell, 0), UNIT_DONE);
    struct db *db = house_open(&house, DB_READ);
    db_begin(db);
    int64_t head = journal_snapshot_head(db);
    (void)journal_read(db, NULL, 0, head - 1, head, 1, visit, NULL, &more);
    db_rollback(db);
    db_close(&db);
}

static struct order_command refund(void)
{
    return (struct order_command){.kind = COMMAND_REFUND,
                                  .uri = STR("0123456789abcde"),
                                  .order_id = STR(ORDER),
                                  .shop_id = STR("s1"),
                                  .numbered = true,
                                  .number = 5000,
                                  .text = STR("it was \"cold\""),
                                  .actor = STR("account:a"),
                                  .at_us = 7};
}

static void what_is_told_is_read_by_whom_it_is_for(void **state)
{
    (void)state;
    said = refund();
    tell_and_read("order");
    assert_false(is_heard);
    tell_and_read("payment");
    assert_true(is_heard);
    assert_int_equal(heard.kind, COMMAND_REFUND);
    assert_true(str_eq(heard.uri, said.uri) && str_eq(heard.order_id, said.order_id));
    assert_true(str_eq(heard.shop_id, said.shop_id) && str_eq(heard.actor, said.actor));
    assert_true(heard.numbered);
    assert_int_equal(heard.number, 5000);
    assert_true(str_is(heard.text, "it was \"cold\""));
    assert_int_equal(heard.seq, 2);
    said.numbered = false;
    said.text = (struct str){0};
    tell_and_read("payment");
    assert_true(is_heard && !heard.numbered && heard.text.at == NULL);
}

static void every_word_is_read_and_belongs_to_somebody(void **state)
{
    (void)state;
    for (int k = 0; k < COMMAND_COUNT; k++) {
        const struct order_command_row *row = order_command_row((enum order_command_kind)k);
        enum order_command_kind kind;
        assert_true(order_command_parse(str_of(row->word), &kind));
        assert_int_equal(kind, k);
        for (int l = 0; l < LANG_COUNT; l++)
            assert_true(str_starts(str_of(row->help[l] + 1), str_of(row->word)));
    }
    enum order_command_kind kind;
    assert_true(order_command_parse(STR("REJECT"), &kind) && kind == COMMAND_DECLINE);
    assert_false(order_command_parse(STR(""), &kind));
    assert_false(order_command_parse(STR("sing"), &kind));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_told_is_read_by_whom_it_is_for),
        TEST(every_word_is_read_and_belongs_to_somebody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
