/* checkpoint_test.c - the log is moved and begins anew, under load and when it is quiet. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/checkpoint.h"
#include "db/driver.h"
#include "db/fixture.h"

static struct house house;

static int setup(void **state)
{
    (void)state;
    house_init(&house);
    house_script(&house, "CREATE TABLE t (id {int} PRIMARY KEY, text {text}) {table}");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    house_fini(&house);
    return 0;
}

static struct checkpointer *start(struct checkpoint_rule rule)
{
    const char *why;
    struct checkpointer *c = checkpointer_start(house.url, rule, &why);
    assert_non_null(c);
    return c;
}

/* One transaction of some pages; returns the length of the log after it. */
static int64_t write_some(struct db *db, struct checkpointer *c)
{
    char text[8000];
    memset(text, 'x', sizeof text);
    checkpointer_enter(c);
    db_begin(db);
    db_exec(db, "INSERT INTO t (text) VALUES (?)", DB_TEXT(((struct str){text, sizeof text})));
    assert_int_equal(db_commit(db), DB_OK);
    int64_t bytes = db_log_bytes(db);
    checkpointer_leave(c, bytes);
    return bytes;
}

static void test_a_long_log_holds_the_writer_up(void **state)
{
    (void)state;
    struct checkpointer *c = start((struct checkpoint_rule){1 << 16, 1 << 20, 1 << 20});
    struct db *db = house_open(&house, DB_WRITE);
    int64_t longest = 0;
    int64_t total = 0;
    int64_t last = 0;
    for (int i = 0; i < 2000; i++) {
        int64_t bytes = write_some(db, c);
        total += bytes > last ? bytes - last : bytes;
        last = bytes;
        longest = bytes > longest ? bytes : longest;
    }
    checkpointer_stop(&c);
    db_close(&db);
    assert_true(total > 20 << 20);
    assert_true(longest < total / 2);
    assert_int_equal(house_number(&house, "SELECT COUNT(*) FROM t"), 2000);
}

static void test_a_quiet_log_begins_anew(void **state)
{
    (void)state;
    struct checkpointer *c = start(CHECKPOINT_RULE);
    struct db *db = house_open(&house, DB_WRITE);
    int64_t longest = 0;
    for (int i = 0; i < 100; i++)
        longest = write_some(db, c);
    while (write_some(db, c) > longest)
        usleep(1200 * 1000);
    checkpointer_stop(&c);
    db_close(&db);
}

static void test_a_reader_only_delays_it(void **state)
{
    (void)state;
    struct checkpointer *c = start((struct checkpoint_rule){1 << 16, 1 << 18, 1 << 18});
    struct db *reader = house_open(&house, DB_READ);
    struct db *db = house_open(&house, DB_WRITE);
    db_begin(reader);
    int64_t longest = 0;
    for (int i = 0; i < 100; i++)
        longest = write_some(db, c);
    assert_true(longest > 1 << 18);
    db_rollback(reader);
    int64_t last = longest;
    for (int64_t bytes = write_some(db, c); bytes > last; bytes = write_some(db, c))
        last = bytes;
    assert_true(last < 4 * longest);
    checkpointer_stop(&c);
    db_close(&db);
    db_close(&reader);
}

static int tries_told(FILE *log)
{
    char line[400];
    int count = 0;
    rewind(log);
    while (fgets(line, sizeof line, log))
        count += strstr(line, "DB-LOG-LONG") != NULL;
    return count;
}

/* Each try holds the writer up until SQLite has given up waiting for the reader. */
static void test_a_reader_that_stays_is_not_asked_all_the_time(void **state)
{
    (void)state;
    FILE *log = tmpfile();
    int usual = dup(STDERR_FILENO);
    assert_non_null(log);
    assert_int_equal(dup2(fileno(log), STDERR_FILENO), STDERR_FILENO);
    struct checkpointer *c = start((struct checkpoint_rule){1 << 16, 1 << 18, 1 << 18});
    struct db *reader = house_open(&house, DB_READ);
    struct db *db = house_open(&house, DB_WRITE);
    db_begin(reader);
    while (write_some(db, c) < 16 << 20)
        continue;
    db_rollback(reader);
    checkpointer_stop(&c);
    dup2(usual, STDERR_FILENO);
    close(usual);
    assert_in_range(tries_told(log), 1, 7); /* from 256 KB to 16 MB */
    fclose(log);
    db_close(&db);
    db_close(&reader);
}

/* A log of some pages is left as it is; one that is used gets a file that is longer than it, up to
 * the limit. */
static void test_a_used_log_is_lengthened(void **state)
{
    (void)state;
    struct stat about = {0};
    char log[100];
    snprintf(log, sizeof log, "%s-wal", house.path);
    struct checkpointer *c = start((struct checkpoint_rule){32 << 20, 16 << 20, 2 << 20});
    struct db *db = house_open(&house, DB_WRITE);
    write_some(db, c);
    usleep(50 * 1000);
    assert_int_equal(stat(log, &about), 0);
    assert_true(about.st_size < 8 << 20);
    while (write_some(db, c) < 5 << 20)
        continue;
    for (int i = 0; i < 1000 && about.st_size < 16 << 20; i++) {
        usleep(20 * 1000);
        assert_int_equal(stat(log, &about), 0);
    }
    assert_in_range(about.st_size, 16 << 20, 20 << 20);
    checkpointer_stop(&c);
    db_close(&db);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_a_long_log_holds_the_writer_up),
        T(test_a_quiet_log_begins_anew),
        T(test_a_reader_only_delays_it),
        T(test_a_reader_that_stays_is_not_asked_all_the_time),
        T(test_a_used_log_is_lengthened),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
