/* socket_test.c - WebSockets on real sockets: opening, messages, pings, slow readers, all ways to
 * end. */
#include "net/testbed.h"
#include "wire/websocket.h"

#define HANDSHAKE                                                                                  \
    "GET /ws HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n"     \
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
#define MANY   ((size_t)2008000) /* bytes of send_many() */
#define ACCEPT "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"

static struct net_config defaults(void)
{
    struct net_config config;
    net_config_default(&config);
    return config;
}

/* --- an owner that echoes and counts --- */

static void echo(struct conn *c, void *user, bool text, struct str payload)
{
    struct testbed *bed = user;
    bed->messages++;
    if (str_is(payload, "close me")) {
        socket_close(c, 4000, "as you wish");
        socket_send_text(c, STR("never sent"));
        return;
    }
    struct frame *f = text ? frame_text(payload) : frame_binary(payload);
    socket_send(c, f);
    frame_unref(f);
}

static void over(struct conn *c, void *user)
{
    struct testbed *bed = user;
    assert_ptr_equal(c, bed->conn);
    bed->closed++;
    sem_post(&bed->happened);
}

static const struct socket_ops ops = {.message = echo, .closed = over};

static void open_socket(struct testbed *bed, struct exchange *x)
{
    assert_true(x->wants_upgrade);
    bed->conn = socket_open(x, &ops, bed);
}

static void park(struct testbed *bed, struct exchange *x)
{
    bed->parked = x;
    sem_post(&bed->happened);
}

static void open_parked(struct testbed *bed)
{
    open_socket(bed, bed->parked);
}

/* --- the client --- */

static void say_frame(int fd, enum ws_opcode opcode, bool more, const char *text)
{
    uint8_t bytes[WS_CLIENT_HEAD_MAX + 256];
    const struct ws_client_frame frame = {
        .opcode = opcode, .more = more, .mask = {1, 2, 3, 4}, .payload = str_of(text)};
    say_bytes(fd, bytes, ws_client_frame(bytes, &frame));
}

static int dial_socket(const struct testbed *bed, struct buf *in)
{
    int fd = dial(bed);
    say(fd, HANDSHAKE);
    hear_until(fd, in, "\r\n\r\n");
    buf_clear(in);
    return fd;
}

/* Hear exactly these bytes, nothing before them. */
static void expect_bytes(int fd, struct buf *in, const char *bytes, size_t len)
{
    while (in->len < len)
        assert_int_not_equal(hear_some(fd, in), 0);
    assert_memory_equal(in->at, bytes, len);
    buf_consume(in, len);
}

#define EXPECT(fd, in, lit) expect_bytes(fd, in, lit, sizeof(lit) - 1)

/* --- tests --- */

static void test_opening_and_messages(void **state)
{
    struct testbed bed = {0};
    struct net_config config = defaults();
    struct buf in = {0};
    (void)state;
    bed_start(&bed, &config, open_socket);
    int fd = dial(&bed);
    say(fd, HANDSHAKE);
    const char *head = hear_until(fd, &in, "\r\n\r\n");
    assert_non_null(strstr(head, "HTTP/1.1 101 Switching Protocols\r\n"));
    assert_non_null(strstr(head, ACCEPT));
    buf_clear(&in);
    say_frame(fd, WS_OP_TEXT, false, "whole");
    EXPECT(fd, &in, "\x81\x05whole");
    say_frame(fd, WS_OP_BINARY, true, "in ");
    say_frame(fd, WS_OP_PING, false, "now");
    say_frame(fd, WS_OP_CONTINUATION, false, "pieces");
    EXPECT(fd, &in, "\x8a\x03now\x82\x09in pieces");
    say_frame(fd, WS_OP_CLOSE, false, "\x0f\xa0");
    EXPECT(fd, &in, "\x88\x02\x0f\xa0");
    assert_string_equal(hear_to_end(fd, &in), "");
    bed_wait(&bed);
    assert_int_equal(bed.closed, 1);
    assert_int_equal(bed.messages, 2);
    buf_fini(&in);
    bed_stop(&bed);
    assert_int_equal(bed.closed, 1);
}

static void test_frames_behind_the_head_wait_for_a_late_opening(void **state)
{
    struct testbed bed = {0};
    struct net_config config = defaults();
    struct buf in = {0};
    (void)state;
    bed_start(&bed, &config, park);
    int fd = dial(&bed);
    say(fd, HANDSHAKE);
    bed_wait(&bed);
    for (int i = 0; i < 400; i++) /* more than fits in front of the receive buffer */
        say_frame(fd, WS_OP_TEXT, false, "early");
    bed_call(&bed, open_parked);
    hear_until(fd, &in, "\r\n\r\n");
    buf_consume(&in, (size_t)(strstr(buf_cstr(&in), "\r\n\r\n") + 4 - in.at));
    for (int i = 0; i < 400; i++)
        EXPECT(fd, &in,
               "\x81\x05"
               "early");
    close(fd);
    bed_wait(&bed);
    buf_fini(&in);
    bed_stop(&bed);
}

static size_t connections;

static void count_connections(struct testbed *bed)
{
    connections = server_connections(bed->server);
}

static void test_opening_for_nobody(void **state)
{
    struct testbed bed = {0};
    struct net_config config = defaults();
    const struct linger now = {.l_onoff = 1};
    (void)state;
    bed_start(&bed, &config, park);
    int fd = dial(&bed);
    say(fd, HANDSHAKE);
    bed_wait(&bed);
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close(fd);
    do
        bed_call(&bed, count_connections);
    while (connections > 0);
    bed_call(&bed, open_parked);
    assert_null(bed.conn);
    assert_int_equal(bed.closed, 0);
    bed_stop(&bed);
}

static void test_we_close(void **state)
{
    struct testbed bed = {0};
    struct net_config config = defaults();
    struct buf in = {0};
    (void)state;
    bed_start(&bed, &config, open_socket);
    int fd = dial_socket(&bed, &in);
    say_frame(fd, WS_OP_TEXT, false, "close me");
    EXPECT(fd, &in,
           "\x88\x0d\x0f\xa0"
           "as you wish");
    say_frame(fd, WS_OP_TEXT, false, "crossing");
    assert_true(silent(fd));
    say_frame(fd, WS_OP_CLOSE, false, "\x0f\xa0");
    assert_string_equal(hear_to_end(fd, &in), "");
    bed_wait(&bed);
    assert_int_equal(bed.messages, 1);
    assert_int_equal(bed.closed, 1);
    buf_fini(&in);
    bed_stop(&bed);
}

static void test_a_silent_socket_is_pinged_then_closed(void **state)
{
    struct testbed bed = {0};
    struct net_config config = defaults();
    struct buf in = {0};
    (void)state;
    config.ping_ms = 200;
    bed_start(&bed, &config, open_socket);
    int fd = dial_socket(&bed, &in);
    for (int i = 0; i < 3; i++) {
        EXPECT(fd, &in, "\x89\x00");
        say_frame(fd, WS_OP_PONG, false, "");
    }
    EXPECT(fd, &in, "\x89\x00");
    assert_string_equal(hear_to_end(fd, &in), "");
    bed_wait(&bed);
    assert_int_equal(bed.closed, 1);
    buf_fini(&in);
    bed_stop(&bed);
}

static void send_many(struct testbed *bed)
{
    static char text[1000];
    memset(text, 'x', sizeof text);
    struct frame *f = frame_text((struct str){text, sizeof text});
    for (int i = 0; i < 2000; i++)
        socket_send(bed->conn, f);
    frame_unref(f);
}

/* Two megabytes in one turn, to a peer that takes them: more than may wait, but it need not. */
static void test_much_at_once_is_not_slow(void **state)
{
    struct testbed bed = {0};
    struct net_config config = defaults();
    struct buf in = {0};
    const int roomy = 4 << 20;
    (void)state;
    config.queue_max = 1500000;
    bed_start(&bed, &config, open_socket);
    int fd = dial_socket(&bed, &in);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &roomy, sizeof roomy);
    bed_call(&bed, send_many);
    while (in.len < MANY)
        assert_int_not_equal(hear_some(fd, &in), 0);
    assert_int_equal(in.len, MANY);
    close(fd);
    bed_wait(&bed);
    buf_fini(&in);
    bed_stop(&bed);
}

static void send_far_too_much(struct testbed *bed)
{
    for (int i = 0; i < 10; i++)
        send_many(bed);
}

/* A slow reader gets whole frames, then Close 1013, and nothing of what came later. */
static void test_a_slow_reader_is_closed(void **state)
{
    struct testbed bed = {0};
    struct net_config config = defaults();
    struct buf in = {0};
    (void)state;
    config.queue_max = 100000;
    bed_start(&bed, &config, open_socket);
    int fd = dial_socket(&bed, &in);
    bed_call(&bed, send_far_too_much);
    while (hear_some(fd, &in) > 0)
        continue;
    close(fd);
    bed_wait(&bed);
    assert_int_equal(bed.closed, 1);
    assert_true(in.len < 10 * MANY);
    size_t rest = in.len % 1004;
    assert_int_equal(rest, 2 + 2 + strlen("too slow"));
    assert_memory_equal(in.at + in.len - rest, "\x88\x0a\x03\xf5too slow", rest);
    buf_fini(&in);
    bed_stop(&bed);
}

static void drain(struct testbed *bed)
{
    server_drain(bed->server);
}

static void test_draining_says_goodbye(void **state)
{
    struct testbed bed = {0};
    struct net_config config = defaults();
    struct buf in = {0};
    (void)state;
    bed_start(&bed, &config, open_socket);
    int fd = dial_socket(&bed, &in);
    bed_call(&bed, drain);
    EXPECT(fd, &in, "\x88\x02\x03\xe9");
    say_frame(fd, WS_OP_CLOSE, false, "\x03\xe9");
    assert_string_equal(hear_to_end(fd, &in), "");
    bed_wait(&bed);
    buf_fini(&in);
    bed_stop(&bed);
}

static void test_the_server_goes_first(void **state)
{
    struct testbed bed = {0};
    struct net_config config = defaults();
    struct buf in = {0};
    (void)state;
    bed_start(&bed, &config, open_socket);
    int fd = dial_socket(&bed, &in);
    say_frame(fd, WS_OP_TEXT, true, "an unfinished message");
    say_frame(fd, WS_OP_PING, false, "");
    EXPECT(fd, &in, "\x8a\x00");
    bed_stop(&bed);
    assert_int_equal(bed.closed, 1);
    close(fd);
    buf_fini(&in);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_opening_and_messages),
        cmocka_unit_test(test_frames_behind_the_head_wait_for_a_late_opening),
        cmocka_unit_test(test_opening_for_nobody),
        cmocka_unit_test(test_we_close),
        cmocka_unit_test(test_a_silent_socket_is_pinged_then_closed),
        cmocka_unit_test(test_much_at_once_is_not_slow),
        cmocka_unit_test(test_a_slow_reader_is_closed),
        cmocka_unit_test(test_draining_says_goodbye),
        cmocka_unit_test(test_the_server_goes_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
