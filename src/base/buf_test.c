/* buf_test.c - growing runs of bytes, on the heap and in an arena. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"

static void fill(struct buf *b)
{
    buf_add_cstr(b, "a");
    buf_add_char(b, 'b');
    buf_add_str(b, STR("cd"));
    buf_add_str(b, (struct str){NULL, 0});
    buf_addf(b, "%d%s", 12, "e");
    buf_add(b, "f", 1);
    assert_true(str_is(buf_str(b), "abcd12ef"));
    assert_string_equal(buf_cstr(b), "abcd12ef");
    assert_int_equal(b->len, 8);
    for (int i = 0; i < 10000; i++)
        buf_add_char(b, 'x');
    assert_int_equal(b->len, 10008);
    assert_int_equal(b->at[10007], 'x');
    assert_memory_equal(b->at, "abcd12ef", 8);
}

static void grows_on_heap(void **state)
{
    (void)state;
    struct buf b = {0};
    fill(&b);
    buf_clear(&b);
    assert_int_equal(b.len, 0);
    buf_fini(&b);
    assert_null(b.at);
    buf_add_char(&b, 'y'); /* usable again */
    buf_fini(&b);
    buf_fini(&b);
}

static void grows_in_arena(void **state)
{
    (void)state;
    struct arena *a = arena_new(1 << 20);
    struct buf b = buf_in(a);
    fill(&b);
    buf_fini(&b);
    assert_ptr_equal(b.arena, a);
    fill(&b);
    arena_free(&a);
}

static void an_empty_buffer_has_a_cstr(void **state)
{
    (void)state;
    struct buf b = {0};
    assert_string_equal(buf_cstr(&b), "");
    assert_int_equal(b.len, 0);
    buf_fini(&b);
}

static void reserve_gives_room(void **state)
{
    (void)state;
    struct buf b = {0};
    memset(buf_reserve(&b, 5000), 'z', 5000);
    assert_int_equal(b.len, 0);
    b.len += 5000;
    assert_true(buf_reserve(&b, 0) == b.at + 5000);
    buf_fini(&b);
}

static void writes_integers(void **state)
{
    (void)state;
    struct buf b = {0};
    buf_add_i64(&b, INT64_MIN);
    buf_add_char(&b, ' ');
    buf_add_i64(&b, INT64_MAX);
    buf_add_char(&b, ' ');
    buf_add_i64(&b, 0);
    buf_add_char(&b, ' ');
    buf_add_i64(&b, -10);
    assert_string_equal(buf_cstr(&b), "-9223372036854775808 9223372036854775807 0 -10");
    buf_fini(&b);
}

static void consumes_from_the_front(void **state)
{
    (void)state;
    struct buf b = {0};
    buf_consume(&b, 0);
    buf_add_cstr(&b, "abcdef");
    buf_consume(&b, 2);
    assert_true(str_is(buf_str(&b), "cdef"));
    buf_consume(&b, 0);
    buf_consume(&b, 4);
    assert_int_equal(b.len, 0);
    buf_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grows_on_heap),
        cmocka_unit_test(grows_in_arena),
        cmocka_unit_test(an_empty_buffer_has_a_cstr),
        cmocka_unit_test(reserve_gives_room),
        cmocka_unit_test(writes_integers),
        cmocka_unit_test(consumes_from_the_front),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
