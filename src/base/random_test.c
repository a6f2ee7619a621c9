/* random_test.c - that random bytes are filled in, and letters are all reached. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/random.h"

static void fills_all_bytes(void **state)
{
    (void)state;
    uint8_t a[64] = {0}, b[64] = {0}, seen[64] = {0};
    random_bytes(a, sizeof a);
    random_bytes(b, sizeof b);
    assert_memory_not_equal(a, b, sizeof a);
    for (int i = 0; i < 20; i++) {
        random_bytes(a, sizeof a);
        for (size_t j = 0; j < sizeof a; j++)
            seen[j] |= a[j];
    }
    for (size_t j = 0; j < sizeof seen; j++)
        assert_int_not_equal(seen[j], 0);
    random_bytes(a, 0);
}

static void makes_text_of_the_alphabet(void **state)
{
    (void)state;
    char text[1001];
    int counts[3] = {0};
    memset(text, '#', sizeof text);
    random_text(text, 1000, "abc");
    assert_int_equal(strlen(text), 1000);
    assert_int_equal(strspn(text, "abc"), 1000);
    for (size_t i = 0; i < 1000; i++)
        counts[text[i] - 'a']++;
    for (size_t i = 0; i < 3; i++)
        assert_in_range(counts[i], 200, 470); /* 333 expected; nine deviations away */
    random_text(text, 0, "abc");
    assert_string_equal(text, "");
    random_text(text, 5, "x");
    assert_string_equal(text, "xxxxx");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fills_all_bytes),
        cmocka_unit_test(makes_text_of_the_alphabet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
