/* people_test.c - who works where and whose session is over: true the moment a commit is answered,
 * true again after a start, whether or not app's tables had followed; names from the tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>

#include "app/people_fixture.h"
#include "app/service.h"

/* ---- Asking ---- */

static struct caller someone(const char *id, enum role claimed, const char *session)
{
    return (struct caller){.role = claimed, .id = str_of(id), .session = str_of(session)};
}

static struct caller resolved(const char *id, enum role claimed)
{
    struct caller c = someone(id, claimed, NULL);
    assert_true(people_resolve(people, &c, arena));
    return c;
}

static bool session_lives(const char *session)
{
    struct caller c = someone("a", ROLE_CUSTOMER, session);
    return people_resolve(people, &c, arena);
}

/* ---- The end and a new start ---- */

static const struct follower follower[] = {{"app", people_reactions, PEOPLE_REACTIONS}};

static void shut(void)
{
    writer_stop(&writer);
    people_free(&people);
    journal_free(&journal);
}

/* As the house does at its start. */
static void start_again(void)
{
    shut();
    journal_open();
    struct db *db = house_open(&house, DB_WRITE);
    people = people_new(journal, db);
    assert_int_equal(db->status, DB_OK);
    db_close(&db);
}

/* Let app's tables follow to the head, and start again. */
static void follow_and_start_again(void)
{
    struct followers *f = followers_start(journal, writer, follower, 1);
    while (followers_cursor(f, "app") < journal_head(journal))
        assert_int_equal(task_do(&house, writer, idle, 0), UNIT_DONE);
    followers_stop(f);
    writer_stop(&writer);
    followers_free(&f);
    start_again();
}

/* ---- Tests ---- */

static void whoever_works_nowhere_is_a_customer(void **state)
{
    (void)state;
    const enum role claims[] = {ROLE_ADMIN, ROLE_OWNER, ROLE_MANAGER, ROLE_BARISTA, ROLE_COURIER};
    for (size_t i = 0; i < ARRAY_LEN(claims); i++) {
        struct caller c = someone("a", claims[i], NULL);
        c.shop = STR("claimed");
        assert_true(people_resolve(people, &c, arena));
        assert_int_equal(c.role, ROLE_CUSTOMER);
        assert_null(c.shop.at);
        assert_int_equal(c.grant_count, 0);
        assert_int_equal(caller_roles(&c), ROLE_BIT(ROLE_CUSTOMER));
    }
}

static void assert_spans(const char *want)
{
    struct grant_span *spans;
    char got[500] = "";
    struct db *db = house_open(&house, DB_READ);
    size_t count = people_spans(db, STR("a"), arena, &spans);
    for (size_t i = 0; i < count; i++) {
        size_t len = strlen(got);
        snprintf(got + len, sizeof got - len, "%.*s %s %d-%d; ", STR_ARG(spans[i].shop),
                 role_word(spans[i].role), (int)spans[i].after,
                 spans[i].upto == INT64_MAX ? 0 : (int)spans[i].upto);
    }
    assert_int_equal(db->status, DB_OK);
    assert_string_equal(got, want);
    db_close(&db);
}

static void it_is_known_since_when_and_until_when(void **state)
{
    (void)state;
    assert_spans("");
    hire("a", "s1", "barista"); /* 1 */
    hire("b", "s1", "owner");   /* 2 */
    hire("a", "s1", "barista"); /* 3: nothing new */
    hire("a", "s2", "courier"); /* 4 */
    hire("a", "s1", "manager"); /* 5 */
    dismiss("a", "s2");         /* 6 */
    const char *want = "s1 barista 0-4; s2 courier 3-5; s1 manager 4-0; ";
    const char *sorted = "s1 barista 0-4; s1 manager 4-0; s2 courier 3-5; ";
    assert_spans(want);
    follow_and_start_again();
    assert_spans(sorted);
    hire("a", "s2", "owner"); /* 7 */
    dismiss("a", "s1");       /* 8 */
    assert_spans("s1 barista 0-4; s1 manager 4-7; s2 courier 3-5; s2 owner 6-0; ");
    follow_and_start_again();
    assert_spans("s1 barista 0-4; s1 manager 4-7; s2 courier 3-5; s2 owner 6-0; ");
}

static bool worked(const char *account, unsigned roles, int64_t seq)
{
    struct db *db = house_open(&house, DB_READ);
    bool did = people_worked_in(db, str_of(account), STR("s1"), roles, seq, arena);
    assert_int_equal(db->status, DB_OK);
    db_close(&db);
    return did;
}

static void who_worked_there_is_asked_of_a_place_in_the_order_of_events(void **state)
{
    (void)state;
    hire("a", "s1", "barista");                     /* 1 */
    hire("b", "s2", "owner");                       /* 2 */
    hire("a", "s1", "courier");                     /* 3 */
    dismiss("a", "s1");                             /* 4 */
    account_is("account.created", "c", "admin");    /* 5 */
    account_is("account.changed", "c", "customer"); /* 6 */
    for (int round = 0; round < 2; round++) {
        assert_true(worked("a", WHO_STAFF, 1));
        assert_true(worked("a", WHO_STAFF, 2));
        assert_false(worked("a", WHO_STAFF, 3));
        assert_true(worked("a", WHO_CREW, 3));
        assert_false(worked("a", WHO_CREW, 4));
        assert_false(worked("b", WHO_CREW, 5));
        assert_false(worked("c", WHO_CREW, 6));
        assert_false(worked("nobody", WHO_CREW, 6));
        if (round == 0) {
            assert_true(worked("c", WHO_CREW, 5));
            assert_false(worked("c", ROLE_BIT(ROLE_OWNER), 5));
            follow_and_start_again();
        }
    }
}

static void older_grants_count_from_the_beginning(void **state)
{
    (void)state;
    house_script(&house, "DROP TABLE app_grant_spans;"
                         "INSERT INTO app_grants (account_id, shop_id, role)"
                         " VALUES ('a', 's1', 'owner');" PEOPLE_SPANS);
    assert_spans("s1 owner 0-0; ");
}

static void devices_services_and_nobody_stay_as_they_are(void **state)
{
    (void)state;
    const enum role kept[] = {ROLE_KIOSK, ROLE_GUEST, ROLE_SERVICE, ROLE_NONE};
    hire("a", "s1", "owner");
    for (size_t i = 0; i < ARRAY_LEN(kept); i++) {
        struct caller c = someone("a", kept[i], NULL);
        c.shop = STR("s9");
        assert_true(people_resolve(people, &c, arena));
        assert_int_equal(c.role, kept[i]);
        assert_true(str_is(c.shop, "s9"));
        assert_int_equal(c.grant_count, 0);
    }
}

static void grants_are_known_once_told(void **state)
{
    (void)state;
    uint64_t version = people_version(people);
    hire("a", "s2", "courier");
    assert_true(people_version(people) > version);
    hire("a", "s1", "barista");
    struct caller c = resolved("a", ROLE_CUSTOMER);
    assert_int_equal(c.role, ROLE_BARISTA);
    assert_int_equal(c.grant_count, 2);
    assert_true(str_is(c.shop, "s1"));
    assert_true(caller_works_in(&c, STR("s2"), ROLE_BIT(ROLE_COURIER)));
    assert_false(caller_works_in(&c, STR("s2"), WHO_STAFF));
    assert_false(caller_works_in(&c, STR("s3"), WHO_CREW));
    hire("a", "s2", "owner"); /* another role in the same shop */
    c = resolved("a", ROLE_CUSTOMER);
    assert_int_equal(c.role, ROLE_OWNER);
    assert_int_equal(c.grant_count, 2);
    assert_int_equal(caller_roles(&c), ROLE_BIT(ROLE_OWNER) | ROLE_BIT(ROLE_BARISTA));
}

static void a_dismissal_takes_one_shop_away(void **state)
{
    (void)state;
    hire("a", "s1", "owner");
    hire("a", "s2", "barista");
    uint64_t version = people_version(people);
    dismiss("a", "s1");
    assert_true(people_version(people) > version);
    struct caller c = resolved("a", ROLE_OWNER);
    assert_int_equal(c.role, ROLE_BARISTA);
    assert_true(str_is(c.shop, "s2"));
    dismiss("a", "s1");
    dismiss("a", "s2");
    dismiss("nobody", "s2");
    assert_int_equal(resolved("a", ROLE_OWNER).role, ROLE_CUSTOMER);
}

static void admins_come_and_go(void **state)
{
    (void)state;
    account_is("account.created", "a", "admin");
    account_is("account.created", "b", "customer");
    hire("a", "s1", "barista");
    struct caller c = resolved("a", ROLE_CUSTOMER);
    assert_int_equal(c.role, ROLE_ADMIN);
    assert_true(caller_works_in(&c, STR("anywhere"), ROLE_BIT(ROLE_OWNER)));
    assert_int_equal(resolved("b", ROLE_ADMIN).role, ROLE_CUSTOMER);
    account_is("account.changed", "a", "customer");
    assert_int_equal(resolved("a", ROLE_ADMIN).role, ROLE_BARISTA);
    account_is("account.changed", "b", "admin");
    assert_int_equal(resolved("b", ROLE_CUSTOMER).role, ROLE_ADMIN);
}

static void an_ended_session_is_over_for_everybody(void **state)
{
    (void)state;
    assert_true(session_lives("x"));
    uint64_t version = people_version(people);
    end_session("x", in_an_hour());
    assert_true(people_version(people) > version);
    assert_false(session_lives("x"));
    assert_true(session_lives("y"));
    struct caller kiosk = someone("k", ROLE_KIOSK, "x");
    assert_false(people_resolve(people, &kiosk, arena));
}

static void what_is_not_understood_changes_nothing(void **state)
{
    (void)state;
    uint64_t version = people_version(people);
    hire("a", "s1", "admin");
    hire("a", "s1", "customer");
    hire("a", "s1", "nonsense");
    hire("", "s1", "owner");
    hire("a", "", "owner");
    account_is("account.created", "a", "owner");
    tell_people("session.ended", "{\"account_id\":\"a\"}");
    tell_people("shop.staff_removed", "{}");
    tell_people("shop.changed", "{\"account_id\":\"a\",\"shop_id\":\"s\",\"role\":\"owner\"}");
    assert_int_equal(people_version(people), version);
    assert_int_equal(resolved("a", ROLE_OWNER).role, ROLE_CUSTOMER);
}

static void tell_a_story(void)
{
    account_is("account.created", "a", "admin");
    account_is("account.created", "b", "customer");
    account_is("account.created", "c", "admin");
    account_is("account.changed", "c", "customer");
    hire("b", "s2", "barista");
    hire("b", "s1", "courier");
    hire("b", "s1", "manager");
    hire("c", "s1", "owner");
    dismiss("c", "s1");
    end_session("x", in_an_hour());
}

static void check_the_story(void)
{
    assert_int_equal(resolved("a", ROLE_CUSTOMER).role, ROLE_ADMIN);
    struct caller b = resolved("b", ROLE_CUSTOMER);
    assert_int_equal(b.role, ROLE_MANAGER);
    assert_int_equal(b.grant_count, 2);
    assert_true(str_is(b.shop, "s1"));
    assert_int_equal(resolved("c", ROLE_OWNER).role, ROLE_CUSTOMER);
    assert_false(session_lives("x"));
    assert_true(session_lives("y"));
}

static void a_start_knows_what_the_journal_told(void **state)
{
    (void)state;
    tell_a_story();
    check_the_story();
    start_again();
    check_the_story();
}

static void a_start_knows_what_the_tables_hold(void **state)
{
    (void)state;
    tell_a_story();
    follow_and_start_again();
    check_the_story();
    assert_int_equal(house_number(&house, "SELECT count(*) FROM app_people"), 3);
    assert_int_equal(house_number(&house, "SELECT count(*) FROM app_grants"), 2);
    assert_int_equal(house_number(&house, "SELECT count(*) FROM app_ended_sessions"), 1);
    /* And of what came behind the tables' cursor, from the journal. */
    dismiss("b", "s1");
    hire("c", "s3", "courier");
    account_is("account.changed", "a", "customer");
    end_session("y", in_an_hour());
    start_again();
    assert_int_equal(resolved("a", ROLE_ADMIN).role, ROLE_CUSTOMER);
    assert_int_equal(resolved("b", ROLE_CUSTOMER).role, ROLE_BARISTA);
    assert_int_equal(resolved("c", ROLE_CUSTOMER).role, ROLE_COURIER);
    assert_false(session_lives("x"));
    assert_false(session_lives("y"));
}

/* The tables hold this alone when the journal's cursor is beyond all events. */
static void a_start_reads_the_tables_alone_when_they_followed(void **state)
{
    (void)state;
    tell_a_story();
    follow_and_start_again();
    house_script(&house, "DELETE FROM app_grants; DELETE FROM app_ended_sessions;"
                         "DELETE FROM app_people;");
    start_again();
    assert_int_equal(resolved("b", ROLE_OWNER).role, ROLE_CUSTOMER);
    assert_true(session_lives("x"));
}

static void sweep(struct task *t, struct db *tx)
{
    people_sweep(tx, t->number);
}

static void ended_sessions_are_forgotten_in_time(void **state)
{
    (void)state;
    int64_t until = in_an_hour();
    end_session("x", until);
    end_session("y", until + US_PER_S);
    follow_and_start_again();
    assert_int_equal(task_do(&house, writer, sweep, until), UNIT_DONE);
    assert_int_equal(house_number(&house, "SELECT count(*) FROM app_ended_sessions"), 2);
    assert_int_equal(task_do(&house, writer, sweep, until + 1), UNIT_DONE);
    assert_int_equal(house_number(&house, "SELECT count(*) FROM app_ended_sessions"), 1);
}

static void append_ends(struct task *t, struct db *tx)
{
    const struct str channel = PEOPLE_CHANNEL;
    for (int i = 0; i < 500; i++) {
        char payload[120];
        snprintf(payload, sizeof payload,
                 "{\"session_id\":\"s%lld-%d\",\"until\":\"2020-01-01T00:00:00Z\"}",
                 (long long)t->number, i);
        journal_append(tx, &(struct event_draft){.topic = "session.ended",
                                                 .key = STR("key"),
                                                 .actor = STR("service:test"),
                                                 .at_us = 1000,
                                                 .payload = str_of(payload),
                                                 .channels = &channel,
                                                 .channel_count = 1});
    }
}

static void memory_forgets_old_ends_too(void **state)
{
    (void)state;
    end_session("x", in_an_hour());
    for (int i = 0; i < 8; i++)
        assert_int_equal(task_do(&house, writer, append_ends, i), UNIT_DONE);
    assert_false(session_lives("x"));
    assert_true(session_lives("s0-0")); /* its tokens ended long ago */
}

static void names_come_from_the_tables(void **state)
{
    (void)state;
    struct person person;
    tell_a_story();
    follow_and_start_again();
    struct db *db = house_open(&house, DB_READ);
    assert_true(people_by_id(db, STR("b"), arena, &person));
    assert_true(str_is(person.username, "name of b"));
    assert_true(people_by_username(db, STR("name of a"), arena, &person));
    assert_true(str_is(person.id, "a"));
    assert_false(people_by_id(db, STR("z"), arena, &person));
    assert_false(people_by_username(db, STR("a"), arena, &person));
    assert_true(str_is(people_actor_name(db, STR("account:b"), arena), "name of b"));
    assert_true(str_is(people_actor_name(db, STR("account:z"), arena), "account:z"));
    assert_true(str_is(people_actor_name(db, STR("kiosk:b"), arena), "kiosk:b"));
    db_close(&db);
}

/* ---- Threads ---- */

static atomic_bool enough;

static void *ask_for_ever(void *arg)
{
    struct arena *own = arena_new(1 << 20);
    (void)arg;
    while (!atomic_load(&enough)) {
        struct caller c = someone("a", ROLE_OWNER, "x");
        uint64_t version = people_version(people);
        if (people_resolve(people, &c, own) && c.grant_count > 0)
            CHECK(c.grants[0].shop.len == 2 && c.role != ROLE_CUSTOMER);
        CHECK(people_version(people) >= version);
        arena_reset(own);
    }
    arena_free(&own);
    return NULL;
}

static void may_be_asked_while_it_learns(void **state)
{
    (void)state;
    pthread_t threads[2];
    atomic_store(&enough, false);
    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ask_for_ever, NULL), 0);
    for (int i = 0; i < 50; i++) {
        hire("a", "s1", "owner");
        hire("a", "s2", "barista");
        dismiss("a", "s1");
        dismiss("a", "s2");
    }
    end_session("x", in_an_hour());
    assert_false(session_lives("x"));
    atomic_store(&enough, true);
    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        pthread_join(threads[i], NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, people_setup, people_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(whoever_works_nowhere_is_a_customer),
        TEST(devices_services_and_nobody_stay_as_they_are),
        TEST(grants_are_known_once_told),
        TEST(a_dismissal_takes_one_shop_away),
        TEST(it_is_known_since_when_and_until_when),
        TEST(who_worked_there_is_asked_of_a_place_in_the_order_of_events),
        TEST(older_grants_count_from_the_beginning),
        TEST(admins_come_and_go),
        TEST(an_ended_session_is_over_for_everybody),
        TEST(what_is_not_understood_changes_nothing),
        TEST(a_start_knows_what_the_journal_told),
        TEST(a_start_knows_what_the_tables_hold),
        TEST(a_start_reads_the_tables_alone_when_they_followed),
        TEST(ended_sessions_are_forgotten_in_time),
        TEST(memory_forgets_old_ends_too),
        TEST(names_come_from_the_tables),
        TEST(may_be_asked_while_it_learns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
