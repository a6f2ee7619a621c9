/* ledger_test.c - the ledger's one rule on a real database: nothing goes back that did not come. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "payment/fixture.h"
#include "payment/ledger.h"

#define NOW INT64_C(1800000000000000)

static struct id ledger_payment;

static bool enter(struct db *tx, enum ledger_kind kind, int64_t amount, const char *state)
{
    struct ledger_line line = {
        .id = id_new(), .kind = kind, .amount = amount, .state = str_of(state)};
    return ledger_add(tx, &ledger_payment, NOW, &line);
}

static void do_ledger(struct task *t, struct db *tx)
{
    struct ledger_line line;
    (void)t;
    ledger_payment = id_new();
    assert_false(enter(tx, LEDGER_REFUND, 1, "open")); /* nothing came yet */
    assert_true(enter(tx, LEDGER_CHARGE, 1000, "done"));
    assert_int_equal(ledger_held(tx, &ledger_payment), 0);
    assert_false(enter(tx, LEDGER_CREDIT, 1, "done"));
    assert_true(enter(tx, LEDGER_PAID, 1000, "done"));
    assert_false(enter(tx, LEDGER_PAID, 0, "done"));
    assert_false(enter(tx, LEDGER_PAID, -5, "done"));
    assert_false(enter(tx, LEDGER_REFUND, 1001, "open"));
    assert_true(enter(tx, LEDGER_REFUND, 400, "open"));
    assert_int_equal(ledger_held(tx, &ledger_payment), 600);
    assert_false(enter(tx, LEDGER_REFUND, 601, "open"));
    assert_true(ledger_open_refund(tx, arena, &ledger_payment, &line));
    ledger_close(tx, id_str(&line.id), "refused", (struct str){NULL, 0});
    assert_int_equal(ledger_held(tx, &ledger_payment), 1000); /* it moved no money */
    ledger_close(tx, id_str(&line.id), "done", (struct str){NULL, 0});
    assert_int_equal(ledger_held(tx, &ledger_payment), 1000); /* what is closed stays so */
    assert_true(enter(tx, LEDGER_CREDIT, 1000, "done"));
    assert_false(enter(tx, LEDGER_REVERSAL, 1, "done"));
    assert_int_equal(ledger_sum(tx, &ledger_payment, LEDGER_CREDIT), 1000);
    assert_int_equal(ledger_sum(tx, &ledger_payment, LEDGER_REFUND), 0);
    assert_false(ledger_open_refund(tx, arena, &ledger_payment, &line));
}

static void nothing_goes_back_that_did_not_come(void **state)
{
    (void)state;
    till_do(do_ledger);
}

#define T(f) cmocka_unit_test_setup_teardown(f, till_setup, till_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(nothing_goes_back_that_did_not_come),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
