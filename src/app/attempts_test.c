/* attempts_test.c - how many tries are let pass, and when the next one is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "app/attempts.h"
#include "base/clock.h"

#define NOW INT64_C(1800000000000000)

static const struct attempt_key budi = {{"budi", 4}, {"10.0.0.1", 8}};

static int teardown(void **state)
{
    (void)state;
    attempts_forget();
    return 0;
}

static void count(enum attempt kind, const struct attempt_key *key, int times, int64_t now_us)
{
    for (int i = 0; i < times; i++)
        attempts_count(kind, key, now_us);
}

static void the_sixth_in_a_minute_waits(void **state)
{
    (void)state;
    count(ATTEMPT_PAIR, &budi, 4, NOW);
    assert_int_equal(attempts_wait_s(ATTEMPT_PAIR, &budi, NOW), 0);
    count(ATTEMPT_PAIR, &budi, 1, NOW + 10 * US_PER_S);
    assert_int_equal(attempts_wait_s(ATTEMPT_PAIR, &budi, NOW + 10 * US_PER_S), 50);
    assert_int_equal(attempts_wait_s(ATTEMPT_PAIR, &budi, NOW + 60 * US_PER_S - 1), 1);
    assert_int_equal(attempts_wait_s(ATTEMPT_PAIR, &budi, NOW + 60 * US_PER_S), 0);
    count(ATTEMPT_PAIR, &budi, 4, NOW + 61 * US_PER_S);
    assert_int_equal(attempts_wait_s(ATTEMPT_PAIR, &budi, NOW + 61 * US_PER_S), 0);
}

static void keys_are_apart(void **state)
{
    const struct attempt_key elsewhere = {STR("budi"), STR("10.0.0.2")};
    const struct attempt_key other = {STR("rara"), STR("10.0.0.1")};
    (void)state;
    count(ATTEMPT_PAIR, &budi, 5, NOW);
    count(ATTEMPT_ACCOUNT, &budi, 50, NOW);
    count(ATTEMPT_ADDRESS, &budi, 30, NOW);
    assert_int_equal(attempts_wait_s(ATTEMPT_PAIR, &elsewhere, NOW), 0);
    assert_int_equal(attempts_wait_s(ATTEMPT_PAIR, &other, NOW), 0);
    assert_int_equal(attempts_wait_s(ATTEMPT_ACCOUNT, &elsewhere, NOW), 900);
    assert_int_equal(attempts_wait_s(ATTEMPT_ACCOUNT, &other, NOW), 0);
    assert_int_equal(attempts_wait_s(ATTEMPT_ADDRESS, &elsewhere, NOW), 0);
    assert_int_equal(attempts_wait_s(ATTEMPT_ADDRESS, &other, NOW), 900);
}

static void success_forgets(void **state)
{
    (void)state;
    count(ATTEMPT_PAIR, &budi, 5, NOW);
    attempts_clear(ATTEMPT_PAIR, &budi);
    attempts_clear(ATTEMPT_PAIR, &budi);
    assert_int_equal(attempts_wait_s(ATTEMPT_PAIR, &budi, NOW), 0);
}

/* Names and addresses are cut, never mixed up. */
static void keys_are_bounded(void **state)
{
    char name[4096];
    struct attempt_key key = {.account = {name, sizeof name}, .address = STR("10.0.0.1")};
    (void)state;
    memset(name, 'x', sizeof name);
    count(ATTEMPT_PAIR, &key, 5, NOW);
    assert_int_equal(attempts_wait_s(ATTEMPT_PAIR, &key, NOW), 60);
    assert_int_equal(attempts_wait_s(ATTEMPT_PAIR, &budi, NOW), 0);
}

static void the_oldest_leave(void **state)
{
    char name[16];
    struct attempt_key key = {.address = STR("10.0.0.1")};
    (void)state;
    count(ATTEMPT_PAIR, &budi, 5, NOW);
    count(ATTEMPT_ROOM, &budi, 30, NOW);
    for (int i = 0; i < ATTEMPTS_MAX; i++) {
        key.account = (struct str){name, (size_t)snprintf(name, sizeof name, "n%d", i)};
        if (i == ATTEMPTS_MAX - 1)
            assert_int_equal(attempts_wait_s(ATTEMPT_PAIR, &budi, NOW), 60);
        attempts_count(ATTEMPT_PAIR, &key, NOW);
    }
    assert_int_equal(attempts_wait_s(ATTEMPT_PAIR, &budi, NOW), 0);
    assert_int_equal(attempts_wait_s(ATTEMPT_ROOM, &budi, NOW), 60); /* another kind stays */
    count(ATTEMPT_PAIR, &key, 4, NOW);
    assert_int_equal(attempts_wait_s(ATTEMPT_PAIR, &key, NOW), 60);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, teardown)
    const struct CMUnitTest tests[] = {
        TEST(the_sixth_in_a_minute_waits),
        TEST(keys_are_apart),
        TEST(success_forgets),
        TEST(keys_are_bounded),
        TEST(the_oldest_leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
