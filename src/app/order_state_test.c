/* order_state_test.c - every pair of states, against the moves as the contract lists them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/order_state.h"

/* The contract's own words, written down apart from the table that is tested. */
static const struct {
    const char *from, *to;
    enum order_mover mover;
} allowed[] = {
    {"unpaid", "received", MOVER_ORDER},         {"unpaid", "cancelled", MOVER_ORDER},
    {"received", "accepted", MOVER_ORDER},       {"received", "rejected", MOVER_ORDER},
    {"received", "cancelled", MOVER_ORDER},      {"accepted", "preparing", MOVER_DELIVERY},
    {"accepted", "cancelled", MOVER_DELIVERY},   {"preparing", "ready", MOVER_DELIVERY},
    {"ready", "delivering", MOVER_DELIVERY},     {"ready", "delivered", MOVER_DELIVERY},
    {"delivering", "delivered", MOVER_DELIVERY}, {"accepted", "failed", MOVER_DELIVERY},
    {"preparing", "failed", MOVER_DELIVERY},     {"ready", "failed", MOVER_DELIVERY},
    {"delivering", "failed", MOVER_DELIVERY},
};

static enum order_mover expected(const char *from, const char *to)
{
    for (size_t i = 0; i < ARRAY_LEN(allowed); i++)
        if (strcmp(allowed[i].from, from) == 0 && strcmp(allowed[i].to, to) == 0)
            return allowed[i].mover;
    return MOVER_NOBODY;
}

static void every_pair_is_as_the_contract_says(void **state)
{
    (void)state;
    for (int from = 0; from < ORDER_STATE_COUNT; from++) {
        for (int to = 0; to < ORDER_STATE_COUNT; to++) {
            const char *a = order_state_word((enum order_state)from);
            const char *b = order_state_word((enum order_state)to);
            if (order_mover((enum order_state)from, (enum order_state)to) != expected(a, b))
                fail_msg("%s -> %s", a, b);
        }
    }
}

static void both_languages_are_understood(void **state)
{
    static const struct {
        const char *word;
        enum order_state state;
    } rows[] = {
        {"unpaid", ORDER_UNPAID},       {"received", ORDER_RECEIVED},
        {"접수완료", ORDER_RECEIVED},   {"accepted", ORDER_ACCEPTED},
        {"preparing", ORDER_PREPARING}, {"제작중", ORDER_PREPARING},
        {"ready", ORDER_READY},         {"delivering", ORDER_DELIVERING},
        {"delivered", ORDER_DELIVERED}, {"배송완료", ORDER_DELIVERED},
        {"cancelled", ORDER_CANCELLED}, {"취소", ORDER_CANCELLED},
        {"rejected", ORDER_REJECTED},   {"failed", ORDER_FAILED},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        enum order_state s;
        assert_true(order_state_parse(str_of(rows[i].word), &s));
        assert_int_equal(s, rows[i].state);
    }
}

static void other_words_are_not(void **state)
{
    static const char *const rows[] = {"", "Received", "canceled", "접수", "received ", "0"};
    enum order_state s;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_false(order_state_parse(str_of(rows[i]), &s));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_pair_is_as_the_contract_says),
        cmocka_unit_test(both_languages_are_understood),
        cmocka_unit_test(other_words_are_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
