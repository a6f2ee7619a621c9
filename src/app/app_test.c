/* app_test.c - the whole house around a small service: what a unit decides is answered after its
 * commit, whatever becomes of it; a reader sees its own writes; a socket that opens while events
 * pour in hears each of them once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ftw.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

#include "app/app.h"
#include "app/fixture.h"
#include "app/repeat.h"
#include "base/clock.h"

/* ---- A service that keeps notes ---- */

static const char *const steps[] = {
    "CREATE TABLE notes (id {key} PRIMARY KEY, text {text} NOT NULL) {table};"
    "CREATE TABLE notes_seen (id {key} PRIMARY KEY) {table};",
};

static atomic_int snapshot_ms; /* how long a snapshot takes */
static atomic_int snapshots;   /* how many were read */

static int64_t count_rows(struct db *db, const char *sql)
{
    struct db_rows *rows = db_query_values(db, sql, NULL, 0);
    int64_t count = db_row(rows) ? db_int(rows, 0) : -1;
    db_end(rows);
    return count;
}

static void tell(struct db *tx, struct request *rq)
{
    struct buf payload = buf_in(rq->arena);
    const struct str channels[] = {STR("notes"), STR("notes:all")};
    buf_addf(&payload, "{\"id\":\"%s\"}", rq->id.text);
    journal_append(tx, &(struct event_draft){.topic = "test.note",
                                             .key = id_str(&rq->id),
                                             .actor = STR("test"),
                                             .at_us = rq->now_us,
                                             .payload = buf_str(&payload),
                                             .channels = channels,
                                             .channel_count = ARRAY_LEN(channels)});
}

static void run_add(struct request *rq, struct db *tx)
{
    struct str text = json_text(rq->body, "text");
    db_exec(tx, "INSERT INTO notes (id, text) VALUES (?, ?)", DB_ID(&rq->id), DB_TEXT(text));
    tell(tx, rq);
    if (str_is(text, "break a rule")) {
        request_undo(rq);
        refuse(rq, PROBLEM_CONFLICT, "a rule failed after writing");
        return;
    }
    if (str_is(text, "fail"))
        db_exec(tx, "INSERT INTO no_such_table VALUES (1)");
    if (str_is(text, "grow"))
        memset(arena_alloc(rq->arena, (size_t)16 << 20), 'x', 1);
    struct jout *j = reply_json(rq, 201);
    jout_object(j);
    jout_field_str(j, "id", id_str(&rq->id));
    jout_object_end(j);
}

static void run_count(struct request *rq, struct db *db)
{
    struct jout *j = reply_json(rq, 200);
    jout_array(j);
    jout_int(j, count_rows(db, "SELECT count(*) FROM notes"));
    jout_int(j, count_rows(db, "SELECT count(*) FROM notes_seen"));
    jout_array_end(j);
}

static void run_nothing(struct request *rq, struct db *db)
{
    (void)rq;
    (void)db;
}

static void run_own(struct request *rq, struct db *db)
{
    (void)db;
    reply_bytes(rq, 200, "text/plain", rq->params[0]);
}

static const struct route routes[] = {
    {.name = "add",
     .method = "POST",
     .pattern = "/notes",
     .on = RUN_WRITE,
     .body_max = 1000,
     .run = run_add},
    {.name = "keep",
     .method = "POST",
     .pattern = "/kept",
     .on = RUN_WRITE,
     .body_max = 1000,
     .who = WHO_PERSON,
     .run = run_add},
    {.name = "count", .method = "GET", .pattern = "/notes", .on = RUN_READ, .run = run_count},
    {.name = "follow",
     .method = "GET",
     .pattern = "/followed",
     .on = RUN_READ,
     .flags = ROUTE_FOLLOWS,
     .run = run_count},
    {.name = "nothing", .method = "GET", .pattern = "/nothing", .run = run_nothing},
    {.name = "own",
     .method = "GET",
     .pattern = "/own/{user}",
     .who = WHO_PERSON,
     .flags = ROUTE_OWN_USER,
     .run = run_own},
    {.name = "crew",
     .method = "GET",
     .pattern = "/crew/{user}",
     .who = WHO_PERSON,
     .flags = ROUTE_OWN_USER | ROUTE_CREW,
     .run = run_own},
};

static atomic_bool stalled; /* the follower does not come on */

static void on_note(struct db *tx, const struct event *e)
{
    while (atomic_load(&stalled))
        usleep(1000);
    db_exec(tx, "INSERT INTO notes_seen (id) VALUES (?)", DB_TEXT(e->key));
}

static const struct reaction reactions[] = {{.topic = "test.note", .react = on_note}};

/* ---- and shows them live ---- */

static bool admit(struct request *rq, struct socket_admission *a)
{
    if (request_query(rq, "no").at)
        return refuse(rq, PROBLEM_FORBIDDEN, "not today");
    a->subject = request_query(rq, "name");
    a->channels[0] = STR("notes");
    a->channels[1] = STR("notes:all"); /* an event is on both: it must come once */
    a->channel_count = 2;
    return true;
}

static void snapshot(struct request *rq, struct db *db, int64_t head)
{
    atomic_fetch_add(&snapshots, 1);
    usleep((useconds_t)atomic_load(&snapshot_ms) * 1000);
    if (str_is(rq->params[0], "stranger")) {
        refuse(rq, PROBLEM_NOT_FOUND, "nobody of that name");
        return;
    }
    struct jout *j = reply_event(rq, "SNAPSHOT");
    jout_array(j);
    jout_int(j, head);
    jout_int(j, count_rows(db, "SELECT count(*) FROM notes"));
    jout_array_end(j);
    reply_event_end(rq);
}

static bool render(const struct event *e, struct buf *out)
{
    buf_addf(out, "{\"event\":\"NOTE\",\"values\":[%lld]}", (long long)e->seq);
    return true;
}

static void echo(struct request *rq, struct db *db)
{
    (void)db;
    json_write(reply_event(rq, "ECHO")->out, rq->body);
    reply_event_end(rq);
}

static void slow_echo(struct request *rq, struct db *db)
{
    usleep(3000);
    echo(rq, db);
}

static void note(struct request *rq, struct db *tx)
{
    run_add(rq, tx);
    if (rq->problem == PROBLEM_NONE)
        echo(rq, tx);
}

static const struct socket_command commands[] = {
    {.event = "ECHO", .on = RUN_HERE, .run = echo},
    {.event = "SLOW", .on = RUN_READ, .run = slow_echo},
    {.event = "NOTE", .on = RUN_WRITE, .run = note},
    {.event = "ADMIN", .who = ROLE_BIT(ROLE_ADMIN), .on = RUN_HERE, .run = echo},
};

static const struct socket_kind sockets[] = {{.name = "notes",
                                              .path = "/live",
                                              .admit = admit,
                                              .snapshot = snapshot,
                                              .render = render,
                                              .commands = commands,
                                              .command_count = ARRAY_LEN(commands)}};

static const struct service notes_service = {.name = "notes",
                                             .migrations = {"notes", steps, ARRAY_LEN(steps)},
                                             .routes = routes,
                                             .route_count = ARRAY_LEN(routes),
                                             .sockets = sockets,
                                             .socket_count = ARRAY_LEN(sockets),
                                             .reactions = reactions,
                                             .reaction_count = ARRAY_LEN(reactions)};

/* ---- The house ---- */

static char folder[] = "/tmp/pesan-app-XXXXXX";
static struct app_config config = {.listen = "127.0.0.1:0",
                                   .db = "",
                                   .services = "",
                                   .web = "",
                                   .loops = 2,
                                   .access_token_key = "a key for nothing but tests",
                                   .public_url = "",
                                   .trusted_proxy = "",
                                   .service_key = "",
                                   .cors_origins = "",
                                   .source = "",
                                   .source_key = ""};
static struct app *app;
static pthread_t thread;
static int port;
static struct client http; /* the last response */

static void *serve(void *arg)
{
    app_run(arg);
    return NULL;
}

static int open_house(void **state)
{
    static const struct service *const services[] = {&notes_service};
    const char *why = "";
    (void)state;
    if (!config.data && !mkdtemp(folder))
        return -1;
    config.data = folder;
    app = app_start(&config, services, 1, &why);
    if (!app) {
        fprintf(stderr, "%s\n", why);
        return -1;
    }
    port = app_port(app);
    return pthread_create(&thread, NULL, serve, app);
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st;
    (void)flag;
    (void)ftw;
    return remove(path);
}

static int close_house(void **state)
{
    (void)state;
    app_quit(app);
    pthread_join(thread, NULL);
    app_free(&app);
    app_free(&app);
    return nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static int post(const char *text)
{
    char body[100];
    snprintf(body, sizeof body, "{\"text\":\"%s\"}", text);
    return client_ask(&http, port, "POST", "/notes", "", body);
}

/* [notes, notes seen by the follower] */
static void counts(const char *path, int *notes, int *seen)
{
    assert_int_equal(client_ask(&http, port, "GET", path, "", ""), 200);
    assert_int_equal(sscanf(client_body(&http), "[%d,%d]", notes, seen), 2);
}

/* A header with a token for this person. */
static const char *bearer(enum role role, const char *username, char out[1024])
{
    struct buf token = {0};
    const struct caller c = {.role = role,
                             .id = str_of(username),
                             .username = str_of(username),
                             .expires_us = clock_utc_us() + 600 * US_PER_S};
    token_issue(app_token_key(app), &c, &token);
    snprintf(out, 1024, "Authorization: Bearer %s\r\n", buf_cstr(&token));
    buf_fini(&token);
    return out;
}

/* ---- Units and reads ---- */

static void test_fates(void **state)
{
    int notes;
    int seen;
    int after;
    (void)state;
    counts("/notes", &notes, &seen);
    assert_int_equal(post("fine"), 201);
    assert_int_equal(post("break a rule"), 409);
    assert_int_equal(post("fail"), 500);
    assert_non_null(strstr(http.bytes, "/problems/internal"));
    assert_int_equal(post("grow"), 413);
    counts("/notes", &after, &seen);
    assert_int_equal(after, notes + 1);
    assert_int_equal(client_ask(&http, port, "GET", "/nothing", "", ""), 500);
}

static void test_reads_follow_own_writes(void **state)
{
    int notes;
    int seen;
    (void)state;
    for (int i = 0; i < 50; i++) {
        assert_int_equal(post("seen"), 201);
        counts("/followed", &notes, &seen);
        assert_int_equal(notes, seen);
    }
}

static void test_a_follower_that_stalls(void **state)
{
    int notes;
    int seen;
    (void)state;
    atomic_store(&stalled, true);
    assert_int_equal(post("stalled"), 201);
    assert_int_equal(client_ask(&http, port, "GET", "/followed", "", ""), 503);
    assert_non_null(strstr(http.bytes, "Retry-After: 1"));
    assert_non_null(strstr(http.bytes, "notes has not yet seen"));
    counts("/notes", &notes, &seen); /* others go on */
    assert_true(seen < notes);
    atomic_store(&stalled, false);
    counts("/followed", &notes, &seen);
    assert_int_equal(notes, seen);
}

static void test_kept_answers(void **state)
{
    char headers[1200];
    char token[1024];
    char first[2048];
    int before;
    int after;
    int seen;
    (void)state;
    counts("/notes", &before, &seen);
    bearer(ROLE_CUSTOMER, "U1", token);
    snprintf(headers, sizeof headers, "%sIdempotency-Key: k\r\n", token);
    assert_int_equal(client_ask(&http, port, "POST", "/kept", headers, "{\"text\":\"a\"}"), 201);
    snprintf(first, sizeof first, "%s", client_body(&http));
    assert_int_equal(client_ask(&http, port, "POST", "/kept", headers, "{\"text\":\"a\"}"), 201);
    assert_string_equal(client_body(&http), first);
    assert_int_equal(client_ask(&http, port, "POST", "/kept", headers, "{\"text\":\"b\"}"), 422);
    bearer(ROLE_CUSTOMER, "U2", token); /* another's key is another key */
    snprintf(headers, sizeof headers, "%sIdempotency-Key: k\r\n", token);
    assert_int_equal(client_ask(&http, port, "POST", "/kept", headers, "{\"text\":\"a\"}"), 201);
    assert_string_not_equal(client_body(&http), first);
    snprintf(headers, sizeof headers, "%sIdempotency-Key: \r\n", token);
    assert_int_equal(client_ask(&http, port, "POST", "/kept", headers, "{\"text\":\"a\"}"), 400);
    counts("/notes", &after, &seen);
    assert_int_equal(after, before + 2);
}

/* A unit on the writer, waited for. */
struct errand {
    struct unit unit; /* its run() is the errand */
    int64_t rows;     /* kept answers there are */
    sem_t over;       /* posted after the commit */
};

static void keep_an_old_answer(struct unit *u, struct db *tx)
{
    (void)u;
    db_exec(tx, "INSERT INTO app_kept (start, id, body_hash, status, headers, body, at)"
                " VALUES ('old', 'old', 'x', 200, '', '', 1)");
    deadline_set(tx, "app", REPEAT_DEADLINE, clock_utc_us());
}

static void count_old_answers(struct unit *u, struct db *tx)
{
    CONTAINER_OF(u, struct errand, unit)->rows =
        count_rows(tx, "SELECT count(*) FROM app_kept WHERE id = 'old'");
}

static void errand_over(struct unit *u)
{
    sem_post(&CONTAINER_OF(u, struct errand, unit)->over);
}

static void tell_people(struct db *tx, const char *topic, const char *key, const char *payload)
{
    const struct str channel = STR("people");
    journal_append(tx, &(struct event_draft){.topic = topic,
                                             .key = str_of(key),
                                             .actor = STR("test"),
                                             .at_us = clock_utc_us(),
                                             .payload = str_of(payload),
                                             .channels = &channel,
                                             .channel_count = 1});
}

static int64_t run_errand(void (*run)(struct unit *u, struct db *tx))
{
    struct errand e = {.unit = {.run = run, .done = errand_over}};
    assert_int_equal(sem_init(&e.over, 0, 0), 0);
    writer_submit(app_writer(app), &e.unit);
    while (sem_wait(&e.over) != 0)
        continue;
    assert_int_equal(e.unit.fate, UNIT_DONE);
    sem_destroy(&e.over);
    return e.rows;
}

static void test_old_answers_are_swept(void **state)
{
    (void)state;
    run_errand(keep_an_old_answer);
    for (int i = 0; run_errand(count_old_answers) > 0; i++) {
        assert_true(i < 2000);
        usleep(10000);
    }
}

/* O1 is hired as owner of a shop, C1 as courier. */
static void hire_some(struct unit *u, struct db *tx)
{
    static const char *const hired[] = {
        "{\"shop_id\":\"s1\",\"account_id\":\"O1\",\"username\":\"O1\",\"role\":\"owner\"}",
        "{\"shop_id\":\"s1\",\"account_id\":\"C1\",\"username\":\"C1\",\"role\":\"courier\"}",
    };
    (void)u;
    for (size_t i = 0; i < ARRAY_LEN(hired); i++)
        tell_people(tx, "shop.staff_added", "s1", hired[i]);
}

static void test_own_user(void **state)
{
    char token[1024];
    (void)state;
    assert_int_equal(client_ask(&http, port, "GET", "/own/U1", "", ""), 401);
    bearer(ROLE_CUSTOMER, "U1", token);
    assert_int_equal(client_ask(&http, port, "GET", "/own/U1", token, ""), 200);
    assert_int_equal(client_ask(&http, port, "GET", "/own/U2", token, ""), 403);
    bearer(ROLE_OWNER, "O1", token); /* so it says */
    assert_int_equal(client_ask(&http, port, "GET", "/own/U2", token, ""), 403);
    bearer(ROLE_CUSTOMER, "O1", token);
    run_errand(hire_some);
    assert_int_equal(client_ask(&http, port, "GET", "/own/U2", token, ""), 200);
    bearer(ROLE_CUSTOMER, "C1", token);
    assert_int_equal(client_ask(&http, port, "GET", "/own/U2", token, ""), 403);
    assert_int_equal(client_ask(&http, port, "GET", "/crew/U2", token, ""), 200);
    bearer(ROLE_KIOSK, "U1", token);
    assert_int_equal(client_ask(&http, port, "GET", "/own/U1", token, ""), 403);
}

/* ---- Sockets ---- */

static char frame[70000];

static struct client *open_socket(const char *path)
{
    struct client *c = mem_alloc(sizeof *c);
    assert_int_equal(client_upgrade(c, port, path), 101);
    return c;
}

static void drop_socket(struct client *c)
{
    client_close(c);
    mem_free(c);
}

static void hear(struct client *c, const char *want)
{
    assert_int_equal(client_hear(c, frame, sizeof frame), 1);
    assert_string_equal(frame, want);
}

/* The snapshot's head. */
static long hear_snapshot(struct client *c)
{
    long head = -1;
    assert_int_equal(client_hear(c, frame, sizeof frame), 1);
    assert_int_equal(sscanf(frame, "{\"event\":\"SNAPSHOT\",\"values\":[%ld,", &head), 1);
    return head;
}

static void hear_close(struct client *c, int code, const char *reason)
{
    assert_int_equal(client_hear(c, frame, sizeof frame), 8);
    assert_int_equal((uint8_t)frame[0] << 8 | (uint8_t)frame[1], code);
    assert_string_equal(frame + 2, reason);
}

static void test_opening(void **state)
{
    (void)state;
    assert_int_equal(client_ask(&http, port, "GET", "/live", "", ""), 426);
    assert_int_equal(client_upgrade(&http, port, "/live?no=1"), 403);
    client_close(&http);
    assert_int_equal(client_upgrade(&http, port, "/live?token=forged"), 401);
    client_close(&http);
    struct client *c = open_socket("/live?name=stranger");
    assert_int_equal(client_hear(c, frame, sizeof frame), 1);
    assert_non_null(strstr(frame, "\"code\":\"not-found\""));
    hear_close(c, 1008, "not-found");
    drop_socket(c);
}

static void test_commands_in_order(void **state)
{
    char text[100];
    (void)state;
    struct client *c = open_socket("/live");
    hear_snapshot(c);
    for (int i = 0; i < 10; i++) {
        snprintf(text, sizeof text, "{\"event\":\"%s\",\"values\":%d}", i % 2 ? "ECHO" : "SLOW", i);
        client_say(c, text);
    }
    for (int i = 0; i < 10; i++) {
        snprintf(text, sizeof text, "{\"event\":\"ECHO\",\"values\":%d}", i);
        hear(c, text);
    }
    drop_socket(c);
}

static void test_errors_leave_it_open(void **state)
{
    static const struct {
        const char *say, *code;
    } cases[] = {
        {"{\"event\":\"NOPE\"}", "unknown-event"},
        {"{\"event\":1}", "bad-input"},
        {"[1]", "bad-input"},
        {"{", "bad-json"},
        {"", "bad-json"},
        {"{\"event\":\"ADMIN\"}", "not-logged-in"},
    };
    (void)state;
    struct client *c = open_socket("/live");
    hear_snapshot(c);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        client_say(c, cases[i].say);
        assert_int_equal(client_hear(c, frame, sizeof frame), 1);
        assert_non_null(strstr(frame, "\"event\":\"ERROR\""));
        assert_non_null(strstr(frame, cases[i].code));
    }
    char *large = mem_alloc(20001);
    memset(large, ' ', 20000);
    client_say(c, large);
    mem_free(large);
    assert_int_equal(client_hear(c, frame, sizeof frame), 1);
    assert_non_null(strstr(frame, "too-large"));
    client_say(c, "{\"event\":\"ECHO\",\"values\":\"here\"}");
    hear(c, "{\"event\":\"ECHO\",\"values\":\"here\"}");
    drop_socket(c);
}

static void test_flood_is_told(void **state)
{
    int told = 0;
    (void)state;
    struct client *c = open_socket("/live");
    hear_snapshot(c);
    for (int i = 0; i < 60; i++)
        client_say(c, "{\"event\":\"ECHO\",\"values\":1}");
    for (int i = 0; i < 60; i++) {
        assert_int_equal(client_hear(c, frame, sizeof frame), 1);
        told += strstr(frame, "too-many") != NULL;
    }
    assert_in_range(told, 1, 20);
    drop_socket(c);
}

/* Hear events until `last`: each the follower of the one before. */
static void hear_all(struct client *c, long from, long last)
{
    char want[64];
    for (long seq = from + 1; seq <= last; seq++) {
        snprintf(want, sizeof want, "{\"event\":\"NOTE\",\"values\":[%ld]}", seq);
        hear(c, want);
    }
    assert_false(client_waits(c, 20));
}

static atomic_bool pouring;

/* Write notes on a connection of its own until told to stop. */
static void *pour(void *arg)
{
    static const char request[] = "POST /notes HTTP/1.1\r\nHost: test\r\nContent-Length: 12\r\n\r\n"
                                  "{\"text\":\"p\"}";
    struct client *c = mem_alloc(sizeof *c);
    (void)arg;
    client_open(c, port);
    while (atomic_load(&pouring)) {
        for (int i = 0; i < 8; i++)
            client_write(c, request, sizeof request - 1);
        for (int answers = 0; answers < 8;) {
            CHECK(client_fill(c));
            for (const char *end; (end = strstr(c->bytes, "\"}")); answers++)
                client_use(c, (size_t)(end - c->bytes) + 2);
        }
    }
    drop_socket(c);
    return NULL;
}

#define POURERS 2

static void while_pouring(void (*then)(struct client **clients, size_t count),
                          struct client **clients, size_t count, long *heads)
{
    pthread_t pourers[POURERS];
    atomic_store(&pouring, true);
    for (size_t i = 0; i < POURERS; i++)
        assert_int_equal(pthread_create(&pourers[i], NULL, pour, NULL), 0);
    then(clients, count);
    for (size_t i = 0; i < count; i++)
        heads[i] = hear_snapshot(clients[i]);
    atomic_store(&pouring, false);
    for (size_t i = 0; i < POURERS; i++)
        pthread_join(pourers[i], NULL);
}

static void open_some(struct client **clients, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        usleep(2000);
        clients[i] = open_socket("/live");
    }
}

static void hear_to_the_end(struct client **clients, size_t count, const long *heads)
{
    long last = (long)journal_head(app_journal(app));
    for (size_t i = 0; i < count; i++) {
        hear_all(clients[i], heads[i], last);
        drop_socket(clients[i]);
    }
    assert_true(last > heads[0]);
}

static void test_no_gap_and_no_repeat(void **state)
{
    struct client *clients[40];
    long heads[40];
    (void)state;
    atomic_store(&snapshot_ms, 0);
    while_pouring(open_some, clients, 40, heads);
    hear_to_the_end(clients, 40, heads);
}

/* So much comes while the snapshot is read that it must be read anew. */
static void open_slowly(struct client **clients, size_t count)
{
    long before = (long)journal_head(app_journal(app));
    atomic_store(&snapshots, 0);
    atomic_store(&snapshot_ms, 1000);
    for (size_t i = 0; i < count; i++)
        clients[i] = open_socket("/live");
    while (journal_head(app_journal(app)) < before + 400)
        usleep(1000);
    atomic_store(&snapshot_ms, 0);
}

static void test_overflow_is_read_anew(void **state)
{
    struct client *clients[2];
    long heads[2];
    (void)state;
    while_pouring(open_slowly, clients, 2, heads);
    hear_to_the_end(clients, 2, heads);
    atomic_store(&snapshot_ms, 0);
}

static void test_gone_while_at_work(void **state)
{
    (void)state;
    atomic_store(&snapshot_ms, 20);
    for (int i = 0; i < 20; i++) {
        struct client *c = open_socket("/live");
        client_say(c, "{\"event\":\"SLOW\"}");
        client_say(c, "{\"event\":\"NOTE\",\"values\":1}");
        drop_socket(c);
    }
    atomic_store(&snapshot_ms, 0);
    assert_int_equal(post("still here"), 201);
}

static void test_token_expires(void **state)
{
    struct buf token = {0};
    char path[1024];
    const struct caller who = {.role = ROLE_CUSTOMER,
                               .id = STR("U1"),
                               .username = STR("U1"),
                               .expires_us = clock_utc_us() + 2 * US_PER_S};
    (void)state;
    token_issue(app_token_key(app), &who, &token);
    snprintf(path, sizeof path, "/live?token=%s", buf_cstr(&token));
    buf_fini(&token);
    struct client *c = open_socket(path);
    hear_snapshot(c);
    client_say(c, "{\"event\":\"ADMIN\"}");
    assert_int_equal(client_hear(c, frame, sizeof frame), 1);
    assert_non_null(strstr(frame, "forbidden"));
    hear_close(c, 1008, "token expired");
    drop_socket(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fates),
        cmocka_unit_test(test_reads_follow_own_writes),
        cmocka_unit_test(test_a_follower_that_stalls),
        cmocka_unit_test(test_kept_answers),
        cmocka_unit_test(test_old_answers_are_swept),
        cmocka_unit_test(test_own_user),
        cmocka_unit_test(test_opening),
        cmocka_unit_test(test_commands_in_order),
        cmocka_unit_test(test_errors_leave_it_open),
        cmocka_unit_test(test_flood_is_told),
        cmocka_unit_test(test_no_gap_and_no_repeat),
        cmocka_unit_test(test_overflow_is_read_anew),
        cmocka_unit_test(test_gone_while_at_work),
        cmocka_unit_test(test_token_expires),
    };
    return cmocka_run_group_tests(tests, open_house, close_house);
}
