/* loop.h - one epoll loop: descriptors, timers, work at the end of a turn, and a mailbox through
 * which other threads hand it things.
 *
 * A loop runs on one thread and everything here but loop_post() and loop_stop() is called on that
 * thread only. Structs are embedded by their users; the loop never frees them. */
#ifndef PESAN_LOOP_LOOP_H
#define PESAN_LOOP_LOOP_H

#include <sys/epoll.h>

#include "base/list.h"

struct loop;

/* A watched descriptor. */
struct watch {
    void (*ready)(struct watch *w, uint32_t events); /* EPOLLIN, EPOLLOUT, EPOLLHUP, EPOLLERR ... */
    int fd;                                          /* the caller's to open and to close */
    uint32_t events;                                 /* what is asked for now */
};

/* A one-shot timer; due == 0 when not set. */
struct timer {
    void (*fire)(struct timer *t); /* called once; may set it again or free it */
    int64_t due_ns;                /* monotonic */
    size_t slot;                   /* place in the loop's heap, 0 = not set */
};

/* Something another thread hands over. Delivered exactly once, in posting order per sender. */
struct mail {
    struct mail *next;               /* in the mailbox; the loop's */
    void (*deliver)(struct mail *m); /* on the loop's thread; may free it or post it again */
};

/* Something to do once at the end of this turn, before the loop sleeps (flush a socket). */
struct later {
    struct list node;             /* list_del() it when its object goes away */
    void (*run)(struct later *l); /* may ask for another turn, or free it */
};

/* Aborts when the machine has no descriptors left. */
MUST_USE struct loop *loop_new(void);

/* Frees the loop; mail not yet delivered is delivered first. Whoever posts to it has ended (was
 * joined): a sender may still be waking a loop that already has its mail. Sets *l to NULL, accepts
 * NULL. */
void loop_free(struct loop **l);

/* Run until loop_stop(). Each turn: ready descriptors, mail, due timers, laters. */
void loop_run(struct loop *l);

/* End loop_run() after the current turn; before it runs, after its first. Any thread, and from a
 * signal handler. */
void loop_stop(struct loop *l);

/* The loop that runs on this thread, or NULL. */
struct loop *loop_current(void);

/* Monotonic time at the start of this turn. */
int64_t loop_now_ns(const struct loop *l);

/* Begin to watch w->fd for `events`; a descriptor is watched once. Failure of epoll_ctl is
 * our bug. */
void loop_watch(struct loop *l, struct watch *w, uint32_t events);
void loop_rewatch(struct loop *l, struct watch *w, uint32_t events);

/* Stop watching; events already collected in this turn are not delivered. The caller closes fd. */
void loop_unwatch(struct loop *l, struct watch *w);

/* Fire in `delay_ms` from now; a set timer is moved. */
void loop_timer(struct loop *l, struct timer *t, int64_t delay_ms);
void loop_timer_clear(struct loop *l, struct timer *t);

/* Run `later` at the end of this turn; one that is already waiting stays where it is. */
void loop_later(struct loop *l, struct later *later);

/* Hand mail to the loop from any thread (its own too). Wakes it; never blocks, takes no lock. */
void loop_post(struct loop *l, struct mail *m);

#endif
