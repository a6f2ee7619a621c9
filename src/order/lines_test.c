/* lines_test.c - what may be chosen about a line and what that costs, and stock: taken once for all
 * lines of an order, given back once when it comes to nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "order/chosen.h"
#include "order/fixture.h"

#define SIZES                                                                                      \
    "UPDATE products SET options = '[{\"id\":\"size\",\"name\":\"Size\",\"min\":1,\"max\":1,"      \
    "\"choices\":[{\"id\":\"regular\",\"name\":\"Regular\",\"price\":0},"                          \
    "{\"id\":\"large\",\"name\":\"Large\",\"price\":250000},"                                      \
    "{\"id\":\"huge\",\"name\":\"Huge\",\"price\":900000,\"available\":false}]},"                  \
    "{\"id\":\"more\",\"name\":\"More\",\"min\":0,\"max\":2,\"choices\":["                         \
    "{\"id\":\"ice\",\"name\":\"Ice\",\"price\":0},"                                               \
    "{\"id\":\"syrup\",\"name\":\"Syrup\",\"price\":50000}]}]' WHERE name = 'Cola'"

static int setup(void **state)
{
    placing_setup(state);
    house_script(&house, SIZES);
    return 0;
}

static struct order_wish cola(int64_t qty, const struct str *options, size_t count)
{
    return (struct order_wish){.product_id = str_of(MENU_DEMO_COLA),
                               .qty = qty,
                               .options = options,
                               .option_count = count};
}

static void assert_nothing_written(void)
{
    assert_int_equal(house_number(&house, "SELECT COUNT(*) FROM orders"), 0);
    assert_int_equal(house_number(&house, "SELECT COUNT(*) FROM order_items"), 0);
    assert_int_equal(trade_events(TOPIC_ORDER_PLACED).count, 0);
}

/* ---- Options ---- */

static void choices_add_to_the_price_of_one(void **state)
{
    const struct str wished[] = {STR("syrup"), STR("large")};
    const struct order_wish wish = cola(2, wished, 2);
    struct order o;
    (void)state;
    assert_int_equal(place(&wish, 1), PROBLEM_NONE);
    assert_int_equal(placing.order.total, 2 * (700000 + 250000 + 50000));
    struct trade_events told = trade_events(TOPIC_ORDER_PLACED);
    trade_assert_told(&told, "\"price\":1000000,\"options\":[\"Large\",\"Syrup\"]");
    struct db *db = house_open(&house, DB_READ);
    assert_true(order_find(db, id_str(&placing.draft.id), placing.arena, &o));
    order_read_lines(db, placing.arena, &o);
    assert_int_equal(o.lines[0].price, 1000000);
    assert_int_equal(o.lines[0].option_count, 2);
    assert_true(str_is(o.lines[0].options[0].id, "large"));
    assert_true(str_is(o.lines[0].options[1].name, "Syrup"));
    assert_int_equal(o.lines[0].options[1].price, 50000);
    db_close(&db);
}

static void what_must_be_chosen_and_is_not_is_the_first(void **state)
{
    const struct order_wish wish = cola(1, NULL, 0);
    (void)state;
    assert_int_equal(place(&wish, 1), PROBLEM_NONE);
    assert_int_equal(placing.order.total, 700000);
    assert_int_equal(placing.order.lines[0].option_count, 1);
    assert_true(str_is(placing.order.lines[0].options[0].id, "regular"));
}

static void by_name_it_costs_what_it_would_by_id(void **state)
{
    const struct order_wish right = {.name = STR("Cola"), .price = STR("7000"), .qty = 1};
    const struct order_wish wrong = {.name = STR("Cola"), .price = STR("9500"), .qty = 1};
    (void)state;
    assert_int_equal(place(&wrong, 1), PROBLEM_PRICE_CHANGED);
    assert_int_equal(place(&right, 1), PROBLEM_NONE);
    assert_int_equal(placing.order.lines[0].option_count, 1);
}

static void choices_that_do_not_fit_are_refused(void **state)
{
    static const struct str wrong[][2] = {
        {{"tiny", 4}, {"ice", 3}}, {{"large", 5}, {"regular", 7}}, {{"ice", 3}, {"ice", 3}}};
    const struct str none_left[] = {STR("huge")};
    const struct str any[] = {STR("large")};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        const struct order_wish wish = cola(1, wrong[i], 2);
        assert_int_equal(place(&wish, 1), PROBLEM_BAD_OPTIONS);
        assert_string_equal(placing.fault.field, "options");
    }
    const struct order_wish gone = cola(1, none_left, 1);
    assert_int_equal(place(&gone, 1), PROBLEM_SOLD_OUT);
    assert_string_equal(placing.fault.field, "options");
    const struct order_wish plain = {
        .product_id = str_of(MENU_DEMO_LEMON), .qty = 1, .options = any, .option_count = 1};
    assert_int_equal(place(&plain, 1), PROBLEM_BAD_OPTIONS);
    assert_nothing_written();
}

/* One event must hold it, and what cannot be told must not be sold. */
static void an_order_that_no_event_could_hold_is_refused(void **state)
{
    struct order_wish wishes[ORDER_LINES_MAX];
    struct str wished[OPTION_CHOSEN_MAX];
    struct buf sql = buf_in(placing.arena);
    (void)state;
    buf_add_cstr(&sql, "UPDATE products SET options = '[{\"id\":\"g\",\"name\":\"G\",\"min\":0,"
                       "\"max\":16,\"choices\":[");
    for (int i = 0; i < OPTION_CHOSEN_MAX; i++) {
        wished[i] = str_of(arena_printf(placing.arena, "c%d", i));
        buf_addf(&sql, "%s{\"id\":\"c%d\",\"name\":\"%0480d\",\"price\":0}", i > 0 ? "," : "", i,
                 i);
    }
    buf_add_cstr(&sql, "]}]' WHERE name = 'Cola'");
    house_script(&house, buf_cstr(&sql));
    for (size_t i = 0; i < ORDER_LINES_MAX; i++)
        wishes[i] = cola(1, wished, OPTION_CHOSEN_MAX);
    assert_int_equal(place(wishes, ORDER_LINES_MAX), PROBLEM_BAD_OPTIONS);
    assert_int_equal(placing.fault.wish, 8);
    assert_string_equal(placing.fault.field, "options");
    assert_nothing_written();
    assert_int_equal(place(wishes, 8), PROBLEM_NONE);
}

static void a_row_of_choices_reads_back(void **state)
{
    const struct chosen some[] = {{STR("a"), STR("\"A\" 음"), 5}, {STR("b"), STR("B"), 0}};
    size_t count;
    (void)state;
    struct str text = chosen_text(some, 2, placing.arena);
    const struct chosen *back = chosen_read(text, placing.arena, &count);
    assert_int_equal(count, 2);
    assert_true(str_eq(back[0].name, some[0].name) && back[0].price == 5);
    assert_null(chosen_text(some, 0, placing.arena).at);
    assert_null(chosen_read((struct str){0}, placing.arena, &count));
    assert_int_equal(count, 0);
}

/* ---- Stock ---- */

static int64_t stock(void)
{
    return house_number(&house, "SELECT stock FROM products WHERE name = 'Cola'");
}

static void have(int n)
{
    char sql[100];
    snprintf(sql, sizeof sql, "UPDATE products SET stock = %d WHERE name = 'Cola'", n);
    house_script(&house, sql);
}

static void lines_of_one_product_share_its_stock(void **state)
{
    const struct order_wish wishes[] = {cola(2, NULL, 0),
                                        {.product_id = str_of(MENU_DEMO_LEMON), .qty = 9},
                                        {.name = STR("Cola"), .price = STR("7000"), .qty = 2}};
    (void)state;
    have(3);
    assert_int_equal(place(wishes, 3), PROBLEM_SOLD_OUT);
    assert_int_equal(placing.fault.wish, 2);
    assert_string_equal(placing.fault.field, "qty");
    assert_nothing_written();
    assert_int_equal(stock(), 3);
    have(4);
    assert_int_equal(place(wishes, 3), PROBLEM_NONE);
    assert_int_equal(stock(), 0);
    assert_int_equal(place(wishes, 1), PROBLEM_SOLD_OUT);
    assert_string_equal(placing.fault.field, "product_id");
    assert_int_equal(trade_events(TOPIC_ORDER_PLACED).count, 1);
}

static void a_unit_run_twice_takes_once(void **state)
{
    const struct order_wish wish = cola(3, NULL, 0);
    (void)state;
    have(4);
    placing.draft = (struct order_draft){.arena = placing.arena,
                                         .id = id_new(),
                                         .now_us = TRADE_NOW,
                                         .actor = STR("account:u"),
                                         .wishes = &wish,
                                         .wish_count = 1};
    trade_do_twice(place_draft);
    assert_int_equal(placing.problem, PROBLEM_NONE);
    assert_int_equal(stock(), 1);
}

/* How an order comes to nothing. */
static const struct order_act gone = {
    .actor = {"account:u", 9}, .reason = {"why", 3}, .now_us = TRADE_NOW + 1};

static void give_up(struct task *t, struct db *tx)
{
    struct order o;
    (void)t;
    if (order_find(tx, id_str(&placing.draft.id), placing.arena, &o))
        (void)order_cancel(tx, placing.arena, &o, &gone);
}

static void turn_down(struct task *t, struct db *tx)
{
    struct order o;
    (void)t;
    assert_true(order_find(tx, id_str(&placing.draft.id), placing.arena, &o) &&
                order_reject(tx, placing.arena, &o, &gone));
}

static void what_comes_to_nothing_is_given_back_once(void **state)
{
    void (*const ways[])(struct task * t, struct db * tx) = {give_up, turn_down};
    const struct order_wish wishes[] = {cola(2, NULL, 0), cola(1, NULL, 0)};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
        have(5);
        assert_int_equal(place(wishes, 2), PROBLEM_NONE);
        assert_int_equal(stock(), 2);
        trade_do(ways[i]);
        trade_do(ways[i]);
        assert_int_equal(stock(), 5);
    }
}

static void what_is_not_paid_is_given_back(void **state)
{
    const struct order_wish wish = cola(2, NULL, 0);
    (void)state;
    have(2);
    placing.draft.pay = PAY_QRIS;
    assert_int_equal(place(&wish, 1), PROBLEM_NONE);
    assert_int_equal(stock(), 0);
    struct str id = id_str(&placing.draft.id);
    payment_says(TOPIC_PAYMENT_FAILED, id, ",\"reason\":\"expired\"");
    payment_says(TOPIC_PAYMENT_FAILED, id, ",\"reason\":\"expired\"");
    trade_settle("order");
    assert_int_equal(stock(), 2);
}

static void what_nobody_counted_is_not_given_back(void **state)
{
    const struct order_wish wish = cola(2, NULL, 0);
    (void)state;
    assert_int_equal(place(&wish, 1), PROBLEM_NONE);
    have(7);
    trade_do(give_up);
    assert_int_equal(stock(), 7);
}

/* ---- Open or not ---- */

static void a_closed_shop_takes_no_orders(void **state)
{
    const struct order_wish wish = cola(1, NULL, 0);
    (void)state;
    house_script(&house, "UPDATE shops SET open = 0");
    assert_int_equal(place(&wish, 1), PROBLEM_SHOP_CLOSED);
    assert_string_equal(placing.fault.field, "shop_id");
    assert_nothing_written();
    house_script(&house, "UPDATE shops SET open = 1");
    assert_int_equal(place(&wish, 1), PROBLEM_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, placing_teardown)
        T(choices_add_to_the_price_of_one),      T(what_must_be_chosen_and_is_not_is_the_first),
        T(by_name_it_costs_what_it_would_by_id), T(choices_that_do_not_fit_are_refused),
        T(a_row_of_choices_reads_back),          T(lines_of_one_product_share_its_stock),
        T(a_unit_run_twice_takes_once),          T(what_comes_to_nothing_is_given_back_once),
        T(what_is_not_paid_is_given_back),       T(what_nobody_counted_is_not_given_back),
        T(a_closed_shop_takes_no_orders),        T(an_order_that_no_event_could_hold_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
