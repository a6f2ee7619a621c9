/* engine_test.c - Engine.IO sessions on real sockets: what waits for them, and all ways to end. */
#include "net/engine_scene.h"

/* --- what waits --- */

static void test_a_queue_is_owned_only_while_packets_wait(void **state)
{
    struct scene sc;
    struct client c = {0}, ws = {0};
    (void)state;
    scene_init(&sc);
    scene_start(&sc, 1);
    client_open(&c, &sc.beds[0]);
    assert_false(scene_queued(&sc));
    scene_send(&sc, "a", 2);
    assert_true(scene_queued(&sc));
    client_get(&c);
    client_expect(&c, 200,
                  "4a\x1e"
                  "4a");
    assert_false(scene_queued(&sc));
    client_get(&c);
    await_parked(&sc);
    scene_send(&sc, "b", 1);
    client_expect(&c, 200, "4b");
    assert_false(scene_queued(&sc));
    client_open_socket(&ws, &sc.beds[0]);
    scene_send(&sc, "c", 1);
    assert_false(scene_queued(&sc));
    assert_string_equal(client_message(&ws), "4c");
    client_fini(&c);
    client_fini(&ws);
    scene_stop(&sc);
    scene_fini(&sc);
}

static void test_what_is_sent_while_opening_comes_behind_the_open_packet(void **state)
{
    struct scene sc;
    struct client c = {0};
    (void)state;
    scene_init(&sc);
    scene_start(&sc, 1);
    client_dial(&c, &sc.beds[0]);
    client_ask(&c, "GET", POLLING "&greet=1", "\r\n");
    assert_int_equal(client_hear(&c), 200);
    client_read_sid(&c);
    client_get(&c);
    client_expect(&c, 200, "4welcome");
    client_fini(&c);
    c = (struct client){0};
    client_dial(&c, &sc.beds[0]);
    client_ask(&c, "GET", SOCKET "&greet=1",
               "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
               "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    assert_int_equal(client_hear(&c), 101);
    assert_int_equal(client_message(&c)[0], '0');
    assert_string_equal(client_message(&c), "4welcome");
    client_fini(&c);
    scene_stop(&sc);
    scene_fini(&sc);
}

static void test_who_does_not_poll_is_closed(void **state)
{
    struct scene sc;
    struct client c = {0};
    (void)state;
    scene_init(&sc);
    sc.engine.queue_max = 2000;
    scene_start(&sc, 1);
    client_open(&c, &sc.beds[0]);
    scene_send(&sc, "0123456789012345678901234567890123456789", 100);
    diary_expect(&sc.diary, "closed EIO-SLOW\n", 1);
    client_get(&c);
    client_expect(&c, 400, "{\"code\":1,\"message\":\"Session ID unknown\"}");
    client_fini(&c);
    scene_stop(&sc);
    diary_expect(&sc.diary, "closed", 1);
    scene_fini(&sc);
}

/* More than may wait, in one turn, but a GET stands there to take it. */
static void test_much_at_once_is_not_slow_while_a_get_is_parked(void **state)
{
    struct scene sc;
    struct client c = {0};
    (void)state;
    scene_init(&sc);
    sc.engine.queue_max = 2000;
    scene_start(&sc, 1);
    client_open(&c, &sc.beds[0]);
    client_get(&c);
    await_parked(&sc);
    scene_send(&sc, "0123456789", 300);
    assert_int_equal(client_hear(&c), 200);
    size_t heard = c.body.len + 1;
    client_get(&c);
    assert_int_equal(client_hear(&c), 200);
    assert_int_equal(heard + c.body.len + 1, 300 * 12);
    diary_expect(&sc.diary, "closed", 0);
    client_fini(&c);
    scene_stop(&sc);
    scene_fini(&sc);
}

static void test_writable(void **state)
{
    struct scene sc;
    struct client c = {0}, ws = {0};
    (void)state;
    scene_init(&sc);
    scene_start(&sc, 1);
    client_open(&c, &sc.beds[0]);
    assert_false(scene_writable(&sc));
    client_get(&c);
    await_parked(&sc);
    assert_true(scene_writable(&sc));
    scene_send(&sc, "a", 1);
    assert_false(scene_writable(&sc));
    client_expect(&c, 200, "4a");
    client_open_socket(&ws, &sc.beds[0]);
    assert_true(scene_writable(&sc));
    assert_true(sc.houses[0].on_websocket);
    scene_send(&sc, "b", 1);
    assert_true(scene_writable(&sc));
    client_fini(&c);
    client_fini(&ws);
    scene_stop(&sc);
    scene_fini(&sc);
}

/* Whole messages, then Close; the session is told once. */
static void test_a_slow_reader_on_a_websocket(void **state)
{
    struct scene sc;
    struct client c = {0};
    char text[1001];
    const char *heard;
    (void)state;
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    scene_init(&sc);
    sc.net.queue_max = 100000;
    sc.engine.ping_interval_ms = 100;
    scene_start(&sc, 1);
    client_open_socket(&c, &sc.beds[0]);
    for (int i = 0; i < 100; i++)
        scene_send(&sc, text, 200);
    assert_false(scene_writable(&sc));
    usleep(150000); /* a ping is due meanwhile */
    do
        heard = client_message(&c);
    while (c.body.len == sizeof text || strcmp(heard, "2") == 0);
    assert_string_equal(heard, "close");
    diary_expect(&sc.diary, "closed EIO-LOST\n", 1);
    client_fini(&c);
    scene_stop(&sc);
    diary_expect(&sc.diary, "closed", 1);
    scene_fini(&sc);
}

/* --- the upgrade --- */

static void append_payload(struct buf *all, struct client *c)
{
    if (all->len > 0)
        buf_add_char(all, '|');
    buf_add_str(all, buf_str(&c->body));
}

/* Packets sent at each step of the upgrade arrive once and in order. */
static void test_order_over_an_upgrade(void **state)
{
    struct scene sc;
    struct client c = {0}, ws = {0};
    struct buf all = {0};
    (void)state;
    scene_init(&sc);
    scene_start(&sc, 1);
    client_open(&c, &sc.beds[0]);
    client_get(&c);
    await_parked(&sc);
    client_join(&ws, &sc.beds[0], &c);
    client_socket(&ws);
    scene_send(&sc, "1", 1);
    client_hear(&c);
    append_payload(&all, &c);
    client_get(&c);
    await_parked(&sc);
    client_say(&ws, "2probe");
    assert_string_equal(client_message(&ws), "3probe");
    client_hear(&c);
    append_payload(&all, &c);
    scene_send(&sc, "2", 1);
    client_get(&c);
    client_hear(&c);
    append_payload(&all, &c);
    scene_send(&sc, "3", 1);
    scene_send(&sc, "4", 1);
    client_say(&ws, "5");
    for (int i = 0; i < 2; i++) {
        client_message(&ws);
        append_payload(&all, &ws);
    }
    scene_send(&sc, "5", 1);
    client_message(&ws);
    append_payload(&all, &ws);
    assert_string_equal(buf_cstr(&all), "41|6|42|43|44|45");
    buf_fini(&all);
    client_fini(&c);
    client_fini(&ws);
    scene_stop(&sc);
    scene_fini(&sc);
}

/* The head of a POST came before the upgrade, its end behind it: it is refused, and nothing of it
 * is left behind. */
static void test_an_upgrade_in_the_middle_of_a_post(void **state)
{
    struct scene sc;
    struct client c = {0}, ws = {0}, post = {0};
    (void)state;
    scene_init(&sc);
    scene_start(&sc, 1);
    client_open(&c, &sc.beds[0]);
    client_join(&post, &sc.beds[0], &c);
    client_ask(&post, "POST", POLLING, "Content-Length: 5\r\n\r\n4");
    await_post(&sc);
    client_join(&ws, &sc.beds[0], &c);
    client_socket(&ws);
    client_say(&ws, "2probe");
    assert_string_equal(client_message(&ws), "3probe");
    client_say(&ws, "5");
    client_say(&ws, "4echo");
    assert_string_equal(client_message(&ws), "4echo");
    say(post.fd, "late");
    client_expect(&post, 400, "{\"code\":3,\"message\":\"Bad request\"}");
    bed_call(&sc.beds[0], look_reading);
    assert_false(reading);
    client_say(&ws, "4close me");
    assert_string_equal(client_message(&ws), "close");
    diary_expect(&sc.diary, "closed EIO-SERVER-CLOSE\n", 1);
    client_fini(&c);
    client_fini(&ws);
    client_fini(&post);
    scene_stop(&sc);
    scene_fini(&sc);
}

/* --- ends --- */

static void test_a_post_from_elsewhere_leaves_no_trace(void **state)
{
    struct scene sc;
    struct client c = {0};
    (void)state;
    scene_init(&sc);
    scene_start(&sc, 1);
    client_open(&c, &sc.beds[0]);
    client_ask(&c, "POST", POLLING, "Origin: http://evil\r\nContent-Length: 3\r\n\r\n4no");
    client_expect(&c, 403, "{\"code\":4,\"message\":\"Forbidden\"}");
    client_post(&c, "4yes");
    client_expect(&c, 200, "ok");
    diary_expect(&sc.diary, "message yes\n", 1);
    diary_expect(&sc.diary, "message no", 0);
    client_fini(&c);
    scene_stop(&sc);
    diary_expect(&sc.diary, "closed", 1);
    scene_fini(&sc);
}

static void test_a_post_that_net_refuses_ends_nothing(void **state)
{
    struct scene sc;
    struct client c = {0}, post = {0};
    (void)state;
    scene_init(&sc);
    sc.engine.max_payload = 100;
    sc.net.body_ms = 150;
    scene_start(&sc, 1);
    client_open(&c, &sc.beds[0]);
    static const char *const refused[] = {"Content-Length: 101\r\n\r\n",
                                          "Transfer-Encoding: chunked\r\n\r\n2\r\n4a\r\nzz\r\n",
                                          "Content-Length: 3\r\n\r\n4a"};
    static const int statuses[] = {413, 400, 408};
    for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
        client_join(&post, &sc.beds[0], &c);
        client_ask(&post, "POST", POLLING, refused[i]);
        assert_int_equal(client_hear(&post), statuses[i]);
        client_hang_up(&post);
        client_post(&c, "4go on");
        client_expect(&c, 200, "ok");
    }
    diary_expect(&sc.diary, "message go on\n", 3);
    diary_expect(&sc.diary, "closed", 0);
    client_join(&post, &sc.beds[0], &c);
    client_ask(&post, "POST", POLLING, "Content-Length: 3\r\n\r\n4a");
    await_post(&sc);
    client_hang_up(&post);
    diary_expect(&sc.diary, "closed EIO-LOST\n", 1);
    client_fini(&c);
    client_fini(&post);
    scene_stop(&sc);
    scene_fini(&sc);
}

/* The client has dropped its parked GET; its next request finds the session gone. */
static void test_a_dropped_get_is_seen_before_the_next_request(void **state)
{
    struct scene sc;
    struct client c = {0}, next = {0};
    (void)state;
    scene_init(&sc);
    scene_start(&sc, 1);
    for (int i = 0; i < 50; i++) {
        client_open(&c, &sc.beds[0]);
        client_join(&next, &sc.beds[0], &c);
        client_get(&c);
        await_parked(&sc);
        client_hang_up(&c);
        client_post(&next, "4unheard");
        client_expect(&next, 400, "{\"code\":1,\"message\":\"Session ID unknown\"}");
        client_fini(&c);
        client_fini(&next);
        c = next = (struct client){0};
    }
    diary_expect(&sc.diary, "closed EIO-LOST\n", 50);
    diary_expect(&sc.diary, "message", 0);
    scene_stop(&sc);
    scene_fini(&sc);
}

static void answer_waiting(struct testbed *bed)
{
    struct exchange *x = bed->parked;
    bed->parked = NULL;
    if (x)
        exchange_answer(x, &(struct answer){.status = 204});
}

/* The same of a GET whose client had gone before it was looked at. */
static void test_a_get_behind_a_late_answer_is_dropped_with_it(void **state)
{
    struct scene sc;
    struct client c = {0}, gone = {0};
    (void)state;
    scene_init(&sc);
    scene_start(&sc, 1);
    client_open(&c, &sc.beds[0]);
    client_join(&gone, &sc.beds[0], &c);
    client_ask(&gone, "GET", "/wait?", "\r\n");
    client_get(&gone);
    shutdown(gone.fd, SHUT_WR);
    usleep(20000);
    bed_call(&sc.beds[0], answer_waiting);
    await_parked(&sc);
    client_post(&c, "4unheard");
    client_expect(&c, 400, "{\"code\":1,\"message\":\"Session ID unknown\"}");
    diary_expect(&sc.diary, "closed EIO-LOST\n", 1);
    client_fini(&c);
    client_fini(&gone);
    scene_stop(&sc);
    scene_fini(&sc);
}

static void test_close_from_inside_a_message(void **state)
{
    struct scene sc;
    struct client c = {0}, ws = {0};
    (void)state;
    scene_init(&sc);
    scene_start(&sc, 1);
    client_open_socket(&ws, &sc.beds[0]);
    client_say(&ws, "4close me");
    assert_string_equal(client_message(&ws), "close");
    diary_expect(&sc.diary, "closed EIO-SERVER-CLOSE\n", 1);
    client_open(&c, &sc.beds[0]);
    scene_send(&sc, "before", 1);
    client_post(&c, "4close me\x1e"
                    "4unheard");
    client_expect(&c, 200, "ok");
    diary_expect(&sc.diary, "closed EIO-SERVER-CLOSE\n", 2);
    client_get(&c);
    client_expect(&c, 200,
                  "4before\x1e"
                  "1");
    client_get(&c);
    client_expect(&c, 400, "{\"code\":1,\"message\":\"Session ID unknown\"}");
    client_fini(&c);
    client_fini(&ws);
    scene_stop(&sc);
    diary_expect(&sc.diary, "closed", 2);
    diary_expect(&sc.diary, "unheard", 0);
    scene_fini(&sc);
}

static void test_we_close_a_parked_get(void **state)
{
    struct scene sc;
    struct client c = {0};
    (void)state;
    scene_init(&sc);
    scene_start(&sc, 1);
    client_open(&c, &sc.beds[0]);
    client_get(&c);
    await_parked(&sc);
    bed_call(&sc.beds[0], close_last);
    client_expect(&c, 200, "1");
    diary_expect(&sc.diary, "closed EIO-SERVER-CLOSE\n", 1);
    client_fini(&c);
    scene_stop(&sc);
    scene_fini(&sc);
}

static void test_no_pong(void **state)
{
    struct scene sc;
    struct client c = {0};
    (void)state;
    scene_init(&sc);
    sc.engine.ping_interval_ms = 60;
    sc.engine.ping_timeout_ms = 1000; /* the pong has time on a busy machine, too */
    scene_start(&sc, 1);
    client_open(&c, &sc.beds[0]);
    client_get(&c);
    client_expect(&c, 200, "2");
    client_post(&c, "3");
    client_expect(&c, 200, "ok");
    client_get(&c);
    client_expect(&c, 200, "2");
    client_get(&c);
    client_expect(&c, 200, "1");
    diary_expect(&sc.diary, "closed EIO-PING-TIMEOUT\n", 1);
    client_fini(&c);
    scene_stop(&sc);
    scene_fini(&sc);
}

static void test_no_more_sessions_than_allowed(void **state)
{
    struct scene sc;
    struct client c = {0}, other = {0};
    (void)state;
    scene_init(&sc);
    sc.engine.sessions_max = 1;
    scene_start(&sc, 1);
    client_open(&c, &sc.beds[0]);
    client_dial(&other, &sc.beds[0]);
    client_get(&other);
    client_expect(&other, 400, "{\"code\":3,\"message\":\"Bad request\"}");
    client_ask_socket(&other);
    client_expect(&other, 400, "{\"code\":3,\"message\":\"Bad request\"}");
    client_post(&c, "1");
    client_expect(&c, 200, "ok");
    client_get(&other);
    assert_int_equal(client_hear(&other), 200);
    client_fini(&c);
    client_fini(&other);
    scene_stop(&sc);
    scene_fini(&sc);
}

/* --- the end of all --- */

static void test_draining(void **state)
{
    struct scene sc;
    struct client idle = {0}, waits = {0}, ws = {0};
    (void)state;
    scene_init(&sc);
    scene_start(&sc, 1);
    client_open(&idle, &sc.beds[0]);
    scene_send(&sc, "a", 1);
    client_open_socket(&ws, &sc.beds[0]);
    client_open(&waits, &sc.beds[0]);
    client_get(&waits);
    await_parked(&sc);
    bed_call(&sc.beds[0], drain);
    client_expect(&waits, 200, "1");
    assert_string_equal(client_message(&ws), "close");
    diary_expect(&sc.diary, "closed EIO-SERVER-CLOSE\n", 3);
    client_get(&idle);
    client_expect(&idle, 200,
                  "4a\x1e"
                  "1");
    waits.sid[0] = '\0';
    client_get(&waits);
    client_expect(&waits, 400, "{\"code\":3,\"message\":\"Bad request\"}");
    bed_call(&sc.beds[0], count_sessions);
    assert_int_equal(sessions, 0);
    client_fini(&idle);
    client_fini(&waits);
    client_fini(&ws);
    scene_stop(&sc);
    diary_expect(&sc.diary, "closed", 3);
    scene_fini(&sc);
}

/* Everything a session can be in the middle of when its server ends. */
static void test_the_server_goes_first(void **state)
{
    (void)state;
    for (int drained = 0; drained < 2; drained++) {
        struct scene sc;
        struct client idle = {0}, polls = {0}, posts = {0}, ws = {0}, probes = {0}, probe = {0};
        scene_init(&sc);
        scene_start(&sc, 1);
        client_open(&idle, &sc.beds[0]);
        scene_send(&sc, "waits", 3);
        client_open_socket(&ws, &sc.beds[0]);
        client_open(&probes, &sc.beds[0]);
        client_join(&probe, &sc.beds[0], &probes);
        client_socket(&probe);
        client_open(&polls, &sc.beds[0]);
        client_join(&posts, &sc.beds[0], &polls);
        client_get(&polls);
        await_parked(&sc);
        client_ask(&posts, "POST", POLLING, "Content-Length: 5\r\n\r\n4");
        await_post(&sc);
        if (drained)
            bed_call(&sc.beds[0], drain);
        scene_stop(&sc);
        diary_expect(&sc.diary, "closed", 4);
        client_fini(&idle);
        client_fini(&ws);
        client_fini(&polls);
        client_fini(&posts);
        client_fini(&probe);
        client_fini(&probes);
        scene_fini(&sc);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_queue_is_owned_only_while_packets_wait),
        cmocka_unit_test(test_what_is_sent_while_opening_comes_behind_the_open_packet),
        cmocka_unit_test(test_who_does_not_poll_is_closed),
        cmocka_unit_test(test_much_at_once_is_not_slow_while_a_get_is_parked),
        cmocka_unit_test(test_writable),
        cmocka_unit_test(test_a_slow_reader_on_a_websocket),
        cmocka_unit_test(test_order_over_an_upgrade),
        cmocka_unit_test(test_an_upgrade_in_the_middle_of_a_post),
        cmocka_unit_test(test_a_post_from_elsewhere_leaves_no_trace),
        cmocka_unit_test(test_a_post_that_net_refuses_ends_nothing),
        cmocka_unit_test(test_a_dropped_get_is_seen_before_the_next_request),
        cmocka_unit_test(test_a_get_behind_a_late_answer_is_dropped_with_it),
        cmocka_unit_test(test_close_from_inside_a_message),
        cmocka_unit_test(test_we_close_a_parked_get),
        cmocka_unit_test(test_no_pong),
        cmocka_unit_test(test_no_more_sessions_than_allowed),
        cmocka_unit_test(test_draining),
        cmocka_unit_test(test_the_server_goes_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
