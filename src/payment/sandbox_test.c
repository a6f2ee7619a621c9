/* sandbox_test.c - the simulated gateway's transactions on a real database: their life, the clock,
 * faults, what is told and how often it is sent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "payment/fixture.h"
#include "payment/sandbox.h"

#define KEY "SB-Mid-server-somebody"
#define URL "http://127.0.0.1:9/n"

/* What a step is given and what it left. Belongs to the writer while a unit is away. */
static struct {
    int64_t now;              /* when */
    enum method method;       /* of a charge */
    const char *urls;         /* to notify */
    const char *action;       /* of the payer */
    enum pay_outcome outcome; /* left */
    enum fault fault;         /* a knob ... */
    int64_t value;            /* ... and how far it is turned */
    int64_t amount;           /* of a refund */
    int64_t advance;          /* of the clock */
    struct transaction t;     /* left */
} step;

static int setup(void **state)
{
    memset(&step, 0, sizeof step);
    step.now = clock_utc_us();
    step.urls = URL;
    return till_setup(state);
}

static void do_charge(struct task *task, struct db *tx)
{
    (void)task;
    int64_t now = sandbox_now(tx, step.now);
    step.t = (struct transaction){.id = id_new(),
                                  .order_id = STR("order-1"),
                                  .key = STR(KEY),
                                  .method = step.method,
                                  .gross = 7000,
                                  .status = MIDTRANS_PENDING,
                                  .created_at = now,
                                  .expires_at = now + 900 * US_PER_S,
                                  .qr_string = STR("000201"),
                                  .urls = str_of(step.urls),
                                  .base = STR("http://x/sandbox"),
                                  .number = STR("12345"),
                                  .channel = STR("bca")};
    sandbox_insert(tx, &step.t);
    sandbox_notify(tx, arena, &step.t, step.now);
}

static void do_pay(struct task *task, struct db *tx)
{
    (void)task;
    assert_true(sandbox_find(tx, arena, STR("order-1"), STR(KEY), &step.t));
    step.outcome = sandbox_pay(tx, arena, &step.t, str_of(step.action), step.now);
    assert_true(sandbox_find(tx, arena, STR("order-1"), STR(KEY), &step.t));
}

static enum pay_outcome pay(const char *action)
{
    step.action = action;
    till_do(do_pay);
    return step.outcome;
}

static void do_turn(struct task *task, struct db *tx)
{
    (void)task;
    fault_set(tx, step.fault, step.value);
    assert_int_equal(fault_get(tx, step.fault), step.value);
}

static void turn(enum fault f, int64_t value)
{
    step.fault = f;
    step.value = value;
    till_do(do_turn);
}

static int64_t queued(void)
{
    return house_number(&house, "SELECT COUNT(*) FROM sandbox_notifications");
}

/* The body of the notification queued last. */
static json_t *last_notification(void)
{
    const char *why;
    struct db *db = house_open(&house, DB_READ);
    struct db_rows *rows =
        db_query(db, "SELECT body FROM sandbox_notifications ORDER BY id DESC LIMIT 1");
    assert_true(db_row(rows));
    json_t *body = json_read(db_text(rows, 0), &why);
    db_end(rows);
    db_close(&db);
    assert_non_null(body);
    return body;
}

static void assert_field(const json_t *body, const char *key, const char *expected)
{
    struct str value = json_text(body, key);
    if (!str_is(value, expected))
        fail_msg("%s is %.*s, not %s", key, STR_ARG(value), expected);
}

/* ---- The payer ---- */

static void each_button_works_where_it_is_offered(void **state)
{
    static const struct {
        const char *before; /* what is pressed first, or NULL */
        const char *action;
        enum pay_outcome outcome;
        enum midtrans_status status; /* then */
    } rows[] = {
        {NULL, "pay", PAY_DONE, MIDTRANS_SETTLEMENT},
        {NULL, "deny", PAY_DONE, MIDTRANS_DENY},
        {NULL, "expire", PAY_DONE, MIDTRANS_EXPIRE},
        {NULL, "cancel", PAY_DONE, MIDTRANS_CANCEL},
        {NULL, "refund", PAY_NOT_NOW, MIDTRANS_PENDING},
        {NULL, "reverse", PAY_NOT_NOW, MIDTRANS_PENDING},
        {NULL, "steal", PAY_NO_SUCH_ACTION, MIDTRANS_PENDING},
        {"pay", "pay", PAY_DONE, MIDTRANS_SETTLEMENT}, /* pressed twice */
        {"pay", "cancel", PAY_NOT_NOW, MIDTRANS_SETTLEMENT},
        {"pay", "refund", PAY_DONE, MIDTRANS_REFUND},
        {"pay", "reverse", PAY_DONE, MIDTRANS_DENY},
        {"expire", "pay", PAY_NOT_NOW, MIDTRANS_EXPIRE},
        {"deny", "pay", PAY_NOT_NOW, MIDTRANS_DENY},
        {"cancel", "pay", PAY_NOT_NOW, MIDTRANS_CANCEL},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        till_do(do_charge);
        if (rows[i].before)
            assert_int_equal(pay(rows[i].before), PAY_DONE);
        if (pay(rows[i].action) != rows[i].outcome || step.t.status != rows[i].status)
            fail_msg("row %zu: %d, %s", i, step.outcome, midtrans_status_word(step.t.status));
        till_teardown(state);
        setup(state);
    }
}

static void it_can_be_paid_late_when_told_so(void **state)
{
    (void)state;
    till_do(do_charge);
    pay("expire");
    turn(FAULT_LATE, 1);
    assert_int_equal(pay("pay"), PAY_DONE);
    assert_int_equal(step.t.status, MIDTRANS_SETTLEMENT);
}

static void another_amount_can_be_paid_when_told_so(void **state)
{
    (void)state;
    turn(FAULT_PAY_AMOUNT, 5000);
    till_do(do_charge);
    pay("pay");
    json_t *body = last_notification();
    assert_field(body, "gross_amount", "5000.00");
    json_decref(body);
}

/* ---- The clock ---- */

static void do_advance(struct task *task, struct db *tx)
{
    (void)task;
    sandbox_advance(tx, step.advance);
}

static void do_due(struct task *task, struct db *tx)
{
    (void)task;
    sandbox_due(tx, id_str(&step.t.id), step.now);
    assert_true(sandbox_find(tx, arena, STR("order-1"), STR(KEY), &step.t));
}

static void it_expires_by_the_sandboxs_clock(void **state)
{
    (void)state;
    till_do(do_charge);
    till_do(do_due); /* too early */
    assert_int_equal(step.t.status, MIDTRANS_PENDING);
    step.advance = 901 * US_PER_S;
    till_do(do_advance);
    till_do(do_due);
    assert_int_equal(step.t.status, MIDTRANS_EXPIRE);
    assert_int_equal(pay("pay"), PAY_NOT_NOW);
}

static void nobody_pays_what_is_due_to_expire(void **state)
{
    (void)state;
    till_do(do_charge);
    step.now += 900 * US_PER_S; /* the deadline has not come through yet */
    assert_int_equal(pay("pay"), PAY_NOT_NOW);
    assert_int_equal(step.t.status, MIDTRANS_EXPIRE);
}

/* ---- Finding ---- */

static void do_find(struct task *task, struct db *tx)
{
    struct transaction t;
    (void)task;
    assert_true(sandbox_find(tx, arena, id_str(&step.t.id), STR(KEY), &t));
    assert_true(sandbox_find(tx, arena, STR("order-1"), (struct str){NULL, 0}, &t));
    assert_false(sandbox_find(tx, arena, STR("order-1"), STR("another merchant"), &t));
    assert_false(sandbox_find(tx, arena, STR("order-2"), STR(KEY), &t));
}

static void a_merchant_finds_his_own(void **state)
{
    (void)state;
    till_do(do_charge);
    till_do(do_find);
}

static void the_newest_of_an_order_id_counts(void **state)
{
    (void)state;
    till_do(do_charge);
    pay("expire");
    till_do(do_charge);
    struct id newest = step.t.id;
    pay("pay");
    assert_string_equal(step.t.id.text, newest.text);
}

/* ---- Refunds ---- */

static void do_refund(struct task *task, struct db *tx)
{
    (void)task;
    struct id key = id_new();
    assert_true(sandbox_find(tx, arena, STR("order-1"), STR(KEY), &step.t));
    sandbox_refund(tx, arena, &step.t, id_str(&key), step.amount, step.now);
}

static void parts_add_up_and_are_told_twice(void **state)
{
    (void)state;
    till_do(do_charge);
    pay("pay");
    int64_t before = queued();
    step.amount = 2000;
    till_do(do_refund);
    assert_int_equal(step.t.status, MIDTRANS_PARTIAL_REFUND);
    step.amount = 5000;
    till_do(do_refund);
    assert_int_equal(step.t.status, MIDTRANS_REFUND);
    assert_int_equal(queued() - before, 4);
    json_t *body = last_notification();
    assert_field(body, "refund_amount", "7000.00");
    assert_int_equal(json_array_size(json_object_get(body, "refunds")), 2);
    const json_t *last = json_array_get(json_object_get(body, "refunds"), 1);
    assert_field(last, "refund_amount", "5000.00");
    assert_non_null(json_text(last, "bank_confirmed_at").at);
    json_decref(body);
}

/* ---- Notifications ---- */

static void a_notification_is_signed_and_coded_by_its_state(void **state)
{
    static const struct {
        const char *action, *code, *status;
    } rows[] = {{"pay", "200", "settlement"},
                {"deny", "202", "deny"},
                {"expire", "202", "expire"},
                {"cancel", "202", "cancel"}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        till_do(do_charge);
        pay(rows[i].action);
        json_t *body = last_notification();
        struct buf text = buf_in(arena);
        struct midtrans_answer a;
        json_write(&text, body);
        assert_field(body, "status_code", rows[i].code);
        assert_field(body, "transaction_status", rows[i].status);
        assert_field(body, "gross_amount", "7000.00");
        assert_field(body, "status_message", "midtrans payment notification");
        assert_true(midtrans_read(arena, 200, buf_str(&text), &a));
        assert_true(midtrans_signed(&a, STR(KEY)));
        json_decref(body);
        till_teardown(state);
        setup(state);
    }
}

static void faults_spoil_notifications(void **state)
{
    struct midtrans_answer a;
    struct buf text = buf_in(arena);
    (void)state;
    turn(FAULT_WRONG_SIGNATURE, 1);
    turn(FAULT_WRONG_AMOUNT, 1);
    till_do(do_charge);
    json_t *body = last_notification();
    json_write(&text, body);
    assert_true(midtrans_read(arena, 200, buf_str(&text), &a));
    assert_false(midtrans_signed(&a, STR(KEY)));
    assert_field(body, "gross_amount", "7001.00");
    json_decref(body);
    turn(FAULT_DROP_NOTIFICATIONS, 1);
    int64_t before = queued();
    pay("pay");
    assert_int_equal(queued(), before);
}

static void notifications_go_to_each_url_and_twice_when_told_so(void **state)
{
    (void)state;
    step.urls = URL "\n" URL "2\n" URL "3";
    till_do(do_charge);
    assert_int_equal(queued(), 3);
    turn(FAULT_DUPLICATE, 1);
    pay("pay");
    assert_int_equal(queued(), 9);
}

static void nobody_is_told_without_an_address(void **state)
{
    (void)state;
    step.urls = NULL;
    till_do(do_charge);
    pay("pay");
    assert_int_equal(queued(), 0);
}

static void delays_and_the_wrong_order_are_a_matter_of_time(void **state)
{
    (void)state;
    turn(FAULT_REORDER, 1);
    turn(FAULT_DELAY_MS, 500);
    till_do(do_charge);
    int64_t first = house_number(&house, "SELECT due_at FROM sandbox_notifications");
    assert_int_equal(first, step.now + 1500000);
    pay("pay");
    int64_t second = house_number(&house, "SELECT MIN(due_at) FROM sandbox_notifications");
    assert_int_equal(second, step.now + 500000);
}

/* ---- Repeating ---- */

/* As sandbox_tell.c notes it: where, what, tries so far, answer. */
struct sending {
    const char *url;
    struct str body;
    int64_t attempts;
    int status;
};

static struct {
    int status;        /* how it is always answered */
    int64_t spaces[8]; /* left: ms between tries */
    int tries;         /* left */
} sending;

static void do_send(struct task *task, struct db *tx)
{
    struct duty d = {.arena = arena, .now_us = step.now};
    (void)task;
    struct db_rows *rows = db_query(tx, "SELECT id, attempts, due_at FROM sandbox_notifications");
    while (db_row(rows)) {
        struct sending *s = arena_alloc(arena, sizeof *s);
        s->attempts = db_int(rows, 1);
        s->status = sending.status;
        d.key = arena_str(arena, db_text(rows, 0));
        d.own = s;
        if (sending.tries > 0)
            sending.spaces[sending.tries - 1] = (db_int(rows, 2) - step.now) / 1000;
        d.now_us = step.now = db_int(rows, 2);
    }
    db_end(rows);
    sending.tries++;
    sandbox_ops.settle(&d, tx);
}

static void it_is_sent_again_by_the_answer(void **state)
{
    static const struct {
        int status, tries;
    } rows[] = {{200, 1}, {204, 1}, {500, 2}, {503, 5}, {400, 3}, {404, 3},
                {301, 1}, {302, 1}, {303, 1}, {307, 6}, {403, 6}, {0, 6}};
    static const int64_t spaces[] = {120, 600, 1800, 5400, 12600};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        till_do(do_charge);
        memset(&sending, 0, sizeof sending);
        sending.status = rows[i].status;
        while (queued() > 0 && sending.tries < 8)
            till_do(do_send);
        if (sending.tries != rows[i].tries)
            fail_msg("%d: sent %d times", rows[i].status, sending.tries);
        for (int at = 0; at < sending.tries - 1; at++)
            assert_int_equal(sending.spaces[at], spaces[at]);
        till_teardown(state);
        setup(state);
    }
}

/* ---- Knobs ---- */

static void do_take(struct task *task, struct db *tx)
{
    (void)task;
    assert_false(fault_take(tx, FAULT_CHARGE_503));
    fault_set(tx, FAULT_CHARGE_503, 2);
    assert_true(fault_take(tx, FAULT_CHARGE_503));
    assert_true(fault_take(tx, FAULT_CHARGE_503));
    assert_false(fault_take(tx, FAULT_CHARGE_503));
}

static void a_counted_fault_runs_out(void **state)
{
    (void)state;
    till_do(do_take);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, till_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(each_button_works_where_it_is_offered),
        T(it_can_be_paid_late_when_told_so),
        T(another_amount_can_be_paid_when_told_so),
        T(it_expires_by_the_sandboxs_clock),
        T(nobody_pays_what_is_due_to_expire),
        T(a_merchant_finds_his_own),
        T(the_newest_of_an_order_id_counts),
        T(parts_add_up_and_are_told_twice),
        T(a_notification_is_signed_and_coded_by_its_state),
        T(faults_spoil_notifications),
        T(notifications_go_to_each_url_and_twice_when_told_so),
        T(nobody_is_told_without_an_address),
        T(delays_and_the_wrong_order_are_a_matter_of_time),
        T(it_is_sent_again_by_the_answer),
        T(a_counted_fault_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
