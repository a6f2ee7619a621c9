/* cursor_test.c - followers: every event takes effect once, in order, over restarts, failures and
 * kill -9. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <sys/wait.h>

#include "base/metrics.h"
#include "journal/cursor.h"
#include "journal/fixture.h"

static struct followers *followers;

/* Makes reactions of "cook" fail at this seq; 0: none. */
static _Atomic int64_t poison;

static void see(struct db *tx, const char *who, const struct event *e)
{
    db_exec(tx, "INSERT INTO seen (who, seq) VALUES (?, ?)", DB_CSTR(who), DB_INT(e->seq));
}

static void cook_told(struct db *tx, const struct event *e)
{
    see(tx, "cook", e);
    if (e->seq == atomic_load(&poison))
        db_fail(tx, "poisoned");
}

static void cook_answers(struct db *tx, const struct event *e)
{
    see(tx, "cook", e);
    tell(tx, "test.answer", "k", &STR("all"), 1);
}

static void bell_told(struct db *tx, const struct event *e)
{
    see(tx, "bell", e);
}

static bool is_mine(const struct event *e)
{
    return str_is(e->key, "mine");
}

static void cook_takes(struct db *tx, const struct event *e)
{
    see(tx, "cook", e);
}

static const struct reaction cook_reactions[] = {
    {.topic = "test.told", .react = cook_told},
    {.topic = "test.ask", .react = cook_answers},
    {.topic = "test.picky", .react = cook_takes, .concerns = is_mine},
};
static const struct reaction bell_reactions[] = {{.topic = "test.answer", .react = bell_told},
                                                 {.topic = "test.told", .react = bell_told}};
static const struct follower all[] = {{"cook", cook_reactions, ARRAY_LEN(cook_reactions)},
                                      {"bell", bell_reactions, ARRAY_LEN(bell_reactions)}};

static void follow(void)
{
    followers = followers_start(journal, writer, all, ARRAY_LEN(all));
}

static void unfollow(void)
{
    followers_stop(followers);
    journal_shut();
    followers_free(&followers);
}

static int setup(void **state)
{
    poison = 0;
    journal_setup(state);
    follow();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    unfollow();
    house_fini(&house);
    return 0;
}

static void wait_for(const char *name, int64_t seq)
{
    while (followers_cursor(followers, name) < seq)
        usleep(500);
}

static int64_t last_seq(void)
{
    return house_number(&house, "SELECT COALESCE(MAX(seq), 0) FROM journal_events");
}

/* Until everybody has reacted to everything, and it is durable. */
static void wait_for_all(void)
{
    int64_t head;
    do {
        head = last_seq();
        wait_for("cook", head);
        wait_for("bell", head);
    } while (head != last_seq() || journal_head(journal) < head);
}

static void tell_idle(struct task *t, struct db *tx)
{
    for (int64_t i = 0; i < t->number; i++)
        tell(tx, "test.nobody", "k", NULL, 0);
}

static void tell_ask(struct task *t, struct db *tx)
{
    (void)t;
    tell(tx, "test.ask", "k", NULL, 0);
}

static void tell_both(struct task *t, struct db *tx)
{
    for (int64_t i = 0; i < t->number; i++) {
        tell_one(t, tx);
        tell(tx, "test.nobody", "k", NULL, 0);
    }
}

/* Everybody reacted to each "test.told" once, and in order. */
static void check_seen(void)
{
    int64_t told = house_number(&house, "SELECT COUNT(*) FROM journal_events"
                                        " WHERE topic = 'test.told'");
    assert_int_equal(house_number(&house, "SELECT COUNT(*) FROM seen s JOIN journal_events e"
                                          " ON e.seq = s.seq AND e.topic = 'test.told'"
                                          " WHERE who = 'cook'"),
                     told);
    assert_int_equal(house_number(&house, "SELECT COUNT(DISTINCT s.seq) FROM seen s"
                                          " JOIN journal_events e ON e.seq = s.seq"
                                          " AND e.topic = 'test.told' WHERE who = 'cook'"),
                     told);
    assert_int_equal(house_number(&house, "SELECT COUNT(*) FROM (SELECT seq, LAG(seq) OVER"
                                          " (PARTITION BY who ORDER BY rowid) AS before FROM seen)"
                                          " WHERE before >= seq"),
                     0);
}

static void tell_picky(struct task *t, struct db *tx)
{
    (void)t;
    tell(tx, "test.picky", "yours", NULL, 0);
    tell(tx, "test.picky", "mine", NULL, 0);
    tell(tx, "test.picky", "yours", NULL, 0);
}

static void test_what_does_not_concern_is_passed_over(void **state)
{
    (void)state;
    assert_int_equal(task_do(&house, writer, tell_picky, 0), UNIT_DONE);
    wait_for_all();
    assert_int_equal(house_number(&house, "SELECT COUNT(*) FROM seen s JOIN journal_events e"
                                          " ON e.seq = s.seq WHERE e.topic = 'test.picky'"),
                     1);
    assert_int_equal(house_number(&house, "SELECT COUNT(*) FROM seen s JOIN journal_events e"
                                          " ON e.seq = s.seq WHERE e.about = 'mine'"),
                     1);
}

static void test_each_event_once(void **state)
{
    (void)state;
    static struct task tasks[500];
    for (size_t i = 0; i < ARRAY_LEN(tasks); i++)
        task_send(&house, writer, &tasks[i], tell_one, 0);
    house_wait(&house);
    wait_for_all();
    assert_int_equal(house_number(&house, "SELECT COUNT(*) FROM seen"), 1000);
    check_seen();
    assert_int_equal(metric_get(METRIC_REACTION_LAG), 0);
}

static void test_reactions_lead_to_reactions(void **state)
{
    (void)state;
    for (int i = 0; i < 10; i++)
        assert_int_equal(task_do(&house, writer, tell_ask, 0), UNIT_DONE);
    wait_for_all();
    assert_int_equal(journal_head(journal), 20);
    assert_int_equal(house_number(&house, "SELECT COUNT(*) FROM seen WHERE who = 'bell'"), 10);
    check_seen();
}

static void test_what_interests_nobody_costs_nothing(void **state)
{
    (void)state;
    assert_int_equal(task_do(&house, writer, tell_idle, 1), UNIT_DONE);
    wait_for_all();
    int64_t batches = metric_get(METRIC_BATCHES);
    for (int i = 0; i < 100; i++)
        assert_int_equal(task_do(&house, writer, tell_idle, 10), UNIT_DONE);
    assert_int_equal(followers_cursor(followers, "cook"), journal_head(journal));
    assert_int_equal(metric_get(METRIC_BATCHES) - batches, 100);
    unfollow();
    assert_int_equal(house_number(&house, "SELECT MIN(seq) FROM journal_cursors"), 1001);
    journal_open();
    follow();
}

static void test_the_cursor_is_stored_now_and_then(void **state)
{
    (void)state;
    for (int i = 0; i < 10; i++)
        assert_int_equal(task_do(&house, writer, tell_idle, 1000), UNIT_DONE);
    assert_int_equal(task_do(&house, writer, idle, 0), UNIT_DONE);
    assert_true(house_number(&house, "SELECT MIN(seq) FROM journal_cursors") >= 4096);
}

static void test_catches_up_after_a_restart(void **state)
{
    (void)state;
    assert_int_equal(task_do(&house, writer, tell_both, 20), UNIT_DONE);
    wait_for_all();
    unfollow();
    journal_open();
    for (int i = 0; i < 12; i++)
        assert_int_equal(task_do(&house, writer, tell_both, 500), UNIT_DONE);
    journal_shut();
    journal_open();
    follow();
    assert_int_equal(task_do(&house, writer, tell_both, 300), UNIT_DONE);
    wait_for_all();
    check_seen();
    assert_int_equal(house_number(&house, "SELECT COUNT(*) FROM seen WHERE who = 'bell'"), 6320);
}

static void test_keeps_up_with_much(void **state)
{
    (void)state;
    for (int i = 0; i < 30; i++)
        assert_int_equal(task_do(&house, writer, tell_both, 400), UNIT_DONE);
    wait_for_all();
    check_seen();
    assert_int_equal(house_number(&house, "SELECT COUNT(*) FROM seen WHERE who = 'cook'"), 12000);
}

static void test_a_failing_reaction_is_never_skipped(void **state)
{
    (void)state;
    poison = 31;
    assert_int_equal(task_do(&house, writer, tell_both, 50), UNIT_DONE);
    wait_for("bell", 100);
    wait_for("cook", 30); /* what lies before it gets through */
    assert_true(followers_cursor(followers, "cook") < 31);
    assert_true(metric_get(METRIC_REACTION_LAG) > 0);
    poison = 0;
    wait_for_all();
    check_seen();
}

static void test_stop_in_the_middle(void **state)
{
    (void)state;
    for (int round = 0; round < 10; round++) {
        struct task tasks[3];
        for (int i = 0; i < 3; i++)
            task_send(&house, writer, &tasks[i], tell_both, 200);
        house_wait(&house);
        unfollow();
        journal_open();
        follow();
    }
    wait_for_all();
    check_seen();
}

static void test_unknown_follower_has_nothing_to_do(void **state)
{
    (void)state;
    assert_int_equal(task_do(&house, writer, tell_idle, 7), UNIT_DONE);
    assert_int_equal(followers_cursor(followers, "nobody"), 7);
}

/* Kill -9: a child works until it is killed; then what it left must be whole. */

static _Noreturn void work_until_killed(void)
{
    house.loop = loop_new();
    journal_open();
    follow();
    for (;;) {
        struct task tasks[20];
        for (int i = 0; i < 20; i++)
            task_send(&house, writer, &tasks[i], i % 4 ? tell_both : tell_ask, 3);
        house_wait(&house);
    }
}

static int setup_folder(void **state)
{
    (void)state;
    poison = 0;
    house_init(&house);
    loop_free(&house.loop);
    house_script(&house, "CREATE TABLE seen (who {key} NOT NULL, seq {int} NOT NULL) {table}");
    return 0;
}

static int teardown_folder(void **state)
{
    house.loop = loop_new();
    return teardown(state);
}

static void test_kill(void **state)
{
    (void)state;
    for (int round = 0; round < 6; round++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0)
            work_until_killed();
        usleep((useconds_t)(60000 + round * 30000));
        assert_int_equal(kill(child, SIGKILL), 0);
        assert_int_equal(waitpid(child, NULL, 0), child);
    }
    journal_open();
    follow();
    wait_for_all();
    check_seen();
    assert_int_equal(house_number(&house, "SELECT MAX(seq) - COUNT(*) FROM journal_events"), 0);
    assert_int_equal(house_number(&house, "SELECT COUNT(*) FROM journal_events WHERE topic ="
                                          " 'test.answer'"),
                     house_number(&house, "SELECT COUNT(*) FROM journal_events WHERE topic ="
                                          " 'test.ask'"));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_kill, setup_folder, teardown_folder),
        T(test_each_event_once),
        T(test_what_does_not_concern_is_passed_over),
        T(test_reactions_lead_to_reactions),
        T(test_what_interests_nobody_costs_nothing),
        T(test_the_cursor_is_stored_now_and_then),
        T(test_catches_up_after_a_restart),
        T(test_keeps_up_with_much),
        T(test_a_failing_reaction_is_never_skipped),
        T(test_stop_in_the_middle),
        T(test_unknown_follower_has_nothing_to_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
