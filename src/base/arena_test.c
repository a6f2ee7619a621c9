/* arena_test.c - memory of one request. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdalign.h>

#include "base/arena.h"

static void gives_zeroed_aligned_memory(void **state)
{
    (void)state;
    struct arena *a = arena_new(1 << 20);
    for (int round = 0; round < 2; round++) {
        for (size_t size = 0; size < 700; size += 7) {
            uint8_t *at = arena_alloc(a, size);
            assert_int_equal((uintptr_t)at % alignof(max_align_t), 0);
            for (size_t i = 0; i < size; i++)
                assert_int_equal(at[i], 0);
            memset(at, 0xa5, size);
        }
        arena_reset(a); /* the second round gets used memory */
    }
    arena_free(&a);
    assert_null(a);
    arena_free(&a);
}

static void runs_do_not_overlap(void **state)
{
    (void)state;
    enum { COUNT = 400 };
    uint8_t *runs[COUNT];
    struct arena *a = arena_new(1 << 20);
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < COUNT; i++) {
            runs[i] = arena_alloc(a, i * 11 % 3000);
            memset(runs[i], (int)(i % 251), i * 11 % 3000);
        }
        for (size_t i = 0; i < COUNT; i++) {
            for (size_t b = 0; b < i * 11 % 3000; b++)
                assert_int_equal(runs[i][b], i % 251);
        }
        arena_reset(a);
    }
    arena_free(&a);
}

/* Under ASan, as in ./test, memory that was freed would come from elsewhere. */
static void used_again_it_has_its_second_chunk_still(void **state)
{
    (void)state;
    const void *second[2];
    struct arena *a = arena_new(1 << 20);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 3; i++)
            second[round] = arena_alloc(a, 1000);
        arena_reset(a);
    }
    assert_ptr_equal(second[0], second[1]);
    arena_free(&a);
}

static void trimming_takes_nothing_that_is_used(void **state)
{
    (void)state;
    struct arena *a = arena_new(1 << 20);
    for (int round = 0; round < 3; round++) {
        arena_trim(a);
        char *small = arena_alloc(a, 1000);
        char *behind = memset(arena_alloc(a, 1500), round, 1500);
        arena_trim(a);
        char *more = memset(arena_alloc(a, 1500), 77, 1500);
        assert_int_equal(small[999], 0);
        assert_int_equal(behind[1499], round);
        assert_int_equal(more[1499], 77);
        arena_reset(a);
    }
    arena_free(&a);
}

static void overflow_sticks_until_reset(void **state)
{
    (void)state;
    struct arena *a = arena_new(1000);
    assert_non_null(arena_alloc(a, 992));
    assert_false(arena_overflowed(a));
    char *beyond = arena_alloc(a, 100000);
    memset(beyond, 1, 100000);
    assert_true(arena_overflowed(a));
    assert_non_null(arena_alloc(a, 1));
    assert_true(arena_overflowed(a));
    assert_true(arena_used(a) >= 100993);
    arena_reset(a);
    assert_false(arena_overflowed(a));
    assert_int_equal(arena_used(a), 0);
    arena_free(&a);
}

static void makes_strings(void **state)
{
    (void)state;
    struct arena *a = arena_new(1 << 20);
    assert_string_equal(arena_strdup(a, STR("kopi")), "kopi");
    assert_string_equal(arena_strdup(a, (struct str){NULL, 0}), "");
    assert_string_equal(arena_printf(a, "%s-%d", "x", 7), "x-7");
    char *wide = arena_printf(a, "%5000d", 1);
    assert_int_equal(strlen(wide), 5000);
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_zeroed_aligned_memory),
        cmocka_unit_test(runs_do_not_overlap),
        cmocka_unit_test(used_again_it_has_its_second_chunk_still),
        cmocka_unit_test(trimming_takes_nothing_that_is_used),
        cmocka_unit_test(overflow_sticks_until_reset),
        cmocka_unit_test(makes_strings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
