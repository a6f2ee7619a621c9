/* repeat_test.c - a key is held while its request is at work, and free again whatever became of it;
 * answers kept by an older program are still given. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdatomic.h>

#include "app/call.h"
#include "app/house_fixture.h"
#include "app/repeat.h"

static atomic_bool gate_closed; /* who is at work waits */
static atomic_int entered;      /* how many came to the gate */
static atomic_int runs;         /* how often run() decided anything */

static void pass_the_gate(void)
{
    atomic_fetch_add(&entered, 1);
    while (atomic_load(&gate_closed))
        usleep(500);
}

static bool parse(struct request *rq)
{
    return !str_is(json_text(rq->body, "say"), "bad") || refuse(rq, PROBLEM_BAD_INPUT, NULL);
}

static void work(struct request *rq, struct db *db)
{
    (void)db;
    pass_the_gate();
    if (str_is(json_text(rq->body, "say"), "no work"))
        refuse(rq, PROBLEM_TOO_MANY, NULL);
}

static void run(struct request *rq, struct db *tx)
{
    (void)tx;
    if (!rq->route->work)
        pass_the_gate();
    atomic_fetch_add(&runs, 1);
    if (str_is(json_text(rq->body, "say"), "no")) {
        refuse(rq, PROBLEM_CONFLICT, NULL);
        return;
    }
    struct jout *j = reply_json(rq, 201);
    jout_object(j);
    jout_field_str(j, "id", id_str(&rq->id));
    jout_object_end(j);
}

static const struct route routes[] = {
    {.name = "plain",
     .method = "POST",
     .pattern = "/plain",
     .who = WHO_PERSON,
     .on = RUN_WRITE,
     .body_max = 1000,
     .parse = parse,
     .run = run},
    {.name = "slow",
     .method = "POST",
     .pattern = "/slow",
     .who = WHO_PERSON,
     .on = RUN_WRITE,
     .body_max = 1000,
     .work = work,
     .run = run},
};

static const struct service service = {
    .name = "test", .routes = routes, .route_count = ARRAY_LEN(routes)};
static const struct service *const services[] = {&service};

static struct test_house house;
static struct client client; /* the last response */
static char token[1024];     /* of a customer */

static int setup(void **state)
{
    struct buf text = {0};
    const struct caller c = {.role = ROLE_CUSTOMER,
                             .id = STR("U1"),
                             .username = STR("U1"),
                             .expires_us = clock_utc_us() + 600 * US_PER_S};
    (void)state;
    test_house_init(&house);
    house.config.loops = 2;
    test_house_open(&house, services, 1);
    token_issue(app_token_key(house.app), &c, &text);
    snprintf(token, sizeof token, "%s", buf_cstr(&text));
    buf_fini(&text);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    test_house_fini(&house);
    return 0;
}

static const char *headers(const char *key)
{
    static char text[1400];
    snprintf(text, sizeof text, "Authorization: Bearer %s\r\nIdempotency-Key: %s\r\n", token, key);
    return text;
}

static const char *body(const char *say)
{
    static char text[100];
    snprintf(text, sizeof text, "{\"say\":\"%s\"}", say);
    return text;
}

static int ask(const char *path, const char *key, const char *say)
{
    return client_ask(&client, house.port, "POST", path, headers(key), body(say));
}

/* Send a request and do not wait for its answer. */
static struct client *send_off(const char *path, const char *key, const char *say)
{
    char request[2000];
    struct client *c = mem_alloc(sizeof *c);
    client_open(c, house.port);
    int len = snprintf(request, sizeof request,
                       "POST %s HTTP/1.1\r\nHost: test\r\nConnection: close\r\n"
                       "Content-Length: %zu\r\n%s\r\n%s",
                       path, strlen(body(say)), headers(key), body(say));
    client_write(c, request, (size_t)len);
    return c;
}

static int hear(struct client *c)
{
    int status = 0;
    while (client_fill(c))
        continue;
    assert_int_equal(sscanf(c->bytes, "HTTP/1.1 %d", &status), 1);
    return status;
}

static void drop(struct client *c)
{
    client_close(c);
    mem_free(c);
}

static void wait_for_entered(int count)
{
    for (int i = 0; atomic_load(&entered) < count; i++) {
        assert_true(i < 20000);
        usleep(500);
    }
}

/* The next request comes to the gate and stays there. */
static struct client *hold(const char *path, const char *key)
{
    int before = atomic_load(&entered);
    atomic_store(&gate_closed, true);
    struct client *c = send_off(path, key, "yes");
    wait_for_entered(before + 1);
    return c;
}

static void held_and_given(const char *path, const char *key)
{
    char first[2000];
    struct client *c = hold(path, key);
    for (int i = 0; i < 4; i++) { /* on either loop, whatever the body */
        assert_int_equal(ask(path, key, i % 2 ? "yes" : "other"), 409);
        assert_non_null(strstr(client.bytes, "/problems/idempotency-key-in-flight"));
        assert_non_null(strstr(client.bytes, "Retry-After: 1\r\n"));
    }
    atomic_store(&gate_closed, false);
    assert_int_equal(hear(c), 201);
    snprintf(first, sizeof first, "%s", client_body(c));
    int before = atomic_load(&runs);
    int came = atomic_load(&entered);
    assert_int_equal(ask(path, key, "yes"), 201);
    assert_string_equal(client_body(&client), first);
    assert_int_equal(ask(path, key, "other"), 422);
    assert_int_equal(atomic_load(&runs), before);
    assert_int_equal(atomic_load(&entered), came); /* no slow work for a repeat */
    drop(c);
}

static void test_in_flight(void **state)
{
    (void)state;
    held_and_given("/plain", "k1");
    held_and_given("/slow", "k2");
}

/* The client is gone before the answer: the key is free, the answer kept. */
static void test_gone(void **state)
{
    (void)state;
    struct client *c = hold("/plain", "k3");
    drop(c);
    usleep(20000);
    assert_int_equal(ask("/plain", "k3", "yes"), 409);
    int before = atomic_load(&runs);
    atomic_store(&gate_closed, false);
    int status = 409;
    for (int i = 0; status == 409 && i < 1000; i++) {
        usleep(1000);
        status = ask("/plain", "k3", "yes");
    }
    assert_int_equal(status, 201);
    assert_int_equal(atomic_load(&runs), before + 1);
}

/* A "no" keeps nothing: the same key may try again. */
static void test_refused(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(ask("/plain", "k4", "bad"), 400);
        assert_int_equal(ask("/plain", "k4", "no"), 409);
        assert_null(strstr(client.bytes, "in-flight"));
        assert_int_equal(ask("/slow", "k4", "no work"), 429);
    }
    assert_int_equal(ask("/plain", "k4", "yes"), 201);
    assert_int_equal(ask("/slow", "k4", "yes"), 201); /* another path, another key */
}

/* What is turned away because too many wait has not used its key up. */
static void test_shed(void **state)
{
    static struct client *waiting[CALL_WORKS_MAX + 12];
    char key[24];
    char shed_key[24] = "";
    (void)state;
    struct client *first = hold("/slow", "first");
    for (size_t i = 0; i < ARRAY_LEN(waiting); i++) {
        snprintf(key, sizeof key, "many-%zu", i);
        waiting[i] = send_off("/slow", key, "yes");
    }
    for (size_t i = ARRAY_LEN(waiting); !*shed_key; i++) { /* one more, until one is shed */
        assert_true(i < 1000);
        snprintf(key, sizeof key, "many-%zu", i);
        struct client *c = send_off("/slow", key, "yes");
        if (client_waits(c, 200)) {
            assert_int_equal(hear(c), 503);
            snprintf(shed_key, sizeof shed_key, "%s", key);
        }
        drop(c);
    }
    assert_int_equal(ask("/slow", shed_key, "yes"), 503); /* shed again, not in flight */
    atomic_store(&gate_closed, false);
    assert_int_equal(hear(first), 201);
    drop(first);
    size_t done = 0;
    for (size_t i = 0; i < ARRAY_LEN(waiting); i++) {
        done += hear(waiting[i]) == 201;
        drop(waiting[i]);
    }
    assert_true(done >= CALL_WORKS_MAX);
    assert_int_equal(ask("/slow", shed_key, "yes"), 201);
}

/* ---- Across a restart, and across the step to the table of now ---- */

static void test_after_a_restart(void **state)
{
    char first[2000];
    (void)state;
    assert_int_equal(ask("/plain", "k5", "yes"), 201);
    snprintf(first, sizeof first, "%s", client_body(&client));
    test_house_shut(&house);
    test_house_open(&house, services, 1);
    assert_int_equal(ask("/plain", "k5", "yes"), 201);
    assert_string_equal(client_body(&client), first);
    assert_int_equal(ask("/plain", "k5", "other"), 422);
}

/* The digest that rows had before it was keyed. */
static void plain_digest(const char *say, char text[33])
{
    uint8_t hash[SHA256_LEN];
    digest_sha256(str_of(body(say)), hash);
    digest_hex(hash, 16, text);
}

/* Nobody who reads the table can try out what a body was; who was answered by an older program,
 * whose digests were plain, is still answered. */
static void test_digests_are_keyed(void **state)
{
    char digest[33];
    char url[128];
    const char *why = "";
    (void)state;
    assert_int_equal(ask("/plain", "k6", "secret"), 201);
    test_house_shut(&house);
    snprintf(url, sizeof url, "sqlite:%s/pesan.db", house.folder);
    struct db *db = db_open(url, DB_WRITE, &why);
    assert_non_null(db);
    plain_digest("secret", digest);
    struct db_rows *rows =
        db_query(db, "SELECT 1 FROM app_kept WHERE body_hash = ?", DB_CSTR(digest));
    assert_false(db_row(rows));
    db_end(rows);
    db_exec(db, "UPDATE app_kept SET body_hash = ?", DB_CSTR(digest));
    assert_int_equal(db->status, DB_OK);
    db_close(&db);
    test_house_open(&house, services, 1);
    assert_int_equal(ask("/plain", "k6", "secret"), 201);
    assert_int_equal(ask("/plain", "k6", "other"), 422);
}

static void count_by_start(struct db *db, int64_t *rows_r)
{
    struct db_rows *rows = db_query(db, "SELECT count(*) FROM app_kept WHERE start = 'abcdef' AND"
                                        " id = 'abcdef0123' AND body = 'kept'");
    assert_true(db_row(rows));
    *rows_r = db_int(rows, 0);
    db_end(rows);
}

static void test_the_older_table(void **state)
{
    static const char *const old_steps[] = {REPEAT_TABLE};
    static const char *const new_steps[] = {REPEAT_TABLE, REPEAT_TABLE_2};
    struct migrations m = {"app", old_steps, 1};
    struct test_house h;
    char url[128];
    char why[200];
    const char *no = "";
    int64_t rows;
    (void)state;
    test_house_init(&h);
    snprintf(url, sizeof url, "sqlite:%s/t.db", h.folder);
    struct db *db = db_open(url, DB_WRITE, &no);
    assert_non_null(db);
    assert_true(db_migrate(db, &m, 1, why, sizeof why));
    db_exec(db, "INSERT INTO app_answers (id, body_hash, status, headers, body, at)"
                " VALUES ('abcdef0123', 'x', 201, '', 'kept', 1)");
    m = (struct migrations){"app", new_steps, 2};
    assert_true(db_migrate(db, &m, 1, why, sizeof why));
    count_by_start(db, &rows);
    assert_int_equal(rows, 1);
    assert_int_equal(db->status, DB_OK);
    db_close(&db);
    test_house_fini(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_in_flight),         cmocka_unit_test(test_gone),
        cmocka_unit_test(test_refused),           cmocka_unit_test(test_shed),
        cmocka_unit_test(test_after_a_restart),   cmocka_unit_test(test_the_older_table),
        cmocka_unit_test(test_digests_are_keyed),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
