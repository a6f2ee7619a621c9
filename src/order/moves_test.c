/* moves_test.c - what becomes of an order: accepted, rejected, cancelled, paid, not paid, made and
 * brought; and repeats of it all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "order/fixture.h"

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

/* What a move is given and what it left. */
static struct {
    struct str id;
    enum order_cancelled result;
    enum order_state state;
    int64_t eta_us;
    bool done;
} moving;

static const struct order_act by_customer = {.actor = {"account:u", 9},
                                             .device = {"session-1", 9},
                                             .reason = {"customer", 8},
                                             .now_us = TRADE_NOW + 5};
static const struct order_act by_staff = {.actor = {"account:b", 9}, .now_us = TRADE_NOW + 7};
static const struct order_act by_staff_no = {
    .actor = {"account:b", 9}, .reason = {"no milk", 7}, .now_us = TRADE_NOW + 7};

static void cancel_order(struct task *t, struct db *tx)
{
    struct order o;
    (void)t;
    if (!order_find(tx, moving.id, placing.arena, &o))
        return;
    moving.result = order_cancel(tx, placing.arena, &o, &by_customer);
    moving.state = o.state;
}

static void accept_order(struct task *t, struct db *tx)
{
    struct order o;
    (void)t;
    moving.done = order_find(tx, moving.id, placing.arena, &o) &&
                  order_accept(tx, placing.arena, &o, moving.eta_us, &by_staff);
}

static void reject_order(struct task *t, struct db *tx)
{
    struct order o;
    (void)t;
    moving.done = order_find(tx, moving.id, placing.arena, &o) &&
                  order_reject(tx, placing.arena, &o, &by_staff_no);
}

static void due_order(struct task *t, struct db *tx)
{
    (void)t;
    order_service.due(tx, moving.id, TRADE_NOW + 9);
}

static void move_order(struct str id, void (*how)(struct task *t, struct db *tx))
{
    moving.id = id;
    trade_do(how);
}

static enum order_cancelled cancelled(struct str id)
{
    move_order(id, cancel_order);
    return moving.result;
}

static bool accepted(struct str id)
{
    move_order(id, accept_order);
    return moving.done;
}

static bool rejected(struct str id)
{
    move_order(id, reject_order);
    return moving.done;
}

/* The history of an order as "status by device reason; ..." */
static const char *history(struct str id)
{
    static char text[1024];
    struct db *db = house_open(&house, DB_READ);
    size_t count;
    const struct order_move *moves = order_read_moves(db, placing.arena, id, &count);
    text[0] = '\0';
    for (size_t i = 0; i < count; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%.*s %.*s %.*s %.*s; ",
                 STR_ARG(moves[i].status), STR_ARG(moves[i].actor), STR_ARG(moves[i].device),
                 STR_ARG(moves[i].reason));
    db_close(&db);
    return text;
}

/* Delivery says this about an order. */
static void delivery_says(struct str id, const char *status, const char *more)
{
    char text[200];
    snprintf(text, sizeof text, ",\"status\":\"%s\"%s", status, more);
    payment_says(TOPIC_DELIVERY_MOVED, id, text);
    trade_settle("order");
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
    assert_int_equal(moving.state, ORDER_CANCELLED);
    assert_int_equal(cancelled(id), CANCEL_DONE);
    struct trade_events told = trade_events(TOPIC_ORDER_CANCELLED);
    assert_int_equal(told.count, 1);
    trade_assert_told(&told,
                      "\"status\":\"cancelled\",\"reason\":\"customer\",\"by\":\"account:u\"");
    assert_non_null(strstr(told.channels, "account:u shop:" SHOP_DEMO_ID " order:"));
    assert_int_equal(state_of(id), ORDER_CANCELLED);
    assert_int_equal(house_number(&house, "SELECT updated_at FROM orders"), TRADE_NOW + 5);
}

static void what_was_asked_earlier_does_not_turn_history_back(void **state)
{
    char later[80];
    (void)state;
    struct str id = ordered(PAY_COUNTER, false);
    snprintf(later, sizeof later, "UPDATE orders SET updated_at = %lld",
             (long long)TRADE_NOW + 1000);
    house_script(&house, later);
    assert_int_equal(cancelled(id), CANCEL_DONE);
    assert_int_equal(house_number(&house, "SELECT updated_at FROM orders"), TRADE_NOW + 1000);
    assert_int_equal(house_number(&house, "SELECT at FROM order_moves"), TRADE_NOW + 1000);
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

static void what_somebody_makes_is_not_cancelled(void **state)
{
    static const char *const words[] = {"preparing", "ready",    "delivering",
                                        "delivered", "rejected", "failed"};
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
    assert_string_equal(history(id), "");
}

static void an_accepted_order_asks_delivery_once_until_it_refuses(void **state)
{
    (void)state;
    struct str id = ordered(PAY_COUNTER, false);
    assert_true(accepted(id));
    assert_int_equal(cancelled(id), CANCEL_ASKED);
    assert_int_equal(cancelled(id), CANCEL_ASKED);
    struct trade_events asked = trade_events(TOPIC_ORDER_CANCEL_REQUESTED);
    assert_int_equal(asked.count, 1);
    trade_assert_told(&asked, "\"status\":\"accepted\"");
    payment_says(TOPIC_DELIVERY_CANCEL_REFUSED, id, "");
    trade_settle("order");
    assert_int_equal(state_of(id), ORDER_ACCEPTED);
    assert_int_equal(house_number(&house, "SELECT cancel_asked FROM orders"), 0);
    assert_int_equal(cancelled(id), CANCEL_ASKED);
    assert_int_equal(trade_events(TOPIC_ORDER_CANCEL_REQUESTED).count, 2);
}

static void what_delivery_grants_is_cancelled_for_the_reason_asked(void **state)
{
    (void)state;
    struct str id = ordered(PAY_COUNTER, false);
    assert_true(accepted(id));
    assert_int_equal(cancelled(id), CANCEL_ASKED);
    delivery_says(id, "cancelled", ",\"by\":\"account:u\"");
    delivery_says(id, "cancelled", ",\"by\":\"account:u\"");
    assert_int_equal(state_of(id), ORDER_CANCELLED);
    struct trade_events told = trade_events(TOPIC_ORDER_CANCELLED);
    assert_int_equal(told.count, 1);
    trade_assert_told(&told, "\"reason\":\"customer\",\"by\":\"account:u\"");
    assert_int_equal(cancelled(id), CANCEL_DONE);
    assert_string_equal(history(id), "accepted account:b  ; cancelled account:u  customer; ");
}

static void what_a_machine_makes_is_not_cancelled(void **state)
{
    (void)state;
    struct str id = ordered(PAY_QRIS, true);
    payment_says(TOPIC_PAYMENT_PAID, id, "");
    trade_settle("order");
    assert_int_equal(cancelled(id), CANCEL_TOO_LATE);
    assert_int_equal(trade_events(TOPIC_ORDER_CANCEL_REQUESTED).count, 0);
}

#define SESSION "0190a0a0-0000-7000-8000-00000f0b7a11"

static void accept_at_till(struct task *t, struct db *tx)
{
    const struct order_act act = {
        .actor = STR("account:b"), .device = STR(SESSION), .now_us = TRADE_NOW + 7};
    struct order o;
    (void)t;
    moving.done = order_find(tx, moving.id, placing.arena, &o) &&
                  order_accept(tx, placing.arena, &o, 0, &act);
}

/* Others are told the end of the session's id; the history has it whole. */
static void it_is_told_on_which_device_it_was_accepted(void **state)
{
    (void)state;
    struct str id = ordered(PAY_COUNTER, false);
    move_order(id, accept_at_till);
    struct trade_events told = trade_events(TOPIC_ORDER_ACCEPTED);
    assert_int_equal(told.count, 1);
    trade_assert_told(&told, "\"by\":\"account:b\",\"device\":\"0f0b7a11\"}");
    assert_string_equal(history(id), "accepted account:b " SESSION " ; ");
}

static void the_shop_accepts_once_and_says_when(void **state)
{
    (void)state;
    struct str id = ordered(PAY_COUNTER, false);
    moving.eta_us = TRADE_NOW + 60000000;
    assert_true(accepted(id));
    moving.eta_us = 0;
    assert_true(accepted(id));
    assert_false(rejected(id));
    struct trade_events told = trade_events(TOPIC_ORDER_ACCEPTED);
    assert_int_equal(told.count, 1);
    trade_assert_told(&told, "\"by\":\"account:b\",\"eta_at\":\"2027-01-15T08:01:00");
    assert_string_equal(history(id), "accepted account:b  ; ");
    assert_int_equal(house_number(&house, "SELECT eta_at FROM orders"), TRADE_NOW + 60000000);
}

static void the_shop_rejects_once_with_a_reason(void **state)
{
    (void)state;
    struct str id = ordered(PAY_COUNTER, false);
    assert_true(rejected(id));
    assert_true(rejected(id));
    assert_false(accepted(id));
    assert_int_equal(cancelled(id), CANCEL_TOO_LATE);
    struct trade_events told = trade_events(TOPIC_ORDER_REJECTED);
    assert_int_equal(told.count, 1);
    trade_assert_told(&told, "\"status\":\"rejected\",\"reason\":\"no milk\"");
    assert_string_equal(history(id), "rejected account:b  no milk; ");
}

static void only_what_was_received_is_accepted_or_rejected(void **state)
{
    static const char *const words[] = {"unpaid", "delivered", "cancelled", "failed"};
    (void)state;
    struct str id = ordered(PAY_COUNTER, false);
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        char sql[100];
        snprintf(sql, sizeof sql, "UPDATE orders SET status = '%s'", words[i]);
        house_script(&house, sql);
        assert_false(accepted(id));
        assert_false(rejected(id));
    }
    house_script(&house, "UPDATE orders SET status = 'ready'");
    assert_true(accepted(id));
    assert_false(rejected(id));
    assert_int_equal(trade_events(TOPIC_ORDER_ACCEPTED).count, 0);
    assert_int_equal(trade_events(TOPIC_ORDER_REJECTED).count, 0);
}

static void what_nobody_accepts_in_time_is_cancelled(void **state)
{
    (void)state;
    house_script(&house, "UPDATE shops SET accept_seconds = 30");
    struct str id = ordered(PAY_COUNTER, false);
    assert_int_equal(house_number(&house, "SELECT at FROM deadlines WHERE service = 'order'"),
                     TRADE_NOW + 30000000);
    move_order(id, due_order);
    move_order(id, due_order);
    assert_int_equal(state_of(id), ORDER_CANCELLED);
    struct trade_events told = trade_events(TOPIC_ORDER_CANCELLED);
    assert_int_equal(told.count, 1);
    trade_assert_told(&told, "\"reason\":\"not-accepted\",\"by\":\"service:order\"");
    assert_string_equal(history(id), "cancelled service:order  not-accepted; ");
}

static void an_answer_in_time_clears_the_deadline(void **state)
{
    (void)state;
    house_script(&house, "UPDATE shops SET accept_seconds = 30");
    struct str id = ordered(PAY_COUNTER, false);
    assert_true(accepted(id));
    assert_int_equal(house_number(&house, "SELECT COUNT(*) FROM deadlines"), 0);
    assert_int_equal(house_number(&house, "SELECT accept_by FROM orders"), 0);
    move_order(id, due_order);
    assert_int_equal(state_of(id), ORDER_ACCEPTED);
}

static void an_online_order_has_its_time_from_being_paid(void **state)
{
    (void)state;
    house_script(&house, "UPDATE shops SET accept_seconds = 30");
    struct str id = ordered(PAY_QRIS, false);
    assert_int_equal(house_number(&house, "SELECT COUNT(*) FROM deadlines"), 0);
    house_script(&house, "UPDATE orders SET updated_at = 1"); /* reactions go by the real clock */
    payment_says(TOPIC_PAYMENT_PAID, id, "");
    trade_settle("order");
    assert_int_equal(house_number(&house, "SELECT COUNT(*) FROM deadlines"), 1);
    assert_int_equal(house_number(&house, "SELECT accept_by - updated_at FROM orders"), 30000000);
}

static void delivery_is_mirrored_as_the_table_allows(void **state)
{
    static const char *const way[] = {"preparing", "ready", "delivering", "delivered"};
    (void)state;
    struct str id = ordered(PAY_COUNTER, false);
    delivery_says(id, "preparing", "");
    assert_int_equal(state_of(id), ORDER_RECEIVED);
    assert_true(accepted(id));
    for (size_t i = 0; i < ARRAY_LEN(way); i++) {
        delivery_says(id, way[i], ",\"by\":\"account:c\",\"note\":\"n\"");
        delivery_says(id, way[i], ",\"by\":\"account:c\"");
        assert_string_equal(order_state_word(state_of(id)), way[i]);
    }
    assert_int_equal(house_number(&house, "SELECT MAX(at) FROM order_moves"), TRADE_NOW + 7);
    delivery_says(id, "failed", "");
    delivery_says(id, "sung", "");
    delivery_says(id, "", "");
    assert_int_equal(state_of(id), ORDER_DELIVERED);
    assert_string_equal(history(id), "accepted account:b  ; preparing account:c  n; "
                                     "ready account:c  n; delivering account:c  n; "
                                     "delivered account:c  n; ");
}

static void a_move_of_delivery_ends_the_wish_to_cancel(void **state)
{
    (void)state;
    struct str id = ordered(PAY_COUNTER, false);
    assert_true(accepted(id));
    assert_int_equal(cancelled(id), CANCEL_ASKED);
    delivery_says(id, "preparing", "");
    assert_int_equal(house_number(&house, "SELECT cancel_asked FROM orders"), 0);
    payment_says(TOPIC_DELIVERY_CANCEL_REFUSED, id, "");
    trade_settle("order");
    assert_int_equal(state_of(id), ORDER_PREPARING);
    assert_int_equal(cancelled(id), CANCEL_TOO_LATE);
}

static void what_failed_says_why(void **state)
{
    (void)state;
    struct str id = ordered(PAY_COUNTER, false);
    assert_true(accepted(id));
    delivery_says(id, "failed", ",\"by\":\"account:b\",\"note\":\"oven broke\"");
    struct db *db = house_open(&house, DB_READ);
    struct order o;
    assert_true(order_find(db, id, placing.arena, &o));
    assert_true(o.state == ORDER_FAILED && str_is(order_reason(&o), "oven broke"));
    db_close(&db);
}

static void the_allowed_moves_are_named(void **state)
{
    (void)state;
    assert_string_equal(order_state_allows(ORDER_UNPAID, placing.arena), "received, cancelled");
    assert_string_equal(order_state_allows(ORDER_RECEIVED, placing.arena),
                        "accepted, cancelled, rejected");
    assert_string_equal(order_state_allows(ORDER_DELIVERED, placing.arena), "nothing more");
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
#define T(name) cmocka_unit_test_setup_teardown(name, placing_setup, placing_teardown)
        T(a_counter_order_is_cancelled_at_once),
        T(what_was_asked_earlier_does_not_turn_history_back),
        T(an_unpaid_order_asks_payment_once),
        T(what_somebody_makes_is_not_cancelled),
        T(an_accepted_order_asks_delivery_once_until_it_refuses),
        T(what_delivery_grants_is_cancelled_for_the_reason_asked),
        T(what_a_machine_makes_is_not_cancelled),
        T(the_shop_accepts_once_and_says_when),
        T(it_is_told_on_which_device_it_was_accepted),
        T(the_shop_rejects_once_with_a_reason),
        T(only_what_was_received_is_accepted_or_rejected),
        T(what_nobody_accepts_in_time_is_cancelled),
        T(an_answer_in_time_clears_the_deadline),
        T(an_online_order_has_its_time_from_being_paid),
        T(delivery_is_mirrored_as_the_table_allows),
        T(a_move_of_delivery_ends_the_wish_to_cancel),
        T(what_failed_says_why),
        T(the_allowed_moves_are_named),
        T(a_paid_order_is_received),
        T(a_kiosks_paid_order_accepts_itself),
        T(late_money_does_not_wake_a_cancelled_order),
        T(answers_about_nothing_change_nothing),
        T(lists_are_newest_first_and_page_by_id),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
