/* menu_test.c - the demo's menu, looking products up, taking of them, and telling what changed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "account/account_service.h"
#include "account/fixture.h"
#include "app/topic.h"
#include "menu/category.h"
#include "menu/menu.h"
#include "menu/menu_service.h"
#include "menu/options.h"
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

/* ---- Stock ---- */

static int64_t taken; /* how many take() takes, and give_back() gives */

static void take(struct task *t, struct db *tx)
{
    (void)t;
    if (menu_product(tx, STR(MENU_DEMO_COLA), arena, &after))
        menu_take(tx, arena, &after, taken, TRADE_NOW);
}

/* Two lines of one order: both have read the product before either takes. */
static void take_twice(struct task *t, struct db *tx)
{
    struct product one, two;
    (void)t;
    if (menu_product(tx, STR(MENU_DEMO_COLA), arena, &one) &&
        menu_product(tx, STR(MENU_DEMO_COLA), arena, &two)) {
        menu_take(tx, arena, &one, taken, TRADE_NOW);
        menu_take(tx, arena, &two, taken, TRADE_NOW);
    }
}

static void give_back(struct task *t, struct db *tx)
{
    (void)t;
    menu_give_back(tx, arena, STR(MENU_DEMO_COLA), taken, TRADE_NOW);
    menu_give_back(tx, arena, STR("gone"), taken, TRADE_NOW);
}

static int64_t left(void)
{
    return house_number(&house, "SELECT stock FROM products WHERE name = 'Cola'");
}

static void count_stock(int64_t stock)
{
    change = (struct menu_change){.has_stock = true, .stock = stock};
    trade_do(make_change);
}

static void who_does_not_count_takes_nothing(void **state)
{
    (void)state;
    taken = 99;
    trade_do(take);
    trade_do(give_back);
    assert_int_equal(left(), MENU_UNCOUNTED);
    assert_int_equal(trade_events(TOPIC_MENU_CHANGED).count, 0);
}

static void running_out_and_coming_back_are_told(void **state)
{
    (void)state;
    count_stock(5);
    assert_int_equal(trade_events(TOPIC_MENU_CHANGED).count, 0);
    taken = 2;
    trade_do_twice(take);
    assert_int_equal(left(), 3);
    assert_int_equal(after.stock, 3);
    taken = 3;
    trade_do(take);
    assert_int_equal(left(), 0);
    assert_false(menu_on_sale(&after));
    struct trade_events told = trade_events(TOPIC_MENU_CHANGED);
    assert_int_equal(told.count, 1);
    trade_assert_told(&told, "\"available\":false}");
    taken = 1;
    trade_do(give_back);
    trade_do(give_back);
    assert_int_equal(left(), 2);
    told = trade_events(TOPIC_MENU_CHANGED);
    assert_int_equal(told.count, 2);
    trade_assert_told(&told, "\"available\":true}");
}

static void more_than_is_there_fails_the_unit(void **state)
{
    (void)state;
    count_stock(3);
    taken = 2;
    assert_int_equal(task_do(&house, writer, take_twice, 0), UNIT_FAILED);
    assert_int_equal(left(), 3);
    taken = 1;
    trade_do(take_twice);
    assert_int_equal(left(), 1);
}

static void a_stock_has_a_most(void **state)
{
    (void)state;
    count_stock(MENU_STOCK_MAX - 1);
    taken = 50;
    trade_do(give_back);
    assert_int_equal(left(), MENU_STOCK_MAX);
}

static void what_is_not_available_runs_out_in_silence(void **state)
{
    (void)state;
    change = (struct menu_change){.has_stock = true, .stock = 1, .has_available = true};
    trade_do(make_change);
    taken = 1;
    trade_do(take);
    assert_int_equal(left(), 0);
    assert_int_equal(trade_events(TOPIC_MENU_CHANGED).count, 1);
}

/* ---- Editing ---- */

static void change_all(struct task *t, struct db *tx)
{
    static const struct category heading = {
        .id = {"c1", 2}, .shop_id = {SHOP_DEMO_ID, 36}, .name = {"Baru", 4}, .position = 7};
    (void)t;
    category_add(tx, arena, &heading, STR("account:o"), TRADE_NOW);
    change = (struct menu_change){.category_id = heading.id,
                                  .description = STR("Dingin"),
                                  .icon = STR("/icons/x.svg"),
                                  .options = STR("[]"),
                                  .has_position = true,
                                  .position = 9};
    make_change(t, tx);
}

static void remove_heading(struct task *t, struct db *tx)
{
    struct category heading;
    (void)t;
    if (category_find(tx, STR("c1"), arena, &heading))
        category_remove(tx, arena, &heading, STR("account:o"), TRADE_NOW);
}

static void every_member_is_kept(void **state)
{
    struct product p;
    (void)state;
    trade_do(change_all);
    struct db *db = house_open(&house, DB_READ);
    assert_true(menu_product(db, STR(MENU_DEMO_COLA), arena, &p));
    assert_true(str_is(p.category_id, "c1") && str_is(p.description, "Dingin"));
    assert_true(str_is(p.icon, "/icons/x.svg") && str_is(p.options, "[]") && p.position == 9);
    assert_true(str_is(p.name, "Cola") && p.price == 700000 && p.stock == MENU_UNCOUNTED);
    change = (struct menu_change){.category_id = STR(""), .description = STR("")};
    trade_do(make_change);
    assert_true(menu_product(db, STR(MENU_DEMO_COLA), arena, &p));
    assert_true(!p.category_id.at && !p.description.at && str_is(p.options, "[]"));
    db_close(&db);
}

static void a_category_that_goes_leaves_its_products(void **state)
{
    (void)state;
    trade_do(change_all);
    assert_int_equal(house_number(&house, "SELECT COUNT(*) FROM categories"), 4);
    trade_do(remove_heading);
    struct trade_events told = trade_events(TOPIC_MENU_CHANGED);
    assert_int_equal(told.count, 3);
    trade_assert_told(&told, "\"category_id\":\"c1\",\"name\":\"Baru\",\"position\":7,"
                             "\"removed\":true}");
    assert_int_equal(house_number(&house, "SELECT COUNT(*) FROM products"), 6);
    assert_int_equal(
        house_number(&house, "SELECT COUNT(*) FROM products WHERE category_id IS NULL"), 1);
}

static void take_off(struct task *t, struct db *tx)
{
    (void)t;
    if (menu_product(tx, STR(MENU_DEMO_COLA), arena, &after))
        menu_remove(tx, arena, &after, STR("account:o"), TRADE_NOW);
}

static void a_product_that_goes_is_told_of(void **state)
{
    (void)state;
    trade_do(take_off);
    trade_do(take_off);
    struct trade_events told = trade_events(TOPIC_MENU_CHANGED);
    assert_int_equal(told.count, 1);
    trade_assert_told(&told, "\"available\":false,\"removed\":true}");
    assert_int_equal(house_number(&house, "SELECT COUNT(*) FROM products"), 5);
}

/* The demo's options are as a shop's would be: checked, canonical, and free of charge at first. */
static void the_demos_options_are_sound(void **state)
{
    struct product p;
    struct chosen chosen[OPTION_CHOSEN_MAX];
    size_t count;
    const char *why, *pointer;
    struct str text;
    (void)state;
    struct db *db = house_open(&house, DB_READ);
    assert_true(menu_product(db, STR(MENU_DEMO_KOPI_SUSU), arena, &p));
    json_t *document = json_read(p.options, &why);
    assert_null(options_check(document, arena, &text, &pointer));
    assert_true(str_eq(text, p.options));
    json_decref(document);
    assert_int_equal(options_choose(p.options, NULL, 0, arena, chosen, &count, &why), PROBLEM_NONE);
    assert_int_equal(count, 3);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(chosen[i].price, 0);
    db_close(&db);
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
        cmocka_unit_test_setup_teardown(who_does_not_count_takes_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(running_out_and_coming_back_are_told, setup, teardown),
        cmocka_unit_test_setup_teardown(more_than_is_there_fails_the_unit, setup, teardown),
        cmocka_unit_test_setup_teardown(a_stock_has_a_most, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_not_available_runs_out_in_silence, setup, teardown),
        cmocka_unit_test_setup_teardown(every_member_is_kept, setup, teardown),
        cmocka_unit_test_setup_teardown(a_category_that_goes_leaves_its_products, setup, teardown),
        cmocka_unit_test_setup_teardown(a_product_that_goes_is_told_of, setup, teardown),
        cmocka_unit_test_setup_teardown(the_demos_options_are_sound, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
