/* origin_test.c - which pages may act here, what the browser of a listed one is told, and what else
 * a request says of itself: a service's key, a language. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/door_fixture.h"

#define EVIL   "Origin: https://evil.example\r\n"
#define FRIEND "Origin: https://friend.example\r\n"
#define OWN    "Origin: http://test\r\n"

static struct caller somebody(void)
{
    return door_caller("s1", 5, 900, 10000);
}

static void with_a_cookie_the_page_must_be_ours(void **state)
{
    struct caller c = somebody();
    (void)state;
    assert_int_equal(door_ask("POST", "/act", door_cookie(&c, EVIL)), 403);
    assert_int_equal(door_ask("POST", "/act", door_cookie(&c, "Origin: null\r\n")), 403);
    assert_int_equal(door_ask("POST", "/act", door_cookie(&c, "")), 403);
    assert_int_equal(door_ask("POST", "/act", door_cookie(&c, "Sec-Fetch-Site: cross-site\r\n")),
                     403);
    assert_int_equal(door_ask("POST", "/act", door_cookie(&c, OWN)), 201);
    assert_int_equal(door_ask("POST", "/act", door_cookie(&c, FRIEND)), 403);
    assert_int_equal(door_ask("POST", "/act", door_cookie(&c, "Sec-Fetch-Site: same-origin\r\n")),
                     201);
    assert_int_equal(door_ask("GET", "/me", door_cookie(&c, EVIL)), 200);
}

static void with_a_token_in_hand_any_page_may_ask(void **state)
{
    struct caller c = somebody();
    (void)state;
    assert_int_equal(door_ask("POST", "/act", door_bearer(&c, EVIL)), 201);
    assert_int_equal(door_ask("POST", "/act", door_bearer(&c, "")), 201);
    assert_int_equal(door_ask("POST", "/act", door_bearer(&c, EVIL "Cookie: accessToken=x\r\n")),
                     403);
}

static int open_live(const char *query, const char *headers)
{
    char path[1100];
    snprintf(path, sizeof path, "/live%s", query);
    int status = client_upgrade_with(&http, house.port, path, headers);
    client_close(&http);
    return status;
}

static void sockets_ask_where_they_come_from(void **state)
{
    struct caller c = somebody();
    char query[1100];
    (void)state;
    snprintf(query, sizeof query, "?token=%s", door_token(&c));
    assert_int_equal(open_live("", ""), 101);
    assert_int_equal(open_live("", OWN), 101);
    assert_int_equal(open_live("", FRIEND), 101);
    assert_int_equal(open_live("", EVIL), 403);
    assert_int_equal(open_live("", "Origin: null\r\n"), 403);
    assert_int_equal(open_live("?token=", EVIL), 401);
    assert_int_equal(open_live(query, EVIL), 101);
    assert_int_equal(open_live("", door_bearer(&c, EVIL)), 101);
    assert_int_equal(open_live(query, door_cookie(&c, EVIL)), 403);
    assert_int_equal(open_live("", door_cookie(&c, EVIL)), 403);
    assert_int_equal(open_live("", door_cookie(&c, FRIEND)), 403);
    assert_int_equal(open_live(query, door_cookie(&c, FRIEND)), 101);
    assert_int_equal(open_live("", door_cookie(&c, "")), 403);
    assert_int_equal(open_live("", door_cookie(&c, OWN)), 101);
}

static void a_page_that_is_not_listed_is_told_nothing(void **state)
{
    struct caller c = somebody();
    (void)state;
    assert_int_equal(door_ask("GET", "/me", door_bearer(&c, EVIL)), 200);
    assert_null(strstr(http.bytes, "Access-Control"));
    assert_int_equal(door_ask("OPTIONS", "/me", EVIL "Access-Control-Request-Method: GET\r\n"),
                     204);
    assert_null(strstr(http.bytes, "Access-Control"));
    assert_int_equal(door_ask("GET", "/me", ""), 401);
    assert_null(strstr(http.bytes, "Access-Control"));
}

static void check_allowed(void)
{
    assert_string_equal(door_answered("Access-Control-Allow-Origin"), "https://friend.example");
    assert_non_null(strstr(http.bytes, "\r\nVary: Origin\r\n"));
    assert_null(strstr(http.bytes, "Access-Control-Allow-Credentials"));
}

static void a_listed_page_may_read(void **state)
{
    struct caller c = somebody();
    (void)state;
    assert_int_equal(door_ask("GET", "/me", door_bearer(&c, FRIEND)), 200);
    check_allowed();
    assert_string_equal(door_answered("Access-Control-Expose-Headers"), "Retry-After, Location");
    assert_int_equal(door_ask("GET", "/me", FRIEND), 401);
    check_allowed();
    assert_int_equal(door_ask("GET", "/nowhere", FRIEND), 404);
    check_allowed();
    assert_int_equal(door_ask("POST", "/act", door_bearer(&c, FRIEND)), 201);
    check_allowed();
}

static void a_listed_page_may_ask_beforehand(void **state)
{
    (void)state;
    assert_int_equal(door_ask("OPTIONS", "/act",
                              FRIEND "Access-Control-Request-Method: POST\r\n"
                                     "Access-Control-Request-Headers: authorization\r\n"),
                     204);
    check_allowed();
    assert_non_null(strstr(door_answered("Access-Control-Allow-Methods"), "PATCH"));
    assert_string_equal(door_answered("Access-Control-Allow-Headers"),
                        "Authorization, Content-Type, Idempotency-Key");
    assert_string_equal(door_answered("Access-Control-Max-Age"), "600");
}

static void a_process_shows_its_key(void **state)
{
    (void)state;
    const char *key = "Authorization: Bearer " TEST_SERVICE_KEY "\r\n";
    assert_int_equal(door_ask("GET", "/process", key), 200);
    assert_string_equal(client_body(&http), "service service  en 0");
    assert_int_equal(door_ask("GET", "/me", key), 403);
    assert_int_equal(door_ask("GET", "/process", "Authorization: Bearer " TEST_SERVICE_KEY "x\r\n"),
                     401);
    assert_int_equal(door_ask("GET", "/process", "Authorization: Bearer \r\n"), 401);
    assert_int_equal(door_ask("GET", "/process", "Cookie: accessToken=" TEST_SERVICE_KEY "\r\n"),
                     401);
    struct caller c = somebody();
    c.role = ROLE_ADMIN;
    assert_int_equal(door_ask("GET", "/process", door_bearer(&c, "")), 403);
}

static void each_is_answered_in_his_language(void **state)
{
    struct caller c = somebody();
    (void)state;
    c.language = STR("ko");
    assert_int_equal(door_ask("GET", "/me", door_bearer(&c, "")), 200);
    assert_string_equal(client_body(&http), "customer u s1 ko 0");
    assert_int_equal(door_ask("GET", "/me", door_bearer(&c, "Accept-Language: pl\r\n")), 200);
    assert_string_equal(client_body(&http), "customer u s1 ko 0");
    assert_int_equal(door_ask("GET", "/me?lang=id", door_bearer(&c, "Accept-Language: pl\r\n")),
                     200);
    assert_string_equal(client_body(&http), "customer u s1 id 0");
    assert_int_equal(door_ask("GET", "/me?lang=xx", door_bearer(&c, "")), 200);
    assert_string_equal(client_body(&http), "customer u s1 ko 0");
    assert_int_equal(door_ask("GET", "/staff", door_bearer(&c, "")), 403);
    assert_string_equal(door_answered("Content-Language"), "ko");
    c.language = STR("tlh");
    assert_int_equal(door_ask("GET", "/me", door_bearer(&c, "Accept-Language: pl\r\n")), 200);
    assert_string_equal(client_body(&http), "customer u s1 pl 0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(with_a_cookie_the_page_must_be_ours),
        cmocka_unit_test(with_a_token_in_hand_any_page_may_ask),
        cmocka_unit_test(sockets_ask_where_they_come_from),
        cmocka_unit_test(a_page_that_is_not_listed_is_told_nothing),
        cmocka_unit_test(a_listed_page_may_read),
        cmocka_unit_test(a_listed_page_may_ask_beforehand),
        cmocka_unit_test(a_process_shows_its_key),
        cmocka_unit_test(each_is_answered_in_his_language),
    };
    return cmocka_run_group_tests(tests, door_setup, door_teardown);
}
