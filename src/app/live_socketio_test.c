/* live_socketio_test.c - live sockets over Socket.IO: who is let in, commands and their acks,
 * channels by leave, presence, and coming back after a lost connection. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/live_fixture.h"

#define PATH "/socket.io/?EIO=4&transport=websocket"

static char sid[21]; /* of the socket that connected last */
static char pid[21];

/* ---- A client ---- */

static struct client *arrive(const char *headers)
{
    struct client *c = mem_alloc(sizeof *c);
    assert_int_equal(client_upgrade_with(c, house.port, PATH, headers), 101);
    assert_int_equal(client_hear(c, frame, sizeof frame), 1);
    assert_true(str_starts(str_of(frame), STR("0{\"sid\":")));
    return c;
}

static void say_connect(struct client *c, const char *auth)
{
    char text[1800];
    snprintf(text, sizeof text, "40%s", auth);
    client_say(c, text);
}

static void hear_let_in(struct client *c)
{
    assert_int_equal(client_hear(c, frame, sizeof frame), 1);
    assert_int_equal(sscanf(frame, "40{\"sid\":\"%20[^\"]\",\"pid\":\"%20[^\"]\"}", sid, pid), 2);
}

/* With a token in hand, and more members of its auth. */
static struct client *connect_as(const char *account, const char *more)
{
    char auth[1600];
    struct client *c = arrive("");
    snprintf(auth, sizeof auth, "{\"token\":\"%s\"%s}", token_of(account, account), more);
    say_connect(c, auth);
    hear_let_in(c);
    return c;
}

static void hear_start(struct client *c, int64_t seq)
{
    char want[200];
    snprintf(want, sizeof want, "42[\"CONNECTED\",{\"seq\":%lld},\"%lld\"]", (long long)seq,
             (long long)seq);
    hear(c, want);
}

static void hear_event(struct client *c, int64_t seq, const char *by)
{
    char want[200];
    snprintf(want, sizeof want, "42[\"NEWS\",{\"seq\":%lld,\"by\":\"%s\"},\"%lld\"]",
             (long long)seq, by, (long long)seq);
    hear(c, want);
}

static void hear_part(struct client *c, const char *begin, const char *part)
{
    assert_int_equal(client_hear(c, frame, sizeof frame), 1);
    assert_true(str_starts(str_of(frame), str_of(begin)));
    assert_non_null(strstr(frame, part));
}

/* ---- Who is let in ---- */

static void without_a_token_nobody_is_let_in(void **state)
{
    (void)state;
    struct client *c = arrive("");
    say_connect(c, "");
    hear_part(c, "44{\"message\":", "\"data\":{\"code\":\"not-logged-in\",\"type\":");
    say_connect(c, "{\"token\":\"forged\"}");
    hear_part(c, "44{\"message\":", "\"status\":401");
    say_connect(c, "{\"token\":5,\"after\":\"soon\"}");
    hear_part(c, "44{\"message\":", "not-logged-in");
    char auth[1600];
    snprintf(auth, sizeof auth, "{\"token\":\"%s\",\"after\":\"soon\"}", token_of("a", "a"));
    say_connect(c, auth);
    hear_part(c, "44{\"message\":", "bad-input");
    snprintf(auth, sizeof auth, "{\"token\":\"%s\"}", token_of("a", "a"));
    say_connect(c, auth);
    hear_let_in(c);
    hear_start(c, house_head());
    drop(c);
}

static void the_handshakes_own_token_is_good_too(void **state)
{
    char cookie[1300];
    (void)state;
    struct client *c = arrive(bearer("b"));
    say_connect(c, "");
    hear_let_in(c);
    hear_start(c, house_head());
    hear_event(c, tell_on("[\"account:b\"]"), "customer ko");
    drop(c);
    snprintf(cookie, sizeof cookie,
             "Cookie: accessToken=%s\r\nOrigin: http://test\r\nAccept-Language: pl\r\n",
             token_of("b", "b"));
    c = arrive(cookie);
    say_connect(c, "{}");
    hear_let_in(c);
    hear_start(c, house_head());
    hear_event(c, tell_on("[\"account:b\"]"), "customer pl");
    drop(c);
}

static int ask(const char *method, const char *headers)
{
    return client_ask(&http, house.port, method, "/socket.io/?EIO=4&transport=polling", headers,
                      "");
}

static void pages_of_others_do_not_come_in(void **state)
{
    (void)state;
    assert_int_equal(ask("GET", "Origin: https://foe.example\r\n"), 403);
    assert_int_equal(ask("GET", "Origin: http://test\r\n"), 200);
    assert_null(strstr(http.bytes, "Access-Control-Allow-Origin"));
    assert_int_equal(ask("GET", "Origin: https://friend.example\r\n"), 200);
    assert_non_null(
        strstr(http.bytes, "\r\nAccess-Control-Allow-Origin: https://friend.example\r\n"));
    assert_int_equal(ask("OPTIONS", "Origin: https://friend.example\r\n"
                                    "Access-Control-Request-Method: POST\r\n"),
                     204);
    assert_non_null(strstr(http.bytes, "\r\nAccess-Control-Allow-Methods: "));
    assert_int_equal(client_ask(&http, house.port, "GET", "/socket.io/other.js", "", ""), 404);
}

/* ---- Commands ---- */

static void commands_are_answered_by_ack_or_event(void **state)
{
    (void)state;
    struct client *c = connect_as("c", "");
    hear_start(c, house_head());
    client_say(c, "42[\"ECHO\",{\"a\":[1]}]");
    hear(c, "42[\"ECHO\",{\"a\":[1]}]");
    client_say(c, "427[\"ECHO\",{\"a\":[1]}]");
    hear(c, "437[{\"a\":[1]}]");
    client_say(c, "428[\"NOTHING\"]");
    hear_part(c, "438[{\"error\":{\"code\":\"unknown-event\",", "\"message\":");
    client_say(c, "42[\"NOTHING\"]");
    hear_part(c, "42[\"ERROR\",{\"code\":\"unknown-event\",", "\"message\":");
    client_say(c, "429[\"ECHO\",1,2]");
    hear_part(c, "439[{\"error\":{\"code\":\"bad-input\"", "");
    client_say(c, "451-[\"ECHO\",{\"_placeholder\":true,\"num\":0}]");
    const char binary[] = "\x82\x82\0\0\0\0hi";
    client_write(c, binary, sizeof binary - 1);
    hear_part(c, "42[\"ERROR\",{\"code\":\"bad-json\"", "");
    client_say(c, "42[\"SUBMIT_ORDER\",{\"order_id\":1}]");
    hear_part(c, "42[\"ERROR\",{\"code\":\"unknown-event\",", "");
    client_say(c, "421[\"ECHO\",{}]");
    hear(c, "431[{}]");
    drop(c);
}

static void a_flood_is_refused(void **state)
{
    int refused = 0;
    (void)state;
    struct client *c = connect_as("f", "");
    hear_start(c, house_head());
    for (int i = 0; i < 100; i++)
        client_say(c, "425[\"ECHO\",{}]");
    for (int i = 0; i < 100; i++) {
        assert_int_equal(client_hear(c, frame, sizeof frame), 1);
        assert_true(str_starts(str_of(frame), STR("435[")));
        refused += strstr(frame, "too-many") != NULL;
    }
    assert_in_range(refused, 20, 60);
    drop(c);
}

static void it_ends_with_its_session(void **state)
{
    (void)state;
    struct client *c = connect_as("d", "");
    hear_start(c, house_head());
    tell_session_ended("d", "d");
    hear(c, "41");
    assert_int_not_equal(client_hear(c, frame, sizeof frame), 1);
    drop(c);
    c = arrive(bearer("d"));
    say_connect(c, "");
    hear_part(c, "44", "not-logged-in");
    drop(c);
}

/* ---- Channels by leave ---- */

static void a_channel_is_heard_by_leave(void **state)
{
    char text[200];
    char want[200];
    (void)state;
    int64_t before = tell_on("[\"order:1\"]");
    int64_t both = tell_on("[\"order:1\",\"account:e\"]");
    snprintf(text, sizeof text, ",\"after\":%lld", (long long)before - 1);
    struct client *c = connect_as("e", text);
    hear_start(c, before - 1);
    hear_event(c, both, "customer ko");
    client_say(c, "421[\"SUBSCRIBE\",{\"channel\":\"order:2\"}]");
    hear_part(c, "431[{\"error\":{\"code\":\"forbidden\"", "");
    client_say(c, "422[\"SUBSCRIBE\",{\"channel\":\"moon:2\"}]");
    hear_part(c, "432[{\"error\":{\"code\":\"not-found\"", "");
    client_say(c, "423[\"SUBSCRIBE\",{}]");
    hear_part(c, "433[{\"error\":{\"code\":\"bad-input\"", "");
    client_say(c, "424[\"SUBSCRIBE\",{\"channel\":\"account:other\"}]");
    hear_part(c, "434[{\"error\":{\"code\":\"forbidden\"", "");
    client_say(c, "424[\"SUBSCRIBE\",{\"channel\":\"shop:s9\"}]");
    hear_part(c, "434[{\"error\":{\"code\":\"forbidden\"", "");
    client_say(c, "425[\"SUBSCRIBE\",{\"channel\":\"order:1\",\"after\":99999}]");
    hear_part(c, "435[{\"error\":{\"code\":\"resync\"", "");
    snprintf(text, sizeof text, "426[\"SUBSCRIBE\",{\"channel\":\"order:1\",\"after\":%lld}]",
             (long long)before - 1);
    client_say(c, text);
    snprintf(want, sizeof want, "436[{\"channel\":\"order:1\",\"seq\":%lld}]", (long long)both);
    hear(c, want);
    hear_event(c, before, "customer ko"); /* what it has heard already does not come again */
    hear_event(c, tell_on("[\"order:1\",\"account:e\"]"), "customer ko");
    hear_event(c, tell_on("[\"order:1\"]"), "customer ko");
    client_say(c, "427[\"UNSUBSCRIBE\",{\"channel\":\"order:1\"}]");
    hear_part(c, "437[{\"channel\":\"order:1\"", "");
    tell_on("[\"order:1\"]");
    hear_nothing(c);
    drop(c);
}

static void leave_ends_with_what_gave_it(void **state)
{
    char text[100];
    (void)state;
    tell_staff("g", "s1", "barista");
    struct client *c = connect_as("g", "");
    hear_start(c, house_head());
    for (int i = 1; i <= 65; i++) {
        usleep(i > 32 ? 55000 : 0); /* as many as are heard in a second */
        snprintf(text, sizeof text, "42%d[\"SUBSCRIBE\",{\"channel\":\"order:%d\"}]", i, i);
        client_say(c, text);
        snprintf(text, sizeof text, i <= 64 ? "43%d[{\"channel\":" : "43%d[{\"error\":", i);
        hear_part(c, text, i <= 64 ? "order:" : "too-many");
    }
    client_say(c, "4266[\"SUBSCRIBE\",{\"channel\":\"shop:s1\"}]"); /* it is there anyhow */
    hear_part(c, "4366[{\"channel\":\"shop:s1\"", "");
    hear_event(c, tell_on("[\"order:7\",\"shop:s1\"]"), "barista ko");
    tell_staff("g", "s1", NULL);
    for (int i = 1; i <= 64; i++)
        hear_part(c, "42[\"UNSUBSCRIBED\",{\"channel\":\"order:", "");
    hear_part(c, "42[\"GRANTS\",{", "\"grants\":[]");
    tell_on("[\"order:7\",\"shop:s1\"]");
    hear_nothing(c);
    drop(c);
}

/* ---- Coming back ---- */

/* As the stock client does: pid, and the last argument it saw that was a string. */
static struct client *come_back(const char *account, int64_t offset)
{
    char more[200];
    snprintf(more, sizeof more, ",\"after\":0,\"pid\":\"%s\",\"offset\":\"%lld\"", pid,
             (long long)offset);
    return connect_as(account, more);
}

static void lose(struct client *c)
{
    drop(c);
    usleep(30000); /* until its loop has noticed */
}

static void who_was_lost_comes_back_as_the_same(void **state)
{
    char old_sid[21];
    char old_pid[21];
    (void)state;
    struct client *c = connect_as("h", "");
    hear_start(c, house_head());
    client_say(c, "421[\"SUBSCRIBE\",{\"channel\":\"order:1\"}]");
    hear_part(c, "431[{\"channel\":", "");
    int64_t seen = tell_on("[\"account:h\"]");
    hear_event(c, seen, "customer ko");
    for (int i = 0; i < 6; i++) { /* on either loop */
        memcpy(old_sid, sid, sizeof sid);
        memcpy(old_pid, pid, sizeof pid);
        lose(c);
        int64_t own = tell_on("[\"account:h\"]");
        int64_t extra = tell_on("[\"order:1\"]");
        c = come_back("h", seen);
        assert_string_equal(sid, old_sid);
        assert_string_equal(pid, old_pid);
        hear_start(c, seen);
        hear_event(c, own, "customer ko");
        hear_event(c, extra, "customer ko");
        seen = tell_on("[\"order:1\"]");
        hear_event(c, seen, "customer ko");
    }
    drop(c);
}

static void others_do_not_come_back_as_him(void **state)
{
    char old_pid[21];
    (void)state;
    struct client *c = connect_as("i", "");
    int64_t head = house_head();
    hear_start(c, head);
    memcpy(old_pid, pid, sizeof pid);
    lose(c);
    c = come_back("j", head); /* somebody else */
    assert_string_not_equal(pid, old_pid);
    hear_start(c, 0); /* its `after` counts */
    drop(c);
    memcpy(pid, old_pid, sizeof pid);
    c = come_back("i", head + 1000); /* from where nobody has been */
    assert_string_not_equal(pid, old_pid);
    drop(c);
    c = connect_as("i", "");
    memcpy(old_pid, pid, sizeof pid);
    client_say(c, "41"); /* he left by himself */
    lose(c);
    c = come_back("i", head);
    assert_string_not_equal(pid, old_pid);
    drop(c);
}

static void powers_lost_meanwhile_do_not_come_back(void **state)
{
    (void)state;
    int64_t hired = tell_staff("k", "s1", "barista");
    struct client *c = connect_as("k", "");
    hear_start(c, hired);
    client_say(c, "421[\"SUBSCRIBE\",{\"channel\":\"order:5\"}]");
    hear_part(c, "431[{\"channel\":", "");
    lose(c);
    int64_t heard = tell_on("[\"shop:s1\"]");
    int64_t dismissed = tell_staff("k", "s1", NULL);
    tell_on("[\"shop:s1\",\"order:5\"]");
    c = come_back("k", hired);
    hear_part(c, "42[\"UNSUBSCRIBED\",{\"channel\":\"order:5\"}", "");
    hear_start(c, hired);
    hear_event(c, heard, "barista ko");
    hear_part(c, "42[\"GRANTS\",{", "\"grants\":[]");
    assert_true(dismissed > heard);
    hear_nothing(c);
    drop(c);
}

/* ---- Presence ---- */

static void it_is_known_who_is_there(void **state)
{
    (void)state;
    tell_many("account.created",
              "{\"account_id\":\"p1\",\"username\":\"ann\",\"role\":\"customer\"}", "[\"people\"]",
              1);
    tell_many("account.created",
              "{\"account_id\":\"p2\",\"username\":\"bob\",\"role\":\"customer\"}", "[\"people\"]",
              1);
    tell_staff("p1", "s8", "owner");
    tell_staff("p2", "s8", "courier");
    struct client *c = connect_as("p1", "");
    struct client *d = open_socket("p1", "");
    hear_start(c, house_head());
    hear_connected(d, house_head());
    do /* app's tables follow */
        assert_int_equal(
            client_ask(&http, house.port, "GET", "/v1/shops/s8/presence", bearer("p1"), ""), 200);
    while (!strstr(http.bytes, "bob"));
    assert_string_equal(client_body(&http),
                        "[{\"account_id\":\"p1\",\"username\":\"ann\",\"role\":\"owner\","
                        "\"online\":true,\"devices\":2},"
                        "{\"account_id\":\"p2\",\"username\":\"bob\",\"role\":\"courier\","
                        "\"online\":false,\"devices\":0}]");
    assert_int_equal(
        client_ask(&http, house.port, "GET", "/v1/shops/s8/presence", bearer("p2"), ""), 403);
    drop(c);
    drop(d);
    do
        assert_int_equal(
            client_ask(&http, house.port, "GET", "/v1/shops/s8/presence", bearer("p1"), ""), 200);
    while (!strstr(http.bytes, "\"devices\":0,\"last_seen_at\":\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_token_nobody_is_let_in),
        cmocka_unit_test(the_handshakes_own_token_is_good_too),
        cmocka_unit_test(pages_of_others_do_not_come_in),
        cmocka_unit_test(commands_are_answered_by_ack_or_event),
        cmocka_unit_test(a_flood_is_refused),
        cmocka_unit_test(it_ends_with_its_session),
        cmocka_unit_test(a_channel_is_heard_by_leave),
        cmocka_unit_test(leave_ends_with_what_gave_it),
        cmocka_unit_test(who_was_lost_comes_back_as_the_same),
        cmocka_unit_test(others_do_not_come_back_as_him),
        cmocka_unit_test(powers_lost_meanwhile_do_not_come_back),
        cmocka_unit_test(it_is_known_who_is_there),
    };
    return cmocka_run_group_tests(tests, live_setup, live_teardown);
}
