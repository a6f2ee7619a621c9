/* shop_test.c - the only shop, and who works there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "account/account.h"
#include "account/account_service.h"
#include "account/fixture.h"
#include "shop/shop.h"
#include "shop/shop_service.h"

static const struct service *const services[] = {&account_service, &shop_service};

static int setup(void **state)
{
    (void)state;
    trade_init(services, ARRAY_LEN(services));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    trade_fini();
    return 0;
}

static void the_demo_shop_is_the_only_one(void **state)
{
    struct arena *arena = arena_new(65536);
    struct shop a, b;
    (void)state;
    struct db *db = house_open(&house, DB_READ);
    assert_true(shop_default(db, arena, &a));
    assert_true(shop_by_id(db, STR(SHOP_DEMO_ID), arena, &b));
    assert_true(str_eq(a.id, b.id));
    assert_true(str_is(a.name, "Kedai Demo"));
    assert_true(str_is(a.owner_id, ACCOUNT_DEMO_OWNER));
    assert_true(str_is(a.timezone, "Asia/Jakarta"));
    assert_int_equal(a.currency, CURRENCY_IDR);
    assert_int_equal(a.language, LANG_ID);
    assert_true(a.free_form);
    assert_false(shop_by_id(db, STR("no such"), arena, &b));
    db_close(&db);
    arena_free(&arena);
}

static void with_a_second_shop_none_is_the_only_one(void **state)
{
    struct arena *arena = arena_new(65536);
    struct shop s;
    (void)state;
    house_script(&house, "INSERT INTO shops (id, name, owner_id, currency, language, timezone,"
                         " free_form) VALUES ('s2','Two','o','KRW','ko','Asia/Seoul',0)");
    struct db *db = house_open(&house, DB_READ);
    assert_false(shop_default(db, arena, &s));
    assert_true(shop_by_id(db, STR("s2"), arena, &s));
    assert_int_equal(s.currency, CURRENCY_KRW);
    assert_false(s.free_form);
    db_close(&db);
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_demo_shop_is_the_only_one, setup, teardown),
        cmocka_unit_test_setup_teardown(with_a_second_shop_none_is_the_only_one, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
