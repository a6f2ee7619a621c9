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
    if (c->wait_seq >= 0)
        return journal_head(d->app->journal) > c->wait_seq;
    return c->service->reaction_count == 0 || followers_cursor(d->app->followers, name) >= c->head;
}

/* The time is up: who waits for the journal is asked once more, who waits for a follower is
 * refused. */
static void stop_waiting(struct call *c, bool ending)
{
    list_del(&c->waiting);
    if (c->wait_seq >= 0 && !ending) {
        call_perform(c);
        return;
    }
    if (c->wait_seq >= 0)
        refuse(&c->rq, PROBLEM_BUSY, "the server is stopping");
    else
        refuse(&c->rq, PROBLEM_BUSY, "%s has not yet seen what was just written", c->service->name);
    c->finished(c);
}

static void look_at_waiting(struct desk *d)
{
    int64_t now = clock_mono_ns();
    int64_t next_ms = INT64_MAX;
    LIST_EACH (node, &d->waiting) {
        struct call *c = LIST_ITEM(node, struct call, waiting);
        if (caught_up(d, c)) {
            list_del(&c->waiting);
            if (c->wait_seq < 0)
                c->wait_until_ns = 0;
            call_perform(c);
        } else if (now >= c->wait_until_ns || d->draining) {
            stop_waiting(c, d->draining);
        } else {
            /* The journal tells when it moves, a follower does not. */
            int64_t left_ms = (c->wait_until_ns - now) / NS_PER_MS + 1;
            int64_t look_ms = c->wait_seq < 0 ? FOLLOW_LOOK_MS : left_ms;
            next_ms = look_ms < next_ms ? look_ms : next_ms;
        }
    }
    if (next_ms < INT64_MAX)
        loop_timer(d->loop, &d->wait_timer, next_ms);
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

void desk_perform_beyond(struct desk *d, struct call *c)
{
    list_add_before(&d->waiting, &c->waiting);
    look_at_waiting(d);
}

/* ---- Events ---- */

static void on_event(struct journal_tap *tap, struct event *e)
{
    struct desk *d = CONTAINER_OF(tap, struct desk, tap);
    d->head = e->seq;
    live_publish(d, e);
}

/* The head has moved: whoever waits for that goes on. */
static void on_events(struct journal_tap *tap)
{
    struct desk *d = CONTAINER_OF(tap, struct desk, tap);
    if (!list_empty(&d->waiting))
        look_at_waiting(d);
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
    list_init(&d->polls);
    token_cache_init(&d->tokens, app->key, app->people);
    d->server = server_start(d->loop, config, &dispatch_ops, d, why_r);
    if (!d->server) {
        desk_free(&d);
        return NULL;
    }
    live_socketio_start(d);
    d->tap = (struct journal_tap){.loop = d->loop, .deliver = on_event, .turn = on_events};
    d->head = journal_tap(app->journal, &d->tap);
    return d;
}

bool desk_listen_local(struct desk *d, const char *path, const char **why_r)
{
    struct net_config config;
    net_config_default(&config);
    *why_r = "the path of the data folder is too long for a socket";
    if (net_local_address(path, &config.address))
        d->local = server_start(d->loop, &config, &dispatch_ops, d, why_r);
    return d->local != NULL;
}

void desk_free(struct desk **desk)
{
    struct desk *d = *desk;
    if (!d)
        return;
    if (d->tap.loop)
        journal_untap(d->app->journal, &d->tap);
    while (!list_empty(&d->waiting))
        stop_waiting(LIST_ITEM(d->waiting.next, struct call, waiting), true);
    server_free(&d->server);
    server_free(&d->local);
    live_drain(d);
    socketio_free(&d->io);
    loop_free(&d->loop); /* delivers the last answers, which now go nowhere */
    live_fini(d);
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
    size_t open = server_connections(d->server) + (d->local ? server_connections(d->local) : 0);
    bool idle = d->busy == 0 && open == 0;
    if (idle || clock_mono_ns() >= d->drain_until_ns)
        loop_stop(d->loop);
    else
        loop_timer(d->loop, t, DRAIN_LOOK_MS);
}

static void begin_draining(struct mail *m)
{
    struct desk *d = CONTAINER_OF(m, struct desk, drain_mail);
    d->draining = true;
    look_at_waiting(d);
    live_drain(d);
    if (d->io)
        engine_drain(socketio_engine(d->io));
    server_drain(d->server);
    if (d->local)
        server_drain(d->local);
    d->drain_timer.fire = look_whether_drained;
    look_whether_drained(&d->drain_timer);
}

void desk_drain(struct desk *d, int64_t limit_ms)
{
    d->drain_until_ns = clock_mono_ns() + limit_ms * NS_PER_MS;
    d->drain_mail.deliver = begin_draining;
    loop_post(d->loop, &d->drain_mail);
}
