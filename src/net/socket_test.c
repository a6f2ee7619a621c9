/* socket_test.c - WebSockets on real sockets: opening, messages, pings, slow readers, all ways to
 * end. */
#include "net/testbed.h"
#include "wire/deflate.h"

#define OPENING                                                                                    \
    "GET /ws HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n"     \
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define HANDSHAKE OPENING "\r\n"
#define OFFER     "Sec-WebSocket-Extensions: permessage-deflate"
#define AGREED    "; server_no_context_takeover; client_no_context_takeover"
#define MANY      ((size_t)2008000) /* bytes of send_many() */
#define ACCEPT    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"

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

/* --- packed messages --- */

#define ROW     "{\"name\":\"Kopi susu\",\"price\":20000},"
#define MENU    ROW ROW ROW ROW ROW ROW ROW ROW ROW ROW
#define CATALOG MENU MENU MENU MENU /* 1,520 bytes */
#define PACKED  0xC1                /* first byte of a packed text */

static int dial_packing(const struct testbed *bed, struct buf *in, const char *offers,
                        const char *answer)
{
    int fd = dial(bed);
    say(fd, OPENING);
    say(fd, offers);
    say(fd, "\r\n\r\n");
    hear_until(fd, in, "\r\n\r\n");
    const char *found = strstr(in->at, "Sec-WebSocket-Extensions:");
    assert_true(answer ? found && strncmp(found, answer, strlen(answer)) == 0 : !found);
    buf_clear(in);
    return fd;
}

/* The next frame; `first` is its first byte. Returns what is in it, unpacked. */
static struct buf hear_message(int fd, struct buf *in, int first)
{
    struct deflater *d = deflater_new();
    struct buf message = {0};
    while (in->len < 4)
        assert_int_not_equal(hear_some(fd, in), 0);
    assert_int_equal((uint8_t)in->at[0], first);
    uint8_t len = (uint8_t)in->at[1];
    size_t head = len == 126 ? 4 : 2;
    size_t size = len == 126 ? (size_t)(uint8_t)in->at[2] << 8 | (uint8_t)in->at[3] : len;
    while (in->len < head + size)
        assert_int_not_equal(hear_some(fd, in), 0);
    const struct str payload = {in->at + head, size};
    if (first & 0x40)
        assert_int_equal(deflater_unpack(d, payload, true, 65536, &message), WS_ERR_NONE);
    else
        buf_add_str(&message, payload);
    buf_consume(in, head + size);
    deflater_free(&d);
    return message;
}

static void expect_message(int fd, struct buf *in, int first, const char *text)
{
    struct buf message = hear_message(fd, in, first);
    assert_string_equal(buf_cstr(&message), text);
    buf_fini(&message);
}

static void send_catalog(struct testbed *bed)
{
    socket_send_text(bed->conn, STR(CATALOG));
    socket_send_text(bed->conn, STR(MENU));
}

static void say_packed(int fd, struct str packed)
{
    uint8_t bytes[WS_CLIENT_HEAD_MAX + 256];
    const struct ws_client_frame frame = {
        .opcode = WS_OP_TEXT, .packed = true, .mask = {1, 2, 3, 4}, .payload = packed};
    say_bytes(fd, bytes, ws_client_frame(bytes, &frame));
}

static void test_packed_messages(void **state)
{
    struct testbed bed = {0};
    struct net_config config = defaults();
    struct buf in = {0};
    (void)state;
    bed_start(&bed, &config, open_socket);
    int fd = dial_packing(&bed, &in, OFFER, OFFER AGREED "\r\n");
    bed_call(&bed, send_catalog);
    expect_message(fd, &in, PACKED, CATALOG);
    expect_message(fd, &in, 0x81, MENU); /* small: as it is */
    say_packed(fd, STR("\xf2\x48\xcd\xc9\xc9\x07\x00"));
    say_frame(fd, WS_OP_TEXT, false, "plain");
    EXPECT(fd, &in, "\x81\x05Hello\x81\x05plain");
    say_packed(fd, STR("\xff\xff"));
    expect_message(fd, &in, 0x88,
                   "\x03\xef"
                   "compressed data is broken");
    assert_string_equal(hear_to_end(fd, &in), "");
    bed_wait(&bed);
    assert_int_equal(bed.messages, 2);
    buf_fini(&in);
    bed_stop(&bed);
}

static void test_a_packed_message_is_limited_unpacked(void **state)
{
    struct testbed bed = {0};
    struct net_config config = defaults();
    struct buf in = {0};
    (void)state;
    config.message_max = 99;
    bed_start(&bed, &config, open_socket);
    int fd = dial_packing(&bed, &in, OFFER, OFFER AGREED);
    say_packed(fd, STR("\x4a\x4c\xa4\x3d\x00\x00")); /* 100 letters */
    expect_message(fd, &in, 0x88, "\x03\xf1message too big");
    assert_string_equal(hear_to_end(fd, &in), "");
    bed_wait(&bed);
    assert_int_equal(bed.messages, 0);
    buf_fini(&in);
    bed_stop(&bed);
}

/* The second header's offer is taken, and its window honoured: 1,520 bytes don't fit into 1,024. */
static void test_a_small_window_is_honoured(void **state)
{
    struct testbed bed = {0};
    struct net_config config = defaults();
    struct buf in = {0};
    (void)state;
    bed_start(&bed, &config, open_socket);
    int fd = dial_packing(&bed, &in, OFFER "; unheard_of\r\n" OFFER "; server_max_window_bits=10",
                          OFFER AGREED "; server_max_window_bits=10\r\n");
    bed_call(&bed, send_catalog);
    expect_message(fd, &in, 0x81, CATALOG);
    expect_message(fd, &in, 0x81, MENU);
    close(fd);
    bed_wait(&bed);
    buf_fini(&in);
    bed_stop(&bed);
}

static void test_a_server_that_does_not_pack(void **state)
{
    struct testbed bed = {0};
    struct net_config config = defaults();
    struct buf in = {0};
    (void)state;
    config.deflate = false;
    bed_start(&bed, &config, open_socket);
    int fd = dial_packing(&bed, &in, OFFER, NULL);
    bed_call(&bed, send_catalog);
    expect_message(fd, &in, 0x81, CATALOG);
    expect_message(fd, &in, 0x81, MENU);
    say_packed(fd, STR("\x00"));
    expect_message(fd, &in, 0x88, "\x03\xeareserved bits are set");
    assert_string_equal(hear_to_end(fd, &in), "");
    bed_wait(&bed);
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
        cmocka_unit_test(test_packed_messages),
        cmocka_unit_test(test_a_packed_message_is_limited_unpacked),
        cmocka_unit_test(test_a_small_window_is_honoured),
        cmocka_unit_test(test_a_server_that_does_not_pack),
        cmocka_unit_test(test_draining_says_goodbye),
        cmocka_unit_test(test_the_server_goes_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
