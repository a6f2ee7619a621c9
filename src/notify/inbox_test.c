/* inbox_test.c - notices kept until they are seen: for whom, how many, and what remains of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "notify/fixture.h"

static struct caller reader; /* whose inbox do_see() and do_put_away() are about */
static int64_t visited;      /* notices that became seen */
static enum inbox_put put;   /* what became of one */
static bool news;            /* something was seen for the first time */

static void count_visit(void *arg, int64_t seq)
{
    (void)arg;
    visited += seq > 0;
}

static void do_see(struct task *t, struct db *tx)
{
    struct boxes b = inbox_boxes(&reader, arena);
    visited = 0;
    news = inbox_see(tx, &b, t->number, count_visit, NULL);
}

static bool see(struct caller c, int64_t seq)
{
    reader = c;
    desk_do(do_see, seq);
    return news;
}

static void do_put_away(struct task *t, struct db *tx)
{
    struct boxes b = inbox_boxes(&reader, arena);
    put = inbox_put_away(tx, arena, &b, t->number);
}

static enum inbox_put put_away(struct caller c, int64_t seq)
{
    reader = c;
    desk_do(do_put_away, seq);
    return put;
}

static void add_entry(void *arg, const struct inbox_entry *entry)
{
    buf_addf(arg, "%s%lld%s%s ", entry->n->event, (long long)entry->e->seq, entry->seen ? "s" : "",
             entry->put_away ? "a" : "");
}

/* "EVENT<seq>", with s when it is seen and a when it was put away. */
static const char *listed(struct caller c, int64_t after, int64_t before, int64_t limit)
{
    struct boxes b = inbox_boxes(&c, arena);
    struct buf out = buf_in(arena);
    struct db *db = look_begin();
    inbox_list(db, arena, &b, &(struct inbox_page){after, before, limit}, add_entry, &out);
    look_end(db);
    return buf_cstr(&out);
}

static const char *all_of(struct caller c)
{
    return listed(c, -1, INT64_MAX, 50);
}

static int64_t unread(struct caller c)
{
    return unread_of(&c, 0);
}

/* ---- What is kept ---- */

static void an_order_is_one_notice_for_all_staff(void **state)
{
    (void)state;
    place(1);
    assert_int_equal(house_number(&house, "SELECT COUNT(*) FROM notify_inbox"), 1);
    assert_int_equal(unread(bob(&barista_at_shop)), 1);
    assert_int_equal(unread(bob(&courier_at_shop)), 0);
    assert_int_equal(unread(ann()), 0);
    assert_string_equal(all_of(bob(&barista_at_shop)), "SUBMIT_ORDER1 ");
    assert_string_equal(all_of(ann()), "");
}

static void each_hears_of_his_own(void **state)
{
    (void)state;
    place(1);
    order_says(1, TOPIC_ORDER_ACCEPTED, ",\"status\":\"accepted\",\"by\":\"account:" BOB "\"");
    order_says(1, TOPIC_DELIVERY_MOVED, ",\"status\":\"preparing\"");
    order_says(1, TOPIC_DELIVERY_MOVED, ",\"status\":\"ready\"");
    order_says(1, TOPIC_DELIVERY_MOVED, ",\"status\":\"cancelled\"");
    assert_string_equal(all_of(bob(&barista_at_shop)), "SUBMIT_ORDER1 ");
    assert_string_equal(all_of(bob(&courier_at_shop)), "ORDER_STATUS4 ");
    assert_string_equal(all_of(ann()), "ORDER_STATUS4 ORDER_STATUS3 APPROVAL_ORDER2 ");
}

static void an_unpaid_order_is_nobodys_notice(void **state)
{
    (void)state;
    order_says(1, TOPIC_ORDER_PLACED, ",\"status\":\"unpaid\"");
    assert_int_equal(house_number(&house, "SELECT COUNT(*) FROM notify_inbox"), 0);
    order_says(1, TOPIC_ORDER_PAID, ",\"status\":\"received\"");
    assert_string_equal(all_of(bob(&barista_at_shop)), "SUBMIT_ORDER2 ");
    assert_string_equal(all_of(ann()), "ORDER_PAID2 ");
}

/* Else a notice of the table would never reach an inbox. */
static void whatever_is_kept_is_reacted_to(void **state)
{
    (void)state;
    for (size_t i = 0; i < notice_count; i++) {
        bool reacted = notices[i].level == LEVEL_QUIET;
        for (size_t k = 0; k < NOTIFY_REACTIONS; k++)
            reacted |= str_is(notices[i].topic, notify_reactions[k].topic);
        if (!reacted)
            fail_msg("%s is kept by nobody", notices[i].topic.at);
    }
}

/* ---- Seen ---- */

static void what_is_seen_is_seen_on_all_devices(void **state)
{
    (void)state;
    for (int n = 1; n <= 5; n++)
        place(n);
    assert_int_equal(unread(bob(&barista_at_shop)), 5);
    assert_true(see(bob(&barista_at_shop), 3));
    assert_int_equal(visited, 3);
    assert_int_equal(unread(bob(&barista_at_shop)), 2);
    assert_false(see(bob(&barista_at_shop), 3));
    assert_false(see(bob(&barista_at_shop), 2));
    assert_int_equal(unread(bob(&barista_at_shop)), 2);
    assert_string_equal(all_of(bob(&barista_at_shop)),
                        "SUBMIT_ORDER5 SUBMIT_ORDER4 SUBMIT_ORDER3s SUBMIT_ORDER2s "
                        "SUBMIT_ORDER1s ");
}

/* A device is told of an event by its commit, and may have looked at it before the inbox knows. */
static void what_was_seen_before_it_was_kept_is_not_unread(void **state)
{
    (void)state;
    on_order(id_of(1));
    int64_t seq = tell_event(TOPIC_ORDER_PLACED, order_payload(1, ",\"status\":\"received\""));
    assert_true(see(bob(&barista_at_shop), seq));
    catch_up();
    assert_int_equal(house_number(&house, "SELECT COUNT(*) FROM notify_inbox"), 1);
    assert_int_equal(unread(bob(&barista_at_shop)), 0);
    place(2);
    assert_int_equal(unread(bob(&barista_at_shop)), 1);
}

static void one_notice_is_put_away_once(void **state)
{
    (void)state;
    for (int n = 1; n <= 4; n++)
        place(n);
    assert_int_equal(put_away(bob(&barista_at_shop), 3), PUT_AWAY);
    assert_int_equal(put_away(bob(&barista_at_shop), 3), PUT_BEFORE);
    assert_int_equal(unread(bob(&barista_at_shop)), 3);
    assert_true(see(bob(&barista_at_shop), 2));
    assert_int_equal(unread(bob(&barista_at_shop)), 1);
    assert_string_equal(all_of(bob(&barista_at_shop)),
                        "SUBMIT_ORDER4 SUBMIT_ORDER3sa SUBMIT_ORDER2s SUBMIT_ORDER1s ");
    assert_int_equal(put_away(bob(&barista_at_shop), 1), PUT_AWAY);
    assert_int_equal(unread(bob(&barista_at_shop)), 1);
    assert_true(see(bob(&barista_at_shop), 4));
    assert_int_equal(unread(bob(&barista_at_shop)), 0);
}

static void what_is_no_notice_of_his_is_not_put_away(void **state)
{
    (void)state;
    place(1);
    assert_int_equal(put_away(ann(), 1), PUT_NOTHING);
    assert_int_equal(put_away(bob(&courier_at_shop), 1), PUT_NOTHING);
    assert_int_equal(put_away(bob(&barista_at_shop), 0), PUT_NOTHING);
    assert_int_equal(put_away(bob(&barista_at_shop), 99), PUT_NOTHING);
    assert_int_equal(house_number(&house, "SELECT COUNT(*) FROM notify_put_away"), 0);
}

/* ---- Staff ---- */

static void who_is_hired_has_missed_nothing(void **state)
{
    (void)state;
    place(1);
    place(2);
    staff_says(TOPIC_SHOP_STAFF_ADDED, BOB, "barista");
    assert_int_equal(unread(bob(&barista_at_shop)), 0);
    assert_string_equal(all_of(bob(&barista_at_shop)), "");
    assert_int_equal(put_away(bob(&barista_at_shop), 1), PUT_NOTHING);
    place(3);
    assert_int_equal(unread(bob(&barista_at_shop)), 1);
    assert_string_equal(all_of(bob(&barista_at_shop)), "SUBMIT_ORDER4 ");
}

static void another_role_among_the_staff_goes_on(void **state)
{
    (void)state;
    staff_says(TOPIC_SHOP_STAFF_ADDED, BOB, "barista");
    place(1);
    staff_says(TOPIC_SHOP_STAFF_ADDED, BOB, "manager");
    assert_int_equal(unread(bob(&barista_at_shop)), 1);
    staff_says(TOPIC_SHOP_STAFF_ADDED, BOB, "courier");
    assert_int_equal(unread(bob(&courier_at_shop)), 0);
    staff_says(TOPIC_SHOP_STAFF_ADDED, BOB, "barista");
    assert_int_equal(unread(bob(&barista_at_shop)), 0);
}

static void who_is_dismissed_leaves_nothing(void **state)
{
    (void)state;
    staff_says(TOPIC_SHOP_STAFF_ADDED, BOB, "barista");
    place(1);
    assert_int_equal(put_away(bob(&barista_at_shop), 2), PUT_AWAY);
    staff_says(TOPIC_SHOP_STAFF_REMOVED, BOB, "barista");
    assert_int_equal(house_number(&house, "SELECT COUNT(*) FROM notify_marks"), 0);
    assert_int_equal(house_number(&house, "SELECT COUNT(*) FROM notify_put_away"), 0);
}

/* ---- What the journal keeps ---- */

static void what_the_journal_forgot_is_left_out_and_not_counted(void **state)
{
    (void)state;
    for (int n = 1; n <= 4; n++)
        place(n);
    assert_int_equal(put_away(bob(&barista_at_shop), 2), PUT_AWAY);
    assert_int_equal(put_away(bob(&barista_at_shop), 4), PUT_AWAY);
    struct caller c = bob(&barista_at_shop);
    assert_int_equal(unread_of(&c, 0), 2);
    house_script(&house, "DELETE FROM journal_events WHERE seq <= 2;");
    assert_int_equal(unread_of(&c, 2), 1);
    assert_string_equal(all_of(c), "SUBMIT_ORDER4sa SUBMIT_ORDER3 ");
    assert_true(see(c, 3));
    assert_int_equal(unread_of(&c, 2), 0);
    assert_int_equal(unread_of(&c, 4), 0);
}

/* ---- Pages ---- */

static void pages_follow_each_other_without_gap_or_repeat(void **state)
{
    (void)state;
    for (int n = 1; n <= 5; n++)
        place(n);
    struct caller c = bob(&barista_at_shop);
    assert_string_equal(listed(c, -1, INT64_MAX, 2), "SUBMIT_ORDER5 SUBMIT_ORDER4 ");
    assert_string_equal(listed(c, -1, 4, 2), "SUBMIT_ORDER3 SUBMIT_ORDER2 ");
    assert_string_equal(listed(c, -1, 2, 2), "SUBMIT_ORDER1 ");
    assert_string_equal(listed(c, 0, INT64_MAX, 3), "SUBMIT_ORDER1 SUBMIT_ORDER2 SUBMIT_ORDER3 ");
    assert_string_equal(listed(c, 3, INT64_MAX, 3), "SUBMIT_ORDER4 SUBMIT_ORDER5 ");
    assert_string_equal(listed(c, 1, 4, 50), "SUBMIT_ORDER2 SUBMIT_ORDER3 ");
}

/* She works there and is its customer: one event is two notices, and no page divides them. */
static void an_event_in_two_boxes_is_on_one_page(void **state)
{
    (void)state;
    struct caller c = ann();
    c.grants = &barista_at_shop;
    c.grant_count = 1;
    for (int n = 1; n <= 3; n++)
        order_says(n, TOPIC_ORDER_PAID, ",\"status\":\"received\"");
    assert_int_equal(unread(c), 6);
    const char *page = listed(c, -1, INT64_MAX, 1);
    assert_non_null(strstr(page, "ORDER_PAID3 "));
    assert_non_null(strstr(page, "SUBMIT_ORDER3 "));
    assert_null(strstr(page, "2 "));
    page = listed(c, -1, 3, 3);
    assert_int_equal(strlen(page), 2 * strlen("ORDER_PAID1 SUBMIT_ORDER1 "));
    assert_int_equal(put_away(c, 2), PUT_AWAY);
    assert_int_equal(unread(c), 4);
}

/* Flat however many there are: every question is answered by a few steps in a tree. */
static void counting_reads_no_more_than_a_row(void **state)
{
    (void)state;
    struct db *db = look_begin();
    struct db_rows *rows =
        db_query(db,
                 "EXPLAIN QUERY PLAN SELECT n, seq FROM notify_inbox WHERE box = ? AND seq <= ?"
                 " ORDER BY seq DESC LIMIT 1",
                 DB_CSTR("shop:x"), DB_INT(7));
    assert_true(db_row(rows));
    assert_string_equal(arena_strdup(arena, db_text(rows, 3)),
                        "SEARCH notify_inbox USING PRIMARY KEY (box=? AND seq<?)");
    assert_false(db_row(rows));
    db_end(rows);
    look_end(db);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, desk_setup, desk_teardown)
    const struct CMUnitTest tests[] = {
        T(an_order_is_one_notice_for_all_staff),
        T(each_hears_of_his_own),
        T(an_unpaid_order_is_nobodys_notice),
        T(whatever_is_kept_is_reacted_to),
        T(what_is_seen_is_seen_on_all_devices),
        T(what_was_seen_before_it_was_kept_is_not_unread),
        T(one_notice_is_put_away_once),
        T(what_is_no_notice_of_his_is_not_put_away),
        T(who_is_hired_has_missed_nothing),
        T(another_role_among_the_staff_goes_on),
        T(who_is_dismissed_leaves_nothing),
        T(what_the_journal_forgot_is_left_out_and_not_counted),
        T(pages_follow_each_other_without_gap_or_repeat),
        T(an_event_in_two_boxes_is_on_one_page),
        T(counting_reads_no_more_than_a_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
