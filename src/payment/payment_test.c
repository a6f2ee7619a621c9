/* payment_test.c - a payment's life on a real database: every pair of states, what orders and
 * machines cause, and what each answer of the gateway means. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "payment/fixture.h"
#include "payment/gateway.h"
#include "payment/ledger.h"
#include "payment/reactions.h"

#define ORDER "0190a0a0-0000-7000-8000-00000000000a"
#define SHOP  "0190a0a0-0000-7000-8000-00000000000b"
#define COLA  INT64_C(700000)

static int64_t begun; /* when a test begins */

static struct gateway gateway = {
    .url = (char[]){"http://gateway"}, .key = (char[]){"k"}, .sweep_us = US_PER_S, .minutes = 15};

/* What a step is given and what it left. Belongs to the writer while a unit is away. */
static struct {
    const char *topic;       /* of an event to react to */
    const char *payload;     /* of it */
    enum ask asked;          /* a question of the gateway ... */
    int http;                /* ... its HTTP status */
    const char *answer;      /* ... and body */
    int64_t now;             /* when */
    int64_t amount;          /* of a refund */
    bool refunded;           /* left: did the ledger agree? */
    struct payment p;        /* left: the payment */
    int64_t held;            /* left: the payer's money we hold */
    struct ledger_line line; /* left: the open refund */
    bool open;               /* left: is there one? */
} step;

static int setup(void **state)
{
    memset(&step, 0, sizeof step);
    step.now = begun = clock_utc_us();
    return till_setup(state);
}

/* ---- Steps ---- */

static void look(struct db *tx)
{
    assert_true(payment_of_order(tx, arena, STR(ORDER), &step.p));
    step.held = ledger_held(tx, &step.p.id);
    step.open = ledger_open_refund(tx, arena, &step.p.id, &step.line);
}

static void do_react(struct task *t, struct db *tx)
{
    struct event e = {.topic = str_of(step.topic),
                      .key = STR(ORDER),
                      .actor = STR("service:test"),
                      .payload = str_of(step.payload)};
    (void)t;
    for (size_t i = 0; i < PAYMENT_REACTIONS; i++) {
        if (strcmp(payment_reactions[i].topic, step.topic) == 0)
            payment_reactions[i].react(tx, &e);
    }
}

static void happens(const char *topic, const char *payload)
{
    step.topic = topic;
    step.payload = payload;
    till_do(do_react);
}

static void do_look(struct task *t, struct db *tx)
{
    (void)t;
    look(tx);
}

static void place(const char *pay)
{
    happens(TOPIC_ORDER_PLACED,
            arena_printf(arena,
                         "{\"order_id\":\"" ORDER "\",\"shop_id\":\"" SHOP "\",\"kiosk_id\":"
                         "\"KIOSK1\",\"pay\":\"%s\",\"total\":700000,\"currency\":\"IDR\"}",
                         pay));
}

static void do_apply(struct task *t, struct db *tx)
{
    struct midtrans_answer a;
    (void)t;
    look(tx);
    struct change c = {.tx = tx,
                       .arena = arena,
                       .p = &step.p,
                       .now_us = step.now,
                       .actor = STR("gateway"),
                       .metric = METRIC_COUNT};
    midtrans_read(arena, step.http, str_of(step.answer), &a);
    gateway_apply(&c, &gateway, step.asked, &a, id_str(&step.line.id));
    payment_save(tx, &step.p);
    look(tx);
}

/* The gateway answers what the row says it is asked. */
static void answers(int http, const char *body)
{
    till_do(do_look);
    step.asked = step.p.ask;
    step.http = http;
    step.answer = body;
    till_do(do_apply);
}

static const char *charged(void)
{
    return "{\"status_code\":\"201\",\"transaction_status\":\"pending\",\"transaction_id\":\"t-1\","
           "\"gross_amount\":\"7000.00\",\"currency\":\"IDR\",\"actions\":[{\"name\":"
           "\"pesan-pay-page\",\"url\":\"http://pay\"}]}";
}

static const char *status(const char *word)
{
    return arena_printf(arena,
                        "{\"status_code\":\"200\",\"transaction_status\":\"%s\","
                        "\"transaction_id\":\"t-1\",\"gross_amount\":\"7000.00\","
                        "\"currency\":\"IDR\"}",
                        word);
}

static const char *code(const char *number)
{
    return arena_printf(arena, "{\"status_code\":\"%s\"}", number);
}

static void open_one(void)
{
    place("qris");
    answers(200, charged());
    assert_int_equal(step.p.state, PAYMENT_PENDING);
}

static void pay_one(void)
{
    open_one();
    answers(200, status("settlement"));
    assert_int_equal(step.p.state, PAYMENT_PAID);
}

static void assert_state(enum payment_state state, enum ask ask)
{
    assert_string_equal(payment_state_word(step.p.state), payment_state_word(state));
    assert_string_equal(ask_word(step.p.ask), ask_word(ask));
    assert_true((step.p.ask == ASK_NOTHING) || step.p.due_at > 0);
}

static bool about_order(const char *topic)
{
    happens(topic, "{\"order_id\":\"" ORDER "\",\"shop_id\":\"" SHOP "\"}");
    till_do(do_look);
    return true;
}

/* ---- States ---- */

static void every_pair_of_states_is_decided(void **state)
{
    /* rows: from; columns: to; both in the order of the table */
    static const char *const allowed[PAYMENT_STATE_COUNT] = {
        /* charging   */ ".xxxxxxx...",
        /* pending    */ "..xxxxxx...",
        /* cancelling */ "...xxxxx...",
        /* paid       */ "....x...x..",
        /* denied     */ "...x.......",
        /* expired    */ "...x.......",
        /* cancelled  */ "...x.......",
        /* failed     */ "...x.......",
        /* refunding  */ "...x.....xx",
        /* refunded   */ "...........",
        /* credited   */ "...........",
    };
    (void)state;
    for (int from = 0; from < PAYMENT_STATE_COUNT; from++) {
        assert_int_equal(strlen(allowed[from]), PAYMENT_STATE_COUNT);
        for (int to = 0; to < PAYMENT_STATE_COUNT; to++) {
            if (payment_may_become((enum payment_state)from, (enum payment_state)to) !=
                (allowed[from][to] == 'x'))
                fail_msg("%s -> %s", payment_state_word((enum payment_state)from),
                         payment_state_word((enum payment_state)to));
        }
    }
}

static void every_word_of_a_state_can_be_read(void **state)
{
    enum payment_state s;
    (void)state;
    for (int i = 0; i < PAYMENT_STATE_COUNT; i++) {
        assert_true(payment_state_parse(str_of(payment_state_word((enum payment_state)i)), &s));
        assert_int_equal(s, i);
    }
    assert_false(payment_state_parse(STR("paidd"), &s));
}

/* ---- Opening ---- */

static void an_order_is_charged_once(void **state)
{
    (void)state;
    place("qris");
    place("qris");
    assert_int_equal(house_number(&house, "SELECT COUNT(*) FROM payments"), 1);
    till_do(do_look);
    assert_state(PAYMENT_CHARGING, ASK_CHARGE);
    assert_int_equal(step.p.amount, COLA);
    assert_int_equal(till_told("payment."), 0);
}

static void the_counter_is_no_business_of_ours(void **state)
{
    (void)state;
    place("counter");
    happens(TOPIC_ORDER_PLACED, "{\"pay\":\"qris\"}");
    happens(TOPIC_ORDER_PLACED, "not json");
    happens(TOPIC_ORDER_PLACED, "{\"order_id\":\"x\",\"shop_id\":\"s\",\"pay\":\"qris\","
                                "\"total\":-1,\"currency\":\"IDR\"}");
    happens(TOPIC_ORDER_CANCELLED, "{\"order_id\":\"" ORDER "\"}");
    assert_int_equal(house_number(&house, "SELECT COUNT(*) FROM payments"), 0);
}

static void the_qr_is_told_with_all_that_is_needed(void **state)
{
    (void)state;
    open_one();
    assert_state(PAYMENT_PENDING, ASK_STATUS);
    assert_int_equal(step.p.due_at, begun + gateway.sweep_us);
    const char *events = till_events();
    assert_non_null(strstr(events, "payment.opened"));
    assert_non_null(strstr(events, "\"pay_url\":\"http://pay\""));
    assert_non_null(strstr(
        events, arena_printf(arena, "\"qr_url\":\"/v1/payments/%s/qr.svg\"", step.p.id.text)));
    assert_non_null(strstr(events, "\"amount\":700000"));
}

static void a_charge_is_asked_again_and_then_given_up(void **state)
{
    (void)state;
    place("qris");
    for (int i = 0; i < 5; i++) {
        answers(i % 2 ? 503 : 0, i % 2 ? code("503") : "");
        assert_state(PAYMENT_CHARGING, ASK_CHARGE);
        assert_true(step.p.due_at > step.now);
        step.now = step.p.due_at;
    }
    assert_true(step.now - begun < 20 * US_PER_S);
    answers(503, code("503"));
    /* It may have come about unseen: it is watched for. */
    assert_state(PAYMENT_FAILED, ASK_STATUS);
    assert_int_equal(till_told("\"reason\":\"unavailable\""), 1);
    answers(200, status("pending"));
    assert_state(PAYMENT_FAILED, ASK_CANCEL);
    answers(200, status("cancel"));
    assert_state(PAYMENT_FAILED, ASK_STATUS);
    assert_int_equal(till_told("payment.failed"), 1);
}

static void a_refused_charge_fails_at_once(void **state)
{
    (void)state;
    place("qris");
    answers(200, code("400"));
    assert_int_equal(step.p.state, PAYMENT_FAILED);
    assert_int_equal(till_told("\"reason\":\"failed\""), 1);
}

static void a_bad_key_means_no_payment(void **state)
{
    (void)state;
    place("qris");
    answers(401, code("401"));
    assert_int_equal(step.p.state, PAYMENT_FAILED);
    assert_int_equal(till_told("\"reason\":\"unavailable\""), 1);
}

static void without_a_gateway_there_is_no_payment(void **state)
{
    struct gateway before = gateway;
    (void)state;
    gateway.url = NULL;
    place("qris");
    answers(0, "");
    gateway = before;
    assert_state(PAYMENT_FAILED, ASK_NOTHING);
    assert_int_equal(till_told("\"reason\":\"unavailable\""), 1);
}

static void in_flight_is_asked_again(void **state)
{
    (void)state;
    place("qris");
    answers(202, code("202"));
    assert_state(PAYMENT_CHARGING, ASK_CHARGE);
}

static void a_charge_whose_answer_was_lost_is_called_off(void **state)
{
    (void)state;
    place("qris");
    answers(200, code("406"));
    assert_state(PAYMENT_CHARGING, ASK_STATUS);
    answers(200, status("pending"));
    assert_state(PAYMENT_CANCELLING, ASK_CANCEL);
    answers(200, status("cancel"));
    assert_int_equal(step.p.state, PAYMENT_FAILED);
    assert_int_equal(till_told("\"reason\":\"unavailable\""), 1);
}

static void a_charge_whose_answer_was_lost_may_be_paid(void **state)
{
    (void)state;
    place("qris");
    answers(200, code("406"));
    answers(200, status("settlement"));
    assert_state(PAYMENT_PAID, ASK_NOTHING);
}

static void a_charge_without_anything_to_pay_at_is_called_off(void **state)
{
    (void)state;
    place("qris");
    answers(200, "{\"status_code\":\"201\",\"transaction_status\":\"pending\"}");
    assert_state(PAYMENT_CANCELLING, ASK_CANCEL);
    assert_int_equal(till_told("payment.opened"), 0);
}

/* ---- Waiting ---- */

static void money_is_told_once(void **state)
{
    (void)state;
    pay_one();
    assert_state(PAYMENT_PAID, ASK_NOTHING);
    assert_int_equal(step.held, COLA);
    step.p.ask = ASK_STATUS;
    step.asked = ASK_STATUS;
    step.http = 200;
    step.answer = status("settlement");
    till_do(do_apply);
    assert_state(PAYMENT_PAID, ASK_NOTHING);
    step.answer = status("pending"); /* an old answer */
    till_do(do_apply);
    assert_state(PAYMENT_PAID, ASK_NOTHING);
    assert_int_equal(till_told("payment.paid"), 1);
    assert_int_equal(step.held, COLA);
}

static void a_silent_gateway_is_asked_for_ever_but_gently(void **state)
{
    (void)state;
    open_one();
    for (int i = 0; i < 12; i++) {
        answers(0, "");
        assert_state(PAYMENT_PENDING, ASK_STATUS);
        assert_in_range(step.p.due_at - step.now, 1, 60 * US_PER_S);
        step.now = step.p.due_at;
    }
    assert_true(step.p.due_at - begun > 300 * US_PER_S);
}

static void when_its_time_is_over_it_is_expired(void **state)
{
    (void)state;
    open_one();
    step.now = step.p.expires_at + 2 * US_PER_S;
    answers(201, status("pending"));
    assert_state(PAYMENT_CANCELLING, ASK_EXPIRE);
    answers(200, "{\"status_code\":\"407\",\"transaction_status\":\"expire\"}");
    assert_int_equal(step.p.state, PAYMENT_EXPIRED);
    assert_int_equal(till_told("\"reason\":\"expired\""), 1);
}

static void the_last_look_is_right_after_the_end(void **state)
{
    (void)state;
    open_one();
    step.now = step.p.expires_at - US_PER_S / 2;
    answers(201, status("pending"));
    assert_state(PAYMENT_PENDING, ASK_STATUS);
    assert_int_equal(step.p.due_at, step.p.expires_at + US_PER_S / 2);
    step.now = step.p.expires_at + 2 * US_PER_S;
    answers(200, code("404"));
    assert_int_equal(step.p.state, PAYMENT_EXPIRED);
}

static void unpaid_ends_have_their_reasons(void **state)
{
    static const struct {
        const char *word;
        enum payment_state state;
        const char *reason;
    } ends[] = {{"deny", PAYMENT_DENIED, "\"reason\":\"denied\""},
                {"EXPIRE", PAYMENT_EXPIRED, "\"reason\":\"expired\""},
                {"cancel", PAYMENT_CANCELLED, "\"reason\":\"cancelled\""},
                {"failure", PAYMENT_FAILED, "\"reason\":\"failed\""}};
    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        open_one();
        answers(200, status(ends[i].word));
        assert_state(ends[i].state, ASK_STATUS);
        assert_int_equal(till_told(ends[i].reason), 1);
        assert_int_equal(till_told("payment.failed"), 1);
        till_teardown(state);
        setup(state);
    }
}

static void an_end_is_watched_for_a_day_and_no_longer(void **state)
{
    int64_t end, last = 0;
    int asked = 0;
    (void)state;
    open_one();
    end = step.p.expires_at;
    answers(200, status("expire"));
    while (step.p.ask == ASK_STATUS) {
        int64_t distance = step.p.due_at - step.now;
        assert_true(distance >= last && distance <= 3600 * US_PER_S);
        last = distance;
        step.now = step.p.due_at;
        answers(200, status("expire"));
        assert_in_range(++asked, 1, 60);
    }
    assert_state(PAYMENT_EXPIRED, ASK_NOTHING);
    assert_in_range(step.now - end, 22 * 3600 * US_PER_S, 24 * 3600 * US_PER_S);
    assert_int_equal(till_told("payment.failed"), 1);
}

/* ---- Wishing it gone ---- */

static void a_wish_to_cancel_waits_for_the_gateway(void **state)
{
    (void)state;
    open_one();
    about_order(TOPIC_ORDER_CANCEL_REQUESTED);
    assert_state(PAYMENT_CANCELLING, ASK_CANCEL);
    answers(503, code("503"));
    assert_state(PAYMENT_CANCELLING, ASK_CANCEL);
    assert_int_equal(till_told("payment.failed"), 0);
    answers(200, status("cancel"));
    assert_int_equal(step.p.state, PAYMENT_CANCELLED);
    about_order(TOPIC_ORDER_CANCEL_REQUESTED);
    assert_int_equal(step.p.state, PAYMENT_CANCELLED);
    assert_int_equal(till_told("payment.failed"), 1);
}

static void a_cancel_that_lost_the_race_is_a_sale(void **state)
{
    (void)state;
    open_one();
    about_order(TOPIC_ORDER_CANCEL_REQUESTED);
    answers(200, code("412"));
    assert_state(PAYMENT_CANCELLING, ASK_STATUS);
    answers(200, status("settlement"));
    assert_state(PAYMENT_PAID, ASK_NOTHING);
    assert_int_equal(till_told("payment.paid"), 1);
    assert_int_equal(till_told("payment.failed"), 0);
}

static void a_charge_in_flight_is_cancelled_once_it_is_known(void **state)
{
    (void)state;
    place("qris");
    about_order(TOPIC_ORDER_CANCEL_REQUESTED);
    assert_state(PAYMENT_CANCELLING, ASK_CANCEL);
    step.asked = ASK_CHARGE; /* it was out when the wish came */
    step.http = 200;
    step.answer = charged();
    till_do(do_apply);
    assert_state(PAYMENT_CANCELLING, ASK_CANCEL);
    assert_true(str_is(step.p.gateway_id, "t-1"));
    assert_int_equal(till_told("payment.opened"), 0);
    answers(200, status("cancel"));
    assert_int_equal(step.p.state, PAYMENT_CANCELLED);
}

static void what_was_never_charged_is_cancelled_at_once(void **state)
{
    (void)state;
    place("qris");
    about_order(TOPIC_ORDER_CANCEL_REQUESTED);
    answers(200, code("404"));
    assert_state(PAYMENT_CANCELLED, ASK_STATUS);
    assert_int_equal(till_told("\"reason\":\"cancelled\""), 1);
}

/* ---- Money that must go back ---- */

static void assert_going_back(const char *reason)
{
    assert_state(PAYMENT_REFUNDING, ASK_REFUND);
    assert_true(step.open);
    assert_int_equal(step.held, 0);
    assert_int_equal(till_told("payment.refund_started"), 1);
    assert_true(str_is(step.line.reason, reason));
}

static void late_money_goes_back_and_is_seen(void **state)
{
    (void)state;
    open_one();
    answers(200, status("expire"));
    answers(200, status("settlement"));
    assert_going_back("late");
    assert_true(step.p.late);
    assert_int_equal(till_told("payment.paid"), 0);
    assert_int_equal(till_told("payment.attention"), 1);
    answers(200, code("200"));
    assert_state(PAYMENT_REFUNDED, ASK_NOTHING);
    assert_int_equal(step.p.returned, COLA);
    assert_true(str_is(step.p.attention, "late"));
    assert_int_equal(till_told("\"how\":\"refund\""), 1);
}

static void money_for_an_order_that_is_over_goes_back(void **state)
{
    (void)state;
    open_one();
    about_order(TOPIC_ORDER_CANCELLED);
    assert_state(PAYMENT_CANCELLING, ASK_CANCEL);
    answers(200, code("412"));
    answers(200, status("settlement"));
    assert_going_back("late");
    assert_int_equal(till_told("payment.paid"), 0);
    assert_int_equal(till_told("payment.failed"), 1);
}

static void money_in_another_amount_is_never_a_sale(void **state)
{
    (void)state;
    open_one();
    answers(200, "{\"status_code\":\"200\",\"transaction_status\":\"settlement\","
                 "\"gross_amount\":\"70.00\",\"currency\":\"IDR\"}");
    assert_going_back("wrong-amount");
    assert_int_equal(step.line.amount, 7000);
    assert_int_equal(till_told("payment.paid"), 0);
    assert_int_equal(till_told("\"reason\":\"failed\""), 1);
    assert_true(str_is(step.p.attention, "wrong-amount"));
}

static void money_in_another_currency_is_never_a_sale(void **state)
{
    (void)state;
    open_one();
    answers(200, "{\"status_code\":\"200\",\"transaction_status\":\"settlement\","
                 "\"gross_amount\":\"7000.00\",\"currency\":\"USD\"}");
    assert_int_equal(step.p.state, PAYMENT_FAILED);
    assert_true(str_is(step.p.attention, "wrong-amount"));
    assert_int_equal(till_told("payment.paid"), 0);
    answers(200, step.answer); /* it stays so: people are told once, and nobody asks any more */
    assert_state(PAYMENT_FAILED, ASK_NOTHING);
    assert_int_equal(till_told("payment.attention"), 1);
}

static void what_is_not_delivered_is_given_back(void **state)
{
    static const char *const topics[] = {TOPIC_KIOSK_VEND_FAILED, TOPIC_ORDER_CANCELLED,
                                         TOPIC_ORDER_REJECTED};
    static const char *const reasons[] = {"vend-failed", "cancelled", "rejected"};
    for (size_t i = 0; i < ARRAY_LEN(topics); i++) {
        pay_one();
        about_order(topics[i]);
        assert_going_back(reasons[i]);
        about_order(topics[i]); /* told twice, given back once */
        assert_int_equal(till_told("payment.refund_started"), 1);
        till_teardown(state);
        setup(state);
    }
}

static void a_refund_is_asked_until_it_is_answered(void **state)
{
    (void)state;
    pay_one();
    about_order(TOPIC_KIOSK_VEND_FAILED);
    for (int i = 0; i < 6; i++) {
        answers(i % 2 ? 503 : 0, i % 2 ? code("503") : "");
        assert_state(PAYMENT_REFUNDING, ASK_REFUND);
        step.now = step.p.due_at;
    }
    answers(200, code("406")); /* an earlier try came through */
    assert_state(PAYMENT_REFUNDED, ASK_NOTHING);
    assert_int_equal(till_told("payment.refunded"), 1);
}

static void a_refund_that_is_never_answered_becomes_a_credit(void **state)
{
    (void)state;
    pay_one();
    about_order(TOPIC_KIOSK_VEND_FAILED);
    int64_t begin = step.now;
    for (int i = 0; i < 400 && step.p.state == PAYMENT_REFUNDING; i++) {
        answers(0, "");
        if (step.p.due_at > step.now)
            step.now = step.p.due_at;
    }
    assert_state(PAYMENT_CREDITED, ASK_NOTHING);
    assert_in_range((step.now - begin) / US_PER_S, 20 * 3600, 30 * 3600);
}

static void a_refused_refund_is_owed_and_seen(void **state)
{
    static const char *const codes[] = {"412", "413", "414", "404"};
    for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
        pay_one();
        about_order(TOPIC_KIOSK_VEND_FAILED);
        answers(200, code(codes[i]));
        assert_state(PAYMENT_CREDITED, ASK_NOTHING);
        assert_int_equal(step.held, 0);
        assert_int_equal(till_told("\"how\":\"credit\""), 1);
        assert_int_equal(till_told("\"reason\":\"refund-failed\",\"detail\""), 1);
        assert_true(str_is(step.p.attention, "refund-failed"));
        till_teardown(state);
        setup(state);
    }
}

static void do_refund(struct task *t, struct db *tx)
{
    struct id id = id_new();
    (void)t;
    look(tx);
    struct change c = {.tx = tx,
                       .arena = arena,
                       .p = &step.p,
                       .now_us = step.now,
                       .actor = STR("account:owner"),
                       .metric = METRIC_COUNT};
    step.refunded = payment_refund(&c, &id, step.amount, STR("cold"));
    payment_save(tx, &step.p);
    look(tx);
}

static bool refund(int64_t amount)
{
    step.amount = amount;
    till_do(do_refund);
    return step.refunded;
}

static void parts_go_back_one_after_another(void **state)
{
    (void)state;
    open_one();
    assert_false(refund(100)); /* not paid yet */
    answers(200, status("settlement"));
    assert_true(refund(200000));
    assert_true(refund(300000));
    assert_false(refund(200001));
    assert_false(refund(0));
    answers(200, code("200"));
    assert_state(PAYMENT_REFUNDING, ASK_REFUND);
    answers(200, code("200"));
    assert_state(PAYMENT_PAID, ASK_NOTHING);
    assert_int_equal(step.p.returned, 500000);
    about_order(TOPIC_ORDER_CANCELLED);
    assert_int_equal(step.line.amount, 200000);
    answers(200, code("200"));
    assert_state(PAYMENT_REFUNDED, ASK_NOTHING);
    assert_false(refund(1));
}

static void a_status_answer_does_not_stop_a_refund(void **state)
{
    (void)state;
    pay_one();
    about_order(TOPIC_KIOSK_VEND_FAILED);
    step.asked = ASK_STATUS; /* it was out when the machine failed */
    step.http = 200;
    step.answer = status("settlement");
    till_do(do_apply);
    assert_state(PAYMENT_REFUNDING, ASK_REFUND);
}

static void a_reversal_is_booked_and_seen(void **state)
{
    (void)state;
    pay_one();
    step.asked = ASK_STATUS;
    step.http = 200;
    step.answer = status("deny");
    till_do(do_apply);
    assert_state(PAYMENT_DENIED, ASK_STATUS);
    assert_int_equal(step.held, 0);
    assert_int_equal(till_told("\"reason\":\"reversed\""), 1);
}

static void a_refund_made_elsewhere_is_booked(void **state)
{
    (void)state;
    pay_one();
    step.asked = ASK_STATUS;
    step.http = 200;
    step.answer = "{\"status_code\":\"200\",\"transaction_status\":\"partial_refund\","
                  "\"gross_amount\":\"7000.00\",\"refund_amount\":\"2000.00\"}";
    till_do(do_apply);
    assert_state(PAYMENT_PAID, ASK_NOTHING);
    assert_int_equal(step.held, 500000);
    till_do(do_apply); /* told twice, booked once */
    assert_int_equal(step.held, 500000);
    assert_int_equal(till_told("payment.refunded"), 1);
}

/* ---- Rows ---- */

static void do_due(struct task *t, struct db *tx)
{
    struct id ids[4];
    int64_t next;
    (void)t;
    look(tx);
    assert_int_equal(payment_due(tx, step.p.due_at - 1, ids, 4, &next), 0);
    assert_int_equal(next, step.p.due_at);
    assert_int_equal(payment_due(tx, step.p.due_at, ids, 4, &next), 1);
    assert_string_equal(ids[0].text, step.p.id.text);
    assert_int_equal(next, INT64_MAX);
    payment_ask_nothing(&step.p);
    payment_save(tx, &step.p);
    assert_int_equal(payment_due(tx, INT64_MAX, ids, 4, &next), 0);
}

static void what_is_due_is_found(void **state)
{
    (void)state;
    open_one();
    till_do(do_due);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, till_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_pair_of_states_is_decided),
        cmocka_unit_test(every_word_of_a_state_can_be_read),
        T(an_order_is_charged_once),
        T(the_counter_is_no_business_of_ours),
        T(the_qr_is_told_with_all_that_is_needed),
        T(a_charge_is_asked_again_and_then_given_up),
        T(a_refused_charge_fails_at_once),
        T(a_bad_key_means_no_payment),
        T(without_a_gateway_there_is_no_payment),
        T(in_flight_is_asked_again),
        T(a_charge_whose_answer_was_lost_is_called_off),
        T(a_charge_whose_answer_was_lost_may_be_paid),
        T(a_charge_without_anything_to_pay_at_is_called_off),
        T(money_is_told_once),
        T(a_silent_gateway_is_asked_for_ever_but_gently),
        T(when_its_time_is_over_it_is_expired),
        T(the_last_look_is_right_after_the_end),
        T(unpaid_ends_have_their_reasons),
        T(an_end_is_watched_for_a_day_and_no_longer),
        T(a_wish_to_cancel_waits_for_the_gateway),
        T(a_cancel_that_lost_the_race_is_a_sale),
        T(a_charge_in_flight_is_cancelled_once_it_is_known),
        T(what_was_never_charged_is_cancelled_at_once),
        T(late_money_goes_back_and_is_seen),
        T(money_for_an_order_that_is_over_goes_back),
        T(money_in_another_amount_is_never_a_sale),
        T(money_in_another_currency_is_never_a_sale),
        T(what_is_not_delivered_is_given_back),
        T(a_refund_is_asked_until_it_is_answered),
        T(a_refund_that_is_never_answered_becomes_a_credit),
        T(a_refused_refund_is_owed_and_seen),
        T(parts_go_back_one_after_another),
        T(a_status_answer_does_not_stop_a_refund),
        T(a_reversal_is_booked_and_seen),
        T(a_refund_made_elsewhere_is_booked),
        T(what_is_due_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
