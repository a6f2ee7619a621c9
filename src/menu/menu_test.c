/* menu_test.c - the demo's menu, looking products up, and telling what changed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "account/account_service.h"
#include "account/fixture.h"
#include "app/topic.h"
#include "menu/menu.h"
#include "menu/menu_service.h"
#include "shop/shop.h"
#include "shop/shop_service.h"

static const struct service *const services[] = {&account_service, &shop_service, &menu_service};
static struct arena *arena;

static int setup(void **state)
{
    (void)state;
    trade_init(services, ARRAY_LEN(services));
    arena = arena_new(1 << 20);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(&arena);
    trade_fini();
    return 0;
}

static void the_demo_sells_what_was_promised(void **state)
{
    struct product p;
    (void)state;
    struct db *db = house_open(&house, DB_READ);
    assert_true(menu_product(db, STR("ce33fb74-ba55-40c6-99d7-47bef4cd785e"), arena, &p));
    assert_true(str_is(p.name, "Cola"));
    assert_true(p.price == 700000 && p.currency == CURRENCY_IDR && p.available);
    assert_true(menu_product(db, STR("4bdfb8e9-2eb7-4db4-9738-a9be7962055f"), arena, &p));
    assert_true(str_is(p.name, "Lemon"));
    assert_int_equal(p.price, 1000000);
    assert_false(menu_product(db, STR("nothing"), arena, &p));
    db_close(&db);
}

static void a_name_is_found_in_its_own_shop(void **state)
{
    struct product p;
    (void)state;
    struct db *db = house_open(&house, DB_READ);
    assert_true(menu_product_by_name(db, STR(SHOP_DEMO_ID), STR("kOpI sUsU"), arena, &p));
    assert_true(str_is(p.id, MENU_DEMO_KOPI_SUSU));
    assert_false(menu_product_by_name(db, STR(SHOP_DEMO_ID), STR("kopi"), arena, &p));
    assert_false(menu_product_by_name(db, STR("other"), STR("Kopi Susu"), arena, &p));
    db_close(&db);
}

static void the_list_is_in_order_and_in_major_units(void **state)
{
    (void)state;
    struct db *db = house_open(&house, DB_READ);
    struct buf out = buf_in(arena);
    struct jout j = jout_to(&out);
    menu_write_list(&j, db, STR(SHOP_DEMO_ID));
    static const char first[] =
        "[{\"id\":\"ce33fb74-ba55-40c6-99d7-47bef4cd785e\",\"name\":\"Cola\","
        "\"icon\":\"/icons/cola.svg\",\"price\":7000,\"currency\":\"IDR\",\"available\":true},{";
    assert_true(str_starts(buf_str(&out), str_of(first)));
    const char *why;
    json_t *list = json_read(buf_str(&out), &why);
    assert_int_equal(json_array_size(list), 6);
    json_decref(list);
    db_close(&db);
}

static struct menu_change change;
static struct product after;

static void make_change(struct task *t, struct db *tx)
{
    (void)t;
    if (menu_product(tx, STR(MENU_DEMO_COLA), arena, &after))
        menu_change(tx, arena, &after, &change, STR("account:o"), TRADE_NOW);
}

static void a_change_is_written_and_told_once(void **state)
{
    struct product p;
    (void)state;
    change = (struct menu_change){.has_price = true, .price = 750050, .name = STR("Cola Besar")};
    trade_do(make_change);
    trade_do(make_change);
    struct trade_events told = trade_events(TOPIC_MENU_CHANGED);
    assert_int_equal(told.count, 1);
    assert_string_equal(told.payload,
                        "{\"shop_id\":\"" SHOP_DEMO_ID "\","
                        "\"product_id\":\"ce33fb74-ba55-40c6-99d7-47bef4cd785e\","
                        "\"name\":\"Cola Besar\",\"icon\":\"/icons/cola.svg\",\"price\":750050,"
                        "\"currency\":\"IDR\",\"available\":true}");
    assert_string_equal(told.channels, "shop:" SHOP_DEMO_ID " ");
    struct db *db = house_open(&house, DB_READ);
    assert_true(menu_product_by_name(db, STR(SHOP_DEMO_ID), STR("cola besar"), arena, &p));
    assert_int_equal(p.price, 750050);
    assert_false(menu_product_by_name(db, STR(SHOP_DEMO_ID), STR("cola"), arena, &p));
    db_close(&db);
}

static void a_change_in_a_batch_run_again_is_told_once(void **state)
{
    (void)state;
    change = (struct menu_change){.has_available = true, .available = false};
    trade_do_twice(make_change);
    assert_int_equal(trade_events(TOPIC_MENU_CHANGED).count, 1);
    assert_int_equal(house_number(&house, "SELECT COUNT(*) FROM products WHERE available = 0"), 1);
    assert_int_equal(house_number(&house, "SELECT COUNT(*) FROM shops WHERE name = 'broken'"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_demo_sells_what_was_promised, setup, teardown),
        cmocka_unit_test_setup_teardown(a_name_is_found_in_its_own_shop, setup, teardown),
        cmocka_unit_test_setup_teardown(the_list_is_in_order_and_in_major_units, setup, teardown),
        cmocka_unit_test_setup_teardown(a_change_is_written_and_told_once, setup, teardown),
        cmocka_unit_test_setup_teardown(a_change_in_a_batch_run_again_is_told_once, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
