/* engine_test.c - Engine.IO sessions on real sockets: what waits for them, all ways to end, and
 * connections that come from another loop. */
#include "net/conn.h"
#include "net/engine_testbed.h"

#define VISITS 30     /* of each visitor, in turn */
#define BIG    200000 /* bytes of an answer: more than a socket takes, less than stops reading on */

/* One loop's share of the house above. */
struct house {
    struct engine *engine;
    struct diary *diary;         /* of all loops */
    struct engine_session *last; /* the session opened last */
    const char *say;             /* what send() sends to it */
    int times;                   /* how often */
    bool writable;               /* what look_writable() saw */
    bool on_websocket;           /* the same */
    bool queued;                 /* what look_queue() saw */
};

/* Two loops, of which most tests use one. */
struct scene {
    struct testbed beds[2];
    struct house houses[2];
    struct engine *engines[2];
    size_t count;                /* loops in use */
    struct net_config net;       /* may be changed before scene_start() */
    struct engine_config engine; /* the same */
    struct diary diary;
};

/* --- the house above --- */

static struct house *house_of(const struct testbed *bed)
{
    return bed->house;
}

static void send_text(struct engine_session *s, struct str text)
{
    struct frame *f = engine_text(text);
    engine_send(s, f);
    frame_unref(f);
}

static void *opened(void *ctx, struct engine_session *s, const struct exchange *x)
{
    struct house *h = house_of(ctx);
    diary_note(h->diary, "opened", STR(""));
    h->last = s;
    if (exchange_query(x, "greet").at)
        send_text(s, STR("welcome"));
    return h;
}

static void on_message(struct engine_session *s, void *user, bool binary, struct str data)
{
    struct house *h = user;
    diary_note(h->diary, binary ? "bytes " : "message ", data);
    if (str_is(data, "close me"))
        engine_close(s);
    else if (str_is(data, "echo"))
        send_text(s, data);
}

static void on_closed(struct engine_session *s, void *user, const char *why)
{
    struct house *h = user;
    diary_note(h->diary, "closed ", str_of(why));
    engine_close(s); /* does no harm */
    send_text(s, STR("too late"));
}

static const struct engine_ops ops = {.opened = opened, .message = on_message, .closed = on_closed};

static bool is_engines(const struct exchange *x)
{
    return str_is(x->path, "/engine.io/");
}

static char big[BIG];

static void on_request(struct testbed *bed, struct exchange *x)
{
    const struct engine_door door = {.origin_ok = exchange_header(x, "Origin").at == NULL};
    if (is_engines(x))
        engine_request(house_of(bed)->engine, x, &door);
    else if (str_is(x->path, "/wait"))
        bed->parked = x;
    else if (str_is(x->path, "/big"))
        exchange_answer(x, &(struct answer){.status = 200,
                                            .content_type = "text/plain",
                                            .body = {big, sizeof big},
                                            .lasting = true});
    else
        exchange_answer(x, &(struct answer){.status = 200,
                                            .content_type = "text/plain",
                                            .body = str_of(bed->port % 2 ? "odd" : "even")});
}

static struct server *on_head(void *ctx, struct exchange *x, size_t *body_max)
{
    struct testbed *bed = ctx;
    return is_engines(x) ? engine_head(house_of(bed)->engine, x, body_max) : NULL;
}

static void server_freed(struct testbed *bed)
{
    engine_free(&house_of(bed)->engine);
}

static void scene_init(struct scene *sc)
{
    *sc = (struct scene){.diary.lock = PTHREAD_MUTEX_INITIALIZER};
    net_config_default(&sc->net);
    engine_config_default(&sc->engine);
}

static void scene_start(struct scene *sc, size_t count)
{
    sc->count = count;
    for (size_t i = 0; i < count; i++) {
        struct testbed *bed = &sc->beds[i];
        bed->house = &sc->houses[i];
        bed->ops.head = on_head;
        bed->server_freed = server_freed;
        bed_prepare(bed, &sc->net, on_request);
        sc->engines[i] = engine_new(bed->server, &sc->engine, &ops, bed);
        sc->houses[i] = (struct house){.engine = sc->engines[i], .diary = &sc->diary};
    }
    if (count > 1)
        engine_link(sc->engines, count);
    for (size_t i = 0; i < count; i++)
        bed_go(&sc->beds[i]);
}

static void scene_stop(struct scene *sc)
{
    for (size_t i = 0; i < sc->count; i++)
        bed_halt(&sc->beds[i]);
    for (size_t i = 0; i < sc->count; i++)
        bed_free(&sc->beds[i]);
}

static void scene_fini(struct scene *sc)
{
    buf_fini(&sc->diary.text);
}

/* --- done on a loop's thread --- */

static void send_say(struct testbed *bed)
{
    struct house *h = house_of(bed);
    for (int i = 0; i < h->times; i++)
        send_text(h->last, str_of(h->say));
}

/* The house sends a text so often, in one turn, to the session opened last. */
static void scene_send(struct scene *sc, const char *text, int times)
{
    sc->houses[0].say = text;
    sc->houses[0].times = times;
    bed_call(&sc->beds[0], send_say);
}

static void look(struct testbed *bed)
{
    struct house *h = house_of(bed);
    h->queued = h->last->queue != NULL;
    h->writable = engine_writable(h->last);
    h->on_websocket = engine_on_websocket(h->last);
}

static bool scene_queued(struct scene *sc)
{
    bed_call(&sc->beds[0], look);
    return sc->houses[0].queued;
}

static bool scene_writable(struct scene *sc)
{
    bed_call(&sc->beds[0], look);
    return sc->houses[0].writable;
}

static void close_last(struct testbed *bed)
{
    engine_close(house_of(bed)->last);
}

static void drain(struct testbed *bed)
{
    engine_drain(house_of(bed)->engine);
}

static size_t sessions;

static void count_sessions(struct testbed *bed)
{
    sessions = engine_sessions(house_of(bed)->engine);
}

/* Wait until the loop has a GET parked for the session opened last. */
static bool parked;

static void look_parked(struct testbed *bed)
{
    parked = house_of(bed)->last->get != NULL;
}

static void await_parked(struct scene *sc)
{
    do
        bed_call(&sc->beds[0], look_parked);
    while (!parked);
}

static bool reading;

static void look_reading(struct testbed *bed)
{
    reading = house_of(bed)->last->post != NULL;
}

/* Wait until the loop reads a POST of the session opened last. */
static void await_post(struct scene *sc)
{
    do
        bed_call(&sc->beds[0], look_reading);
    while (!reading);
}

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
    sc.engine.ping_interval_ms = sc.engine.ping_timeout_ms = 60;
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

/* --- from one loop to another --- */

static const char *name_of(const struct testbed *bed)
{
    return bed->port % 2 ? "odd" : "even";
}

/* What is pipelined behind goes along and is answered where the connection is then. */
static void test_a_connection_is_handed_over_with_its_bytes(void **state)
{
    struct scene sc;
    struct client c = {0}, far = {0};
    (void)state;
    scene_init(&sc);
    scene_start(&sc, 2);
    client_open(&c, &sc.beds[0]);
    client_join(&far, &sc.beds[1], &c);
    say(far.fd, "GET /before HTTP/1.1\r\nHost: h\r\n\r\n");
    client_post(&far, "4here");
    say(far.fd, "GET /behind HTTP/1.1\r\nHost: h\r\n\r\n");
    client_expect(&far, 200, name_of(&sc.beds[1]));
    client_expect(&far, 200, "ok");
    client_expect(&far, 200, name_of(&sc.beds[0]));
    diary_expect(&sc.diary, "message here\n", 1);
    client_get(&far);
    await_parked(&sc);
    scene_send(&sc, "there", 1);
    client_expect(&far, 200, "4there");
    client_fini(&c);
    client_fini(&far);
    scene_stop(&sc);
    scene_fini(&sc);
}

static void test_bodies_and_upgrades_come_from_elsewhere(void **state)
{
    struct scene sc;
    struct client c = {0}, far = {0}, slow = {0};
    (void)state;
    scene_init(&sc);
    scene_start(&sc, 2);
    client_open(&c, &sc.beds[0]);
    client_join(&far, &sc.beds[1], &c);
    client_ask(&far, "POST", POLLING, "Expect: 100-continue\r\nContent-Length: 6\r\n\r\n");
    assert_int_equal(client_hear(&far), 100);
    say(far.fd, "4ha");
    bed_call(&sc.beds[0], look_reading);
    assert_true(reading);
    say(far.fd, "lf");
    client_ask(&far, "GET", "/x?", "\r\n");
    assert_int_equal(client_hear(&far), 200);
    diary_expect(&sc.diary, "message halfG\n", 1);
    client_join(&slow, &sc.beds[1], &c);
    client_ask_socket(&slow);
    client_say(&slow, "2probe"); /* a frame behind the head */
    assert_int_equal(client_hear(&slow), 101);
    assert_string_equal(client_message(&slow), "3probe");
    client_say(&slow, "5");
    client_say(&slow, "4echo");
    assert_string_equal(client_message(&slow), "4echo");
    client_fini(&c);
    client_fini(&far);
    client_fini(&slow);
    scene_stop(&sc);
    scene_fini(&sc);
}

static void test_who_hangs_up_on_the_way(void **state)
{
    struct scene sc;
    struct client c = {0}, far = {0};
    (void)state;
    scene_init(&sc);
    scene_start(&sc, 2);
    for (int i = 0; i < 100; i++) {
        client_open(&c, &sc.beds[0]);
        client_join(&far, &sc.beds[1], &c);
        client_get(&far);
        client_hang_up(&far);
        diary_expect(&sc.diary, "closed EIO-LOST\n", i + 1);
        client_fini(&c);
        client_fini(&far);
        c = far = (struct client){0};
    }
    scene_stop(&sc);
    scene_fini(&sc);
}

/* A sid may name a loop without being one: that must not gather more connections there than may be
 * open. */
static void test_no_more_arrive_than_may_be_open(void **state)
{
    struct scene sc;
    struct client c = {0}, second = {0}, far = {0};
    (void)state;
    scene_init(&sc);
    sc.net.connections_max = 2;
    scene_start(&sc, 2);
    client_open(&c, &sc.beds[0]);
    client_open(&second, &sc.beds[0]);
    client_join(&far, &sc.beds[1], &c);
    client_get(&far);
    assert_int_equal(client_hear(&far), 0);
    client_post(&c, "4still here");
    client_expect(&c, 200, "ok");
    client_fini(&c);
    client_fini(&second);
    client_fini(&far);
    scene_stop(&sc);
    scene_fini(&sc);
}

static size_t connections;

static void count_connections(struct testbed *bed)
{
    connections = server_connections(bed->server);
}

static void await_connections(struct testbed *bed, size_t count)
{
    do
        bed_call(bed, count_connections);
    while (connections != count);
}

/* Over a connection with little room, much is asked for and then the session. */
static void ask_much(struct client *far, const struct testbed *bed, const struct client *c)
{
    const int little = 16384;
    setsockopt(bed->server->listener.fd, SOL_SOCKET, SO_SNDBUF, &little, sizeof little);
    far->fd = dial_with_room(bed, little);
    client_ask(far, "GET", "/big?", "\r\n");
    memcpy(far->sid, c->sid, sizeof far->sid);
    client_get(far);
}

static void test_who_leaves_takes_no_answer_along(void **state)
{
    struct scene sc;
    struct client c = {0}, far = {0};
    (void)state;
    scene_init(&sc);
    scene_start(&sc, 2);
    client_open(&c, &sc.beds[0]);
    scene_send(&sc, "moved", 1);
    ask_much(&far, &sc.beds[1], &c);
    assert_int_equal(client_hear(&far), 200);
    assert_int_equal(far.body.len, BIG);
    client_expect(&far, 200, "4moved");
    client_fini(&far);
    far = (struct client){0};
    await_connections(&sc.beds[1], 0);
    ask_much(&far, &sc.beds[1], &c); /* and hangs up instead of hearing it */
    await_connections(&sc.beds[1], 1);
    client_hang_up(&far);
    await_connections(&sc.beds[1], 0);
    client_fini(&far);
    far = (struct client){0};
    ask_much(&far, &sc.beds[1], &c); /* and hears nothing until the server ends */
    await_connections(&sc.beds[1], 1);
    client_fini(&c);
    scene_stop(&sc);
    client_fini(&far);
    scene_fini(&sc);
}

static void drain_server(struct testbed *bed)
{
    server_drain(bed->server);
}

/* It arrives while the loop is draining already. */
static void test_one_arrives_late(void **state)
{
    struct scene sc;
    struct client c = {0}, far = {0};
    (void)state;
    scene_init(&sc);
    scene_start(&sc, 2);
    client_open(&c, &sc.beds[0]);
    client_join(&far, &sc.beds[1], &c);
    bed_call(&sc.beds[0], drain_server);
    client_get(&far);
    await_parked(&sc);
    bed_call(&sc.beds[0], drain);
    client_expect(&far, 200, "1");
    assert_int_equal(client_hear(&far), 0);
    client_fini(&c);
    client_fini(&far);
    await_connections(&sc.beds[0], 0);
    scene_stop(&sc);
    scene_fini(&sc);
}

static sem_t held, released;

static void hold(struct mail *m)
{
    (void)m;
    sem_post(&held);
    while (sem_wait(&released) != 0)
        continue;
}

/* The loop they go to ends while they are on their way. */
static void test_nobody_is_left_to_arrive_at(void **state)
{
    struct scene sc;
    struct client c = {0}, far = {0};
    struct mail mail = {.deliver = hold};
    (void)state;
    sem_init(&held, 0, 0);
    sem_init(&released, 0, 0);
    scene_init(&sc);
    scene_start(&sc, 2);
    client_open(&c, &sc.beds[0]);
    client_join(&far, &sc.beds[1], &c);
    loop_post(sc.beds[0].loop, &mail);
    while (sem_wait(&held) != 0)
        continue;
    client_ask(&far, "POST", POLLING, "Content-Length: 5\r\n\r\n4");
    usleep(20000);
    await_connections(&sc.beds[1], 0);
    loop_stop(sc.beds[0].loop);
    sem_post(&released);
    scene_stop(&sc);
    assert_int_equal(client_hear(&far), 0);
    client_fini(&c);
    client_fini(&far);
    scene_fini(&sc);
    sem_destroy(&held);
    sem_destroy(&released);
}

/* --- farewell --- */

static void test_a_farewell_waits_for_the_get_that_crosses_it(void **state)
{
    struct scene sc;
    struct client c = {0}, far = {0};
    (void)state;
    scene_init(&sc);
    scene_start(&sc, 2);
    client_open(&c, &sc.beds[0]);
    client_join(&far, &sc.beds[1], &c);
    client_post(&c, "4last words\x1e"
                    "1\x1e"
                    "4unheard");
    await_post(&sc);
    scene_send(&sc, "queued", 1);
    client_get(&far);
    client_expect(&far, 200, "4queued");
    client_expect(&c, 200, "ok");
    diary_expect(&sc.diary, "closed EIO-CLIENT-CLOSE\n", 1);
    client_get(&far);
    client_expect(&far, 400, "{\"code\":1,\"message\":\"Session ID unknown\"}");
    client_fini(&c);
    client_fini(&far);
    scene_stop(&sc);
    diary_expect(&sc.diary, "unheard", 0);
    scene_fini(&sc);
}

/* All that may happen to a session meanwhile. */
static void test_what_may_come_between_a_farewell_and_its_answer(void **state)
{
    struct scene sc;
    struct client c[6] = {0}, other = {0};
    (void)state;
    scene_init(&sc);
    scene_start(&sc, 2);
    for (int i = 0; i < 6; i++) {
        client_open(&c[i], &sc.beds[0]);
        client_post(&c[i], "1");
        if (i > 0)
            await_post(&sc);
        if (i == 1)
            client_hang_up(&c[i]);
        if (i == 2)
            bed_call(&sc.beds[0], close_last);
        if (i == 3)
            scene_send(&sc, "0123456789", 200000);
        if (i == 4) {
            client_join(&other, &sc.beds[0], &c[i]);
            client_post(&other, "4overlap");
            client_expect(&other, 400, "{\"code\":1,\"message\":\"Session ID unknown\"}");
        }
        if (i == 5)
            bed_call(&sc.beds[0], drain);
        if (i != 1)
            client_expect(&c[i], 200, "ok");
        diary_expect(&sc.diary, "closed", i + 1);
    }
    for (int i = 0; i < 6; i++)
        client_fini(&c[i]);
    client_fini(&other);
    scene_stop(&sc);
    diary_expect(&sc.diary, "closed", 6);
    scene_fini(&sc);
}

static void test_the_server_ends_in_a_farewell(void **state)
{
    struct scene sc;
    struct client c = {0};
    (void)state;
    scene_init(&sc);
    scene_start(&sc, 2);
    client_open(&c, &sc.beds[0]);
    client_post(&c, "1");
    await_post(&sc);
    scene_stop(&sc);
    diary_expect(&sc.diary, "closed", 1);
    client_fini(&c);
    scene_fini(&sc);
}

/* --- all at once --- */

struct visitor {
    struct scene *scene;
    pthread_t thread;
    unsigned seed;
};

static unsigned draw(struct visitor *v, unsigned below)
{
    v->seed = v->seed * 1103515245u + 12345u;
    return (v->seed >> 16) % below;
}

/* One session, whose requests go to either loop, and which ends in some way. */
static void visit(struct visitor *v)
{
    struct testbed *beds = v->scene->beds;
    struct client c = {0}, get = {0}, ws = {0};
    client_open(&c, &beds[draw(v, 2)]);
    client_join(&get, &beds[draw(v, 2)], &c);
    client_get(&get);
    client_post(&c, "4echo");
    client_expect(&c, 200, "ok");
    client_expect(&get, 200, "4echo");
    if (draw(v, 2)) {
        client_join(&ws, &beds[draw(v, 2)], &c);
        client_socket(&ws);
        client_say(&ws, "2probe");
        assert_string_equal(client_message(&ws), "3probe");
        client_say(&ws, "5");
        client_say(&ws, "4echo");
        assert_string_equal(client_message(&ws), "4echo");
        client_fini(&ws);
    } else if (draw(v, 2)) {
        client_get(&get);
        if (draw(v, 2))
            client_hang_up(&get);
        else
            client_post(&c, "1");
    } else {
        client_post(&get, "1");
        client_expect(&get, 200, "ok");
    }
    client_fini(&c);
    client_fini(&get);
}

static void *visit_often(void *arg)
{
    for (int i = 0; i < VISITS; i++)
        visit(arg);
    return NULL;
}

static void test_many_sessions_between_two_loops(void **state)
{
    struct scene sc;
    struct visitor visitors[4];
    (void)state;
    scene_init(&sc);
    scene_start(&sc, 2);
    for (unsigned i = 0; i < ARRAY_LEN(visitors); i++) {
        visitors[i] = (struct visitor){.scene = &sc, .seed = i};
        assert_int_equal(pthread_create(&visitors[i].thread, NULL, visit_often, &visitors[i]), 0);
    }
    for (unsigned i = 0; i < ARRAY_LEN(visitors); i++)
        pthread_join(visitors[i].thread, NULL);
    for (int i = 0; i < 2; i++)
        bed_call(&sc.beds[i], drain);
    scene_stop(&sc);
    diary_expect(&sc.diary, "opened\n", (int)ARRAY_LEN(visitors) * VISITS);
    diary_expect(&sc.diary, "closed", (int)ARRAY_LEN(visitors) * VISITS);
    scene_fini(&sc);
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
        cmocka_unit_test(test_a_connection_is_handed_over_with_its_bytes),
        cmocka_unit_test(test_bodies_and_upgrades_come_from_elsewhere),
        cmocka_unit_test(test_who_hangs_up_on_the_way),
        cmocka_unit_test(test_no_more_arrive_than_may_be_open),
        cmocka_unit_test(test_who_leaves_takes_no_answer_along),
        cmocka_unit_test(test_one_arrives_late),
        cmocka_unit_test(test_nobody_is_left_to_arrive_at),
        cmocka_unit_test(test_a_farewell_waits_for_the_get_that_crosses_it),
        cmocka_unit_test(test_what_may_come_between_a_farewell_and_its_answer),
        cmocka_unit_test(test_the_server_ends_in_a_farewell),
        cmocka_unit_test(test_many_sessions_between_two_loops),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
