/* id_test.c - UUIDs: order, uniqueness over threads, reading. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/id.h"

#define EACH    20000
#define THREADS 3

static void has_the_form_of_version_7(void **state)
{
    (void)state;
    int64_t before = clock_utc_us() / 1000;
    struct id id = id_new();
    int64_t after = clock_utc_us() / 1000;
    assert_true(id_valid(id_str(&id)));
    assert_int_equal(id.text[14], '7');
    assert_non_null(strchr("89ab", id.text[19]));
    char ms[13] = {0};
    memcpy(ms, id.text, 8);
    memcpy(ms + 8, id.text + 9, 4);
    long long made = strtoll(ms, NULL, 16);
    assert_true(made >= before && made <= after);
    assert_int_equal(id_ms(&id), made);
    id.text[14] = '4';
    assert_int_equal(id_ms(&id), 0);
}

/* More than the 4096 a millisecond can count, so the counter runs over. */
static void *make_many(void *out)
{
    struct id *ids = out;
    for (size_t i = 0; i < EACH; i++)
        ids[i] = id_new();
    return NULL;
}

static int compare(const void *a, const void *b)
{
    return strcmp(((const struct id *)a)->text, ((const struct id *)b)->text);
}

static void sorts_by_making_and_never_repeats(void **state)
{
    (void)state;
    static struct id ids[THREADS * EACH];
    pthread_t threads[THREADS];
    for (size_t t = 0; t < THREADS; t++)
        assert_int_equal(pthread_create(&threads[t], NULL, make_many, ids + t * EACH), 0);
    for (size_t t = 0; t < THREADS; t++)
        pthread_join(threads[t], NULL);
    for (size_t t = 0; t < THREADS; t++) {
        for (size_t i = 1; i < EACH; i++)
            assert_true(compare(&ids[t * EACH + i - 1], &ids[t * EACH + i]) < 0);
    }
    qsort(ids, THREADS * EACH, sizeof ids[0], compare);
    for (size_t i = 1; i < THREADS * EACH; i++)
        assert_true(compare(&ids[i - 1], &ids[i]) != 0);
}

static void reads_any_uuid(void **state)
{
    (void)state;
    struct id id;
    assert_true(id_parse(STR("CE33FB74-ba55-40c6-99d7-47BEF4CD785E"), &id));
    assert_string_equal(id.text, "ce33fb74-ba55-40c6-99d7-47bef4cd785e");
    assert_true(id_valid(STR("00000000-0000-0000-0000-000000000000")));
}

static void refuses_what_is_no_uuid(void **state)
{
    (void)state;
    const char *bad[] = {
        "",
        "ce33fb74-ba55-40c6-99d7-47bef4cd785",
        "ce33fb74-ba55-40c6-99d7-47bef4cd785e0",
        "ce33fb74_ba55-40c6-99d7-47bef4cd785e",
        "ce33fb74-ba55-40c6-99d7-47bef4cd785g",
        "ce33fb7-4ba55-40c6-99d7-47bef4cd785e",
        "{ce33fb74-ba55-40c6-99d7-47bef4cd78}",
        "ce33fb74ba5540c699d747bef4cd785e0000",
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct id id = {.text = "x"};
        assert_false(id_parse(str_of(bad[i]), &id));
        assert_int_equal(id_str(&id).len, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(has_the_form_of_version_7),
        cmocka_unit_test(sorts_by_making_and_never_repeats),
        cmocka_unit_test(reads_any_uuid),
        cmocka_unit_test(refuses_what_is_no_uuid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
