/* source.c - the thread that takes over what other Pesan processes tell.
 *
 * Each source is one machine that goes round: ask, read the answer, write, ask again. It is never
 * at two of these at once, so its memory is one arena that is reset before it asks. */
#include "app/source.h"

#include <pthread.h>
#include <stdio.h>

#include "app/feed.h"
#include "app/http_client.h"
#include "app/source_list.h"
#include "app/source_page.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"

#define WAIT_S       20 /* how long a source may wait for its next event */
#define TIMEOUT_MS   (INT64_C(1000) * (WAIT_S + 10))
#define EVENTS_MAX   256 /* in a page: what one unit may write while orders wait */
#define REPLY_MAX    (2 * FEED_BYTES_MAX)
#define PAUSE_MIN_MS 100 /* before the first repetition */
#define PAUSE_MAX_MS 10000
#define ARENA_MAX    ((size_t)16 << 20)

/* Before it is asked for more when it told nothing: one that does not wait as it was asked to must
 * not keep us busy. */
#define NOTHING_PAUSE_MS 10

struct source {
    struct sources *all;         /* of which it is one */
    struct source_place place;   /* its name and address */
    struct arena *arena;         /* all memory of this turn */
    struct import_position from; /* everything up to here is written */
    struct source_page page;     /* the answer */
    struct http_call call;       /* the question */
    struct unit unit;            /* what the writer does: the page, or reading `from` */
    size_t fresh;                /* events of the page that were new */
    struct timer timer;          /* until it asks again */
    int64_t pause_ms;            /* before the next repetition; 0: nothing is wrong */
    int64_t lag;                 /* events it is ahead, as far as it told */
};

struct sources {
    struct app *app;                 /* whose journal they are written to */
    struct arena *arena;             /* names and addresses */
    char *authorization;             /* the header that shows our key */
    struct loop *loop;               /* of the thread */
    struct http_client *http;        /* asks; NULL once it stops */
    pthread_t thread;                /* runs sources_main() */
    struct mail stop;                /* sources_stop() on its way */
    bool stopping;                   /* it has come: nothing new begins */
    size_t writing;                  /* units with the writer */
    size_t count;                    /* of sources */
    struct source list[SOURCES_MAX]; /* in the order of the setting */
};

/* ---- Settings ---- */

/* What is wrong with them, or NULL. */
static const char *flaw(const struct app_config *config, struct arena *arena)
{
    struct source_place places[SOURCES_MAX];
    size_t count;
    const char *why;
    if (!source_list_read(str_of(config->source), arena, places, &count, &why))
        return arena_printf(arena, "--source, %s", why);
    if (count > 0 && !*config->source_key)
        return "--source needs --source-key, which is the other side's --service-key";
    if (*config->source_key && !service_key_sound(str_of(config->source_key)))
        return "--source-key must have 16 to 512 visible characters";
    return NULL;
}

bool sources_sound(const struct app_config *config, const char **why_r)
{
    static char line[SOURCE_URL_MAX + 200];
    struct arena *arena = arena_new(SIZE_MAX);
    const char *why = flaw(config, arena);
    if (why) {
        snprintf(line, sizeof line, "%s", why);
        *why_r = line;
    }
    arena_free(&arena);
    return !why;
}

/* ---- What goes wrong ---- */

static void ask(struct source *s);

/* Try again after a pause that grows; told once, until it heals. */
static void trouble(struct source *s, const char *why)
{
    if (s->pause_ms == 0)
        log_warn("SOURCE-LOST", LOG_C("source", s->place.name), LOG_C("why", why),
                 LOG_N("status", s->call.status), LOG_N("after", s->from.seq));
    s->pause_ms = s->pause_ms == 0 ? PAUSE_MIN_MS : s->pause_ms * 2;
    if (s->pause_ms > PAUSE_MAX_MS)
        s->pause_ms = PAUSE_MAX_MS;
    loop_timer(s->all->loop, &s->timer, s->pause_ms);
}

static void healed(struct source *s)
{
    if (s->pause_ms > 0)
        log_info("SOURCE-BACK", LOG_C("source", s->place.name), LOG_N("after", s->from.seq));
    s->pause_ms = 0;
}

/* The cursor is of a journal that is no more, or of events that are gone. */
static void begin_again(struct source *s)
{
    log_warn("SOURCE-RESYNC", LOG_C("source", s->place.name), LOG_C("epoch", s->from.epoch),
             LOG_N("after", s->from.seq));
    s->from = (struct import_position){0};
    trouble(s, "its journal is another one");
}

/* ---- Writing ---- */

static void check_stopped(struct sources *all)
{
    if (all->stopping && all->writing == 0)
        loop_stop(all->loop);
}

static void tell_lag(const struct sources *all)
{
    int64_t most = 0;
    for (size_t i = 0; i < all->count; i++) {
        int64_t lag = all->list[i].lag;
        most = lag > most ? lag : most;
    }
    metric_set(METRIC_SOURCE_LAG, most);
}

static void write_page(struct unit *u, struct db *tx)
{
    struct source *s = CONTAINER_OF(u, struct source, unit);
    s->fresh = journal_import(tx, &(struct import_batch){.source = str_of(s->place.name),
                                                         .position = s->page.next,
                                                         .drafts = s->page.drafts,
                                                         .count = s->page.count});
}

/* The page is durable, or had nothing in it. */
static void took(struct source *s)
{
    s->from = s->page.next;
    s->lag = s->page.head - s->from.seq;
    tell_lag(s->all);
    healed(s);
}

static void page_written(struct unit *u)
{
    struct source *s = CONTAINER_OF(u, struct source, unit);
    struct sources *all = s->all;
    all->writing--;
    if (u->fate == UNIT_DONE)
        metric_add(METRIC_SOURCE_EVENTS, (int64_t)s->fresh);
    if (all->stopping) {
        check_stopped(all);
    } else if (u->fate == UNIT_DONE) {
        took(s);
        ask(s);
    } else {
        trouble(s, "what it told could not be written");
    }
}

static void submit(struct source *s, void (*run)(struct unit *u, struct db *tx),
                   void (*done)(struct unit *u))
{
    s->unit = (struct unit){.home = s->all->loop, .run = run, .done = done, .patient = true};
    s->all->writing++;
    writer_submit(app_writer(s->all->app), &s->unit);
}

/* ---- Asking ---- */

static bool takes(const void *ctx, const struct topic *topic)
{
    return !app_has_service(ctx, topic->owner);
}

static bool same_position(const struct import_position *a, const struct import_position *b)
{
    return a->seq == b->seq && strcmp(a->epoch, b->epoch) == 0;
}

static void read_page(struct source *s, struct str body)
{
    const struct source_ask asked = {
        .from = s->from, .now_us = clock_utc_us(), .takes = takes, .ctx = s->all->app};
    const char *why = NULL;
    if (!source_page_read(body, &asked, s->arena, &s->page, &why)) {
        trouble(s, why);
    } else if (!same_position(&s->page.next, &s->from)) {
        submit(s, write_page, page_written);
    } else {
        took(s);
        loop_timer(s->all->loop, &s->timer, NOTHING_PAUSE_MS);
    }
}

static void answered(struct http_call *call)
{
    struct source *s = CONTAINER_OF(call, struct source, call);
    if (!s->all->stopping) {
        if (call->status == 200)
            read_page(s, buf_str(&call->reply));
        else if (call->status == 409)
            begin_again(s);
        else
            trouble(s, call->error ? call->error : "it refuses");
    }
    buf_fini(&call->reply);
}

static void ask(struct source *s)
{
    char after[IMPORT_EPOCH_MAX + 64] = "";
    arena_reset(s->arena);
    if (*s->from.epoch)
        snprintf(after, sizeof after, "&after=%lld&epoch=%s", (long long)s->from.seq,
                 s->from.epoch);
    s->call = (struct http_call){
        .url = arena_printf(s->arena, "%s/v1/journal?wait=%d&limit=%d%s", s->place.url, WAIT_S,
                            EVENTS_MAX, after),
        .headers = {s->all->authorization},
        .timeout_ms = TIMEOUT_MS,
        .reply_max = REPLY_MAX,
        .done = answered,
    };
    http_client_start(s->all->http, &s->call);
}

/* ---- Life ---- */

static void ask_again(struct timer *t)
{
    ask(CONTAINER_OF(t, struct source, timer));
}

static void read_position(struct unit *u, struct db *tx)
{
    struct source *s = CONTAINER_OF(u, struct source, unit);
    s->from = journal_imported(tx, str_of(s->place.name));
}

static void load(struct timer *t);

static void position_read(struct unit *u)
{
    struct source *s = CONTAINER_OF(u, struct source, unit);
    s->all->writing--;
    if (s->all->stopping) {
        check_stopped(s->all);
    } else if (u->fate == UNIT_DONE) {
        s->timer.fire = ask_again;
        ask(s);
    } else {
        loop_timer(s->all->loop, &s->timer, PAUSE_MAX_MS);
    }
}

/* Where it stopped the last time. */
static void load(struct timer *t)
{
    submit(CONTAINER_OF(t, struct source, timer), read_position, position_read);
}

static void stop_came(struct mail *m)
{
    struct sources *all = CONTAINER_OF(m, struct sources, stop);
    all->stopping = true;
    for (size_t i = 0; i < all->count; i++)
        loop_timer_clear(all->loop, &all->list[i].timer);
    http_client_free(&all->http);
    check_stopped(all);
}

static void *sources_main(void *arg)
{
    struct sources *all = arg;
    all->http = http_client_new(all->loop);
    for (size_t i = 0; i < all->count; i++)
        load(&all->list[i].timer);
    loop_run(all->loop);
    return NULL;
}

struct sources *sources_start(struct app *app)
{
    const struct app_config *config = app_config(app);
    struct source_place places[SOURCES_MAX];
    const char *why;
    if (!*config->source)
        return NULL;
    struct sources *all = mem_alloc(sizeof *all);
    all->app = app;
    all->arena = arena_new(SIZE_MAX);
    all->loop = loop_new();
    all->stop.deliver = stop_came;
    all->authorization = arena_printf(all->arena, "Authorization: Bearer %s", config->source_key);
    CHECK(source_list_read(str_of(config->source), all->arena, places, &all->count, &why));
    for (size_t i = 0; i < all->count; i++) {
        struct source *s = &all->list[i];
        s->all = all;
        s->place = places[i];
        s->arena = arena_new(ARENA_MAX);
        s->timer.fire = load;
        log_info("SOURCE", LOG_C("source", s->place.name), LOG_C("url", s->place.url));
    }
    CHECK(pthread_create(&all->thread, NULL, sources_main, all) == 0);
    pthread_setname_np(all->thread, "sources");
    return all;
}

void sources_stop(struct sources **s)
{
    struct sources *all = *s;
    if (!all)
        return;
    loop_post(all->loop, &all->stop);
    pthread_join(all->thread, NULL);
    loop_free(&all->loop);
    for (size_t i = 0; i < all->count; i++)
        arena_free(&all->list[i].arena);
    arena_free(&all->arena);
    mem_free(all);
    *s = NULL;
}
