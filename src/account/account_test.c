/* account_test.c - reading accounts back, and the callers they become. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "account/account.h"
#include "account/account_service.h"
#include "base/id.h"
#include "db/fixture.h"
#include "db/migrate.h"

static struct house house;
static struct db *db;
static struct arena *arena;

static int setup(void **state)
{
    char why[200];
    (void)state;
    house_init(&house);
    db = house_open(&house, DB_WRITE);
    assert_true(db_migrate(db, &account_service.migrations, 1, why, sizeof why));
    db_begin(db);
    account_service.demo(db, 1);
    account_set_shop(db, STR(ACCOUNT_DEMO_BARISTA), STR("shop-1"));
    assert_int_equal(db_commit(db), DB_OK);
    arena = arena_new(65536);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(&arena);
    db_close(&db);
    house_fini(&house);
    return 0;
}

static void every_demo_account_has_its_role(void **state)
{
    static const struct {
        const char *username;
        enum role role;
    } rows[] = {{"OWNER1", ROLE_OWNER},      {"USER0001", ROLE_CUSTOMER},
                {"USER0002", ROLE_CUSTOMER}, {"BARISTA1", ROLE_BARISTA},
                {"COURIER1", ROLE_COURIER},  {"ADMIN1", ROLE_ADMIN}};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct account a;
        assert_true(account_by_username(db, str_of(rows[i].username), arena, &a));
        assert_int_equal(a.role, rows[i].role);
        assert_true(id_valid(a.id));
        assert_true(str_is(a.username, rows[i].username));
        assert_null(a.email.at);
    }
}

static void a_caller_knows_where_he_works(void **state)
{
    struct caller c;
    (void)state;
    assert_true(account_caller(db, STR("BARISTA1"), arena, &c));
    assert_true(str_is(c.id, ACCOUNT_DEMO_BARISTA));
    assert_true(str_is(c.shop, "shop-1"));
    assert_int_equal(c.role, ROLE_BARISTA);
    assert_int_equal(c.expires_us, 0);
    assert_true(account_caller(db, STR("USER0001"), arena, &c));
    assert_null(c.shop.at);
}

static void nobody_is_nobody(void **state)
{
    struct caller c;
    struct account a;
    (void)state;
    assert_false(account_caller(db, STR("user0001"), arena, &c));
    assert_false(account_caller(db, STR(""), arena, &c));
    assert_false(account_by_username(db, STR("' OR 1=1 --"), arena, &a));
}

static void a_role_we_do_not_know_may_nothing(void **state)
{
    struct caller c;
    (void)state;
    db_begin(db);
    db_exec(db, "UPDATE accounts SET role = 'emperor' WHERE username = 'ADMIN1'");
    assert_int_equal(db_commit(db), DB_OK);
    assert_true(account_caller(db, STR("ADMIN1"), arena, &c));
    assert_int_equal(c.role, ROLE_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_demo_account_has_its_role, setup, teardown),
        cmocka_unit_test_setup_teardown(a_caller_knows_where_he_works, setup, teardown),
        cmocka_unit_test_setup_teardown(nobody_is_nobody, setup, teardown),
        cmocka_unit_test_setup_teardown(a_role_we_do_not_know_may_nothing, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
