/* moves_test.c - what becomes of an order: cancelled, paid, not paid; and repeats of it all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "order/fixture.h"

static const struct service *const services[] = {&account_service, &shop_service, &menu_service,
                                                 &order_service};

static int setup(void **state)
{
    (void)state;
    trade_init(services, ARRAY_LEN(services));
    placing_init();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    placing_fini();
    trade_fini();
    return 0;
}

/* Place one order, paid this way; at a kiosk when `kiosk`. */
static struct str ordered(enum order_pay pay, bool kiosk)
{
    static const struct order_wish wish = {
        .product_id = {"ce33fb74-ba55-40c6-99d7-47bef4cd785e", 36}, .qty = 1};
    placing.draft = (struct order_draft){.arena = placing.arena,
                                         .id = id_new(),
                                         .now_us = TRADE_NOW,
                                         .actor = STR("account:u"),
                                         .kiosk_id = kiosk ? STR("KIOSK1") : (struct str){0},
                                         .account_id = kiosk ? (struct str){0} : STR("u"),
                                         .username = kiosk ? (struct str){0} : STR("USER0001"),
                                         .via = kiosk ? VIA_KIOSK : VIA_API,
                                         .pay = pay,
                                         .wishes = &wish,
                                         .wish_count = 1};
    trade_do(place_draft);
    assert_int_equal(placing.problem, PROBLEM_NONE);
    return arena_str(placing.arena, id_str(&placing.draft.id));
}

/* What cancel_order() is given and what it left. */
static struct {
    struct str id;
    enum order_cancelled result;
    enum order_state state;
} cancelling;

static void cancel_order(struct task *t, struct db *tx)
{
    struct order o;
    (void)t;
    if (!order_find(tx, cancelling.id, placing.arena, &o))
        return;
    cancelling.result =
        order_cancel(tx, placing.arena, &o, STR("account:u"), "customer", TRADE_NOW + 5);
    cancelling.state = o.state;
}

static enum order_cancelled cancelled(struct str id)
{
    cancelling.id = id;
    trade_do(cancel_order);
    return cancelling.result;
}

static enum order_state state_of(struct str id)
{
    struct order o;
    struct db *db = house_open(&house, DB_READ);
    assert_true(order_find(db, id, placing.arena, &o));
    db_close(&db);
    return o.state;
}

static void a_counter_order_is_cancelled_at_once(void **state)
{
    (void)state;
    struct str id = ordered(PAY_COUNTER, false);
    assert_int_equal(cancelled(id), CANCEL_DONE);
    assert_int_equal(cancelling.state, ORDER_CANCELLED);
    assert_int_equal(cancelled(id), CANCEL_DONE);
    struct trade_events told = trade_events(TOPIC_ORDER_CANCELLED);
    assert_int_equal(told.count, 1);
    trade_assert_told(&told,
                      "\"status\":\"cancelled\",\"reason\":\"customer\",\"by\":\"account:u\"");
    assert_non_null(strstr(told.channels, "shop:" SHOP_DEMO_ID " order:"));
    assert_int_equal(state_of(id), ORDER_CANCELLED);
    assert_int_equal(house_number(&house, "SELECT updated_at FROM orders"), TRADE_NOW + 5);
}

static void an_unpaid_order_asks_payment_once(void **state)
{
    (void)state;
    struct str id = ordered(PAY_QRIS, false);
    assert_int_equal(cancelled(id), CANCEL_ASKED);
    assert_int_equal(cancelled(id), CANCEL_ASKED);
    assert_int_equal(state_of(id), ORDER_UNPAID);
    assert_int_equal(trade_events(TOPIC_ORDER_CANCEL_REQUESTED).count, 1);
    assert_int_equal(trade_events(TOPIC_ORDER_CANCELLED).count, 0);
    payment_says(TOPIC_PAYMENT_FAILED, id, ",\"reason\":\"cancelled\"");
    trade_settle("order");
    assert_int_equal(state_of(id), ORDER_CANCELLED);
    struct trade_events told = trade_events(TOPIC_ORDER_CANCELLED);
    assert_int_equal(told.count, 1);
    trade_assert_told(&told, "\"reason\":\"cancelled\",\"by\":\"service:order\"");
}

static void what_the_shop_has_taken_is_not_cancelled(void **state)
{
    static const char *const words[] = {"accepted",  "preparing", "ready", "delivering",
                                        "delivered", "rejected",  "failed"};
    (void)state;
    struct str id = ordered(PAY_COUNTER, false);
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        char sql[100];
        snprintf(sql, sizeof sql, "UPDATE orders SET status = '%s'", words[i]);
        house_script(&house, sql);
        assert_int_equal(cancelled(id), CANCEL_TOO_LATE);
        assert_string_equal(order_state_word(state_of(id)), words[i]);
    }
    assert_int_equal(trade_events(TOPIC_ORDER_CANCELLED).count, 0);
}

static void a_paid_order_is_received(void **state)
{
    (void)state;
    struct str id = ordered(PAY_GOPAY, false);
    payment_says(TOPIC_PAYMENT_PAID, id, "");
    payment_says(TOPIC_PAYMENT_PAID, id, "");
    payment_says(TOPIC_PAYMENT_FAILED, id, ",\"reason\":\"expired\"");
    trade_settle("order");
    assert_int_equal(state_of(id), ORDER_RECEIVED);
    struct trade_events told = trade_events(TOPIC_ORDER_PAID);
    assert_int_equal(told.count, 1);
    trade_assert_told(&told, "\"status\":\"received\"");
    trade_assert_told(&told, "\"items\":[{\"product_id\":");
    assert_int_equal(trade_events(TOPIC_ORDER_ACCEPTED).count, 0);
    assert_int_equal(trade_events(TOPIC_ORDER_CANCELLED).count, 0);
}

static void a_kiosks_paid_order_accepts_itself(void **state)
{
    (void)state;
    struct str id = ordered(PAY_QRIS, true);
    payment_says(TOPIC_PAYMENT_PAID, id, "");
    payment_says(TOPIC_PAYMENT_PAID, id, "");
    trade_settle("order");
    assert_int_equal(state_of(id), ORDER_ACCEPTED);
    assert_int_equal(trade_events(TOPIC_ORDER_PAID).count, 1);
    struct trade_events told = trade_events(TOPIC_ORDER_ACCEPTED);
    assert_int_equal(told.count, 1);
    trade_assert_told(&told, "\"kiosk_id\":\"KIOSK1\",\"status\":\"accepted\"");
    assert_non_null(strstr(told.channels, "kiosk:KIOSK1"));
    assert_null(strstr(told.channels, "account:"));
}

static void late_money_does_not_wake_a_cancelled_order(void **state)
{
    (void)state;
    struct str id = ordered(PAY_QRIS, false);
    payment_says(TOPIC_PAYMENT_FAILED, id, ",\"reason\":\"expired\"");
    payment_says(TOPIC_PAYMENT_PAID, id, "");
    trade_settle("order");
    assert_int_equal(state_of(id), ORDER_CANCELLED);
    assert_int_equal(trade_events(TOPIC_ORDER_PAID).count, 0);
}

static void answers_about_nothing_change_nothing(void **state)
{
    (void)state;
    struct str id = ordered(PAY_QRIS, false);
    payment_says(TOPIC_PAYMENT_PAID, STR("0198c0de-0000-7000-8000-00000000ffff"), "");
    payment_says(TOPIC_PAYMENT_FAILED, STR(""), "");
    trade_settle("order");
    assert_int_equal(state_of(id), ORDER_UNPAID);
}

/* What list_ids() found. */
static char listed[2048];

static void note(void *arg, struct order *o, struct arena *scratch)
{
    (void)arg;
    (void)scratch;
    strcat(strncat(listed, o->number.at, o->number.len), " ");
}

static const char *list(struct str account, struct str shop, struct str before, int64_t limit)
{
    struct db *db = house_open(&house, DB_READ);
    listed[0] = '\0';
    order_list(db, account, shop, before, limit, note, NULL);
    db_close(&db);
    return listed;
}

static void lists_are_newest_first_and_page_by_id(void **state)
{
    struct str ids[4];
    const struct str none = {0};
    (void)state;
    for (size_t i = 0; i < 4; i++)
        ids[i] = ordered(PAY_COUNTER, false);
    assert_string_equal(list(STR("u"), none, none, 50), "A04 A03 A02 A01 ");
    assert_string_equal(list(STR("u"), none, none, 2), "A04 A03 ");
    assert_string_equal(list(STR("u"), none, ids[2], 50), "A02 A01 ");
    assert_string_equal(list(STR("u"), none, ids[0], 50), "");
    assert_string_equal(list(STR("u"), STR(SHOP_DEMO_ID), ids[3], 1), "A03 ");
    assert_string_equal(list(STR("u"), STR("another"), none, 50), "");
    assert_string_equal(list(STR("v"), none, none, 50), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(a_counter_order_is_cancelled_at_once),     T(an_unpaid_order_asks_payment_once),
        T(what_the_shop_has_taken_is_not_cancelled), T(a_paid_order_is_received),
        T(a_kiosks_paid_order_accepts_itself),       T(late_money_does_not_wake_a_cancelled_order),
        T(answers_about_nothing_change_nothing),     T(lists_are_newest_first_and_page_by_id),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
