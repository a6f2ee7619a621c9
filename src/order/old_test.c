/* old_test.c - a folder from before options and histories: its orders read as they were, and go on.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "order/fixture.h"

#define OLD "0198c0de-0000-7000-8000-00000000d001"

static const struct service *const services[] = {&account_service, &shop_service, &menu_service,
                                                 &order_service};

/* The tables as their first step made them, with an order in them; then the house as it is now. */
static int setup(void **state)
{
    static struct service old;
    static const struct service *then[ARRAY_LEN(services)];
    (void)state;
    house_init(&house);
    memcpy(then, services, sizeof services);
    old = order_service;
    old.migrations.count = 1;
    then[ARRAY_LEN(services) - 1] = &old;
    struct db *db = house_open(&house, DB_WRITE);
    trade_migrate(db, then, ARRAY_LEN(then));
    db_script(db, "INSERT INTO orders (id, number, shop_id, account_id, username, via, pay, status,"
                  " total, currency, language, placed_at, updated_at, cancel_asked) VALUES"
                  " ('" OLD "', 'A01', '" SHOP_DEMO_ID "', 'u', 'USER0001', 'api', 'counter',"
                  " 'received', 500, 'IDR', 'en', 1, 1, 0);"
                  "INSERT INTO order_items (order_id, line, name, qty, price)"
                  " VALUES ('" OLD "', 0, 'jslee', 1, 500);");
    trade_migrate(db, services, ARRAY_LEN(services));
    assert_int_equal(db->status, DB_OK);
    db_close(&db);
    placing_init();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    placing_fini();
    house_fini(&house);
    return 0;
}

static void its_orders_read_as_they_were(void **state)
{
    struct order o;
    size_t moves;
    (void)state;
    struct db *db = house_open(&house, DB_READ);
    assert_true(order_find(db, STR(OLD), placing.arena, &o));
    order_read_lines(db, placing.arena, &o);
    assert_int_equal(o.state, ORDER_RECEIVED);
    assert_true(o.accept_by_us == 0 && o.eta_us == 0 && !order_reason(&o).at);
    assert_int_equal(o.line_count, 1);
    assert_true(o.lines[0].option_count == 0 && !o.lines[0].counted);
    (void)order_read_moves(db, placing.arena, STR(OLD), &moves);
    assert_int_equal(moves, 0);
    db_close(&db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(its_orders_read_as_they_were, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
