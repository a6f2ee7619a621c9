/* token_cache_test.c - a token from memory says what its key and its events say, and no longer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/people_fixture.h"
#include "app/service.h"
#include "app/token_cache.h"

static struct token_key *key;
static struct token_cache cache;

static int setup(void **state)
{
    const char *why;
    people_setup(state);
    key = token_key_open(STR("a key of thirty-two bytes, or so"), "", false, &why);
    token_cache_init(&cache, key, people);
    return key ? 0 : -1;
}

static int teardown(void **state)
{
    token_cache_fini(&cache);
    token_key_free(&key);
    return people_teardown(state);
}

/* A token of account "a", valid for 5 s. */
static struct str token_of(const char *username, int64_t now)
{
    struct buf out = buf_in(arena);
    const struct caller c = {.role = ROLE_CUSTOMER,
                             .id = STR("a"),
                             .username = str_of(username),
                             .session = STR("sid"),
                             .language = STR("pl"),
                             .expires_us = now + 5 * US_PER_S};
    token_issue(key, &c, &out);
    return buf_str(&out);
}

static void it_answers_like_the_key(void **state)
{
    struct caller out = {0};
    int64_t now = clock_utc_us();
    (void)state;
    struct str token = token_of("u", now);
    for (int i = 0; i < 3; i++) {
        assert_true(token_cache_verify(&cache, token, now, arena, &out));
        assert_true(str_is(out.id, "a") && str_is(out.username, "u"));
        assert_true(str_is(out.session, "sid") && str_is(out.language, "pl"));
        assert_int_equal(out.role, ROLE_CUSTOMER);
    }
    assert_int_equal(cache.by_token.count, 1);
    assert_false(token_cache_verify(&cache, token, now + 6 * US_PER_S, arena, &out));
    assert_int_equal(cache.by_token.count, 0);
    assert_false(token_cache_verify(&cache, STR("a.b.c"), now, arena, &out));
    assert_false(token_cache_verify(&cache, STR(""), now, arena, &out));
    assert_int_equal(cache.by_token.count, 0);
}

static void it_is_bounded(void **state)
{
    struct caller out = {0};
    char first[1024];
    size_t len = 0;
    int64_t now = clock_utc_us();
    (void)state;
    for (int i = 0; i < TOKEN_CACHE_MAX + 100; i++) {
        arena_reset(arena);
        char name[20];
        snprintf(name, sizeof name, "u%d", i);
        struct str token = token_of(name, now);
        assert_true(token_cache_verify(&cache, token, now, arena, &out));
        if (i == 0) {
            len = token.len;
            assert_true(len < sizeof first);
            memcpy(first, token.at, len);
        }
        /* Used again and again, so it stays. */
        assert_true(token_cache_verify(&cache, (struct str){first, len}, now, arena, &out));
    }
    assert_int_equal(cache.by_token.count, TOKEN_CACHE_MAX);
    assert_non_null(map_get(&cache.by_token, (struct str){first, len}));
}

static void powers_are_those_of_now(void **state)
{
    struct caller out = {0};
    int64_t now = clock_utc_us();
    (void)state;
    struct str token = token_of("u", now);
    assert_true(token_cache_verify(&cache, token, now, arena, &out));
    assert_int_equal(out.role, ROLE_CUSTOMER);
    hire("a", "s1", "barista");
    hire("a", "s2", "owner");
    for (int i = 0; i < 2; i++) {
        assert_true(token_cache_verify(&cache, token, now, arena, &out));
        assert_int_equal(out.role, ROLE_OWNER);
        assert_int_equal(out.grant_count, 2);
        assert_true(str_is(out.shop, "s1") && str_is(out.grants[1].shop, "s2"));
        assert_true(caller_works_in(&out, STR("s1"), ROLE_BIT(ROLE_BARISTA)));
    }
    dismiss("a", "s2");
    assert_true(token_cache_verify(&cache, token, now, arena, &out));
    assert_int_equal(out.role, ROLE_BARISTA);
    dismiss("a", "s1");
    assert_true(token_cache_verify(&cache, token, now, arena, &out));
    assert_int_equal(out.role, ROLE_CUSTOMER);
    assert_int_equal(out.grant_count, 0);
    assert_int_equal(cache.by_token.count, 1);
}

static void what_outlives_the_entry_stands(void **state)
{
    struct caller out = {0};
    int64_t now = clock_utc_us();
    (void)state;
    hire("a", "s1", "barista");
    struct str token = token_of("u", now);
    assert_true(token_cache_verify(&cache, token, now, arena, &out));
    assert_true(token_cache_verify(&cache, token, now, arena, &out));
    token_cache_fini(&cache);
    assert_true(str_is(out.grants[0].shop, "s1") && str_is(out.id, "a"));
    token_cache_init(&cache, key, people);
}

static void an_ended_session_is_nobody(void **state)
{
    struct caller out = {0};
    int64_t now = clock_utc_us();
    (void)state;
    struct str token = token_of("u", now);
    assert_true(token_cache_verify(&cache, token, now, arena, &out));
    end_session("sid", in_an_hour());
    for (int i = 0; i < 2; i++) {
        out = (struct caller){0};
        assert_false(token_cache_verify(&cache, token, now, arena, &out));
        assert_int_equal(out.role, ROLE_NONE);
        assert_null(out.id.at);
    }
    assert_int_equal(cache.by_token.count, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(it_answers_like_the_key),    TEST(it_is_bounded),
        TEST(powers_are_those_of_now),    TEST(what_outlives_the_entry_stands),
        TEST(an_ended_session_is_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
