/* recovery_test.c - a lost socket is kept for a while, for its owner alone, once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "app/recovery.h"

static struct recovery *recovery;

static int setup(void **state)
{
    (void)state;
    recovery = recovery_new();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    recovery_free(&recovery);
    recovery_free(&recovery);
    return 0;
}

static void put(const char *pid, int64_t now_us)
{
    recovery_put(recovery,
                 &(struct recovered){.pid = str_of(pid),
                                     .sid = STR("sid"),
                                     .account = STR("ann"),
                                     .powers = STR("6\n"),
                                     .extras = STR("")},
                 now_us);
}

static bool take(const char *pid, const char *account, int64_t now_us)
{
    struct recovered *r = recovery_take(recovery, str_of(pid), str_of(account), now_us);
    bool found = r != NULL;
    if (found) {
        assert_true(str_is(r->pid, pid));
        assert_true(str_is(r->sid, "sid"));
        assert_true(str_is(r->powers, "6\n"));
        assert_int_equal(r->extras.len, 0);
    }
    recovered_free(&r);
    return found;
}

static void it_is_found_once_by_its_owner(void **state)
{
    (void)state;
    put("p", 0);
    assert_false(take("q", "ann", 0));
    assert_false(take("p", "bob", 0));
    assert_true(take("p", "ann", RECOVERY_US));
    assert_false(take("p", "ann", 0));
    put("p", 0);
    put("p", 5);
    assert_true(take("p", "ann", RECOVERY_US + 5));
    assert_false(take("p", "ann", 0));
}

static void it_is_not_kept_for_ever(void **state)
{
    (void)state;
    put("p", 0);
    assert_false(take("p", "ann", RECOVERY_US + 1));
    put("q", RECOVERY_US + 1); /* the old one gives way */
    assert_false(take("p", "ann", 0));
    assert_true(take("q", "ann", RECOVERY_US + 1));
}

static void so_many_are_kept_and_no_more(void **state)
{
    char pid[20];
    (void)state;
    for (int i = 0; i < RECOVERY_MAX + 3; i++) {
        snprintf(pid, sizeof pid, "%d", i);
        put(pid, i);
    }
    assert_false(take("2", "ann", 10));
    assert_true(take("3", "ann", 10));
    assert_true(take(pid, "ann", 10));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_is_found_once_by_its_owner, setup, teardown),
        cmocka_unit_test_setup_teardown(it_is_not_kept_for_ever, setup, teardown),
        cmocka_unit_test_setup_teardown(so_many_are_kept_and_no_more, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
