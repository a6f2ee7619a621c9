/* desk.c - one loop's side of the house: made, run, and ended in order. */
#include "app/desk.h"

#include "app/dispatch.h"
#include "app/house.h"
#include "app/live.h"
#include "base/clock.h"

#define FOLLOW_WAIT_NS (1000 * NS_PER_MS) /* how long a read waits for its follower */
#define FOLLOW_LOOK_MS 1                  /* how often one that waits is looked at */
#define DRAIN_LOOK_MS  10

/* ---- Reading one's own writes ---- */

static bool caught_up(const struct desk *d, const struct call *c)
{
    const char *name = c->service->name;
    return c->service->reaction_count == 0 || followers_cursor(d->app->followers, name) >= c->head;
}

static void give_up_waiting(struct call *c)
{
    list_del(&c->waiting);
    refuse(&c->rq, PROBLEM_BUSY, "%s has not yet seen what was just written", c->service->name);
    c->finished(c);
}

static void look_at_waiting(struct desk *d)
{
    int64_t now = clock_mono_ns();
    LIST_EACH (node, &d->waiting) {
        struct call *c = LIST_ITEM(node, struct call, waiting);
        if (caught_up(d, c)) {
            list_del(&c->waiting);
            call_perform(c);
        } else if (now >= c->wait_until_ns) {
            give_up_waiting(c);
        }
    }
    if (!list_empty(&d->waiting))
        loop_timer(d->loop, &d->wait_timer, FOLLOW_LOOK_MS);
}

static void wait_timer_fired(struct timer *t)
{
    look_at_waiting(CONTAINER_OF(t, struct desk, wait_timer));
}

void desk_perform_behind(struct desk *d, struct call *c)
{
    c->head = journal_head(d->app->journal);
    if (caught_up(d, c)) {
        call_perform(c);
        return;
    }
    c->wait_until_ns = clock_mono_ns() + FOLLOW_WAIT_NS;
    list_add_before(&d->waiting, &c->waiting);
    loop_timer(d->loop, &d->wait_timer, FOLLOW_LOOK_MS);
}

/* ---- Events ---- */

static void on_event(struct journal_tap *tap, struct event *e)
{
    struct desk *d = CONTAINER_OF(tap, struct desk, tap);
    d->head = e->seq;
    live_publish(d, e);
}

/* ---- Life ---- */

struct desk *desk_new(struct app *app, const struct net_config *config, const char **why_r)
{
    struct desk *d = mem_alloc(sizeof *d);
    d->app = app;
    d->loop = loop_new();
    d->hub = hub_new();
    d->wait_timer.fire = wait_timer_fired;
    list_init(&d->waiting);
    token_cache_init(&d->tokens, app->key);
    d->server = server_start(d->loop, config, &dispatch_ops, d, why_r);
    if (!d->server) {
        desk_free(&d);
        return NULL;
    }
    d->tap = (struct journal_tap){.loop = d->loop, .deliver = on_event};
    d->head = journal_tap(app->journal, &d->tap);
    return d;
}

void desk_free(struct desk **desk)
{
    struct desk *d = *desk;
    if (!d)
        return;
    if (d->tap.loop)
        journal_untap(d->app->journal, &d->tap);
    while (!list_empty(&d->waiting))
        give_up_waiting(LIST_ITEM(d->waiting.next, struct call, waiting));
    server_free(&d->server);
    loop_free(&d->loop); /* delivers the last answers, which now go nowhere */
    hub_free(&d->hub);
    token_cache_fini(&d->tokens);
    mem_free(d);
    *desk = NULL;
}

void desk_run(struct desk *d)
{
    loop_run(d->loop);
    journal_untap(d->app->journal, &d->tap);
    d->tap.loop = NULL;
}

static void *desk_main(void *arg)
{
    desk_run(arg);
    return NULL;
}

bool desk_start(struct desk *d)
{
    d->threaded = pthread_create(&d->thread, NULL, desk_main, d) == 0;
    return d->threaded;
}

void desk_join(struct desk *d)
{
    if (d->threaded)
        pthread_join(d->thread, NULL);
    d->threaded = false;
}

/* ---- The end ---- */

static void look_whether_drained(struct timer *t)
{
    struct desk *d = CONTAINER_OF(t, struct desk, drain_timer);
    bool idle = d->busy == 0 && server_connections(d->server) == 0;
    if (idle || clock_mono_ns() >= d->drain_until_ns)
        loop_stop(d->loop);
    else
        loop_timer(d->loop, t, DRAIN_LOOK_MS);
}

static void begin_draining(struct mail *m)
{
    struct desk *d = CONTAINER_OF(m, struct desk, drain_mail);
    d->draining = true;
    server_drain(d->server);
    d->drain_timer.fire = look_whether_drained;
    look_whether_drained(&d->drain_timer);
}

void desk_drain(struct desk *d, int64_t limit_ms)
{
    d->drain_until_ns = clock_mono_ns() + limit_ms * NS_PER_MS;
    d->drain_mail.deliver = begin_draining;
    loop_post(d->loop, &d->drain_mail);
}
