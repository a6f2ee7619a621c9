/* engineio_session_test.c - how an Engine.IO session lives and ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "wire/engineio.h"

#define MS(n) ((n)*NS_PER_MS)
#define S(lit)                                                                                     \
    {                                                                                              \
        lit, sizeof(lit) - 1                                                                       \
    }

static const struct eio_limits limits = {.ping_interval_ms = 300,
                                         .ping_timeout_ms = 200,
                                         .max_payload = 100,
                                         .upgrade_timeout_ms = 10000,
                                         .packets_max = 8};

static const struct eio_packet hello = {.type = EIO_MESSAGE, .data = S("hello")};
static const struct eio_packet probe = {.type = EIO_PING, .data = S("probe")};

static struct eio_packet bare(enum eio_type type)
{
    return (struct eio_packet){.type = type};
}

/* The actions as words, lowest bit first; a refusal with its code. */
static const char *does(struct eio_todo todo)
{
    static const char *const words[] = {"deliver ", "3probe ", "2 ",     "6 ",         "1 ",
                                        "answer ",  "adopt ",  "flush ", "shutprobe ", "shutws ",
                                        "refuse",   "ok ",     "gone "};
    static char out[128];
    out[0] = '\0';
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (!(todo.actions & 1u << i))
            continue;
        strcat(out, words[i]);
        if (1u << i == EIO_DO_REFUSE)
            strcat(out, (const char *[]){"0 ", "1 ", "2 ", "3 ", "4 ", "5 "}[todo.error]);
    }
    assert_true((todo.error != EIO_ERR_NONE) == !!(todo.actions & EIO_DO_REFUSE));
    return out;
}

#define DOES(todo, words) assert_string_equal(does(todo), words)

static struct eio_session opened(bool websocket)
{
    struct eio_session s;
    eio_session_init(&s, websocket);
    assert_int_equal(s.state, EIO_OPENING);
    assert_false(eio_session_is_open(&s));
    assert_int_equal(eio_session_deadline(&s), INT64_MAX);
    eio_session_opened(&s, &limits, 0);
    assert_int_equal(s.state, EIO_OPENED);
    assert_int_equal(eio_session_deadline(&s), MS(300));
    return s;
}

static struct eio_todo take(struct eio_session *s, int64_t ms, enum eio_link from,
                            enum eio_type type)
{
    struct eio_packet p = bare(type);
    return eio_session_packet(s, &limits, MS(ms), from, &p);
}

/* Over: for this reason, at no later time anything is due, whatever is shown changes nothing. */
static void assert_gone(struct eio_session *s, enum eio_reason reason)
{
    assert_int_equal(s->state, EIO_CLOSED);
    assert_int_equal(s->reason, reason);
    assert_int_equal(eio_session_deadline(s), INT64_MAX);
    assert_false(eio_session_writable(s));
    struct eio_session before = *s;
    DOES(eio_session_tick(s, &limits, INT64_MAX - 1), "");
    DOES(take(s, 0, EIO_POST, EIO_MESSAGE), "");
    DOES(take(s, 0, EIO_PROBE, EIO_UPGRADE), "");
    DOES(take(s, 0, EIO_POST, EIO_CLOSE), "");
    DOES(eio_session_bad_packet(s, EIO_WS, EIO_WHY_PACKET_TYPE), "");
    DOES(eio_session_get(s, 0, true), "refuse1 ");
    DOES(eio_session_post(s), "refuse1 ");
    DOES(eio_session_sent(s), "");
    DOES(eio_session_end(s, 0), "");
    DOES(eio_session_lost(s, EIO_GET), "");
    DOES(eio_session_lost(s, EIO_PROBE), "");
    assert_false(eio_session_probe(s, &limits, 0));
    assert_memory_equal(s, &before, sizeof before);
}

static void test_polling(void **state)
{
    (void)state;
    struct eio_session s = opened(false);
    assert_false(eio_session_writable(&s));
    DOES(eio_session_sent(&s), ""); /* waits in the queue */
    DOES(eio_session_get(&s, MS(1), true), "answer ");
    DOES(eio_session_get(&s, MS(2), false), "");
    assert_true(eio_session_writable(&s));
    DOES(eio_session_sent(&s), "answer ");
    DOES(eio_session_sent(&s), "");
    DOES(eio_session_get(&s, MS(3), false), "");
    DOES(eio_session_post(&s), "");
    DOES(eio_session_packet(&s, &limits, MS(4), EIO_POST, &hello), "deliver ");
    DOES(take(&s, 4, EIO_POST, EIO_MESSAGE), "deliver ");
    DOES(take(&s, 4, EIO_POST, EIO_PONG), ""); /* unasked */
    DOES(take(&s, 4, EIO_POST, EIO_NOOP), "");
    DOES(take(&s, 4, EIO_POST, EIO_OPEN), "");
    DOES(take(&s, 4, EIO_POST, EIO_UPGRADE), "");
    DOES(eio_session_post_done(&s), "ok ");
    DOES(eio_session_post(&s), "");
    DOES(eio_session_post_done(&s), "ok ");
    assert_int_equal(eio_session_deadline(&s), MS(300)); /* only an asked pong moves it */
}

static void test_overlaps(void **state)
{
    (void)state;
    struct eio_session s = opened(false);
    DOES(eio_session_get(&s, MS(1), false), "");
    DOES(eio_session_get(&s, MS(6), false), "1 answer refuse3 gone ");
    assert_gone(&s, EIO_WHY_GET_OVERLAP);

    s = opened(false);
    DOES(eio_session_post(&s), "");
    DOES(eio_session_get(&s, MS(1), false), "");
    DOES(eio_session_post(&s), "1 answer refuse3 gone ");
    DOES(eio_session_post_done(&s), "refuse3 "); /* the first one */
    assert_gone(&s, EIO_WHY_POST_OVERLAP);
}

static void test_bad_packets(void **state)
{
    (void)state;
    struct eio_session s = opened(false);
    DOES(eio_session_get(&s, MS(1), false), "");
    DOES(eio_session_post(&s), "");
    DOES(eio_session_bad_packet(&s, EIO_POST, EIO_WHY_PACKET_TYPE), "1 answer gone ");
    DOES(eio_session_post_done(&s), "refuse3 ");
    assert_gone(&s, EIO_WHY_PACKET_TYPE);

    s = opened(false);
    DOES(eio_session_post(&s), "");
    DOES(take(&s, 1, EIO_POST, EIO_PING), "gone ");
    DOES(eio_session_post_done(&s), "refuse3 ");
    assert_gone(&s, EIO_WHY_CLIENT_PING);

    s = opened(true);
    DOES(eio_session_bad_packet(&s, EIO_WS, EIO_WHY_PACKET_EMPTY), "shutws gone ");
    assert_gone(&s, EIO_WHY_PACKET_EMPTY);

    s = opened(true);
    DOES(eio_session_packet(&s, &limits, MS(1), EIO_WS, &probe), "shutws gone ");
    assert_gone(&s, EIO_WHY_CLIENT_PING);
}

static void test_client_close(void **state)
{
    (void)state;
    struct eio_session s = opened(false);
    DOES(eio_session_get(&s, MS(1), false), "");
    DOES(eio_session_post(&s), "");
    DOES(take(&s, 2, EIO_POST, EIO_CLOSE), "6 answer gone ");
    DOES(take(&s, 2, EIO_POST, EIO_MESSAGE), "");
    DOES(eio_session_post_done(&s), "ok ");
    assert_gone(&s, EIO_WHY_CLIENT_CLOSE);

    s = opened(true);
    DOES(take(&s, 2, EIO_WS, EIO_CLOSE), "shutws gone ");
    assert_gone(&s, EIO_WHY_CLIENT_CLOSE);
}

static void test_lost(void **state)
{
    (void)state;
    struct eio_session s = opened(false);
    DOES(eio_session_get(&s, MS(1), false), "");
    DOES(eio_session_lost(&s, EIO_GET), "gone ");
    assert_gone(&s, EIO_WHY_LOST);

    s = opened(false);
    DOES(eio_session_get(&s, MS(1), false), "");
    DOES(eio_session_post(&s), "");
    DOES(eio_session_lost(&s, EIO_POST), "1 answer gone ");
    assert_gone(&s, EIO_WHY_LOST);

    s = opened(true);
    DOES(eio_session_lost(&s, EIO_WS), "gone ");
    assert_gone(&s, EIO_WHY_LOST);
}

static void test_server_close(void **state)
{
    (void)state;
    struct eio_session s = opened(false);
    DOES(eio_session_get(&s, MS(1), false), "");
    DOES(eio_session_end(&s, MS(2)), "1 answer gone ");
    assert_gone(&s, EIO_WHY_SERVER_CLOSE);

    s = opened(false);
    DOES(eio_session_end(&s, MS(2)), "");
    assert_int_equal(s.state, EIO_CLOSING);
    assert_false(eio_session_is_open(&s));
    DOES(eio_session_end(&s, MS(3)), "");
    DOES(eio_session_post(&s), "");
    DOES(take(&s, 3, EIO_POST, EIO_MESSAGE), "");
    DOES(take(&s, 3, EIO_POST, EIO_PING), "");
    DOES(eio_session_post_done(&s), "ok ");
    assert_false(eio_session_probe(&s, &limits, MS(3)));
    DOES(eio_session_get(&s, MS(4), true), "1 answer gone ");
    assert_gone(&s, EIO_WHY_SERVER_CLOSE);

    s = opened(false);
    DOES(eio_session_end(&s, MS(2)), "");
    DOES(take(&s, 3, EIO_POST, EIO_CLOSE), "gone ");
    assert_gone(&s, EIO_WHY_CLIENT_CLOSE);

    s = opened(false);
    DOES(eio_session_end(&s, MS(2)), "");
    assert_int_equal(eio_session_deadline(&s), MS(30002));
    DOES(eio_session_tick(&s, &limits, MS(30001)), "");
    DOES(eio_session_tick(&s, &limits, MS(30002)), "gone ");
    assert_gone(&s, EIO_WHY_SERVER_CLOSE);

    s = opened(true);
    DOES(eio_session_end(&s, MS(2)), "flush shutws gone ");
    assert_gone(&s, EIO_WHY_SERVER_CLOSE);
}

static void test_heartbeat(void **state)
{
    (void)state;
    struct eio_session s = opened(false);
    DOES(eio_session_get(&s, MS(0), false), "");
    DOES(eio_session_tick(&s, &limits, MS(300) - 1), "");
    DOES(eio_session_tick(&s, &limits, MS(300)), "2 answer ");
    assert_int_equal(eio_session_deadline(&s), MS(500));
    DOES(eio_session_get(&s, MS(301), false), "");
    DOES(eio_session_post(&s), "");
    DOES(take(&s, 350, EIO_POST, EIO_PONG), "");
    DOES(eio_session_post_done(&s), "ok ");
    assert_int_equal(eio_session_deadline(&s), MS(650)); /* pingInterval after the pong */
    DOES(eio_session_tick(&s, &limits, MS(650)), "2 answer ");
    DOES(eio_session_get(&s, MS(651), false), "");
    DOES(eio_session_tick(&s, &limits, MS(850) - 1), "");
    DOES(eio_session_tick(&s, &limits, MS(850)), "1 answer gone ");
    assert_gone(&s, EIO_WHY_PING_TIMEOUT);

    s = opened(true);
    DOES(eio_session_tick(&s, &limits, MS(300)), "2 flush ");
    DOES(take(&s, 499, EIO_WS, EIO_PONG), "");
    DOES(eio_session_tick(&s, &limits, MS(500)), "");
    DOES(eio_session_tick(&s, &limits, MS(799)), "2 flush ");
    DOES(eio_session_tick(&s, &limits, MS(999)), "shutws gone ");
    assert_gone(&s, EIO_WHY_PING_TIMEOUT);
}

/* A pong's deadline counts from when its ping was due, so that 300 and 200 make 500. */
static void test_late_ticks(void **state)
{
    (void)state;
    struct eio_session s = opened(false);
    DOES(eio_session_tick(&s, &limits, MS(307)), "2 ");
    DOES(eio_session_tick(&s, &limits, MS(500) - 1), "");
    DOES(eio_session_tick(&s, &limits, MS(500)), "gone ");

    s = opened(false); /* half of the time is left, and no less */
    DOES(eio_session_tick(&s, &limits, MS(400)), "2 ");
    assert_int_equal(eio_session_deadline(&s), MS(500));
    s = opened(false);
    DOES(eio_session_tick(&s, &limits, MS(401)), "2 ");
    assert_int_equal(eio_session_deadline(&s), MS(601));

    s = opened(false); /* a server that slept asks before it condemns */
    DOES(eio_session_tick(&s, &limits, MS(5000)), "2 ");
    DOES(eio_session_tick(&s, &limits, MS(5199)), "");
    DOES(eio_session_tick(&s, &limits, MS(5200)), "gone ");
}

static void test_one_extension(void **state)
{
    (void)state;
    struct eio_session s = opened(true);
    DOES(take(&s, 250, EIO_WS, EIO_MESSAGE), "deliver "); /* before the ping: counts for nothing */
    DOES(eio_session_tick(&s, &limits, MS(300)), "2 flush ");
    DOES(take(&s, 400, EIO_WS, EIO_MESSAGE), "deliver ");
    assert_int_equal(eio_session_deadline(&s), MS(600));
    DOES(take(&s, 500, EIO_WS, EIO_MESSAGE), "deliver ");
    DOES(take(&s, 510, EIO_WS, EIO_NOOP), "");
    assert_int_equal(eio_session_deadline(&s), MS(600));
    DOES(take(&s, 590, EIO_WS, EIO_PONG), "");
    assert_int_equal(eio_session_deadline(&s), MS(890));
    DOES(eio_session_tick(&s, &limits, MS(890)), "2 flush ");
    DOES(take(&s, 900, EIO_WS, EIO_NOOP), ""); /* each ping anew */
    DOES(eio_session_tick(&s, &limits, MS(1090)), "");
    DOES(eio_session_tick(&s, &limits, MS(1100)), "shutws gone ");
    assert_gone(&s, EIO_WHY_PING_TIMEOUT);
}

static struct eio_session probing(void)
{
    struct eio_session s = opened(false);
    assert_true(eio_session_probe(&s, &limits, MS(10)));
    assert_int_equal(s.state, EIO_UPGRADING);
    return s;
}

static void test_upgrade(void **state)
{
    (void)state;
    struct eio_session s = opened(false);
    DOES(eio_session_get(&s, MS(1), false), "");
    assert_true(eio_session_probe(&s, &limits, MS(10)));
    DOES(eio_session_packet(&s, &limits, MS(11), EIO_PROBE, &probe), "3probe 6 answer ");
    DOES(eio_session_sent(&s), ""); /* nothing overtakes: it waits for the WebSocket */
    DOES(take(&s, 12, EIO_PROBE, EIO_UPGRADE), "adopt flush ");
    assert_int_equal(s.state, EIO_OPENED);
    assert_true(eio_session_on_websocket(&s));
    assert_true(eio_session_writable(&s));
    DOES(eio_session_get(&s, MS(13), false), "refuse3 ");
    DOES(eio_session_post(&s), "refuse3 ");
    DOES(eio_session_sent(&s), "flush ");
    DOES(take(&s, 14, EIO_WS, EIO_UPGRADE), "");
    DOES(eio_session_tick(&s, &limits, MS(300)), "2 flush ");
    DOES(take(&s, 301, EIO_WS, EIO_PONG), "");
    DOES(eio_session_lost(&s, EIO_WS), "gone ");
    assert_gone(&s, EIO_WHY_LOST);
}

/* Polling goes on beside the probe, but no GET stays: each is let go after a while. */
static void test_polling_beside_a_probe(void **state)
{
    (void)state;
    struct eio_session s = probing();
    DOES(eio_session_get(&s, MS(11), false), "");
    assert_int_equal(eio_session_deadline(&s), MS(300));
    DOES(eio_session_sent(&s), "answer ");
    DOES(eio_session_packet(&s, &limits, MS(12), EIO_PROBE, &probe), "3probe ");
    DOES(eio_session_get(&s, MS(20), false), "");
    assert_int_equal(eio_session_deadline(&s), MS(120));
    DOES(eio_session_tick(&s, &limits, MS(119)), "");
    DOES(eio_session_tick(&s, &limits, MS(120)), "6 answer ");
    DOES(eio_session_get(&s, MS(121), false), "");
    DOES(eio_session_sent(&s), "answer ");
    assert_int_equal(eio_session_deadline(&s), MS(300)); /* none is left to be let go */
    DOES(eio_session_post(&s), "");
    DOES(take(&s, 130, EIO_POST, EIO_MESSAGE), "deliver ");
    DOES(eio_session_post_done(&s), "ok ");
    DOES(eio_session_get(&s, MS(140), false), "");
    DOES(take(&s, 150, EIO_PROBE, EIO_UPGRADE), "6 answer adopt flush ");
}

/* A ping asked over polling may be answered over the WebSocket, and the upgrade is a sign of life.
 */
static void test_ping_across_an_upgrade(void **state)
{
    (void)state;
    struct eio_session s = probing();
    DOES(eio_session_packet(&s, &limits, MS(250), EIO_PROBE, &probe), "3probe ");
    DOES(eio_session_tick(&s, &limits, MS(300)), "2 ");
    DOES(take(&s, 400, EIO_PROBE, EIO_UPGRADE), "adopt flush ");
    assert_int_equal(eio_session_deadline(&s), MS(600));
    DOES(take(&s, 550, EIO_WS, EIO_PONG), "");
    assert_int_equal(eio_session_deadline(&s), MS(850));
}

/* Whatever becomes of a probe, the session goes on as if there had been none. */
static void test_failed_probes(void **state)
{
    (void)state;
    static const struct eio_packet wrong[] = {
        {.type = EIO_PING},
        {.type = EIO_PING, .data = S("probes")},
        {.type = EIO_PONG},
        {.type = EIO_MESSAGE},
        {.type = EIO_MESSAGE, .binary = true},
        {.type = EIO_CLOSE},
        {.type = EIO_NOOP},
        {.type = EIO_OPEN},
        {.type = EIO_UPGRADE},
    };
    const struct eio_session before = opened(false);
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        struct eio_session s = probing();
        DOES(eio_session_packet(&s, &limits, MS(11), EIO_PROBE, &wrong[i]), "shutprobe ");
        assert_memory_equal(&s, &before, sizeof s);
        DOES(eio_session_packet(&s, &limits, MS(12), EIO_PROBE, &probe), ""); /* what came after */
    }
    struct eio_session s = probing();
    DOES(eio_session_bad_packet(&s, EIO_PROBE, EIO_WHY_PACKET_TYPE), "shutprobe ");
    assert_memory_equal(&s, &before, sizeof s);

    s = probing();
    DOES(eio_session_packet(&s, &limits, MS(11), EIO_PROBE, &probe), "3probe ");
    DOES(eio_session_lost(&s, EIO_PROBE), "");
    assert_memory_equal(&s, &before, sizeof s);
    assert_true(eio_session_probe(&s, &limits, MS(12)));      /* another try */
    DOES(take(&s, 13, EIO_PROBE, EIO_UPGRADE), "shutprobe "); /* without its own probe */
    assert_memory_equal(&s, &before, sizeof s);

    s = probing();
    DOES(eio_session_packet(&s, &limits, MS(11), EIO_PROBE, &probe), "3probe ");
    DOES(eio_session_get(&s, MS(12), false), "");
    DOES(eio_session_lost(&s, EIO_PROBE), "");
    assert_int_equal(eio_session_deadline(&s), MS(300)); /* and the GET stays parked */
    assert_true(eio_session_writable(&s));
}

static void test_probe_timeout(void **state)
{
    (void)state;
    struct eio_limits calm = limits;
    calm.ping_interval_ms = 25000;
    struct eio_session s;
    eio_session_init(&s, false);
    eio_session_opened(&s, &calm, 0);
    assert_true(eio_session_probe(&s, &calm, MS(10)));
    DOES(eio_session_packet(&s, &calm, MS(11), EIO_PROBE, &probe), "3probe ");
    assert_int_equal(eio_session_deadline(&s), MS(10010));
    DOES(eio_session_tick(&s, &calm, MS(10009)), "");
    DOES(eio_session_tick(&s, &calm, MS(10010)), "shutprobe ");
    assert_int_equal(s.state, EIO_OPENED);
    assert_int_equal(eio_session_deadline(&s), MS(25000));
    DOES(eio_session_get(&s, MS(10011), false), "");
    assert_int_equal(eio_session_deadline(&s), MS(25000)); /* parked for good again */
}

static void test_second_websocket(void **state)
{
    (void)state;
    struct eio_session s = probing();
    struct eio_session before = s;
    assert_false(eio_session_probe(&s, &limits, MS(20)));
    assert_memory_equal(&s, &before, sizeof s);
    s = before = opened(true);
    assert_false(eio_session_probe(&s, &limits, MS(20)));
    assert_memory_equal(&s, &before, sizeof s);
}

/* The session's end takes its probe along. */
static void test_ends_while_probing(void **state)
{
    (void)state;
    struct eio_session s = probing();
    DOES(take(&s, 11, EIO_POST, EIO_CLOSE), "shutprobe gone ");
    assert_gone(&s, EIO_WHY_CLIENT_CLOSE);
    s = probing();
    DOES(eio_session_get(&s, MS(11), false), "");
    DOES(eio_session_lost(&s, EIO_GET), "shutprobe gone ");
    assert_gone(&s, EIO_WHY_LOST);
    s = probing();
    DOES(eio_session_end(&s, MS(11)), "shutprobe ");
    assert_int_equal(s.state, EIO_CLOSING);
    DOES(eio_session_get(&s, MS(12), false), "1 answer gone ");
    s = probing();
    DOES(eio_session_tick(&s, &limits, MS(300)), "2 ");
    DOES(eio_session_tick(&s, &limits, MS(500)), "shutprobe gone ");
    assert_gone(&s, EIO_WHY_PING_TIMEOUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_polling),
        cmocka_unit_test(test_overlaps),
        cmocka_unit_test(test_bad_packets),
        cmocka_unit_test(test_client_close),
        cmocka_unit_test(test_lost),
        cmocka_unit_test(test_server_close),
        cmocka_unit_test(test_heartbeat),
        cmocka_unit_test(test_late_ticks),
        cmocka_unit_test(test_one_extension),
        cmocka_unit_test(test_upgrade),
        cmocka_unit_test(test_polling_beside_a_probe),
        cmocka_unit_test(test_ping_across_an_upgrade),
        cmocka_unit_test(test_failed_probes),
        cmocka_unit_test(test_probe_timeout),
        cmocka_unit_test(test_second_websocket),
        cmocka_unit_test(test_ends_while_probing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
