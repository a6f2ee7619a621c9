/* reactions_test.c - which events about orders, deliveries and machines are payment's business, and
 * that money goes back once however often it is heard that nobody is served. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "payment/fixture.h"
#include "payment/ledger.h"
#include "payment/payment.h"
#include "payment/reactions.h"

#define ORDER "0190a0a0-0000-7000-8000-00000000000a"

/* What a step is given and what it left. */
static struct {
    const char *topic;      /* of an event */
    const char *payload;    /* of it */
    struct payment payment; /* left */
    int64_t held;           /* left: the payer's money we hold */
} step;

/* As the followers do: an event is reacted to when it concerns us. */
static void do_react(struct task *t, struct db *tx)
{
    struct event e = {.topic = str_of(step.topic),
                      .key = STR(ORDER),
                      .actor = STR("service:test"),
                      .payload = str_of(step.payload)};
    (void)t;
    for (size_t i = 0; i < PAYMENT_REACTIONS; i++) {
        const struct reaction *r = &payment_reactions[i];
        if (strcmp(r->topic, step.topic) == 0 && (!r->concerns || r->concerns(&e)))
            r->react(tx, &e);
    }
}

static void happens(const char *topic, const char *payload)
{
    step.topic = topic;
    step.payload = payload;
    till_do(do_react);
}

static void is_now(const char *topic, const char *status)
{
    happens(topic, arena_printf(arena, "{\"order_id\":\"" ORDER "\",\"status\":\"%s\"}", status));
}

static void do_look(struct task *t, struct db *tx)
{
    (void)t;
    assert_true(payment_of_order(tx, arena, STR(ORDER), &step.payment));
    step.held = ledger_held(tx, &step.payment.id);
}

static void do_pay(struct task *t, struct db *tx)
{
    do_look(t, tx);
    struct change c = {.tx = tx,
                       .arena = arena,
                       .p = &step.payment,
                       .now_us = clock_utc_us(),
                       .actor = STR("gateway"),
                       .metric = METRIC_COUNT};
    payment_opened(&c);
    payment_receive(&c, step.payment.amount, c.now_us);
    payment_save(tx, &step.payment);
}

static void placed(void)
{
    happens(TOPIC_ORDER_PLACED, "{\"order_id\":\"" ORDER "\",\"shop_id\":\"s\",\"pay\":\"qris\","
                                "\"total\":700000,\"currency\":\"IDR\"}");
}

static void paid(void)
{
    placed();
    till_do(do_pay);
    till_do(do_look);
    assert_int_equal(step.held, 700000);
}

static void assert_refunded_once(const char *reason)
{
    till_do(do_look);
    assert_int_equal(step.payment.state, PAYMENT_REFUNDING);
    assert_int_equal(step.held, 0);
    assert_int_equal(till_told("payment.refund_started"), 1);
    assert_int_equal(till_told(arena_printf(arena, "\"reason\":\"%s\"", reason)), 1);
}

static void only_an_unpaid_order_is_ours_to_cancel(void **state)
{
    (void)state;
    placed();
    is_now(TOPIC_ORDER_CANCEL_REQUESTED, "accepted");
    till_do(do_look);
    assert_int_equal(step.payment.state, PAYMENT_CHARGING);
    is_now(TOPIC_ORDER_CANCEL_REQUESTED, "unpaid");
    till_do(do_look);
    assert_int_equal(step.payment.state, PAYMENT_CANCELLING);
}

static void a_wish_to_cancel_what_was_accepted_moves_no_money(void **state)
{
    (void)state;
    paid();
    is_now(TOPIC_ORDER_CANCEL_REQUESTED, "accepted");
    till_do(do_look);
    assert_int_equal(step.payment.state, PAYMENT_PAID);
    is_now(TOPIC_ORDER_CANCELLED, "cancelled");
    is_now(TOPIC_ORDER_CANCELLED, "cancelled");
    assert_refunded_once("cancelled");
}

static void what_could_not_be_brought_is_refunded(void **state)
{
    static const char *const way[] = {"preparing", "ready", "delivering", "delivered"};
    (void)state;
    paid();
    for (size_t i = 0; i < ARRAY_LEN(way); i++)
        is_now(TOPIC_DELIVERY_MOVED, way[i]);
    till_do(do_look);
    assert_int_equal(step.payment.state, PAYMENT_PAID);
    is_now(TOPIC_DELIVERY_MOVED, "failed");
    is_now(TOPIC_DELIVERY_MOVED, "failed");
    assert_refunded_once("failed");
}

static void a_machine_that_failed_refunds_once(void **state)
{
    (void)state;
    paid();
    happens(TOPIC_KIOSK_VEND_FAILED, "{\"order_id\":\"" ORDER "\",\"reason\":\"stuck\"}");
    is_now(TOPIC_DELIVERY_MOVED, "failed");
    assert_refunded_once("vend-failed");
}

static void a_delivery_that_nobody_paid_for_online_is_nothing_to_us(void **state)
{
    (void)state;
    is_now(TOPIC_DELIVERY_MOVED, "failed");
    is_now(TOPIC_ORDER_CANCELLED, "cancelled");
    assert_string_equal(till_events(), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, till_setup, till_teardown)
        T(only_an_unpaid_order_is_ours_to_cancel),
        T(a_wish_to_cancel_what_was_accepted_moves_no_money),
        T(what_could_not_be_brought_is_refunded),
        T(a_machine_that_failed_refunds_once),
        T(a_delivery_that_nobody_paid_for_online_is_nothing_to_us),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
