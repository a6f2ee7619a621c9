/* log_test.c - the two forms of a line, hostile values, the ring, and a pipe nobody reads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/json.h"
#include "base/log.h"
#include "base/metrics.h"

static int real_stderr; /* stderr of the test itself */
static int caught;      /* the reading end of what took its place */

/* Put a pipe in the place of stderr. */
static void catch_stderr(void)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    real_stderr = dup(STDERR_FILENO);
    dup2(ends[1], STDERR_FILENO);
    close(ends[1]);
    caught = ends[0];
}

static void release_stderr(void)
{
    dup2(real_stderr, STDERR_FILENO);
    close(real_stderr);
}

/* All that was written until stderr was released. */
static void read_caught(struct buf *out)
{
    ssize_t got;
    while ((got = read(caught, buf_reserve(out, 65536), 65536)) > 0)
        out->len += (size_t)got;
    close(caught);
    buf_cstr(out);
}

/* What stands behind the time and its blank. */
static const char *behind_time(const struct buf *line)
{
    const char *blank = strchr(line->at, ' ');
    assert_non_null(blank);
    return blank + 1;
}

static void log_samples(void)
{
    char longer[600];
    memset(longer, 'a', sizeof longer);
    memcpy(longer + 510, "\xec\xbb\xa4", 3); /* stands across the cut */
    log_info("T-1");
    log_warn("T-2", LOG_N("n", -5), LOG_S("s", STR("plain/x:1")), LOG_C("e", ""));
    log_error("T-3", LOG_S("s", STR("two words\n=\"x\"")), LOG_S("b", STR("\xff\x80z")));
    log_info("T-4", LOG_S("s", ((struct str){longer, sizeof longer})));
}

static void writes_text(void **state)
{
    (void)state;
    struct buf out = {0};
    catch_stderr();
    log_start(LOG_INFO, LOG_TEXT);
    log_debug("T-0");
    log_samples();
    log_stop();
    release_stderr();
    read_caught(&out);
    const char *at = behind_time(&out);
    assert_memory_equal(at, "INFO T-1\n", 9);
    assert_non_null(strstr(at, " WARN T-2 n=-5 s=plain/x:1 e=\"\"\n"));
    assert_non_null(strstr(at, " ERROR T-3 s=\"two words\\n=\\\"x\\\"\" b=??z\n"));
    const char *cut = strstr(at, "T-4 s=");
    assert_non_null(cut);
    assert_int_equal(strspn(cut + 6, "a"), 510);
    assert_int_equal(cut[516], '\n');
    assert_null(strstr(out.at, "T-0"));
    buf_fini(&out);
}

static void writes_json(void **state)
{
    (void)state;
    struct buf out = {0};
    const char *why;
    catch_stderr();
    log_start(LOG_DEBUG, LOG_JSON);
    assert_true(log_wants(LOG_DEBUG));
    log_samples();
    log_stop();
    release_stderr();
    read_caught(&out);
    struct str rest = buf_str(&out);
    size_t lines = 0;
    for (struct str line; (line = str_cut(&rest, '\n')).len > 0; lines++) {
        json_t *o = json_read(line, &why);
        assert_non_null(o);
        assert_non_null(json_text(o, "at").at);
        assert_non_null(json_text(o, "level").at);
        assert_true(str_starts(json_text(o, "id"), STR("T-")));
        if (str_is(json_text(o, "id"), "T-3"))
            assert_true(str_is(json_text(o, "s"), "two words\n=\"x\""));
        json_decref(o);
    }
    assert_int_equal(lines, 4);
    buf_fini(&out);
}

static void writes_at_once_without_the_thread(void **state)
{
    (void)state;
    struct buf out = {0};
    catch_stderr();
    log_start(LOG_INFO, LOG_TEXT);
    log_stop();
    log_stop();
    log_info("T-AFTER", LOG_N("n", 1));
    release_stderr();
    read_caught(&out);
    assert_string_equal(behind_time(&out), "INFO T-AFTER n=1\n");
    buf_fini(&out);
}

static void *log_many(void *name)
{
    for (int i = 0; i < 1000; i++)
        log_info("T-MANY", LOG_C("by", name), LOG_N("i", i));
    return NULL;
}

static void *read_all(void *out)
{
    read_caught(out);
    return NULL;
}

/* Lines of several threads come whole, all of them, each thread's in its order. */
static void threads_do_not_mix(void **state)
{
    (void)state;
    struct buf out = {0};
    char *names[] = {"0", "1", "2"};
    int next[3] = {0};
    pthread_t threads[3], reader;
    catch_stderr();
    assert_int_equal(pthread_create(&reader, NULL, read_all, &out), 0);
    log_start(LOG_INFO, LOG_TEXT);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, log_many, names[i]), 0);
    for (size_t i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    log_stop();
    release_stderr();
    pthread_join(reader, NULL);
    struct str rest = buf_str(&out);
    for (struct str line; (line = str_cut(&rest, '\n')).len > 0;) {
        char text[200], expected[64];
        snprintf(text, sizeof text, "%.*s", STR_ARG(line));
        char *by = strstr(text, " INFO T-MANY by=");
        assert_non_null(by);
        int who = by[16] - '0';
        assert_in_range(who, 0, 2);
        snprintf(expected, sizeof expected, " INFO T-MANY by=%d i=%d", who, next[who]++);
        assert_string_equal(by, expected);
    }
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(next[i], 1000);
    buf_fini(&out);
}

/* Nobody reads: lines are dropped and counted, the caller goes on, and stopping ends too. */
static void a_stuck_pipe_stops_nobody(void **state)
{
    (void)state;
    char value[500];
    struct buf out = {0};
    memset(value, 'v', sizeof value);
    int64_t before = metric_get(METRIC_LOG_DROPPED);
    catch_stderr();
    log_start(LOG_INFO, LOG_TEXT);
    for (int i = 0; i < 5000; i++)
        log_info("T-STUCK", LOG_S("v", ((struct str){value, sizeof value})));
    log_stop();
    release_stderr();
    read_caught(&out);
    assert_in_range(metric_get(METRIC_LOG_DROPPED) - before, 2000, 4999);
    buf_fini(&out);
}

/* The sum of what the lines about dropped lines tell. */
static int64_t told_dropped(const char *at)
{
    int64_t sum = 0;
    while ((at = strstr(at, " WARN LOG-DROPPED lines="))) {
        at += strlen(" WARN LOG-DROPPED lines=");
        sum += strtoll(at, NULL, 10);
    }
    return sum;
}

/* Once somebody reads again, the number of dropped lines is told. */
static void tells_what_was_dropped(void **state)
{
    (void)state;
    char value[500];
    struct buf out = {0};
    pthread_t reader;
    memset(value, 'v', sizeof value);
    int64_t before = metric_get(METRIC_LOG_DROPPED);
    catch_stderr();
    log_start(LOG_INFO, LOG_TEXT);
    for (int i = 0; i < 5000; i++)
        log_info("T-FULL", LOG_S("v", ((struct str){value, sizeof value})));
    assert_int_equal(pthread_create(&reader, NULL, read_all, &out), 0);
    log_stop();
    release_stderr();
    pthread_join(reader, NULL);
    int64_t dropped = metric_get(METRIC_LOG_DROPPED) - before;
    assert_true(dropped > 0);
    assert_int_equal(told_dropped(out.at), dropped);
    buf_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_text),
        cmocka_unit_test(writes_json),
        cmocka_unit_test(writes_at_once_without_the_thread),
        cmocka_unit_test(threads_do_not_mix),
        cmocka_unit_test(a_stuck_pipe_stops_nobody),
        cmocka_unit_test(tells_what_was_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
