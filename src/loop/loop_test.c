/* loop_test.c - turns of a loop: descriptors, timers, laters, and mail from several threads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "loop/loop.h"

static struct loop *loop; /* the loop of the running test */

static int make_loop(void **state)
{
    (void)state;
    loop = loop_new();
    return 0;
}

static int free_loop(void **state)
{
    (void)state;
    loop_free(&loop);
    assert_null(loop);
    loop_free(&loop);
    return 0;
}

/* A descriptor with what was seen of it. */
struct end {
    struct watch watch;
    struct end *other; /* unwatched by the first of two that is ready */
    uint32_t seen;     /* all events delivered */
    int calls;
};

static void note(struct watch *w, uint32_t events)
{
    struct end *e = CONTAINER_OF(w, struct end, watch);
    assert_ptr_equal(loop_current(), loop);
    e->seen |= events;
    e->calls++;
    loop_stop(loop);
}

static void note_and_read(struct watch *w, uint32_t events)
{
    char byte;
    assert_int_equal(read(w->fd, &byte, 1), 1);
    note(w, events);
}

static void make_pair(struct end *a, struct end *b)
{
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    *a = (struct end){.watch = {.ready = note, .fd = fds[0]}};
    *b = (struct end){.watch = {.ready = note, .fd = fds[1]}};
}

static void close_pair(struct end *a, struct end *b)
{
    close(a->watch.fd);
    close(b->watch.fd);
}

static void delivers_events(void **state)
{
    (void)state;
    struct end a, b;
    make_pair(&a, &b);
    a.watch.ready = note_and_read;
    loop_watch(loop, &a.watch, EPOLLIN);
    assert_int_equal(a.watch.events, EPOLLIN);
    assert_int_equal(write(b.watch.fd, "x", 1), 1);
    loop_run(loop);
    assert_int_equal(a.seen, EPOLLIN);
    assert_null(loop_current());

    a.watch.ready = note;
    loop_rewatch(loop, &a.watch, EPOLLIN | EPOLLOUT);
    loop_run(loop);
    assert_int_equal(a.seen, EPOLLIN | EPOLLOUT);
    loop_rewatch(loop, &a.watch, 0);
    close(b.watch.fd);
    loop_run(loop);
    assert_true(a.seen & EPOLLHUP);
    loop_unwatch(loop, &a.watch);
    close(a.watch.fd);
}

static void unwatch_other(struct watch *w, uint32_t events)
{
    struct end *e = CONTAINER_OF(w, struct end, watch);
    note(w, events);
    loop_unwatch(loop, &e->other->watch);
    /* As if freed: nothing may touch it any more. */
    memset(&e->other->watch.ready, 0, sizeof e->other->watch.ready);
}

static void unwatched_in_the_turn_means_no_event(void **state)
{
    (void)state;
    struct end a, b;
    make_pair(&a, &b);
    a.other = &b;
    b.other = &a;
    a.watch.ready = b.watch.ready = unwatch_other;
    loop_watch(loop, &a.watch, EPOLLOUT);
    loop_watch(loop, &b.watch, EPOLLOUT);
    loop_run(loop); /* both are ready in one turn */
    assert_int_equal(a.calls + b.calls, 1);
    loop_unwatch(loop, a.calls ? &a.watch : &b.watch);
    close_pair(&a, &b);
}

static void unwatch_self(struct watch *w, uint32_t events)
{
    note(w, events);
    loop_unwatch(loop, w);
}

static void one_that_unwatches_itself_is_left_alone(void **state)
{
    (void)state;
    struct end a, b;
    make_pair(&a, &b);
    a.watch.ready = unwatch_self;
    loop_watch(loop, &a.watch, EPOLLOUT);
    loop_run(loop);
    loop_stop(loop);
    loop_run(loop);
    assert_int_equal(a.calls, 1);
    close_pair(&a, &b);
}

/* A timer that writes its name. */
struct bell {
    struct timer timer;
    char name;
    struct bell *silence; /* cleared when this one fires */
    bool last;            /* ends the loop */
};

static char rung[16]; /* names in order of firing */
static size_t rung_count;

static void ring(struct timer *t)
{
    struct bell *b = CONTAINER_OF(t, struct bell, timer);
    assert_int_equal(t->slot, 0);
    rung[rung_count++] = b->name;
    rung[rung_count] = '\0';
    if (b->silence)
        loop_timer_clear(loop, &b->silence->timer);
    if (b->last)
        loop_stop(loop);
}

static void timers_fire_in_order_and_not_early(void **state)
{
    (void)state;
    struct bell a = {.timer.fire = ring, .name = 'a'};
    struct bell b = {.timer.fire = ring, .name = 'b'};
    struct bell c = {.timer.fire = ring, .name = 'c', .last = true};
    struct bell d = {.timer.fire = ring, .name = 'd'};
    rung_count = 0;
    int64_t begin = clock_mono_ns();
    loop_timer(loop, &c.timer, 400);
    loop_timer(loop, &b.timer, 10000);
    loop_timer(loop, &d.timer, 5);
    loop_timer(loop, &a.timer, -1);
    loop_timer(loop, &b.timer, 20); /* moved */
    loop_timer_clear(loop, &d.timer);
    loop_timer_clear(loop, &d.timer);
    loop_run(loop);
    assert_string_equal(rung, "abc");
    assert_true(clock_mono_ns() - begin >= 400 * NS_PER_MS);
    assert_true(loop_now_ns(loop) - begin >= 400 * NS_PER_MS);
}

static void a_timer_may_clear_another_that_is_due(void **state)
{
    (void)state;
    struct bell b = {.timer.fire = ring, .name = 'b'};
    struct bell a = {.timer.fire = ring, .name = 'a', .silence = &b};
    struct bell c = {.timer.fire = ring, .name = 'c', .last = true};
    rung_count = 0;
    loop_timer(loop, &a.timer, -1);
    loop_timer(loop, &b.timer, 0);
    loop_timer(loop, &c.timer, 0);
    int64_t due = clock_mono_ns();
    while (clock_mono_ns() == due) /* so that all three are due in the first turn */
        continue;
    loop_run(loop);
    assert_string_equal(rung, "ac");
}

static void a_far_timer_does_not_overflow(void **state)
{
    (void)state;
    struct bell a = {.timer.fire = ring, .name = 'a', .last = true};
    struct bell b = {.timer.fire = ring, .name = 'b'};
    rung_count = 0;
    loop_timer(loop, &b.timer, INT64_MAX);
    loop_timer(loop, &a.timer, 1);
    loop_run(loop);
    assert_string_equal(rung, "a");
}

/* Work at the end of a turn. */
struct chore {
    struct later later;
    int runs;
    int again; /* how often it puts itself back */
};

static void do_chore(struct later *l)
{
    struct chore *c = CONTAINER_OF(l, struct chore, later);
    c->runs++;
    if (c->again-- > 0)
        loop_later(loop, l);
    else
        loop_stop(loop);
}

static void laters_run_once_a_turn(void **state)
{
    (void)state;
    struct chore a = {.later.run = do_chore, .again = 3};
    struct chore b = {.later.run = do_chore, .again = 3};
    loop_later(loop, &a.later);
    loop_later(loop, &b.later);
    loop_later(loop, &a.later);
    loop_run(loop); /* sleeps in none of the turns that have one waiting */
    assert_int_equal(a.runs, 4);
    assert_int_equal(b.runs, 4);
}

/* One waiting later unlinks another, as an object that goes away does. */
static void drop_next(struct later *l)
{
    struct chore *c = CONTAINER_OF(l, struct chore, later);
    c->runs++;
    list_del(&c[1].later.node);
    loop_stop(loop);
}

static void a_waiting_later_can_be_unlinked(void **state)
{
    (void)state;
    struct chore c[2] = {{.later.run = drop_next}, {.later.run = do_chore}};
    loop_later(loop, &c[0].later);
    loop_later(loop, &c[1].later);
    loop_run(loop);
    assert_int_equal(c[0].runs, 1);
    assert_int_equal(c[1].runs, 0);
}

#define SENDERS 4
#define LETTERS 20000

/* A letter that knows its sender and its number. */
struct letter {
    struct mail mail;
    int sender;
    int number;
};

static struct letter letters[SENDERS][LETTERS];
static int next_number[SENDERS]; /* of each sender, the number expected next */
static int arrived;

static void receive(struct mail *m)
{
    struct letter *l = CONTAINER_OF(m, struct letter, mail);
    assert_int_equal(l->number, next_number[l->sender]++);
    if (++arrived == SENDERS * LETTERS)
        loop_stop(loop);
}

static void *post_all(void *row)
{
    for (int i = 0; i < LETTERS; i++)
        loop_post(loop, &((struct letter *)row)[i].mail);
    return NULL;
}

static void mail_comes_once_and_in_order(void **state)
{
    (void)state;
    pthread_t threads[SENDERS];
    for (int s = 0; s < SENDERS; s++) {
        for (int i = 0; i < LETTERS; i++)
            letters[s][i] = (struct letter){.mail.deliver = receive, .sender = s, .number = i};
    }
    for (int s = 0; s < SENDERS; s++)
        assert_int_equal(pthread_create(&threads[s], NULL, post_all, letters[s]), 0);
    loop_run(loop); /* hangs if a wake-up is lost */
    for (int s = 0; s < SENDERS; s++)
        pthread_join(threads[s], NULL);
    assert_int_equal(arrived, SENDERS * LETTERS);
}

/* A ball that two loops post to one another until it has gone `left` times. */
struct ball {
    struct mail mail;
    struct loop *ends[2];
    int left;
};

static void hit(struct mail *m)
{
    struct ball *b = CONTAINER_OF(m, struct ball, mail);
    if (b->left-- == 0) {
        loop_stop(b->ends[0]);
        loop_stop(b->ends[1]);
    } else {
        loop_post(b->ends[b->left % 2], m);
    }
}

static void *run_it(void *l)
{
    loop_run(l);
    return NULL;
}

static void two_loops_play(void **state)
{
    (void)state;
    struct loop *far = loop_new();
    struct ball ball = {.mail.deliver = hit, .ends = {loop, far}, .left = 10000};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, run_it, far), 0);
    loop_post(loop, &ball.mail);
    loop_run(loop);
    pthread_join(thread, NULL);
    assert_int_equal(ball.left, -1);
    loop_free(&far);
}

/* Mail to oneself needs no wake-up and is delivered in a later turn. */
struct echo {
    struct mail mail;
    int left;
};

static void post_again(struct mail *m)
{
    struct echo *e = CONTAINER_OF(m, struct echo, mail);
    if (e->left-- > 0)
        loop_post(loop, m);
    else
        loop_stop(loop);
}

static void mail_to_oneself_arrives(void **state)
{
    (void)state;
    struct echo e = {.mail.deliver = post_again, .left = 5};
    loop_post(loop, &e.mail);
    loop_run(loop);
    assert_int_equal(e.left, -1);
}

static int delivered_late;

static void count_late(struct mail *m)
{
    delivered_late++;
    assert_non_null(loop_current());
    mem_free(m); /* its own business after delivery */
}

static void freeing_delivers_what_waits(void **state)
{
    (void)state;
    struct loop *l = loop_new();
    for (int i = 0; i < 3; i++) {
        struct mail *m = mem_alloc(sizeof *m);
        m->deliver = count_late;
        loop_post(l, m);
    }
    loop_free(&l);
    assert_int_equal(delivered_late, 3);
    assert_null(loop_current());
}

static void a_stop_before_the_run_is_kept(void **state)
{
    (void)state;
    loop_stop(loop);
    loop_run(loop);
}

static void ignore(int signal)
{
    (void)signal;
}

/* Signals the thread in `arg` while it sleeps in its loop, then ends the loop. */
static void *disturb(void *arg)
{
    for (int i = 0; i < 50; i++) {
        pthread_kill(*(pthread_t *)arg, SIGUSR1);
        usleep(100);
    }
    loop_stop(loop);
    return NULL;
}

static void signals_do_not_end_it(void **state)
{
    (void)state;
    struct sigaction action = {.sa_handler = ignore};
    sigaction(SIGUSR1, &action, NULL);
    pthread_t self = pthread_self(), other;
    assert_int_equal(pthread_create(&other, NULL, disturb, &self), 0);
    loop_run(loop);
    pthread_join(other, NULL);
}

#define LOOP_TEST(f) cmocka_unit_test_setup_teardown(f, make_loop, free_loop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LOOP_TEST(delivers_events),
        LOOP_TEST(unwatched_in_the_turn_means_no_event),
        LOOP_TEST(one_that_unwatches_itself_is_left_alone),
        LOOP_TEST(timers_fire_in_order_and_not_early),
        LOOP_TEST(a_timer_may_clear_another_that_is_due),
        LOOP_TEST(a_far_timer_does_not_overflow),
        LOOP_TEST(laters_run_once_a_turn),
        LOOP_TEST(a_waiting_later_can_be_unlinked),
        LOOP_TEST(mail_comes_once_and_in_order),
        LOOP_TEST(two_loops_play),
        LOOP_TEST(mail_to_oneself_arrives),
        LOOP_TEST(freeing_delivers_what_waits),
        LOOP_TEST(a_stop_before_the_run_is_kept),
        LOOP_TEST(signals_do_not_end_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
