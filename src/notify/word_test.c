/* word_test.c - who is told of what: every row of tbl/notices.h has a test made from it; and what
 * of a payload each of them may see. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/topic.h"
#include "base/arena.h"
#include "notify/word.h"

#define ORDER "0190a0a0-0000-7000-8000-0000000000a1"

static struct arena *arena;

static int setup(void **state)
{
    (void)state;
    arena = arena_new(1 << 20);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

static struct event event_of(const char *topic, const char *payload)
{
    struct event e = {.seq = 77,
                      .topic = str_of(topic),
                      .at_us = INT64_C(1800000000000000),
                      .actor = STR("account:a"),
                      .payload = str_of(payload)};
    assert_true(id_parse(STR(ORDER), &e.id));
    return e;
}

/* "EVENT{values}", or "-" when the event is not for him. */
static const char *told(const char *topic, const char *payload, enum role role, enum language l)
{
    struct event e = event_of(topic, payload);
    struct listener to = {.role = role, .language = l};
    struct buf values = buf_in(arena);
    const char *name = notify_word(&e, &to, &values);
    assert_true(name || values.len == 0);
    return name ? arena_printf(arena, "%s%s", name, buf_cstr(&values)) : "-";
}

/* ---- Row by row ---- */

/* What a row says, apart from how word.c keeps it. */
struct row {
    const char *topic;
    const char *status;
    enum notice_audience audience;
    const char *event;
    enum notice_level level;
    const char *message[LANG_COUNT];
};

static struct row rows[] = {
#define NOTICE(topic, status, audience, event, level, en, id, ko, pl)                              \
    {TOPIC_##topic, status, AUDIENCE_##audience, event, LEVEL_##level, {en, id, ko, pl}},
#include "notify/tbl/notices.h"
#undef NOTICE
};

static const char *payload_of(const struct row *r)
{
    return arena_printf(arena, "{\"order_id\":\"" ORDER "\",\"status\":\"%s\",\"to\":[\"owner\"]}",
                        *r->status ? r->status : "shown");
}

/* The first row for this audience that such a payload meets. */
static const struct row *row_for(const struct row *like, enum notice_audience a)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct row *r = &rows[i];
        if (r->audience == a && strcmp(r->topic, like->topic) == 0 &&
            (!*r->status || strcmp(r->status, like->status) == 0))
            return r;
    }
    return NULL;
}

/* Said once more: who belongs to whom. */
static bool belongs(enum role role, enum notice_audience a)
{
    switch (a) {
    case AUDIENCE_STAFF:
        return role == ROLE_OWNER || role == ROLE_MANAGER || role == ROLE_BARISTA ||
               role == ROLE_ADMIN;
    case AUDIENCE_COURIERS:
        return role == ROLE_COURIER;
    default:
        return role == ROLE_CUSTOMER;
    }
}

static const struct row *row_of_role(const struct row *like, enum role role)
{
    bool ring = strcmp(like->topic, TOPIC_NOTIFY_RING) == 0;
    for (int a = 0; a < AUDIENCE_COUNT; a++)
        if (belongs(role, (enum notice_audience)a))
            return ring && role != ROLE_OWNER ? NULL : row_for(like, (enum notice_audience)a);
    return NULL;
}

static void role_is_told(const struct row *like, enum role role, enum language l)
{
    static const char *const levels[] = {"quiet", "info", "alert"};
    const struct row *r = row_of_role(like, role);
    const char *text = told(like->topic, payload_of(like), role, l);
    struct event e = event_of(like->topic, payload_of(like));
    assert_int_equal(notify_is_alert(&e, &(struct listener){role, l}),
                     r && r->level == LEVEL_ALERT);
    if (!r) {
        assert_string_equal(text, "-");
        return;
    }
    const char *head = arena_printf(
        arena, "%s{\"seq\":77,\"id\":\"" ORDER "\",\"at\":\"2027-01-15T08:00:00.000000Z\",",
        r->event);
    assert_true(str_starts(str_of(text), str_of(head)));
    text += strlen(head);
    if (*r->message[l]) {
        const char *said = arena_printf(arena, "\"message\":\"%s\",", r->message[l]);
        assert_true(str_starts(str_of(text), str_of(said)));
        text += strlen(said);
    }
    if (strcmp(r->event, "RING") != 0)
        assert_true(str_starts(str_of(text),
                               str_of(arena_printf(arena, "\"level\":\"%s\",", levels[r->level]))));
    assert_non_null(strstr(text, "\"order_id\":\"" ORDER "\""));
}

static void a_row_reaches_whom_it_names_and_nobody_else(void **state)
{
    const struct row *like = *state;
    const struct row *mine = row_for(like, like->audience);
    assert_ptr_equal(mine, like);
    for (int role = 0; role < ROLE_COUNT; role++)
        for (int l = 0; l < LANG_COUNT; l++)
            role_is_told(like, (enum role)role, (enum language)l);
}

/* Said in all languages or in none; what must be heard is said. */
static void a_row_speaks_four_languages(void **state)
{
    const struct row *r = *state;
    for (int l = 0; l < LANG_COUNT; l++)
        assert_int_equal(*r->message[l] != '\0', *r->message[0] != '\0');
    if (r->level != LEVEL_QUIET)
        assert_true(*r->message[0] != '\0');
}

/* ---- The whole ---- */

static void what_is_nobodys_is_told_to_nobody(void **state)
{
    static const char *const topics[] = {TOPIC_SESSION_ENDED, TOPIC_ACCOUNT_CREATED,
                                         TOPIC_KIOSK_SCREEN,  TOPIC_DELIVERY_TRACK,
                                         TOPIC_KIOSK_VENDED,  "order.sung"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(topics); i++)
        for (int role = 0; role < ROLE_COUNT; role++)
            assert_string_equal(told(topics[i], "{}", (enum role)role, LANG_EN), "-");
    assert_string_equal(told(TOPIC_ORDER_PLACED, "{\"status\":\"unpaid\"}", ROLE_OWNER, LANG_EN),
                        "-");
    assert_string_equal(
        told(TOPIC_ORDER_CANCEL_REQUESTED, "{\"status\":\"unpaid\"}", ROLE_OWNER, LANG_EN), "-");
}

static void the_words_of_the_pages_are_as_they_were(void **state)
{
    (void)state;
    assert_string_equal(told(TOPIC_ORDER_PLACED, "{\"status\":\"received\"}", ROLE_OWNER, LANG_KO),
                        "SUBMIT_ORDER{\"seq\":77,\"id\":\"" ORDER
                        "\",\"at\":\"2027-01-15T08:00:00.000000Z\",\"message\":\"주문이 "
                        "들어왔습니다.\",\"level\":\"alert\",\"status\":\"received\",\"label\":"
                        "\"접수완료\"}");
    assert_string_equal(
        told(TOPIC_ORDER_ACCEPTED, "{\"status\":\"accepted\"}", ROLE_CUSTOMER, LANG_KO),
        "APPROVAL_ORDER{\"seq\":77,\"id\":\"" ORDER
        "\",\"at\":\"2027-01-15T08:00:00.000000Z\",\"message\":\"주문이 "
        "승인되었습니다.\",\"level\":\"alert\",\"status\":\"accepted\",\"label\":\"주문승인\"}");
}

static const char placed[] =
    "{\"order_id\":\"" ORDER "\",\"number\":\"A17\",\"shop_id\":\"s\",\"account_id\":\"acc\","
    "\"username\":\"ann\",\"via\":\"web\",\"pay\":\"counter\",\"status\":\"received\",\"total\":"
    "2500000,\"currency\":\"IDR\",\"language\":\"ko\",\"items\":[{\"product_id\":\"p\",\"name\":"
    "\"Kopi \\\"susu\\\"\",\"qty\":2,\"price\":1250000,\"options\":[\"large\"]}],\"secret\":1}";

static const char *members_of(const char *topic, const char *payload, enum role role)
{
    const char *text = strstr(told(topic, payload, role, LANG_EN), "\"level\":");
    assert_non_null(text);
    return text;
}

static void staff_see_who_ordered_what(void **state)
{
    (void)state;
    assert_string_equal(
        members_of(TOPIC_ORDER_PLACED, placed, ROLE_BARISTA),
        "\"level\":\"alert\",\"order_id\":\"" ORDER
        "\",\"number\":\"A17\",\"shop_id\":\"s\",\"account_id\":\"acc\",\"username\":\"ann\","
        "\"via\":\"web\",\"pay\":\"counter\",\"status\":\"received\",\"label\":\"Received\","
        "\"total\":{\"amount\":2500000,\"currency\":\"IDR\"},\"items\":[{\"name\":\"Kopi "
        "\\\"susu\\\"\",\"qty\":2,\"options\":[\"large\"]}]}");
}

static void customers_and_couriers_do_not_see_what_is_the_staffs(void **state)
{
    static const char moved[] =
        "{\"order_id\":\"" ORDER "\",\"number\":\"A17\",\"shop_id\":\"s\",\"account_id\":\"acc\","
        "\"kiosk_id\":\"K\",\"from\":\"preparing\",\"status\":\"ready\",\"note\":\"at the door\","
        "\"by\":\"account:x\",\"device\":\"abcd\"}";
    static const char shown[] =
        "\"level\":\"alert\",\"order_id\":\"" ORDER
        "\",\"number\":\"A17\",\"shop_id\":\"s\",\"from\":\"preparing\","
        "\"status\":\"ready\",\"label\":\"Ready\",\"note\":\"at the door\"}";
    (void)state;
    assert_string_equal(members_of(TOPIC_DELIVERY_MOVED, moved, ROLE_CUSTOMER), shown);
    assert_string_equal(members_of(TOPIC_DELIVERY_MOVED, moved, ROLE_COURIER), shown);
    assert_non_null(strstr(members_of(TOPIC_DELIVERY_MOVED, moved, ROLE_MANAGER),
                           "\"by\":\"account:x\",\"device\":\"abcd\""));
}

static void money_stands_with_its_currency(void **state)
{
    (void)state;
    assert_string_equal(members_of(TOPIC_PAYMENT_REFUNDED,
                                   "{\"payment_id\":\"p\",\"order_id\":\"o\",\"amount\":700000,"
                                   "\"currency\":\"IDR\",\"reason\":\"late\",\"how\":\"refund\"}",
                                   ROLE_CUSTOMER),
                        "\"level\":\"info\",\"status\":\"refunded\",\"payment_id\":\"p\","
                        "\"order_id\":\"o\",\"amount\":{\"amount\":700000,\"currency\":\"IDR\"},"
                        "\"reason\":\"late\",\"how\":\"refund\"}");
    assert_string_equal(
        members_of(TOPIC_MENU_CHANGED, "{\"price\":700000,\"available\":true}", ROLE_OWNER),
        "\"level\":\"quiet\",\"available\":true}");
}

static void a_ring_is_for_those_it_names(void **state)
{
    static const char ring[] =
        "{\"order_id\":\"o\",\"number\":\"A1\",\"shop_id\":\"s\",\"level\":3,"
        "\"waited_s\":61,\"to\":[\"owner\",\"barista\"]}";
    (void)state;
    assert_string_equal(told(TOPIC_NOTIFY_RING, ring, ROLE_MANAGER, LANG_EN), "-");
    assert_string_equal(told(TOPIC_NOTIFY_RING, ring, ROLE_CUSTOMER, LANG_EN), "-");
    assert_string_equal(told(TOPIC_NOTIFY_RING, ring, ROLE_COURIER, LANG_EN), "-");
    assert_non_null(strstr(told(TOPIC_NOTIFY_RING, ring, ROLE_BARISTA, LANG_EN),
                           "\"level\":3,\"waited_s\":61,\"to\":[\"owner\",\"barista\"]}"));
    assert_string_equal(told(TOPIC_NOTIFY_RING, "{\"to\":[]}", ROLE_OWNER, LANG_EN), "-");
    assert_string_equal(told(TOPIC_NOTIFY_RING, "{}", ROLE_OWNER, LANG_EN), "-");
}

static void a_payload_that_is_none_breaks_nothing(void **state)
{
    (void)state;
    assert_string_equal(strstr(told(TOPIC_ORDER_ACCEPTED, "", ROLE_OWNER, LANG_EN), "\"level\""),
                        "\"level\":\"quiet\"}");
    assert_string_equal(
        members_of(TOPIC_ORDER_ACCEPTED, "{\"status\":7,\"currency\":\"IDR\"}", ROLE_OWNER),
        "\"level\":\"quiet\",\"status\":7}");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(what_is_nobodys_is_told_to_nobody),
        T(the_words_of_the_pages_are_as_they_were),
        T(staff_see_who_ordered_what),
        T(customers_and_couriers_do_not_see_what_is_the_staffs),
        T(money_stands_with_its_currency),
        T(a_ring_is_for_those_it_names),
        T(a_payload_that_is_none_breaks_nothing),
    };
    struct CMUnitTest of_rows[2 * ARRAY_LEN(rows)];
    char names[ARRAY_LEN(of_rows)][96];
    for (size_t i = 0; i < ARRAY_LEN(of_rows); i++) {
        struct row *r = &rows[i / 2];
        bool speaks = i % 2 != 0;
        snprintf(names[i], sizeof names[i], "%s %s %s to %d %s", r->topic, r->status, r->event,
                 (int)r->audience, speaks ? "speaks" : "reaches");
        of_rows[i] = (struct CMUnitTest){names[i],
                                         speaks ? a_row_speaks_four_languages
                                                : a_row_reaches_whom_it_names_and_nobody_else,
                                         setup, teardown, r};
    }
    int failed = cmocka_run_group_tests(of_rows, NULL, NULL);
    return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
