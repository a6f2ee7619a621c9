/* sqlite_test.c - what db.h promises, on a real SQLite file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>

#include "db/driver.h"
#include "db/fixture.h"

static struct house house;

static int setup(void **state)
{
    (void)state;
    house_init(&house);
    house_script(&house, "CREATE TABLE t (id {int} PRIMARY KEY, name {text}) {table};"
                         "CREATE TABLE c (a {key}, b {int}, PRIMARY KEY (a, b)) {table_clustered}");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    house_fini(&house);
    return 0;
}

static void put(struct db *db, int64_t id, struct str name)
{
    db_exec(db, "INSERT INTO t (id, name) VALUES (?, ?)", DB_INT(id), DB_TEXT(name));
}

static int64_t count(struct db *db)
{
    struct db_rows *rows = db_query(db, "SELECT COUNT(*) FROM t");
    int64_t n = db_row(rows) ? db_int(rows, 0) : -1;
    db_end(rows);
    return n;
}

static void test_values_come_back(void **state)
{
    (void)state;
    struct db *db = house_open(&house, DB_WRITE);
    const char nul_inside[] = "a\0b";
    put(db, INT64_MIN, STR("Kopi \xc3\xa9"));
    put(db, 0, (struct str){NULL, 0});
    put(db, 1, STR(""));
    put(db, INT64_MAX, (struct str){nul_inside, 3});
    struct db_rows *rows = db_query(db, "SELECT id, name FROM t ORDER BY id");
    assert_true(db_row(rows));
    assert_true(db_int(rows, 0) == INT64_MIN);
    assert_true(str_is(db_text(rows, 1), "Kopi \xc3\xa9"));
    assert_true(db_row(rows));
    assert_null(db_text(rows, 1).at);
    assert_int_equal(db_int(rows, 1), 0);
    assert_true(db_row(rows));
    assert_non_null(db_text(rows, 1).at);
    assert_int_equal(db_text(rows, 1).len, 0);
    assert_true(db_row(rows));
    assert_true(db_int(rows, 0) == INT64_MAX);
    assert_true(str_eq(db_text(rows, 1), (struct str){nul_inside, 3}));
    assert_false(db_row(rows));
    assert_false(db_row(rows));
    db_end(rows);
    assert_int_equal(db->status, DB_OK);
    db_close(&db);
    assert_null(db);
    db_close(&db);
}

static void test_exec_tells_how_many_rows_changed(void **state)
{
    (void)state;
    struct db *db = house_open(&house, DB_WRITE);
    for (int i = 0; i < 5; i++)
        put(db, i, STR("x"));
    assert_int_equal(db_exec(db, "UPDATE t SET name = ? WHERE id >= ?", DB_CSTR("y"), DB_INT(2)),
                     3);
    assert_int_equal(db_exec(db, "DELETE FROM t WHERE id = ?", DB_INT(99)), 0);
    assert_int_equal(db_exec(db, "NOT SQL"), -1);
    db_close(&db);
}

static void test_failure_is_sticky(void **state)
{
    (void)state;
    struct db *db = house_open(&house, DB_WRITE);
    db_begin(db);
    put(db, 1, STR("one"));
    put(db, 1, STR("again"));
    assert_int_equal(db->status, DB_FAILED);
    assert_non_null(strstr(db->error, "UNIQUE"));
    put(db, 2, STR("two"));
    assert_int_equal(db_exec(db, "DELETE FROM t"), -1);
    struct db_rows *rows = db_query(db, "SELECT 1");
    assert_non_null(rows);
    assert_false(db_row(rows));
    assert_int_equal(db_int(rows, 0), 0);
    assert_null(db_text(rows, 0).at);
    db_end(rows);
    assert_int_equal(db_commit(db), DB_FAILED);
    assert_int_equal(db->status, DB_OK);
    assert_int_equal(count(db), 0);
    db_close(&db);
}

static void test_rollback_forgets_and_clears(void **state)
{
    (void)state;
    struct db *db = house_open(&house, DB_WRITE);
    db_rollback(db);
    db_begin(db);
    put(db, 1, STR("one"));
    db_fail(db, "for a reason");
    assert_int_equal(db->status, DB_FAILED);
    assert_string_equal(db->error, "for a reason");
    db_rollback(db);
    assert_int_equal(db->status, DB_OK);
    assert_int_equal(count(db), 0);
    db_begin(db);
    put(db, 1, STR("one"));
    assert_int_equal(db_commit(db), DB_OK);
    assert_int_equal(count(db), 1);
    db_close(&db);
}

static void test_undo_goes_back_to_the_last_mark(void **state)
{
    (void)state;
    struct db *db = house_open(&house, DB_WRITE);
    db_begin(db);
    put(db, 1, STR("kept"));
    db_mark(db);
    put(db, 2, STR("kept, a new mark came"));
    db_mark(db);
    put(db, 3, STR("undone"));
    put(db, 3, STR("fails"));
    db_undo(db);
    assert_int_equal(db->status, DB_OK);
    put(db, 4, STR("undone, too"));
    db_undo(db);
    put(db, 5, STR("kept"));
    assert_int_equal(db_commit(db), DB_OK);
    struct db_rows *rows = db_query(db, "SELECT SUM(id), COUNT(*) FROM t");
    assert_true(db_row(rows));
    assert_int_equal(db_int(rows, 0), 1 + 2 + 5);
    assert_int_equal(db_int(rows, 1), 3);
    db_end(rows);
    db_close(&db);
}

/* A row that is written once. */
struct late {
    struct db_pending pending; /* first: the transaction's */
    int64_t id;                /* of the row */
};

static void write_late(struct db_pending *p, struct db *tx)
{
    put(tx, CONTAINER_OF(p, struct late, pending)->id, STR("late"));
}

static void pend(struct db *db, struct late *l, int64_t id)
{
    *l = (struct late){.pending.write = write_late, .id = id};
    db_pend(db, &l->pending);
}

static void test_what_is_pending_is_written_in_time(void **state)
{
    (void)state;
    struct db *db = house_open(&house, DB_WRITE);
    struct late l[5];
    db_begin(db);
    pend(db, &l[0], 1);
    assert_int_equal(count(db), 0);
    db_settle(db);
    assert_int_equal(count(db), 1);
    db_settle(db);
    assert_int_equal(count(db), 1);
    pend(db, &l[1], 2);
    db_mark(db); /* what is undone behind it is not what came before */
    assert_int_equal(count(db), 2);
    pend(db, &l[2], 3);
    db_undo(db);
    pend(db, &l[3], 4);
    assert_int_equal(db_commit(db), DB_OK);
    assert_int_equal(count(db), 3);
    db_begin(db);
    pend(db, &l[4], 5);
    db_rollback(db);
    db_begin(db);
    assert_int_equal(db_commit(db), DB_OK);
    assert_int_equal(count(db), 3);
    db_close(&db);
}

static void test_same_statement_inside_its_own_answer(void **state)
{
    (void)state;
    static const char sql[] = "SELECT id FROM t WHERE id > ? ORDER BY id";
    struct db *db = house_open(&house, DB_WRITE);
    int64_t seen = 0;
    for (int i = 1; i <= 4; i++)
        put(db, i, STR("x"));
    struct db_rows *outer = db_query(db, sql, DB_INT(0));
    while (db_row(outer)) {
        struct db_rows *inner = db_query(db, sql, DB_INT(db_int(outer, 0)));
        while (db_row(inner))
            seen++;
        db_end(inner);
    }
    db_end(outer);
    assert_int_equal(seen, 3 + 2 + 1);
    assert_int_equal(db->status, DB_OK);
    db_close(&db);
}

static void test_snapshot_stays_the_same(void **state)
{
    (void)state;
    struct db *writer = house_open(&house, DB_WRITE);
    struct db *reader = house_open(&house, DB_READ);
    db_begin(reader);
    put(writer, 1, STR("after the snapshot"));
    assert_int_equal(count(reader), 0);
    db_rollback(reader);
    db_begin(reader);
    assert_int_equal(count(reader), 1);
    db_rollback(reader);
    db_close(&reader);
    db_close(&writer);
}

static void test_reader_cannot_write(void **state)
{
    (void)state;
    struct db *reader = house_open(&house, DB_READ);
    assert_int_equal(db_exec(reader, "DELETE FROM t"), -1);
    assert_int_not_equal(reader->status, DB_OK);
    db_close(&reader);
}

static void test_full_disk(void **state)
{
    (void)state;
    struct db *db = house_open(&house, DB_WRITE);
    char big[3000];
    memset(big, 'x', sizeof big);
    db_script(db, "PRAGMA max_page_count = 20");
    db_begin(db);
    for (int i = 0; i < 100 && db->status == DB_OK; i++)
        put(db, i, (struct str){big, sizeof big});
    assert_int_equal(db->status, DB_FULL);
    assert_int_equal(db_commit(db), DB_FULL);
    assert_int_equal(count(db), 0);
    put(db, 1, STR("small still fits"));
    assert_int_equal(db->status, DB_OK);
    db_close(&db);
}

static void test_full_disk_behind_a_mark(void **state)
{
    (void)state;
    struct db *db = house_open(&house, DB_WRITE);
    char big[3000];
    memset(big, 'x', sizeof big);
    db_script(db, "PRAGMA max_page_count = 20");
    db_begin(db);
    put(db, 1000, STR("before"));
    db_mark(db);
    for (int i = 0; i < 100 && db->status == DB_OK; i++)
        put(db, i, (struct str){big, sizeof big});
    db_undo(db);
    /* Either the engine kept the transaction, and all is well, or it did not, and says so. */
    if (db->status == DB_OK) {
        assert_int_equal(db_commit(db), DB_OK);
        assert_int_equal(count(db), 1);
    } else {
        assert_int_equal(db->status, DB_FULL);
        db_rollback(db);
        assert_int_equal(count(db), 0);
    }
    db_close(&db);
}

static void test_open_says_why_not(void **state)
{
    (void)state;
    const char *why = NULL;
    assert_null(db_open("sqlite:/nonexistent/folder/t.db", DB_WRITE, &why));
    assert_non_null(strstr(why, "/nonexistent/folder/t.db"));
    assert_null(db_open("sqlite:", DB_WRITE, &why));
    assert_non_null(why);
    assert_null(db_open("mongodb://x", DB_WRITE, &why));
    assert_non_null(why);
    char url[200];
    snprintf(url, sizeof url, "sqlite:%s/absent.db", house.folder);
    assert_null(db_open(url, DB_READ, &why));
}

static void test_no_database_file(void **state)
{
    (void)state;
    const char *why = NULL;
    char url[200];
    snprintf(url, sizeof url, "%s-text", house.url);
    FILE *file = fopen(url + strlen("sqlite:"), "w");
    assert_non_null(file);
    for (int i = 0; i < 100; i++)
        fputs("this is no database, whatever its name says\n", file);
    fclose(file);
    assert_null(db_open(url, DB_WRITE, &why));
    assert_non_null(strstr(why, "not a database"));
}

static void test_checkpoint_moves_the_log(void **state)
{
    (void)state;
    struct db *db = house_open(&house, DB_WRITE);
    struct db *other = house_open(&house, DB_WRITE);
    struct db *reader = house_open(&house, DB_READ);
    for (int i = 0; i < 50; i++)
        put(db, i, STR("x"));
    int64_t grown = db_log_bytes(db);
    assert_true(grown >= 50 * 4096);
    assert_true(db_checkpoint(other, DB_MOVE_GENTLY));
    db_begin(reader);
    put(db, 100, STR("x"));
    assert_false(db_checkpoint(other, DB_MOVE_RESTART));
    db_rollback(reader);
    assert_true(db_checkpoint(other, DB_MOVE_RESTART));
    put(db, 101, STR("x"));
    assert_true(db_log_bytes(db) < grown);
    assert_int_equal(count(reader), 52);
    db_close(&reader);
    db_close(&other);
    db_close(&db);
}

static int64_t log_file_size(void)
{
    struct stat about;
    char path[220];
    snprintf(path, sizeof path, "%s-wal", house.path);
    assert_int_equal(stat(path, &about), 0);
    return about.st_size;
}

/* Ahead of the log, and never over it: what is committed before, between and behind is there. */
static void test_log_is_lengthened_ahead(void **state)
{
    enum { UPTO = 8 << 20 };
    (void)state;
    struct db *db = house_open(&house, DB_WRITE);
    struct db *other = house_open(&house, DB_WRITE);
    put(db, 1, STR("x"));
    assert_int_equal(count(other), 1);
    int64_t before = log_file_size();
    assert_true(before < UPTO);
    assert_true(db_lengthen_log(other, UPTO));
    assert_true(log_file_size() > before);
    put(db, 2, STR("x"));
    while (db_lengthen_log(other, UPTO))
        continue;
    int64_t after = log_file_size();
    assert_true(after >= UPTO);
    for (int i = 3; i <= 200; i++)
        put(db, i, STR("x"));
    assert_int_equal(log_file_size(), after);
    assert_true(db_checkpoint(other, DB_MOVE_RESTART));
    assert_int_equal(log_file_size(), after);
    assert_int_equal(count(other), 200);
    struct db *reader = house_open(&house, DB_READ);
    assert_false(db_lengthen_log(reader, UPTO * 2));
    db_close(&reader);
    db_close(&other);
    db_close(&db);
}

static atomic_bool enough; /* for lengthen_on() */

static void *lengthen_on(void *arg)
{
    struct db *other = arg;
    while (!atomic_load(&enough)) {
        (void)db_lengthen_log(other, log_file_size() + 1);
        usleep((useconds_t)(rand() % 8000));
    }
    return NULL;
}

/* Transactions of more than a step run over the end of the file while it is lengthened. */
static void test_zeros_never_meet_a_frame(void **state)
{
    enum { ROWS = 100, LEN = 3 << 20 };
    (void)state;
    pthread_t thread;
    struct db *db = house_open(&house, DB_WRITE);
    struct db *other = house_open(&house, DB_WRITE);
    struct str text = {mem_alloc(LEN), LEN};
    memset((char *)(uintptr_t)text.at, 'x', LEN);
    put(db, 0, STR("x"));
    assert_int_equal(count(other), 1);
    atomic_store(&enough, false);
    assert_int_equal(pthread_create(&thread, NULL, lengthen_on, other), 0);
    for (int i = 1; i <= ROWS; i++)
        put(db, i, text);
    atomic_store(&enough, true);
    pthread_join(thread, NULL);
    db_close(&db);
    db_close(&other);
    assert_int_equal(house_number(&house, "SELECT SUM(name = printf('%.*c', 3145728, 'x')) FROM t"),
                     ROWS);
    mem_free((void *)(uintptr_t)text.at);
}

static void test_many_statements(void **state)
{
    (void)state;
    enum { COUNT = 500 };
    struct db *db = house_open(&house, DB_WRITE);
    static char sql[COUNT][40];
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < COUNT; i++) {
            snprintf(sql[i], sizeof sql[i], "SELECT %d", i);
            struct db_rows *rows = db_query(db, sql[i]);
            assert_true(db_row(rows));
            assert_int_equal(db_int(rows, 0), i);
            db_end(rows);
        }
    db_close(&db);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_values_come_back),
        T(test_exec_tells_how_many_rows_changed),
        T(test_failure_is_sticky),
        T(test_rollback_forgets_and_clears),
        T(test_undo_goes_back_to_the_last_mark),
        T(test_what_is_pending_is_written_in_time),
        T(test_same_statement_inside_its_own_answer),
        T(test_snapshot_stays_the_same),
        T(test_reader_cannot_write),
        T(test_full_disk),
        T(test_full_disk_behind_a_mark),
        T(test_open_says_why_not),
        T(test_no_database_file),
        T(test_checkpoint_moves_the_log),
        T(test_log_is_lengthened_ahead),
        T(test_zeros_never_meet_a_frame),
        T(test_many_statements),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
