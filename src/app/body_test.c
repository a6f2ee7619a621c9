/* body_test.c - bodies are read by their type and the route's leave. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/body.h"
#include "app/desk.h"

static struct arena *arena;
static struct desk desk;

static int setup(void **state)
{
    (void)state;
    arena = arena_new(1 << 20);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

/* What a route with these flags makes of the body: its JSON text, or the problem's slug. */
static const char *reads(unsigned flags, const char *type, const char *body)
{
    struct route route = {.body_max = 100, .flags = flags};
    struct http_header header = {STR("content-type"), str_of(type)};
    struct exchange x = {.arena = arena, .headers = &header, .header_count = type ? 1 : 0};
    struct call *c = call_new(&desk, arena);
    c->exchange = &x;
    c->rq.route = &route;
    c->rq.raw = str_of(body);
    struct buf out = buf_in(arena);
    if (!body_read(c))
        buf_add_cstr(&out, problem_row(c->rq.problem)->slug);
    else if (!c->rq.body)
        buf_add_cstr(&out, "raw");
    else
        json_write(&out, c->rq.body);
    call_fini(c);
    return buf_cstr(&out);
}

static void test_json(void **state)
{
    (void)state;
    assert_string_equal(reads(0, "application/json", "{\"a\": 1}"), "{\"a\":1}");
    assert_string_equal(reads(0, "Application/JSON; charset=utf-8", "[1]"), "[1]");
    assert_string_equal(reads(0, NULL, "[1]"), "[1]");
    assert_string_equal(reads(0, "application/json", ""), "{}");
    assert_string_equal(reads(0, "image/png", ""), "{}");
    assert_string_equal(reads(0, "application/json", "{\"a\""), "bad-json");
    assert_string_equal(reads(0, "application/json", "{\"a\":1,\"a\":2}"), "bad-json");
}

static void test_other_types(void **state)
{
    (void)state;
    assert_string_equal(reads(0, "text/plain", "{}"), "media-type");
    assert_string_equal(reads(0, "application/jsonx", "{}"), "media-type");
    assert_string_equal(reads(ROUTE_LENIENT_JSON, "text/plain", "{}"), "{}");
    assert_string_equal(reads(ROUTE_LENIENT_JSON, "text/html", "{}"), "media-type");
    assert_string_equal(reads(ROUTE_LENIENT_JSON, "text/plain", "{"), "bad-json");
    assert_string_equal(reads(ROUTE_ANY_BODY, "text/html", "<p>"), "raw");
    assert_string_equal(reads(ROUTE_ANY_BODY, "application/json", "{"), "raw");
    assert_string_equal(reads(ROUTE_ANY_BODY, "application/json", "{}"), "{}");
}

#define FORM "application/x-www-form-urlencoded"

static void test_forms(void **state)
{
    (void)state;
    assert_string_equal(reads(0, FORM, "a=1&b=x+y%21&c="),
                        "{\"a\":\"1\",\"b\":\"x y!\",\"c\":\"\"}");
    assert_string_equal(reads(0, FORM "; charset=UTF-8", "name=%EC%BB%A4%ED%94%BC"),
                        "{\"name\":\"커피\"}");
    assert_string_equal(reads(0, FORM, "a&&b"), "{\"a\":\"\",\"b\":\"\"}");
    assert_string_equal(reads(0, FORM, "a=1&a=2"), "bad-json");
    assert_string_equal(reads(0, FORM, "a=%"), "bad-json");
    assert_string_equal(reads(0, FORM, "a=%00"), "bad-json");
    assert_string_equal(reads(0, FORM, "a=%FF"), "bad-json");
    struct buf many = buf_in(arena);
    for (int i = 0; i < 1001; i++)
        buf_addf(&many, "f%d=&", i);
    assert_string_equal(reads(0, FORM, buf_cstr(&many)), "bad-json");
}

static void test_no_body_is_taken(void **state)
{
    struct route route = {.body_max = 0};
    (void)state;
    struct call *c = call_new(&desk, arena);
    c->rq.route = &route;
    c->rq.raw = STR("whatever");
    assert_true(body_read(c));
    assert_null(c->rq.body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_other_types),
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_no_body_is_taken),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
