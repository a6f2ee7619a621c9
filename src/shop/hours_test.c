/* hours_test.c - opening hours: what may be said, and when they open and close, the change of the
 * clocks included. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "shop/hours.h"

static struct arena *arena;

static int setup(void **state)
{
    (void)state;
    arena = arena_new(4 << 20);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

static int64_t utc(const char *text)
{
    int64_t us;
    assert_true(clock_parse_iso(str_of(text), &us));
    return us;
}

/* Spans as "mon 08:00-12:00, fri 18:00-02:00". */
static struct hours hours_of(const char *text)
{
    struct buf b = buf_in(arena);
    struct str rest = str_of(text);
    const char *sep = "[";
    while (rest.len > 0) {
        struct str span = str_trim(str_cut(&rest, ','));
        buf_addf(&b, "%s{\"day\":\"%.3s\",\"from\":\"%.5s\",\"to\":\"%.5s\"}", sep, span.at,
                 span.at + 4, span.at + 10);
        sep = ",";
    }
    buf_add_char(&b, ']');
    struct hours h = hours_parse(buf_str(&b), arena);
    assert_true(h.count > 0);
    return h;
}

static const struct zone *zone(const char *name)
{
    const char *why = "";
    const struct zone *z = zone_load(str_of(name), arena, &why);
    assert_non_null(z);
    return z;
}

struct row {
    const char *now;  /* UTC */
    bool open;        /* is it */
    const char *next; /* until when, UTC */
};

static void check(const char *spans, const char *zone_name, const struct row *rows, size_t count)
{
    struct hours h = hours_of(spans);
    for (size_t i = 0; i < count; i++) {
        char text[CLOCK_TEXT_MAX];
        int64_t next;
        bool open = hours_open(&h, zone(zone_name), utc(rows[i].now), &next);
        clock_iso(next, text);
        if (open != rows[i].open || next != utc(rows[i].next))
            fail_msg("%s %s at %s: %s until %s", spans, zone_name, rows[i].now,
                     open ? "open" : "closed", text);
    }
}

/* 2026-11-23 is a Monday; Jakarta is seven hours ahead of UTC. */
static void several_spans_a_day(void **state)
{
    static const struct row rows[] = {
        {"2026-11-23T00:59:59Z", false, "2026-11-23T01:00:00Z"},
        {"2026-11-23T01:00:00Z", true, "2026-11-23T05:00:00Z"},
        {"2026-11-23T05:00:00Z", false, "2026-11-23T06:30:00Z"},
        {"2026-11-23T08:00:00Z", true, "2026-11-23T10:00:00Z"},
        {"2026-11-23T10:00:00Z", false, "2026-11-25T01:00:00Z"},
        {"2026-11-25T02:00:00Z", true, "2026-11-25T05:00:00Z"},
        {"2026-11-25T06:00:00Z", false, "2026-11-30T01:00:00Z"},
    };
    (void)state;
    check("mon 13:30-17:00, mon 08:00-12:00, wed 08:00-12:00", "Asia/Jakarta", rows,
          ARRAY_LEN(rows));
}

static void past_midnight_and_over_the_week(void **state)
{
    static const struct row rows[] = {
        {"2026-11-22T10:59:00Z", false, "2026-11-22T11:00:00Z"}, /* Sunday, 18:00 in Jakarta */
        {"2026-11-22T11:00:00Z", true, "2026-11-22T19:00:00Z"},
        {"2026-11-22T18:59:59Z", true, "2026-11-22T19:00:00Z"},
        {"2026-11-22T19:00:00Z", false, "2026-11-29T11:00:00Z"},
    };
    (void)state;
    check("sun 18:00-02:00", "Asia/Jakarta", rows, ARRAY_LEN(rows));
}

static void spans_that_touch_are_one(void **state)
{
    static const struct row rows[] = {
        {"2026-11-23T01:00:00Z", true, "2026-11-24T15:00:00Z"},
        {"2026-11-24T00:00:00Z", true, "2026-11-24T15:00:00Z"},
        {"2026-11-24T15:00:00Z", false, "2026-11-29T22:00:00Z"},
    };
    (void)state;
    check("tue 00:00-15:00, mon 07:00-24:00, tue 10:00-22:00, mon 05:00-08:00", "Asia/Jakarta",
          rows, ARRAY_LEN(rows));
}

/* Warsaw: on Sunday 2026-03-29 02:00 becomes 03:00, on Sunday 2026-10-25 03:00 becomes 02:00. */
static void clocks_that_change(void **state)
{
    static const struct row morning[] = {
        {"2026-03-28T06:00:00Z", false, "2026-03-28T07:00:00Z"}, /* 08:00 is 07:00 UTC */
        {"2026-03-29T05:00:00Z", false, "2026-03-29T06:00:00Z"}, /* the day after, 06:00 */
        {"2026-03-29T06:00:00Z", true, "2026-03-29T10:00:00Z"},
        {"2026-10-24T11:00:00Z", false, "2026-10-25T07:00:00Z"}, /* and back again */
    };
    static const struct row night[] = {
        {"2026-03-28T22:00:00Z", true, "2026-03-29T01:00:00Z"}, /* 02:30 is jumped over */
        {"2026-03-29T01:00:00Z", false, "2026-04-04T20:00:00Z"},
        {"2026-10-24T22:00:00Z", true, "2026-10-25T00:30:00Z"}, /* the first 02:30 */
        {"2026-10-25T00:30:00Z", false, "2026-10-31T21:00:00Z"},
        {"2026-10-25T01:15:00Z", false, "2026-10-31T21:00:00Z"}, /* 02:15 for the second time */
    };
    static const struct row jumped[] = {
        {"2026-03-28T12:00:00Z", false, "2026-04-05T00:10:00Z"}, /* a week later than usual */
        {"2026-04-05T00:10:00Z", true, "2026-04-05T00:20:00Z"},
    };
    (void)state;
    check("sat 08:00-12:00, sun 08:00-12:00", "Europe/Warsaw", morning, ARRAY_LEN(morning));
    check("sat 22:00-02:30", "Europe/Warsaw", night, ARRAY_LEN(night));
    check("sun 02:10-02:20", "Europe/Warsaw", jumped, ARRAY_LEN(jumped));
}

static void always_and_never(void **state)
{
    struct hours h = hours_parse((struct str){0}, arena);
    int64_t next = 0;
    (void)state;
    assert_true(h.always);
    assert_true(hours_open(&h, zone("UTC"), utc("2026-11-23T00:00:00Z"), &next));
    assert_true(next == HOURS_NEVER);
    h = hours_parse(STR("[]"), arena);
    assert_false(h.always);
    assert_false(hours_open(&h, zone("UTC"), utc("2026-11-23T00:00:00Z"), &next));
    assert_true(next == HOURS_NEVER);
    h = hours_parse(STR("nonsense"), arena);
    assert_false(hours_open(&h, zone("UTC"), utc("2026-11-23T00:00:00Z"), &next));
    h = hours_of("mon 00:00-24:00, tue 00:00-00:00, wed 00:00-24:00, thu 00:00-24:00,"
                 "fri 00:00-24:00, sat 00:00-24:00, sun 00:00-24:00");
    assert_true(hours_open(&h, zone("UTC"), utc("2026-11-23T00:00:00Z"), &next));
    assert_true(next > utc("2026-11-30T00:00:00Z") && next < utc("2026-12-05T00:00:00Z"));
}

static void what_is_written_is_read_again(void **state)
{
    static const char text[] = "[{\"day\":\"mon\",\"from\":\"08:00\",\"to\":\"24:00\"},"
                               "{\"day\":\"sun\",\"from\":\"18:30\",\"to\":\"02:05\"},"
                               "{\"day\":\"wed\",\"from\":\"00:00\",\"to\":\"00:00\"}]";
    struct buf out = buf_in(arena);
    struct jout j = jout_to(&out);
    (void)state;
    struct hours h = hours_parse(str_of(text), arena);
    assert_int_equal(h.count, 3);
    hours_write(&j, &h);
    struct hours again = hours_parse(buf_str(&out), arena);
    assert_true(hours_equal(&h, &again));
    assert_true(str_is(buf_str(&out), "[{\"day\":\"mon\",\"from\":\"08:00\",\"to\":\"24:00\"},"
                                      "{\"day\":\"sun\",\"from\":\"18:30\",\"to\":\"02:05\"},"
                                      "{\"day\":\"wed\",\"from\":\"00:00\",\"to\":\"24:00\"}]"));
    again.spans[1].to--;
    assert_false(hours_equal(&h, &again));
}

/* A full table of spans, whichever the day: twice as many periods at most are looked at. */
static void fifty_spans_of_every_day(void **state)
{
    static const char *const days[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
    (void)state;
    for (size_t d = 0; d < ARRAY_LEN(days); d++) {
        struct buf b = buf_in(arena);
        for (int i = 0; i < HOURS_SPANS_MAX; i++)
            buf_addf(&b, "%s%s 10:%02d-10:%02d", i ? "," : "", days[d], i, i + 1);
        struct hours h = hours_of(buf_cstr(&b));
        int64_t next;
        for (int hour = 0; hour < 24 * 8; hour++) {
            int64_t now = utc("2026-11-23T00:30:00Z") + hour * 3600 * US_PER_S;
            bool open = hours_open(&h, zone("UTC"), now, &next);
            assert_true(open == (hour % 24 == 10 && (size_t)(hour / 24 % 7) == d));
            assert_true(next > now);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(several_spans_a_day),
        cmocka_unit_test(past_midnight_and_over_the_week),
        cmocka_unit_test(spans_that_touch_are_one),
        cmocka_unit_test(clocks_that_change),
        cmocka_unit_test(always_and_never),
        cmocka_unit_test(what_is_written_is_read_again),
        cmocka_unit_test(fifty_spans_of_every_day),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
