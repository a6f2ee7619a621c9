/* thread_test.c - an order's thread on a real database: made from the journal, told each move once
 * whether it was read back or came later, closed when its time is over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/order_event.h"
#include "app/topic.h"
#include "base/clock.h"
#include "chat/chat_service.h"
#include "chat/thread.h"
#include "journal/fixture.h"

#define ORDER "0190a0a0-0000-7000-8000-0000000000a1"
#define SHOP  "0190a0a0-0000-7000-8000-00000000000b"
#define URI   "0123456789abcde"
#define T0    INT64_C(1800000000000000)
#define HOURS INT64_C(3600000000)

static struct arena *arena;

/* What a unit is given and what it left. Belongs to the writer while it is away. */
static struct {
    const char *topic;   /* of an event to append */
    const char *payload; /* of it */
    int64_t at_us;       /* of it */
    bool react;          /* to the last event, too */
    bool done;           /* left */
    struct thread thread;
} step;

static int setup(void **state)
{
    (void)state;
    memset(&step, 0, sizeof step);
    step.at_us = T0;
    house_init(&house);
    journal_open_with(&chat_service.migrations, 1);
    arena = arena_new(1 << 22);
    thread_open_for(48 * HOURS);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    journal_shut();
    house_fini(&house);
    arena_free(&arena);
    return 0;
}

static void run(void (*work)(struct task *t, struct db *tx))
{
    assert_int_equal(task_do(&house, writer, work, 0), UNIT_DONE);
}

static void do_append(struct task *t, struct db *tx)
{
    const struct order_ids ids = {.order_id = STR(ORDER),
                                  .number = STR("A17"),
                                  .shop_id = STR(SHOP),
                                  .account_id = STR("ann")};
    (void)t;
    order_event_append(tx, arena, step.topic, &ids, str_of(step.payload), STR("service:test"),
                       step.at_us);
}

static void visit_last(void *arg, const struct event *e)
{
    (void)arg;
    if (str_is(e->topic, step.topic))
        memcpy(arg, &e->seq, sizeof e->seq);
}

static void react_again(void *arg, const struct event *e)
{
    thread_on_move(arg, e);
}

/* To the last event of an order that was told. */
static void do_react(struct task *t, struct db *tx)
{
    int64_t seq = 0;
    bool more;
    (void)t;
    (void)journal_read(tx, NULL, 0, 0, journal_snapshot_head(tx), 1000, visit_last, &seq, &more);
    (void)journal_read(tx, NULL, 0, seq - 1, seq, 1, react_again, tx, &more);
}

/* An event about the order, a second after the one before; nobody has reacted yet. */
static void told(const char *topic, const char *more)
{
    step.topic = topic;
    step.payload = arena_printf(arena,
                                "{\"order_id\":\"" ORDER "\",\"number\":\"A17\",\"shop_id\":\"" SHOP
                                "\",\"account_id\":\"ann\"%s}",
                                more);
    step.at_us += US_PER_S;
    run(do_append);
}

static void happens(const char *topic, const char *more)
{
    told(topic, more);
    run(do_react);
}

static void placed(void)
{
    told(TOPIC_ORDER_PLACED, ",\"status\":\"received\",\"language\":\"en\"");
}

static void do_make(struct task *t, struct db *tx)
{
    struct facts f;
    (void)t;
    step.done = facts_read(tx, STR(ORDER), arena, &f) &&
                thread_make(tx, arena, &f, URI, step.at_us, &step.thread);
}

static bool made(void)
{
    run(do_make);
    return step.done;
}

/* What stands in the thread, as "word|text; " lines. */
static const char *thread_text(void)
{
    struct buf out = buf_in(arena);
    struct db *db = house_open(&house, DB_READ);
    struct db_rows *rows = db_query(
        db, "SELECT system, message FROM chat_messages WHERE room = ? ORDER BY seq", DB_CSTR(URI));
    while (db_row(rows))
        buf_addf(&out, "%.*s|%.*s; ", STR_ARG(db_text(rows, 0)), STR_ARG(db_text(rows, 1)));
    db_end(rows);
    db_close(&db);
    return buf_cstr(&out);
}

static void what_the_journal_tells_is_read_back(void **state)
{
    struct facts f;
    (void)state;
    placed();
    told(TOPIC_ORDER_ACCEPTED, ",\"status\":\"accepted\"");
    struct db *db = house_open(&house, DB_READ);
    assert_true(facts_read(db, STR(ORDER), arena, &f));
    assert_true(str_is(f.number, "A17") && str_is(f.shop_id, SHOP) && str_is(f.account_id, "ann"));
    assert_int_equal(f.language, LANG_EN);
    assert_int_equal(f.ended_us, 0);
    assert_int_equal(f.move_count, 1);
    assert_false(facts_read(db, STR("0190a0a0-0000-7000-8000-0000000000ff"), arena, &f));
    db_close(&db);
    assert_int_equal(house_number(&house, "SELECT COUNT(*) FROM chat_rooms"), 0);
    assert_int_equal(house_number(&house, "SELECT COUNT(*) FROM chat_threads"), 0);
}

static void moves_without_a_thread_leave_nothing(void **state)
{
    (void)state;
    placed();
    happens(TOPIC_ORDER_ACCEPTED, ",\"status\":\"accepted\"");
    happens(TOPIC_DELIVERY_MOVED, ",\"status\":\"preparing\"");
    assert_int_equal(house_number(&house, "SELECT COUNT(*) FROM chat_rooms"), 0);
    assert_int_equal(house_number(&house, "SELECT COUNT(*) FROM chat_messages"), 0);
}

static void each_move_is_said_once_whether_before_or_after(void **state)
{
    (void)state;
    placed();
    told(TOPIC_ORDER_ACCEPTED, ",\"status\":\"accepted\"");
    assert_true(made());
    run(do_react); /* the reaction comes to what was read back */
    assert_string_equal(thread_text(), "accepted|The shop has accepted the order.; ");
    happens(TOPIC_DELIVERY_MOVED, ",\"status\":\"preparing\",\"note\":\"with oat milk\"");
    run(do_react);
    happens(TOPIC_DELIVERY_MOVED, ",\"status\":\"ready\"");
    happens(TOPIC_PAYMENT_REFUNDED, ",\"amount\":500000,\"currency\":\"IDR\"");
    assert_string_equal(thread_text(), "accepted|The shop has accepted the order.; "
                                       "preparing|The order is being made. (with oat milk); "
                                       "ready|The order is ready.; "
                                       "refunded|Money has been given back. (5000 IDR); ");
    assert_int_equal(house_number(&house, "SELECT seq FROM chat_rooms"), 4);
}

static void do_speak(struct task *t, struct db *tx)
{
    struct room room;
    struct room_place place;
    (void)t;
    assert_true(room_find(tx, STR(URI), STR("ann"), arena, &room, &place));
    (void)room_say(tx, arena, &room, &place,
                   &(struct room_post){.by = {STR("ann"), STR("ANN")},
                                       .text = STR("hello"),
                                       .actor = STR("account:ann"),
                                       .at_us = step.at_us});
}

static int64_t number_of(const char *sql)
{
    return house_number(&house, sql);
}

static void what_the_system_says_is_not_to_be_read(void **state)
{
    (void)state;
    placed();
    told(TOPIC_ORDER_ACCEPTED, ",\"status\":\"accepted\"");
    assert_true(made());
    assert_int_equal(number_of("SELECT quiet_seq FROM chat_threads"), 1);
    happens(TOPIC_DELIVERY_MOVED, ",\"status\":\"preparing\"");
    assert_int_equal(number_of("SELECT quiet_seq FROM chat_threads"), 2);
    run(do_speak);
    happens(TOPIC_DELIVERY_MOVED, ",\"status\":\"ready\"");
    assert_int_equal(number_of("SELECT quiet_seq FROM chat_threads"), 2);
    assert_int_equal(number_of("SELECT read_seq FROM chat_members"), 4);
    assert_int_equal(number_of("SELECT delivered_seq FROM chat_members"), 4);
    house_script(&house, "UPDATE chat_members SET read_seq = 2");
    happens(TOPIC_DELIVERY_MOVED, ",\"status\":\"delivered\"");
    assert_int_equal(number_of("SELECT read_seq FROM chat_members"), 2);
}

static void it_is_said_in_how_many_minutes(void **state)
{
    (void)state;
    placed();
    assert_true(made());
    char eta[CLOCK_TEXT_MAX];
    clock_iso(step.at_us + US_PER_S + 10 * 60 * US_PER_S, eta);
    happens(TOPIC_ORDER_ETA_CHANGED,
            arena_printf(arena, ",\"status\":\"accepted\",\"eta_at\":\"%s\"", eta));
    assert_string_equal(thread_text(), "eta|The shop says when it will be there. (about 10 min); ");
}

static void do_due(struct task *t, struct db *tx)
{
    (void)t;
    thread_due(tx, STR(URI), step.at_us);
}

static void it_is_closed_some_time_after_the_end(void **state)
{
    (void)state;
    placed();
    assert_true(made());
    happens(TOPIC_DELIVERY_MOVED, ",\"status\":\"delivered\"");
    int64_t closes = step.at_us + 48 * HOURS;
    assert_int_equal(house_number(&house, "SELECT closes_at FROM chat_threads"), closes);
    assert_int_equal(house_number(&house, "SELECT at FROM deadlines"), closes);
    happens(TOPIC_ORDER_CANCELLED, ",\"status\":\"cancelled\"");
    assert_int_equal(house_number(&house, "SELECT closes_at FROM chat_threads"), closes);
    assert_int_equal(house_number(&house, "SELECT closed_at FROM chat_rooms"), 0);
    run(do_due);
    run(do_due);
    assert_int_equal(house_number(&house, "SELECT closed_at FROM chat_rooms"), step.at_us);
    assert_int_equal(
        house_number(&house, "SELECT COUNT(*) FROM journal_events WHERE topic = 'chat.room'"), 1);
}

static void a_thread_of_an_old_order_is_not_made(void **state)
{
    (void)state;
    placed();
    told(TOPIC_ORDER_REJECTED, ",\"status\":\"rejected\",\"reason\":\"no milk\"");
    step.at_us += 47 * HOURS;
    assert_true(made());
    assert_string_equal(thread_text(), "rejected|The shop could not take the order. (no milk); ");
    house_script(&house, "DELETE FROM chat_rooms; DELETE FROM chat_threads;"
                         "DELETE FROM chat_messages;");
    step.at_us += 2 * HOURS;
    assert_false(made());
    assert_int_equal(house_number(&house, "SELECT COUNT(*) FROM chat_rooms"), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_the_journal_tells_is_read_back),
        TEST(moves_without_a_thread_leave_nothing),
        TEST(each_move_is_said_once_whether_before_or_after),
        TEST(what_the_system_says_is_not_to_be_read),
        TEST(it_is_said_in_how_many_minutes),
        TEST(it_is_closed_some_time_after_the_end),
        TEST(a_thread_of_an_old_order_is_not_made),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
