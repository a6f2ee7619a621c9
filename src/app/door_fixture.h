/* door_fixture.h - for tests: a house that tells whoever comes in who he is taken for. Include
 * after cmocka's headers. */
#ifndef PESAN_APP_DOOR_FIXTURE_H
#define PESAN_APP_DOOR_FIXTURE_H

#include "app/cookie.h"
#include "app/house_fixture.h"

static struct test_house house;
static struct client http; /* the last response */

/* ---- What it serves ---- */

/* "ROLE ID SESSION LANGUAGE GRANTS" */
static inline const char *door_describe(struct request *rq)
{
    const struct caller *c = &rq->caller;
    return arena_printf(rq->arena, "%s %.*s %.*s %s %zu", role_word(c->role), STR_ARG(c->id),
                        STR_ARG(c->session), language_tag(rq->language), c->grant_count);
}

static inline void door_who(struct request *rq, struct db *db)
{
    (void)db;
    reply_bytes(rq, 200, "text/plain", str_of(door_describe(rq)));
}

/* ?cookie= is set as cookie ("no": taken away). */
static inline void door_act(struct request *rq, struct db *tx)
{
    struct str cookie = request_query(rq, "cookie");
    if (str_is(cookie, "no"))
        reply_no_cookie(rq);
    else if (cookie.at)
        reply_cookie(rq, cookie, rq->now_us + 60 * US_PER_S);
    door_who(rq, tx);
    rq->status = 201;
}

/* {"topic":T,"payload":{...}} is told. */
static inline void door_tell(struct request *rq, struct db *tx)
{
    const struct str channels[] = {STR("people"), STR("news")};
    struct buf payload = buf_in(rq->arena);
    json_write(&payload, json_object_get(rq->body, "payload"));
    journal_append(
        tx, &(struct event_draft){.topic = arena_strdup(rq->arena, json_text(rq->body, "topic")),
                                  .key = STR("key"),
                                  .actor = STR("service:test"),
                                  .at_us = rq->now_us,
                                  .payload = buf_str(&payload),
                                  .channels = channels,
                                  .channel_count = ARRAY_LEN(channels)});
    reply_empty(rq, 204);
}

static inline bool door_admit(struct request *rq, struct socket_admission *a)
{
    (void)rq;
    a->channels[0] = STR("news");
    a->channel_count = 1;
    return true;
}

static inline bool door_render(const struct event *e, struct buf *out)
{
    buf_addf(out, "{\"event\":\"NEWS\",\"values\":\"%.*s\"}", STR_ARG(e->topic));
    return !str_starts(e->topic, STR("shop."));
}

static inline void door_say_who(struct request *rq, struct db *db)
{
    (void)db;
    jout_cstr(reply_event(rq, "WHO"), door_describe(rq));
    reply_event_end(rq);
}

static const struct route door_routes[] = {
    {.name = "who", .method = "GET", .pattern = "/who", .run = door_who},
    {.name = "me", .method = "GET", .pattern = "/me", .who = WHO_PERSON, .run = door_who},
    {.name = "staff", .method = "GET", .pattern = "/staff", .who = WHO_STAFF, .run = door_who},
    {.name = "process",
     .method = "GET",
     .pattern = "/process",
     .who = ROLE_BIT(ROLE_SERVICE),
     .run = door_who},
    {.name = "act",
     .method = "POST",
     .pattern = "/act",
     .who = WHO_PERSON,
     .on = RUN_WRITE,
     .body_max = 100,
     .run = door_act},
    {.name = "open", .method = "POST", .pattern = "/open", .body_max = 100, .run = door_act},
    {.name = "tell",
     .method = "POST",
     .pattern = "/tell",
     .on = RUN_WRITE,
     .body_max = 1000,
     .run = door_tell},
};

static const struct socket_command door_commands[] = {
    {.event = "WHO", .on = RUN_HERE, .run = door_say_who},
    {.event = "STAFF", .who = WHO_STAFF, .on = RUN_READ, .run = door_say_who},
};

static const struct socket_kind door_sockets[] = {{.name = "news",
                                                   .path = "/live",
                                                   .admit = door_admit,
                                                   .render = door_render,
                                                   .commands = door_commands,
                                                   .command_count = ARRAY_LEN(door_commands)}};

static const struct service door_service = {.name = "door",
                                            .routes = door_routes,
                                            .route_count = ARRAY_LEN(door_routes),
                                            .sockets = door_sockets,
                                            .socket_count = ARRAY_LEN(door_sockets)};

static inline void door_open(void)
{
    static const struct service *const services[] = {&door_service};
    test_house_open(&house, services, 1);
}

static inline int door_setup(void **state)
{
    (void)state;
    test_house_init(&house);
    house.config.loops = 2;
    house.config.cors_origins = "https://friend.example,https://other.example";
    door_open();
    return 0;
}

static inline int door_teardown(void **state)
{
    (void)state;
    test_house_fini(&house);
    return 0;
}

/* ---- Who comes ---- */

/* A customer "u" of session `session` whose token was issued `age_s` ago to live `life_s`, and may
 * be renewed until `til_s` from now (0: never). */
static inline struct caller door_caller(const char *session, int age_s, int life_s, int til_s)
{
    int64_t now = clock_utc_us();
    return (struct caller){.role = ROLE_CUSTOMER,
                           .id = STR("u"),
                           .username = STR("name"),
                           .session = str_of(session),
                           .issued_us = now - age_s * US_PER_S,
                           .expires_us = now + (life_s - age_s) * US_PER_S,
                           .until_us = til_s > 0 ? now + til_s * US_PER_S : 0,
                           .turn = til_s > 0 ? 3 : 0};
}

static inline const char *door_token(const struct caller *c)
{
    static char text[4][1024];
    static size_t next;
    char *out = text[next++ % ARRAY_LEN(text)];
    struct buf token = {0};
    token_issue(app_token_key(house.app), c, &token);
    CHECK(token.len < sizeof text[0]);
    memcpy(out, buf_cstr(&token), token.len + 1);
    buf_fini(&token);
    return out;
}

/* Header lines of a request. */
static inline const char *door_headers(const char *name, const char *before, const char *value,
                                       const char *more)
{
    static char text[4][1400];
    static size_t next;
    char *out = text[next++ % ARRAY_LEN(text)];
    snprintf(out, sizeof text[0], "%s: %s%s\r\n%s", name, before, value, more);
    return out;
}

static inline const char *door_bearer(const struct caller *c, const char *more)
{
    return door_headers("Authorization", "Bearer ", door_token(c), more);
}

static inline const char *door_cookie(const struct caller *c, const char *more)
{
    return door_headers("Cookie", "accessToken=", door_token(c), more);
}

static inline int door_ask(const char *method, const char *path, const char *headers)
{
    return client_ask(&http, house.port, method, path, headers,
                      strcmp(method, "POST") == 0 ? "{}" : "");
}

/* The value of a header of the last answer; NULL when absent. */
static inline const char *door_answered(const char *name)
{
    static char value[1400];
    char line[100];
    snprintf(line, sizeof line, "\r\n%s: ", name);
    const char *at = strstr(http.bytes, line);
    const char *end = strstr(http.bytes, "\r\n\r\n");
    if (!at || at > end)
        return NULL;
    at += strlen(line);
    snprintf(value, sizeof value, "%.*s", (int)(strstr(at, "\r\n") - at), at);
    return value;
}

static inline void door_say(const char *topic, const char *payload)
{
    char body[500];
    snprintf(body, sizeof body, "{\"topic\":\"%s\",\"payload\":%s}", topic, payload);
    assert_int_equal(client_ask(&http, house.port, "POST", "/tell", "", body), 204);
}

#define DOOR_SESSION_ENDED(sid)                                                                    \
    "{\"session_id\":\"" sid "\",\"account_id\":\"u\",\"until\":\"2099-01-01T00:00:00Z\"}"
#define DOOR_HIRED(role)                                                                           \
    "{\"shop_id\":\"s\",\"account_id\":\"u\",\"username\":\"name\",\"role\":\"" role "\"}"
#define DOOR_DISMISSED "{\"shop_id\":\"s\",\"account_id\":\"u\"}"

#endif
