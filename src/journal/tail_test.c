/* tail_test.c - taps on the live tail: no gap, no repeat, and nothing after the end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>

#include "journal/fixture.h"

/* A tap that checks what it is given. */
struct ear {
    struct journal_tap tap; /* the journal's */
    int64_t last;           /* seq it has heard, or begun from */
    int64_t stop_at;        /* takes itself off after this seq; 0: never */
    struct ear *other;      /* and this one, too */
    int heard;              /* events */
    int turns;              /* batches */
    bool off;               /* was taken off */
};

static void hear(struct journal_tap *tap, struct event *e)
{
    struct ear *ear = CONTAINER_OF(tap, struct ear, tap);
    assert_false(ear->off);
    assert_int_equal(e->seq, ear->last + 1);
    assert_true(str_is(e->topic, "test.told"));
    assert_int_equal(e->channel_count, 1);
    assert_true(str_is(e->channels[0], "all"));
    assert_true(id_valid(id_str(&e->id)));
    assert_true(str_is(e->payload, "{\"n\":1}"));
    ear->last = e->seq;
    ear->heard++;
    if (e->seq != ear->stop_at)
        return;
    journal_untap(journal, tap);
    ear->off = true;
    if (ear->other) {
        journal_untap(journal, &ear->other->tap);
        ear->other->off = true;
    }
}

static void turn(struct journal_tap *tap)
{
    struct ear *ear = CONTAINER_OF(tap, struct ear, tap);
    assert_false(ear->off);
    ear->turns++;
}

static void open_ear(struct ear *ear, struct loop *loop)
{
    ear->tap.loop = loop;
    ear->tap.deliver = hear;
    ear->tap.turn = turn;
    ear->off = false;
    ear->last = journal_tap(journal, &ear->tap);
}

static void tell_many(int count)
{
    struct task *tasks = mem_alloc((size_t)count * sizeof *tasks);
    for (int i = 0; i < count; i++)
        task_send(&house, writer, &tasks[i], tell_one, i);
    house_wait(&house);
    mem_free(tasks);
}

static void test_all_from_the_head_on(void **state)
{
    (void)state;
    struct ear early = {0};
    struct ear late = {0};
    open_ear(&early, house.loop);
    assert_int_equal(early.last, 0);
    tell_many(10);
    open_ear(&late, house.loop);
    assert_int_equal(late.last, 10);
    tell_many(10);
    assert_int_equal(early.heard, 20);
    assert_int_equal(late.heard, 10);
    assert_true(early.turns > 0);
    journal_untap(journal, &early.tap);
    journal_untap(journal, &early.tap);
    tell_many(5);
    assert_int_equal(early.heard, 20);
    assert_int_equal(late.heard, 15);
    journal_untap(journal, &late.tap);
}

static void test_taps_may_go_while_being_called(void **state)
{
    (void)state;
    struct ear ears[4] = {0};
    for (int i = 0; i < 4; i++)
        open_ear(&ears[i], house.loop);
    ears[0].stop_at = 3;
    ears[1].stop_at = 5;
    ears[1].other = &ears[2];
    tell_many(50);
    assert_int_equal(ears[0].heard, 3);
    assert_int_equal(ears[1].heard, 5);
    assert_true(ears[2].heard <= 50);
    assert_int_equal(ears[3].heard, 50);
    journal_untap(journal, &ears[3].tap);
}

/* Mail that is on its way when the tap goes must not reach it: the tap is freed at once. */
static void test_mail_outlives_its_tap(void **state)
{
    (void)state;
    struct loop *deaf = loop_new(); /* never runs; delivers its mail when it is freed */
    struct ear *ear = mem_alloc(sizeof *ear);
    open_ear(ear, deaf);
    tell_many(20);
    journal_untap(journal, &ear->tap);
    mem_free(ear);
    tell_many(20);
    journal_shut();
    loop_free(&deaf);
    journal_open();
}

/* A loop on its own thread where an ear comes and goes, each time from the head on. */
struct listener {
    struct loop *loop;  /* its own */
    pthread_t thread;   /* runs listen_main() */
    struct timer timer; /* when the next ear comes */
    struct ear ears[2]; /* in turns */
    int64_t total;      /* events heard by both */
    int rounds;         /* how often an ear came */
};

static void come_and_go(struct timer *t)
{
    struct listener *l = CONTAINER_OF(t, struct listener, timer);
    struct ear *ear = &l->ears[l->rounds++ % 2];
    if (list_linked(&ear->tap.node))
        journal_untap(journal, &ear->tap);
    open_ear(ear, l->loop);
    loop_timer(l->loop, t, 1);
}

static void *listen_main(void *arg)
{
    struct listener *l = arg;
    l->timer.fire = come_and_go;
    loop_timer(l->loop, &l->timer, 0);
    loop_run(l->loop);
    loop_timer_clear(l->loop, &l->timer);
    for (int i = 0; i < 2; i++) {
        journal_untap(journal, &l->ears[i].tap);
        l->total += l->ears[i].heard;
    }
    return NULL;
}

static void test_no_gap_and_no_repeat_under_threads(void **state)
{
    (void)state;
    static struct listener listeners[3];
    struct ear steady = {0};
    memset(listeners, 0, sizeof listeners);
    open_ear(&steady, house.loop);
    for (int i = 0; i < 3; i++) {
        listeners[i].loop = loop_new();
        pthread_create(&listeners[i].thread, NULL, listen_main, &listeners[i]);
    }
    for (int i = 0; i < 60; i++)
        tell_many(40);
    for (int i = 0; i < 3; i++) {
        loop_stop(listeners[i].loop);
        pthread_join(listeners[i].thread, NULL);
        loop_free(&listeners[i].loop);
        assert_true(listeners[i].total > 0);
    }
    assert_int_equal(steady.heard, 2400);
    journal_untap(journal, &steady.tap);
}

/* An event outlives the call if it is referenced. */
static struct event *kept;

static void keep(struct journal_tap *tap, struct event *e)
{
    (void)tap;
    event_ref(e);
    kept = e;
}

static void test_events_are_counted(void **state)
{
    (void)state;
    struct journal_tap tap = {.loop = house.loop, .deliver = keep};
    journal_tap(journal, &tap);
    tell_many(1);
    journal_untap(journal, &tap);
    journal_shut();
    assert_int_equal(kept->seq, 1);
    assert_true(str_is(kept->actor, "service:test"));
    event_unref(kept);
    journal_open();
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, journal_setup, journal_teardown)
    const struct CMUnitTest tests[] = {
        T(test_all_from_the_head_on),  T(test_taps_may_go_while_being_called),
        T(test_mail_outlives_its_tap), T(test_no_gap_and_no_repeat_under_threads),
        T(test_events_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
