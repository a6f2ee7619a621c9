/* track_test.c - what whoever holds a link is shown, and the lists of what a shop has to do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"
#include "delivery/fixture.h"
#include "delivery/track.h"

/* ---- Tracking ---- */

static const char *frame_of(const char *topic, const char *payload)
{
    struct event e = {.topic = str_of(topic), .payload = str_of(payload)};
    struct buf out = {0};
    const char *frame = NULL;
    if (track_render(&e, &out))
        frame = arena_strdup(arena, buf_str(&out));
    buf_fini(&out);
    return frame;
}

/* The payload of the newest delivery.track. */
static char *newest_facts(void)
{
    char *last = NULL;
    char *events = arena_strdup(arena, str_of(kitchen_events()));
    for (char *at = events; (at = strstr(at, "delivery.track{")); at++)
        last = at + strlen("delivery.track");
    assert_non_null(last);
    *strchrnul(last, '\n') = '\0';
    return last;
}

static void facts_hold_what_the_page_needs(void **state)
{
    (void)state;
    happens(TOPIC_SHOP_CHANGED,
            "{\"shop_id\":\"" SHOP "\",\"name\":\"Kedai\",\"timezone\":\"UTC\"}");
    happens(TOPIC_SHOP_CHANGED,
            "{\"shop_id\":\"" SHOP "\",\"name\":\"Kedai Demo\",\"timezone\":\"Asia/Jakarta\"}");
    happens(TOPIC_ORDER_PLACED, order_payload(ORDER, SHOP, "received"));
    happens(TOPIC_ORDER_ACCEPTED,
            word_of("accepted", ",\"eta_at\":\"2027-01-15T08:10:00.000000Z\""));
    assert_string_equal(
        newest_facts(),
        "{\"order_id\":\"" ORDER "\",\"language\":\"ko\",\"number\":\"A17\",\"shop\":{\"name\":"
        "\"Kedai Demo\",\"timezone\":\"Asia/Jakarta\"},\"status\":\"accepted\",\"eta_at\":"
        "\"2027-01-15T08:10:00.000000Z\",\"ordered_at\":\"2027-01-15T08:00:02.000000Z\",\"items\":"
        "[{\"name\":\"Kopi \\\"susu\\\"\",\"qty\":2,\"options\":[\"large\",\"less ice\"]},"
        "{\"name\":\"x\",\"qty\":1}],\"history\":[{\"status\":\"received\",\"at\":"
        "\"2027-01-15T08:00:02.000000Z\"},{\"status\":\"accepted\",\"at\":"
        "\"2027-01-15T08:00:03.000000Z\"}]}");
}

static void a_frame_shows_them_with_labels_and_nothing_else(void **state)
{
    (void)state;
    assert_string_equal(
        frame_of(
            TOPIC_DELIVERY_TRACK,
            "{\"order_id\":\"secret\",\"account_id\":\"secret\",\"language\":\"ko\",\"number\":"
            "\"A17\",\"status\":\"ready\",\"note\":\"secret\",\"history\":[{\"status\":"
            "\"received\",\"at\":\"T\",\"by\":\"secret\"}]}"),
        "{\"event\":\"TRACK\",\"values\":{\"number\":\"A17\",\"status\":\"ready\",\"label\":"
        "\"준비완료\",\"labels\":{\"en\":\"Ready\",\"id\":\"Siap\",\"ko\":\"준비완료\",\"pl\":"
        "\"Gotowe\"},\"history\":[{\"status\":\"received\",\"label\":\"접수완료\",\"labels\":"
        "{\"en\":\"Received\",\"id\":\"Diterima\",\"ko\":\"접수완료\",\"pl\":\"Przyjęte do "
        "systemu\"},\"at\":\"T\"}]}}");
}

static void no_other_event_is_shown(void **state)
{
    (void)state;
    assert_null(frame_of(TOPIC_DELIVERY_MOVED, "{\"status\":\"ready\"}"));
    assert_null(frame_of(TOPIC_ORDER_PLACED, order_payload(ORDER, SHOP, "received")));
    assert_string_equal(frame_of(TOPIC_DELIVERY_TRACK, ""), "{\"event\":\"TRACK\",\"values\":{}}");
    assert_string_equal(frame_of(TOPIC_DELIVERY_TRACK, "{\"status\":\"<b>\",\"language\":\"xx\"}"),
                        "{\"event\":\"TRACK\",\"values\":{}}");
}

static void trackers_hear_on_a_channel_of_their_own(void **state)
{
    (void)state;
    happens(TOPIC_ORDER_PLACED, order_payload(ORDER, SHOP, "received"));
    happens(TOPIC_ORDER_REJECTED, word_of("rejected", ",\"reason\":\"sold out\""));
    struct str channel = STR("track:" ORDER);
    struct buf out = buf_in(arena);
    bool more;
    struct db *db = house_open(&house, DB_READ);
    db_begin(db);
    journal_read(db, &channel, 1, 0, journal_snapshot_head(db), 100, kitchen_add, &out, &more);
    db_rollback(db);
    db_close(&db);
    assert_true(str_starts(buf_str(&out), STR("delivery.track{")));
    assert_null(strstr(buf_cstr(&out), "sold out"));
    assert_null(strstr(buf_cstr(&out), "acc-1"));
    assert_null(strstr(buf_cstr(&out), "USER0001"));
}

/* ---- Lists ---- */

static const char *id_of(int n)
{
    return arena_printf(arena, "0190a0a0-0000-7000-8000-%012d", n);
}

static void add_number(void *arg, const struct delivery *d)
{
    buf_addf(arg, "%d ", atoi(d->order_id.at + 24));
}

/* The last digits of the ids in a list. */
static const char *listed(const char *shop, enum order_state s, const char *before, int limit)
{
    struct buf out = buf_in(arena);
    struct db *db = house_open(&house, DB_READ);
    db_begin(db);
    delivery_list(db, str_of(shop), s, str_of(before), limit, add_number, &out);
    db_rollback(db);
    db_close(&db);
    return buf_cstr(&out);
}

static void lists_are_of_a_shop_and_a_state_newest_first(void **state)
{
    (void)state;
    for (int i = 1; i <= 9; i++)
        happens(TOPIC_ORDER_PLACED, order_payload(id_of(i), i % 3 == 0 ? SHOP2 : SHOP, "received"));
    happens(TOPIC_ORDER_ACCEPTED, arena_printf(arena, "{\"order_id\":\"%s\"}", id_of(4)));
    assert_string_equal(listed(SHOP, ORDER_RECEIVED, NULL, 50), "8 7 5 2 1 ");
    assert_string_equal(listed(SHOP2, ORDER_RECEIVED, NULL, 50), "9 6 3 ");
    assert_string_equal(listed(SHOP, ORDER_ACCEPTED, NULL, 50), "4 ");
    assert_string_equal(listed(SHOP, ORDER_FAILED, NULL, 50), "");
    assert_string_equal(listed(SHOP, ORDER_RECEIVED, NULL, 2), "8 7 ");
    assert_string_equal(listed(SHOP, ORDER_RECEIVED, id_of(7), 2), "5 2 ");
    assert_string_equal(listed("nowhere", ORDER_RECEIVED, NULL, 50), "");
}

static void the_list_of_all_shops_merges_theirs(void **state)
{
    (void)state;
    assert_string_equal(listed(NULL, ORDER_RECEIVED, NULL, 50), "");
    for (int i = 1; i <= 9; i++)
        happens(TOPIC_ORDER_PLACED, order_payload(id_of(i), i % 3 == 0 ? SHOP2 : SHOP, "received"));
    assert_string_equal(listed(NULL, ORDER_RECEIVED, NULL, 200), "9 8 7 6 5 4 3 2 1 ");
    assert_string_equal(listed(NULL, ORDER_RECEIVED, NULL, 4), "9 8 7 6 ");
    assert_string_equal(listed(NULL, ORDER_RECEIVED, id_of(6), 4), "5 4 3 2 ");
    assert_string_equal(listed(NULL, ORDER_RECEIVED, id_of(1), 1), "");
    assert_string_equal(listed(NULL, ORDER_CANCELLED, NULL, 200), "");
}

/* Flat at ten million orders: found by the index, in its order, without sorting. */
static void a_list_reads_its_index_only_as_far_as_it_is_long(void **state)
{
    struct db *db = house_open(&house, DB_READ);
    struct buf plan = buf_in(arena);
    (void)state;
    struct db_rows *rows = db_query(db, "EXPLAIN QUERY PLAN " DELIVERY_LIST_SQL, DB_CSTR(SHOP),
                                    DB_CSTR("received"), DB_CSTR("~"), DB_INT(50));
    while (db_row(rows)) {
        buf_add_str(&plan, db_text(rows, 3));
        buf_add_char(&plan, '\n');
    }
    db_end(rows);
    db_close(&db);
    assert_string_equal(buf_cstr(&plan), "SEARCH deliveries USING INDEX deliveries_list"
                                         " (shop_id=? AND status=? AND order_id<?)\n");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, kitchen_setup, kitchen_teardown)
    const struct CMUnitTest tests[] = {
        T(facts_hold_what_the_page_needs),
        T(a_frame_shows_them_with_labels_and_nothing_else),
        T(no_other_event_is_shown),
        T(trackers_hear_on_a_channel_of_their_own),
        T(lists_are_of_a_shop_and_a_state_newest_first),
        T(the_list_of_all_shops_merges_theirs),
        T(a_list_reads_its_index_only_as_far_as_it_is_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
