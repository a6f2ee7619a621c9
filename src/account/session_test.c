/* session_test.c - the turns of a session, its end, and what is told of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "account/account.h"
#include "account/account_service.h"
#include "account/fixture.h"
#include "account/session.h"
#include "base/clock.h"

#define SID  "0198c0de-0000-7000-8000-00000000c001"
#define SID2 "0198c0de-0000-7000-8000-00000000c002"
#define S    US_PER_S

static const struct service *const services[] = {&account_service};
static struct arena *arena;
static struct db *db;

static void open_two(struct task *t, struct db *tx)
{
    (void)t;
    struct session s = {.id = STR(SID),
                        .account_id = STR(ACCOUNT_DEMO_USER1),
                        .created_us = TRADE_NOW,
                        .expires_us = TRADE_NOW + SESSION_LIFE_US,
                        .device = STR("phone"),
                        .address = STR("10.0.0.1")};
    session_open(tx, &s);
    s.id = STR(SID2);
    s.device = (struct str){0};
    s.address = STR("10.0.0.2");
    session_open(tx, &s);
}

static int setup(void **state)
{
    (void)state;
    trade_init(services, ARRAY_LEN(services));
    trade_do(open_two);
    arena = arena_new(1 << 20);
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

/* A renewal: at which time the token of which turn comes, and what it is worth. */
static struct {
    int64_t presented; /* turn of the token that comes */
    int64_t at_us;     /* when */
    bool good;         /* it is worth a successor */
    int64_t turn;      /* the successor's */
    int64_t issued_us; /* and when that was issued */
} renewal;

static void renew_one(struct task *t, struct db *tx)
{
    struct session s;
    (void)t;
    assert_true(session_by_id(tx, STR(SID), arena, &s));
    renewal.good =
        session_renew(tx, &s, renewal.presented, renewal.at_us, &renewal.turn, &renewal.issued_us);
}

/* The time of the successor's issue from TRADE_NOW in seconds; -1: none. */
static int64_t renewed(int64_t presented, int64_t at_s)
{
    renewal.presented = presented;
    renewal.at_us = TRADE_NOW + at_s * S;
    trade_do(renew_one);
    if (!renewal.good)
        return -1;
    assert_int_equal(renewal.turn, presented + 1);
    return (renewal.issued_us - TRADE_NOW) / S;
}

static void a_repeat_gets_the_same_successor_for_a_minute(void **state)
{
    (void)state;
    assert_int_equal(renewed(0, 100), 100);
    assert_int_equal(renewed(0, 130), 100);
    assert_int_equal(renewed(0, 160), 100);
    assert_int_equal(renewed(0, 161), -1);
    assert_int_equal(renewed(1, 900), 900);
}

static void two_turns_in_a_minute_leave_no_tab_behind(void **state)
{
    (void)state;
    assert_int_equal(renewed(0, 100), 100);
    assert_int_equal(renewed(1, 120), 120);
    assert_int_equal(renewed(0, 150), 100);
    assert_int_equal(renewed(1, 180), 120);
    assert_int_equal(renewed(0, 161), -1);
    assert_int_equal(renewed(2, 150), 150);
    assert_int_equal(renewed(0, 155), -1);
}

static void a_turn_that_never_was_is_worth_nothing(void **state)
{
    (void)state;
    assert_int_equal(renewed(1, 1), -1);
    assert_int_equal(renewed(-1, 1), -1);
    assert_int_equal(renewed(0, 2), 2);
}

static int seen;

static void see(void *arg, const struct session *s)
{
    (void)arg;
    (void)s;
    seen++;
}

static int living(int64_t now_us)
{
    seen = 0;
    session_list(db, STR(ACCOUNT_DEMO_USER1), &(struct request_page){.limit = 50}, now_us, see,
                 NULL);
    return seen;
}

static void a_list_has_pages(void **state)
{
    struct request_page page = {.limit = 1};
    (void)state;
    seen = 0;
    session_list(db, STR(ACCOUNT_DEMO_USER1), &page, TRADE_NOW, see, NULL);
    assert_int_equal(seen, 1);
    page = (struct request_page){.limit = 50, .before = STR(SID2)};
    session_list(db, STR(ACCOUNT_DEMO_USER1), &page, TRADE_NOW, see, NULL);
    assert_int_equal(seen, 2);
    page.before = STR(SID);
    session_list(db, STR(ACCOUNT_DEMO_USER1), &page, TRADE_NOW, see, NULL);
    assert_int_equal(seen, 2);
}

static void end_one(struct task *t, struct db *tx)
{
    struct session s;
    (void)t;
    assert_true(session_by_id(tx, STR(SID), arena, &s));
    session_end(tx, &s, STR("account:x"), TRADE_NOW + S);
}

static void an_end_is_told(void **state)
{
    struct session s;
    char until[CLOCK_TEXT_MAX];
    (void)state;
    assert_int_equal(living(TRADE_NOW), 2);
    assert_int_equal(living(TRADE_NOW + SESSION_LIFE_US), 0);
    trade_do_twice(end_one);
    assert_int_equal(living(TRADE_NOW), 1);
    assert_true(session_by_id(db, STR(SID), arena, &s));
    assert_false(session_lives(&s, TRADE_NOW + S));
    struct trade_events told = trade_events("session.ended");
    assert_int_equal(told.count, 1);
    clock_iso(TRADE_NOW + SESSION_LIFE_US, until);
    trade_assert_told(&told, "\"session_id\":\"" SID "\"");
    trade_assert_told(&told, until);
    assert_string_equal(told.channels, "people account:"
                                       "0198c0de-0000-7000-8000-0000000000b1"
                                       " session:" SID " ");
}

static void end_all_but_the_first(struct task *t, struct db *tx)
{
    (void)t;
    session_end_others(tx, STR(ACCOUNT_DEMO_USER1), STR(SID), STR("account:x"), TRADE_NOW + S);
}

static void end_all(struct task *t, struct db *tx)
{
    (void)t;
    session_end_others(tx, STR(ACCOUNT_DEMO_USER1), (struct str){0}, STR("account:x"),
                       TRADE_NOW + S);
}

static void others_end(void **state)
{
    (void)state;
    trade_do(end_all_but_the_first);
    assert_int_equal(living(TRADE_NOW), 1);
    assert_true(session_at_home(db, STR(ACCOUNT_DEMO_USER1), STR("10.0.0.1"), TRADE_NOW));
    assert_false(session_at_home(db, STR(ACCOUNT_DEMO_USER1), STR("10.0.0.2"), TRADE_NOW));
    assert_false(session_at_home(db, STR(ACCOUNT_DEMO_USER2), STR("10.0.0.1"), TRADE_NOW));
    trade_do(end_all);
    trade_do(end_all);
    assert_int_equal(living(TRADE_NOW), 0);
    assert_int_equal(trade_events("session.ended").count, 2);
}

static int64_t sweep_at;

static void sweep(struct task *t, struct db *tx)
{
    (void)t;
    db_exec(tx, "DELETE FROM deadlines WHERE service = 'account'");
    session_sweep(tx, sweep_at);
}

static int64_t deadlines(void)
{
    return house_number(&house, "SELECT COUNT(*) FROM deadlines WHERE service = 'account'");
}

static int64_t rows(void)
{
    return house_number(&house, "SELECT COUNT(*) FROM sessions");
}

static void rows_go_thirty_days_behind_the_end(void **state)
{
    (void)state;
    assert_int_equal(deadlines(), 1);
    trade_do(end_one);
    sweep_at = TRADE_NOW + SESSION_KEPT_US;
    trade_do(sweep);
    assert_int_equal(rows(), 2);
    sweep_at = TRADE_NOW + S + SESSION_KEPT_US;
    trade_do(sweep);
    assert_int_equal(rows(), 1);
    assert_int_equal(deadlines(), 1);
    sweep_at = TRADE_NOW + SESSION_LIFE_US + SESSION_KEPT_US;
    trade_do(sweep);
    assert_int_equal(rows(), 0);
    assert_int_equal(deadlines(), 0);
    trade_do(open_two);
    assert_int_equal(deadlines(), 1);
}

static void fill_up(struct task *t, struct db *tx)
{
    struct id id;
    (void)t;
    for (int i = 0; i < SESSIONS_MAX; i++) {
        snprintf(id.text, sizeof id.text, "0198c0de-0000-7000-8000-0000000%05x", i);
        struct session s = {.id = id_str(&id),
                            .account_id = STR(ACCOUNT_DEMO_OWNER),
                            .created_us = TRADE_NOW,
                            .expires_us = TRADE_NOW + SESSION_LIFE_US,
                            .address = STR("10.0.0.1")};
        session_make_room(tx, s.account_id, TRADE_NOW);
        session_open(tx, &s);
    }
}

static void make_room(struct task *t, struct db *tx)
{
    (void)t;
    session_make_room(tx, STR(ACCOUNT_DEMO_OWNER), TRADE_NOW);
}

static bool lives(const char *id)
{
    struct session s;
    assert_true(session_by_id(db, str_of(id), arena, &s));
    return session_lives(&s, TRADE_NOW);
}

static void an_account_has_so_many_at_most(void **state)
{
    (void)state;
    trade_do(fill_up);
    assert_true(lives("0198c0de-0000-7000-8000-000000000000"));
    trade_do(make_room);
    assert_false(lives("0198c0de-0000-7000-8000-000000000000"));
    assert_true(lives("0198c0de-0000-7000-8000-000000000001"));
    trade_do(make_room);
    assert_true(lives("0198c0de-0000-7000-8000-000000000001"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_repeat_gets_the_same_successor_for_a_minute),
        TEST(two_turns_in_a_minute_leave_no_tab_behind),
        TEST(a_turn_that_never_was_is_worth_nothing),
        TEST(a_list_has_pages),
        TEST(an_end_is_told),
        TEST(others_end),
        TEST(an_account_has_so_many_at_most),
        TEST(rows_go_thirty_days_behind_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
