/* rules_test.c - names, addresses and passwords at their limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "account/rules.h"

static struct arena *arena;

static int setup(void **state)
{
    (void)state;
    arena = arena_new(65536);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

static struct str many(char c, size_t count)
{
    char *text = arena_alloc(arena, count + 1);
    memset(text, c, count);
    return (struct str){text, count};
}

static void usernames(void **state)
{
    static const char *const good[] = {"abc", "A.b-c_9", "KIOSK", "KIOSK1a", "kiosk", "..."};
    static const char *const bad[] = {"",       "ab",
                                      "a b",    "a/b",
                                      "a%b",    "minji\xc3\xa9",
                                      "KIOSK1", "kiosk42",
                                      "a\tb",   "0198c0de-0000-7000-8000-0000000000a1"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        assert_null(rules_username(str_of(good[i])));
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_non_null(rules_username(str_of(bad[i])));
    assert_null(rules_username(many('a', 64)));
    assert_non_null(rules_username(many('a', 65)));
    assert_non_null(rules_username((struct str){"a\0b", 3}));
}

static void addresses(void **state)
{
    static const char *const good[] = {"a@b.co", "first.last+tag@sub.example.com",
                                       "\xec\x82\xac@\xed\x95\x9c.kr", " a@b.co "};
    static const char *const bad[] = {"",        "a",        "@b.co",      "a@",
                                      "a@b",     "a@b..co",  "a@.co",      "a@b.co.",
                                      "a@b@c.d", "a b@c.de", "a@b c.de",   "a@-b.co",
                                      "a@b-.co", "a\n@b.co", "a@b.co\x80", "a@b.co\xc2\x80"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        struct str s = str_of(good[i]);
        assert_true(rules_email(arena, &s));
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct str s = str_of(bad[i]);
        if (rules_email(arena, &s))
            fail_msg("\"%s\" passes", bad[i]);
    }
    struct str s = STR("Rara@EXAMPLE.Com");
    assert_true(rules_email(arena, &s));
    assert_true(str_is(s, "Rara@example.com"));
    struct str local = many('a', 65);
    struct str longer = str_of(arena_printf(arena, "%.*s@b.co", STR_ARG(local)));
    assert_false(rules_email(arena, &longer));
}

static void full_names(void **state)
{
    struct str s = STR("  Kim Minji ");
    struct str blank = STR("   ");
    struct str control = STR("a\x01");
    struct str longest = many('x', 120);
    struct str longer = many('x', 121);
    (void)state;
    assert_true(rules_full_name(&s));
    assert_true(str_is(s, "Kim Minji"));
    assert_false(rules_full_name(&blank));
    assert_false(rules_full_name(&control));
    assert_true(rules_full_name(&longest));
    assert_false(rules_full_name(&longer));
}

static bool weak(struct str password)
{
    return rules_password(password, STR("Budi1234x"), STR("budi@example.com")) != NULL;
}

static void passwords(void **state)
{
    (void)state;
    assert_false(weak(STR("pesan-demo")));
    assert_false(weak(STR("        ")));
    assert_true(weak(STR("7 chars")));
    /* Eight characters of three bytes; bytes do not count. */
    assert_false(weak(STR("\xeb\xb9\x84\xeb\xb0\x80\xeb\xb2\x88\xed\x98\xb8\xed\x95\xb4\xec\xa3\xbc"
                          "\xec\x84\xb8\xec\x9a\x94")));
    assert_true(weak(STR("\xeb\xb9\x84\xeb\xb0\x80\xeb\xb2\x88")));
    assert_false(weak(many('x', 128)));
    assert_true(weak(many('x', 129)));
    assert_true(weak(STR("bUDI1234X")));
    assert_true(weak(STR("BUDI@example.com")));
    assert_true(weak(STR("Password123")));
    assert_true(weak((struct str){"abcdefgh\0i", 10}));
    assert_true(weak(STR("abcdefgh\xff")));
}

static void what_strangers_call_themselves(void **state)
{
    (void)state;
    assert_null(rules_shown(arena, STR(""), 10).at);
    assert_true(str_is(rules_shown(arena, STR("a\tb\x7f"), 10), "a?b?"));
    assert_true(str_is(rules_shown(arena, STR("abc\xff"), 10), "abc?"));
    assert_true(str_is(rules_shown(arena, STR("\xec\x82\xac\xec\x82\xac"), 1), "\xec\x82\xac"));
    assert_int_equal(rules_shown(arena, many('x', 500), 120).len, 120);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(usernames),
        TEST(addresses),
        TEST(full_names),
        TEST(passwords),
        TEST(what_strangers_call_themselves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
