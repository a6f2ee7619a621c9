/* live_owner.c - whose sockets they are: who asks when a command comes, the command AUTH that
 * renews a token, and the end of all that a session or a dismissed person had open.
 *
 * A person's socket is on its account's channel, which tells it of sessions that end and of grants
 * that change. Other sockets listen to two channels of the house's own instead, whose names no
 * event can bear: that of their session and that of their person. Devices have neither. */
#include "app/live_inside.h"

#include "app/guard.h"
#include "app/house.h"
#include "app/people_inside.h"

#define SESSION_CHANNEL "\nsession:"
#define PERSON_CHANNEL  "\nperson:"
#define ACCOUNT_CHANNEL "account:"
#define SHOP_CHANNEL    "shop:"

/* ---- Who it is ---- */

struct caller live_owner(const struct live *l)
{
    return (struct caller){
        .role = (enum role)l->role,
        .id = live_text(l, LIVE_ID),
        .username = live_text(l, LIVE_USERNAME),
        .shop = live_text(l, LIVE_SHOP),
        .session = l->session ? str_of(l->session) : live_text(l, LIVE_SESSION),
        .expires_us = l->expires_us,
    };
}

void live_ask_owner(struct live *l, struct request *rq)
{
    rq->caller = live_owner(l);
    if (people_resolve(rq->app->people, &rq->caller, rq->arena))
        return;
    rq->caller = (struct caller){0};
    live_close(l, CLOSE_POLICY, "session ended");
}

bool live_is_persons(const struct live *l)
{
    return (WHO_PERSON & ROLE_BIT(l->role)) && l->role != ROLE_NONE;
}

/* ---- Channels ---- */

void live_join(struct live *l, const char *prefix, struct str name, enum role role)
{
    struct buf channel = {0};
    if (name.len == 0)
        return;
    buf_add_cstr(&channel, prefix);
    buf_add_str(&channel, name);
    hub_subscribe(l->desk->hub, &l->subscriber, buf_str(&channel), (uint8_t)role);
    buf_fini(&channel);
}

static void leave(struct live *l, const char *prefix, struct str name)
{
    struct buf channel = {0};
    buf_add_cstr(&channel, prefix);
    buf_add_str(&channel, name);
    hub_unsubscribe(l->desk->hub, &l->subscriber, buf_str(&channel));
    buf_fini(&channel);
}

void live_be_present(struct live *l)
{
    if (!l->present)
        presence_enter(l->desk->app->presence, live_text(l, LIVE_ID));
    l->present = true;
}

void live_follow_owner(struct live *l)
{
    if (l->kind->person) {
        live_join(l, ACCOUNT_CHANNEL, live_text(l, LIVE_ID), ROLE_CUSTOMER);
        return;
    }
    live_join(l, SESSION_CHANNEL, live_text(l, LIVE_SESSION), ROLE_NONE);
    if (live_is_persons(l))
        live_join(l, PERSON_CHANNEL, live_text(l, LIVE_ID), ROLE_NONE);
}

static void end_session(void *arg, struct subscriber *s, uint8_t tag)
{
    struct live *l = CONTAINER_OF(s, struct live, subscriber);
    const struct news *n = arg;
    (void)tag;
    if (str_eq(live_owner(l).session, n->session))
        live_close(l, CLOSE_POLICY, "session ended");
}

/* ---- Powers that change ---- */

/* A person's socket goes along. What it was allowed beside may be gone. */
static void follow_powers(struct live *l, const struct news *n)
{
    struct arena *arena = arena_new(SIZE_MAX);
    struct caller now = live_owner(l);
    if (people_resolve(l->desk->app->people, &now, arena))
        l->role = (uint8_t)now.role;
    arena_free(&arena);
    live_drop_extras(l);
    if (n->kind == NEWS_STAFF_ADDED) {
        live_join(l, SHOP_CHANNEL, n->shop, n->role);
        live_be_present(l);
    } else if (n->kind == NEWS_STAFF_REMOVED) {
        leave(l, SHOP_CHANNEL, n->shop);
    }
}

/* What any other may hear was decided when it was opened: whoever may still hear it opens it again.
 */
static void change_powers(void *arg, struct subscriber *s, uint8_t tag)
{
    struct live *l = CONTAINER_OF(s, struct live, subscriber);
    const struct news *n = arg;
    (void)tag;
    if (!live_is_persons(l) || !str_eq(live_text(l, LIVE_ID), n->account))
        return;
    if (l->kind->person)
        follow_powers(l, n);
    else
        live_close(l, CLOSE_AGAIN, "rights have changed");
}

/* The same, when he is not any more what he was. */
static void compare_role(void *arg, struct subscriber *s, uint8_t tag)
{
    const struct live *l = CONTAINER_OF(s, struct live, subscriber);
    struct arena *arena = arena_new(SIZE_MAX);
    struct caller now = live_owner(l);
    if (people_resolve(l->desk->app->people, &now, arena) && now.role != (enum role)l->role)
        change_powers(arg, s, tag);
    arena_free(&arena);
}

/* To all whom it may concern on this loop. */
static void tell(struct desk *d, const char *prefix, struct str name, struct str account,
                 void (*deliver)(void *arg, struct subscriber *s, uint8_t tag), void *arg)
{
    struct arena *arena = arena_new(SIZE_MAX);
    const struct str channels[] = {
        str_of(arena_printf(arena, "%s%.*s", prefix, STR_ARG(name))),
        str_of(arena_printf(arena, ACCOUNT_CHANNEL "%.*s", STR_ARG(account)))};
    hub_publish(d->hub, channels, ARRAY_LEN(channels), deliver, arg);
    arena_free(&arena);
}

void live_each_of(struct desk *d, struct str account,
                  void (*call)(void *arg, struct subscriber *s, uint8_t tag), void *arg)
{
    tell(d, PERSON_CHANNEL, account, account, call, arg);
}

void live_hear_of_people(struct desk *d, const struct event *e)
{
    struct news n = news_read(e);
    switch (n.kind) {
    case NEWS_SESSION_ENDED:
        tell(d, SESSION_CHANNEL, n.session, n.account, end_session, &n);
        break;
    case NEWS_STAFF_ADDED:
    case NEWS_STAFF_REMOVED:
        live_each_of(d, n.account, change_powers, &n);
        break;
    case NEWS_ACCOUNT:
        live_each_of(d, n.account, compare_role, &n);
        break;
    case NEWS_NONE:
        break;
    }
    news_fini(&n);
}

bool live_is_of_grants(const struct live *l, const struct event *e)
{
    if (!l->kind->person || !str_starts(e->topic, STR("shop.staff_")))
        return false;
    struct news n = news_read(e);
    bool own = str_eq(n.account, live_text(l, LIVE_ID));
    news_fini(&n);
    return own;
}

void live_write_grants(const struct live *l, struct jout *j)
{
    struct arena *arena = arena_new(SIZE_MAX);
    struct caller now = live_owner(l);
    bool lives = people_resolve(l->desk->app->people, &now, arena);
    jout_key(j, "grants");
    jout_array(j);
    for (size_t i = 0; lives && i < now.grant_count; i++) {
        jout_object(j);
        jout_field_str(j, "shop_id", now.grants[i].shop);
        jout_field_cstr(j, "role", role_word(now.grants[i].role));
        jout_object_end(j);
    }
    jout_array_end(j);
    arena_free(&arena);
}

/* ---- How long ---- */

static void token_expired(struct timer *t)
{
    live_close(CONTAINER_OF(t, struct live, expiry), CLOSE_POLICY, "token expired");
}

void live_expire_at(struct live *l, int64_t expires_us, int64_t now_us)
{
    l->expires_us = expires_us;
    l->expiry.fire = token_expired;
    if (expires_us > 0)
        loop_timer(l->desk->loop, &l->expiry, (expires_us - now_us) / 1000);
}

/* ---- AUTH ---- */

/* The same person, by whichever of his sessions, or the same kiosk? */
static bool is_owner(const struct live *l, const struct caller *c)
{
    bool device = l->role == ROLE_KIOSK;
    return str_eq(c->id, live_text(l, LIVE_ID)) && device == (c->role == ROLE_KIOSK) &&
           (device || live_is_persons(l));
}

static bool parse_auth(struct request *rq)
{
    struct live *l = call_of(rq)->live;
    struct caller *c = arena_alloc(rq->arena, sizeof *c);
    struct str token = json_text(rq->body, "token");
    if (!token.at)
        return refuse_field(rq, PROBLEM_BAD_INPUT, "/values/token", "a token is needed");
    if (!token_cache_verify(&l->desk->tokens, token, rq->now_us, rq->arena, c))
        return refuse(rq, PROBLEM_NOT_LOGGED_IN, "the token is not valid, or not any more");
    if (!is_owner(l, c))
        return refuse(rq, PROBLEM_FORBIDDEN, "the token is somebody else's");
    rq->parsed = c;
    return true;
}

/* From now on the socket lives with the session of the new token. */
static void change_session(struct live *l, const struct caller *c)
{
    if (!l->kind->person)
        leave(l, SESSION_CHANNEL, live_owner(l).session);
    mem_free(l->session);
    l->session = mem_alloc(c->session.len + 1);
    if (c->session.len > 0)
        memcpy(l->session, c->session.at, c->session.len);
    if (!l->kind->person)
        live_join(l, SESSION_CHANNEL, c->session, ROLE_NONE);
}

static void run_auth(struct request *rq, struct db *db)
{
    struct live *l = call_of(rq)->live;
    const struct caller *c = rq->parsed;
    (void)db;
    bool changed = !str_eq(c->session, live_owner(l).session);
    rq->caller = *c;
    if (changed)
        change_session(l, c);
    if (l->expires_us > 0 && (changed || c->expires_us > l->expires_us))
        live_expire_at(l, c->expires_us, rq->now_us);
    struct jout *j = reply_event(rq, "AUTH");
    jout_object(j);
    jout_key(j, "expires_at");
    if (l->expires_us > 0)
        jout_time(j, l->expires_us);
    else
        jout_null(j);
    jout_object_end(j);
    reply_event_end(rq);
}

const struct socket_command live_auth = {
    .event = "AUTH", .on = RUN_HERE, .parse = parse_auth, .run = run_auth};
