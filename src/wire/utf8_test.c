/* utf8_test.c - the piecewise UTF-8 check against all code points and a plain reading of RFC 3629.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "wire/utf8.h"

static size_t encode(uint32_t code, uint8_t out[4])
{
    if (code < 0x80) {
        out[0] = (uint8_t)code;
        return 1;
    }
    size_t len = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const uint8_t leads[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = len; i-- > 1; code >>= 6)
        out[i] = (uint8_t)(0x80 | (code & 0x3F));
    out[0] = (uint8_t)(leads[len] | code);
    return len;
}

/* Bytes of the well-formed code point at `at`, 0 when there is none. Decodes and encodes again:
 * what does not come back the same was overlong. */
static size_t code_point_at(const uint8_t *at, size_t len)
{
    static const uint8_t lengths[16] = {1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 2, 2, 3, 4};
    size_t want = lengths[at[0] >> 4];
    if (want == 0 || want > len)
        return 0;
    uint32_t code = want == 1 ? at[0] : at[0] & (0xFFu >> (want + 1));
    for (size_t i = 1; i < want; i++) {
        if ((at[i] & 0xC0) != 0x80)
            return 0;
        code = code << 6 | (at[i] & 0x3Fu);
    }
    uint8_t again[4];
    if (code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF) || encode(code, again) != want)
        return 0;
    return memcmp(again, at, want) == 0 ? want : 0;
}

static bool is_text(const uint8_t *at, size_t len)
{
    for (size_t n; len > 0; at += n, len -= n) {
        n = code_point_at(at, len);
        if (n == 0)
            return false;
    }
    return true;
}

static bool passes(const uint8_t *at, size_t len, size_t piece)
{
    uint8_t state = UTF8_WHOLE;
    for (size_t i = 0; i < len; i += piece) {
        if (!utf8_check(&state, at + i, len - i < piece ? len - i : piece))
            return false;
    }
    return state == UTF8_WHOLE;
}

static void test_every_code_point(void **state)
{
    (void)state;
    for (uint32_t code = 0; code <= 0x1FFFFF; code++) {
        uint8_t bytes[4];
        size_t len = encode(code, bytes);
        bool legal = code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF);
        if (passes(bytes, len, 4) != legal || passes(bytes, len, 1) != legal)
            fail_msg("U+%04X", (unsigned)code);
    }
}

/* All strings of up to four of the bytes at which the rules change. */
static void test_every_edge(void **state)
{
    (void)state;
    static const uint8_t edges[] = {0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF,
                                    0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED,
                                    0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF};
    const size_t count = ARRAY_LEN(edges);
    for (size_t n = 0; n < count * count * count * count; n++) {
        const uint8_t bytes[4] = {edges[n % count], edges[n / count % count],
                                  edges[n / count / count % count],
                                  edges[n / count / count / count]};
        for (size_t len = 1; len <= 4; len++) {
            bool legal = is_text(bytes, len);
            if (passes(bytes, len, 4) != legal || passes(bytes, len, 1) != legal)
                fail_msg("%02X %02X %02X %02X, %zu bytes", bytes[0], bytes[1], bytes[2], bytes[3],
                         len);
        }
    }
}

/* Runs of ASCII are taken in words: a foreign byte must be seen at each place of them. */
static void test_foreign_byte_in_ascii(void **state)
{
    (void)state;
    for (size_t len = 1; len <= 40; len++) {
        for (size_t at = 0; at < len; at++) {
            uint8_t bytes[42];
            memset(bytes, 'x', sizeof bytes);
            bytes[at] = 0xC3;
            assert_false(passes(bytes, len, len));
            bytes[at + 1] = 0xA9;
            assert_true(passes(bytes, len + 1, len + 1));
            assert_true(passes(bytes, len + 1, 3));
        }
    }
}

static void test_broken_stays_broken(void **state)
{
    (void)state;
    uint8_t s = UTF8_WHOLE;
    assert_false(utf8_check(&s, "\xff", 1));
    assert_false(utf8_check(&s, "abc", 3));
    assert_false(utf8_check(&s, "", 0));
    assert_int_equal(s, UTF8_BAD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_code_point),
        cmocka_unit_test(test_every_edge),
        cmocka_unit_test(test_foreign_byte_in_ascii),
        cmocka_unit_test(test_broken_stays_broken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
