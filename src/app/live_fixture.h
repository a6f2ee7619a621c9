/* live_fixture.h - for tests: a house with one kind of sockets, a person's, that hears whatever a
 * test tells, on every transport. Include after cmocka's headers. */
#ifndef PESAN_APP_LIVE_FIXTURE_H
#define PESAN_APP_LIVE_FIXTURE_H

#include <stdatomic.h>

#include "app/house_fixture.h"
#include "app/people.h"

#define PATIENCE_MS 20000 /* after so long a test has failed, not the machine been slow */

static struct test_house house;
static struct client http;     /* the last response */
static atomic_int worded;      /* calls of word() */
static atomic_int sent;        /* calls of sent() */
static atomic_int snapshot_ms; /* how long a snapshot takes */

/* ---- What it serves ---- */

/* {"topic":T,"payload":{...},"channels":[...],"count":N} */
static inline void live_tell(struct request *rq, struct db *tx)
{
    struct str channels[8];
    size_t count = 0;
    const json_t *list = json_object_get(rq->body, "channels");
    int64_t times = 1;
    if (!json_int(rq->body, "count", &times))
        times = 1;
    for (size_t i = 0; i < json_array_size(list) && i < ARRAY_LEN(channels); i++)
        channels[count++] = json_slice(json_array_get(list, i));
    struct buf payload = buf_in(rq->arena);
    json_write(&payload, json_object_get(rq->body, "payload"));
    for (int64_t i = 0; i < times; i++)
        journal_append(tx, &(struct event_draft){
                               .topic = arena_strdup(rq->arena, json_text(rq->body, "topic")),
                               .key = STR("key"),
                               .actor = STR("service:test"),
                               .at_us = rq->now_us,
                               .payload = buf_str(&payload),
                               .channels = channels,
                               .channel_count = count});
    reply_empty(rq, 204);
}

static inline void live_snapshot(struct request *rq, struct db *db, int64_t head)
{
    (void)db;
    usleep((useconds_t)atomic_load(&snapshot_ms) * 1000);
    struct jout *j = reply_event(rq, "CONNECTED");
    jout_object(j);
    jout_field_int(j, "seq", head);
    jout_object_end(j);
    reply_event_end(rq);
}

/* {"seq":N,"by":"ROLE LANGUAGE"}; what is secret is not for customers. */
static inline const char *live_word(const struct event *e, const struct listener *to,
                                    struct buf *values)
{
    atomic_fetch_add(&worded, 1);
    if (str_is(e->topic, "test.secret") && to->role == ROLE_CUSTOMER)
        return NULL;
    buf_addf(values, "{\"seq\":%lld,\"by\":\"%s %s\"}", (long long)e->seq, role_word(to->role),
             language_tag(to->language));
    return "NEWS";
}

static inline bool live_alert(const struct event *e, const struct listener *to)
{
    (void)to;
    return str_is(e->topic, "test.alert");
}

static inline void live_sent(struct app *app, const struct event *e, const struct caller *who,
                             int64_t at_us)
{
    (void)app, (void)e;
    CHECK(who->id.len > 0 && at_us > 0);
    atomic_fetch_add(&sent, 1);
}

static inline void live_echo(struct request *rq, struct db *db)
{
    (void)db;
    json_write(reply_event(rq, "ECHO")->out, rq->body);
    reply_event_end(rq);
}

static inline bool live_may_order(struct request *rq, struct db *db, struct str id)
{
    (void)db;
    return str_is(id, "1") || caller_works_in(&rq->caller, STR("s1"), WHO_STAFF);
}

static const struct route live_routes[] = {{.name = "tell",
                                            .method = "POST",
                                            .pattern = "/tell",
                                            .on = RUN_WRITE,
                                            .body_max = 1000,
                                            .run = live_tell}};

static const struct socket_command live_commands[] = {
    {.event = "ECHO", .on = RUN_HERE, .run = live_echo}};

static const struct socket_kind live_sockets[] = {{.name = "person",
                                                   .path = "/v1/events",
                                                   .stream = "/v1/events",
                                                   .nsp = "/",
                                                   .person = true,
                                                   .snapshot = live_snapshot,
                                                   .word = live_word,
                                                   .is_alert = live_alert,
                                                   .sent = live_sent,
                                                   .commands = live_commands,
                                                   .command_count = ARRAY_LEN(live_commands)}};

static const struct channel_guard live_guards[] = {{.prefix = "order:", .may = live_may_order}};

static const struct service live_service = {.name = "live",
                                            .routes = live_routes,
                                            .route_count = ARRAY_LEN(live_routes),
                                            .sockets = live_sockets,
                                            .socket_count = ARRAY_LEN(live_sockets),
                                            .guards = live_guards,
                                            .guard_count = ARRAY_LEN(live_guards)};

static inline void live_house_open(void)
{
    static const struct service *const services[] = {&live_service};
    test_house_open(&house, services, 1);
}

static inline int live_setup(void **state)
{
    (void)state;
    test_house_init(&house);
    house.config.loops = 2;
    house.config.cors_origins = "https://friend.example";
    live_house_open();
    return 0;
}

static inline int live_teardown(void **state)
{
    (void)state;
    test_house_fini(&house);
    return 0;
}

/* ---- Telling ---- */

static inline void tell_many(const char *topic, const char *payload, const char *channels,
                             int count)
{
    char body[900];
    snprintf(body, sizeof body, "{\"topic\":\"%s\",\"payload\":%s,\"channels\":%s,\"count\":%d}",
             topic, payload, channels, count);
    assert_int_equal(client_ask(&http, house.port, "POST", "/tell", "", body), 204);
}

static inline int64_t house_head(void)
{
    return journal_head(app_journal(house.app));
}

/* Returns its seq. */
static inline int64_t tell_on(const char *channels)
{
    tell_many("test.told", "{}", channels, 1);
    return house_head();
}

static inline int64_t tell_staff(const char *account, const char *shop, const char *role)
{
    char payload[300];
    char channels[300];
    snprintf(payload, sizeof payload,
             "{\"shop_id\":\"%s\",\"account_id\":\"%s\",\"username\":\"%s\",\"role\":\"%s\"}", shop,
             account, account, role ? role : "");
    snprintf(channels, sizeof channels, "[\"people\",\"shop:%s\",\"account:%s\"]", shop, account);
    tell_many(role ? "shop.staff_added" : "shop.staff_removed", payload, channels, 1);
    return house_head();
}

static inline void tell_session_ended(const char *session, const char *account)
{
    char payload[300];
    char channels[300];
    snprintf(payload, sizeof payload,
             "{\"session_id\":\"%s\",\"account_id\":\"%s\",\"until\":\"2099-01-01T00:00:00Z\"}",
             session, account);
    snprintf(channels, sizeof channels, "[\"people\",\"account:%s\"]", account);
    tell_many("session.ended", payload, channels, 1);
}

/* ---- Who comes ---- */

static inline const char *token_of(const char *account, const char *session)
{
    static _Thread_local char text[4][1024];
    static _Thread_local size_t next;
    char *out = text[next++ % ARRAY_LEN(text)];
    struct buf token = {0};
    const struct caller c = {.role = ROLE_CUSTOMER,
                             .id = str_of(account),
                             .username = str_of(account),
                             .session = str_of(session),
                             .expires_us = clock_utc_us() + 600 * US_PER_S};
    token_issue(app_token_key(house.app), &c, &token);
    CHECK(token.len < sizeof text[0]);
    memcpy(out, buf_cstr(&token), token.len + 1);
    buf_fini(&token);
    return out;
}

static inline const char *bearer(const char *account)
{
    static _Thread_local char text[4][1200];
    static _Thread_local size_t next;
    char *out = text[next++ % ARRAY_LEN(text)];
    snprintf(out, sizeof text[0], "Authorization: Bearer %s\r\n", token_of(account, account));
    return out;
}

static inline struct client *open_socket(const char *account, const char *query)
{
    struct client *c = mem_alloc(sizeof *c);
    char path[300];
    snprintf(path, sizeof path, "/v1/events%s", query);
    assert_int_equal(client_upgrade_with(c, house.port, path, bearer(account)), 101);
    return c;
}

static inline void drop(struct client *c)
{
    client_close(c);
    mem_free(c);
}

/* ---- Hearing ---- */

static char frame[8000];

static inline void hear(struct client *c, const char *want)
{
    assert_int_equal(client_hear(c, frame, sizeof frame), 1);
    assert_string_equal(frame, want);
}

static inline void hear_connected(struct client *c, int64_t seq)
{
    char want[200];
    snprintf(want, sizeof want, "{\"event\":\"CONNECTED\",\"values\":{\"seq\":%lld}}",
             (long long)seq);
    hear(c, want);
}

static inline void hear_news(struct client *c, int64_t seq, const char *by)
{
    char want[200];
    snprintf(want, sizeof want, "{\"event\":\"NEWS\",\"values\":{\"seq\":%lld,\"by\":\"%s\"}}",
             (long long)seq, by);
    hear(c, want);
}

/* GRANTS with these, of this event. */
static inline void hear_grants(struct client *c, int64_t seq, const char *grants)
{
    char head[100];
    assert_int_equal(client_hear(c, frame, sizeof frame), 1);
    snprintf(head, sizeof head, "{\"event\":\"GRANTS\",\"values\":{\"seq\":%lld,", (long long)seq);
    assert_true(str_starts(str_of(frame), str_of(head)));
    assert_non_null(strstr(frame, grants));
}

static inline void hear_close(struct client *c, int code, const char *reason)
{
    assert_int_equal(client_hear(c, frame, sizeof frame), 8);
    assert_int_equal((uint8_t)frame[0] << 8 | (uint8_t)frame[1], code);
    assert_string_equal(frame + 2, reason);
}

static inline void hear_nothing(struct client *c)
{
    assert_false(client_waits(c, 60));
}

#endif
