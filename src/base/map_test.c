/* map_test.c - the hash map against a plain array that does the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "base/map.h"

#define KEYS 500

/* One key; `in` tells whether the map should hold it. */
struct entry {
    char name[16];
    bool in;
};

static void holds_what_is_put(void **state)
{
    (void)state;
    struct map m = {0};
    int a = 1, b = 2;
    assert_null(map_get(&m, STR("k")));
    assert_null(map_del(&m, STR("k")));
    assert_null(map_put(&m, STR("k"), &a));
    assert_ptr_equal(map_get(&m, STR("k")), &a);
    assert_ptr_equal(map_put(&m, STR("k"), &b), &a);
    assert_int_equal(m.count, 1);
    assert_ptr_equal(map_del(&m, STR("k")), &b);
    assert_null(map_get(&m, STR("k")));
    assert_int_equal(m.count, 0);
    map_fini(&m);
    assert_null(map_get(&m, STR("k")));
}

static void knows_odd_keys(void **state)
{
    (void)state;
    struct map m = {0};
    int values[4];
    assert_null(map_put(&m, (struct str){NULL, 0}, &values[0]));
    assert_null(map_put(&m, (struct str){"\0", 1}, &values[1]));
    assert_null(map_put(&m, (struct str){"\0\0", 2}, &values[2]));
    assert_null(map_put(&m, STR("a long key of more than eight bytes"), &values[3]));
    assert_ptr_equal(map_get(&m, STR("")), &values[0]);
    assert_ptr_equal(map_get(&m, (struct str){"\0", 1}), &values[1]);
    assert_ptr_equal(map_get(&m, (struct str){"\0\0", 2}), &values[2]);
    assert_ptr_equal(map_get(&m, STR("a long key of more than eight bytes")), &values[3]);
    assert_null(map_get(&m, STR("a long key of more than eight byteS")));
    map_fini(&m);
}

static void the_new_key_replaces_the_old(void **state)
{
    (void)state;
    struct map m = {0};
    char first[] = "key", second[] = "key";
    int value;
    assert_null(map_put(&m, str_of(first), &value));
    assert_non_null(map_put(&m, str_of(second), &value));
    first[0] = 'X'; /* its owner may free it now */
    assert_ptr_equal(map_get(&m, STR("key")), &value);
    map_fini(&m);
}

static void assert_same(const struct map *m, struct entry *entries)
{
    size_t count = 0;
    for (size_t i = 0; i < KEYS; i++) {
        void *expected = entries[i].in ? &entries[i] : NULL;
        assert_ptr_equal(map_get(m, str_of(entries[i].name)), expected);
        count += entries[i].in;
    }
    assert_int_equal(m->count, count);
    struct entry *e;
    for (size_t at = 0; (e = map_next(m, &at)); count--)
        assert_true(e->in);
    assert_int_equal(count, 0);
}

/* A fixed walk of puts and deletes; grows first, shrinks later. */
static void agrees_with_an_array(void **state)
{
    (void)state;
    static struct entry entries[KEYS];
    struct map m = {0};
    uint32_t walk = 12345;
    for (size_t i = 0; i < KEYS; i++)
        snprintf(entries[i].name, sizeof entries[i].name, "key-%zu", i);
    for (int step = 0; step < 40000; step++) {
        walk = walk * 1664525u + 1013904223u;
        struct entry *e = &entries[(walk >> 8) % KEYS];
        bool put = (walk >> 24) % 100 < (step < 20000 ? 60u : 15u);
        void *before = put ? map_put(&m, str_of(e->name), e) : map_del(&m, str_of(e->name));
        assert_ptr_equal(before, e->in ? e : NULL);
        e->in = put;
        if (step % 400 == 0)
            assert_same(&m, entries);
    }
    assert_same(&m, entries);
    map_fini(&m);
}

static void gives_memory_back(void **state)
{
    (void)state;
    static struct entry entries[KEYS];
    struct map m = {0};
    for (size_t i = 0; i < KEYS; i++) {
        snprintf(entries[i].name, sizeof entries[i].name, "key-%zu", i);
        assert_null(map_put(&m, str_of(entries[i].name), &entries[i]));
    }
    size_t widest = m.cap;
    for (size_t i = 0; i < KEYS; i++)
        assert_non_null(map_del(&m, str_of(entries[i].name)));
    assert_true(m.cap < widest / 8);
    map_fini(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(holds_what_is_put),
        cmocka_unit_test(knows_odd_keys),
        cmocka_unit_test(the_new_key_replaces_the_old),
        cmocka_unit_test(agrees_with_an_array),
        cmocka_unit_test(gives_memory_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
