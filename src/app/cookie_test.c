/* cookie_test.c - a browser's cookie lives with its session: renewed on the way, taken away when it
 * is no longer good, and never kept with an answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/door_fixture.h"

#define OWN_PAGE "Origin: http://test\r\n"

/* What the answer sets the cookie to; at == NULL when it sets none. */
static struct str cookie_set(void)
{
    static char copy[1400];
    const char *line = door_answered("Set-Cookie");
    if (!line)
        return (struct str){0};
    snprintf(copy, sizeof copy, "%s", line);
    struct str rest = str_of(copy);
    assert_true(str_is(str_cut(&rest, '='), COOKIE_NAME));
    return str_cut(&rest, ';');
}

static bool cookie_removed(void)
{
    struct str value = cookie_set();
    return value.at && value.len == 0 && strstr(door_answered("Set-Cookie"), "Max-Age=0;");
}

/* The answer's cookie is a new token of the same turn of the session, good for 15 minutes. */
static void check_renewed(const char *session, int64_t longest_s)
{
    struct arena *arena = arena_new(1 << 16);
    struct caller c;
    int64_t now = clock_utc_us();
    assert_true(token_verify(app_token_key(house.app), cookie_set(), now, arena, &c));
    assert_true(str_is(c.id, "u") && str_is(c.username, "name") && str_is(c.session, session));
    assert_int_equal(c.turn, 3);
    assert_true(c.issued_us > now - 5 * US_PER_S);
    assert_true(c.expires_us > now + (longest_s - 5) * US_PER_S);
    assert_true(c.expires_us <= now + longest_s * US_PER_S);
    arena_free(&arena);
}

static void a_young_cookie_is_left_alone(void **state)
{
    struct caller c = door_caller("s1", 100, 900, 10000);
    (void)state;
    assert_int_equal(door_ask("GET", "/me", door_cookie(&c, "")), 200);
    assert_string_equal(client_body(&http), "customer u s1 en 0");
    assert_null(door_answered("Set-Cookie"));
}

static void an_ageing_one_is_renewed(void **state)
{
    struct caller c = door_caller("s1", 400, 900, 10000);
    (void)state;
    for (int i = 0; i < 2; i++) { /* from the cache, too */
        assert_int_equal(door_ask("GET", "/me", door_cookie(&c, "")), 200);
        check_renewed("s1", 900);
    }
    const char *line = door_answered("Set-Cookie");
    assert_non_null(strstr(line, "; Path=/; Max-Age="));
    assert_non_null(strstr(line, "; HttpOnly; SameSite=Lax"));
    assert_null(strstr(line, "Secure"));
    long age = strtol(strstr(line, "Max-Age=") + 8, NULL, 10);
    assert_in_range(age, 9990, 10000);
}

static void a_renewal_outlives_the_writer(void **state)
{
    struct caller c = door_caller("s1", 400, 900, 10000);
    (void)state;
    assert_int_equal(door_ask("POST", "/act", door_cookie(&c, OWN_PAGE)), 201);
    check_renewed("s1", 900);
}

static void an_expired_one_lives_with_its_session(void **state)
{
    struct caller c = door_caller("s1", 5000, 900, 300);
    (void)state;
    assert_int_equal(door_ask("GET", "/me", door_cookie(&c, "")), 200);
    check_renewed("s1", 300); /* not beyond its end */
    assert_int_equal(door_ask("GET", "/me", door_bearer(&c, "")), 401);
    assert_null(door_answered("Set-Cookie"));
}

static void what_is_no_longer_good_is_taken_away(void **state)
{
    struct caller over = door_caller("s1", 5000, 900, 1);
    struct caller plain = door_caller("s1", 5000, 900, 0);
    (void)state;
    over.until_us = clock_utc_us() - US_PER_S;
    assert_int_equal(door_ask("GET", "/me", door_cookie(&over, "")), 401);
    assert_true(cookie_removed());
    assert_int_equal(door_ask("GET", "/me", door_cookie(&plain, "")), 401);
    assert_true(cookie_removed());
    assert_int_equal(door_ask("GET", "/me", "Cookie: accessToken=forged\r\n"), 401);
    assert_true(cookie_removed());
    assert_int_equal(door_ask("GET", "/who", "Cookie: accessToken=\r\n"), 200);
    assert_true(cookie_removed());
    assert_string_equal(client_body(&http), "none   en 0");
}

static void an_ended_session_takes_its_cookie_away(void **state)
{
    struct caller c = door_caller("s2", 5, 900, 10000);
    struct caller old = door_caller("s2", 5000, 900, 10000);
    (void)state;
    assert_int_equal(door_ask("GET", "/me", door_cookie(&c, "")), 200);
    door_say("session.ended", DOOR_SESSION_ENDED("s2"));
    assert_int_equal(door_ask("GET", "/me", door_cookie(&c, "")), 401);
    assert_true(cookie_removed());
    assert_int_equal(door_ask("GET", "/me", door_cookie(&old, "")), 401);
    assert_true(cookie_removed());
    assert_int_equal(door_ask("GET", "/me", door_bearer(&c, "")), 401);
    assert_null(door_answered("Set-Cookie"));
}

static void the_handlers_word_goes_first(void **state)
{
    struct caller c = door_caller("s1", 400, 900, 10000);
    (void)state;
    assert_int_equal(door_ask("POST", "/act?cookie=new", door_cookie(&c, OWN_PAGE)), 201);
    assert_true(str_is(cookie_set(), "new"));
    assert_int_equal(door_ask("POST", "/act?cookie=no", door_cookie(&c, OWN_PAGE)), 201);
    assert_true(cookie_removed());
    assert_int_equal(door_ask("POST", "/open?cookie=new", "Cookie: accessToken=x\r\n" OWN_PAGE),
                     201);
    assert_true(str_is(cookie_set(), "new"));
}

static void no_answer_is_kept_with_a_cookie(void **state)
{
    struct caller c = door_caller("s1", 400, 900, 10000);
    (void)state;
    const char *headers = door_bearer(&c, "Idempotency-Key: k\r\n");
    assert_int_equal(door_ask("POST", "/act?cookie=new", headers), 201);
    assert_non_null(door_answered("Set-Cookie"));
    assert_int_equal(door_ask("POST", "/act?cookie=new", headers), 201);
    assert_null(door_answered("Set-Cookie"));
    /* By a cookie, the repeat is renewed as any other request is, with its own. */
    assert_int_equal(door_ask("POST", "/act", door_cookie(&c, OWN_PAGE "Idempotency-Key: k\r\n")),
                     201);
    check_renewed("s1", 900);
}

static void a_page_of_others_is_given_no_cookie(void **state)
{
    struct caller c = door_caller("s1", 400, 900, 10000);
    (void)state;
    assert_int_equal(door_ask("POST", "/open?cookie=new", "Origin: https://evil.example\r\n"), 201);
    assert_null(door_answered("Set-Cookie"));
    assert_int_equal(door_ask("POST", "/open?cookie=new", "Origin: https://friend.example\r\n"),
                     201);
    assert_null(door_answered("Set-Cookie"));
    assert_int_equal(door_ask("GET", "/me", door_cookie(&c, "Origin: https://evil.example\r\n")),
                     200);
    assert_null(door_answered("Set-Cookie"));
}

static void behind_https_it_is_secure(void **state)
{
    struct caller c = door_caller("s1", 400, 900, 10000);
    (void)state;
    test_house_shut(&house);
    house.config.public_url = "https://shop.example";
    door_open();
    assert_int_equal(door_ask("GET", "/me", door_cookie(&c, "Origin: https://shop.example\r\n")),
                     200);
    assert_non_null(strstr(door_answered("Set-Cookie"), "; Secure"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_young_cookie_is_left_alone),
        cmocka_unit_test(an_ageing_one_is_renewed),
        cmocka_unit_test(a_renewal_outlives_the_writer),
        cmocka_unit_test(an_expired_one_lives_with_its_session),
        cmocka_unit_test(what_is_no_longer_good_is_taken_away),
        cmocka_unit_test(an_ended_session_takes_its_cookie_away),
        cmocka_unit_test(the_handlers_word_goes_first),
        cmocka_unit_test(no_answer_is_kept_with_a_cookie),
        cmocka_unit_test(a_page_of_others_is_given_no_cookie),
        cmocka_unit_test(behind_https_it_is_secure),
    };
    return cmocka_run_group_tests(tests, door_setup, door_teardown);
}
