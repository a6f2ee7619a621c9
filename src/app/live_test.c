/* live_test.c - a person's sockets: by which role they hear, what they missed, how their channels
 * follow the grants, and the streams and polls that tell the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/live_fixture.h"

/* ---- By which role ---- */

static void it_hears_by_the_first_channel_it_is_on(void **state)
{
    (void)state;
    tell_staff("o", "s1", "owner");
    tell_staff("o", "s2", "courier");
    int64_t head = house_head();
    struct client *o = open_socket("o", "");
    struct client *u = open_socket("u", "?lang=en");
    hear_connected(o, head);
    hear_connected(u, head);
    hear_news(o, tell_on("[\"shop:s1\",\"account:o\"]"), "owner ko");
    hear_news(o, tell_on("[\"account:o\",\"shop:s1\"]"), "customer ko");
    hear_news(o, tell_on("[\"order:9\",\"shop:s2\",\"shop:s1\"]"), "courier ko");
    int64_t both = tell_on("[\"shop:s1\",\"account:u\"]");
    hear_news(o, both, "owner ko");
    hear_news(u, both, "customer en");
    tell_many("test.secret", "{}", "[\"account:u\",\"shop:s1\"]", 1);
    hear_news(o, house_head(), "owner ko");
    tell_on("[\"shop:s3\"]");
    hear_nothing(o);
    hear_nothing(u);
    drop(o);
    drop(u);
}

static void it_is_put_into_words_once_for_all_alike(void **state)
{
    struct client *all[20];
    (void)state;
    tell_staff("w", "s4", "barista");
    int64_t head = house_head();
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        all[i] = open_socket("w", "");
        hear_connected(all[i], head);
    }
    atomic_store(&worded, 0);
    atomic_store(&sent, 0);
    tell_many("test.alert", "{}", "[\"shop:s4\"]", 1);
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        hear_news(all[i], head + 1, "barista ko");
    assert_in_range(atomic_load(&worded), 1, 2); /* once for each loop */
    assert_int_equal(atomic_load(&sent), ARRAY_LEN(all));
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        drop(all[i]);
    atomic_store(&worded, 0);
    tell_many("test.told", "{}", "[\"shop:s5\"]", 1);
    assert_int_equal(atomic_load(&worded), 0);
}

static void without_a_person_nothing_is_opened(void **state)
{
    const struct caller kiosk = {
        .role = ROLE_KIOSK, .id = STR("k"), .expires_us = clock_utc_us() + 60 * US_PER_S};
    struct buf header = {0};
    (void)state;
    assert_int_equal(client_upgrade(&http, house.port, "/v1/events"), 401);
    client_close(&http);
    assert_int_equal(client_ask(&http, house.port, "GET", "/v1/events", "", ""), 401);
    buf_add_cstr(&header, "Authorization: Bearer ");
    token_issue(app_token_key(house.app), &kiosk, &header);
    buf_add_cstr(&header, "\r\n");
    assert_int_equal(client_ask(&http, house.port, "GET", "/v1/events", buf_cstr(&header), ""),
                     403);
    buf_fini(&header);
}

/* ---- Grants ---- */

static void its_channels_follow_the_grants(void **state)
{
    struct client *all[6];
    (void)state;
    int64_t head = house_head();
    for (size_t i = 0; i < ARRAY_LEN(all); i++) { /* on both loops */
        all[i] = open_socket("g", "");
        hear_connected(all[i], head);
    }
    tell_on("[\"shop:s6\"]");
    int64_t hired = tell_staff("g", "s6", "barista");
    int64_t heard = tell_on("[\"shop:s6\"]");
    int64_t promoted = tell_staff("g", "s6", "manager");
    int64_t again = tell_on("[\"shop:s6\"]");
    int64_t dismissed = tell_staff("g", "s6", NULL);
    tell_on("[\"shop:s6\"]");
    int64_t own = tell_on("[\"account:g\"]");
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        /* What stands in GRANTS is what is so when it is sent. */
        hear_grants(all[i], hired, "\"grants\":[");
        hear_news(all[i], heard, "barista ko");
        hear_grants(all[i], promoted, "\"grants\":[");
        hear_news(all[i], again, "manager ko");
        hear_grants(all[i], dismissed, "\"grants\":[]");
        hear_news(all[i], own, "customer ko");
        drop(all[i]);
    }
}

static void who_is_missed_at_is_asked_of_the_time(void **state)
{
    (void)state;
    int64_t from = house_head();
    tell_on("[\"shop:s7\"]");
    int64_t hired = tell_staff("h", "s7", "courier");
    int64_t heard = tell_on("[\"shop:s7\"]");
    int64_t dismissed = tell_staff("h", "s7", NULL);
    tell_on("[\"shop:s7\"]");
    int64_t own = tell_on("[\"shop:s7\",\"account:h\"]");
    int64_t anew = tell_staff("h", "s7", "owner");
    int64_t last = tell_on("[\"shop:s7\",\"account:h\"]");
    char query[100];
    snprintf(query, sizeof query, "?after=%lld", (long long)from);
    struct client *c = open_socket("h", query);
    hear_connected(c, from);
    hear_grants(c, hired, "owner");
    hear_news(c, heard, "courier ko");
    hear_grants(c, dismissed, "owner");
    hear_news(c, own, "customer ko");
    hear_grants(c, anew, "owner");
    hear_news(c, last, "owner ko");
    hear_nothing(c);
    drop(c);
}

/* ---- What was missed ---- */

#define MISSED 700
#define LIVE   900

static void *tell_on_and_on(void *arg)
{
    struct client *c = mem_alloc(sizeof *c);
    (void)arg;
    for (int i = 0; i < LIVE; i += 3)
        assert_int_equal(client_ask(c, house.port, "POST", "/tell", "",
                                    "{\"topic\":\"test.told\",\"payload\":{},\"channels\":"
                                    "[\"account:m\"],\"count\":3}"),
                         204);
    mem_free(c);
    return NULL;
}

/* While others tell on, and snapshots take so long that what comes meanwhile can't be held. */
static void from_a_cursor_to_live_nothing_is_lost_or_doubled(void **state)
{
    struct client *all[4];
    char query[100];
    pthread_t teller;
    (void)state;
    int64_t from = house_head();
    tell_many("test.told", "{}", "[\"account:m\"]", MISSED);
    assert_int_equal(pthread_create(&teller, NULL, tell_on_and_on, NULL), 0);
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        atomic_store(&snapshot_ms, i % 2 ? 150 : 0);
        snprintf(query, sizeof query, "?after=%lld", (long long)from);
        all[i] = open_socket("m", query);
        hear_connected(all[i], from);
    }
    pthread_join(teller, NULL);
    atomic_store(&snapshot_ms, 0);
    assert_int_equal(house_head(), from + MISSED + LIVE);
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        for (int64_t seq = from + 1; seq <= from + MISSED + LIVE; seq++)
            hear_news(all[i], seq, "customer ko");
        hear_nothing(all[i]);
        drop(all[i]);
    }
}

static void after_0_is_all_that_is_kept(void **state)
{
    (void)state;
    int64_t first = tell_on("[\"account:z\"]");
    int64_t second = tell_on("[\"account:z\"]");
    struct client *c = open_socket("z", "?after=0");
    hear_connected(c, 0);
    hear_news(c, first, "customer ko");
    hear_news(c, second, "customer ko");
    drop(c);
}

static void a_bad_cursor_is_told_to_begin_anew(void **state)
{
    const char *const bad[] = {"?after=999999", "?after=1&epoch=another"};
    char want[200];
    char query[100];
    (void)state;
    int64_t head = tell_on("[\"account:r\"]");
    snprintf(want, sizeof want, "{\"event\":\"RESYNC\",\"values\":{\"seq\":%lld}}",
             (long long)head);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct client *c = open_socket("r", bad[i]);
        hear_connected(c, head);
        hear(c, want);
        hear_nothing(c);
        drop(c);
    }
    snprintf(query, sizeof query, "?after=%lld&epoch=%s", (long long)head - 1,
             journal_epoch(app_journal(house.app)));
    struct client *c = open_socket("r", query);
    hear_connected(c, head - 1);
    hear_news(c, head, "customer ko");
    drop(c);
    assert_int_equal(client_upgrade_with(&http, house.port, "/v1/events?after=soon", bearer("r")),
                     400);
    client_close(&http);
}

/* ---- Streams ---- */

/* Open one and leave its head behind. */
static struct client *open_stream(const char *account, const char *headers)
{
    struct client *c = mem_alloc(sizeof *c);
    char request[2000];
    int len = snprintf(request, sizeof request,
                       "GET /v1/events HTTP/1.1\r\nHost: test\r\nAccept: text/event-stream\r\n"
                       "%s%s\r\n",
                       bearer(account), headers);
    client_open(c, house.port);
    client_write(c, request, (size_t)len);
    while (!strstr(c->bytes, "\r\n\r\n"))
        assert_true(client_fill(c));
    assert_ptr_equal(strstr(c->bytes, "HTTP/1.1 200 OK\r\n"), c->bytes);
    assert_non_null(strstr(c->bytes, "Content-Type: text/event-stream\r\n"));
    client_use(c, (size_t)(strstr(c->bytes, "\r\n\r\n") - c->bytes) + 4);
    return c;
}

/* The next chunk is this. */
static void hear_chunk(struct client *c, const char *want)
{
    char chunk[300];
    int len = snprintf(chunk, sizeof chunk, "%zx\r\n%s\r\n", strlen(want), want);
    while (c->len < (size_t)len)
        assert_true(client_fill(c));
    assert_memory_equal(c->bytes, chunk, (size_t)len);
    client_use(c, (size_t)len);
}

static void hear_stream(struct client *c, const char *event, int64_t seq, const char *more)
{
    char want[200];
    snprintf(want, sizeof want, "id: %lld\nevent: %s\ndata: {\"seq\":%lld%s}\n\n", (long long)seq,
             event, (long long)seq, more);
    hear_chunk(c, want);
}

static void a_stream_tells_the_same(void **state)
{
    char header[100];
    (void)state;
    int64_t missed = tell_on("[\"account:e\"]");
    snprintf(header, sizeof header, "Last-Event-ID: %lld\r\n", (long long)missed - 1);
    struct client *c = open_stream("e", header);
    struct client *fresh = open_stream("e", "Origin: https://friend.example\r\n");
    hear_stream(c, "CONNECTED", missed - 1, "");
    hear_stream(c, "NEWS", missed, ",\"by\":\"customer ko\"");
    hear_stream(fresh, "CONNECTED", missed, "");
    int64_t seq = tell_on("[\"account:e\"]");
    hear_stream(c, "NEWS", seq, ",\"by\":\"customer ko\"");
    hear_stream(fresh, "NEWS", seq, ",\"by\":\"customer ko\"");
    tell_session_ended("another", "e");
    hear_stream(c, "NEWS", seq + 1, ",\"by\":\"customer ko\"");
    tell_session_ended("e", "e");
    hear_chunk(c, "");
    drop(c);
    drop(fresh);
}

/* ---- Long-polls ---- */

static void long_poll(const char *query)
{
    char path[200];
    snprintf(path, sizeof path, "/v1/events%s%s%s", query, *query ? "&epoch=" : "",
             *query ? journal_epoch(app_journal(house.app)) : "");
    assert_int_equal(client_ask(&http, house.port, "GET", path, bearer("p"), ""), 200);
    assert_non_null(strstr(http.bytes, "Content-Type: application/json\r\n"));
}

static void *tell_late(void *arg)
{
    struct client *c = mem_alloc(sizeof *c);
    (void)arg;
    usleep(100000);
    assert_int_equal(
        client_ask(c, house.port, "POST", "/tell", "",
                   "{\"topic\":\"test.told\",\"payload\":{},\"channels\":[\"account:p\"]}"),
        204);
    mem_free(c);
    return NULL;
}

static void a_poll_waits_for_the_next(void **state)
{
    char query[100];
    char want[300];
    pthread_t teller;
    (void)state;
    int64_t seq = tell_on("[\"account:p\"]");
    long_poll("");
    snprintf(want, sizeof want, "[{\"event\":\"CONNECTED\",\"values\":{\"seq\":%lld}}]",
             (long long)seq);
    assert_string_equal(client_body(&http), want);
    snprintf(query, sizeof query, "?after=%lld", (long long)seq - 1);
    long_poll(query);
    snprintf(want, sizeof want,
             "[{\"event\":\"NEWS\",\"values\":{\"seq\":%lld,\"by\":\"customer ko\"}}]",
             (long long)seq);
    assert_string_equal(client_body(&http), want);
    snprintf(query, sizeof query, "/v1/events?after=%lld", (long long)seq - 1);
    assert_int_equal(client_ask(&http, house.port, "GET", query, bearer("p"), ""), 200);
    snprintf(want, sizeof want, "[{\"event\":\"CONNECTED\",\"values\":{\"seq\":%lld}}]",
             (long long)seq - 1);
    assert_string_equal(client_body(&http), want); /* who names no epoch was not here before */
    snprintf(query, sizeof query, "?after=%lld&wait=0", (long long)seq - 1);
    long_poll(query);
    snprintf(want, sizeof want,
             "[{\"event\":\"NEWS\",\"values\":{\"seq\":%lld,\"by\":\"customer ko\"}}]",
             (long long)seq);
    assert_string_equal(client_body(&http), want);
    snprintf(query, sizeof query, "?after=%lld&wait=0", (long long)seq);
    long_poll(query);
    assert_string_equal(client_body(&http), "[]");
    snprintf(query, sizeof query, "?after=%lld&wait=50", (long long)seq);
    long_poll(query);
    assert_string_equal(client_body(&http), "[]");
    snprintf(query, sizeof query, "?after=%lld&wait=25000", (long long)seq);
    assert_int_equal(pthread_create(&teller, NULL, tell_late, NULL), 0);
    long_poll(query);
    pthread_join(teller, NULL);
    snprintf(want, sizeof want,
             "[{\"event\":\"NEWS\",\"values\":{\"seq\":%lld,\"by\":\"customer ko\"}}]",
             (long long)seq + 1);
    assert_string_equal(client_body(&http), want);
    long_poll("?after=888888");
    snprintf(want, sizeof want, "[{\"event\":\"RESYNC\",\"values\":{\"seq\":%lld}}]",
             (long long)seq + 1);
    assert_string_equal(client_body(&http), want);
}

static void a_poll_is_told_a_page_at_a_time(void **state)
{
    char query[100];
    (void)state;
    int64_t from = house_head();
    tell_many("test.told", "{}", "[\"account:p\"]", 600);
    int64_t seq = from;
    while (seq < from + 600) {
        snprintf(query, sizeof query, "?after=%lld", (long long)seq);
        long_poll(query);
        for (const char *at = client_body(&http); (at = strstr(at, "\"seq\":")); at++)
            assert_int_equal(atoll(at + 6), ++seq);
    }
    assert_int_equal(seq, from + 600);
}

static void who_hangs_up_is_forgotten(void **state)
{
    char request[2000];
    (void)state;
    int len = snprintf(request, sizeof request,
                       "GET /v1/events?after=%lld&epoch=%s HTTP/1.1\r\nHost: test\r\n%s\r\n",
                       (long long)house_head(), journal_epoch(app_journal(house.app)), bearer("q"));
    for (int i = 0; i < 20; i++) {
        client_open(&http, house.port);
        client_write(&http, request, (size_t)len);
        usleep(5000);
        client_close(&http);
    }
    struct client *c = open_socket("q", "");
    hear_connected(c, house_head());
    hear_news(c, tell_on("[\"account:q\"]"), "customer ko");
    drop(c);
}

/* ---- The end ---- */

static void all_end_with_the_house(void **state)
{
    char request[2000];
    (void)state;
    struct client *s = open_socket("x", "");
    struct client *e = open_stream("x", "");
    hear_connected(s, house_head());
    hear_stream(e, "CONNECTED", house_head(), "");
    int len = snprintf(request, sizeof request,
                       "GET /v1/events?after=%lld&epoch=%s HTTP/1.1\r\nHost: test\r\n%s\r\n",
                       (long long)house_head(), journal_epoch(app_journal(house.app)), bearer("x"));
    client_open(&http, house.port);
    client_write(&http, request, (size_t)len);
    usleep(100000);
    app_quit(house.app);
    hear_close(s, 1001, "");
    drop(s);
    hear_chunk(e, "");
    while (client_fill(&http))
        continue;
    assert_string_equal(client_body(&http), "[]");
    client_close(&http);
    drop(e);
    test_house_shut(&house);
    live_house_open();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_hears_by_the_first_channel_it_is_on),
        cmocka_unit_test(it_is_put_into_words_once_for_all_alike),
        cmocka_unit_test(without_a_person_nothing_is_opened),
        cmocka_unit_test(its_channels_follow_the_grants),
        cmocka_unit_test(who_is_missed_at_is_asked_of_the_time),
        cmocka_unit_test(from_a_cursor_to_live_nothing_is_lost_or_doubled),
        cmocka_unit_test(after_0_is_all_that_is_kept),
        cmocka_unit_test(a_bad_cursor_is_told_to_begin_anew),
        cmocka_unit_test(a_stream_tells_the_same),
        cmocka_unit_test(a_poll_waits_for_the_next),
        cmocka_unit_test(a_poll_is_told_a_page_at_a_time),
        cmocka_unit_test(who_hangs_up_is_forgotten),
        cmocka_unit_test(all_end_with_the_house),
    };
    return cmocka_run_group_tests(tests, live_setup, live_teardown);
}
