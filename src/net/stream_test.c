/* stream_test.c - answers that go on, on real sockets: chunks, HTTP/1.0, silence, slow readers, all
 * ways to end. */
#include "net/stream.h"
#include "net/testbed.h"

#define ASK      "GET /events HTTP/1.1\r\nHost: h\r\n\r\n"
#define ASK_10   "GET /events HTTP/1.0\r\nHost: h\r\n\r\n"
#define ASK_HEAD "HEAD /events HTTP/1.1\r\nHost: h\r\n\r\n"

static struct net_config defaults(void)
{
    struct net_config config;
    net_config_default(&config);
    return config;
}

static void over(struct conn *c, void *user)
{
    struct testbed *bed = user;
    assert_ptr_equal(c, bed->conn);
    bed->closed++;
    sem_post(&bed->happened);
}

static const struct stream_ops ops = {over};

static void send_text(struct testbed *bed, const char *text)
{
    struct frame *f = stream_frame(str_of(text));
    stream_send(bed->conn, f);
    frame_unref(f);
}

static void open_stream(struct testbed *bed, struct exchange *x)
{
    static const struct http_header header = {{"Cache-Control", 13}, {"no-store", 8}};
    const struct answer a = {
        .content_type = "text/event-stream", .headers = &header, .header_count = 1};
    bed->conn = stream_open(x, &a, &ops, bed);
    if (bed->conn)
        send_text(bed, "data: 1\n\n");
}

static void send_more(struct testbed *bed)
{
    send_text(bed, "data: a second one\n\n");
}

static void end_it(struct testbed *bed)
{
    stream_close(bed->conn);
    send_text(bed, "data: never sent\n\n");
    stream_close(bed->conn);
}

static void drain(struct testbed *bed)
{
    server_drain(bed->server);
}

/* Ask, hear two pieces and the end that `end` makes; all that was heard is left in `in`. */
static void converse(const char *ask, void (*end)(struct testbed *bed), struct buf *in)
{
    struct testbed bed = {0};
    struct net_config config = defaults();
    bed_start(&bed, &config, open_stream);
    int fd = dial(&bed);
    say(fd, ask);
    hear_until(fd, in, "data: 1\n\n");
    say(fd, "whatever it says meanwhile");
    bed_call(&bed, send_more);
    hear_until(fd, in, "second one\n\n");
    bed_call(&bed, end);
    hear_to_end(fd, in);
    bed_wait(&bed);
    assert_int_equal(bed.closed, 1);
    bed_stop(&bed);
}

static void it_goes_on_in_chunks(void **state)
{
    struct buf in = {0};
    (void)state;
    converse(ASK, end_it, &in);
    const char *text = buf_cstr(&in);
    assert_ptr_equal(strstr(text, "HTTP/1.1 200 OK\r\n"), text);
    assert_non_null(strstr(text, "\r\nContent-Type: text/event-stream\r\n"));
    assert_non_null(strstr(text, "\r\nTransfer-Encoding: chunked\r\n"));
    assert_non_null(strstr(text, "\r\nCache-Control: no-store\r\n"));
    assert_null(strstr(text, "Content-Length"));
    assert_string_equal(strstr(text, "\r\n\r\n"),
                        "\r\n\r\n9\r\ndata: 1\n\n\r\n14\r\ndata: a second one\n\n\r\n0\r\n\r\n");
    buf_fini(&in);
}

static void http_10_knows_no_chunks(void **state)
{
    struct buf in = {0};
    (void)state;
    converse(ASK_10, end_it, &in);
    assert_null(strstr(buf_cstr(&in), "chunked"));
    assert_string_equal(strstr(buf_cstr(&in), "\r\n\r\n"),
                        "\r\n\r\ndata: 1\n\ndata: a second one\n\n");
    buf_fini(&in);
}

static void it_ends_with_the_server(void **state)
{
    struct buf in = {0};
    (void)state;
    converse(ASK, drain, &in);
    assert_non_null(strstr(buf_cstr(&in), "second one\n\n\r\n0\r\n\r\n"));
    buf_fini(&in);
}

static void head_is_answered_without_it(void **state)
{
    struct testbed bed = {0};
    struct net_config config = defaults();
    struct buf in = {0};
    (void)state;
    bed_start(&bed, &config, open_stream);
    int fd = dial(&bed);
    say(fd, ASK_HEAD);
    hear_until(fd, &in, "\r\n\r\n");
    assert_true(silent(fd));
    assert_null(bed.conn);
    close(fd);
    buf_fini(&in);
    bed_stop(&bed);
}

static void the_client_may_leave(void **state)
{
    struct testbed bed = {0};
    struct net_config config = defaults();
    struct buf in = {0};
    (void)state;
    bed_start(&bed, &config, open_stream);
    int fd = dial(&bed);
    say(fd, ASK);
    hear_until(fd, &in, "data: 1\n\n");
    close(fd);
    bed_wait(&bed);
    assert_int_equal(bed.closed, 1);
    buf_fini(&in);
    bed_stop(&bed);
}

static void it_breaks_the_silence(void **state)
{
    struct testbed bed = {0};
    struct net_config config = defaults();
    struct buf in = {0};
    (void)state;
    config.stream_ms = 20;
    bed_start(&bed, &config, open_stream);
    int fd = dial(&bed);
    say(fd, ASK);
    hear_until(fd, &in, "3\r\n:\n\n\r\n3\r\n:\n\n\r\n");
    bed_call(&bed, end_it);
    hear_to_end(fd, &in);
    buf_fini(&in);
    bed_stop(&bed);
}

static void send_far_too_much(struct testbed *bed)
{
    char text[1001];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    for (int i = 0; i < 20000; i++)
        send_text(bed, text);
}

/* Whatever comes is whole, but the answer is not: its last chunk never comes. */
static void a_slow_reader_is_broken_off(void **state)
{
    struct testbed bed = {0};
    struct net_config config = defaults();
    struct buf in = {0};
    (void)state;
    config.queue_max = 100000;
    bed_start(&bed, &config, open_stream);
    int fd = dial(&bed);
    say(fd, ASK);
    hear_until(fd, &in, "data: 1\n\n");
    bed_call(&bed, send_far_too_much);
    hear_to_end(fd, &in);
    bed_wait(&bed);
    assert_int_equal(bed.closed, 1);
    assert_true(in.len < 20000000);
    assert_memory_equal(in.at + in.len - 7, "xxxxx\r\n", 7);
    buf_fini(&in);
    bed_stop(&bed);
}

static void park(struct testbed *bed, struct exchange *x)
{
    bed->parked = x;
    sem_post(&bed->happened);
}

static void open_parked(struct testbed *bed)
{
    open_stream(bed, bed->parked);
}

static size_t connections; /* as the server's own thread counted them last */

static void count_connections(struct testbed *bed)
{
    connections = server_connections(bed->server);
}

static void who_has_left_opens_nothing(void **state)
{
    struct testbed bed = {0};
    struct net_config config = defaults();
    (void)state;
    bed_start(&bed, &config, park);
    int fd = dial(&bed);
    say(fd, ASK);
    bed_wait(&bed);
    const struct linger reset = {.l_onoff = 1};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    close(fd);
    do {
        usleep(1000);
        bed_call(&bed, count_connections);
    } while (connections > 0);
    bed_call(&bed, open_parked);
    assert_null(bed.conn);
    assert_int_equal(bed.closed, 0);
    bed_stop(&bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_goes_on_in_chunks),
        cmocka_unit_test(http_10_knows_no_chunks),
        cmocka_unit_test(it_ends_with_the_server),
        cmocka_unit_test(head_is_answered_without_it),
        cmocka_unit_test(the_client_may_leave),
        cmocka_unit_test(it_breaks_the_silence),
        cmocka_unit_test(a_slow_reader_is_broken_off),
        cmocka_unit_test(who_has_left_opens_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
