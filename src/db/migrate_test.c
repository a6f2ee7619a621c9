/* migrate_test.c - schema steps: each once, in order, recorded, with a copy made beforehand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "db/fixture.h"
#include "db/migrate.h"

static struct house house;
static char why[300];

static const char *const menu_steps[] = {
    "CREATE TABLE menu (id {key} PRIMARY KEY) {table}; INSERT INTO menu VALUES ('cola')",
    "ALTER TABLE menu ADD COLUMN price {int}; UPDATE menu SET price = 7000",
    "CREATE TABLE broken (",
    "CREATE TABLE never (id {int})",
};

static const char *const shop_steps[] = {
    "CREATE TABLE shop (id {key} PRIMARY KEY, item {key} REFERENCES menu(id)) {table}",
};

static int setup(void **state)
{
    (void)state;
    house_init(&house);
    why[0] = '\0';
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    house_fini(&house);
    return 0;
}

static bool migrate(size_t menu_count, size_t shop_count)
{
    const struct migrations all[] = {{"menu", menu_steps, menu_count},
                                     {"shop", shop_steps, shop_count}};
    struct db *db = house_open(&house, DB_WRITE);
    bool ok = db_migrate(db, all, ARRAY_LEN(all), why, sizeof why);
    assert_int_equal(db->status, DB_OK);
    db_close(&db);
    return ok;
}

static bool copy_exists(const char *suffix)
{
    char path[200];
    snprintf(path, sizeof path, "%s.%s", house.path, suffix);
    return access(path, F_OK) == 0;
}

static void test_fresh_and_again(void **state)
{
    (void)state;
    assert_true(migrate(2, 1));
    assert_int_equal(house_number(&house, "SELECT COUNT(*) FROM migrations"), 3);
    assert_int_equal(house_number(&house, "SELECT SUM(price) FROM menu"), 7000);
    assert_true(migrate(2, 1));
    assert_int_equal(house_number(&house, "SELECT COUNT(*) FROM menu"), 1);
    assert_false(copy_exists("before-menu-1"));
}

static void test_step_by_step_with_a_copy(void **state)
{
    (void)state;
    assert_true(migrate(1, 0));
    house_script(&house, "INSERT INTO menu VALUES ('lemon')");
    assert_true(migrate(2, 1));
    assert_int_equal(house_number(&house, "SELECT SUM(price) FROM menu"), 14000);
    assert_true(copy_exists("before-menu-2"));
    assert_false(copy_exists("before-menu-2.part"));
    assert_false(copy_exists("before-shop-1"));
    strcat(house.url, ".before-menu-2");
    assert_int_equal(house_number(&house, "SELECT COUNT(*) FROM menu"), 2);
    assert_int_equal(house_number(&house, "SELECT COUNT(*) FROM pragma_table_info('menu')"), 1);
}

static void test_newer_database_is_refused(void **state)
{
    (void)state;
    assert_true(migrate(2, 1));
    assert_false(migrate(1, 1));
    assert_non_null(strstr(why, "newer"));
    assert_non_null(strstr(why, "menu"));
}

static void test_failing_step_leaves_nothing(void **state)
{
    (void)state;
    assert_true(migrate(1, 1));
    assert_false(migrate(4, 1));
    assert_non_null(strstr(why, "menu, step 3"));
    assert_int_equal(house_number(&house, "SELECT MAX(step) FROM migrations"), 2);
    assert_int_equal(house_number(&house, "SELECT COUNT(*) FROM sqlite_schema"
                                          " WHERE name IN ('broken', 'never')"),
                     0);
}

static void test_unknown_service_is_left_alone(void **state)
{
    (void)state;
    assert_true(migrate(1, 1));
    const struct migrations only = {"shop", shop_steps, 1};
    struct db *db = house_open(&house, DB_WRITE);
    assert_true(db_migrate(db, &only, 1, why, sizeof why));
    db_close(&db);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_fresh_and_again),
        T(test_step_by_step_with_a_copy),
        T(test_newer_database_is_refused),
        T(test_failing_step_leaves_nothing),
        T(test_unknown_service_is_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
