/* presence_test.c - devices are counted, and of those who left only some are remembered. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "app/presence.h"

static void devices_are_counted(void **state)
{
    struct presence *p = presence_new();
    int64_t last;
    (void)state;
    assert_int_equal(presence_of(p, STR("a"), &last), 0);
    assert_int_equal(last, 0);
    presence_enter(p, STR("a"));
    presence_enter(p, STR("a"));
    presence_enter(p, STR("b"));
    assert_int_equal(presence_of(p, STR("a"), &last), 2);
    assert_int_equal(presence_of(p, STR("b"), &last), 1);
    presence_leave(p, STR("a"), 5);
    assert_int_equal(presence_of(p, STR("a"), &last), 1);
    assert_int_equal(last, 0);
    presence_leave(p, STR("a"), 7);
    assert_int_equal(presence_of(p, STR("a"), &last), 0);
    assert_int_equal(last, 7);
    presence_enter(p, STR("a"));
    assert_int_equal(presence_of(p, STR("a"), &last), 1);
    presence_free(&p);
    presence_free(&p);
}

static void who_left_long_ago_is_forgotten(void **state)
{
    struct presence *p = presence_new();
    char name[20];
    int64_t last;
    (void)state;
    for (int i = 1; i <= PRESENCE_GONE_MAX + 5; i++) {
        struct str account = {name, (size_t)snprintf(name, sizeof name, "%d", i)};
        presence_enter(p, account);
        presence_leave(p, account, i);
    }
    presence_of(p, STR("5"), &last);
    assert_int_equal(last, 0);
    presence_of(p, STR("6"), &last);
    assert_int_equal(last, 6);
    presence_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(devices_are_counted),
        cmocka_unit_test(who_left_long_ago_is_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
