/* ring_test.c - an order rings until it is answered: when, for whom, how often, and at what cost.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"
#include "notify/fixture.h"

#define AT(s) (T0 + (s)*US_PER_S)

static void do_due(struct task *t, struct db *tx)
{
    deadline_clear(tx, "notify", STR(SHOP));
    ring_due(tx, STR(SHOP), t->number);
}

/* When the shop's deadline is, in seconds behind T0; -1: it has none. */
static int64_t armed(void)
{
    if (house_number(&house, "SELECT COUNT(*) FROM deadlines WHERE service = 'notify'") == 0)
        return -1;
    assert_int_equal(house_number(&house, "SELECT at FROM deadlines WHERE item = '" SHOP "'"),
                     house_number(&house, "SELECT armed FROM notify_shops"));
    return (house_number(&house, "SELECT at FROM deadlines WHERE item = '" SHOP "'") - T0) /
           US_PER_S;
}

static void add_ring(void *arg, const struct event *e)
{
    struct json_walk w = json_walk(e->payload);
    struct str key;
    struct str value;
    if (!str_is(e->topic, TOPIC_NOTIFY_RING))
        return;
    assert_int_equal(e->channel_count, 1);
    assert_true(str_is(e->channels[0], "shop:" SHOP));
    while (json_walk_next(&w, &key, &value)) {
        if (str_is(key, "number") || str_is(key, "level") || str_is(key, "to"))
            buf_addf(arg, "%.*s", STR_ARG(value));
    }
    buf_add_char(arg, ' ');
}

/* What rang behind this seq: "A1"<level>[roles], oldest first. */
static const char *rung_after(int64_t after)
{
    struct buf out = buf_in(arena);
    bool more;
    struct db *db = look_begin();
    (void)journal_read(db, NULL, 0, after, INT64_MAX, 1000, add_ring, &out, &more);
    look_end(db);
    return buf_cstr(&out);
}

/* The shop's deadline is due so many seconds behind T0: what rings? */
static const char *due_at(int64_t s)
{
    int64_t before = head_now();
    desk_do(do_due, AT(s));
    return rung_after(before);
}

/* Placed so many seconds behind T0. */
static void place_at(int n, int64_t s)
{
    step.now_us = AT(s);
    place(n);
}

static int64_t waiting(void)
{
    return house_number(&house, "SELECT COUNT(*) FROM notify_rings");
}

static struct ring_terms terms;

static void do_set(struct task *t, struct db *tx)
{
    ring_set_terms(tx, STR(SHOP), &terms, t->number);
}

static void set_terms(int64_t every_s, int64_t escalate_after_s, unsigned first, int64_t max_s,
                      int64_t at_s)
{
    terms = (struct ring_terms){every_s, escalate_after_s, first, max_s};
    desk_do(do_set, AT(at_s));
}

#define FIRST "[\"owner\",\"barista\"] "
#define ALL   "[\"owner\",\"manager\",\"barista\"] "

/* ---- Ringing ---- */

static void an_order_rings_louder_until_it_is_accepted(void **state)
{
    (void)state;
    place_at(1, 0);
    assert_int_equal(armed(), 20);
    assert_string_equal(due_at(20), "\"A1\"1" FIRST);
    assert_int_equal(armed(), 40);
    assert_string_equal(due_at(40), "\"A1\"2" FIRST);
    assert_string_equal(due_at(60), "\"A1\"3" ALL);
    assert_string_equal(due_at(80), "\"A1\"4" ALL);
    order_says(1, TOPIC_ORDER_ACCEPTED, ",\"status\":\"accepted\",\"by\":\"account:b\"");
    assert_int_equal(waiting(), 0);
    assert_int_equal(armed(), 100);
    assert_string_equal(due_at(100), "");
    assert_int_equal(armed(), -1);
}

static void whatever_ends_the_waiting_ends_the_ringing(void **state)
{
    static const char *const ends[] = {TOPIC_ORDER_ACCEPTED, TOPIC_ORDER_REJECTED,
                                       TOPIC_ORDER_CANCELLED};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        place_at(1, 0);
        assert_int_equal(waiting(), 1);
        order_says(1, ends[i], ",\"by\":\"account:b\"");
        assert_int_equal(waiting(), 0);
    }
}

static void what_is_paid_online_rings_when_it_is_paid(void **state)
{
    (void)state;
    order_says(1, TOPIC_ORDER_PLACED, ",\"status\":\"unpaid\"");
    assert_int_equal(waiting(), 0);
    order_says(1, TOPIC_ORDER_PAID, ",\"status\":\"received\"");
    assert_int_equal(waiting(), 1);
    order_says(2, TOPIC_ORDER_PAID, ",\"kiosk_id\":\"K\",\"status\":\"received\"");
    assert_int_equal(waiting(), 1);
}

static void each_order_keeps_its_own_time(void **state)
{
    (void)state;
    place_at(1, 0);
    place_at(2, 6);
    assert_int_equal(armed(), 20);
    assert_string_equal(due_at(20), "\"A1\"1" FIRST);
    assert_int_equal(armed(), 26);
    assert_string_equal(due_at(26), "\"A2\"1" FIRST);
    assert_int_equal(armed(), 40);
    assert_string_equal(due_at(46), "\"A1\"2" FIRST "\"A2\"2" FIRST);
}

static void a_busy_shop_has_one_deadline(void **state)
{
    (void)state;
    for (int n = 1; n <= 20; n++)
        place_at(n, n);
    assert_int_equal(house_number(&house, "SELECT COUNT(*) FROM deadlines"), 1);
    assert_int_equal(armed(), 21);
    for (int n = 1; n <= 20; n++)
        order_says(n, TOPIC_ORDER_ACCEPTED, ",\"by\":\"account:b\"");
    place_at(21, 50);
    assert_int_equal(armed(), 21);
    assert_string_equal(due_at(51), "");
    assert_int_equal(armed(), 70);
}

static void fifty_ring_at_once_and_the_oldest_first(void **state)
{
    (void)state;
    for (int n = 1; n <= 60; n++)
        place_at(n, 0);
    char *rung = arena_strdup(arena, str_of(due_at(20)));
    assert_true(str_starts(str_of(rung), STR("\"A1\"1")));
    assert_non_null(strstr(rung, "\"A50\"1"));
    assert_null(strstr(rung, "\"A51\""));
}

static void nobody_is_rung_for_ever(void **state)
{
    (void)state;
    place_at(1, 0);
    place_at(2, 1500);
    assert_string_equal(due_at(1799), "\"A1\"89" ALL "\"A2\"14" ALL);
    assert_string_equal(due_at(1800), "\"A2\"15" ALL);
    assert_int_equal(waiting(), 1);
}

/* Down for a while, it rings once and goes on. */
static void what_was_missed_is_not_made_up_for(void **state)
{
    (void)state;
    place_at(1, 0);
    journal_shut();
    journal_open_with(&(const struct migrations){.service = "notify",
                                                 .steps = notify_steps,
                                                 .count = NOTIFY_STEPS},
                      1);
    assert_string_equal(due_at(605), "\"A1\"30" ALL);
    assert_int_equal(armed(), 620);
}

/* The acceptance is committed, and its reaction stands in the queue behind the deadline's unit. */
static void what_is_answered_but_not_reacted_to_is_quiet(void **state)
{
    (void)state;
    place_at(1, 0);
    place_at(2, 0);
    on_order(id_of(1));
    tell_event(TOPIC_ORDER_ACCEPTED, order_payload(1, ",\"by\":\"account:b\""));
    assert_string_equal(due_at(20), "\"A2\"1" FIRST);
}

/* ---- Terms ---- */

static void a_shop_says_how_it_is_rung(void **state)
{
    (void)state;
    set_terms(5, 10, ROLE_BIT(ROLE_MANAGER), 30, 0);
    place_at(1, 0);
    assert_int_equal(armed(), 5);
    assert_string_equal(due_at(5), "\"A1\"1[\"manager\"] ");
    assert_string_equal(due_at(10), "\"A1\"2" ALL);
    assert_string_equal(due_at(30), "");
    assert_int_equal(waiting(), 0);
    assert_int_equal(armed(), -1);
}

static void shorter_terms_count_at_once(void **state)
{
    (void)state;
    place_at(1, 0);
    set_terms(2, 60, ROLE_BIT(ROLE_OWNER), 1800, 4);
    assert_int_equal(armed(), 6);
    assert_string_equal(due_at(6), "\"A1\"3[\"owner\"] ");
    set_terms(600, 60, ROLE_BIT(ROLE_OWNER), 1800, 7);
    assert_int_equal(armed(), 8);
    assert_string_equal(due_at(8), "");
    assert_int_equal(armed(), 600);
}

static void terms_are_what_was_said_or_what_is_usual(void **state)
{
    (void)state;
    struct db *db = look_begin();
    struct ring_terms t = ring_terms(db, STR(SHOP));
    look_end(db);
    assert_int_equal(t.every_s, 20);
    assert_int_equal(t.escalate_after_s, 60);
    assert_int_equal(t.first, ROLE_BIT(ROLE_OWNER) | ROLE_BIT(ROLE_BARISTA));
    assert_int_equal(t.max_s, 1800);
    place_at(1, 0);
    set_terms(7, 8, RING_ROLES, 9, 0);
    db = look_begin();
    t = ring_terms(db, STR(SHOP));
    look_end(db);
    assert_memory_equal(&t, &terms, sizeof t);
}

/* ---- What rings now ---- */

static void add_ringing(void *arg, const struct ringing *r)
{
    buf_addf(arg, "%.*s:%lld:%lld ", STR_ARG(r->number), (long long)r->level,
             (long long)((r->since_us - T0) / US_PER_S));
}

static void whoever_comes_is_told_what_rings(void **state)
{
    (void)state;
    place_at(1, 0);
    place_at(2, 30);
    struct buf out = buf_in(arena);
    struct db *db = look_begin();
    ring_list(db, arena, STR(SHOP), AT(45), add_ringing, &out);
    ring_list(db, arena, STR(SHOP2), AT(45), add_ringing, &out);
    look_end(db);
    assert_string_equal(buf_cstr(&out), "A1:2:0 A2:0:30 ");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, desk_setup, desk_teardown)
    const struct CMUnitTest tests[] = {
        T(an_order_rings_louder_until_it_is_accepted),
        T(whatever_ends_the_waiting_ends_the_ringing),
        T(what_is_paid_online_rings_when_it_is_paid),
        T(each_order_keeps_its_own_time),
        T(a_busy_shop_has_one_deadline),
        T(fifty_ring_at_once_and_the_oldest_first),
        T(nobody_is_rung_for_ever),
        T(what_was_missed_is_not_made_up_for),
        T(what_is_answered_but_not_reacted_to_is_quiet),
        T(a_shop_says_how_it_is_rung),
        T(shorter_terms_count_at_once),
        T(terms_are_what_was_said_or_what_is_usual),
        T(whoever_comes_is_told_what_rings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
