/* shop_test.c - shops found, opened and closed by their deadlines, and who works there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "account/account.h"
#include "account/account_service.h"
#include "account/fixture.h"
#include "app/topic.h"
#include "base/clock.h"
#include "shop/edit.h"
#include "shop/shop.h"
#include "shop/shop_service.h"
#include "shop/staff.h"

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

static void the_demo_tells_of_its_people(void **state)
{
    struct arena *arena = arena_new(65536);
    struct shop s;
    struct staff one;
    (void)state;
    struct trade_events told = trade_events(TOPIC_SHOP_STAFF_ADDED);
    assert_int_equal(told.count, 3);
    trade_assert_told(&told, "\"username\":\"COURIER1\",\"role\":\"courier\"}");
    assert_string_equal(told.channels, "people shop:" SHOP_DEMO_ID
                                       " account:0198c0de-0000-7000-8000-0000000000d1 ");
    told = trade_events(TOPIC_SHOP_CHANGED);
    assert_int_equal(told.count, 1);
    trade_assert_told(&told, "\"timezone\":\"Asia/Jakarta\",\"open\":true}");
    struct db *db = house_open(&house, DB_READ);
    assert_true(shop_of_owner(db, STR("OWNER1"), arena, &s));
    assert_true(str_is(s.id, SHOP_DEMO_ID));
    assert_true(shop_of_owner(db, str_of(ACCOUNT_DEMO_OWNER), arena, &s));
    assert_false(shop_of_owner(db, STR("BARISTA1"), arena, &s));
    assert_true(staff_find(db, STR(SHOP_DEMO_ID), STR("BARISTA1"), arena, &one));
    assert_int_equal(one.role, ROLE_BARISTA);
    assert_false(staff_find(db, STR("s2"), STR("BARISTA1"), arena, &one));
    assert_int_equal(staff_count(db, STR(SHOP_DEMO_ID), STAFF_ROLES), 3);
    db_close(&db);
    arena_free(&arena);
}

static void an_owner_of_two_shops_has_no_only_one(void **state)
{
    struct arena *arena = arena_new(65536);
    struct shop s;
    (void)state;
    house_script(&house, "INSERT INTO shop_staff VALUES ('s2', "
                         "'0198c0de-0000-7000-8000-0000000000a1', 'OWNER1', 'owner')");
    struct db *db = house_open(&house, DB_READ);
    assert_false(shop_of_owner(db, STR("OWNER1"), arena, &s));
    db_close(&db);
    arena_free(&arena);
}

/* ---- Units of work on the demo's shop ---- */

static struct {
    struct arena *arena;       /* memory of the units */
    struct shop_change change; /* what edit() wishes */
    int64_t now_us;            /* when */
    struct shop shop;          /* as it was left */
    const char *why;           /* why not */
} editing;

static void edit(struct task *t, struct db *tx)
{
    (void)t;
    if (shop_by_id(tx, STR(SHOP_DEMO_ID), editing.arena, &editing.shop))
        editing.why = shop_edit(tx, editing.arena, &editing.shop, &editing.change, STR("account:o"),
                                editing.now_us);
}

static void become_due(struct task *t, struct db *tx)
{
    (void)t;
    shop_service.due(tx, STR(HOURS_KEY SHOP_DEMO_ID), editing.now_us);
    if (!shop_by_id(tx, STR(SHOP_DEMO_ID), editing.arena, &editing.shop))
        editing.why = "gone";
}

/* Monday 2026-11-23, 08:00 in Jakarta; the shop's hours are from then to noon. */
#define EIGHT (INT64_C(1795395600) * US_PER_S)
#define HOUR  (3600 * US_PER_S)

static void begin_hours(void)
{
    editing.arena = arena_new(1 << 20);
    editing.change = (struct shop_change){.has_hours = true,
                                          .hours = {.count = 1, .spans = {{0, 8 * 60, 12 * 60}}}};
    editing.now_us = EIGHT - HOUR;
    editing.why = NULL;
    trade_do(edit);
    assert_null(editing.why);
    assert_false(editing.shop.open);
}

static int64_t deadline(void)
{
    return house_number(&house, "SELECT COALESCE(MAX(at), 0) FROM deadlines"
                                " WHERE service = 'shop' AND item LIKE 'hours:%'");
}

static void deadlines_open_and_close(void **state)
{
    (void)state;
    begin_hours();
    int told = trade_events(TOPIC_SHOP_CHANGED).count;
    assert_true(deadline() == EIGHT);
    editing.now_us = EIGHT;
    trade_do_twice(become_due);
    assert_true(editing.shop.open);
    assert_true(deadline() == EIGHT + 4 * HOUR);
    trade_do(become_due);
    struct trade_events events = trade_events(TOPIC_SHOP_CHANGED);
    assert_int_equal(events.count, told + 1);
    trade_assert_told(&events, "\"open\":true");
    editing.now_us = EIGHT + 4 * HOUR;
    trade_do(become_due);
    assert_false(editing.shop.open);
    assert_true(deadline() == EIGHT + 7 * 24 * HOUR);
    assert_int_equal(trade_events(TOPIC_SHOP_CHANGED).count, told + 2);
    arena_free(&editing.arena);
}

static void a_late_deadline_catches_up(void **state)
{
    (void)state;
    begin_hours();
    editing.now_us = EIGHT + 15 * 24 * HOUR + HOUR; /* the Tuesday two weeks later */
    trade_do(become_due);
    assert_false(editing.shop.open);
    assert_true(deadline() == EIGHT + 21 * 24 * HOUR);
    arena_free(&editing.arena);
}

static void a_paused_shop_stays_closed(void **state)
{
    (void)state;
    begin_hours();
    editing.change = (struct shop_change){.has_paused = true, .paused = true};
    trade_do(edit);
    editing.now_us = EIGHT;
    trade_do(become_due);
    assert_false(editing.shop.open);
    editing.change.paused = false;
    trade_do(edit);
    assert_true(editing.shop.open);
    arena_free(&editing.arena);
}

static void a_pause_does_not_wait_for_a_zone_that_is_gone(void **state)
{
    (void)state;
    begin_hours();
    editing.now_us = EIGHT;
    trade_do(become_due);
    assert_true(editing.shop.open);
    house_script(&house, "UPDATE shops SET timezone = 'Mars/Olympus'");
    editing.change = (struct shop_change){.has_accept = true, .accept_us = 60 * US_PER_S};
    trade_do(edit);
    assert_true(editing.shop.open);
    editing.change = (struct shop_change){.has_paused = true, .paused = true};
    trade_do(edit);
    assert_false(editing.shop.open);
    arena_free(&editing.arena);
}

static void who_never_closes_has_no_deadline(void **state)
{
    (void)state;
    begin_hours();
    editing.change.hours = (struct hours){.always = true};
    trade_do(edit);
    assert_true(editing.shop.open);
    assert_true(deadline() == 0);
    int told = trade_events(TOPIC_SHOP_CHANGED).count;
    trade_do(edit);
    assert_int_equal(trade_events(TOPIC_SHOP_CHANGED).count, told);
    arena_free(&editing.arena);
}

static void a_zone_that_is_none_changes_nothing(void **state)
{
    (void)state;
    begin_hours();
    editing.change = (struct shop_change){.timezone = STR("Mars/Olympus"), .name = STR("X")};
    trade_do(edit);
    assert_non_null(editing.why);
    trade_do(become_due);
    assert_true(str_is(editing.shop.name, "Kedai Demo"));
    arena_free(&editing.arena);
}

static void patience_is_kept_in_seconds(void **state)
{
    (void)state;
    begin_hours();
    editing.change = (struct shop_change){.has_accept = true, .accept_us = 300 * US_PER_S};
    trade_do(edit);
    trade_do(become_due);
    assert_true(editing.shop.accept_us == 300 * US_PER_S);
    arena_free(&editing.arena);
}

/* A folder from before shop_staff: who works there is known by his account's row. */
static void an_old_folder_learns_of_its_people(void **state)
{
    struct house old;
    char why[200];
    (void)state;
    house_init(&old);
    struct db *db = house_open(&old, DB_WRITE);
    struct migrations steps[] = {journal_migrations, deadline_migrations,
                                 account_service.migrations, shop_service.migrations};
    steps[2].count = steps[3].count = 1;
    assert_true(db_migrate(db, steps, ARRAY_LEN(steps), why, sizeof why));
    db_script(db, "INSERT INTO shops VALUES ('s', 'S', 'a', 'IDR', 'id', 'UTC', 1);"
                  "INSERT INTO accounts (id, username, name, role, shop_id, created_at) VALUES"
                  " ('a', 'ANN', 'Ann', 'owner', 's', 0), ('b', 'BEN', 'Ben', 'courier', 's', 0),"
                  " ('c', 'CAT', 'Cat', 'customer', NULL, 0)");
    steps[2] = account_service.migrations;
    steps[3] = shop_service.migrations;
    assert_true(db_migrate(db, steps, ARRAY_LEN(steps), why, sizeof why));
    db_close(&db);
    assert_int_equal(house_number(&old, "SELECT COUNT(*) FROM shop_staff"), 2);
    assert_int_equal(house_number(&old, "SELECT COUNT(*) FROM shop_staff WHERE username = 'BEN'"
                                        " AND role = 'courier'"),
                     1);
    assert_int_equal(house_number(&old, "SELECT COUNT(*) FROM deadlines WHERE service = 'shop'"
                                        " AND item = 'staff:'"),
                     1);
    house_fini(&old);
}

static void tell_all(struct task *t, struct db *tx)
{
    (void)t;
    shop_service.due(tx, STR("staff:"), TRADE_NOW);
}

static void people_of_an_old_folder_are_told_of(void **state)
{
    (void)state;
    int told = trade_events(TOPIC_SHOP_STAFF_ADDED).count;
    assert_int_equal(house_number(&house, "SELECT COUNT(*) FROM deadlines WHERE item = 'staff:'"),
                     0);
    trade_do(tell_all);
    assert_int_equal(trade_events(TOPIC_SHOP_STAFF_ADDED).count, told + 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_demo_shop_is_the_only_one, setup, teardown),
        cmocka_unit_test_setup_teardown(with_a_second_shop_none_is_the_only_one, setup, teardown),
        cmocka_unit_test_setup_teardown(the_demo_tells_of_its_people, setup, teardown),
        cmocka_unit_test_setup_teardown(an_owner_of_two_shops_has_no_only_one, setup, teardown),
        cmocka_unit_test_setup_teardown(deadlines_open_and_close, setup, teardown),
        cmocka_unit_test_setup_teardown(a_late_deadline_catches_up, setup, teardown),
        cmocka_unit_test_setup_teardown(a_paused_shop_stays_closed, setup, teardown),
        cmocka_unit_test_setup_teardown(a_pause_does_not_wait_for_a_zone_that_is_gone, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(who_never_closes_has_no_deadline, setup, teardown),
        cmocka_unit_test_setup_teardown(a_zone_that_is_none_changes_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(patience_is_kept_in_seconds, setup, teardown),
        cmocka_unit_test_setup_teardown(people_of_an_old_folder_are_told_of, setup, teardown),
        cmocka_unit_test(an_old_folder_learns_of_its_people),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
