/* live_channel.c - channels a person's socket listens to beside its own, for a while and by leave:
 * the thread of one order, a kiosk, another's shop for an admin.
 *
 * Whoever owns the matter guards its channels (struct channel_guard). What allowed one may be gone
 * when its owner's grants change: then all are dropped, and the client asks again. */
#include "app/live_inside.h"

#include "app/house.h"
#include "base/json.h"

#define CHANNEL_MAX 190 /* characters of a channel's name, as the journal keeps them */
#define RETRY_MAX   3   /* how often the guard is asked again when grants changed meanwhile */

/* What SUBSCRIBE asks for. */
struct wish {
    struct str channel; /* "order:<id>" */
    struct str id;      /* what is behind the prefix */
    bool catches_up;    /* `after` was given */
    int64_t after;      /* what was missed begins behind it */
    uint64_t version;   /* of people, when the guard was asked */
    int asked;          /* how often */
};

/* ---- Guards ---- */

const struct channel_guard *live_guard_of(const struct app *app, struct str channel,
                                          struct str *id_r)
{
    for (size_t i = 0; i < app->service_count; i++) {
        const struct service *s = app->services[i];
        for (size_t g = 0; g < s->guard_count; g++) {
            struct str prefix = str_of(s->guards[g].prefix);
            if (!str_starts(channel, prefix))
                continue;
            *id_r = (struct str){channel.at + prefix.len, channel.len - prefix.len};
            return &s->guards[g];
        }
    }
    return NULL;
}

static void ask_guard(struct request *rq, struct db *db)
{
    struct wish *wish = rq->parsed;
    const struct channel_guard *guard = live_guard_of(rq->app, wish->channel, &wish->id);
    if (!guard)
        refuse(rq, PROBLEM_NOT_FOUND, "there are no channels of this kind");
    else if (!guard->may(rq, db, wish->id) && rq->problem == PROBLEM_NONE)
        refuse(rq, PROBLEM_FORBIDDEN, "not a channel of yours");
}

bool live_guard_account(struct request *rq, struct db *db, struct str id)
{
    (void)db;
    return str_eq(rq->caller.id, id);
}

bool live_guard_shop(struct request *rq, struct db *db, struct str id)
{
    (void)db;
    return caller_works_in(&rq->caller, id, WHO_CREW);
}

/* ---- SUBSCRIBE ---- */

static bool parse_channel(struct request *rq, struct str *channel_r)
{
    struct str channel = json_text(rq->body, "channel");
    *channel_r = arena_str(rq->arena, channel);
    return str_clean(channel_r, CHANNEL_MAX) ||
           refuse_field(rq, PROBLEM_BAD_INPUT, "/values/channel", "a channel's name is needed");
}

static bool parse_subscribe(struct request *rq)
{
    struct wish *wish = arena_alloc(rq->arena, sizeof *wish);
    const json_t *after = json_object_get(rq->body, "after");
    rq->parsed = wish;
    wish->version = people_version(rq->app->people);
    call_of(rq)->live->work->ended = false;
    live_ask_owner(call_of(rq)->live, rq); /* as he is at this version, or later */
    if (!parse_channel(rq, &wish->channel))
        return false;
    wish->catches_up = after != NULL && !json_is_null(after);
    if (!wish->catches_up)
        return true;
    if (!json_int(rq->body, "after", &wish->after) || wish->after < 0)
        return refuse_field(rq, PROBLEM_BAD_INPUT, "/values/after", "a seq is a number");
    struct live_cursor cursor = live_cursor_at(rq->app, wish->after, (struct str){0});
    wish->after = cursor.after;
    return cursor.good || refuse(rq, PROBLEM_RESYNC, "what came after this seq is not known");
}

static enum role role_for(const struct caller *c, const struct wish *wish)
{
    if (str_starts(wish->channel, STR("account:")))
        return ROLE_CUSTOMER;
    for (size_t i = 0; i < c->grant_count; i++) {
        if (str_starts(wish->channel, STR("shop:")) && str_eq(c->grants[i].shop, wish->id))
            return c->grants[i].role;
    }
    return c->role;
}

static void list_name(void *arg, struct str channel, uint8_t tag)
{
    struct str *sought = arg;
    (void)tag;
    if (sought->at && str_eq(channel, *sought))
        *sought = (struct str){0};
}

bool live_is_on(const struct live *l, struct str channel)
{
    struct str sought = channel;
    hub_each_channel(&l->subscriber, list_name, &sought);
    return sought.at == NULL;
}

void live_add_extra(struct live *l, struct str channel, enum role role, int64_t after)
{
    struct live_extra *x = mem_alloc(sizeof *x + channel.len + 1);
    memcpy(x->name, channel.at, channel.len);
    x->after = after;
    x->tag = (uint8_t)role;
    x->next = l->extras;
    l->extras = x;
    hub_subscribe(l->desk->hub, &l->subscriber, channel, x->tag);
    live_be_present(l);
}

static size_t extra_count(const struct live *l)
{
    size_t count = 0;
    for (const struct live_extra *x = l->extras; x; x = x->next)
        count++;
    return count;
}

static void say_done(struct request *rq, const char *event, struct str channel, int64_t head)
{
    struct jout *j = reply_event(rq, event);
    jout_object(j);
    jout_field_str(j, "channel", channel);
    jout_field_int(j, "seq", head);
    jout_object_end(j);
    reply_event_end(rq);
}

/* Returns whether it was added. False with a refusal, or when the socket is on it anyhow. */
static bool add(struct live *l, struct request *rq)
{
    const struct wish *wish = rq->parsed;
    bool adds = !live_is_on(l, wish->channel);
    if (adds && extra_count(l) == LIVE_EXTRA_MAX)
        return refuse(rq, PROBLEM_TOO_MANY, "at most %d channels at once", LIVE_EXTRA_MAX);
    int64_t after = wish->catches_up ? wish->after : l->desk->head;
    if (adds)
        live_add_extra(l, wish->channel, role_for(&rq->caller, wish), after);
    say_done(rq, "SUBSCRIBED", wish->channel, l->desk->head);
    return adds;
}

static void ask_again(struct call *c, struct wish *wish, uint64_t version)
{
    call_reset(c);
    wish->version = version;
    c->live->work->ended = false;
    live_ask_owner(c->live, &c->rq);
    call_perform(c);
}

static void catch_up_with(struct live *l, const char *channel, int64_t after)
{
    live_hold(l);
    l->work->only = mem_alloc(strlen(channel) + 1);
    memcpy(l->work->only, channel, strlen(channel));
    l->work->at = after;
    l->work->upto = l->desk->head;
    live_catch_up(l);
}

void live_subscribe_finished(struct call *c)
{
    struct live *l = c->live;
    struct wish *wish = c->rq.parsed;
    uint64_t version = people_version(l->desk->app->people);
    char channel[CHANNEL_MAX * 4 + 1];
    bool added = false;
    if (c->rq.problem == PROBLEM_NONE && live_is_up(l)) {
        /* Between the guard's word and now nobody may have lost what it was given for. */
        bool changed = wish->version != version || l->work->ended;
        if (changed && wish->asked++ < RETRY_MAX) {
            ask_again(c, wish, version);
            return;
        }
        if (changed)
            refuse(&c->rq, PROBLEM_BUSY, NULL);
        else
            added = add(l, &c->rq);
    }
    bool catches_up = added && wish->catches_up && wish->after < l->desk->head;
    int64_t after = wish->after;
    snprintf(channel, sizeof channel, "%.*s", STR_ARG(wish->channel));
    live_tell(l, c);
    if (catches_up)
        catch_up_with(l, channel, after);
    else
        live_go_on(l);
}

const struct socket_command live_subscribe = {
    .event = "SUBSCRIBE", .on = RUN_READ, .parse = parse_subscribe, .run = ask_guard};

/* ---- UNSUBSCRIBE ---- */

static void drop_first(struct live *l, struct live_extra **at)
{
    struct live_extra *x = *at;
    *at = x->next;
    hub_unsubscribe(l->desk->hub, &l->subscriber, str_of(x->name));
    mem_free(x);
}

/* The place of this one among the extras; *place == NULL: there is none. */
static struct live_extra **place_of(struct live *l, struct str channel)
{
    struct live_extra **at = &l->extras;
    while (*at && !str_is(channel, (*at)->name))
        at = &(*at)->next;
    return at;
}

static void run_unsubscribe(struct request *rq, struct db *db)
{
    struct live *l = call_of(rq)->live;
    struct str channel;
    (void)db;
    if (!parse_channel(rq, &channel))
        return;
    struct live_extra **at = place_of(l, channel);
    if (*at)
        drop_first(l, at);
    say_done(rq, "UNSUBSCRIBED", channel, l->desk->head);
}

const struct socket_command live_unsubscribe = {
    .event = "UNSUBSCRIBE", .on = RUN_HERE, .run = run_unsubscribe};

/* What allowed it is gone. */
static void take_away(struct live *l, struct live_extra **at)
{
    struct buf values = {0};
    struct jout j = jout_to(&values);
    jout_object(&j);
    jout_field_cstr(&j, "channel", (*at)->name);
    jout_object_end(&j);
    drop_first(l, at);
    live_say(l, "UNSUBSCRIBED", buf_str(&values), -1);
    buf_fini(&values);
}

void live_drop_extras(struct live *l)
{
    while (l->extras)
        take_away(l, &l->extras);
}

void live_drop_passing_extras(struct live *l)
{
    struct str id;
    for (struct live_extra **at = &l->extras; *at;) {
        const struct channel_guard *guard = live_guard_of(l->desk->app, str_of((*at)->name), &id);
        if (guard && !guard->ended_by)
            at = &(*at)->next;
        else
            take_away(l, at);
    }
}

/* ---- Channels that are taken from somebody ---- */

/* Does an event of this topic take channels of some kind from people? */
static bool ends_listening(const struct app *app, struct str topic)
{
    for (size_t i = 0; i < app->service_count; i++) {
        const struct service *s = app->services[i];
        for (size_t g = 0; g < s->guard_count; g++) {
            if (s->guards[g].ended_by && str_is(topic, s->guards[g].ended_by))
                return true;
        }
    }
    return false;
}

static void end_listening(void *arg, struct subscriber *s, uint8_t tag)
{
    struct live *l = CONTAINER_OF(s, struct live, subscriber);
    const struct str *channel = arg;
    (void)tag;
    struct live_extra **at = place_of(l, *channel);
    if (l->work)
        l->work->ended = true;
    if (*at)
        take_away(l, at);
    else if (!l->kind->person && live_is_on(l, *channel))
        live_close(l, CLOSE_POLICY, "not yours any more");
}

void live_hear_of_endings(struct desk *d, const struct event *e)
{
    struct str prefix = STR("account:");
    struct str account = {0};
    struct str channel = {0};
    if (!ends_listening(d->app, e->topic))
        return;
    for (size_t i = 0; i < e->channel_count; i++) {
        struct str id;
        const struct channel_guard *guard = live_guard_of(d->app, e->channels[i], &id);
        if (guard && guard->ended_by && str_is(e->topic, guard->ended_by))
            channel = e->channels[i];
        else if (str_starts(e->channels[i], prefix))
            account = (struct str){e->channels[i].at + prefix.len, e->channels[i].len - prefix.len};
    }
    if (channel.at && account.at)
        live_each_of(d, account, end_listening, &channel);
}
