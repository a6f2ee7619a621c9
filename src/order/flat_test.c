/* flat_test.c - what an order costs, and that reading does not cost more the more orders there are:
 * every list walks an index and nothing is sorted or looked through. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "db/counting.h"
#include "order/fixture.h"
#include "order/store.h"

/* ---- Reading ---- */

/* The engine's plan, a line for each step. */
static const char *plan_of(struct db_rows *rows)
{
    static char plan[1024];
    plan[0] = '\0';
    while (db_row(rows)) {
        size_t len = strlen(plan);
        snprintf(plan + len, sizeof plan - len, "%.*s\n", STR_ARG(db_text(rows, 3)));
    }
    db_end(rows);
    return plan;
}

/* Each step goes straight to its rows, and `index` is how. */
static void assert_flat(struct db_rows *rows, const char *index)
{
    const char *plan = plan_of(rows);
    if (!strstr(plan, "SEARCH") || strstr(plan, "SCAN") || strstr(plan, "TEMP B-TREE") ||
        !strstr(plan, index))
        fail_msg("%s", plan);
}

static void lists_and_lookups_walk_an_index(void **state)
{
    (void)state;
    struct db *db = house_open(&house, DB_READ);
    assert_flat(
        db_query(db, "EXPLAIN QUERY PLAN " ORDER_SQL_LIST, DB_CSTR("u"), DB_CSTR("~"), DB_INT(50)),
        "orders_of_account (account_id=? AND id<?)");
    assert_flat(db_query(db, "EXPLAIN QUERY PLAN " ORDER_SQL_LIST_OF_SHOP, DB_CSTR("u"),
                         DB_CSTR("~"), DB_CSTR("s"), DB_INT(50)),
                "orders_of_account (account_id=? AND id<?)");
    assert_flat(db_query(db, "EXPLAIN QUERY PLAN " ORDER_SQL_ONE, DB_CSTR("o")),
                "PRIMARY KEY (id=?)");
    assert_flat(db_query(db, "EXPLAIN QUERY PLAN " ORDER_SQL_LINES, DB_CSTR("o")),
                "PRIMARY KEY (order_id=?)");
    assert_flat(db_query(db, "EXPLAIN QUERY PLAN " ORDER_SQL_MOVES, DB_CSTR("o")),
                "PRIMARY KEY (order_id=?)");
    assert_flat(db_query(db, "EXPLAIN QUERY PLAN " ORDER_SQL_LAST_MOVE, DB_CSTR("o")),
                "PRIMARY KEY (order_id=?)");
    db_close(&db);
}

static void a_plan_that_looks_through_all_is_seen(void **state)
{
    (void)state;
    struct db *db = house_open(&house, DB_READ);
    const char *plan = plan_of(db_query(db, "EXPLAIN QUERY PLAN SELECT id FROM orders"
                                            " WHERE status = 'x' ORDER BY placed_at"));
    assert_true(strstr(plan, "SCAN") && strstr(plan, "TEMP B-TREE"));
    db_close(&db);
}

/* ---- Writing ---- */

/* What a counted piece of work is about. */
static struct {
    struct str id;
    bool done;
} moving;

static void place_counted(struct task *t, struct db *tx)
{
    counting_begin(tx);
    place_draft(t, tx);
    counting_end(tx);
}

static void accept_counted(struct task *t, struct db *tx)
{
    struct order o;
    const struct order_act act = {.actor = STR("account:b"), .now_us = TRADE_NOW};
    (void)t;
    counting_begin(tx);
    moving.done = order_find(tx, moving.id, placing.arena, &o) &&
                  order_accept(tx, placing.arena, &o, 0, &act);
    counting_end(tx);
}

static void place_again(void)
{
    placing.draft.id = id_new();
    trade_do(place_counted);
    assert_int_equal(placing.problem, PROBLEM_NONE);
}

/* Reads: who sells, each thing sold, the last number. Writes: the number, the order, each line. */
static void an_order_costs_what_it_always_did(void **state)
{
    const struct order_wish free = {.name = STR("jslee"), .price = STR("1000"), .qty = 1};
    const struct order_wish two[] = {{.product_id = str_of(MENU_DEMO_COLA), .qty = 1},
                                     {.product_id = str_of(MENU_DEMO_LEMON), .qty = 2}};
    (void)state;
    assert_int_equal(place(&free, 1), PROBLEM_NONE);
    place_again();
    assert_int_equal(counting.reads, 3);
    assert_int_equal(counting.writes, 3);
    assert_int_equal(place(two, 2), PROBLEM_NONE);
    place_again();
    assert_int_equal(counting.reads, 4);
    assert_int_equal(counting.writes, 4);
    assert_int_equal(house_number(&house, "SELECT COUNT(*) FROM order_moves"), 0);
    assert_int_equal(house_number(&house, "SELECT COUNT(*) FROM deadlines"), 0);
}

static void a_move_costs_a_row_of_history(void **state)
{
    const struct order_wish wish = {.product_id = str_of(MENU_DEMO_COLA), .qty = 1};
    (void)state;
    assert_int_equal(place(&wish, 1), PROBLEM_NONE);
    moving.id = id_str(&placing.draft.id);
    trade_do(accept_counted);
    assert_true(moving.done);
    assert_int_equal(counting.reads, 2);
    assert_int_equal(counting.writes, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, placing_setup, placing_teardown)
        T(lists_and_lookups_walk_an_index),
        T(a_plan_that_looks_through_all_is_seen),
        T(an_order_costs_what_it_always_did),
        T(a_move_costs_a_row_of_history),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
