/* loop.c - one epoll loop: descriptors, mail, timers, and work at the end of a turn.
 *
 * The mailbox is a stack that senders push on with one compare-and-swap; the loop takes all of it
 * with one exchange and turns it round. Only who finds it empty wakes the loop. The eventfd that
 * wakes it is watched edge-triggered and never read: each write is an edge of its own, and its
 * counter cannot fill in any lifetime. */
#include "loop/loop.h"

#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "loop/timers.h"

#define EVENTS_MAX   256
#define DELAY_MAX_MS (INT64_C(100) * 365 * 86400 * 1000) /* further away is as good as never */

struct loop {
    int epoll_fd;
    int wake_fd;                /* eventfd, written to end epoll_wait() */
    _Atomic(struct mail *) box; /* mail not yet taken, newest first */
    _Atomic bool stop;          /* end after this turn */
    _Atomic int callers;        /* other threads that are inside a call about this loop */
    int64_t now_ns;             /* start of this turn */
    struct timers timers;       /* all that are set */
    struct list laters;         /* struct later to run at the end of this turn */
    int event_at;               /* the event being delivered */
    int event_count;            /* events collected in this turn */
    struct epoll_event events[EVENTS_MAX]; /* data.ptr: its watch; NULL: nobody's any more */
};

static _Thread_local struct loop *current;

struct loop *loop_new(void)
{
    struct loop *l = mem_alloc(sizeof *l);
    l->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    l->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    CHECK(l->epoll_fd >= 0 && l->wake_fd >= 0);
    struct epoll_event wake = {.events = EPOLLIN | EPOLLET};
    CHECK(epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, l->wake_fd, &wake) == 0);
    list_init(&l->laters);
    l->now_ns = clock_mono_ns();
    return l;
}

/* Deliver all mail that waits now; what is posted meanwhile waits for the next turn. */
static void deliver_mail(struct loop *l)
{
    struct mail *newest = atomic_exchange_explicit(&l->box, NULL, memory_order_acquire);
    struct mail *oldest = NULL;
    while (newest) {
        struct mail *next = newest->next;
        newest->next = oldest;
        oldest = newest;
        newest = next;
    }
    while (oldest) {
        struct mail *next = oldest->next; /* deliver() may free it or post it again */
        oldest->deliver(oldest);
        oldest = next;
    }
}

/* Run what waits now; a later that is added meanwhile waits for the next turn. */
static void run_laters(struct loop *l)
{
    struct list due;
    if (list_empty(&l->laters))
        return;
    list_init(&due);
    list_add_before(&l->laters, &due);
    list_del(&l->laters);
    list_init(&l->laters);
    while (!list_empty(&due)) {
        struct later *later = LIST_ITEM(due.next, struct later, node);
        list_del(&later->node);
        later->run(later);
    }
}

static bool box_empty(struct loop *l)
{
    return atomic_load_explicit(&l->box, memory_order_relaxed) == NULL;
}

void loop_free(struct loop **l)
{
    if (!*l)
        return;
    struct loop *outer = current;
    current = *l;
    /* Whoever handed over the last mail may not have rung the bell yet, and rings it in vain. */
    while (!box_empty(*l) || !list_empty(&(*l)->laters) || atomic_load(&(*l)->callers) > 0) {
        deliver_mail(*l);
        run_laters(*l);
    }
    current = outer;
    timers_fini(&(*l)->timers);
    close((*l)->wake_fd);
    close((*l)->epoll_fd);
    mem_free(*l);
    *l = NULL;
}

/* How long epoll_wait() may sleep: -1 for ever, 0 not at all. */
static int sleep_ms(struct loop *l)
{
    if (!box_empty(l) || !list_empty(&l->laters) || atomic_load(&l->stop))
        return 0;
    const struct timer *first = timers_first(&l->timers);
    if (!first)
        return -1;
    int64_t ns = first->due_ns - clock_mono_ns();
    if (ns <= 0)
        return 0;
    int64_t ms = (ns + NS_PER_MS - 1) / NS_PER_MS; /* up, or it would wake too early and spin */
    return ms < INT_MAX ? (int)ms : INT_MAX;
}

static void collect_events(struct loop *l)
{
    int count = epoll_wait(l->epoll_fd, l->events, EVENTS_MAX, sleep_ms(l));
    CHECK(count >= 0 || errno == EINTR);
    l->event_count = count < 0 ? 0 : count;
    l->now_ns = clock_mono_ns();
}

static void deliver_events(struct loop *l)
{
    for (l->event_at = 0; l->event_at < l->event_count; l->event_at++) {
        struct epoll_event *e = &l->events[l->event_at];
        struct watch *w = e->data.ptr;
        if (w)
            w->ready(w, e->events);
    }
    l->event_count = 0;
}

static void fire_timers(struct loop *l)
{
    struct timer *t;
    while ((t = timers_first(&l->timers)) && t->due_ns <= l->now_ns) {
        timers_clear(&l->timers, t);
        t->fire(t);
    }
}

void loop_run(struct loop *l)
{
    CHECK(current == NULL);
    current = l;
    do {
        collect_events(l);
        deliver_events(l);
        deliver_mail(l);
        fire_timers(l);
        run_laters(l);
    } while (!atomic_load(&l->stop));
    atomic_store(&l->stop, false);
    current = NULL;
}

static void wake(struct loop *l)
{
    const uint64_t one = 1;
    while (write(l->wake_fd, &one, sizeof one) < 0)
        CHECK(errno == EINTR);
}

void loop_stop(struct loop *l)
{
    atomic_fetch_add(&l->callers, 1);
    atomic_store(&l->stop, true);
    wake(l);
    atomic_fetch_sub(&l->callers, 1);
}

struct loop *loop_current(void)
{
    return current;
}

int64_t loop_now_ns(const struct loop *l)
{
    return l->now_ns;
}

static void control(struct loop *l, int op, struct watch *w, uint32_t events)
{
    struct epoll_event e = {.events = events, .data.ptr = w};
    CHECK(epoll_ctl(l->epoll_fd, op, w->fd, &e) == 0);
    w->events = events;
}

void loop_watch(struct loop *l, struct watch *w, uint32_t events)
{
    control(l, EPOLL_CTL_ADD, w, events);
}

void loop_rewatch(struct loop *l, struct watch *w, uint32_t events)
{
    if (events != w->events)
        control(l, EPOLL_CTL_MOD, w, events);
}

void loop_unwatch(struct loop *l, struct watch *w)
{
    control(l, EPOLL_CTL_DEL, w, 0);
    for (int i = l->event_at; i < l->event_count; i++) {
        if (l->events[i].data.ptr == w)
            l->events[i].data.ptr = NULL;
    }
}

void loop_timer(struct loop *l, struct timer *t, int64_t delay_ms)
{
    int64_t delay = delay_ms < 0 ? 0 : delay_ms;
    if (delay > DELAY_MAX_MS)
        delay = DELAY_MAX_MS;
    /* Not l->now_ns: a long turn would let the timer fire early. */
    timers_set(&l->timers, t, clock_mono_ns() + delay * NS_PER_MS);
}

void loop_timer_clear(struct loop *l, struct timer *t)
{
    timers_clear(&l->timers, t);
}

void loop_later(struct loop *l, struct later *later)
{
    if (!list_linked(&later->node))
        list_add_before(&l->laters, &later->node);
}

void loop_post(struct loop *l, struct mail *m)
{
    atomic_fetch_add(&l->callers, 1);
    struct mail *top = atomic_load_explicit(&l->box, memory_order_relaxed);
    do {
        m->next = top;
    } while (!atomic_compare_exchange_weak_explicit(&l->box, &top, m, memory_order_release,
                                                    memory_order_relaxed));
    /* The loop itself looks into the box before it sleeps. */
    if (!top && current != l)
        wake(l);
    atomic_fetch_sub(&l->callers, 1);
}
