/* command_test.c - what staff say in an order's thread that is order's to do: done as the route
 * does it, once, or refused by an event with a reason. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "order/command.h"
#include "order/fixture.h"

#include "app/order_command_fixture.h"

#define SAID_AT INT64_C(1800000100000000)

static int setup(void **state)
{
    placing_setup(state);
    crew_of(SHOP_DEMO_ID);
    saying.react = order_on_command;
    return 0;
}

static struct str ordered(void)
{
    static const struct order_wish wish = {
        .product_id = {"ce33fb74-ba55-40c6-99d7-47bef4cd785e", 36}, .qty = 1};
    assert_int_equal(place(&wish, 1), PROBLEM_NONE);
    return arena_str(placing.arena, id_str(&placing.draft.id));
}

static void barista_says(struct str id, const char *word, const char *more)
{
    say("barista", id, SHOP_DEMO_ID, word, more);
}

static void assert_state(const char *status)
{
    char sql[100];
    snprintf(sql, sizeof sql, "SELECT count(*) FROM orders WHERE status = '%s'", status);
    assert_int_equal(house_number(&house, sql), 1);
}

/* So many refusals, the last one for this reason. */
static void assert_refused(int64_t count, const char *reason)
{
    char text[80];
    struct trade_events told = trade_events(TOPIC_ORDER_COMMAND_REFUSED);
    assert_int_equal(told.count, count);
    if (count == 0)
        return;
    snprintf(text, sizeof text, "\"reason\":\"%s\"", reason);
    trade_assert_told(&told, text);
    assert_string_equal(told.channels, "shop:" SHOP_DEMO_ID " ");
}

static void accept_says_when_and_is_told_once(void **state)
{
    (void)state;
    struct str id = ordered();
    barista_says(id, "accept", ",\"argument\":10");
    say_again();
    assert_state("accepted");
    struct trade_events told = trade_events(TOPIC_ORDER_ACCEPTED);
    assert_int_equal(told.count, 1);
    trade_assert_told(&told, "\"by\":\"account:barista\",\"eta_at\":");
    assert_int_equal(house_number(&house, "SELECT eta_at FROM orders"),
                     SAID_AT + 10 * ORDER_ETA_UNIT_US);
    assert_int_equal(house_number(&house, "SELECT count(*) FROM order_moves"), 1);
    assert_refused(0, "");
}

static void decline_needs_its_reason(void **state)
{
    (void)state;
    struct str id = ordered();
    barista_says(id, "decline", "");
    assert_state("received");
    barista_says(id, "reject", ",\"text\":\"no milk\"");
    assert_state("rejected");
    struct trade_events told = trade_events(TOPIC_ORDER_REJECTED);
    trade_assert_told(&told, "\"reason\":\"no milk\",\"by\":\"account:barista\"");
    barista_says(id, "accept", "");
    assert_refused(1, "move-not-allowed");
}

static void eta_accepts_and_may_be_said_anew(void **state)
{
    (void)state;
    struct str id = ordered();
    barista_says(id, "eta", ",\"argument\":10");
    assert_state("accepted");
    assert_int_equal(trade_events(TOPIC_ORDER_ETA_CHANGED).count, 0);
    barista_says(id, "eta", ",\"argument\":20");
    say_again();
    struct trade_events told = trade_events(TOPIC_ORDER_ETA_CHANGED);
    assert_int_equal(told.count, 1);
    trade_assert_told(&told, "\"status\":\"accepted\",\"by\":\"account:barista\",\"eta_at\":");
    assert_int_equal(house_number(&house, "SELECT eta_at FROM orders"),
                     SAID_AT + 20 * ORDER_ETA_UNIT_US);
    house_script(&house, "UPDATE orders SET status = 'preparing'");
    barista_says(id, "eta", ",\"argument\":30");
    assert_int_equal(trade_events(TOPIC_ORDER_ETA_CHANGED).count, 2);
    assert_state("preparing");
    house_script(&house, "UPDATE orders SET status = 'delivered'");
    barista_says(id, "eta", ",\"argument\":5");
    assert_refused(1, "move-not-allowed");
    barista_says(id, "eta", ",\"argument\":601");
    assert_refused(2, "bad-input");
}

static void who_may_not_is_refused(void **state)
{
    static const char *const others[] = {"courier", "foreign", "gone", "late", "nobody", "x"};
    (void)state;
    struct str id = ordered();
    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        say(others[i], id, SHOP_DEMO_ID, "accept", "");
        assert_refused((int64_t)i + 1, "forbidden");
    }
    assert_state("received");
    say("admin", id, SHOP_DEMO_ID, "accept", "");
    assert_state("accepted");
}

static void an_unknown_order_is_refused(void **state)
{
    (void)state;
    barista_says(STR("0190a0a0-0000-7000-8000-0000000000ff"), "accept", "");
    assert_refused(1, "not-found");
    say("foreign", ordered(), "another", "accept", "");
    assert_int_equal(trade_events(TOPIC_ORDER_COMMAND_REFUSED).count, 2);
    assert_state("received");
}

static void what_is_not_ours_or_not_whole_is_nobodys(void **state)
{
    (void)state;
    struct str id = ordered();
    barista_says(id, "ready", "");
    barista_says(id, "refund", "");
    barista_says(id, "sing", "");
    barista_says(id, "eta", "");
    barista_says(id, "eta", ",\"argument\":0");
    barista_says(id, "accept", ",\"text\":\"why\"");
    barista_says(STR("x"), "accept", "");
    barista_says(id, "accept\"", "");
    assert_state("received");
    assert_refused(0, "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, placing_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(accept_says_when_and_is_told_once), TEST(decline_needs_its_reason),
        TEST(eta_accepts_and_may_be_said_anew),  TEST(who_may_not_is_refused),
        TEST(an_unknown_order_is_refused),       TEST(what_is_not_ours_or_not_whole_is_nobodys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
