/* metrics_test.c - counting, from several threads, and the text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>

#include "base/metrics.h"

static void *count_up(void *unused)
{
    for (int i = 0; i < 10000; i++)
        metric_add(METRIC_ORDERS, 1);
    return unused;
}

static void loses_no_count(void **state)
{
    (void)state;
    pthread_t threads[3];
    int64_t before = metric_get(METRIC_ORDERS);
    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, count_up, NULL), 0);
    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(metric_get(METRIC_ORDERS) - before, 30000);
}

static void writes_the_exposition(void **state)
{
    (void)state;
    struct buf b = {0};
    metric_set(METRIC_CONNECTIONS, 5);
    metric_add(METRIC_CONNECTIONS, -7);
    metrics_write(&b);
    assert_non_null(strstr(buf_cstr(&b), "# HELP pesan_connections open connections\n"
                                         "# TYPE pesan_connections gauge\n"
                                         "pesan_connections -2\n"));
    size_t lines = 0;
    for (size_t i = 0; i < b.len; i++)
        lines += b.at[i] == '\n';
    assert_int_equal(lines, 3 * METRIC_COUNT);
    buf_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loses_no_count),
        cmocka_unit_test(writes_the_exposition),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
