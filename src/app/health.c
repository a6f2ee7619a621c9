/* health.c - the house's own routes: is it alive, is it ready, what does it count, what do its
 * problems mean; and the tables app keeps for itself. */
#include "app/attempts.h"
#include "app/feed.h"
#include "app/house.h"
#include "app/live_inside.h"
#include "app/people_inside.h"
#include "app/repeat.h"
#include "app/source.h"
#include "base/metrics.h"

#define TEXT "text/plain; charset=utf-8"

static void run_livez(struct request *rq, struct db *db)
{
    (void)db;
    reply_bytes(rq, 200, TEXT, STR("alive\n"));
}

static void run_readyz(struct request *rq, struct db *db)
{
    (void)db;
    int phase = atomic_load(&rq->app->phase);
    if (phase == HOUSE_OPEN)
        reply_bytes(rq, 200, TEXT, STR("ready\n"));
    else
        refuse(rq, PROBLEM_BUSY, phase == HOUSE_STARTING ? "starting" : "stopping");
}

/* The words of the contract, with the port that is in use. */
static void run_health_check(struct request *rq, struct db *db)
{
    (void)db;
    char *text = arena_printf(rq->arena, "Server is running on %d port", rq->app->port);
    reply_bytes(rq, 200, TEXT, str_of(text));
}

/* How many events the slowest service has not reacted to. */
static int64_t reaction_lag(const struct app *app)
{
    int64_t head = journal_head(app->journal);
    int64_t lag = 0;
    for (size_t i = 0; i < app->follower_count; i++) {
        int64_t behind = head - followers_cursor(app->followers, app->follower_rows[i].name);
        lag = behind > lag ? behind : lag;
    }
    return lag;
}

static void run_metrics(struct request *rq, struct db *db)
{
    (void)db;
    struct buf text = buf_in(rq->arena);
    metric_set(METRIC_JOURNAL_HEAD, journal_head(rq->app->journal));
    metric_set(METRIC_REACTION_LAG, reaction_lag(rq->app));
    metrics_write(&text);
    reply_bytes(rq, 200, "text/plain; version=0.0.4; charset=utf-8", buf_str(&text));
}

static void describe_problem(struct request *rq, const struct problem_row *row)
{
    struct jout *j = reply_json(rq, 200);
    jout_object(j);
    jout_field_cstr(j, "slug", row->slug);
    jout_field_int(j, "status", row->status);
    jout_field_cstr(j, "title", row->title);
    jout_key(j, "message");
    jout_object(j);
    for (size_t l = 0; l < LANG_COUNT; l++)
        jout_field_cstr(j, language_tag((enum language)l), row->message[l]);
    jout_object_end(j);
    jout_object_end(j);
}

static void run_problem(struct request *rq, struct db *db)
{
    (void)db;
    for (size_t p = PROBLEM_NONE + 1; p < PROBLEM_COUNT; p++) {
        const struct problem_row *row = problem_row((enum problem)p);
        if (str_is(rq->params[0], row->slug)) {
            describe_problem(rq, row);
            return;
        }
    }
    refuse(rq, PROBLEM_NOT_FOUND, NULL);
}

static const struct route routes[] = {
    {.name = "house.livez", .method = "GET", .pattern = "/livez", .run = run_livez},
    {.name = "house.readyz", .method = "GET", .pattern = "/readyz", .run = run_readyz},
    {.name = "house.health-check",
     .method = "GET",
     .pattern = "/health-check",
     .run = run_health_check},
    {.name = "house.journal",
     .method = "GET",
     .pattern = "/v1/journal",
     .who = ROLE_BIT(ROLE_SERVICE),
     .on = RUN_READ,
     .parse = feed_parse,
     .run = feed_run},
    {.name = "house.metrics", .method = "GET", .pattern = "/metrics", .run = run_metrics},
    {.name = "house.presence",
     .method = "GET",
     .pattern = "/v1/shops/{shop_id}/presence",
     .who = WHO_STAFF,
     .on = RUN_READ,
     .run = presence_list},
    {.name = "house.problem", .method = "GET", .pattern = "/problems/{slug}", .run = run_problem},
};

static const struct channel_guard guards[] = {
    {.prefix = "account:", .may = live_guard_account},
    {.prefix = "shop:", .may = live_guard_shop},
};

static void due(struct db *tx, struct str key, int64_t now_us)
{
    (void)key;
    repeat_sweep(tx, now_us);
    people_sweep(tx, now_us);
}

static bool start(struct app *app, const char **why_r)
{
    (void)why_r; /* what can be wrong was found before the house was opened */
    app->sources = sources_start(app);
    return true;
}

static void stop(struct app *app)
{
    sources_stop(&app->sources);
    attempts_forget();
}

static const char *const steps[] = {
    "CREATE TABLE app_facts (name {key} PRIMARY KEY, value {text} NOT NULL) {table};" REPEAT_TABLE,
    PEOPLE_TABLES,
    REPEAT_TABLE_2,
    PEOPLE_SPANS,
    PEOPLE_BY_SHOP,
};

const struct service app_service = {
    .name = "app",
    .migrations = {"app", steps, ARRAY_LEN(steps)},
    .routes = routes,
    .route_count = ARRAY_LEN(routes),
    .guards = guards,
    .guard_count = ARRAY_LEN(guards),
    .reactions = people_reactions,
    .reaction_count = PEOPLE_REACTIONS,
    .due = due,
    .start = start,
    .stop = stop,
};
