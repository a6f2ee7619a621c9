/* str_test.c - slices: comparing, cutting, numbers, UTF-8, percent escapes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "base/str.h"

static void assert_str(struct str s, const char *expected)
{
    assert_int_equal(s.len, strlen(expected));
    assert_memory_equal(s.at, expected, s.len);
}

static void compares(void **state)
{
    (void)state;
    assert_true(str_eq((struct str){NULL, 0}, STR("")));
    assert_false(str_eq(STR("a"), STR("A")));
    assert_true(str_eq_nocase(STR("Content-Length"), STR("content-lENGTH")));
    assert_false(str_eq_nocase(STR("[@"), STR("{`"))); /* 0x20 apart, but no letters */
    assert_false(str_eq_nocase(STR("ab"), STR("abc")));
    assert_true(str_starts(STR("order:1"), STR("order:")));
    assert_true(str_starts(STR("x"), (struct str){NULL, 0}));
    assert_false(str_starts(STR("ord"), STR("order:")));
}

static void trims(void **state)
{
    (void)state;
    assert_str(str_trim(STR(" \t a b \t")), "a b");
    assert_int_equal(str_trim(STR(" \t ")).len, 0);
    assert_str(str_trim(STR("\na\r")), "\na\r");
    assert_int_equal(str_trim((struct str){NULL, 0}).len, 0);
}

static void cuts(void **state)
{
    (void)state;
    struct str rest = STR("a,,bc");
    assert_str(str_cut(&rest, ','), "a");
    assert_int_equal(str_cut(&rest, ',').len, 0);
    assert_non_null(rest.at);
    assert_str(str_cut(&rest, ','), "bc");
    assert_null(rest.at);
    assert_null(str_cut(&rest, ',').at);

    rest = STR("a,");
    assert_str(str_cut(&rest, ','), "a");
    assert_non_null(rest.at); /* there was a separator: an empty last part follows */
    assert_int_equal(rest.len, 0);
}

static void reads_numbers(void **state)
{
    (void)state;
    uint64_t n = 7;
    assert_true(str_to_u64(STR("18446744073709551615"), UINT64_MAX, &n));
    assert_true(n == UINT64_MAX);
    assert_false(str_to_u64(STR("18446744073709551616"), UINT64_MAX, &n));
    assert_false(str_to_u64(STR("184467440737095516150"), UINT64_MAX, &n));
    assert_true(str_to_u64(STR("007"), 7, &n));
    assert_int_equal(n, 7);
    assert_false(str_to_u64(STR("8"), 7, &n));
    assert_false(str_to_u64(STR("10"), 9, &n));
    assert_true(str_to_u64(STR("0"), 0, &n));
    const char *bad[] = {"", "-1", "+1", " 1", "1 ", "1a", "0x1", "1.0"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(str_to_u64(str_of(bad[i]), UINT64_MAX, &n));
}

/* The encoding of RFC 3629 3, as a reference; any 21-bit value. */
static size_t encode(uint32_t c, char out[4])
{
    if (c < 0x80)
        return out[0] = (char)c, 1;
    size_t more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    for (size_t i = more; i > 0; i--, c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3f));
    out[0] = (char)((0xff00u >> (more + 1) & 0xff) | c);
    return more + 1;
}

static void knows_every_code_point(void **state)
{
    (void)state;
    for (uint32_t c = 0; c < 0x1fffff; c++) {
        char text[4];
        struct str s = {text, encode(c, text)};
        bool expected = c <= 0x10ffff && !(c >= 0xd800 && c <= 0xdfff);
        if (str_utf8_valid(s) != expected)
            fail_msg("U+%04X", c);
        s.len--;
        if (s.len > 0 && str_utf8_valid(s))
            fail_msg("U+%04X cut short", c);
    }
}

static void refuses_bad_utf8(void **state)
{
    (void)state;
    const char *bad[] = {
        "\x80",             /* continuation without lead */
        "\xc0\xaf",         /* overlong '/' */
        "\xc1\xbf",         /* overlong */
        "\xe0\x9f\xbf",     /* overlong */
        "\xf0\x8f\xbf\xbf", /* overlong */
        "\xed\xa0\x80",     /* surrogate */
        "\xf4\x90\x80\x80", /* beyond U+10FFFF */
        "\xf8\x88\x80\x80\x80",
        "\xff",
        "\xe2\x82 ",
        "12345678\xc3", /* behind a run of eight */
        "1234567\xc3\xa4\xa4",
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(str_utf8_valid(str_of(bad[i])));
    assert_true(str_utf8_valid(STR("1234567\xc3\xa4 kopi \xec\xbb\xa4\xed\x94\xbc")));
    assert_true(str_utf8_valid((struct str){NULL, 0}));
}

static void counts_code_points(void **state)
{
    (void)state;
    assert_int_equal(str_utf8_len(STR("a\xc3\xa4\xed\x94\xbc\xf0\x9f\x8d\xb5")), 4);
    assert_int_equal(str_utf8_len(STR("")), 0);
}

static void assert_decodes(const char *text, bool plus, const char *expected)
{
    char space[64];
    size_t len = strlen(text);
    memcpy(space, text, len);
    long got = str_percent_decode(space, len, plus);
    if (!expected) {
        assert_int_equal(got, -1);
        return;
    }
    assert_int_equal(got, strlen(expected));
    assert_memory_equal(space, expected, strlen(expected));
}

static void decodes_percent(void **state)
{
    (void)state;
    assert_decodes("a%20b%2Fc%2f", false, "a b/c/");
    assert_decodes("a+b", false, "a+b");
    assert_decodes("a+b%2B", true, "a b+");
    assert_decodes("%41", false, "A");
    assert_decodes("%2541", false, "%41");
    assert_decodes("%ec%bb%a4", false, "\xec\xbb\xa4");
    assert_decodes("", false, "");
    assert_decodes("%00", false, NULL);
    assert_decodes("a%", false, NULL);
    assert_decodes("a%4", false, NULL);
    assert_decodes("%4g", false, NULL);
    assert_decodes("%-1", false, NULL);
    assert_decodes("%10", false, "\x10");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compares),
        cmocka_unit_test(trims),
        cmocka_unit_test(cuts),
        cmocka_unit_test(reads_numbers),
        cmocka_unit_test(knows_every_code_point),
        cmocka_unit_test(refuses_bad_utf8),
        cmocka_unit_test(counts_code_points),
        cmocka_unit_test(decodes_percent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
