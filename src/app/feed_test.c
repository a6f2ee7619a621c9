/* feed_test.c - a process tells its own events, page by page, waits for the next without asking
 * over and over, and says so when a cursor cannot be continued. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/house_fixture.h"
#include "base/metrics.h"

static const struct route routes[] = {TEST_TELL_ROUTE};

/* It owns the topics of order; those of delivery are others'. */
static const struct service order = {
    .name = "order", .routes = routes, .route_count = ARRAY_LEN(routes)};
static const struct service *const services[] = {&order};

static struct test_house house;
static struct client client; /* the last response */

static int setup(void **state)
{
    (void)state;
    test_house_init(&house);
    test_house_open(&house, services, 1);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    test_house_fini(&house);
    return 0;
}

/* The answer to a query, which must be this status; the caller gives it back. */
static json_t *ask(const char *query, int status)
{
    const char *why = "";
    assert_int_equal(test_house_journal(&house, &client, query), status);
    json_t *json = json_read(str_of(client_body(&client)), &why);
    if (!json)
        fail_msg("%s: %s", why, client.bytes);
    return json;
}

static int64_t number(const json_t *json, const char *name)
{
    int64_t value = -1;
    assert_true(json_int(json, name, &value));
    return value;
}

static size_t count(const json_t *json)
{
    return json_array_size(json_object_get(json, "events"));
}

static const char *query(int64_t after, const char *more)
{
    static char text[200];
    snprintf(text, sizeof text, "?after=%lld&epoch=%s%s", (long long)after,
             journal_epoch(app_journal(house.app)), more);
    return text;
}

static void test_strangers_are_refused(void **state)
{
    (void)state;
    assert_int_equal(client_ask(&client, house.port, "GET", "/v1/journal", "", ""), 401);
    assert_int_equal(client_ask(&client, house.port, "GET", "/v1/journal",
                                "Authorization: Bearer a-key-between-two-servicee\r\n", ""),
                     401);
}

static void test_an_event_is_told_whole(void **state)
{
    struct id id;
    int64_t at_us;
    (void)state;
    test_house_tell(&house, "order.placed", "k1", 1);
    json_t *json = ask("", 200);
    assert_string_equal(json_text(json, "epoch").at, journal_epoch(app_journal(house.app)));
    assert_int_equal(number(json, "floor"), 0);
    assert_int_equal(number(json, "head"), 1);
    assert_int_equal(number(json, "next"), 1);
    assert_int_equal(count(json), 1);
    const json_t *event = json_array_get(json_object_get(json, "events"), 0);
    assert_int_equal(number(event, "seq"), 1);
    assert_true(id_parse(json_text(event, "id"), &id));
    assert_true(clock_parse_iso(json_text(event, "at"), &at_us));
    assert_string_equal(json_text(event, "topic").at, "order.placed");
    assert_string_equal(json_text(event, "key").at, "k1");
    assert_string_equal(json_text(event, "actor").at, "service:test");
    assert_int_equal(json_array_size(json_object_get(event, "channels")), 2);
    assert_string_equal(json_text(json_object_get(event, "payload"), "text").at,
                        "a text with a \"quote\" and 한글");
    json_decref(json);
}

static void test_only_own_topics(void **state)
{
    (void)state;
    int64_t before = journal_head(app_journal(house.app));
    test_house_tell(&house, "delivery.moved", "k2", 3);
    test_house_tell(&house, "order.paid", "k2", 1);
    test_house_tell(&house, "delivery.moved", "k2", 2);
    json_t *json = ask(query(before, ""), 200);
    assert_int_equal(count(json), 1);
    assert_int_equal(number(json, "next"), before + 6); /* past what is not told */
    json_decref(json);
    json = ask(query(before + 4, ""), 200);
    assert_int_equal(count(json), 0);
    assert_int_equal(number(json, "next"), before + 6);
    json_decref(json);
}

static void test_pages(void **state)
{
    (void)state;
    int64_t after = journal_head(app_journal(house.app));
    size_t total = 0;
    test_house_tell(&house, "order.placed", "k3", 700);
    for (int page = 0; page < 3; page++) {
        json_t *json = ask(query(after, "&limit=300"), 200);
        assert_int_equal(count(json), page < 2 ? 300 : 100);
        assert_int_equal(number(json, "next"), after + (page < 2 ? 300 : 100));
        after = number(json, "next");
        total += count(json);
        json_decref(json);
    }
    assert_int_equal(total, 700);
}

/* Append one event with a large payload. */
static void append_large(struct unit *u, struct db *tx)
{
    static char payload[200000];
    (void)u;
    memset(payload, ' ', sizeof payload);
    payload[0] = '{';
    payload[sizeof payload - 1] = '}';
    journal_append(tx, &(struct event_draft){.topic = "order.placed",
                                             .key = STR("large"),
                                             .actor = STR("service:test"),
                                             .at_us = 1,
                                             .payload = {payload, sizeof payload}});
}

static void unit_over(struct unit *u)
{
    (void)u;
}

static void test_a_page_is_bounded_in_bytes(void **state)
{
    static struct unit units[12];
    size_t total = 0;
    struct client *large = mem_alloc(sizeof *large);
    (void)state;
    int64_t before = journal_head(app_journal(house.app));
    for (size_t i = 0; i < ARRAY_LEN(units); i++) {
        units[i] = (struct unit){.run = append_large, .done = unit_over};
        writer_submit(app_writer(house.app), &units[i]);
    }
    while (journal_head(app_journal(house.app)) < before + 12)
        usleep(1000);
    for (int64_t after = before; after < before + 12;) {
        /* The fixture's client has no room for so much: its length tells. */
        char request[400];
        size_t length = 0;
        client_open(large, house.port);
        int len = snprintf(request, sizeof request,
                           "GET /v1/journal%s HTTP/1.1\r\nHost: test\r\nConnection: close\r\n"
                           "Authorization: Bearer " TEST_SERVICE_KEY "\r\n\r\n",
                           query(after, ""));
        client_write(large, request, (size_t)len);
        while (!strstr(large->bytes, "\"next\":"))
            assert_true(client_fill(large));
        const char *field = strstr(large->bytes, "Content-Length: ");
        assert_non_null(field);
        assert_int_equal(sscanf(field, "Content-Length: %zu", &length), 1);
        assert_in_range(length, 400000, 1 << 20);
        long long next = 0;
        assert_int_equal(sscanf(strstr(large->bytes, "\"next\":"), "\"next\":%lld", &next), 1);
        assert_true(next > after);
        after = next;
        total += length;
        client_close(large);
    }
    assert_true(total > 12 * 200000);
    mem_free(large);
}

static void test_cursors_that_cannot_be_continued(void **state)
{
    char text[200];
    (void)state;
    int64_t head = journal_head(app_journal(house.app));
    snprintf(text, sizeof text, "?after=%lld&epoch=another", (long long)head);
    const char *const queries[] = {text, query(head + 1, "")};
    for (size_t i = 0; i < ARRAY_LEN(queries); i++) {
        json_t *json = ask(queries[i], 409);
        assert_string_equal(json_text(json, "type").at, "/problems/resync");
        assert_string_equal(json_text(json, "epoch").at, journal_epoch(app_journal(house.app)));
        assert_int_equal(number(json, "floor"), 0);
        assert_int_equal(number(json, "head"), head);
        json_decref(json);
    }
}

static void test_bad_queries(void **state)
{
    static const char *const queries[] = {
        "?after=-1",  "?after=x", "?wait=26",   "?wait=",
        "?limit=501", "?limit=0", "?limit=1.5", "?after=99999999999999999999"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(queries); i++)
        json_decref(ask(queries[i], 400));
}

#define WAITERS 100

static void begin_to_wait(struct client *c, int64_t after)
{
    char request[400];
    client_open(c, house.port);
    int len = snprintf(request, sizeof request,
                       "GET /v1/journal%s HTTP/1.1\r\nHost: test\r\n"
                       "Authorization: Bearer " TEST_SERVICE_KEY "\r\n\r\n",
                       query(after, "&wait=25"));
    client_write(c, request, (size_t)len);
}

/* Nobody looks at a poll that waits: what this process does meanwhile is next to nothing. */
static int64_t cpu_us_of_a_moment(void)
{
    struct timespec before;
    struct timespec after;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
    usleep(300000);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
    return (after.tv_sec - before.tv_sec) * US_PER_S + (after.tv_nsec - before.tv_nsec) / 1000;
}

static void test_many_wait_for_the_same_event(void **state)
{
    static struct client *waiting[WAITERS];
    (void)state;
    int64_t head = journal_head(app_journal(house.app));
    for (size_t i = 0; i < WAITERS; i++) {
        waiting[i] = mem_alloc(sizeof *waiting[i]);
        begin_to_wait(waiting[i], head);
    }
    usleep(200000);
    assert_true(cpu_us_of_a_moment() < 100000);
    test_house_tell(&house, "delivery.moved", "k4", 1); /* not told: they go on to wait */
    for (size_t i = 0; i < WAITERS; i++)
        assert_false(client_waits(waiting[i], 1));
    test_house_tell(&house, "order.placed", "k5", 1);
    for (size_t i = 0; i < WAITERS; i++) {
        while (!strstr(waiting[i]->bytes, "k5"))
            assert_true(client_fill(waiting[i]));
        client_close(waiting[i]);
        mem_free(waiting[i]);
    }
}

static void test_waiting_ends(void **state)
{
    (void)state;
    int64_t head = journal_head(app_journal(house.app));
    int64_t before = clock_mono_ns();
    json_t *json = ask(query(head, "&wait=1"), 200);
    assert_true(clock_mono_ns() - before >= 1000 * NS_PER_MS);
    assert_int_equal(count(json), 0);
    assert_int_equal(number(json, "next"), head);
    json_decref(json);
}

static void test_draining_ends_it(void **state)
{
    struct client *c = mem_alloc(sizeof *c);
    struct client *gone = mem_alloc(sizeof *gone);
    (void)state;
    begin_to_wait(c, journal_head(app_journal(house.app)));
    begin_to_wait(gone, journal_head(app_journal(house.app)));
    usleep(100000);
    client_close(gone); /* whoever is gone holds nothing up */
    int64_t before = clock_mono_ns();
    test_house_shut(&house);
    assert_true(clock_mono_ns() - before < 5000 * NS_PER_MS);
    while (client_fill(c))
        continue;
    assert_non_null(strstr(c->bytes, "HTTP/1.1 503"));
    assert_non_null(strstr(c->bytes, "/problems/busy"));
    client_close(c);
    mem_free(c);
    mem_free(gone);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_strangers_are_refused),
        cmocka_unit_test(test_an_event_is_told_whole),
        cmocka_unit_test(test_only_own_topics),
        cmocka_unit_test(test_pages),
        cmocka_unit_test(test_a_page_is_bounded_in_bytes),
        cmocka_unit_test(test_cursors_that_cannot_be_continued),
        cmocka_unit_test(test_bad_queries),
        cmocka_unit_test(test_many_wait_for_the_same_event),
        cmocka_unit_test(test_waiting_ends),
        cmocka_unit_test(test_draining_ends_it),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
