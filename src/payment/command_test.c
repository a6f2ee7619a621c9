/* command_test.c - /refund in an order's thread: done as the route does it, once for each command,
 * never more than is held, or refused by an event with a reason. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "payment/command.h"
#include "payment/fixture.h"
#include "payment/ledger.h"
#include "payment/payment.h"

#include "app/order_command_fixture.h"

#define ORDER "0190a0a0-0000-7000-8000-00000000000a"
#define SHOP  "0190a0a0-0000-7000-8000-00000000000b"

static struct payment payment; /* the one of ORDER */
static int64_t held;           /* of it */

static void do_pay(struct task *t, struct db *tx)
{
    (void)t;
    payment = (struct payment){.id = id_new(),
                               .order_id = STR(ORDER),
                               .shop_id = STR(SHOP),
                               .account_id = STR("nobody"),
                               .method = STR("qris"),
                               .currency = STR("IDR"),
                               .amount = 700000,
                               .state = PAYMENT_CHARGING,
                               .created_at = 1,
                               .ask = ASK_CHARGE};
    struct change c = {.tx = tx,
                       .arena = arena,
                       .p = &payment,
                       .now_us = clock_utc_us(),
                       .actor = STR("gateway"),
                       .metric = METRIC_COUNT};
    payment_insert(tx, &payment);
    payment_opened(&c);
    payment_receive(&c, payment.amount, c.now_us);
    payment_save(tx, &payment);
}

static void do_look(struct task *t, struct db *tx)
{
    (void)t;
    assert_true(payment_of_order(tx, arena, STR(ORDER), &payment));
    held = ledger_held(tx, &payment.id);
}

static int64_t held_now(void)
{
    till_do(do_look);
    return held;
}

static int setup(void **state)
{
    till_setup(state);
    crew_of(SHOP);
    saying.react = payment_on_command;
    till_do(do_pay);
    return 0;
}

static void says(const char *who, const char *more)
{
    say(who, STR(ORDER), SHOP, "refund", more);
}

static void a_part_goes_back_once_for_each_command(void **state)
{
    (void)state;
    says("owner", ",\"argument\":5000,\"text\":\"it was cold\"");
    say_again();
    assert_int_equal(held_now(), 200000);
    assert_int_equal(payment.state, PAYMENT_REFUNDING);
    assert_int_equal(payment.ask, ASK_REFUND);
    assert_int_equal(till_told("\"amount\":500000,\"currency\":\"IDR\",\"reason\":\"it was cold\""),
                     1);
    says("owner", ",\"argument\":2000");
    assert_int_equal(held_now(), 0);
    assert_int_equal(till_told("\"reason\":\"requested\""), 1);
    assert_int_equal(till_told("payment.refund_started"), 2);
    assert_int_equal(till_told("command_refused"), 0);
}

static void without_an_amount_all_goes_back(void **state)
{
    (void)state;
    says("owner", "");
    assert_int_equal(held_now(), 0);
    assert_int_equal(till_told("\"amount\":700000,\"currency\":\"IDR\",\"reason\":\"requested\""),
                     1);
    says("owner", "");
    assert_int_equal(till_told("\"reason\":\"conflict\""), 1);
}

static void never_more_than_is_held(void **state)
{
    (void)state;
    says("owner", ",\"argument\":7001");
    says("owner", ",\"argument\":1000000000000");
    assert_int_equal(held_now(), 700000);
    assert_int_equal(till_told("payment.command_refused{\"order_id\":\"" ORDER "\",\"uri\":"
                               "\"0123456789abcde\",\"command\":\"refund\",\"reason\":"
                               "\"conflict\",\"by\":\"account:owner\"}"),
                     2);
    says("owner", ",\"argument\":1000000000001");
    assert_int_equal(till_told("command_refused"), 2);
}

static void only_the_heads_of_the_shop_give_money_back(void **state)
{
    static const char *const others[] = {"barista", "courier", "foreign", "gone", "late", "nobody"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        says(others[i], "");
    assert_int_equal(held_now(), 700000);
    assert_int_equal(till_told("\"reason\":\"forbidden\""), ARRAY_LEN(others));
    says("admin", "");
    assert_int_equal(held_now(), 0);
}

static void what_was_not_paid_here_is_refused(void **state)
{
    (void)state;
    say("owner", STR("0190a0a0-0000-7000-8000-0000000000ff"), SHOP, "refund", "");
    say("foreign", STR(ORDER), "another", "refund", "");
    assert_int_equal(till_told("\"reason\":\"not-found\""), 2);
    assert_int_equal(held_now(), 700000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, till_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_part_goes_back_once_for_each_command),
        TEST(without_an_amount_all_goes_back),
        TEST(never_more_than_is_held),
        TEST(only_the_heads_of_the_shop_give_money_back),
        TEST(what_was_not_paid_here_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
