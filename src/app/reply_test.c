/* reply_test.c - answers, refusals and frames come out as the contract words them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "app/call.h"
#include "app/desk.h"

static struct arena *arena;
static struct desk desk;
static struct call *c;
static struct request *rq;

static int setup(void **state)
{
    (void)state;
    arena = arena_new(1 << 20);
    c = call_new(&desk, arena);
    rq = &c->rq;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

static void body_is(const char *want)
{
    assert_string_equal(buf_cstr(&rq->reply), want);
}

static struct str header(const char *name)
{
    for (size_t i = 0; i < rq->header_count; i++) {
        if (str_is(rq->headers[i].name, name))
            return rq->headers[i].value;
    }
    return (struct str){0};
}

static void test_json(void **state)
{
    (void)state;
    struct jout *j = reply_json(rq, 201);
    jout_object(j);
    jout_field_int(j, "n", 1);
    jout_object_end(j);
    assert_int_equal(rq->status, 201);
    assert_string_equal(rq->content_type, "application/json");
    body_is("{\"n\":1}");
}

static void test_a_later_answer_replaces_the_earlier(void **state)
{
    (void)state;
    jout_int(reply_json(rq, 200), 12345);
    assert_false(refuse(rq, PROBLEM_CONFLICT, "number %d", 7));
    assert_int_equal(rq->problem, PROBLEM_CONFLICT);
    reply_bytes(rq, 200, "text/plain", STR("yes"));
    assert_int_equal(rq->problem, PROBLEM_NONE);
    body_is("yes");
    reply_empty(rq, 204);
    assert_int_equal(rq->reply.len, 0);
    assert_null(rq->content_type);
}

static void test_headers_grow(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++)
        reply_header(rq, "X-N", str_of(arena_printf(arena, "%d", i)));
    assert_int_equal(rq->header_count, 20);
    assert_true(str_is(rq->headers[0].value, "0"));
    assert_true(str_is(rq->headers[19].value, "19"));
    call_reset(c);
    assert_int_equal(rq->header_count, 0);
}

static void test_problem(void **state)
{
    (void)state;
    rq->language = LANG_PL;
    refuse(rq, PROBLEM_NOT_FOUND, "no \"%s\"", "x");
    call_render_problem(c);
    assert_int_equal(rq->status, 404);
    assert_string_equal(rq->content_type, "application/problem+json");
    body_is("{\"type\":\"/problems/not-found\",\"title\":\"Not found\",\"status\":404,"
            "\"detail\":\"no \\\"x\\\"\",\"message\":\"Nie znaleziono.\"}");
    assert_true(str_is(header("Content-Language"), "pl"));
}

static void test_fields(void **state)
{
    (void)state;
    refuse_field(rq, PROBLEM_BAD_INPUT, "/a", "missing");
    refuse_field(rq, PROBLEM_BAD_INPUT, "/b/0", "too long");
    call_render_problem(c);
    body_is("{\"type\":\"/problems/bad-input\",\"title\":\"Input is not valid\",\"status\":400,"
            "\"message\":\"Please check what you entered.\",\"errors\":["
            "{\"pointer\":\"/a\",\"reason\":\"missing\"},"
            "{\"pointer\":\"/b/0\",\"reason\":\"too long\"}]}");
}

static void test_headers_of_problems(void **state)
{
    static const struct {
        enum problem problem;
        const char *name;
        const char *value;
    } cases[] = {
        {PROBLEM_BUSY, "Retry-After", "1"},
        {PROBLEM_STORAGE_FULL, "Retry-After", "1"},
        {PROBLEM_TOO_MANY, "Retry-After", "1"},
        {PROBLEM_NOT_LOGGED_IN, "WWW-Authenticate", "Bearer realm=\"pesan\""},
        {PROBLEM_UPGRADE_NEEDED, "Upgrade", "websocket"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        call_reset(c);
        refuse(rq, cases[i].problem, NULL);
        call_render_problem(c);
        assert_true(str_is(header(cases[i].name), cases[i].value));
    }
    call_reset(c);
    reply_header(rq, "Retry-After", STR("30"));
    refuse(rq, PROBLEM_BUSY, NULL);
    call_render_problem(c);
    assert_true(str_is(header("Retry-After"), "30"));
    assert_int_equal(rq->header_count, 2);
}

static void test_detail_is_always_utf8(void **state)
{
    (void)state;
    refuse(rq, PROBLEM_BAD_INPUT, "bad \xff byte");
    assert_string_equal(c->detail, "bad ? byte");
    char *text = arena_alloc(arena, 1000);
    for (size_t i = 0; i < 900; i += 3)
        snprintf(text + i, 4, "한");
    refuse(rq, PROBLEM_BAD_INPUT, "x%s", text);
    assert_true(str_utf8_valid(str_of(c->detail)));
}

static void test_frames(void **state)
{
    (void)state;
    jout_int(reply_event(rq, "ONE"), 1);
    reply_event_end(rq);
    struct jout *j = reply_event(rq, "TWO");
    jout_object(j);
    jout_object_end(j);
    reply_event_end(rq);
    assert_string_equal(buf_cstr(&c->frame_first->text), "{\"event\":\"ONE\",\"values\":1}");
    assert_string_equal(buf_cstr(&c->frame_first->next->text), "{\"event\":\"TWO\",\"values\":{}}");
    call_reset(c);
    assert_null(c->frame_first);
}

static void test_error_frame(void **state)
{
    struct buf out = buf_in(arena);
    (void)state;
    rq->language = LANG_ID;
    refuse(rq, PROBLEM_SOLD_OUT, NULL);
    struct jout j = jout_to(&out);
    call_write_error(c, &j);
    assert_string_equal(buf_cstr(&out), "{\"code\":\"sold-out\",\"detail\":\"Sold out\","
                                        "\"message\":\"Habis.\"}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_json, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_later_answer_replaces_the_earlier, setup, teardown),
        cmocka_unit_test_setup_teardown(test_headers_grow, setup, teardown),
        cmocka_unit_test_setup_teardown(test_problem, setup, teardown),
        cmocka_unit_test_setup_teardown(test_fields, setup, teardown),
        cmocka_unit_test_setup_teardown(test_headers_of_problems, setup, teardown),
        cmocka_unit_test_setup_teardown(test_detail_is_always_utf8, setup, teardown),
        cmocka_unit_test_setup_teardown(test_frames, setup, teardown),
        cmocka_unit_test_setup_teardown(test_error_frame, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
