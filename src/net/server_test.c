/* server_test.c - requests on real sockets: limits, waits, answers that come late or go nowhere. */
#include <fcntl.h>
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#endif
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "net/testbed.h"

#define GET                                                                                        \
    "GET /a%20b?x=1%2B1&y&z=%zz HTTP/1.1\r\nHost: h\r\nCookie: a=1; b=\"2\"; c\r\nX: \tv \r\n\r\n"

static struct net_config defaults(void)
{
    struct net_config config;
    net_config_default(&config);
    return config;
}

static void answer_text(struct exchange *x, const char *text)
{
    exchange_answer(
        x, &(struct answer){.status = 200, .content_type = "text/plain", .body = str_of(text)});
}

static void answer_hello(struct testbed *bed, struct exchange *x)
{
    (void)bed;
    answer_text(x, "hello");
}

static void park(struct testbed *bed, struct exchange *x)
{
    bed->parked = x;
    sem_post(&bed->happened);
}

static void answer_parked(struct testbed *bed)
{
    struct exchange *x = bed->parked;
    bed->parked = NULL;
    answer_text(x, "late");
}

static int count_of(const char *text, const char *word)
{
    int count = 0;
    for (const char *at = text; (at = strstr(at, word)); at += strlen(word))
        count++;
    return count;
}

/* --- what a handler sees --- */

static void answer_what_is_seen(struct testbed *bed, struct exchange *x)
{
    struct buf out = buf_in(x->arena);
    (void)bed;
    buf_addf(&out, "%d [%.*s] [%.*s] [%.*s]", x->method, STR_ARG(x->path), STR_ARG(x->query),
             STR_ARG(x->peer));
    buf_addf(&out, " x=%.*s", STR_ARG(exchange_query(x, "x")));
    buf_addf(&out, " y=%d", exchange_query(x, "y").at != NULL);
    buf_addf(&out, " z=%d", exchange_query(x, "z").at != NULL);
    buf_addf(&out, " w=%d", exchange_query(x, "w").at != NULL);
    buf_addf(&out, " a=%.*s", STR_ARG(exchange_cookie(x, "a")));
    buf_addf(&out, " b=%.*s", STR_ARG(exchange_cookie(x, "b")));
    buf_addf(&out, " c=%d", exchange_cookie(x, "c").at != NULL);
    buf_addf(&out, " X=[%.*s]", STR_ARG(exchange_header(x, "x")));
    buf_addf(&out, " body=%.*s", STR_ARG(x->body));
    answer_text(x, buf_cstr(&out));
}

static void test_what_a_handler_sees(void **state)
{
    struct testbed bed = {0};
    struct net_config config = defaults();
    struct buf in = {0};
    (void)state;
    bed_start(&bed, &config, answer_what_is_seen);
    int fd = dial(&bed);
    say(fd, GET "PUT /p HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc");
    const char *text = hear_to_end(fd, &in);
    assert_non_null(strstr(text, "0 [/a b] [x=1%2B1&y&z=%zz] [127.0.0.1] x=1+1 y=1 z=0 w=0"
                                 " a=1 b=2 c=0 X=[v] body="));
    assert_non_null(strstr(text, "3 [/p] [] [127.0.0.1]"));
    assert_non_null(strstr(text, "body=abc"));
    buf_fini(&in);
    bed_stop(&bed);
}

/* --- answers --- */

static void answer_oddly(struct testbed *bed, struct exchange *x)
{
    const struct http_header headers[] = {{STR("X-Odd"), {"a\r\nX-Forged: b\0c", 16}}};
    (void)bed;
    exchange_answer(x, &(struct answer){.status = str_is(x->path, "/204") ? 204 : 201,
                                        .content_type = "text/plain",
                                        .body = STR("lasting"),
                                        .lasting = true,
                                        .headers = headers,
                                        .header_count = 1,
                                        .close = str_is(x->path, "/end")});
}

static void test_answers(void **state)
{
    struct testbed bed = {0};
    struct net_config config = defaults();
    struct buf in = {0};
    (void)state;
    bed_start(&bed, &config, answer_oddly);
    int fd = dial(&bed);
    say(fd, "GET / HTTP/1.1\r\nHost: h\r\n\r\nGET /204 HTTP/1.1\r\nHost: h\r\n\r\n"
            "GET /end HTTP/1.1\r\nHost: h\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n");
    const char *text = hear_to_end(fd, &in);
    assert_int_equal(count_of(text, "HTTP/1.1 201 Created\r\n"), 2);
    assert_int_equal(count_of(text, "HTTP/1.1 204 No Content\r\n"), 1);
    assert_int_equal(count_of(text, "Content-Length: 7\r\n"), 2);
    assert_int_equal(count_of(text, "\r\n\r\nlasting"), 2);
    assert_int_equal(count_of(text, "Connection: close\r\n"), 1);
    assert_int_equal(count_of(text, "\r\nX-Odd: a  X-Forged: b c\r\n"), 3);
    buf_fini(&in);
    bed_stop(&bed);
}

static void test_late_answers_keep_the_order(void **state)
{
    struct testbed bed = {0};
    struct net_config config = defaults();
    struct buf in = {0};
    (void)state;
    bed_start(&bed, &config, park);
    int fd = dial(&bed);
    say(fd, "GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\nGET /3 HTTP");
    bed_wait(&bed);
    assert_true(str_is(bed.parked->path, "/1"));
    say(fd, "/1.1\r\nHost: h\r\n\r\n");
    assert_true(silent(fd)); /* /2 waits for /1 */
    for (int i = 1; i <= 3; i++) {
        char path[8];
        snprintf(path, sizeof path, "/%d", i);
        assert_true(str_is(bed.parked->path, path));
        bed_call(&bed, answer_parked);
        if (i < 3)
            bed_wait(&bed);
    }
    shutdown(fd, SHUT_WR);
    assert_int_equal(count_of(hear_to_end(fd, &in), "late"), 3);
    buf_fini(&in);
    bed_stop(&bed);
}

#ifdef __SANITIZE_ADDRESS__
static const char *beyond; /* of the first request's memory, behind the arena's first chunk */

static void nobody_waits(void *user, bool hung_up)
{
    (void)user, (void)hung_up;
}

static void answer_what_became_of_it(struct testbed *bed, struct exchange *x)
{
    (void)bed;
    if (str_is(x->path, "/large")) {
        for (int i = 0; i < 3; i++)
            beyond = arena_alloc(x->arena, 1000);
        answer_text(x, "large");
        return;
    }
    if (str_is(x->path, "/waits"))
        exchange_on_end(x, nobody_waits, NULL);
    answer_text(x, __asan_address_is_poisoned(beyond) ? "given back" : "kept");
}

/* Thousands may wait, each in an arena that some larger request had before. */
static void test_who_waits_gives_back_what_others_used(void **state)
{
    struct testbed bed = {0};
    struct net_config config = defaults();
    struct buf in = {0};
    (void)state;
    bed_start(&bed, &config, answer_what_became_of_it);
    int fd = dial(&bed);
    say(fd, "GET /large HTTP/1.1\r\nHost: h\r\n\r\nGET /quick HTTP/1.1\r\nHost: h\r\n\r\n"
            "GET /waits HTTP/1.1\r\nHost: h\r\n\r\n");
    shutdown(fd, SHUT_WR);
    const char *text = hear_to_end(fd, &in);
    assert_int_equal(count_of(text, "kept"), 1);
    assert_int_equal(count_of(text, "given back"), 1);
    buf_fini(&in);
    bed_stop(&bed);
}
#endif

/* More than is kept behind a request in work: the rest waits in the kernel, nothing is lost. */
static void test_a_flood_behind_a_request_in_work(void **state)
{
    struct testbed bed = {0};
    struct net_config config = defaults();
    struct buf in = {0};
    (void)state;
    bed_start(&bed, &config, park);
    int fd = dial(&bed);
    say(fd, "GET /1 HTTP/1.1\r\nHost: h\r\n\r\n");
    bed_wait(&bed);
    bed.handle = answer_hello;
    for (int i = 0; i < 20000; i++)
        say(fd, "GET /2 HTTP/1.1\r\nHost: h\r\n\r\n");
    shutdown(fd, SHUT_WR);
    bed_call(&bed, answer_parked);
    assert_int_equal(count_of(hear_to_end(fd, &in), "hello"), 20000);
    buf_fini(&in);
    bed_stop(&bed);
}

static size_t connections;

static void count_connections(struct testbed *bed)
{
    connections = server_connections(bed->server);
}

static void wait_for_connections(struct testbed *bed, size_t count)
{
    for (int ms = 0; ms < PATIENCE_MS; ms += 2) {
        bed_call(bed, count_connections);
        if (connections == count)
            return;
        usleep(2000);
    }
    assert_int_equal(connections, count);
}

static void reset(int fd)
{
    const struct linger now = {.l_onoff = 1};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close(fd);
}

static void test_an_answer_outlives_its_connection(void **state)
{
    struct testbed bed = {0};
    struct net_config config = defaults();
    (void)state;
    bed_start(&bed, &config, park);
    int fd = dial(&bed);
    say(fd, "GET /1 HTTP/1.1\r\nHost: h\r\n\r\n");
    bed_wait(&bed);
    reset(fd);
    wait_for_connections(&bed, 0);
    bed_call(&bed, answer_parked);
    fd = dial(&bed);
    say(fd, "GET /2 HTTP/1.1\r\nHost: h\r\n\r\n");
    bed_wait(&bed);
    struct exchange *x = bed.parked;
    bed_stop(&bed); /* the server is gone, the exchange is not */
    answer_text(x, "to nobody");
    close(fd);
}

/* --- limits --- */

static struct server *limit_by_path(void *ctx, struct exchange *x, size_t *body_max)
{
    (void)ctx;
    *body_max = str_is(x->path, "/small") ? 4 : str_is(x->path, "/none") ? 0 : SIZE_MAX;
    return NULL;
}

static void test_a_route_has_its_own_body_limit(void **state)
{
    static const struct {
        const char *request;
        const char *status;
    } cases[] = {
        {"POST /small HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nabcd", " 200 "},
        {"POST /small HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n", " 413 "},
        {"POST /none HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\n", " 413 "},
        {"POST /none HTTP/1.1\r\nHost: h\r\n\r\n", " 200 "},
        {"POST /big HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n", " 413 "},
        {"POST /big HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n", " 413 "},
        {"POST /big HTTP/1.1\r\nHost: h\r\nContent-Length: 8\r\n\r\nabcdefgh", " 200 "},
    };
    struct testbed bed = {.ops.head = limit_by_path};
    struct net_config config = defaults();
    (void)state;
    config.body_max = 8;
    bed_start(&bed, &config, answer_hello);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct buf in = {0};
        int fd = dial(&bed);
        say(fd, cases[i].request);
        shutdown(fd, SHUT_WR);
        assert_non_null(strstr(hear_to_end(fd, &in), cases[i].status));
        buf_fini(&in);
    }
    bed_stop(&bed);
}

static void test_connections_over_the_limit_are_closed(void **state)
{
    struct testbed bed = {0};
    struct net_config config = defaults();
    struct buf in = {0};
    (void)state;
    config.connections_max = 2;
    bed_start(&bed, &config, answer_hello);
    int first = dial(&bed);
    int second = dial(&bed);
    wait_for_connections(&bed, 2);
    assert_string_equal(hear_to_end(dial(&bed), &in), "");
    close(first);
    wait_for_connections(&bed, 1);
    int third = dial(&bed);
    say(third, "GET / HTTP/1.0\r\n\r\n");
    assert_non_null(strstr(hear_to_end(third, &in), "hello"));
    close(second);
    buf_fini(&in);
    bed_stop(&bed);
}

/* --- waits --- */

static void expect_cut(struct testbed *bed, const char *bytes, const char *answer)
{
    struct buf in = {0};
    int fd = dial(bed);
    say(fd, bytes);
    const char *text = hear_to_end(fd, &in);
    if (answer)
        assert_non_null(strstr(text, answer));
    else
        assert_string_equal(text, "");
    buf_fini(&in);
}

static void test_waits_end(void **state)
{
    struct testbed bed = {0};
    struct net_config config = defaults();
    (void)state;
    config.head_ms = config.body_ms = config.idle_ms = 60;
    bed_start(&bed, &config, answer_hello);
    expect_cut(&bed, "", NULL);
    expect_cut(&bed, "\r\n", " 408 ");
    expect_cut(&bed, "GET / HTTP/1.1\r\nHost: h\r\n", "the request head did not arrive in time");
    expect_cut(&bed, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nx",
               "the request body did not arrive in time");
    expect_cut(&bed, "GET / HTTP/1.1\r\nHost: h\r\n\r\n", "hello");
    bed_stop(&bed);
}

static void answer_much(struct testbed *bed, struct exchange *x)
{
    char *text = arena_alloc(x->arena, 4000000);
    (void)bed;
    memset(text, 'x', 4000000 - 1);
    answer_text(x, text);
}

static void test_a_peer_that_takes_nothing_is_cut(void **state)
{
    struct testbed bed = {0};
    struct net_config config = defaults();
    struct buf in = {0};
    (void)state;
    config.write_ms = 60;
    bed_start(&bed, &config, answer_much);
    int fd = dial(&bed);
    for (int i = 0; i < 4; i++)
        say(fd, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    wait_for_connections(&bed, 1);
    wait_for_connections(&bed, 0);
    hear_to_end(fd, &in);
    assert_true(in.len < 16000000);
    buf_fini(&in);
    bed_stop(&bed);
}

/* --- the end --- */

static void drain(struct testbed *bed)
{
    server_drain(bed->server);
    server_drain(bed->server);
}

static void test_draining_lets_work_finish(void **state)
{
    struct testbed bed = {0};
    struct net_config config = defaults();
    struct buf in = {0};
    (void)state;
    bed_start(&bed, &config, park);
    int idle = dial(&bed);
    int busy = dial(&bed);
    say(busy, "GET /1 HTTP/1.1\r\nHost: h\r\n\r\n");
    bed_wait(&bed);
    wait_for_connections(&bed, 2);
    bed_call(&bed, drain);
    assert_string_equal(hear_to_end(idle, &in), "");
    wait_for_connections(&bed, 1);
    int late = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)bed.port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_not_equal(connect(late, (struct sockaddr *)&to, sizeof to), 0);
    close(late);
    bed_call(&bed, answer_parked);
    const char *text = hear_to_end(busy, &in);
    assert_non_null(strstr(text, "Connection: close"));
    assert_non_null(strstr(text, "late"));
    wait_for_connections(&bed, 0);
    buf_fini(&in);
    bed_stop(&bed);
}

static int speaker; /* the socket that speaks in the turn that drains */

static void speak_and_drain(struct testbed *bed)
{
    speaker = dial(bed);
    say(speaker, "GET /1 HTTP/1.1\r\nHost: h\r\n\r\n");
    server_drain(bed->server);
}

static void test_a_request_that_is_there_is_answered(void **state)
{
    struct testbed bed = {0};
    struct net_config config = defaults();
    struct buf in = {0};
    (void)state;
    bed_start(&bed, &config, answer_hello);
    bed_call(&bed, speak_and_drain);
    const char *text = hear_to_end(speaker, &in);
    assert_non_null(strstr(text, "Connection: close"));
    assert_non_null(strstr(text, "hello"));
    wait_for_connections(&bed, 0);
    buf_fini(&in);
    bed_stop(&bed);
}

/* --- listening --- */

static void test_addresses(void **state)
{
    static const char *const good[] = {"127.0.0.1:0", "0.0.0.0:65535", "[::1]:80", ":3333"};
    static const char *const bad[] = {
        "",      "3333",  "127.0.0.1",    "127.0.0.1:",   "x:80",     "::1:80", "127.0.0.1:65536",
        "[::1]", "[]:80", "[1.2.3.4]:80", "127.0.0.1:8o", "[::1]x:80"};
    struct sockaddr_storage a;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        assert_true(net_parse_address(good[i], &a));
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(net_parse_address(bad[i], &a));
}

static void answer_peer(struct testbed *bed, struct exchange *x)
{
    (void)bed;
    answer_text(x, arena_printf(x->arena, "from %.*s", STR_ARG(x->peer)));
}

static int dial_local(const struct sockaddr_storage *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(fd, (const struct sockaddr *)address, sizeof(struct sockaddr_un)) == 0)
        return fd;
    close(fd);
    return -1;
}

static void test_a_socket_in_the_file_system(void **state)
{
    struct testbed bed = {0};
    struct net_config config = defaults();
    struct net_config local = defaults();
    char folder[] = "/tmp/pesan-net-XXXXXX";
    char path[64];
    struct stat st;
    struct buf in = {0};
    const char *why = "";
    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/sock", folder);
    int left = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0644); /* of a server that was killed */
    close(left);
    assert_true(net_local_address(path, &local.address));
    bed_start(&bed, &config, answer_peer);
    struct server *server = server_start(bed.loop, &local, &bed.ops, &bed, &why);
    assert_non_null(server);
    assert_int_equal(server_port(server), 0);
    assert_int_equal(stat(path, &st), 0);
    assert_true(S_ISSOCK(st.st_mode));
    assert_int_equal(st.st_mode & 0777, 0600);
    int fd = dial_local(&local.address);
    assert_true(fd >= 0);
    say(fd, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    assert_non_null(strstr(hear_to_end(fd, &in), "from local"));
    buf_fini(&in);
    loop_stop(bed.loop);
    pthread_join(bed.thread, NULL);
    server_free(&server);
    server_free(&bed.server);
    loop_free(&bed.loop);
    sem_destroy(&bed.happened);
    assert_int_not_equal(stat(path, &st), 0);
    assert_int_equal(rmdir(folder), 0);
}

static void test_a_path_that_is_too_long(void **state)
{
    struct sockaddr_storage address;
    char path[200];
    (void)state;
    memset(path, 'x', sizeof path);
    path[108] = '\0';
    assert_false(net_local_address(path, &address));
    path[107] = '\0';
    assert_true(net_local_address(path, &address));
}

static void test_an_address_in_use_is_refused(void **state)
{
    struct net_config config = defaults();
    const char *why = NULL;
    (void)state;
    /* Not one of ours, although it would share the port. */
    int other = socket(AF_INET, SOCK_STREAM, 0);
    const int on = 1;
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t len = sizeof at;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(other, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    assert_int_equal(bind(other, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(other, 1), 0);
    getsockname(other, (struct sockaddr *)&at, &len);
    memcpy(&config.address, &at, sizeof at);

    struct loop *loop = loop_new();
    const struct net_ops ops = {.request = bed_request};
    assert_null(server_start(loop, &config, &ops, NULL, &why));
    assert_non_null(strstr(why, "in use"));
    close(other);
    struct server *first = server_start(loop, &config, &ops, NULL, &why);
    struct server *second = server_start(loop, &config, &ops, NULL, &why);
    assert_non_null(first);
    assert_non_null(second);
    assert_int_equal(server_port(first), server_port(second));
    server_free(&first);
    server_free(&second);
    server_free(&second);
    loop_free(&loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_a_handler_sees),
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_late_answers_keep_the_order),
#ifdef __SANITIZE_ADDRESS__
        cmocka_unit_test(test_who_waits_gives_back_what_others_used),
#endif
        cmocka_unit_test(test_a_flood_behind_a_request_in_work),
        cmocka_unit_test(test_an_answer_outlives_its_connection),
        cmocka_unit_test(test_a_route_has_its_own_body_limit),
        cmocka_unit_test(test_connections_over_the_limit_are_closed),
        cmocka_unit_test(test_waits_end),
        cmocka_unit_test(test_a_peer_that_takes_nothing_is_cut),
        cmocka_unit_test(test_draining_lets_work_finish),
        cmocka_unit_test(test_a_request_that_is_there_is_answered),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_an_address_in_use_is_refused),
        cmocka_unit_test(test_a_socket_in_the_file_system),
        cmocka_unit_test(test_a_path_that_is_too_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
