/* source_test.c - a process that takes over what another tells, whatever that other answers: every
 * event once, nothing of a bad page, and on from where it stood after a restart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdatomic.h>

#include "app/house_fixture.h"
#include "app/source.h"
#include "base/metrics.h"

/* This process runs delivery: what order tells is taken, what delivery tells is its own. */
static const struct service delivery = {.name = "delivery"};
static const struct service *const services[] = {&delivery};

/* ---- The other process, by the book of a test ---- */

#define ID        "0198c0de-0000-7000-8000-00000000000"
#define QUESTIONS 16
#define EVENT(n, topic, payload)                                                                   \
    "{\"seq\":" #n ",\"id\":\"" ID #n "\",\"topic\":\"" topic "\",\"key\":\"k\","                  \
    "\"at\":\"2023-11-01T00:00:00Z\",\"actor\":\"account:1\",\"channels\":[\"order:1\"],"          \
    "\"payload\":" payload "}"
#define PAGE(epoch, next, events)                                                                  \
    "{\"epoch\":\"" epoch "\",\"floor\":0,\"head\":4,\"next\":" #next ",\"events\":[" events "]}"
#define FIRST_TWO EVENT(1, "order.placed", "{}") "," EVENT(2, "order.paid", "{}")

/* What it answers, one after the other; behind the last it says nothing. */
struct book {
    const char *const *answers; /* "STATUS BODY" */
    size_t count;               /* of those */
};

static struct {
    int fd;                         /* listens */
    int port;                       /* there */
    pthread_t thread;               /* runs other_main() */
    struct book book;               /* what it answers */
    char questions[QUESTIONS][400]; /* what it was asked */
    atomic_size_t asked;            /* how often */
    _Atomic int held;               /* the connection that waits for an answer; -1: none */
} other;

static void read_question(int fd, char out[400])
{
    char bytes[2000];
    size_t len = 0;
    bytes[0] = '\0';
    while (!strstr(bytes, "\r\n\r\n")) {
        ssize_t got = recv(fd, bytes + len, sizeof bytes - 1 - len, 0);
        if (got <= 0)
            break;
        len += (size_t)got;
        bytes[len] = '\0';
    }
    snprintf(out, 400, "%.399s", bytes);
}

static void say(int fd, const char *answer)
{
    char *text = NULL;
    const char *body = strchr(answer, ' ') + 1;
    int len =
        asprintf(&text, "HTTP/1.1 %.3s Some\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n%s",
                 answer, strlen(body), body);
    CHECK(len > 0);
    (void)!send(fd, text, (size_t)len, MSG_NOSIGNAL);
    free(text);
    close(fd);
}

static void *other_main(void *arg)
{
    (void)arg;
    for (;;) {
        int fd = accept(other.fd, NULL, NULL);
        size_t n = atomic_load(&other.asked);
        if (fd < 0)
            return NULL;
        CHECK(n < QUESTIONS);
        read_question(fd, other.questions[n]);
        atomic_store(&other.asked, n + 1);
        if (n < other.book.count)
            say(fd, other.book.answers[n]);
        else
            atomic_store(&other.held, fd);
    }
}

static void other_start(const char *const *answers, size_t count)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    memset(&other, 0, sizeof other);
    other.held = -1;
    other.book = (struct book){answers, count};
    other.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(other.fd, (const struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(other.fd, 8), 0);
    assert_int_equal(getsockname(other.fd, (struct sockaddr *)&at, &len), 0);
    other.port = ntohs(at.sin_port);
    assert_int_equal(pthread_create(&other.thread, NULL, other_main, NULL), 0);
}

static void other_stop(void)
{
    shutdown(other.fd, SHUT_RDWR);
    pthread_join(other.thread, NULL);
    close(other.fd);
    if (other.held >= 0)
        close(other.held);
}

/* All that is in the book was answered, and one more question has come. */
static void wait_for_the_book(void)
{
    for (int i = 0; atomic_load(&other.held) < 0; i++) {
        assert_true(i < 30000);
        usleep(1000);
    }
}

/* ---- The house that asks ---- */

static struct test_house house;
static char source[100];

static void open_house(void)
{
    snprintf(source, sizeof source, "orders=http://127.0.0.1:%d", other.port);
    house.config.source = source;
    house.config.source_key = TEST_SERVICE_KEY;
    test_house_open(&house, services, 1);
}

static int setup(void **state)
{
    (void)state;
    test_house_init(&house);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    test_house_fini(&house);
    return 0;
}

static int64_t number(const char *sql)
{
    char url[128];
    const char *why = "";
    snprintf(url, sizeof url, "sqlite:%s/pesan.db", house.folder);
    struct db *db = db_open(url, DB_READ, &why);
    assert_non_null(db);
    struct db_rows *rows = db_query_values(db, sql, NULL, 0);
    int64_t value = db_row(rows) ? db_int(rows, 0) : -1;
    db_end(rows);
    db_close(&db);
    return value;
}

#define COUNT    "SELECT count(*) FROM journal_events"
#define POSITION "SELECT position FROM journal_sources WHERE name = 'orders'"

static void asked(size_t n, const char *path_end)
{
    char want[200];
    snprintf(want, sizeof want, "GET /v1/journal?wait=20&limit=256%s HTTP/1.1\r\n", path_end);
    if (strncmp(other.questions[n], want, strlen(want)) != 0)
        fail_msg("question %zu is %s", n, other.questions[n]);
    assert_non_null(strstr(other.questions[n], "Authorization: Bearer " TEST_SERVICE_KEY "\r\n"));
}

static void test_whatever_it_answers(void **state)
{
    static const char *const answers[] = {
        "200 <html>",
        "500 {}",
        "200 " PAGE("e1", 2, EVENT(1, "order.placed", "{}") "," EVENT(2, "order.paid", "[]")),
        "200 " PAGE("e1", 2, FIRST_TWO),
        "200 " PAGE("e1", 2, FIRST_TWO), /* not behind the cursor */
        "200 " PAGE("e2", 4, ""),        /* not the epoch that was asked for */
        "200 " PAGE("e1", 4, EVENT(3, "delivery.moved", "{}") "," EVENT(4, "of.tomorrow", "{}")),
        "409 {}",
        "200 " PAGE("e2", 2, FIRST_TWO), /* known by their ids */
    };
    (void)state;
    int64_t before = metric_get(METRIC_SOURCE_EVENTS);
    other_start(answers, ARRAY_LEN(answers));
    open_house();
    wait_for_the_book();
    for (size_t n = 0; n < 4; n++)
        asked(n, "");
    for (size_t n = 4; n < 7; n++)
        asked(n, "&after=2&epoch=e1");
    asked(7, "&after=4&epoch=e1");
    asked(8, "");
    asked(9, "&after=2&epoch=e2");
    assert_int_equal(number(COUNT), 2);
    assert_int_equal(number(POSITION), 2);
    assert_int_equal(metric_get(METRIC_SOURCE_EVENTS), before + 2);
    assert_int_equal(metric_get(METRIC_SOURCE_LAG), 2);
    int64_t began = clock_mono_ns();
    test_house_shut(&house); /* in the middle of a question */
    assert_true(clock_mono_ns() - began < 5000 * NS_PER_MS);
    other_stop();
}

static void test_on_from_where_it_stood(void **state)
{
    static const char *const first[] = {"200 " PAGE("e1", 2, FIRST_TWO)};
    static const char *const then[] = {
        "200 " PAGE("e1", 3, EVENT(3, "order.accepted", "{\"n\":3}"))};
    (void)state;
    other_start(first, 1);
    open_house();
    wait_for_the_book();
    test_house_shut(&house);
    other_stop();
    other_start(then, 1);
    open_house();
    wait_for_the_book();
    asked(0, "&after=2&epoch=e1");
    asked(1, "&after=3&epoch=e1");
    assert_int_equal(number(COUNT), 3);
    assert_int_equal(number("SELECT count(*) FROM journal_events WHERE seq = 3 AND id = '" ID "3'"
                            " AND topic = 'order.accepted' AND about = 'k' AND"
                            " actor = 'account:1' AND channels = 'order:1' AND"
                            " payload = '{\"n\":3}'"),
                     1);
    other_stop();
}

/* An answer larger than any page is given up before it is read. */
static void test_too_large(void **state)
{
    static char large[3000000] = "200 ";
    const char *const answers[] = {large, "200 " PAGE("e1", 2, FIRST_TWO)};
    (void)state;
    memset(large + 4, ' ', sizeof large - 5);
    other_start(answers, 2);
    open_house();
    wait_for_the_book();
    assert_int_equal(number(COUNT), 2);
    test_house_shut(&house);
    other_stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_whatever_it_answers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_on_from_where_it_stood, setup, teardown),
        cmocka_unit_test_setup_teardown(test_too_large, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
