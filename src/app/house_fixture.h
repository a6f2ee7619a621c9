/* house_fixture.h - for tests: whole houses in this process, each with a folder and a thread, and a
 * service that tells whatever a test wants told. Include after cmocka's headers. */
#ifndef PESAN_APP_HOUSE_FIXTURE_H
#define PESAN_APP_HOUSE_FIXTURE_H

#include <ftw.h>
#include <pthread.h>

#include "app/app.h"
#include "app/fixture.h"
#include "base/clock.h"

#define TEST_SERVICE_KEY "a-key-between-two-services"

/* A house of a test. */
struct test_house {
    char folder[64];          /* made by mkdtemp() */
    struct app_config config; /* texts are the test's */
    struct app *app;          /* NULL: not open */
    pthread_t thread;         /* runs it */
    int port;                 /* in use */
};

static inline void *test_house_serve(void *arg)
{
    app_run(arg);
    return NULL;
}

static inline void test_house_init(struct test_house *h)
{
    *h = (struct test_house){.folder = "/tmp/pesan-house-XXXXXX"};
    assert_non_null(mkdtemp(h->folder));
    h->config = (struct app_config){.listen = "127.0.0.1:0",
                                    .data = h->folder,
                                    .db = "",
                                    .services = "",
                                    .web = "",
                                    .loops = 1,
                                    .access_token_key = "a key for nothing but tests",
                                    .public_url = "",
                                    .cors_origins = "",
                                    .trusted_proxy = "",
                                    .service_key = TEST_SERVICE_KEY,
                                    .source = "",
                                    .source_key = ""};
}

static inline void test_house_open(struct test_house *h, const struct service *const *services,
                                   size_t count)
{
    const char *why = "";
    h->app = app_start(&h->config, services, count, &why);
    if (!h->app)
        fail_msg("%s", why);
    h->port = app_port(h->app);
    assert_int_equal(pthread_create(&h->thread, NULL, test_house_serve, h->app), 0);
}

static inline void test_house_shut(struct test_house *h)
{
    if (!h->app)
        return;
    app_quit(h->app);
    pthread_join(h->thread, NULL);
    app_free(&h->app);
}

static inline int test_house_remove(const char *path, const struct stat *st, int flag,
                                    struct FTW *ftw)
{
    (void)st;
    (void)flag;
    (void)ftw;
    return remove(path);
}

static inline void test_house_fini(struct test_house *h)
{
    test_house_shut(h);
    nftw(h->folder, test_house_remove, 8, FTW_DEPTH | FTW_PHYS);
}

/* ---- POST /tell {"topic":T,"key":K,"count":N,"text":S}: N events of this topic ---- */

static inline void test_tell(struct request *rq, struct db *tx)
{
    const struct str channels[] = {STR("people"), STR("order:1")};
    struct str topic = json_text(rq->body, "topic");
    struct str text = json_text(rq->body, "text");
    int64_t count = 1;
    if (!json_int(rq->body, "count", &count))
        count = 1;
    for (int64_t i = 0; i < count; i++) {
        struct buf payload = buf_in(rq->arena);
        struct jout j = jout_to(&payload);
        jout_object(&j);
        jout_field_int(&j, "n", i);
        jout_field_str(&j, "text", text);
        jout_object_end(&j);
        journal_append(tx, &(struct event_draft){.topic = arena_strdup(rq->arena, topic),
                                                 .key = json_text(rq->body, "key"),
                                                 .actor = STR("service:test"),
                                                 .at_us = rq->now_us,
                                                 .payload = buf_str(&payload),
                                                 .channels = channels,
                                                 .channel_count = ARRAY_LEN(channels)});
    }
    reply_empty(rq, 204);
}

#define TEST_TELL_ROUTE                                                                            \
    {                                                                                              \
        .name = "tell", .method = "POST", .pattern = "/tell", .on = RUN_WRITE,                     \
        .body_max = 1 << 20, .run = test_tell                                                      \
    }

/* Tell through a house of its own. */
static inline void test_house_tell(const struct test_house *h, const char *topic, const char *key,
                                   int count)
{
    char body[300];
    struct client *c = mem_alloc(sizeof *c);
    snprintf(body, sizeof body, "{\"topic\":\"%s\",\"key\":\"%s\",\"count\":%d,\"text\":\"%s\"}",
             topic, key, count, "a text with a \\\"quote\\\" and 한글");
    assert_int_equal(client_ask(c, h->port, "POST", "/tell", "", body), 204);
    mem_free(c);
}

/* Ask a house for its journal; the response is left in `c`, its status returned. */
static inline int test_house_journal(const struct test_house *h, struct client *c,
                                     const char *query)
{
    char path[300];
    snprintf(path, sizeof path, "/v1/journal%s", query);
    return client_ask(c, h->port, "GET", path, "Authorization: Bearer " TEST_SERVICE_KEY "\r\n",
                      "");
}

#endif
