/* place_test.c - what may be ordered, what it costs, which number it gets, and what is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "order/fixture.h"

static struct order_wish product(const char *id, int64_t qty)
{
    return (struct order_wish){.product_id = str_of(id), .qty = qty};
}

static struct order_wish named(const char *name, const char *price, int64_t qty)
{
    return (struct order_wish){.name = str_of(name), .price = str_of(price), .qty = qty};
}

static void assert_nothing_written(void)
{
    assert_int_equal(house_number(&house, "SELECT COUNT(*) FROM orders"), 0);
    assert_int_equal(house_number(&house, "SELECT COUNT(*) FROM order_items"), 0);
    assert_int_equal(house_number(&house, "SELECT COUNT(*) FROM order_numbers"), 0);
    assert_int_equal(trade_events(TOPIC_ORDER_PLACED).count, 0);
}

static void assert_refused(struct order_wish wish, enum problem p, const char *field)
{
    const struct order_wish wishes[] = {product(MENU_DEMO_LEMON, 1), wish};
    assert_int_equal(place(wishes, 2), p);
    assert_int_equal(placing.fault.wish, 1);
    assert_string_equal(placing.fault.field, field);
    assert_non_null(placing.fault.reason);
    assert_nothing_written();
}

static void products_cost_what_the_menu_says(void **state)
{
    const struct order_wish wishes[] = {product(MENU_DEMO_COLA, 2), product(MENU_DEMO_LEMON, 1)};
    (void)state;
    assert_int_equal(place(wishes, 2), PROBLEM_NONE);
    assert_int_equal(placing.order.total, 2 * 700000 + 1000000);
    assert_int_equal(placing.order.state, ORDER_RECEIVED);
    assert_true(str_is(placing.order.number, "A01"));
    struct db *db = house_open(&house, DB_READ);
    struct order o;
    assert_true(order_find(db, id_str(&placing.draft.id), placing.arena, &o));
    order_read_lines(db, placing.arena, &o);
    assert_int_equal(o.line_count, 2);
    assert_true(str_is(o.lines[0].name, "Cola") && o.lines[0].qty == 2);
    assert_int_equal(o.lines[1].price, 1000000);
    assert_true(str_is(o.via, "api") && str_is(o.pay, "counter") && str_is(o.language, "ko"));
    assert_true(str_is(o.account_id, ACCOUNT_DEMO_USER1) && !o.kiosk_id.at);
    assert_true(o.placed_us == TRADE_NOW && !o.cancel_asked);
    db_close(&db);
}

static void the_whole_order_is_told_to_all_it_concerns(void **state)
{
    const struct order_wish wishes[] = {product(MENU_DEMO_COLA, 2),
                                        named("jslee \"1\"", "12.5", 1)};
    char expected[2048];
    (void)state;
    assert_int_equal(place(wishes, 2), PROBLEM_NONE);
    struct trade_events told = trade_events(TOPIC_ORDER_PLACED);
    assert_int_equal(told.count, 1);
    snprintf(
        expected, sizeof expected,
        "{\"order_id\":\"%s\",\"number\":\"A01\",\"shop_id\":\"%s\",\"account_id\":\"%s\","
        "\"username\":\"USER0001\",\"via\":\"api\",\"pay\":\"counter\",\"status\":\"received\","
        "\"total\":1401250,\"currency\":\"IDR\",\"language\":\"ko\",\"items\":["
        "{\"product_id\":\"%s\",\"name\":\"Cola\",\"qty\":2,\"price\":700000},"
        "{\"name\":\"jslee \\\"1\\\"\",\"qty\":1,\"price\":1250}]}",
        placing.draft.id.text, SHOP_DEMO_ID, ACCOUNT_DEMO_USER1, MENU_DEMO_COLA);
    assert_string_equal(told.payload, expected);
    snprintf(expected, sizeof expected, "shop:%s account:%s order:%s ", SHOP_DEMO_ID,
             ACCOUNT_DEMO_USER1, placing.draft.id.text);
    assert_string_equal(told.channels, expected);
}

static void a_name_on_the_menu_has_the_menus_price(void **state)
{
    const struct order_wish right = named("cOLA", "7000.00", 3);
    (void)state;
    assert_int_equal(place(&right, 1), PROBLEM_NONE);
    assert_true(str_is(placing.order.lines[0].product_id, MENU_DEMO_COLA));
    assert_true(str_is(placing.order.lines[0].name, "Cola"));
    assert_int_equal(placing.order.total, 2100000);
}

static void another_price_than_the_menus_is_refused(void **state)
{
    (void)state;
    assert_refused(named("Cola", "6999.99", 1), PROBLEM_PRICE_CHANGED, "price");
    assert_refused(named("cola", "0", 1), PROBLEM_PRICE_CHANGED, "price");
}

static void what_cannot_be_sold_is_refused(void **state)
{
    (void)state;
    house_script(&house, "UPDATE products SET available = 0 WHERE name = 'Cola'");
    assert_refused(product(MENU_DEMO_COLA, 1), PROBLEM_SOLD_OUT, "product_id");
    assert_refused(named("Cola", "7000", 1), PROBLEM_SOLD_OUT, "name");
    assert_refused(product("0198c0de-0000-7000-8000-00000000ffff", 1), PROBLEM_UNKNOWN_PRODUCT,
                   "product_id");
    house_script(&house, "UPDATE products SET shop_id = 'another' WHERE name = 'Matcha'");
    assert_refused(product(MENU_DEMO_MATCHA, 1), PROBLEM_UNKNOWN_PRODUCT, "product_id");
}

static void a_shop_may_sell_from_its_menu_only(void **state)
{
    (void)state;
    house_script(&house, "UPDATE shops SET free_form = 0");
    assert_refused(named("jslee", "1000", 1), PROBLEM_FREE_FORM_REFUSED, "name");
    const struct order_wish menu = named("Lemon", "10000", 1);
    assert_int_equal(place(&menu, 1), PROBLEM_NONE);
}

static void quantities_are_1_to_99(void **state)
{
    static const int64_t bad[] = {0, -1, 100, INT64_MAX, INT64_MIN};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_refused(product(MENU_DEMO_COLA, bad[i]), PROBLEM_BAD_QUANTITY, "qty");
    const struct order_wish most = product(MENU_DEMO_COLA, 99);
    assert_int_equal(place(&most, 1), PROBLEM_NONE);
    assert_int_equal(placing.order.total, 99 * 700000);
}

static void amounts_never_overflow(void **state)
{
    const struct order_wish two[] = {named("a", "5000000000000", 1),
                                     named("b", "5000000000000", 1)};
    (void)state;
    assert_refused(named("x", "10000000000000.01", 1), PROBLEM_AMOUNT_OVERFLOW, "price");
    assert_refused(named("x", "99999999999999999999999999", 1), PROBLEM_AMOUNT_OVERFLOW, "price");
    assert_refused(named("x", "10000000000000", 2), PROBLEM_AMOUNT_OVERFLOW, "price");
    assert_refused(named("x", "10000000000000", 1), PROBLEM_AMOUNT_OVERFLOW, "price");
    assert_refused(named("x", "1.001", 1), PROBLEM_BAD_INPUT, "price");
    house_script(&house, "UPDATE products SET price = 1000000000000000 WHERE name = 'Cola'");
    assert_refused(product(MENU_DEMO_COLA, 99), PROBLEM_AMOUNT_OVERFLOW, "qty");
    assert_int_equal(place(two, 2), PROBLEM_NONE);
    assert_int_equal(placing.order.total, MONEY_MAX);
}

static void an_online_order_waits_for_its_money(void **state)
{
    const struct order_wish wish = product(MENU_DEMO_COLA, 1);
    const struct order_wish gift = named("gift", "0", 1);
    (void)state;
    placing.draft.pay = PAY_QRIS;
    assert_int_equal(place(&gift, 1), PROBLEM_BAD_INPUT);
    assert_string_equal(placing.fault.field, "pay");
    assert_nothing_written();
    assert_int_equal(place(&wish, 1), PROBLEM_NONE);
    assert_int_equal(placing.order.state, ORDER_UNPAID);
    placing.draft.pay = PAY_COUNTER;
    assert_int_equal(place(&gift, 1), PROBLEM_NONE);
}

static void a_shop_must_be_known(void **state)
{
    const struct order_wish wish = product(MENU_DEMO_COLA, 1);
    const struct order_wish free = named("jslee", "1000", 1);
    (void)state;
    house_script(&house, "INSERT INTO shops (id, name, owner_id, currency, language, timezone,"
                         " free_form) VALUES ('s2','Two','o','KRW','ko','Asia/Seoul',1)");
    assert_int_equal(place(&free, 1), PROBLEM_NOT_FOUND);
    assert_string_equal(placing.fault.field, "shop_id");
    assert_int_equal(place(&wish, 1), PROBLEM_NONE);
    assert_true(str_is(placing.order.shop_id, SHOP_DEMO_ID));
    assert_true(str_is(placing.order.owner_id, ACCOUNT_DEMO_OWNER));
    house_script(&house, "DELETE FROM orders; DELETE FROM order_items; DELETE FROM order_numbers");
    placing.draft.id = id_new();
    placing.draft.shop_id = STR("s2");
    trade_do(place_draft);
    assert_int_equal(placing.problem, PROBLEM_UNKNOWN_PRODUCT);
    assert_int_equal(house_number(&house, "SELECT COUNT(*) FROM orders"), 0);
    placing.draft.shop_id = STR(SHOP_DEMO_ID);
    trade_do(place_draft);
    assert_int_equal(placing.problem, PROBLEM_NONE);
}

static void numbers_go_up_and_round(void **state)
{
    const struct order_wish wish = product(MENU_DEMO_COLA, 1);
    (void)state;
    assert_int_equal(place(&wish, 1), PROBLEM_NONE);
    assert_int_equal(place(&wish, 1), PROBLEM_NONE);
    assert_true(str_is(placing.order.number, "A02"));
    placing.draft.id = id_new();
    placing.draft.via = VIA_KIOSK;
    trade_do(place_draft);
    assert_true(str_is(placing.order.number, "K01"));
    house_script(&house, "UPDATE order_numbers SET last = 998");
    assert_int_equal(place(&wish, 1), PROBLEM_NONE);
    assert_true(str_is(placing.order.number, "A999"));
    assert_int_equal(place(&wish, 1), PROBLEM_NONE);
    assert_true(str_is(placing.order.number, "A01"));
}

static void a_batch_run_again_writes_one_order_with_one_number(void **state)
{
    const struct order_wish wish = product(MENU_DEMO_COLA, 1);
    (void)state;
    placing.draft = (struct order_draft){.arena = placing.arena,
                                         .id = id_new(),
                                         .now_us = TRADE_NOW,
                                         .actor = STR("account:u"),
                                         .via = VIA_API,
                                         .wishes = &wish,
                                         .wish_count = 1};
    trade_do_twice(place_draft);
    assert_int_equal(placing.problem, PROBLEM_NONE);
    assert_true(str_is(placing.order.number, "A01"));
    assert_int_equal(house_number(&house, "SELECT COUNT(*) FROM orders"), 1);
    assert_int_equal(house_number(&house, "SELECT COUNT(*) FROM order_items"), 1);
    assert_int_equal(house_number(&house, "SELECT last FROM order_numbers"), 1);
    assert_int_equal(trade_events(TOPIC_ORDER_PLACED).count, 1);
}

static void place_and_undo(struct task *t, struct db *tx)
{
    place_draft(t, tx);
    t->unit.undo = true;
}

static void an_undone_order_gives_its_number_back(void **state)
{
    const struct order_wish wish = product(MENU_DEMO_COLA, 1);
    (void)state;
    assert_int_equal(place(&wish, 1), PROBLEM_NONE);
    placing.draft.id = id_new();
    trade_do(place_and_undo);
    assert_true(str_is(placing.order.number, "A02"));
    assert_int_equal(house_number(&house, "SELECT COUNT(*) FROM orders"), 1);
    assert_int_equal(place(&wish, 1), PROBLEM_NONE);
    assert_true(str_is(placing.order.number, "A02"));
}

static void fifty_lines_are_kept(void **state)
{
    struct order_wish wishes[ORDER_LINES_MAX];
    (void)state;
    for (size_t i = 0; i < ORDER_LINES_MAX; i++)
        wishes[i] = product(i % 2 ? MENU_DEMO_COLA : MENU_DEMO_LEMON, 1);
    assert_int_equal(place(wishes, ORDER_LINES_MAX), PROBLEM_NONE);
    assert_int_equal(house_number(&house, "SELECT COUNT(*) FROM order_items"), ORDER_LINES_MAX);
    assert_int_equal(placing.order.total, 25 * 1700000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, placing_setup, placing_teardown)
        T(products_cost_what_the_menu_says),
        T(the_whole_order_is_told_to_all_it_concerns),
        T(a_name_on_the_menu_has_the_menus_price),
        T(another_price_than_the_menus_is_refused),
        T(what_cannot_be_sold_is_refused),
        T(a_shop_may_sell_from_its_menu_only),
        T(quantities_are_1_to_99),
        T(amounts_never_overflow),
        T(an_online_order_waits_for_its_money),
        T(a_shop_must_be_known),
        T(numbers_go_up_and_round),
        T(a_batch_run_again_writes_one_order_with_one_number),
        T(an_undone_order_gives_its_number_back),
        T(fifty_lines_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
