/* account_test.c - accounts written and read back, and what is told of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "account/account.h"
#include "account/account_service.h"
#include "account/fixture.h"
#include "base/id.h"

static const struct service *const services[] = {&account_service};
static struct arena *arena;
static struct db *db;

static int setup(void **state)
{
    (void)state;
    trade_init(services, ARRAY_LEN(services));
    arena = arena_new(65536);
    db = house_open(&house, DB_READ);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    db_close(&db);
    arena_free(&arena);
    trade_fini();
    return 0;
}

static void every_demo_account_stands_and_is_told_of(void **state)
{
    static const struct {
        const char *username;
        enum role role;
    } rows[] = {{"OWNER1", ROLE_CUSTOMER},   {"USER0001", ROLE_CUSTOMER},
                {"USER0002", ROLE_CUSTOMER}, {"BARISTA1", ROLE_CUSTOMER},
                {"COURIER1", ROLE_CUSTOMER}, {"ADMIN1", ROLE_ADMIN}};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct account a;
        assert_true(account_by_username(db, str_of(rows[i].username), arena, &a));
        assert_int_equal(a.role, rows[i].role);
        assert_true(id_valid(a.id));
        assert_null(a.email.at);
        assert_null(account_password(db, a.id, arena).at);
    }
    struct trade_events told = trade_events("account.created");
    assert_int_equal(told.count, ARRAY_LEN(rows));
    trade_assert_told(&told, "\"username\":\"ADMIN1\",\"role\":\"admin\"");
    assert_string_equal(told.channels, "people account:0198c0de-0000-7000-8000-0000000000e1 ");
}

static void found_by_id_by_username_and_as_people_type(void **state)
{
    struct account a;
    (void)state;
    assert_true(account_find(db, STR("USER0001"), arena, &a));
    assert_true(account_find(db, STR(ACCOUNT_DEMO_USER1), arena, &a));
    assert_true(account_find(db, STR("0198C0DE-0000-7000-8000-0000000000B1"), arena, &a));
    assert_true(account_by_name(db, STR("user0001"), arena, &a));
    assert_true(str_is(a.username, "USER0001"));
    assert_false(account_by_username(db, STR("user0001"), arena, &a));
    assert_false(account_find(db, STR(""), arena, &a));
    assert_false(account_by_name(db, STR("' OR 1=1 --"), arena, &a));
}

static void a_caller_is_who_he_is(void **state)
{
    struct caller c;
    (void)state;
    assert_true(account_caller(db, STR("ADMIN1"), arena, &c));
    assert_true(str_is(c.id, ACCOUNT_DEMO_ADMIN));
    assert_int_equal(c.role, ROLE_ADMIN);
    assert_int_equal(c.expires_us, 0);
    assert_null(c.session.at);
    assert_false(account_caller(db, STR("nobody"), arena, &c));
}

static void a_role_we_do_not_know_may_nothing(void **state)
{
    struct caller c;
    (void)state;
    house_script(&house, "UPDATE accounts SET role = 'emperor' WHERE username = 'ADMIN1'");
    assert_true(account_caller(db, STR("ADMIN1"), arena, &c));
    assert_int_equal(c.role, ROLE_NONE);
}

static void add_one(struct task *t, struct db *tx)
{
    (void)t;
    struct account_draft draft = {.account = {.id = STR("0198c0de-0000-7000-8000-00000000aaaa"),
                                              .username = STR("Rara.W"),
                                              .email = STR("Rara@example.com"),
                                              .name = STR("Rara"),
                                              .role = ROLE_CUSTOMER,
                                              .language = STR("ko"),
                                              .created_us = TRADE_NOW},
                                  .password = STR("hash"),
                                  .actor = STR("account:x")};
    account_add(tx, &draft);
}

static void names_and_addresses_are_taken_whatever_their_case(void **state)
{
    struct account a;
    (void)state;
    trade_do(add_one);
    assert_true(account_username_taken(db, STR("rARA.w")));
    assert_false(account_username_taken(db, STR("rara_w")));
    assert_true(account_email_taken(db, STR("rara@EXAMPLE.com"), (struct str){0}));
    assert_true(account_by_name(db, STR("RARA.W"), arena, &a));
    assert_false(account_email_taken(db, STR("rara@example.com"), a.id));
    assert_true(str_is(a.email, "Rara@example.com"));
    assert_true(str_is(account_password(db, a.id, arena), "hash"));
    struct trade_events told = trade_events("account.created");
    assert_int_equal(told.count, 7);
    trade_assert_told(&told, "\"language\":\"ko\"");
    assert_null(strstr(told.payload, "example.com"));
    assert_null(strstr(told.payload, "hash"));
}

static void change_name(struct task *t, struct db *tx)
{
    struct account a;
    (void)t;
    assert_true(account_by_username(tx, STR("USER0001"), arena, &a));
    account_change(tx, &a, &(struct account_change){.name = STR("Budi")}, STR("x"), TRADE_NOW);
}

static void change_language(struct task *t, struct db *tx)
{
    struct account a;
    (void)t;
    assert_true(account_by_username(tx, STR("USER0001"), arena, &a));
    account_change(tx, &a, &(struct account_change){.language = STR("pl")}, STR("x"), TRADE_NOW);
}

static void no_language(struct task *t, struct db *tx)
{
    struct account a;
    (void)t;
    assert_true(account_by_username(tx, STR("USER0001"), arena, &a));
    account_change(tx, &a, &(struct account_change){.language = STR("")}, STR("x"), TRADE_NOW);
}

static void only_what_others_must_know_is_told(void **state)
{
    struct account a;
    (void)state;
    trade_do(change_name);
    assert_int_equal(trade_events("account.changed").count, 0);
    trade_do(change_language);
    struct trade_events told = trade_events("account.changed");
    assert_int_equal(told.count, 1);
    trade_assert_told(&told, "\"language\":\"pl\"");
    trade_do(change_language);
    assert_int_equal(trade_events("account.changed").count, 1);
    assert_true(account_by_username(db, STR("USER0001"), arena, &a));
    assert_true(str_is(a.name, "Budi"));
    assert_true(str_is(a.language, "pl"));
    trade_do(no_language);
    told = trade_events("account.changed");
    assert_int_equal(told.count, 2);
    assert_null(strstr(told.payload, "language"));
}

static void second_admin(struct task *t, struct db *tx)
{
    struct account a;
    (void)t;
    assert_true(account_by_username(tx, STR("USER0002"), arena, &a));
    account_change(tx, &a, &(struct account_change){.role = ROLE_ADMIN}, STR("x"), TRADE_NOW);
}

static void the_last_admin_is_known(void **state)
{
    struct account admin;
    struct account user;
    (void)state;
    assert_true(account_by_username(db, STR("ADMIN1"), arena, &admin));
    assert_true(account_by_username(db, STR("USER0001"), arena, &user));
    assert_true(account_last_admin(db, &admin));
    assert_false(account_last_admin(db, &user));
    trade_do(second_admin);
    assert_false(account_last_admin(db, &admin));
}

static void mend(struct task *t, struct db *tx)
{
    (void)t;
    account_mend(tx, TRADE_NOW);
}

static void accounts_of_before_are_mended_once(void **state)
{
    struct account a;
    (void)state;
    house_script(&house, "INSERT INTO accounts (id, username, name, role, shop_id, created_at)"
                         " VALUES ('old', 'OldOwner', 'Old', 'owner', 's', 1)");
    assert_false(account_by_name(db, STR("oldowner"), arena, &a));
    trade_do_twice(mend);
    assert_true(account_by_name(db, STR("oldowner"), arena, &a));
    assert_int_equal(a.role, ROLE_CUSTOMER);
    struct trade_events told = trade_events("account.created");
    assert_int_equal(told.count, 7);
    trade_assert_told(&told, "\"username\":\"OldOwner\",\"role\":\"customer\"");
    trade_do(mend);
    assert_int_equal(trade_events("account.created").count, 7);
}

static void first_password(struct task *t, struct db *tx)
{
    (void)t;
    account_first_password(tx, STR(ACCOUNT_DEMO_OWNER), STR("one"));
    account_first_password(tx, STR(ACCOUNT_DEMO_OWNER), STR("two"));
}

static void the_demo_gets_its_passwords_once(void **state)
{
    struct str ids[8];
    (void)state;
    assert_int_equal(account_demo_unready(db, arena, ids, ARRAY_LEN(ids)), 6);
    assert_int_equal(account_demo_unready(db, arena, ids, 2), 2);
    trade_do(first_password);
    assert_int_equal(account_demo_unready(db, arena, ids, ARRAY_LEN(ids)), 5);
    assert_true(str_is(account_password(db, STR(ACCOUNT_DEMO_OWNER), arena), "one"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(every_demo_account_stands_and_is_told_of),
        TEST(found_by_id_by_username_and_as_people_type),
        TEST(a_caller_is_who_he_is),
        TEST(a_role_we_do_not_know_may_nothing),
        TEST(names_and_addresses_are_taken_whatever_their_case),
        TEST(only_what_others_must_know_is_told),
        TEST(the_last_admin_is_known),
        TEST(accounts_of_before_are_mended_once),
        TEST(the_demo_gets_its_passwords_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
