/* tables_test.c - every pair of screens, against the ways between them written down apart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kiosk/sale.h"

/* One row per state of where it may go. */
static const bool screens[KIOSK_STATE_COUNT][KIOSK_STATE_COUNT] = {
    /*                        IDLE   CLICKED CREATED SUCCESS FAILED */
    [KIOSK_IDLE] = {false, true, false, false, false},
    [KIOSK_MENU_CLICKED] = {true, false, true, true, true},
    [KIOSK_ORDER_CREATED] = {true, false, false, true, true},
    [KIOSK_PAYMENT_SUCCESS] = {true, true, false, false, true},
    [KIOSK_PAYMENT_FAILED] = {true, true, false, true, false},
};

static const bool sales[SALE_STATE_COUNT][SALE_STATE_COUNT] = {
    /*                     OPEN   CLOSED PAID  OVERDUE VENDED FAILED */
    [SALE_OPEN] = {false, true, true, false, false, false},
    [SALE_CLOSED] = {false, false, false, false, false, false},
    [SALE_PAID] = {false, false, false, true, true, true},
    [SALE_OVERDUE] = {false, false, false, false, true, true},
    [SALE_VENDED] = {false, false, false, false, false, false},
    [SALE_VEND_FAILED] = {false, false, false, false, false, false},
};

static void every_pair_of_screens(void **state)
{
    (void)state;
    for (int a = 0; a < KIOSK_STATE_COUNT; a++)
        for (int b = 0; b < KIOSK_STATE_COUNT; b++)
            if (kiosk_may_move((enum kiosk_state)a, (enum kiosk_state)b) != screens[a][b])
                fail_msg("%s -> %s", kiosk_state_word((enum kiosk_state)a),
                         kiosk_state_word((enum kiosk_state)b));
}

static void every_pair_of_sales(void **state)
{
    (void)state;
    for (int a = 0; a < SALE_STATE_COUNT; a++)
        for (int b = 0; b < SALE_STATE_COUNT; b++)
            if (sale_may_move((enum sale_state)a, (enum sale_state)b) != sales[a][b])
                fail_msg("%d -> %d", a, b);
}

static void ids_are_plain_and_short(void **state)
{
    static const char *const good[] = {"KIOSK1", "a", "lobby-2_b"};
    static const char *const bad[] = {"", "KIOSK 1", "a:b", "a/b", "키오스크", "a\n", "*"};
    char longest[KIOSK_ID_MAX + 2];
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        assert_true(kiosk_id_valid(str_of(good[i])));
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(kiosk_id_valid(str_of(bad[i])));
    memset(longest, 'k', sizeof longest);
    assert_true(kiosk_id_valid((struct str){longest, KIOSK_ID_MAX}));
    assert_false(kiosk_id_valid((struct str){longest, KIOSK_ID_MAX + 1}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_pair_of_screens),
        cmocka_unit_test(every_pair_of_sales),
        cmocka_unit_test(ids_are_plain_and_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
