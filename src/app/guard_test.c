/* guard_test.c - which roles may, and which origins are our own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/call.h"
#include "app/desk.h"
#include "app/dispatch.h"
#include "app/guard.h"
#include "app/origin.h"

static void test_who(void **state)
{
    struct desk desk = {0};
    (void)state;
    struct arena *arena = arena_new(1 << 16);
    struct call *c = call_new(&desk, arena);
    struct request *rq = &c->rq;
    assert_true(guard_who(rq, WHO_ANYONE));
    assert_false(guard_who(rq, WHO_PERSON));
    assert_int_equal(rq->problem, PROBLEM_NOT_LOGGED_IN);
    rq->caller.role = ROLE_CUSTOMER;
    assert_true(guard_who(rq, WHO_PERSON));
    assert_false(guard_who(rq, WHO_STAFF));
    assert_int_equal(rq->problem, PROBLEM_FORBIDDEN);
    rq->caller.role = ROLE_KIOSK;
    assert_false(guard_who(rq, WHO_PERSON));
    assert_true(guard_who(rq, ROLE_BIT(ROLE_KIOSK)));
    arena_free(&arena);
}

static void test_origins(void **state)
{
    static const struct {
        const char *origin, *host, *public_url;
        bool own;
    } cases[] = {
        {"http://127.0.0.1:3333", "127.0.0.1:3333", "", true},
        {"https://Shop.example", "shop.example", "", true},
        {"http://127.0.0.1:3334", "127.0.0.1:3333", "", false},
        {"http://evil.example", "shop.example", "", false},
        {"http://shop.example.evil.example", "shop.example", "", false},
        {"http://evil.example/shop.example", "shop.example", "", false},
        {"null", "shop.example", "", false},
        {"", "shop.example", "", false},
        {"shop.example", "shop.example", "", false},
        {"https://shop.example", "10.0.0.7:3333", "https://shop.example", true},
        {"https://shop.example", "10.0.0.7:3333", "https://shop.example/pesan/", true},
        {"https://evil.example", "10.0.0.7:3333", "https://shop.example", false},
        {"http://", "", "", true}, /* no page has an empty host; no request has an empty Host */
        {"null", "10.0.0.7", "https://", false},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_int_equal(
            origin_is_own(str_of(cases[i].origin), str_of(cases[i].host), cases[i].public_url),
            cases[i].own);
    assert_false(origin_is_own((struct str){0}, STR("x"), ""));
}

static void test_listed_origins(void **state)
{
    static const char list[] = "https://a.example, http://b.example:8080";
    (void)state;
    assert_true(origin_is_listed(STR("https://a.example"), list));
    assert_true(origin_is_listed(STR("http://B.example:8080"), list));
    assert_false(origin_is_listed(STR("http://a.example"), list));
    assert_false(origin_is_listed(STR("https://a.example.evil"), list));
    assert_false(origin_is_listed(STR("https://evil.a.example"), list));
    assert_false(origin_is_listed(STR("http://b.example"), list));
    assert_false(origin_is_listed(STR("null"), list));
    assert_false(origin_is_listed(STR(""), list));
    assert_false(origin_is_listed((struct str){0}, list));
    assert_false(origin_is_listed((struct str){0}, ""));
    assert_false(origin_is_listed(STR(""), ""));
}

static void test_lists_of_origins(void **state)
{
    static const char *const good[] = {"", "https://a.example", "http://a:1,https://b.example",
                                       " https://a.example , https://[::1]:8080 "};
    static const char *const bad[] = {"*",
                                      "null",
                                      "a.example",
                                      "https://",
                                      "https://a.example/",
                                      "https://a.example/path",
                                      "https://*.example",
                                      "https://u@a.example",
                                      "https://a.example?x",
                                      "ftp://a.example",
                                      "https://a.example,,https://b.example",
                                      "https://a.example https://b.example"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        assert_true(origin_list_is_valid(good[i]));
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(origin_list_is_valid(bad[i]));
}

/* Who works in several shops may whatever one of his roles may. */
static void test_who_by_any_role(void **state)
{
    static const struct grant grants[] = {{.shop = {"a", 1}, .role = ROLE_BARISTA},
                                          {.shop = {"b", 1}, .role = ROLE_COURIER}};
    struct desk desk = {0};
    (void)state;
    struct arena *arena = arena_new(1 << 16);
    struct call *c = call_new(&desk, arena);
    c->rq.caller = (struct caller){.role = ROLE_BARISTA, .grants = grants, .grant_count = 2};
    assert_true(guard_who(&c->rq, ROLE_BIT(ROLE_COURIER)));
    assert_true(guard_who(&c->rq, ROLE_BIT(ROLE_BARISTA)));
    assert_false(guard_who(&c->rq, WHO_HEADS));
    arena_free(&arena);
}

static void test_pages(void **state)
{
    (void)state;
    assert_true(dispatch_wants_page(STR("text/html")));
    assert_true(dispatch_wants_page(STR("application/xml, Text/HTML;q=0.9, */*")));
    assert_false(dispatch_wants_page(STR("*/*")));
    assert_false(dispatch_wants_page(STR("application/json")));
    assert_false(dispatch_wants_page((struct str){0}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who),
        cmocka_unit_test(test_origins),
        cmocka_unit_test(test_listed_origins),
        cmocka_unit_test(test_lists_of_origins),
        cmocka_unit_test(test_who_by_any_role),
        cmocka_unit_test(test_pages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
