/* command_test.c - which texts are commands, how they are read, what is refused, and what the crew
 * is told of what comes of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/call.h"
#include "app/desk.h"
#include "app/service.h"
#include "app/topic.h"
#include "chat/chat_service.h"
#include "chat/command.h"
#include "journal/fixture.h"

#define ORDER "0190a0a0-0000-7000-8000-0000000000a1"

static const struct grant grants[] = {{.shop = {"shop", 4}, .role = ROLE_BARISTA}};
static const struct room thread = {.uri = {"0123456789abcde", 15},
                                   .kind = ROOM_ORDER,
                                   .order_id = {ORDER, sizeof ORDER - 1},
                                   .number = {"A17", 3},
                                   .shop_id = {"shop", 4},
                                   .account_id = {"ann", 3}};

static struct arena *arena;
static struct desk desk;
static struct request *rq;    /* the last one */
static const char *said;      /* its text */
static const char *client_id; /* NULL: none */

static int setup(void **state)
{
    (void)state;
    house_init(&house);
    journal_open_with(&chat_service.migrations, 1);
    arena = arena_new(1 << 22);
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

static struct caller barista(void)
{
    return (struct caller){
        .role = ROLE_BARISTA, .id = STR("bob"), .grants = grants, .grant_count = 1};
}

static void do_take(struct task *t, struct db *tx)
{
    (void)t;
    command_take(rq, tx, &thread, str_of(said),
                 client_id ? str_of(client_id) : (struct str){NULL, 0});
}

/* The barista says it; the answer's text, or of a refusal its slug. */
static const char *says(const char *text)
{
    rq = &call_new(&desk, arena)->rq;
    rq->caller = barista();
    rq->now_us = INT64_C(1800000000000000);
    said = text;
    assert_int_equal(task_do(&house, writer, do_take, 0), UNIT_DONE);
    if (rq->problem != PROBLEM_NONE)
        return problem_row(rq->problem)->slug;
    assert_int_equal(rq->status, 202);
    return buf_cstr(&rq->reply);
}

static int64_t asked(void)
{
    return house_number(&house, "SELECT COUNT(*) FROM journal_events");
}

static void a_slash_and_a_letter_of_the_crew_is_one(void **state)
{
    const struct caller customer = {.role = ROLE_CUSTOMER, .id = STR("ann")};
    const struct caller guest = {.role = ROLE_GUEST, .id = STR(ORDER)};
    const struct caller staff = barista();
    struct room other = thread;
    (void)state;
    assert_true(command_is(&thread, &staff, STR("/ready")));
    assert_true(command_is(&thread, &staff, STR("/Sing")));
    assert_false(command_is(&thread, &staff, STR("ready")));
    assert_false(command_is(&thread, &staff, STR("/")));
    assert_false(command_is(&thread, &staff, STR("/ ready")));
    assert_false(command_is(&thread, &staff, STR("//ready")));
    assert_false(command_is(&thread, &staff, STR("/5")));
    assert_false(command_is(&thread, &customer, STR("/ready")));
    assert_false(command_is(&thread, &guest, STR("/ready")));
    other.shop_id = STR("another");
    assert_false(command_is(&other, &staff, STR("/ready")));
    other = thread;
    other.kind = ROOM_OPEN;
    assert_false(command_is(&other, &staff, STR("/ready")));
}

static void it_is_read_and_asked(void **state)
{
    (void)state;
    assert_string_equal(says("/eta 10"),
                        "{\"status\":\"SUCCESS\",\"uri\":\"0123456789abcde\",\"order_id\":\"" ORDER
                        "\",\"command\":\"eta\",\"argument\":10}");
    assert_non_null(strstr(says("/READY  at the window "), "\"text\":\"at the window\""));
    assert_non_null(
        strstr(says("/reject\tno milk"), "\"command\":\"decline\",\"text\":\"no milk\""));
    assert_non_null(strstr(says("/refund 5000 cold"), "\"argument\":5000,\"text\":\"cold\""));
    assert_non_null(strstr(says("/refund cold"), "\"command\":\"refund\",\"text\":\"cold\""));
    assert_non_null(strstr(says("/accept"), "\"command\":\"accept\"}"));
    assert_int_equal(asked(), 6);
    assert_int_equal(house_number(&house, "SELECT COUNT(*) FROM journal_events WHERE payload = "
                                          "'{\"uri\":\"0123456789abcde\",\"order_id\":\"" ORDER
                                          "\",\"shop_id\":\"shop\",\"command\":\"eta\","
                                          "\"argument\":10,\"by\":\"account:bob\"}'"),
                     1);
}

static void what_cannot_be_read_is_refused_by_name(void **state)
{
    static const char *const bad[] = {"/eta",        "/eta ten",     "/eta 0",
                                      "/eta -1",     "/eta 10 soon", "/decline",
                                      "/accept now", "/refund 0",    "/refund 99999999999999"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_string_equal(says(bad[i]), "bad-input");
    assert_string_equal(says("/sing"), "unknown-command");
    assert_string_equal(says("/readyy"), "unknown-command");
    assert_non_null(strstr(says("/help"), "{\"command\":\"eta\",\"help\":\"/eta minutes"));
    assert_int_equal(asked(), 0);
}

static void the_same_one_is_asked_once(void **state)
{
    (void)state;
    client_id = "mine-1";
    assert_non_null(strstr(says("/refund 5000"), "\"argument\":5000"));
    assert_non_null(strstr(says("/refund 5000"), "\"argument\":5000"));
    assert_int_equal(asked(), 1);
    client_id = NULL;
    assert_non_null(strstr(says("/refund 5000"), "\"argument\":5000"));
    assert_int_equal(asked(), 2);
}

static struct str replied;

static void do_reply(struct task *t, struct db *tx)
{
    (void)t;
    replied = str_of(said);
    (void)!command_reply(rq, tx, &thread, &replied);
}

/* What is said in the place of this text, or of a refusal its slug. */
static const char *reply_to(const char *text)
{
    rq = &call_new(&desk, arena)->rq;
    rq->caller = barista();
    said = text;
    assert_int_equal(task_do(&house, writer, do_reply, 0), UNIT_DONE);
    if (rq->problem != PROBLEM_NONE)
        return problem_row(rq->problem)->slug;
    return arena_strdup(arena, replied);
}

static void a_reply_that_is_ready_is_said_in_the_language_of_the_order(void **state)
{
    (void)state;
    house_script(&house, "INSERT INTO chat_threads (order_id, room, told_seq, quiet_seq, closes_at,"
                         " language) VALUES ('" ORDER "', '0123456789abcde', 0, 0, 0, 'id')");
    assert_string_equal(reply_to("/reply soon"), "Sebentar lagi siap.");
    assert_string_equal(reply_to("/Reply  soon "), "Sebentar lagi siap.");
    assert_string_equal(reply_to("/ready"), "/ready");
    assert_string_equal(reply_to("hello"), "hello");
    assert_string_equal(reply_to("/reply"), "bad-input");
    assert_string_equal(reply_to("/reply never"), "bad-input");
    assert_non_null(strstr(says("/help"), "{\"command\":\"reply\","));
}

static void the_crew_is_told_what_comes_of_it(void **state)
{
    struct buf values = buf_in(arena);
    struct listener to = {.role = ROLE_BARISTA, .language = LANG_EN};
    const struct event e = {.seq = 7,
                            .topic = str_of(TOPIC_DELIVERY_COMMAND_REFUSED),
                            .payload =
                                STR("{\"order_id\":\"o\",\"uri\":\"u\",\"command\":\"ready\","
                                    "\"reason\":\"move-not-allowed\",\"by\":\"account:b\"}")};
    struct event asking = e;
    (void)state;
    asking.topic = str_of(TOPIC_CHAT_COMMAND);
    asking.payload = STR("{\"uri\":\"u\",\"order_id\":\"o\",\"shop_id\":\"s\",\"command\":\"eta\","
                         "\"argument\":10,\"by\":\"account:b\"}");
    assert_string_equal(command_word(&e, &to, &values), "CHAT_COMMAND");
    assert_non_null(strstr(buf_cstr(&values),
                           "\"outcome\":\"refused\",\"order_id\":\"o\",\"uri\":\"u\",\"command\":"
                           "\"ready\",\"reason\":\"move-not-allowed\",\"message\":\"This is not "
                           "possible any more.\",\"by\":\"account:b\"}"));
    values = buf_in(arena);
    assert_string_equal(command_word(&asking, &to, &values), "CHAT_COMMAND");
    assert_non_null(strstr(buf_cstr(&values), "\"outcome\":\"asked\",\"uri\":\"u\""));
    to.role = ROLE_CUSTOMER;
    assert_null(command_word(&e, &to, &values));
    to.role = ROLE_OWNER;
    asking.topic = str_of(TOPIC_DELIVERY_MOVED);
    assert_null(command_word(&asking, &to, &values));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_slash_and_a_letter_of_the_crew_is_one),
        TEST(it_is_read_and_asked),
        TEST(what_cannot_be_read_is_refused_by_name),
        TEST(the_same_one_is_asked_once),
        TEST(a_reply_that_is_ready_is_said_in_the_language_of_the_order),
        TEST(the_crew_is_told_what_comes_of_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
