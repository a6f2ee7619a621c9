/* house_test.c - rooms over HTTP where a database must first be brought to its limits: full rooms,
 * days on which enough were made, closed rooms, and an order's thread as its people see it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "app/house_fixture.h"
#include "app/service.h"
#include "chat/chat_service.h"
#include "chat/room.h"

#define ANN   "0190a0a0-0000-7000-8000-0000000000aa"
#define ORDER "0190a0a0-0000-7000-8000-0000000000a1"

static struct test_house house;
static struct client http; /* the last response */

/* ---- POST /bring {"uri":U,"what":W}: the database to a limit ---- */

static void make_thread(struct request *rq, struct db *tx, struct str uri)
{
    room_insert(tx, &(struct room){.uri = uri,
                                   .kind = ROOM_ORDER,
                                   .created_us = rq->now_us,
                                   .active_us = rq->now_us,
                                   .order_id = STR(ORDER),
                                   .number = STR("A17"),
                                   .shop_id = STR("s1"),
                                   .account_id = STR(ANN)});
}

static void close_room(struct request *rq, struct db *tx, struct str uri)
{
    struct room room;
    struct room_place place;
    if (room_find(tx, uri, STR(""), rq->arena, &room, &place))
        room_close(tx, rq->arena, &room, STR("service:chat"), rq->now_us);
}

static void bring(struct request *rq, struct db *tx)
{
    struct str uri = json_text(rq->body, "uri");
    struct str what = json_text(rq->body, "what");
    if (str_is(what, "full"))
        db_exec(tx, "UPDATE chat_rooms SET members = ? WHERE uri = ?", DB_INT(ROOM_MEMBERS_MAX),
                DB_TEXT(uri));
    else if (str_is(what, "made"))
        db_exec(tx, "UPDATE chat_makers SET made = 1000");
    else if (str_is(what, "yesterday"))
        db_exec(tx, "UPDATE chat_makers SET day = day - 1");
    else if (str_is(what, "closed"))
        close_room(rq, tx, uri);
    else
        make_thread(rq, tx, uri);
    reply_empty(rq, 204);
}

static const struct route routes[] = {{.name = "bring",
                                       .method = "POST",
                                       .pattern = "/bring",
                                       .on = RUN_WRITE,
                                       .body_max = 1000,
                                       .run = bring}};

static const struct service helper = {.name = "helper", .routes = routes, .route_count = 1};

static int setup(void **state)
{
    static const struct service *const services[] = {&chat_service, &helper};
    (void)state;
    test_house_init(&house);
    test_house_open(&house, services, 2);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    test_house_fini(&house);
    return 0;
}

/* ---- Asking ---- */

static const char *bearer(const char *account)
{
    static char text[1200];
    struct buf token = {0};
    const struct caller c = {.role = ROLE_CUSTOMER,
                             .id = str_of(account),
                             .username = str_of(account),
                             .session = str_of(account),
                             .expires_us = clock_utc_us() + 600 * US_PER_S};
    token_issue(app_token_key(house.app), &c, &token);
    snprintf(text, sizeof text, "Authorization: Bearer %s\r\n", buf_cstr(&token));
    buf_fini(&token);
    return text;
}

static int ask(const char *account, const char *method, const char *path, const char *body)
{
    return client_ask(&http, house.port, method, path, bearer(account), body);
}

static void to_limit(const char *uri, const char *what)
{
    char body[100];
    snprintf(body, sizeof body, "{\"uri\":\"%s\",\"what\":\"%s\"}", uri, what);
    assert_int_equal(client_ask(&http, house.port, "POST", "/bring", "", body), 204);
}

/* A new room of somebody's; "/api/chats/<uri>" with what is behind it. */
static char uri[ROOM_URI_LEN + 1];

static void make_room(const char *account)
{
    assert_int_equal(ask(account, "POST", "/api/chats/", ""), 201);
    const char *at = strstr(http.bytes, "\"uri\":\"");
    assert_non_null(at);
    memcpy(uri, at + 7, ROOM_URI_LEN);
}

static const char *path_of(const char *prefix, const char *more)
{
    static char text[100];
    snprintf(text, sizeof text, "%s/%s%s", prefix, uri, more);
    return text;
}

static void says(const char *slug)
{
    char want[60];
    snprintf(want, sizeof want, "/problems/%s\"", slug);
    assert_non_null(strstr(http.bytes, want));
}

/* ---- Limits ---- */

static void a_full_room_lets_nobody_in(void **state)
{
    (void)state;
    make_room(ANN);
    to_limit(uri, "full");
    assert_int_equal(ask("bob", "PATCH", path_of("/api/chats", ""), "{\"username\":\"bob\"}"), 409);
    says("room-full");
    assert_int_equal(ask(ANN, "PATCH", path_of("/api/chats", ""), "{\"username\":\"" ANN "\"}"),
                     200);
    assert_int_equal(ask("bob", "GET", path_of("/api/chats", "/messages"), ""), 404);
    /* Nor by an invitation, which is not used up by that. */
    assert_int_equal(ask(ANN, "POST", path_of("/v1/chats", "/invites"), "{\"uses\":1}"), 201);
    const char *at = strstr(http.bytes, "\"code\":\"");
    char join[60];
    assert_non_null(at);
    snprintf(join, sizeof join, "/v1/invites/%.22s", at + 8);
    assert_int_equal(ask("bob", "POST", join, ""), 409);
    says("room-full");
    assert_int_equal(ask("bob", "GET", join, ""), 200);
}

static void a_thousand_rooms_a_day_are_enough(void **state)
{
    (void)state;
    make_room("maker");
    to_limit("", "made");
    assert_int_equal(ask("maker", "POST", "/api/chats", ""), 429);
    says("too-many");
    assert_int_equal(ask("maker", "POST", "/v1/chats", "{}"), 429);
    to_limit("", "yesterday");
    make_room("maker");
}

static void invitations_of_a_room_are_counted(void **state)
{
    (void)state;
    make_room("host");
    for (int i = 0; i < 100; i++)
        assert_int_equal(ask("host", "POST", path_of("/v1/chats", "/invites"), "{}"), 201);
    assert_int_equal(ask("host", "POST", path_of("/v1/chats", "/invites"), "{}"), 409);
    says("conflict");
}

/* ---- Closed rooms ---- */

static void a_closed_room_is_read_only(void **state)
{
    (void)state;
    make_room(ANN);
    const char *post = "{\"message\":\"last words\",\"id\":\"m1\"}";
    assert_int_equal(ask(ANN, "POST", path_of("/api/chats", "/messages"), post), 201);
    to_limit(uri, "closed");
    assert_int_equal(ask(ANN, "POST", path_of("/api/chats", "/messages"), "{\"message\":\"more\"}"),
                     409);
    says("room-closed");
    /* What was kept before it was closed is so when it is sent again. */
    assert_int_equal(ask(ANN, "POST", path_of("/api/chats", "/messages"), post), 200);
    assert_int_equal(ask(ANN, "PATCH", path_of("/api/chats", "/messages/1"), "{\"message\":\"x\"}"),
                     409);
    assert_int_equal(ask(ANN, "DELETE", path_of("/api/chats", "/messages/1"), ""), 409);
    assert_int_equal(ask(ANN, "GET", path_of("/api/chats", "/messages"), ""), 200);
    assert_non_null(strstr(http.bytes, "last words"));
    assert_int_equal(ask(ANN, "GET", path_of("/v1/chats", ""), ""), 200);
    assert_non_null(strstr(http.bytes, "\"open\":false"));
}

/* ---- An order's thread ---- */

static void a_thread_has_its_people_by_right(void **state)
{
    (void)state;
    snprintf(uri, sizeof uri, "%s", "00000000000000f");
    to_limit(uri, "thread");
    const char *post = "{\"message\":\"hello\"}";
    assert_int_equal(ask(ANN, "POST", path_of("/api/chats", "/messages"), post), 201);
    assert_int_equal(ask("bob", "POST", path_of("/api/chats", "/messages"), post), 404);
    says("not-found");
    assert_int_equal(ask("bob", "PATCH", path_of("/api/chats", ""), "{\"username\":\"bob\"}"), 404);
    assert_int_equal(ask(ANN, "PATCH", path_of("/api/chats", ""), "{\"username\":\"" ANN "\"}"),
                     403);
    assert_int_equal(ask(ANN, "POST", path_of("/v1/chats", "/invites"), "{}"), 403);
    assert_int_equal(ask(ANN, "DELETE", path_of("/v1/chats", "/members/" ANN), ""), 403);
    assert_int_equal(ask(ANN, "PATCH", path_of("/v1/chats", ""), "{\"invite_only\":false}"), 403);
    assert_int_equal(ask(ANN, "GET", "/v1/chats", ""), 200);
    assert_non_null(strstr(http.bytes, "\"kind\":\"order\",\"order_id\":\"" ORDER "\""));
    /* His own he takes back; what it was, the shop's heads read. */
    assert_int_equal(ask(ANN, "DELETE", path_of("/api/chats", "/messages/1"), ""), 204);
    assert_int_equal(ask(ANN, "GET", path_of("/api/chats", "/messages/1/history"), ""), 403);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_room_lets_nobody_in),
        cmocka_unit_test(a_thousand_rooms_a_day_are_enough),
        cmocka_unit_test(invitations_of_a_room_are_counted),
        cmocka_unit_test(a_closed_room_is_read_only),
        cmocka_unit_test(a_thread_has_its_people_by_right),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
