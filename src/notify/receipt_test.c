/* receipt_test.c - which device was sent what, and what became of it there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>

#include "notify/fixture.h"

/* ---- Rows ---- */

static struct receipt noted;

static void do_note(struct task *t, struct db *tx)
{
    (void)t;
    receipt_note(tx, &noted);
}

/* Note something about the alert 1 of the first order, on this device. */
static struct receipt alert_on(const char *device)
{
    return (struct receipt){.order_id = str_of(id_of(1)),
                            .seq = 1,
                            .account_id = STR(BOB),
                            .device = str_of(device),
                            .event = STR("SUBMIT_ORDER")};
}

static void note(struct receipt r)
{
    noted = r;
    desk_do(do_note, 0);
}

static void add_row(void *arg, const struct receipt *r)
{
    buf_addf(arg, "%lld %s %.*s %.*s %lld/%lld/%lld/%lld %.*s\n", (long long)r->seq,
             str_is(r->account_id, ANN) ? "ann" : "bob", STR_ARG(r->device), STR_ARG(r->event),
             (long long)r->sent_us, (long long)r->delivered_us, (long long)r->seen_us,
             (long long)r->acted_us, STR_ARG(r->action));
}

/* "seq who device event sent/delivered/seen/acted action" of the first order. */
static const char *receipts_of(struct str account_id)
{
    struct buf out = buf_in(arena);
    struct db *db = look_begin();
    receipt_list(db, str_of(id_of(1)), account_id, add_row, &out);
    look_end(db);
    return buf_cstr(&out);
}

static const char *receipts(void)
{
    return receipts_of((struct str){0});
}

static void each_device_has_its_receipt(void **state)
{
    (void)state;
    struct receipt r = alert_on("phone");
    r.sent_us = 10;
    note(r);
    r.device = STR("till");
    note(r);
    r.seq = 5;
    r.account_id = STR(ANN);
    note(r);
    assert_string_equal(receipts(), "1 bob phone SUBMIT_ORDER 10/0/0/0 \n"
                                    "1 bob till SUBMIT_ORDER 10/0/0/0 \n"
                                    "5 ann till SUBMIT_ORDER 10/0/0/0 \n");
    assert_string_equal(receipts_of(STR(ANN)), "5 ann till SUBMIT_ORDER 10/0/0/0 \n");
}

/* Whatever comes first, and however often: the first time of each counts. */
static void what_is_known_stays(void **state)
{
    (void)state;
    struct receipt r = alert_on("phone");
    r.delivered_us = 20;
    note(r);
    r.delivered_us = 0;
    r.sent_us = 10;
    note(r);
    r.sent_us = 30;
    r.seen_us = 40;
    note(r);
    assert_string_equal(receipts(), "1 bob phone SUBMIT_ORDER 10/20/40/0 \n");
}

/* ---- Who acted ---- */

static void accept_on(const char *device)
{
    order_says(1, TOPIC_ORDER_ACCEPTED,
               arena_printf(arena,
                            ",\"status\":\"accepted\",\"by\":\"account:" BOB "\",\"device\":\"%s\"",
                            device));
}

static void who_answers_acted_on_the_alert_he_had(void **state)
{
    (void)state;
    struct receipt r = alert_on("phone");
    r.sent_us = 10;
    note(r);
    r.seq = 3;
    note(r);
    r.device = STR("till");
    note(r);
    accept_on("phone");
    assert_string_equal(receipts(), arena_printf(arena,
                                                 "1 bob phone SUBMIT_ORDER 10/0/0/0 \n"
                                                 "3 bob phone SUBMIT_ORDER 10/0/0/%lld accepted\n"
                                                 "3 bob till SUBMIT_ORDER 10/0/0/0 \n",
                                                 (long long)T0));
}

static void who_came_by_himself_has_a_row_of_his_own(void **state)
{
    (void)state;
    order_says(1, TOPIC_ORDER_REJECTED,
               ",\"status\":\"rejected\",\"reason\":\"x\",\"by\":\"account:" BOB "\"");
    assert_string_equal(receipts(),
                        arena_printf(arena, "1 bob   0/0/0/%lld rejected\n", (long long)T0));
}

static void machines_and_services_have_seen_nothing(void **state)
{
    (void)state;
    order_says(1, TOPIC_ORDER_ACCEPTED, ",\"by\":\"service:order\"");
    order_says(1, TOPIC_ORDER_ACCEPTED, ",\"by\":\"kiosk:K\",\"device\":\"K\"");
    order_says(1, TOPIC_ORDER_ACCEPTED, "");
    assert_string_equal(receipts(), "");
}

/* ---- What is an alert to whom ---- */

static struct event placed(struct str channels[2])
{
    channels[0] = STR("shop:" SHOP);
    channels[1] = STR("account:" ANN);
    return (struct event){.seq = 9,
                          .topic = STR(TOPIC_ORDER_PLACED),
                          .key = str_of(id_of(1)),
                          .payload = STR("{\"status\":\"received\"}"),
                          .channels = channels,
                          .channel_count = 2};
}

static void only_alerts_about_orders_have_receipts(void **state)
{
    struct str channels[2];
    struct event e = placed(channels);
    struct caller a = ann();
    struct caller b = bob(&barista_at_shop);
    struct caller c = bob(&courier_at_shop);
    (void)state;
    struct receipt r = receipt_of(&e, &b);
    assert_int_equal(r.seq, 9);
    assert_true(str_is(r.device, "00b22222") && str_is(r.event, "SUBMIT_ORDER"));
    assert_int_equal(receipt_of(&e, &a).seq, 0);
    assert_int_equal(receipt_of(&e, &c).seq, 0);
    e.topic = STR(TOPIC_ORDER_ACCEPTED);
    assert_int_equal(receipt_of(&e, &a).seq, 9);
    assert_int_equal(receipt_of(&e, &b).seq, 0);
    channels[0] = STR("shop:" SHOP2);
    e.topic = STR(TOPIC_ORDER_PLACED);
    assert_int_equal(receipt_of(&e, &b).seq, 0);
    channels[0] = STR("shop:" SHOP);
    e.key = STR("not an order");
    assert_int_equal(receipt_of(&e, &b).seq, 0);
    e.key = str_of(id_of(1));
    b.session = (struct str){0};
    assert_true(receipt_of(&e, &b).device.at && receipt_of(&e, &b).device.len == 0);
}

/* ---- What loops tell ---- */

/* Devices that are sent one event by several loops. */
struct sender {
    pthread_t thread;
    struct event *e; /* shared */
    int first;       /* number of its first device */
    int count;       /* of devices */
};

static void *send_all(void *arg)
{
    const struct sender *s = arg;
    for (int i = 0; i < s->count; i++) {
        char session[40];
        snprintf(session, sizeof session, "0190a0a0-0000-7000-8000-0000%08d", s->first + i);
        struct caller c = {.role = ROLE_BARISTA, .id = STR(BOB), .session = str_of(session)};
        receipt_sent(NULL, s->e, &c, T0);
    }
    return NULL;
}

struct catching {
    struct event *e;
};

static void catch_event(void *arg, const struct event *e)
{
    struct catching *c = arg;
    c->e = (struct event *)e;
    event_ref(c->e);
}

static struct event *first_event(void)
{
    struct catching c = {0};
    bool more;
    struct db *db = look_begin();
    (void)journal_read(db, NULL, 0, 0, 1, 1, catch_event, &c, &more);
    look_end(db);
    assert_non_null(c.e);
    return c.e;
}

static void send_from(struct event *e, int threads, int count)
{
    struct sender senders[8];
    for (int i = 0; i < threads; i++) {
        senders[i] = (struct sender){.e = e, .first = i * count, .count = count};
        assert_int_equal(pthread_create(&senders[i].thread, NULL, send_all, &senders[i]), 0);
    }
    for (int i = 0; i < threads; i++)
        pthread_join(senders[i].thread, NULL);
}

/* Two units, one behind the other: what was gathered while the first was away is in the second. */
static void settle(void)
{
    for (int i = 0; i < 3; i++)
        desk_do(do_react, 0);
}

static void every_device_that_was_sent_it_is_noted_once(void **state)
{
    (void)state;
    place(1);
    receipt_open(writer);
    struct event *e = first_event();
    send_from(e, 4, 100);
    send_from(e, 4, 100);
    settle();
    assert_int_equal(house_number(&house, "SELECT COUNT(*) FROM notify_receipts"), 400);
    assert_int_equal(house_number(&house, "SELECT COUNT(*) FROM notify_receipts WHERE"
                                          " sent = 1800000000000000 AND event = 'SUBMIT_ORDER'"),
                     400);
    receipt_shut();
    event_unref(e);
}

/* A fan-out to more devices than are noted at once loses receipts, and no memory. */
static void what_is_too_much_is_not_noted(void **state)
{
    (void)state;
    place(1);
    receipt_open(writer);
    struct event *e = first_event();
    send_from(e, 1, 20 * SENT_MAX);
    settle();
    int64_t count = house_number(&house, "SELECT COUNT(*) FROM notify_receipts");
    assert_in_range(count, 1, 20 * SENT_MAX);
    receipt_shut();
    event_unref(e);
}

static void who_is_told_nothing_loud_has_no_receipt(void **state)
{
    (void)state;
    place(1);
    struct event *e = first_event();
    struct caller nobody = {.role = ROLE_COURIER, .id = STR(BOB)};
    struct caller long_name = {.role = ROLE_BARISTA,
                               .id = str_of(arena_printf(arena, "%0200d", 1))};
    struct caller early = {.role = ROLE_BARISTA, .id = STR(BOB)};
    receipt_sent(NULL, e, &early, T0); /* the house is not open */
    receipt_open(writer);
    receipt_sent(NULL, e, &nobody, T0);
    receipt_sent(NULL, e, &long_name, T0);
    settle();
    receipt_shut();
    assert_int_equal(house_number(&house, "SELECT COUNT(*) FROM notify_receipts"), 0);
    assert_int_equal(atomic_load(&e->refs), 1);
    event_unref(e);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, desk_setup, desk_teardown)
    const struct CMUnitTest tests[] = {
        T(each_device_has_its_receipt),
        T(what_is_known_stays),
        T(who_answers_acted_on_the_alert_he_had),
        T(who_came_by_himself_has_a_row_of_his_own),
        T(machines_and_services_have_seen_nothing),
        T(only_alerts_about_orders_have_receipts),
        T(every_device_that_was_sent_it_is_noted_once),
        T(what_is_too_much_is_not_noted),
        T(who_is_told_nothing_loud_has_no_receipt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
