/* money_test.c - amounts: arithmetic with limits, and their texts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/money.h"

static void knows_its_currencies(void **state)
{
    (void)state;
    enum currency c;
    assert_true(currency_parse(STR("KRW"), &c));
    assert_int_equal(c, CURRENCY_KRW);
    assert_string_equal(currency_name(c), "KRW");
    assert_int_equal(currency_storage_digits(CURRENCY_IDR), 2);
    assert_int_equal(currency_display_digits(CURRENCY_IDR), 0);
    assert_int_equal(currency_storage_digits(CURRENCY_KRW), 0);
    assert_int_equal(currency_display_digits(CURRENCY_PLN), 2);
    assert_false(currency_parse(STR("krw"), &c));
    assert_false(currency_parse(STR("ZZZ"), &c));
    assert_false(currency_parse(STR(""), &c));
}

static void computes_within_limits(void **state)
{
    (void)state;
    int64_t r = -1;
    assert_true(money_mul(700000, 3, &r));
    assert_int_equal(r, 2100000);
    assert_true(money_mul(MONEY_MAX, 1, &r));
    assert_true(money_mul(0, INT64_MAX, &r));
    assert_false(money_mul(MONEY_MAX, 2, &r));
    assert_false(money_mul(INT64_MAX, INT64_MAX, &r));
    assert_false(money_mul(-1, 1, &r));
    assert_false(money_mul(1, -1, &r));
    assert_false(money_mul(-1, -1, &r));
    assert_true(money_add(5, -5, &r));
    assert_int_equal(r, 0);
    assert_false(money_add(5, -6, &r));
    assert_true(money_add(MONEY_MAX - 1, 1, &r));
    assert_false(money_add(MONEY_MAX, 1, &r));
    assert_false(money_add(INT64_MAX, INT64_MAX, &r));
}

static void assert_parses(const char *text, enum currency c, int64_t expected)
{
    int64_t amount = -1;
    if (!money_parse_major(str_of(text), c, &amount))
        fail_msg("%s was refused", text);
    assert_int_equal(amount, expected);
}

static void reads_major_units(void **state)
{
    (void)state;
    assert_parses("7000", CURRENCY_IDR, 700000);
    assert_parses("7000.00", CURRENCY_IDR, 700000);
    assert_parses("7000.5", CURRENCY_IDR, 700050);
    assert_parses("0.01", CURRENCY_PLN, 1);
    assert_parses("12.500", CURRENCY_PLN, 1250);
    assert_parses("3500.00", CURRENCY_KRW, 3500);
    assert_parses("10000000000000.00", CURRENCY_IDR, MONEY_MAX);
    assert_parses("1000000000000000", CURRENCY_KRW, MONEY_MAX);
}

static void refuses_bad_amounts(void **state)
{
    (void)state;
    const char *bad[] = {"",
                         ".",
                         "1.",
                         ".5",
                         "-1",
                         "+1",
                         "1e3",
                         "1,5",
                         " 1",
                         "1 ",
                         "1.2.3",
                         "0x10",
                         "1.005",
                         "1.-5",
                         "NaN",
                         "1.0a",
                         "10000000000000.01",
                         "99999999999999999999999999"};
    int64_t amount;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        if (money_parse_major(str_of(bad[i]), CURRENCY_IDR, &amount))
            fail_msg("%s was taken", bad[i]);
    }
    assert_false(money_parse_major(STR("0.5"), CURRENCY_KRW, &amount));
    assert_false(money_parse_major((struct str){NULL, 0}, CURRENCY_KRW, &amount));
}

static void assert_written(int64_t amount, enum currency c, const char *decimal, const char *json)
{
    struct buf b = {0};
    money_add_decimal(&b, amount, c);
    assert_string_equal(buf_cstr(&b), decimal);
    buf_clear(&b);
    money_add_json(&b, amount, c);
    assert_string_equal(buf_cstr(&b), json);
    buf_fini(&b);
}

static void writes_amounts(void **state)
{
    (void)state;
    assert_written(700000, CURRENCY_IDR, "7000.00", "7000");
    assert_written(700050, CURRENCY_IDR, "7000.50", "7000.5");
    assert_written(5, CURRENCY_PLN, "0.05", "0.05");
    assert_written(0, CURRENCY_PLN, "0.00", "0");
    assert_written(10, CURRENCY_EUR, "0.10", "0.1");
    assert_written(3500, CURRENCY_KRW, "3500", "3500");
    assert_written(-1250, CURRENCY_USD, "-12.50", "-12.5");
    assert_written(MONEY_MAX, CURRENCY_IDR, "10000000000000.00", "10000000000000");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_its_currencies), cmocka_unit_test(computes_within_limits),
        cmocka_unit_test(reads_major_units),    cmocka_unit_test(refuses_bad_amounts),
        cmocka_unit_test(writes_amounts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
