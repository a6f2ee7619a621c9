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
            guard_own_origin(str_of(cases[i].origin), str_of(cases[i].host), cases[i].public_url),
            cases[i].own);
    assert_false(guard_own_origin((struct str){0}, STR("x"), ""));
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
        cmocka_unit_test(test_pages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
