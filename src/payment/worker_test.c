/* worker_test.c - the thread that does what is due, against a server that answers as it is told:
 * rows are taken once, rings are heard, and whatever a server does, there is an end to it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "db/fixture.h"
#include "payment/worker.h"

/* ---- A server ---- */

/* Answers one request for each connection with `answer`, and closes. */
static struct {
    int fd;
    int port;
    pthread_t thread;
    struct buf answer;
    _Atomic int requests;
    bool silent; /* it never answers, and keeps the connection */
    int kept[64];
    int kept_count;
    char last[4096]; /* the last request */
} server;

static void serve_one(int fd)
{
    ssize_t got = recv(fd, server.last, sizeof server.last - 1, 0);
    if (got <= 0)
        return;
    server.last[got] = '\0';
    atomic_fetch_add(&server.requests, 1);
    for (size_t sent = 0; sent < server.answer.len;) {
        ssize_t n = send(fd, server.answer.at + sent, server.answer.len - sent, MSG_NOSIGNAL);
        if (n <= 0)
            return;
        sent += (size_t)n;
    }
}

static void *server_main(void *arg)
{
    (void)arg;
    for (int fd; (fd = accept(server.fd, NULL, NULL)) >= 0;) {
        if (server.silent && server.kept_count < 64) {
            server.kept[server.kept_count++] = fd;
            atomic_fetch_add(&server.requests, 1);
            continue;
        }
        serve_one(fd);
        close(fd);
    }
    return NULL;
}

static void server_start(const char *answer, bool silent)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000001)};
    socklen_t size = sizeof address;
    buf_clear(&server.answer);
    buf_add_cstr(&server.answer, answer);
    atomic_store(&server.requests, 0);
    server.silent = silent;
    server.kept_count = 0;
    server.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(server.fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(server.fd, 64), 0);
    assert_int_equal(getsockname(server.fd, (struct sockaddr *)&address, &size), 0);
    server.port = ntohs(address.sin_port);
    assert_int_equal(pthread_create(&server.thread, NULL, server_main, NULL), 0);
}

static void server_stop(void)
{
    shutdown(server.fd, SHUT_RDWR);
    pthread_join(server.thread, NULL);
    close(server.fd);
    for (int i = 0; i < server.kept_count; i++)
        close(server.kept[i]);
    buf_fini(&server.answer);
}

/* ---- Rows: id, due_at, how often settled ---- */

static struct house house;
static struct writer *writer;
static struct readers *readers;
static struct worker *worker;
static struct worker_bell bell = WORKER_BELL_INIT;
static _Atomic int settled_rows;
static _Atomic int last_status;
static _Atomic size_t last_size;
static sem_t settled_one;
static int64_t call_timeout_ms;

static int64_t find(struct worker_find *f, struct db *db, int64_t now_us)
{
    struct db_rows *rows = db_query(db, "SELECT id FROM jobs WHERE due_at <= ? LIMIT ?",
                                    DB_INT(now_us), DB_INT(WORKER_FIND_MAX));
    while (db_row(rows))
        worker_found(f, db_text(rows, 0));
    db_end(rows);
    rows = db_query(db, "SELECT MIN(due_at) FROM jobs WHERE due_at > ?", DB_INT(now_us));
    int64_t next = db_row(rows) && db_int(rows, 0) > 0 ? db_int(rows, 0) : INT64_MAX;
    db_end(rows);
    return next;
}

static bool ask(void *own, struct duty *d)
{
    const char *url = own;
    if (!url)
        return false;
    d->call.url = url;
    d->call.user = "user";
    d->call.headers[0] = "X-Test: yes";
    d->call.post = true;
    d->call.body = STR("{}");
    d->call.timeout_ms = call_timeout_ms;
    return true;
}

static void answered(void *own, struct duty *d)
{
    (void)own;
    atomic_store(&last_status, d->call.status);
    atomic_store(&last_size, d->call.reply.len);
}

static void settle(struct duty *d, struct db *tx)
{
    db_exec(tx, "UPDATE jobs SET due_at = 0 - 1, settled = settled + 1 WHERE id = ?",
            DB_TEXT(d->key));
    db_exec(tx, "DELETE FROM jobs WHERE id = ? AND settled = 1", DB_TEXT(d->key));
}

static void settled(struct duty *d)
{
    (void)d;
    atomic_fetch_add(&settled_rows, 1);
    sem_post(&settled_one);
}

static const struct worker_ops ops = {
    .find = find, .ask = ask, .answered = answered, .settle = settle, .settled = settled};

static int setup(void **state)
{
    const char *why;
    (void)state;
    house_init(&house);
    house_script(&house, "CREATE TABLE jobs (id {key} PRIMARY KEY, due_at {int} NOT NULL,"
                         " settled {int} NOT NULL) {table}");
    sem_init(&settled_one, 0, 0);
    atomic_store(&settled_rows, 0);
    call_timeout_ms = 0;
    readers = readers_start(house.url, NULL, 1, &why);
    assert_non_null(readers);
    return 0;
}

static void begin(char *url)
{
    writer = house_writer(&house, NULL);
    worker = worker_start(&ops, url, &bell, writer, readers);
}

static int teardown(void **state)
{
    (void)state;
    worker_stop(&worker);
    assert_null(worker);
    worker_stop(&worker); /* accepts NULL */
    writer_stop(&writer);
    readers_stop(&readers);
    sem_destroy(&settled_one);
    house_fini(&house);
    return 0;
}

/* Insert rows number .. number + 99 that are due now, and ring. */
static void do_insert(struct task *t, struct db *tx)
{
    for (int64_t i = t->number; i < t->number + 100; i++) {
        char id[24];
        snprintf(id, sizeof id, "%lld", (long long)i);
        db_exec(tx, "INSERT INTO jobs (id, due_at, settled) VALUES (?, 1, 0)", DB_CSTR(id));
    }
    worker_ring(&bell);
}

static void do_insert_one(struct task *t, struct db *tx)
{
    db_exec(tx, "INSERT INTO jobs (id, due_at, settled) VALUES ('one', ?, 0)", DB_INT(t->number));
    worker_ring(&bell);
}

static void wait_settled(int count)
{
    while (count-- > 0)
        while (sem_wait(&settled_one) != 0)
            continue;
}

static char *url_of_server(void)
{
    static char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%d/x", server.port);
    return url;
}

/* ---- Tests ---- */

static void every_row_is_settled_once(void **state)
{
    (void)state;
    begin(NULL);
    for (int i = 0; i < 10; i++)
        assert_int_equal(task_do(&house, writer, do_insert, i * 100), UNIT_DONE);
    wait_settled(1000);
    assert_int_equal(house_number(&house, "SELECT COUNT(*) FROM jobs"), 0);
    assert_int_equal(atomic_load(&settled_rows), 1000);
}

static void what_a_former_process_left_is_done(void **state)
{
    (void)state;
    house_script(&house, "INSERT INTO jobs (id, due_at, settled) VALUES ('left', 1, 0)");
    begin(NULL);
    wait_settled(1);
}

static sem_t gate;

/* Rings, and is not committed before the gate opens. */
static void insert_and_linger(struct task *t, struct db *tx)
{
    do_insert_one(t, tx);
    sem_post(&settled_one);
    sem_wait(&gate);
}

static void what_rang_before_it_came_is_done(void **state)
{
    struct task t;
    (void)state;
    sem_init(&gate, 0, 0);
    writer = house_writer(&house, NULL);
    task_send(&house, writer, &t, insert_and_linger, 1);
    wait_settled(1); /* it has rung, and nobody heard */
    worker = worker_start(&ops, NULL, &bell, writer, readers);
    usleep(200000); /* time for a look that would come too early */
    sem_post(&gate);
    house_wait(&house);
    wait_settled(1);
    sem_destroy(&gate);
}

static void it_wakes_when_a_row_is_due(void **state)
{
    int64_t due = clock_utc_us() + 150000;
    (void)state;
    begin(NULL);
    assert_int_equal(task_do(&house, writer, do_insert_one, due), UNIT_DONE);
    wait_settled(1);
    assert_true(clock_utc_us() >= due);
}

static void many_questions_are_out_at_once(void **state)
{
    (void)state;
    server_start("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", false);
    begin(url_of_server());
    assert_int_equal(task_do(&house, writer, do_insert, 0), UNIT_DONE);
    wait_settled(100);
    assert_int_equal(atomic_load(&server.requests), 100);
    assert_int_equal(atomic_load(&last_status), 200);
    assert_non_null(strstr(server.last, "POST /x HTTP/1.1\r\n"));
    assert_non_null(strstr(server.last, "Authorization: Basic dXNlcjo=\r\n"));
    assert_non_null(strstr(server.last, "X-Test: yes\r\n"));
    assert_non_null(strstr(server.last, "Content-Type: application/json\r\n"));
    assert_non_null(strstr(server.last, "\r\n\r\n{}"));
    server_stop();
}

/* One question, however the server behaves. */
static void one_question(char *url)
{
    begin(url);
    assert_int_equal(task_do(&house, writer, do_insert_one, 1), UNIT_DONE);
    wait_settled(1);
}

static void no_redirect_is_followed(void **state)
{
    (void)state;
    server_start("HTTP/1.1 302 Found\r\nLocation: /y\r\nContent-Length: 0\r\n\r\n", false);
    one_question(url_of_server());
    assert_int_equal(atomic_load(&last_status), 302);
    assert_int_equal(atomic_load(&server.requests), 1);
    server_stop();
}

static void a_huge_answer_is_broken_off(void **state)
{
    (void)state;
    server_start("HTTP/1.1 200 OK\r\n\r\n", false);
    for (int i = 0; i < 40; i++)
        buf_addf(&server.answer, "%016384d", i);
    one_question(url_of_server());
    assert_int_equal(atomic_load(&last_status), 0);
    assert_true(atomic_load(&last_size) <= HTTP_CALL_REPLY_MAX);
    server_stop();
}

static void a_huge_length_is_refused_before_it_comes(void **state)
{
    (void)state;
    server_start("HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n", false);
    one_question(url_of_server());
    assert_int_equal(atomic_load(&last_status), 0);
    server_stop();
}

static void no_http_is_no_answer(void **state)
{
    (void)state;
    server_start("220 mail.example ESMTP\r\n", false);
    one_question(url_of_server());
    assert_int_equal(atomic_load(&last_status), 0);
    server_stop();
}

static void silence_has_an_end(void **state)
{
    (void)state;
    call_timeout_ms = 300;
    server_start("", true);
    one_question(url_of_server());
    assert_int_equal(atomic_load(&last_status), 0);
    server_stop();
}

static void other_protocols_are_not_spoken(void **state)
{
    (void)state;
    one_question((char[]){"file:///etc/hostname"});
    assert_int_equal(atomic_load(&last_status), 0);
    assert_int_equal(atomic_load(&last_size), 0);
}

static void it_stops_with_questions_out(void **state)
{
    (void)state;
    server_start("", true);
    begin(url_of_server());
    assert_int_equal(task_do(&house, writer, do_insert_one, 1), UNIT_DONE);
    while (atomic_load(&server.requests) == 0)
        usleep(1000);
    worker_stop(&worker);
    worker_ring(&bell); /* nobody hears it */
    assert_int_equal(atomic_load(&settled_rows), 0);
    assert_int_equal(house_number(&house, "SELECT COUNT(*) FROM jobs"), 1); /* still due */
    server_stop();
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(every_row_is_settled_once),
        T(what_a_former_process_left_is_done),
        T(what_rang_before_it_came_is_done),
        T(it_wakes_when_a_row_is_due),
        T(many_questions_are_out_at_once),
        T(no_redirect_is_followed),
        T(a_huge_answer_is_broken_off),
        T(a_huge_length_is_refused_before_it_comes),
        T(no_http_is_no_answer),
        T(silence_has_an_end),
        T(other_protocols_are_not_spoken),
        T(it_stops_with_questions_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
