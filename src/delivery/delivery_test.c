/* delivery_test.c - a delivery's life on a real database: what every event does in every state,
 * repeats, races with order and with machines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "delivery/fixture.h"

static void place(void)
{
    happens(TOPIC_ORDER_PLACED, order_payload(ORDER, SHOP, "received"));
}

static void accept_it(void)
{
    happens(TOPIC_ORDER_ACCEPTED, word_of("accepted", ""));
}

static void do_set_state(struct task *t, struct db *tx)
{
    db_exec(tx, "UPDATE deliveries SET status = ?",
            DB_CSTR(order_state_word((enum order_state)t->number)));
}

static void set_state(enum order_state s)
{
    assert_int_equal(task_do(&house, writer, do_set_state, s), UNIT_DONE);
}

/* ---- Arriving ---- */

static void an_order_that_is_received_arrives_quietly(void **state)
{
    (void)state;
    place();
    assert_int_equal(state_now(), ORDER_RECEIVED);
    const struct delivery *d = &step.d;
    assert_true(str_is(d->number, "A17") && str_is(d->shop_id, SHOP));
    assert_true(str_is(delivery_user(d), "USER0001") && str_is(d->account_id, "acc-1"));
    assert_true(d->kiosk_id.at == NULL && str_is(d->language, "ko"));
    assert_int_equal(d->total, 2500000);
    assert_int_equal(d->ordered_us, T0);
    assert_int_equal(d->received_us, T0);
    assert_int_equal(d->eta_us, 0);
    assert_true(
        str_starts(d->items, STR("[{\"product_id\":\"p-1\",\"name\":\"Kopi \\\"susu\\\"\"")));
    assert_string_equal(kitchen_events(), "");
    assert_int_equal(house_number(&house, "SELECT COUNT(*) FROM delivery_moves"), 0);
}

static void one_that_waits_for_its_payment_does_not(void **state)
{
    (void)state;
    happens(TOPIC_ORDER_PLACED, order_payload(ORDER, SHOP, "unpaid"));
    kitchen_do(do_look);
    assert_false(step.known);
    happens(TOPIC_ORDER_CANCELLED, word_of("cancelled", ""));
    kitchen_do(do_look);
    assert_false(step.known);
    assert_string_equal(kitchen_events(), "");
}

static void a_paid_one_arrives_with_two_times(void **state)
{
    (void)state;
    happens(TOPIC_ORDER_PAID, order_payload(ORDER, SHOP, "received"));
    assert_int_equal(state_now(), ORDER_RECEIVED);
    assert_int_equal(step.d.received_us, T0);
    assert_int_equal(step.d.ordered_us, INT64_C(0x0190a0a00000) * 1000);
    assert_int_equal(told("delivery.track{"), 1);
    happens(TOPIC_ORDER_PAID, order_payload(ORDER, SHOP, "received"));
    assert_int_equal(told("delivery.track{"), 1);
}

static void a_repeat_changes_nothing(void **state)
{
    (void)state;
    place();
    accept_it();
    place();
    happens(TOPIC_ORDER_PAID, order_payload(ORDER, SHOP, "received"));
    assert_int_equal(state_now(), ORDER_ACCEPTED);
    assert_int_equal(step.d.received_us, T0);
    assert_int_equal(house_number(&house, "SELECT COUNT(*) FROM deliveries"), 1);
    assert_int_equal(told("delivery.track{"), 1);
}

static void rubbish_changes_nothing(void **state)
{
    static const char *const payloads[] = {
        "",
        "{",
        "[]",
        "{\"status\":\"received\"}",
        "{\"order_id\":7,\"status\":\"received\"}",
        "{\"order_id\":\"x\",\"status\":\"received\"}",
        "{\"order_id\":\"" ORDER "\",\"shop_id\":\"" SHOP "\",\"number\":\"A1\",\"username\":\"u\","
        "\"status\":\"received\",\"items\":[],\"total\":-1,\"currency\":\"IDR\"}",
        "{\"order_id\":\"" ORDER "\",\"shop_id\":\"" SHOP "\",\"number\":\"A1\",\"username\":\"u\","
        "\"status\":\"received\",\"items\":[],\"total\":1,\"currency\":\"ZZZ\"}",
        "{\"order_id\":\"" ORDER "\",\"shop_id\":\"" SHOP "\",\"number\":\"A1\",\"username\":null,"
        "\"status\":\"received\",\"items\":[],\"total\":1,\"currency\":\"IDR\"}",
        "{\"order_id\":\"" ORDER "\",\"shop_id\":\"" SHOP "\",\"number\":\"A1\",\"username\":\"u\","
        "\"status\":\"received\",\"total\":1,\"currency\":\"IDR\"}",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(payloads); i++) {
        for (size_t r = 0; r < DELIVERY_REACTIONS; r++)
            happens(delivery_reactions[r].topic, payloads[i]);
    }
    assert_int_equal(house_number(&house, "SELECT COUNT(*) FROM deliveries"), 0);
    assert_int_equal(house_number(&house, "SELECT COUNT(*) FROM delivery_shops"), 0);
    assert_string_equal(kitchen_events(), "");
}

/* ---- Every event in every state ---- */

/* What an event does to an order in a state; the same state: nothing, quietly. */
static enum order_state expected_of(enum order_state s, const char *topic)
{
    enum order_state to = strcmp(topic, TOPIC_ORDER_ACCEPTED) == 0    ? ORDER_ACCEPTED
                          : strcmp(topic, TOPIC_ORDER_REJECTED) == 0  ? ORDER_REJECTED
                          : strcmp(topic, TOPIC_ORDER_CANCELLED) == 0 ? ORDER_CANCELLED
                                                                      : ORDER_STATE_COUNT;
    if (to != ORDER_STATE_COUNT)
        return order_mover(s, to) == MOVER_ORDER ? to : s;
    if (strcmp(topic, TOPIC_ORDER_CANCEL_REQUESTED) == 0)
        return s == ORDER_ACCEPTED ? ORDER_CANCELLED : s;
    if (strcmp(topic, TOPIC_KIOSK_VEND_FAILED) == 0)
        return order_mover(s, ORDER_FAILED) == MOVER_DELIVERY ? ORDER_FAILED : s;
    return s >= ORDER_ACCEPTED && s <= ORDER_DELIVERING ? ORDER_DELIVERED : s;
}

static void in_every_state_every_event_moves_along_the_table_or_not_at_all(void **state)
{
    static const char *const topics[] = {TOPIC_ORDER_ACCEPTED,  TOPIC_ORDER_REJECTED,
                                         TOPIC_ORDER_CANCELLED, TOPIC_ORDER_CANCEL_REQUESTED,
                                         TOPIC_KIOSK_VENDED,    TOPIC_KIOSK_VEND_FAILED};
    (void)state;
    place();
    for (int s = ORDER_RECEIVED; s < ORDER_STATE_COUNT; s++) {
        for (size_t i = 0; i < ARRAY_LEN(topics); i++) {
            enum order_state from = (enum order_state)s;
            enum order_state to = expected_of(from, topics[i]);
            set_state(from);
            int tracked = told("delivery.track{");
            happens(topics[i], word_of("accepted", ""));
            assert_int_equal(state_now(), to);
            assert_int_equal(told("delivery.track{") - tracked, from != to);
            int all = told("\n");
            happens(topics[i], word_of("accepted", ""));
            assert_int_equal(state_now(), to);
            /* A wish that is refused is answered each time it is made. */
            bool refused = strcmp(topics[i], TOPIC_ORDER_CANCEL_REQUESTED) == 0 &&
                           to != ORDER_CANCELLED && to != ORDER_RECEIVED;
            assert_int_equal(told("\n") - all, refused);
        }
    }
}

static void the_history_says_who_when_and_why(void **state)
{
    (void)state;
    place();
    happens(TOPIC_ORDER_ACCEPTED,
            word_of("accepted", ",\"eta_at\":\"2027-01-15T08:10:00.000000Z\""));
    assert_int_equal(state_now(), ORDER_ACCEPTED);
    int64_t eta;
    assert_true(clock_parse_iso(STR("2027-01-15T08:10:00Z"), &eta));
    assert_int_equal(step.d.eta_us, eta);
    assert_int_equal(step.d.updated_us, T0 + 1000000);
    step.actor = "kiosk:KIOSK1";
    happens(TOPIC_KIOSK_VEND_FAILED,
            "{\"order_id\":\"" ORDER "\",\"kiosk_id\":\"KIOSK1\",\"reason\":\"jam \\u2603\"}");
    assert_int_equal(state_now(), ORDER_FAILED);
    assert_int_equal(step.d.eta_us, eta);
    assert_int_equal(house_number(&house,
                                  "SELECT COUNT(*) FROM delivery_moves WHERE n = 1"
                                  " AND status = 'accepted' AND actor = 'account:somebody'"
                                  " AND device IS NULL AND note IS NULL AND at = 1800000001000000"),
                     1);
    assert_int_equal(house_number(&house, "SELECT COUNT(*) FROM delivery_moves WHERE n = 2"
                                          " AND status = 'failed' AND actor = 'kiosk:KIOSK1'"
                                          " AND device = 'KIOSK1' AND note = 'jam \u2603'"),
                     1);
    assert_int_equal(house_number(&house, "SELECT COUNT(*) FROM delivery_moves"), 2);
    assert_int_equal(told("delivery.moved{\"order_id\":\"" ORDER
                          "\",\"number\":\"A17\",\"shop_id\":"
                          "\"" SHOP "\",\"account_id\":\"acc-1\",\"from\":\"accepted\",\"status\":"
                          "\"failed\",\"note\":\"jam \u2603\",\"by\":\"kiosk:KIOSK1\"}"),
                     1);
}

/* ---- Cancelling ---- */

static void a_cancel_is_granted_while_nobody_has_begun(void **state)
{
    (void)state;
    place();
    accept_it();
    happens(TOPIC_ORDER_CANCEL_REQUESTED, word_of("accepted", ""));
    assert_int_equal(state_now(), ORDER_CANCELLED);
    assert_int_equal(told("\"from\":\"accepted\",\"status\":\"cancelled\""), 1);
    /* order says the same in answer to ours: no second event, no second line of history. */
    int all = told("\n");
    happens(TOPIC_ORDER_CANCELLED, word_of("cancelled", ",\"reason\":\"customer\""));
    assert_int_equal(told("\n"), all);
    assert_int_equal(house_number(&house, "SELECT COUNT(*) FROM delivery_moves"), 2);
}

static void a_cancel_is_refused_once_it_is_made(void **state)
{
    (void)state;
    place();
    accept_it();
    set_state(ORDER_PREPARING);
    happens(TOPIC_ORDER_CANCEL_REQUESTED, word_of("accepted", ""));
    assert_int_equal(state_now(), ORDER_PREPARING);
    assert_int_equal(told("delivery.cancel_refused{\"order_id\":\"" ORDER "\",\"number\":\"A17\","
                          "\"shop_id\":\"" SHOP "\",\"account_id\":\"acc-1\",\"status\":"
                          "\"preparing\",\"by\":\"service:delivery\"}"),
                     1);
}

static void an_unpaid_orders_cancel_is_not_ours(void **state)
{
    (void)state;
    place();
    accept_it();
    happens(TOPIC_ORDER_CANCEL_REQUESTED, word_of("unpaid", ""));
    assert_int_equal(state_now(), ORDER_ACCEPTED);
}

/* ---- Machines ---- */

static void a_machine_gives_out_in_one_unit(void **state)
{
    (void)state;
    happens(TOPIC_ORDER_PAID, kiosk_payload("received"));
    accept_it();
    step.actor = "kiosk:KIOSK1";
    int tracked = told("delivery.track{");
    happens(TOPIC_KIOSK_VENDED, "{\"order_id\":\"" ORDER "\",\"kiosk_id\":\"KIOSK1\"}");
    assert_int_equal(state_now(), ORDER_DELIVERED);
    assert_true(str_is(delivery_user(&step.d), "KIOSK1"));
    assert_int_equal(told("\"from\":\"accepted\",\"status\":\"preparing\""), 1);
    assert_int_equal(told("\"from\":\"preparing\",\"status\":\"ready\""), 1);
    assert_int_equal(told("\"from\":\"ready\",\"status\":\"delivered\""), 1);
    assert_int_equal(told("\"by\":\"kiosk:KIOSK1\"}"), 3);
    assert_int_equal(told("delivery.track{") - tracked, 1);
}

static void a_machine_may_be_quicker_than_the_order(void **state)
{
    (void)state;
    step.actor = "kiosk:KIOSK1";
    happens(TOPIC_KIOSK_VENDED, "{\"order_id\":\"" ORDER "\",\"kiosk_id\":\"KIOSK1\"}");
    happens(TOPIC_KIOSK_VENDED, "{\"order_id\":\"" ORDER "\",\"kiosk_id\":\"KIOSK1\"}");
    happens(TOPIC_ORDER_PAID, kiosk_payload("received"));
    assert_int_equal(state_now(), ORDER_RECEIVED);
    step.actor = "service:order";
    accept_it();
    assert_int_equal(state_now(), ORDER_DELIVERED);
    assert_int_equal(told("\"by\":\"kiosk:KIOSK1\"}"), 3);
    assert_int_equal(house_number(&house, "SELECT COUNT(*) FROM delivery_early"), 0);
    /* History never runs backwards, though the machine spoke first. */
    assert_int_equal(house_number(&house,
                                  "SELECT COUNT(*) FROM delivery_moves a JOIN delivery_moves b"
                                  " ON a.n < b.n AND a.at > b.at"),
                     0);
}

static void its_failure_too(void **state)
{
    (void)state;
    happens(TOPIC_ORDER_PAID, kiosk_payload("received"));
    happens(TOPIC_KIOSK_VEND_FAILED,
            "{\"order_id\":\"" ORDER "\",\"kiosk_id\":\"KIOSK1\",\"reason\":\"jam\"}");
    assert_int_equal(state_now(), ORDER_RECEIVED);
    accept_it();
    assert_int_equal(state_now(), ORDER_FAILED);
    assert_int_equal(told("\"status\":\"failed\",\"note\":\"jam\""), 1);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, kitchen_setup, kitchen_teardown)
    const struct CMUnitTest tests[] = {
        T(an_order_that_is_received_arrives_quietly),
        T(one_that_waits_for_its_payment_does_not),
        T(a_paid_one_arrives_with_two_times),
        T(a_repeat_changes_nothing),
        T(rubbish_changes_nothing),
        T(in_every_state_every_event_moves_along_the_table_or_not_at_all),
        T(the_history_says_who_when_and_why),
        T(a_cancel_is_granted_while_nobody_has_begun),
        T(a_cancel_is_refused_once_it_is_made),
        T(an_unpaid_orders_cancel_is_not_ours),
        T(a_machine_gives_out_in_one_unit),
        T(a_machine_may_be_quicker_than_the_order),
        T(its_failure_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
