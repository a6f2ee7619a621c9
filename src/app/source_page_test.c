/* source_page_test.c - a page of another process is taken whole, or not at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "app/feed.h"
#include "app/source_page.h"
#include "base/buf.h"
#include "base/clock.h"

#define NOW INT64_C(1700000000000000)

static struct arena *arena;
static struct source_page page;
static const char *why;

static int setup(void **state)
{
    (void)state;
    arena = arena_new(SIZE_MAX);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

/* This process is one that runs delivery alone. */
static bool takes(const void *ctx, const struct topic *topic)
{
    (void)ctx;
    return strcmp(topic->owner, "delivery") != 0;
}

static bool read_text(struct str body)
{
    const struct source_ask ask = {.from = {"epoch1", 10}, .now_us = NOW, .takes = takes};
    why = NULL;
    return source_page_read(body, &ask, arena, &page, &why);
}

#define ID "0198c0de-0000-7000-8000-00000000000"

/* A page of one event; a field is left as it is where NULL is given. */
struct like {
    const char *seq, *id, *topic, *key, *at, *actor, *channels, *payload;
};

#define OR(given, usual) ((given) ? (given) : (usual))

static struct str page_of(const struct like *e)
{
    return str_of(arena_printf(
        arena,
        "{\"epoch\":\"epoch1\",\"floor\":0,\"head\":20,\"next\":12,\"events\":[{\"seq\":%s,"
        "\"id\":%s,\"topic\":%s,\"key\":%s,\"at\":%s,\"actor\":%s,\"channels\":%s,"
        "\"payload\":%s}]}",
        OR(e->seq, "11"), OR(e->id, "\"" ID "1\""), OR(e->topic, "\"order.placed\""),
        OR(e->key, "\"k\""), OR(e->at, "\"2023-11-01T00:00:00.000001Z\""),
        OR(e->actor, "\"account:1\""), OR(e->channels, "[\"order:1\",\"shop:1\"]"),
        OR(e->payload, "{\"n\":1,\"text\":\"\\u00e4\\n\",\"deep\":[{\"x\":1.5}]}")));
}

static void test_a_good_page(void **state)
{
    int64_t at_us;
    (void)state;
    assert_true(read_text(page_of(&(struct like){0})));
    assert_string_equal(page.next.epoch, "epoch1");
    assert_int_equal(page.next.seq, 12);
    assert_int_equal(page.head, 20);
    assert_int_equal(page.count, 1);
    const struct event_draft *d = page.drafts;
    assert_true(clock_parse_iso(STR("2023-11-01T00:00:00.000001Z"), &at_us));
    assert_int_equal(d->at_us, at_us);
    assert_string_equal(d->id->text, ID "1");
    assert_string_equal(d->topic, "order.placed");
    assert_true(str_is(d->key, "k"));
    assert_true(str_is(d->actor, "account:1"));
    assert_int_equal(d->channel_count, 2);
    assert_true(str_is(d->channels[1], "shop:1"));
    assert_true(str_is(d->payload, "{\"n\":1,\"text\":\"\xc3\xa4\\n\",\"deep\":[{\"x\":1.5}]}"));
}

static void test_what_is_passed_over(void **state)
{
    (void)state;
    assert_true(read_text(page_of(&(struct like){.topic = "\"delivery.moved\""})));
    assert_int_equal(page.count, 0);
    assert_true(read_text(page_of(&(struct like){.topic = "\"of.tomorrow\""})));
    assert_int_equal(page.count, 0);
    assert_int_equal(page.next.seq, 12);
    assert_true(read_text(STR("{\"epoch\":\"epoch1\",\"floor\":0,\"head\":10,\"next\":10,"
                              "\"events\":[],\"more\":1}")));
    assert_int_equal(page.count, 0);
}

/* A clock that goes before ours must not move our own times. */
static void test_no_time_to_come(void **state)
{
    (void)state;
    assert_true(read_text(page_of(&(struct like){.at = "\"9999-01-01T00:00:00Z\""})));
    assert_int_equal(page.drafts[0].at_us, NOW);
}

static char *long_text(size_t len)
{
    char *text = arena_alloc(arena, len + 3);
    memset(text, 'x', len + 2);
    text[0] = text[len + 1] = '"';
    return text;
}

static void test_bad_events(void **state)
{
    struct buf many = buf_in(arena);
    (void)state;
    buf_add_cstr(&many, "[\"a\"");
    for (int i = 0; i < JOURNAL_CHANNELS_MAX; i++)
        buf_addf(&many, ",\"c%d\"", i);
    buf_add_char(&many, ']');
    char *large = arena_printf(arena, "{\"x\":%s}", long_text(JOURNAL_PAYLOAD_MAX));
    const struct like cases[] = {
        {.seq = "10"},
        {.seq = "13"},
        {.seq = "-1"},
        {.seq = "\"11\""},
        {.seq = "11.0"},
        {.seq = "99999999999999999999"},
        {.id = "\"\""},
        {.id = "1"},
        {.id = "null"},
        {.id = "\"" ID "\""},
        {.id = "\"" ID "g\""},
        {.id = "\"" ID "1 \""},
        {.topic = "null"},
        {.topic = "[]"},
        {.key = "null"},
        {.key = "7"},
        {.key = "\"a\\u0000b\""},
        {.key = long_text(761)},
        {.at = "null"},
        {.at = "1700000000"},
        {.at = "\"\""},
        {.at = "\"yesterday\""},
        {.at = "\"1969-01-01T00:00:00Z\""},
        {.actor = "null"},
        {.actor = long_text(761)},
        {.channels = "null"},
        {.channels = "{}"},
        {.channels = "\"order:1\""},
        {.channels = "[1]"},
        {.channels = "[\"\"]"},
        {.channels = "[\"a\\nb\"]"},
        {.channels = buf_cstr(&many)},
        {.payload = "null"},
        {.payload = "[]"},
        {.payload = "\"{}\""},
        {.payload = "{\"a\":1,\"a\":2}"},
        {.payload = "{\"a\":\"\\ud800\"}"},
        {.payload = "{\"a\":\"\xff\"}"},
        {.payload = large},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        if (read_text(page_of(&cases[i])))
            fail_msg("case %zu was taken", i);
        assert_non_null(why);
    }
}

#define WHERE(epoch, floor, head, next)                                                            \
    "{\"epoch\":" epoch ",\"floor\":" floor ",\"head\":" head ",\"next\":" next ",\"events\":[]}"

static void test_bad_pages(void **state)
{
    static const char *const cases[] = {
        "",
        "[]",
        "{}",
        "null",
        "<html>",
        "{\"events\":[]}",
        WHERE("\"another\"", "0", "20", "12"),
        WHERE("\"\"", "0", "20", "12"),
        WHERE("\"a&b\"", "0", "20", "12"),
        WHERE("1", "0", "20", "12"),
        WHERE("\"epoch1\"", "-1", "20", "12"),
        WHERE("\"epoch1\"", "0", "11", "12"),
        WHERE("\"epoch1\"", "0", "20", "9"),
        WHERE("\"epoch1\"", "0", "20", "\"12\""),
        WHERE("\"epoch1\"", "0", "20", "12") "x",
        "{\"epoch\":\"epoch1\",\"floor\":0,\"head\":20,\"next\":12,\"events\":{}}",
        "{\"epoch\":\"epoch1\",\"floor\":0,\"head\":20,\"next\":12,\"events\":[1]}",
        "{\"epoch\":\"epoch1\",\"floor\":0,\"head\":20,\"next\":12,\"events\":[null]}",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        if (read_text(str_of(cases[i])))
            fail_msg("case %zu was taken", i);
        assert_non_null(why);
    }
}

/* One bad event spoils the page, wherever it stands; so does one that comes twice. */
static void test_never_half(void **state)
{
    (void)state;
    static const char fmt[] =
        "{\"epoch\":\"epoch1\",\"floor\":0,\"head\":20,\"next\":12,\"events\":["
        "{\"seq\":11,\"id\":\"" ID "1\",\"topic\":\"order.placed\",\"key\":\"k\","
        "\"at\":\"2023-11-01T00:00:00Z\",\"actor\":\"a\",\"channels\":[],\"payload\":{}},"
        "{\"seq\":%d,\"id\":\"" ID "2\",\"topic\":\"order.placed\",\"key\":\"k\","
        "\"at\":\"2023-11-01T00:00:00Z\",\"actor\":\"a\",\"channels\":[],\"payload\":%s}]}";
    assert_true(read_text(str_of(arena_printf(arena, fmt, 12, "{}"))));
    assert_int_equal(page.count, 2);
    assert_false(read_text(str_of(arena_printf(arena, fmt, 12, "[]"))));
    assert_false(read_text(str_of(arena_printf(arena, fmt, 11, "{}"))));
}

static void test_too_many_events(void **state)
{
    struct buf text = buf_in(arena);
    (void)state;
    buf_add_cstr(&text, "{\"epoch\":\"epoch1\",\"floor\":0,\"head\":2000,\"next\":2000,"
                        "\"events\":[");
    for (int i = 0; i < FEED_EVENTS_MAX + 1; i++)
        buf_addf(&text,
                 "%s{\"seq\":%d,\"id\":\"" ID "1\",\"topic\":\"t\",\"key\":\"k\","
                 "\"at\":\"2023-11-01T00:00:00Z\",\"actor\":\"a\",\"channels\":[],\"payload\":{}}",
                 i > 0 ? "," : "", 11 + i);
    buf_add_cstr(&text, "]}");
    assert_false(read_text(buf_str(&text)));
    assert_string_equal(why, "too many events");
}

/* Without a cursor the page begins at the source's floor, whatever its epoch. */
static void test_from_the_floor(void **state)
{
    const struct source_ask ask = {.now_us = NOW, .takes = takes};
    (void)state;
    assert_true(source_page_read(STR(WHERE("\"new\"", "5", "9", "7")), &ask, arena, &page, &why));
    assert_string_equal(page.next.epoch, "new");
    assert_int_equal(page.next.seq, 7);
    assert_false(source_page_read(STR(WHERE("\"new\"", "5", "9", "4")), &ask, arena, &page, &why));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_good_page, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_is_passed_over, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_time_to_come, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bad_events, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bad_pages, setup, teardown),
        cmocka_unit_test_setup_teardown(test_never_half, setup, teardown),
        cmocka_unit_test_setup_teardown(test_too_many_events, setup, teardown),
        cmocka_unit_test_setup_teardown(test_from_the_floor, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
