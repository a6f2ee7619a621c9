/* clock_test.c - texts of time, and clocks that do not run backwards. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <time.h>

#include "base/clock.h"

static void assert_iso(int64_t us, const char *expected)
{
    char text[CLOCK_TEXT_MAX];
    assert_int_equal(clock_iso(us, text), strlen(expected));
    assert_string_equal(text, expected);
}

static void writes_iso(void **state)
{
    (void)state;
    assert_iso(0, "1970-01-01T00:00:00.000000Z");
    assert_iso(-1, "1969-12-31T23:59:59.999999Z");
    assert_iso(INT64_C(951782400000001), "2000-02-29T00:00:00.000001Z");
    assert_iso(INT64_C(1763790540123456), "2025-11-22T05:49:00.123456Z");
    assert_iso(INT64_MAX, "9999-12-31T23:59:59.999999Z");
    assert_iso(INT64_MIN, "0000-01-01T00:00:00.000000Z");
}

/* Every day of 800 years against the C library, there and back. */
static void agrees_with_the_c_library(void **state)
{
    (void)state;
    for (int64_t day = -146097; day < 146097; day++) {
        time_t s = day * 86400 + 86399;
        char expected[CLOCK_TEXT_MAX], text[CLOCK_TEXT_MAX];
        struct tm tm;
        gmtime_r(&s, &tm);
        strftime(expected, sizeof expected, "%Y-%m-%dT%H:%M:%S.000000Z", &tm);
        size_t len = clock_iso(s * US_PER_S, text);
        assert_string_equal(text, expected);
        int64_t back = 0;
        assert_true(clock_parse_iso((struct str){text, len}, &back));
        assert_true(back == s * US_PER_S);
        strftime(expected, sizeof expected, "%a, %d %b %Y %H:%M:%S GMT", &tm);
        assert_int_equal(clock_http_date(s * US_PER_S, text), 29);
        assert_string_equal(text, expected);
    }
}

static void writes_http_date(void **state)
{
    (void)state;
    char text[CLOCK_TEXT_MAX];
    assert_int_equal(clock_http_date(INT64_C(784111777) * US_PER_S + 999999, text), 29);
    assert_string_equal(text, "Sun, 06 Nov 1994 08:49:37 GMT");
}

static void assert_parses(const char *text, const char *expected)
{
    int64_t us = 0;
    char back[CLOCK_TEXT_MAX];
    if (!clock_parse_iso(str_of(text), &us))
        fail_msg("%s was refused", text);
    clock_iso(us, back);
    assert_string_equal(back, expected);
}

static void reads_iso(void **state)
{
    (void)state;
    assert_parses("2026-11-22T05:49:00Z", "2026-11-22T05:49:00.000000Z");
    assert_parses("2026-11-22t05:49:00.5z", "2026-11-22T05:49:00.500000Z");
    assert_parses("2026-11-22T05:49:00.123456Z", "2026-11-22T05:49:00.123456Z");
    assert_parses("2026-01-01T05:49:00+07:00", "2025-12-31T22:49:00.000000Z");
    assert_parses("2026-12-31T23:30:00-01:30", "2027-01-01T01:00:00.000000Z");
    assert_parses("2024-02-29T00:00:00-00:00", "2024-02-29T00:00:00.000000Z");
    assert_parses("0000-01-01T00:00:00Z", "0000-01-01T00:00:00.000000Z");
    assert_parses("0000-02-29T00:00:00Z", "0000-02-29T00:00:00.000000Z");
}

static void refuses_bad_iso(void **state)
{
    (void)state;
    const char *bad[] = {
        "",
        "2026",
        "2026-11-22",
        "2026-11-22T05:49:00",
        "2026-11-22 05:49:00Z",
        "2026-11-22T05:49:00.Z",
        "2026-11-22T05:49:00.1234567Z",
        "2026-11-22T05:49:00Z ",
        "2026-11-22T05:49:00+0700",
        "2026-11-22T05:49:00+24:00",
        "2026-11-22T24:00:00Z",
        "2026-11-22T05:60:00Z",
        "2026-11-22T05:49:60Z",
        "2026-13-22T05:49:00Z",
        "2026-00-22T05:49:00Z",
        "2026-11-00T05:49:00Z",
        "2026-11-31T05:49:00Z",
        "2025-02-29T05:49:00Z",
        "1900-02-29T05:49:00Z",
        "+026-11-22T05:49:00Z",
        "2026-11-22T05:49:00.-5Z",
    };
    int64_t us;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        if (clock_parse_iso(str_of(bad[i]), &us))
            fail_msg("%s was taken", bad[i]);
    }
}

static void *watch_utc(void *bad)
{
    int64_t last = 0;
    for (int i = 0; i < 100000; i++) {
        int64_t now = clock_utc_us();
        if (now < last)
            *(bool *)bad = true;
        last = now;
    }
    return NULL;
}

static void clocks_do_not_run_backwards(void **state)
{
    (void)state;
    pthread_t threads[3];
    bool bad[3] = {false};
    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, watch_utc, &bad[i]), 0);
    for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
        pthread_join(threads[i], NULL);
        assert_false(bad[i]);
    }
    int64_t before = clock_mono_ns();
    assert_true(clock_mono_ns() >= before);
    assert_true(clock_utc_us() >= (int64_t)(time(NULL) - 1) * US_PER_S);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_iso),       cmocka_unit_test(agrees_with_the_c_library),
        cmocka_unit_test(writes_http_date), cmocka_unit_test(reads_iso),
        cmocka_unit_test(refuses_bad_iso),  cmocka_unit_test(clocks_do_not_run_backwards),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
