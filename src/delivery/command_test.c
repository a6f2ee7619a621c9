/* command_test.c - what staff say in an order's thread that is delivery's to do: done as the route
 * does it, once, or refused by an event with a reason; and that a new eta reaches its row. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "delivery/command.h"
#include "delivery/fixture.h"

#include "app/order_command_fixture.h"

static int setup(void **state)
{
    kitchen_setup(state);
    crew_of(SHOP);
    saying.react = delivery_on_command;
    happens(TOPIC_ORDER_PLACED, order_payload(ORDER, SHOP, "received"));
    return 0;
}

static void accept_it(void)
{
    happens(TOPIC_ORDER_ACCEPTED, word_of("accepted", ""));
}

static void says(const char *who, const char *word, const char *more)
{
    say(who, STR(ORDER), SHOP, word, more);
}

static void its_words_move_it_once_each(void **state)
{
    static const char *const way[] = {"preparing", "ready", "delivering", "delivered"};
    (void)state;
    accept_it();
    for (size_t i = 0; i < ARRAY_LEN(way); i++) {
        says("barista", way[i], i == 1 ? ",\"text\":\"at the window\"" : "");
        assert_string_equal(order_state_word(state_now()), way[i]);
        assert_int_equal(told("delivery.moved{"), i + 1);
        says("owner", way[i], "");
        say_again();
        assert_int_equal(told("delivery.moved{"), i + 1);
    }
    assert_int_equal(told("\"status\":\"ready\",\"note\":\"at the window\",\"by\":\"account:"
                          "barista\""),
                     1);
    assert_int_equal(told("command_refused"), 0);
}

static void what_the_table_forbids_is_refused(void **state)
{
    (void)state;
    says("barista", "preparing", "");
    assert_int_equal(state_now(), ORDER_RECEIVED);
    accept_it();
    says("barista", "delivered", "");
    assert_int_equal(state_now(), ORDER_ACCEPTED);
    assert_int_equal(told("delivery.command_refused{\"order_id\":\"" ORDER "\",\"uri\":"
                          "\"0123456789abcde\",\"command\":\"delivered\",\"reason\":"
                          "\"move-not-allowed\",\"by\":\"account:barista\"}"),
                     1);
    assert_int_equal(told("delivery.command_refused{"), 2);
}

static void a_courier_brings_and_no_more(void **state)
{
    (void)state;
    accept_it();
    says("courier", "preparing", "");
    assert_int_equal(told("\"reason\":\"move-not-allowed\""), 1);
    says("owner", "preparing", "");
    says("owner", "ready", "");
    says("courier", "delivering", "");
    says("courier", "failed", ",\"text\":\"nobody opened\"");
    assert_int_equal(state_now(), ORDER_FAILED);
    assert_int_equal(told("delivery.moved{"), 4);
}

static void who_does_not_work_there_is_refused(void **state)
{
    static const char *const others[] = {"foreign", "gone", "late", "nobody", "x"};
    (void)state;
    accept_it();
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        says(others[i], "preparing", "");
    assert_int_equal(state_now(), ORDER_ACCEPTED);
    assert_int_equal(told("\"reason\":\"forbidden\""), ARRAY_LEN(others));
}

static void an_unknown_order_is_refused(void **state)
{
    (void)state;
    say("barista", STR("0190a0a0-0000-7000-8000-0000000000ff"), SHOP, "ready", "");
    say("foreign", STR(ORDER), "another", "ready", "");
    assert_int_equal(told("\"reason\":\"not-found\""), 2);
}

static void a_new_eta_is_shown_to_those_who_track(void **state)
{
    (void)state;
    accept_it();
    int tracked = told("delivery.track{");
    for (int i = 0; i < 2; i++)
        happens(TOPIC_ORDER_ETA_CHANGED,
                word_of("accepted", ",\"eta_at\":\"2027-01-15T08:10:00.000000Z\""));
    assert_int_equal(state_now(), ORDER_ACCEPTED);
    assert_true(step.d.eta_us > 0);
    assert_int_equal(told("delivery.track{"), tracked + 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, kitchen_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(its_words_move_it_once_each),  TEST(what_the_table_forbids_is_refused),
        TEST(a_courier_brings_and_no_more), TEST(who_does_not_work_there_is_refused),
        TEST(an_unknown_order_is_refused),  TEST(a_new_eta_is_shown_to_those_who_track),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
