/* kiosk_test.c - a kiosk's life on a real database: customers, payment, the machine, time; late,
 * foreign and repeated events. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kiosk/kiosk.h"
#include "kiosk/kiosk_service.h"
#include "order/fixture.h"

static const struct service *const services[] = {&account_service, &shop_service, &menu_service,
                                                 &order_service, &kiosk_service};

/* What a step is given and what it left. Belongs to the writer while a unit is away. */
static struct {
    const char *kiosk; /* which kiosk does it */
    int64_t now;       /* when */
    struct id id;      /* of the order to be */
    const struct order_wish *wishes;
    size_t wish_count;
    struct str order_id; /* the machine speaks of */
    struct str reason;   /* and why it failed */
    bool in_order;
    char key[80];         /* of a deadline */
    enum problem problem; /* left */
    bool moved;           /* left */
    struct kiosk k;       /* left */
} step;

static int setup(void **state)
{
    (void)state;
    trade_init(services, ARRAY_LEN(services));
    placing_init();
    memset(&step, 0, sizeof step);
    step.kiosk = KIOSK_DEMO_1;
    step.now = TRADE_NOW;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    placing_fini();
    trade_fini();
    return 0;
}

/* ---- Steps ---- */

static bool found(struct db *tx)
{
    return kiosk_find(tx, str_of(step.kiosk), placing.arena, &step.k);
}

static void do_order(struct task *t, struct db *tx)
{
    struct order_draft d = {.arena = placing.arena,
                            .id = step.id,
                            .now_us = step.now,
                            .actor = STR("kiosk:test"),
                            .wishes = step.wishes,
                            .wish_count = step.wish_count};
    struct order_fault fault;
    (void)t;
    if (found(tx))
        step.problem = kiosk_order(tx, &step.k, &d, &fault);
}

static void do_cancel(struct task *t, struct db *tx)
{
    (void)t;
    if (found(tx))
        kiosk_cancel(tx, placing.arena, &step.k, STR("kiosk:test"), step.now, &step.moved);
}

static void do_vended(struct task *t, struct db *tx)
{
    (void)t;
    if (found(tx))
        step.problem = kiosk_vended(tx, placing.arena, &step.k, step.order_id, step.reason,
                                    STR("kiosk:test"), step.now, &step.moved);
}

static void do_in_order(struct task *t, struct db *tx)
{
    (void)t;
    if (found(tx))
        kiosk_set_in_order(tx, placing.arena, &step.k, step.in_order, STR("account:o"), step.now);
}

static void do_due(struct task *t, struct db *tx)
{
    (void)t;
    kiosk_due(tx, str_of(step.key), step.now);
}

/* Order one Cola; the order's id. */
static struct str order_cola(void)
{
    static const struct order_wish cola = {
        .product_id = {"ce33fb74-ba55-40c6-99d7-47bef4cd785e", 36}, .qty = 2};
    step.wishes = &cola;
    step.wish_count = 1;
    step.id = id_new();
    trade_do(do_order);
    return arena_str(placing.arena, id_str(&step.id));
}

static enum problem vended(struct str order_id, const char *reason)
{
    step.order_id = order_id;
    step.reason = reason ? str_of(reason) : (struct str){0};
    trade_do(do_vended);
    return step.problem;
}

static void pay(const char *topic, struct str order_id, const char *more)
{
    payment_says(topic, order_id, more);
    trade_settle("order");
    trade_settle("kiosk");
}

/* The deadline as the house would run it, at `now`. */
static void due(const char *what, const char *id, int64_t now)
{
    snprintf(step.key, sizeof step.key, "%s:%s", what, id);
    step.now = now;
    trade_do(do_due);
}

static struct kiosk now_at(const char *id)
{
    struct kiosk k;
    struct db *db = house_open(&house, DB_READ);
    assert_true(kiosk_find(db, str_of(id), placing.arena, &k));
    db_close(&db);
    return k;
}

static void assert_shows(const char *id, enum kiosk_state state, const char *event)
{
    struct kiosk k = now_at(id);
    assert_string_equal(kiosk_state_word(k.state), kiosk_state_word(state));
    assert_true(str_is(k.event, event));
    struct trade_events told = trade_events(TOPIC_KIOSK_SCREEN);
    char frame[8192];
    snprintf(frame, sizeof frame, "{\"event\":\"%s\",\"values\":%.*s}", event, STR_ARG(k.values));
    if (strcmp(id, step.kiosk) == 0 && told.count > 0)
        assert_string_equal(told.payload, frame);
}

static int screens(void)
{
    return trade_events(TOPIC_KIOSK_SCREEN).count;
}

static int64_t deadlines(void)
{
    return house_number(&house, "SELECT COUNT(*) FROM deadlines");
}

#define OPENED                                                                                     \
    ",\"payment_id\":\"p\",\"method\":\"qris\",\"amount\":1400000,\"currency\":\"IDR\","           \
    "\"qr_string\":\"0002\",\"qr_url\":\"http://q\",\"pay_url\":\"http://p\","                     \
    "\"expires_at\":\"2030-01-01T00:00:00Z\""

/* An order whose QR code is on the screen. */
static struct str order_shown(void)
{
    struct str id = order_cola();
    assert_int_equal(step.problem, PROBLEM_NONE);
    pay(TOPIC_PAYMENT_OPENED, id, OPENED);
    assert_shows(KIOSK_DEMO_1, KIOSK_ORDER_CREATED, "ORDER_CREATED");
    return id;
}

static struct str order_paid_for(void)
{
    struct str id = order_shown();
    pay(TOPIC_PAYMENT_PAID, id, "");
    assert_shows(KIOSK_DEMO_1, KIOSK_PAYMENT_SUCCESS, "PAYMENT_SUCCESS");
    return id;
}

/* ---- A sale ---- */

static void a_sale_from_tap_to_can(void **state)
{
    char frame[600];
    (void)state;
    struct str id = order_cola();
    assert_int_equal(step.problem, PROBLEM_NONE);
    assert_shows(KIOSK_DEMO_1, KIOSK_MENU_CLICKED, "MENU_CLICKED");
    assert_string_equal(trade_events(TOPIC_KIOSK_SCREEN).channels, "kiosk:KIOSK1 ");
    assert_int_equal(now_at(KIOSK_DEMO_1).until_us, TRADE_NOW + KIOSK_PATIENCE_US);
    pay(TOPIC_PAYMENT_OPENED, id, OPENED);
    assert_shows(KIOSK_DEMO_1, KIOSK_ORDER_CREATED, "ORDER_CREATED");
    snprintf(frame, sizeof frame,
             "{\"event\":\"ORDER_CREATED\",\"values\":{\"order_id\":\"%.*s\",\"number\":\"K01\","
             "\"amount\":14000,\"currency\":\"IDR\",\"items\":[{\"id\":\"%s\",\"name\":\"Cola\","
             "\"qty\":2,\"price\":7000}],\"qr_string\":\"0002\",\"qr_url\":\"http://q\","
             "\"pay_url\":\"http://p\",\"expires_at\":\"2030-01-01T00:00:00Z\"}}",
             STR_ARG(id), MENU_DEMO_COLA);
    assert_string_equal(trade_events(TOPIC_KIOSK_SCREEN).payload, frame);
    assert_int_equal(deadlines(), 0);
    pay(TOPIC_PAYMENT_PAID, id, "");
    assert_shows(KIOSK_DEMO_1, KIOSK_PAYMENT_SUCCESS, "PAYMENT_SUCCESS");
    struct trade_events told = trade_events(TOPIC_KIOSK_SCREEN);
    trade_assert_told(&told, "\"number\":\"K01\",\"until\":\"");
    assert_int_equal(deadlines(), 2);
    assert_int_equal(vended(id, NULL), PROBLEM_NONE);
    assert_true(step.moved);
    assert_shows(KIOSK_DEMO_1, KIOSK_IDLE, "IDLE");
    assert_int_equal(deadlines(), 0);
    assert_int_equal(trade_events(TOPIC_KIOSK_VENDED).count, 1);
    assert_null(now_at(KIOSK_DEMO_1).order_id.at);
}

static void one_order_at_a_time(void **state)
{
    (void)state;
    struct str id = order_cola();
    (void)order_cola();
    assert_int_equal(step.problem, PROBLEM_ORDER_OPEN);
    pay(TOPIC_PAYMENT_OPENED, id, OPENED);
    (void)order_cola();
    assert_int_equal(step.problem, PROBLEM_ORDER_OPEN);
    assert_int_equal(house_number(&house, "SELECT COUNT(*) FROM orders"), 1);
    step.kiosk = KIOSK_DEMO_2;
    (void)order_cola();
    assert_int_equal(step.problem, PROBLEM_NONE);
}

static void a_closed_shops_kiosk_sells_nothing(void **state)
{
    (void)state;
    house_script(&house, "UPDATE shops SET open = 0");
    (void)order_cola();
    assert_int_equal(step.problem, PROBLEM_SHOP_CLOSED);
    assert_int_equal(house_number(&house, "SELECT COUNT(*) FROM orders"), 0);
}

static void the_screen_names_what_was_chosen(void **state)
{
    (void)state;
    house_script(&house, "UPDATE products SET options = '[{\"id\":\"size\",\"name\":\"Size\","
                         "\"min\":1,\"max\":1,\"choices\":[{\"id\":\"large\",\"name\":"
                         "\"Large\",\"price\":100000}]}]' WHERE name = 'Cola'");
    struct str id = order_cola();
    pay(TOPIC_PAYMENT_OPENED, id, OPENED);
    struct trade_events told = trade_events(TOPIC_KIOSK_SCREEN);
    trade_assert_told(&told, "\"amount\":16000,");
    trade_assert_told(&told, "\"qty\":2,\"price\":8000,\"options\":[\"Large\"]}]");
}

static void what_was_paid_meanwhile_is_made_all_the_same(void **state)
{
    (void)state;
    struct str id = order_shown();
    house_script(&house, "UPDATE orders SET status = 'accepted'");
    trade_do(do_cancel);
    assert_int_equal(trade_events(TOPIC_ORDER_CANCEL_REQUESTED).count, 0);
    pay(TOPIC_PAYMENT_PAID, id, "");
    assert_shows(KIOSK_DEMO_1, KIOSK_PAYMENT_SUCCESS, "PAYMENT_SUCCESS");
}

static void the_next_customer_need_not_wait_for_the_end(void **state)
{
    (void)state;
    struct str first = order_paid_for();
    struct str second = order_cola();
    assert_int_equal(step.problem, PROBLEM_NONE);
    assert_shows(KIOSK_DEMO_1, KIOSK_MENU_CLICKED, "MENU_CLICKED");
    assert_int_equal(vended(first, NULL), PROBLEM_NONE);
    assert_false(step.moved);
    assert_shows(KIOSK_DEMO_1, KIOSK_MENU_CLICKED, "MENU_CLICKED");
    assert_true(str_eq(now_at(KIOSK_DEMO_1).order_id, second));
}

static void a_refused_order_leaves_the_screen_alone(void **state)
{
    static const struct order_wish wishes[] = {
        {.product_id = {"ce33fb74-ba55-40c6-99d7-47bef4cd785e", 36}, .qty = 1},
        {.product_id = {"0198c0de-0000-7000-8000-00000000ffff", 36}, .qty = 1}};
    (void)state;
    step.wishes = wishes;
    step.wish_count = 2;
    step.id = id_new();
    trade_do(do_order);
    assert_int_equal(step.problem, PROBLEM_UNKNOWN_PRODUCT);
    assert_int_equal(screens(), 0);
    assert_int_equal(deadlines(), 0);
    assert_int_equal(house_number(&house, "SELECT COUNT(*) FROM kiosk_sales"), 0);
}

static void a_batch_run_again_shows_one_screen(void **state)
{
    static const struct order_wish cola = {
        .product_id = {"ce33fb74-ba55-40c6-99d7-47bef4cd785e", 36}, .qty = 1};
    (void)state;
    step.wishes = &cola;
    step.wish_count = 1;
    step.id = id_new();
    trade_do_twice(do_order);
    assert_int_equal(step.problem, PROBLEM_NONE);
    assert_int_equal(screens(), 1);
    assert_int_equal(trade_events(TOPIC_ORDER_PLACED).count, 1);
    assert_int_equal(house_number(&house, "SELECT COUNT(*) FROM kiosk_sales"), 1);
    assert_int_equal(deadlines(), 1);
}

/* ---- Payment's answers, late and twice ---- */

static void repeats_of_payment_change_nothing(void **state)
{
    (void)state;
    struct str id = order_shown();
    pay(TOPIC_PAYMENT_OPENED, id, OPENED);
    assert_int_equal(screens(), 2);
    pay(TOPIC_PAYMENT_PAID, id, "");
    pay(TOPIC_PAYMENT_PAID, id, "");
    pay(TOPIC_PAYMENT_OPENED, id, OPENED);
    pay(TOPIC_PAYMENT_FAILED, id, ",\"reason\":\"expired\"");
    assert_int_equal(screens(), 3);
    assert_shows(KIOSK_DEMO_1, KIOSK_PAYMENT_SUCCESS, "PAYMENT_SUCCESS");
}

static void a_failed_payment_is_shown_with_its_reason(void **state)
{
    static const char *const reasons[] = {"denied", "expired", "unavailable", "failed"};
    char more[64], told[64];
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(reasons); i++) {
        struct str id = order_shown();
        snprintf(more, sizeof more, ",\"reason\":\"%s\"", reasons[i]);
        snprintf(told, sizeof told, "\"reason\":\"%s\",\"until\":\"", reasons[i]);
        pay(TOPIC_PAYMENT_FAILED, id, more);
        assert_shows(KIOSK_DEMO_1, KIOSK_PAYMENT_FAILED, "PAYMENT_FAILED");
        struct trade_events frame = trade_events(TOPIC_KIOSK_SCREEN);
        trade_assert_told(&frame, told);
        pay(TOPIC_PAYMENT_PAID, id, "");
        assert_shows(KIOSK_DEMO_1, KIOSK_PAYMENT_FAILED, "PAYMENT_FAILED");
    }
    assert_int_equal(vended(arena_str(placing.arena, id_str(&step.id)), NULL),
                     PROBLEM_MOVE_NOT_ALLOWED);
}

static void events_about_other_orders_do_not_disturb(void **state)
{
    (void)state;
    struct str first = order_shown();
    trade_do(do_cancel);
    pay(TOPIC_PAYMENT_FAILED, first, ",\"reason\":\"cancelled\"");
    assert_shows(KIOSK_DEMO_1, KIOSK_IDLE, "IDLE");
    struct str second = order_shown();
    int before = screens();
    pay(TOPIC_PAYMENT_PAID, first, "");
    pay(TOPIC_PAYMENT_FAILED, first, ",\"reason\":\"expired\"");
    pay(TOPIC_PAYMENT_OPENED, first, OPENED);
    pay(TOPIC_PAYMENT_PAID, STR("0198c0de-0000-7000-8000-00000000ffff"), "");
    pay(TOPIC_PAYMENT_PAID, STR(""), "");
    assert_int_equal(screens(), before);
    assert_true(str_eq(now_at(KIOSK_DEMO_1).order_id, second));
    assert_shows(KIOSK_DEMO_2, KIOSK_IDLE, "IDLE");
}

static void paid_before_it_was_shown(void **state)
{
    (void)state;
    struct str id = order_cola();
    pay(TOPIC_PAYMENT_PAID, id, "");
    assert_shows(KIOSK_DEMO_1, KIOSK_PAYMENT_SUCCESS, "PAYMENT_SUCCESS");
    pay(TOPIC_PAYMENT_OPENED, id, OPENED);
    assert_shows(KIOSK_DEMO_1, KIOSK_PAYMENT_SUCCESS, "PAYMENT_SUCCESS");
}

/* ---- Cancelling ---- */

static void a_cancel_waits_for_payment(void **state)
{
    (void)state;
    struct str id = order_shown();
    trade_do(do_cancel);
    trade_do(do_cancel);
    assert_false(step.moved);
    assert_shows(KIOSK_DEMO_1, KIOSK_ORDER_CREATED, "ORDER_CREATED");
    assert_int_equal(trade_events(TOPIC_ORDER_CANCEL_REQUESTED).count, 1);
    pay(TOPIC_PAYMENT_FAILED, id, ",\"reason\":\"cancelled\"");
    assert_shows(KIOSK_DEMO_1, KIOSK_IDLE, "IDLE");
    assert_int_equal(trade_events(TOPIC_ORDER_CANCELLED).count, 1);
    assert_int_equal(deadlines(), 0);
}

static void a_cancel_may_come_too_late(void **state)
{
    (void)state;
    struct str id = order_shown();
    trade_do(do_cancel);
    pay(TOPIC_PAYMENT_PAID, id, "");
    assert_shows(KIOSK_DEMO_1, KIOSK_PAYMENT_SUCCESS, "PAYMENT_SUCCESS");
    trade_do(do_cancel);
    assert_true(step.moved);
    assert_shows(KIOSK_DEMO_1, KIOSK_IDLE, "IDLE");
    assert_int_equal(deadlines(), 1);
    int before = screens();
    trade_do(do_cancel);
    assert_false(step.moved);
    assert_int_equal(screens(), before);
}

/* ---- The machine's word ---- */

static void the_machine_is_believed_once(void **state)
{
    (void)state;
    struct str id = order_paid_for();
    assert_int_equal(vended(id, NULL), PROBLEM_NONE);
    assert_int_equal(vended(id, NULL), PROBLEM_NONE);
    assert_false(step.moved);
    assert_int_equal(trade_events(TOPIC_KIOSK_VENDED).count, 1);
    assert_int_equal(vended(id, "motor"), PROBLEM_MOVE_NOT_ALLOWED);
    assert_int_equal(trade_events(TOPIC_KIOSK_VEND_FAILED).count, 0);
}

static void what_was_not_given_out_is_given_back(void **state)
{
    (void)state;
    struct str id = order_paid_for();
    assert_int_equal(vended(id, "motor jammed"), PROBLEM_NONE);
    assert_true(step.moved);
    assert_shows(KIOSK_DEMO_1, KIOSK_PAYMENT_FAILED, "PAYMENT_FAILED");
    struct trade_events frame = trade_events(TOPIC_KIOSK_SCREEN);
    trade_assert_told(&frame, "\"reason\":\"refunded\"");
    struct trade_events told = trade_events(TOPIC_KIOSK_VEND_FAILED);
    trade_assert_told(&told, "\"kiosk_id\":\"KIOSK1\",\"shop_id\":\"" SHOP_DEMO_ID
                             "\",\"reason\":\"motor jammed\"");
    assert_int_equal(vended(id, "again"), PROBLEM_NONE);
    assert_int_equal(trade_events(TOPIC_KIOSK_VEND_FAILED).count, 1);
    assert_int_equal(vended(id, NULL), PROBLEM_MOVE_NOT_ALLOWED);
}

static void a_word_about_others_orders_is_refused(void **state)
{
    (void)state;
    struct str id = order_paid_for();
    step.kiosk = KIOSK_DEMO_2;
    assert_int_equal(vended(id, NULL), PROBLEM_NOT_FOUND);
    assert_int_equal(vended(id, "x"), PROBLEM_NOT_FOUND);
    assert_int_equal(vended(STR("0198c0de-0000-7000-8000-00000000ffff"), NULL), PROBLEM_NOT_FOUND);
    struct str open = order_cola();
    assert_int_equal(vended(open, NULL), PROBLEM_MOVE_NOT_ALLOWED);
    assert_int_equal(trade_events(TOPIC_KIOSK_VENDED).count, 0);
}

static void a_silent_machine_is_told_to_the_shop(void **state)
{
    (void)state;
    struct str id = order_paid_for();
    const char *text = arena_strdup(placing.arena, id);
    due("vend", text, TRADE_NOW);
    due("vend", text, TRADE_NOW);
    struct trade_events told = trade_events(TOPIC_KIOSK_VEND_OVERDUE);
    assert_int_equal(told.count, 1);
    assert_non_null(strstr(told.channels, "shop:" SHOP_DEMO_ID));
    assert_int_equal(vended(id, NULL), PROBLEM_NONE);
    assert_int_equal(trade_events(TOPIC_KIOSK_VENDED).count, 1);
    due("vend", text, TRADE_NOW);
    assert_int_equal(trade_events(TOPIC_KIOSK_VEND_OVERDUE).count, 1);
}

/* ---- Time ---- */

static void ends_are_shown_for_ten_seconds(void **state)
{
    (void)state;
    (void)order_paid_for();
    int64_t until = now_at(KIOSK_DEMO_1).until_us;
    assert_int_equal(house_number(&house, "SELECT at FROM deadlines WHERE item LIKE 'screen:%'"),
                     until);
    due("screen", KIOSK_DEMO_1, until - 1);
    assert_shows(KIOSK_DEMO_1, KIOSK_PAYMENT_SUCCESS, "PAYMENT_SUCCESS");
    due("screen", KIOSK_DEMO_1, until);
    assert_shows(KIOSK_DEMO_1, KIOSK_IDLE, "IDLE");
    int before = screens();
    due("screen", KIOSK_DEMO_1, until + 1);
    due("screen", "NOBODY", until + 1);
    due("other", KIOSK_DEMO_1, until + 1);
    assert_int_equal(screens(), before);
}

static void silent_payment_is_given_up(void **state)
{
    (void)state;
    struct str id = order_cola();
    due("screen", KIOSK_DEMO_1, TRADE_NOW + KIOSK_PATIENCE_US);
    assert_shows(KIOSK_DEMO_1, KIOSK_PAYMENT_FAILED, "PAYMENT_FAILED");
    struct trade_events frame = trade_events(TOPIC_KIOSK_SCREEN);
    trade_assert_told(&frame, "\"reason\":\"unavailable\"");
    assert_int_equal(trade_events(TOPIC_ORDER_CANCEL_REQUESTED).count, 1);
    pay(TOPIC_PAYMENT_OPENED, id, OPENED);
    pay(TOPIC_PAYMENT_FAILED, id, ",\"reason\":\"cancelled\"");
    assert_shows(KIOSK_DEMO_1, KIOSK_PAYMENT_FAILED, "PAYMENT_FAILED");
    due("screen", KIOSK_DEMO_1, now_at(KIOSK_DEMO_1).until_us);
    assert_shows(KIOSK_DEMO_1, KIOSK_IDLE, "IDLE");
}

static void money_after_all_is_shown_while_we_still_can(void **state)
{
    (void)state;
    struct str id = order_cola();
    due("screen", KIOSK_DEMO_1, TRADE_NOW + KIOSK_PATIENCE_US);
    pay(TOPIC_PAYMENT_PAID, id, "");
    assert_shows(KIOSK_DEMO_1, KIOSK_PAYMENT_SUCCESS, "PAYMENT_SUCCESS");
    assert_int_equal(vended(id, NULL), PROBLEM_NONE);
}

static void money_after_all_is_never_lost(void **state)
{
    (void)state;
    struct str id = order_cola();
    due("screen", KIOSK_DEMO_1, TRADE_NOW + KIOSK_PATIENCE_US);
    due("screen", KIOSK_DEMO_1, now_at(KIOSK_DEMO_1).until_us);
    pay(TOPIC_PAYMENT_PAID, id, "");
    assert_shows(KIOSK_DEMO_1, KIOSK_IDLE, "IDLE");
    due("vend", arena_strdup(placing.arena, id), TRADE_NOW + 2 * KIOSK_VEND_US);
    assert_int_equal(trade_events(TOPIC_KIOSK_VEND_OVERDUE).count, 1);
}

/* ---- Staff and the menu ---- */

static void out_of_order_takes_no_orders(void **state)
{
    (void)state;
    step.in_order = false;
    trade_do(do_in_order);
    trade_do(do_in_order);
    assert_shows(KIOSK_DEMO_1, KIOSK_IDLE, "OUT_OF_ORDER");
    assert_int_equal(screens(), 1);
    (void)order_cola();
    assert_int_equal(step.problem, PROBLEM_OUT_OF_ORDER);
    step.in_order = true;
    trade_do(do_in_order);
    assert_shows(KIOSK_DEMO_1, KIOSK_IDLE, "IDLE");
    (void)order_cola();
    assert_int_equal(step.problem, PROBLEM_NONE);
}

static void a_sale_is_finished_before_the_kiosk_closes(void **state)
{
    (void)state;
    struct str id = order_shown();
    step.in_order = false;
    trade_do(do_in_order);
    assert_shows(KIOSK_DEMO_1, KIOSK_ORDER_CREATED, "ORDER_CREATED");
    pay(TOPIC_PAYMENT_PAID, id, "");
    assert_shows(KIOSK_DEMO_1, KIOSK_PAYMENT_SUCCESS, "PAYMENT_SUCCESS");
    assert_int_equal(vended(id, NULL), PROBLEM_NONE);
    assert_shows(KIOSK_DEMO_1, KIOSK_IDLE, "OUT_OF_ORDER");
}

static void change_cola(struct task *t, struct db *tx)
{
    struct product p;
    (void)t;
    if (menu_product(tx, STR(MENU_DEMO_COLA), placing.arena, &p))
        menu_change(tx, placing.arena, &p,
                    &(struct menu_change){.has_price = true, .price = 900000}, STR("account:o"),
                    TRADE_NOW);
}

static void add_kiosks(int count)
{
    struct db *db = house_open(&house, DB_WRITE);
    db_begin(db);
    for (int i = 0; i < count; i++) {
        char id[16];
        snprintf(id, sizeof id, "X%03d", i);
        db_exec(
            db,
            "INSERT INTO kiosks (id, shop_id, name, state, screen_event, screen_values,"
            " in_order, until_at, changed_at) VALUES (?, ?, 'x', 'IDLE', 'IDLE', '{}', 1, 0, 0)",
            DB_CSTR(id), DB_CSTR(i == 0 ? "another" : SHOP_DEMO_ID));
    }
    assert_int_equal(db_commit(db), DB_OK);
    db_close(&db);
}

static void a_changed_menu_reaches_every_kiosk_of_the_shop(void **state)
{
    (void)state;
    trade_do(change_cola);
    trade_settle("kiosk");
    struct trade_events told = trade_events(TOPIC_KIOSK_MENU);
    assert_int_equal(told.count, 1);
    assert_string_equal(told.channels, "kiosk:KIOSK1 kiosk:KIOSK2 ");
    assert_true(str_starts(str_of(told.payload), STR("{\"event\":\"SHOW_MENU\",\"values\":[{")));
    trade_assert_told(&told, "\"price\":9000,\"currency\":\"IDR\",\"available\":true");
}

static int reached;

static void count_reached(void *arg, const struct event *e)
{
    (void)arg;
    if (!str_is(e->topic, TOPIC_KIOSK_MENU))
        return;
    for (size_t i = 0; i < e->channel_count; i++)
        reached += !str_is(e->channels[i], "kiosk:X000");
}

static void more_kiosks_than_an_event_has_channels(void **state)
{
    bool more;
    (void)state;
    add_kiosks(300);
    trade_do(change_cola);
    trade_settle("kiosk");
    struct db *db = house_open(&house, DB_READ);
    reached = 0;
    (void)journal_read(db, NULL, 0, 0, 1000, 1000, count_reached, NULL, &more);
    db_close(&db);
    assert_int_equal(reached, 299 + 2);
}

static void a_token_speaks_for_its_kiosk_only(void **state)
{
    struct caller c;
    (void)state;
    struct kiosk one = now_at(KIOSK_DEMO_1), two = now_at(KIOSK_DEMO_2);
    struct db *db = house_open(&house, DB_READ);
    assert_true(kiosk_caller(db, STR(KIOSK_DEMO_1), placing.arena, &c));
    assert_false(kiosk_caller(db, STR("KIOSK9"), placing.arena, &c));
    db_close(&db);
    assert_true(c.role == ROLE_KIOSK && str_is(c.shop, SHOP_DEMO_ID));
    assert_true(kiosk_allows(&one, &c));
    assert_false(kiosk_allows(&two, &c));
    const struct grant here = {STR(SHOP_DEMO_ID), ROLE_OWNER}, there = {STR("another"), ROLE_OWNER};
    struct caller owner = {.role = ROLE_OWNER, .grants = &here, .grant_count = 1};
    struct caller stranger = {.role = ROLE_OWNER, .grants = &there, .grant_count = 1};
    struct caller customer = {.role = ROLE_CUSTOMER, .shop = STR(SHOP_DEMO_ID)};
    assert_true(kiosk_allows(&two, &owner));
    assert_false(kiosk_allows(&two, &stranger));
    assert_false(kiosk_allows(&two, &customer));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(a_sale_from_tap_to_can),
        T(one_order_at_a_time),
        T(a_closed_shops_kiosk_sells_nothing),
        T(the_screen_names_what_was_chosen),
        T(what_was_paid_meanwhile_is_made_all_the_same),
        T(the_next_customer_need_not_wait_for_the_end),
        T(a_refused_order_leaves_the_screen_alone),
        T(a_batch_run_again_shows_one_screen),
        T(repeats_of_payment_change_nothing),
        T(a_failed_payment_is_shown_with_its_reason),
        T(events_about_other_orders_do_not_disturb),
        T(paid_before_it_was_shown),
        T(a_cancel_waits_for_payment),
        T(a_cancel_may_come_too_late),
        T(the_machine_is_believed_once),
        T(what_was_not_given_out_is_given_back),
        T(a_word_about_others_orders_is_refused),
        T(a_silent_machine_is_told_to_the_shop),
        T(ends_are_shown_for_ten_seconds),
        T(silent_payment_is_given_up),
        T(money_after_all_is_shown_while_we_still_can),
        T(money_after_all_is_never_lost),
        T(out_of_order_takes_no_orders),
        T(a_sale_is_finished_before_the_kiosk_closes),
        T(a_changed_menu_reaches_every_kiosk_of_the_shop),
        T(more_kiosks_than_an_event_has_channels),
        T(a_token_speaks_for_its_kiosk_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
