/* live_socketio.c - Socket.IO's side of live sockets: who arrives, who connects to the namespace of
 * a kind, and who comes back after his connection was lost. */
#include "app/live_inside.h"

#include "app/dispatch.h"
#include "app/guard.h"
#include "app/house.h"
#include "app/peer.h"
#include "base/clock.h"

/* ---- Clients ---- */

/* What the first request of a client told, small because it is kept as long as he is there. With a
 * token or a cookie that was good he may connect without another. */
struct arrival {
    uint8_t role;         /* enum role: who he is by it; ROLE_NONE: nobody */
    uint8_t language;     /* enum language he reads */
    bool has_session;     /* else at == NULL */
    uint8_t peer_len;     /* bytes of his address, at the beginning of text */
    uint16_t id_len;      /* of his id, behind it, */
    uint16_t name_len;    /* his username */
    uint16_t session_len; /* and his session */
    char text[];          /* all of these, and of somebody the end of his token */
};

static void add(char **at, struct str s)
{
    if (s.at)
        memcpy(*at, s.at, s.len);
    *at += s.len;
}

static struct arrival *arrival_new(const struct request *rq, bool known)
{
    struct caller c = known ? rq->caller : (struct caller){0};
    size_t len = rq->peer.len + c.id.len + c.username.len + c.session.len;
    size_t end = known ? sizeof c.expires_us : 0;
    struct arrival *a = mem_alloc(offsetof(struct arrival, text) + len + end);
    char *at = a->text;
    CHECK(rq->peer.len <= UINT8_MAX && len <= UINT16_MAX);
    a->role = (uint8_t)c.role;
    a->language = (uint8_t)rq->language;
    a->has_session = c.session.at != NULL;
    a->peer_len = (uint8_t)rq->peer.len;
    a->id_len = (uint16_t)c.id.len;
    a->name_len = (uint16_t)c.username.len;
    a->session_len = (uint16_t)c.session.len;
    add(&at, rq->peer);
    add(&at, c.id);
    add(&at, c.username);
    add(&at, c.session);
    memcpy(at, &c.expires_us, end);
    return a;
}

static struct str peer_of_arrival(const struct arrival *a)
{
    return (struct str){a->text, a->peer_len};
}

/* Of one that is somebody's. Slices of the arrival. */
static struct caller caller_of_arrival(const struct arrival *a)
{
    const char *id = a->text + a->peer_len;
    const char *name = id + a->id_len;
    const char *session = name + a->name_len;
    int64_t expires_us;
    memcpy(&expires_us, session + a->session_len, sizeof expires_us);
    return (struct caller){.role = (enum role)a->role,
                           .id = {id, a->id_len},
                           .username = {name, a->name_len},
                           .session = {a->has_session ? session : NULL, a->session_len},
                           .expires_us = expires_us};
}

/* Who a client's request comes from, as far as it says so itself, in its arena. */
static const struct request *sender_of(struct desk *d, const struct exchange *x, bool *known_r)
{
    struct call *c = call_new(d, x->arena);
    c->exchange = (struct exchange *)x; /* which the guard only looks at */
    c->rq.own = x;
    c->rq.query = x->query;
    c->rq.peer = peer_of(x, d->app->config->trusted_proxy);
    c->rq.language = dispatch_language(c->exchange, LANG_KO);
    *known_r = guard_socket(c) && c->rq.caller.role != ROLE_NONE;
    return &c->rq;
}

static void *on_arrived(void *ctx, const struct exchange *x)
{
    bool known;
    const struct request *rq = sender_of(ctx, x, &known);
    return arrival_new(rq, known);
}

/* A sid is a secret; still, with another's token or cookie it is of no use. */
static bool on_asked(void *ctx, const void *arrived, const struct exchange *x)
{
    const struct arrival *a = arrived;
    bool known;
    if (a->role == ROLE_NONE)
        return true;
    const struct request *rq = sender_of(ctx, x, &known);
    return !known || str_eq(rq->caller.id, caller_of_arrival(a).id);
}

static void on_left(void *ctx, void *arrived)
{
    (void)ctx;
    mem_free(arrived);
}

/* ---- CONNECT ---- */

/* What a CONNECT asks for, in the arena of its call. */
struct asking {
    struct call *call;              /* whose request has the caller */
    const struct socket_kind *kind; /* of the namespace */
    struct socket_admission admission;
    struct live_cursor cursor;   /* where it goes on */
    struct recovered *recovered; /* it goes on as that one; NULL: as a new one */
};

/* Who is it, by the token in hand, else by what the client arrived with? False after refuse(). */
static bool identify(struct call *c, const struct arrival *arrival, struct str token)
{
    struct request *rq = &c->rq;
    if (token.at)
        return guard_token(c, token);
    if (arrival->role == ROLE_NONE)
        return refuse(rq, PROBLEM_NOT_LOGGED_IN, NULL);
    rq->caller = caller_of_arrival(arrival);
    bool expired = rq->caller.expires_us > 0 && rq->caller.expires_us <= rq->now_us;
    if (expired || !people_resolve(rq->app->people, &rq->caller, rq->arena))
        return refuse(rq, PROBLEM_NOT_LOGGED_IN, "the token is not valid, or not any more");
    return true;
}

/* auth.after and auth.epoch. False after refuse(). */
static bool read_cursor(struct asking *a)
{
    struct request *rq = &a->call->rq;
    const json_t *after = json_object_get(rq->body, "after");
    int64_t seq;
    if (!after || json_is_null(after))
        return true;
    if (!json_int_lenient(after, &seq) || seq < 0)
        return refuse_field(rq, PROBLEM_BAD_INPUT, "/after", "a seq is a number");
    a->cursor = live_cursor_at(rq->app, seq, json_text(rq->body, "epoch"));
    return true;
}

static void recover(struct asking *a, const struct socketio_connect *connect)
{
    const struct request *rq = &a->call->rq;
    uint64_t seq;
    if (!connect->pid.at || !str_to_u64(connect->offset, INT64_MAX, &seq))
        return;
    struct live_cursor cursor = live_cursor_at(rq->app, (int64_t)seq, (struct str){0});
    a->recovered = recovery_take(rq->app->recovery, connect->pid, rq->caller.id, rq->now_us);
    if (a->recovered && cursor.good)
        a->cursor = cursor;
    else
        recovered_free(&a->recovered);
}

static bool may_connect(struct asking *a, const struct socketio_connect *connect)
{
    struct request *rq = &a->call->rq;
    const char *why = NULL;
    if (a->call->desk->draining)
        return refuse(rq, PROBLEM_BUSY, "the server is stopping");
    if (connect->auth.at)
        rq->body = json_read(connect->auth, &why);
    if (connect->auth.at && !rq->body)
        return refuse(rq, PROBLEM_BAD_JSON, "%s", why);
    return identify(a->call, connect->arrived, json_text(rq->body, "token")) &&
           live_admit(rq, a->kind, &a->admission) && read_cursor(a);
}

/* {"code":"not-logged-in", and all that HTTP would be told}. */
static void refuse_connect(struct socketio_socket *s, struct call *c)
{
    const struct problem_row *row = problem_row(c->rq.problem);
    struct buf data = buf_in(c->rq.arena);
    call_render_problem(c);
    struct str problem = buf_str(&c->rq.reply);
    buf_addf(&data, "{\"code\":\"%s\",", row->slug);
    buf_add(&data, problem.at + 1, problem.len - 1);
    socketio_refuse(s, str_of(row->message[c->rq.language]), buf_str(&data));
}

/* ---- What is kept of one that was lost ---- */

static void write_grant(struct buf *out, struct str shop, enum role role)
{
    buf_addf(out, "%.*s %d\n", STR_ARG(shop), (int)role);
}

static void write_own(void *arg, struct str channel, uint8_t tag)
{
    struct str prefix = STR("shop:");
    if (str_starts(channel, prefix))
        write_grant(arg, (struct str){channel.at + prefix.len, channel.len - prefix.len},
                    (enum role)tag);
}

/* His powers as the socket has followed them. Extra channels are left before. */
static void write_powers(struct buf *out, const struct live *l)
{
    buf_addf(out, "%d\n", l->role);
    hub_each_channel(&l->subscriber, write_own, out);
}

static bool has_line(struct str text, struct str line)
{
    return memmem(text.at, text.len, line.at, line.len) != NULL;
}

/* Can he still do what he could, and no more? */
static bool same_powers(struct str powers, const struct caller *c)
{
    struct buf now = {0};
    buf_addf(&now, "%d\n", (int)c->role);
    bool same = str_starts(powers, buf_str(&now));
    size_t len = now.len;
    for (size_t i = 0; same && i < c->grant_count; i++) {
        buf_clear(&now);
        write_grant(&now, c->grants[i].shop, c->grants[i].role);
        same = has_line(powers, buf_str(&now));
        len += now.len;
    }
    buf_fini(&now);
    return same && len == powers.len;
}

static void keep_lost(struct live *l, struct socketio_socket *s)
{
    struct buf extras = {0};
    struct buf powers = {0};
    while (l->extras) {
        struct live_extra *x = l->extras;
        buf_addf(&extras, "%d %s\n", x->tag, x->name);
        hub_unsubscribe(l->desk->hub, &l->subscriber, str_of(x->name));
        l->extras = x->next;
        mem_free(x);
    }
    write_powers(&powers, l);
    recovery_put(l->desk->app->recovery,
                 &(struct recovered){.pid = socketio_pid(s),
                                     .sid = socketio_sid(s),
                                     .account = live_text(l, LIVE_ID),
                                     .powers = buf_str(&powers),
                                     .extras = buf_str(&extras)},
                 clock_utc_us());
    buf_fini(&powers);
    buf_fini(&extras);
}

/* The channels it had beside its own, unless what allowed them may be gone: of those that can be
 * taken from somebody nobody knows whether they were. */
static void restore_extras(struct live *l, const struct recovered *was, const struct caller *who)
{
    struct str rest = was->extras;
    while (rest.len > 0) {
        struct str name = str_cut(&rest, '\n');
        struct str tag = str_cut(&name, ' ');
        uint64_t role;
        if (str_to_u64(tag, ROLE_COUNT - 1, &role))
            live_add_extra(l, name, (enum role)role, 0);
    }
    if (same_powers(was->powers, who))
        live_drop_passing_extras(l);
    else
        live_drop_extras(l);
}

/* ---- Sockets ---- */

static struct live *let_in(struct asking *a, struct socketio_socket *s)
{
    struct call *c = a->call;
    const struct recovered *was = a->recovered;
    struct live *l = live_new(c, a->kind, LIVE_BY_SOCKETIO, a->admission.subject);
    live_listen(l, &c->rq.caller, &a->admission);
    l->line.io = s;
    socketio_accept(s, was ? was->sid : (struct str){0}, was ? was->pid : (struct str){0});
    if (was)
        restore_extras(l, was, &c->rq.caller);
    live_begin(l, &a->cursor, c->rq.now_us);
    return l;
}

static void *on_connect(void *ctx, struct socketio_socket *s,
                        const struct socketio_connect *connect)
{
    struct desk *d = ctx;
    const struct arrival *arrival = connect->arrived;
    struct arena *arena = arena_new(LIVE_ARENA_MAX);
    struct asking a = {.call = call_new(d, arena), .kind = live_kind_of_nsp(d->app, connect->nsp)};
    struct live *l = NULL;
    a.call->rq.language = (enum language)arrival->language;
    a.call->rq.peer = peer_of_arrival(arrival);
    if (may_connect(&a, connect)) {
        recover(&a, connect);
        l = let_in(&a, s);
    } else {
        refuse_connect(s, a.call);
    }
    recovered_free(&a.recovered);
    call_fini(a.call);
    arena_free(&arena);
    return l;
}

static void on_event(struct socketio_socket *s, void *user, const struct socketio_event *e)
{
    (void)s;
    live_hear(user, &(struct live_said){.name = e->name,
                                        .text = e->args,
                                        .ack = e->id,
                                        .binary = e->attachment_count > 0});
}

static void on_closed(struct socketio_socket *s, void *user, enum socketio_end end)
{
    if (end == SOCKETIO_LOST)
        keep_lost(user, s);
    live_over(user);
}

static const struct socketio_ops ops = {.arrived = on_arrived,
                                        .admits = on_asked,
                                        .left = on_left,
                                        .connect = on_connect,
                                        .event = on_event,
                                        .closed = on_closed};

void live_socketio_start(struct desk *d)
{
    struct socketio_config config;
    size_t count = 0;
    socketio_config_default(&config);
    for (size_t i = 0; i < d->app->service_count; i++) {
        const struct service *s = d->app->services[i];
        for (size_t k = 0; k < s->socket_count; k++) {
            if (s->sockets[k].nsp && count < SOCKET_KINDS_MAX)
                d->namespaces[count++] = s->sockets[k].nsp;
        }
    }
    config.namespaces = d->namespaces;
    config.namespace_count = count;
    config.recovery = true;
    if (count > 0)
        d->io = socketio_new(d->server, &config, &ops, d);
}
