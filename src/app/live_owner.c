/* live_owner.c - whose sockets they are: who asks when a command comes, the command AUTH that
 * renews a token, and the end of all that a session or a dismissed person had open.
 *
 * Besides the channels of its kind a socket listens to two of the house's own, whose names no event
 * can bear: that of its session and that of its person. Devices have neither. */
#include "app/live_inside.h"

#include "app/guard.h"
#include "app/house.h"
#include "app/people_inside.h"

#define SESSION_CHANNEL "\nsession:"
#define PERSON_CHANNEL  "\nperson:"

/* ---- Who it is ---- */

/* As he was when the socket was opened, or renewed; slices in the socket's memory. */
static struct caller owner_of(const struct live *l)
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
    rq->caller = owner_of(l);
    if (people_resolve(rq->app->people, &rq->caller, rq->arena))
        return;
    rq->caller = (struct caller){0};
    live_close(l, CLOSE_POLICY, "session ended");
}

static bool is_person(const struct live *l)
{
    return (WHO_PERSON & ROLE_BIT(l->role)) && l->role != ROLE_NONE;
}

/* ---- The house's own channels ---- */

static void listen_to(struct hub *h, struct subscriber *s, struct str channel)
{
    hub_subscribe(h, s, channel, (uint8_t)ROLE_NONE);
}

/* Call `what` with the channel's name, if there is anything to name. */
static void with_channel(struct live *l, const char *prefix, struct str name,
                         void (*what)(struct hub *h, struct subscriber *s, struct str channel))
{
    struct buf channel = {0};
    if (name.len == 0)
        return;
    buf_add_cstr(&channel, prefix);
    buf_add_str(&channel, name);
    what(l->desk->hub, &l->subscriber, buf_str(&channel));
    buf_fini(&channel);
}

void live_follow_owner(struct live *l)
{
    with_channel(l, SESSION_CHANNEL, live_text(l, LIVE_SESSION), listen_to);
    if (is_person(l))
        with_channel(l, PERSON_CHANNEL, live_text(l, LIVE_ID), listen_to);
}

static void end_session(void *arg, struct subscriber *s, uint8_t tag)
{
    (void)arg;
    (void)tag;
    live_close(CONTAINER_OF(s, struct live, subscriber), CLOSE_POLICY, "session ended");
}

/* What a socket may hear was decided when it was opened: whoever may still hear it opens it again.
 */
static void open_anew(void *arg, struct subscriber *s, uint8_t tag)
{
    (void)arg;
    (void)tag;
    live_close(CONTAINER_OF(s, struct live, subscriber), CLOSE_AGAIN, "rights have changed");
}

/* The same, when he is not any more what he was. */
static void compare_role(void *arg, struct subscriber *s, uint8_t tag)
{
    const struct live *l = CONTAINER_OF(s, struct live, subscriber);
    struct arena *arena = arg;
    struct caller now = owner_of(l);
    if (people_resolve(l->desk->app->people, &now, arena) && now.role != (enum role)l->role)
        open_anew(NULL, s, tag);
}

static void tell(struct desk *d, const char *prefix, struct str name,
                 void (*deliver)(void *arg, struct subscriber *s, uint8_t tag))
{
    struct arena *arena = arena_new(SIZE_MAX);
    struct str channel = str_of(arena_printf(arena, "%s%.*s", prefix, STR_ARG(name)));
    hub_publish(d->hub, &channel, 1, deliver, arena);
    arena_free(&arena);
}

void live_hear_of_people(struct desk *d, const struct event *e)
{
    struct news n = news_read(e);
    switch (n.kind) {
    case NEWS_SESSION_ENDED:
        tell(d, SESSION_CHANNEL, n.session, end_session);
        break;
    case NEWS_STAFF_ADDED:
    case NEWS_STAFF_REMOVED:
        tell(d, PERSON_CHANNEL, n.account, open_anew);
        break;
    case NEWS_ACCOUNT:
        tell(d, PERSON_CHANNEL, n.account, compare_role);
        break;
    case NEWS_NONE:
        break;
    }
    news_fini(&n);
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
           (device || is_person(l));
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
    with_channel(l, SESSION_CHANNEL, owner_of(l).session, hub_unsubscribe);
    mem_free(l->session);
    l->session = mem_alloc(c->session.len + 1);
    if (c->session.len > 0)
        memcpy(l->session, c->session.at, c->session.len);
    with_channel(l, SESSION_CHANNEL, c->session, listen_to);
}

static void run_auth(struct request *rq, struct db *db)
{
    struct live *l = call_of(rq)->live;
    const struct caller *c = rq->parsed;
    (void)db;
    bool changed = !str_eq(c->session, owner_of(l).session);
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
