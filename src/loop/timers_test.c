/* timers_test.c - the heap of timers against sorting. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "loop/timers.h"

#define COUNT 300

static uint32_t walk = 4711;

static uint32_t next_number(void)
{
    walk = walk * 1664525u + 1013904223u;
    return walk >> 8;
}

static void assert_heap(const struct timers *h)
{
    for (size_t i = 1; i <= h->count; i++) {
        assert_int_equal(h->slots[i]->slot, i);
        assert_true(h->slots[1]->due_ns <= h->slots[i]->due_ns);
    }
}

static void come_out_in_order(void **state)
{
    (void)state;
    static struct timer timers[COUNT];
    struct timers h = {0};
    for (size_t i = 0; i < COUNT; i++)
        timers_set(&h, &timers[i], 1 + next_number() % 100);
    assert_int_equal(h.count, COUNT);
    int64_t last = 0;
    for (struct timer *t; (t = timers_first(&h));) {
        assert_true(t->due_ns >= last);
        last = t->due_ns;
        timers_clear(&h, t);
        assert_int_equal(t->slot, 0);
        assert_int_equal(t->due_ns, 0);
    }
    timers_fini(&h);
}

/* Set, moved and cleared at random; the least must always be on top. */
static void the_nearest_is_on_top(void **state)
{
    (void)state;
    static struct timer timers[COUNT];
    struct timers h = {0};
    for (int step = 0; step < 20000; step++) {
        struct timer *t = &timers[next_number() % COUNT];
        if (next_number() % 3 == 0)
            timers_clear(&h, t);
        else
            timers_set(&h, t, 1 + next_number() % 1000);
        int64_t least = INT64_MAX;
        size_t set = 0;
        for (size_t i = 0; i < COUNT; i++) {
            set += timers[i].slot != 0;
            if (timers[i].slot && timers[i].due_ns < least)
                least = timers[i].due_ns;
        }
        assert_int_equal(h.count, set);
        if (set > 0)
            assert_int_equal(timers_first(&h)->due_ns, least);
        else
            assert_null(timers_first(&h));
        if (step % 100 == 0)
            assert_heap(&h);
    }
    timers_fini(&h);
}

static void clearing_twice_is_nothing(void **state)
{
    (void)state;
    struct timers h = {0};
    struct timer t = {0};
    timers_clear(&h, &t);
    timers_set(&h, &t, 5);
    timers_clear(&h, &t);
    timers_clear(&h, &t);
    assert_null(timers_first(&h));
    timers_fini(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(come_out_in_order),
        cmocka_unit_test(the_nearest_is_on_top),
        cmocka_unit_test(clearing_twice_is_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
