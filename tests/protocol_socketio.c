/* protocol_socketio.c - what the protocol server does with Engine.IO and Socket.IO clients.
 *
 * `/engine.io/` gives each message back. `/socket.io/` has the namespaces `/` and `/custom`; both
 * emit "auth" with what the client connected with. `/` answers `message` with `message-back` and
 * `message-with-ack` with its arguments; on `/custom`, `fan` goes to every socket there. */
#include "protocol_socketio.h"

#include <pthread.h>

#include "base/buf.h"
#include "base/list.h"

#define RECOVERY_MS 120000

struct booth {
    struct loop *loop;
    struct engine *echo;      /* /engine.io/ */
    struct socketio *io;      /* /socket.io/ */
    struct booth *const *all; /* those of all loops */
    size_t count;             /* of those */
    struct list custom;       /* struct guest of each socket in /custom */
};

/* An event that was sent to a socket which may come back. */
struct kept {
    struct kept *next;
    int64_t offset;       /* told with it */
    struct frame *packet; /* one reference */
};

/* A socket, here or away. */
struct guest {
    struct list node;    /* in booth->custom, or among those that are away */
    struct booth *booth; /* where it is */
    struct socketio_socket *socket;
    struct kept *first; /* what it was sent, oldest first */
    struct kept *last;
    int64_t offset;   /* of the newest */
    int64_t until_ns; /* away: how long it may come back */
    bool root;        /* it is in `/` */
    char sid[SOCKETIO_ID_SIZE];
    char pid[SOCKETIO_ID_SIZE];
};

/* Those that are away, of all loops. */
static struct {
    pthread_mutex_t lock;
    struct list guests;
    bool on;
} away = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* ---- /engine.io/ ---- */

static void *echo_opened(void *ctx, struct engine_session *s, const struct exchange *x)
{
    (void)s, (void)x;
    return ctx;
}

static void echo_message(struct engine_session *s, void *user, bool binary, struct str data)
{
    struct frame *f = binary ? engine_binary(data) : engine_text(data);
    (void)user;
    engine_send(s, f);
    frame_unref(f);
}

static void echo_closed(struct engine_session *s, void *user, const char *why)
{
    (void)s, (void)user, (void)why;
}

static const struct engine_ops echo_ops = {
    .opened = echo_opened, .message = echo_message, .closed = echo_closed};

/* ---- Guests ---- */

static void guest_free(struct guest *g)
{
    while (g->first) {
        struct kept *next = g->first->next;
        frame_unref(g->first->packet);
        mem_free(g->first);
        g->first = next;
    }
    mem_free(g);
}

/* The one that was away under this private id, from `/` or not, without what it has seen; NULL:
 * there is none. */
static struct guest *come_back(struct str pid, struct str offset, bool root)
{
    struct guest *found = NULL;
    uint64_t seen;
    if (!pid.at || pid.len != SOCKETIO_ID_SIZE || !str_to_u64(offset, INT64_MAX, &seen))
        return NULL;
    pthread_mutex_lock(&away.lock);
    LIST_EACH (node, &away.guests) {
        struct guest *g = LIST_ITEM(node, struct guest, node);
        if (g->root == root && memcmp(g->pid, pid.at, pid.len) == 0)
            found = g;
    }
    if (found)
        list_del(&found->node);
    pthread_mutex_unlock(&away.lock);
    while (found && found->first && found->first->offset <= (int64_t)seen) {
        struct kept *old = found->first;
        found->first = old->next;
        frame_unref(old->packet);
        mem_free(old);
    }
    if (found && !found->first)
        found->last = NULL;
    return found;
}

static void go_away(struct guest *g, struct socketio_socket *s)
{
    memcpy(g->sid, socketio_sid(s).at, SOCKETIO_ID_SIZE);
    memcpy(g->pid, socketio_pid(s).at, SOCKETIO_ID_SIZE);
    g->until_ns = loop_now_ns(g->booth->loop) + (int64_t)RECOVERY_MS * 1000000;
    pthread_mutex_lock(&away.lock);
    LIST_EACH (node, &away.guests) {
        struct guest *old = LIST_ITEM(node, struct guest, node);
        if (old->until_ns > loop_now_ns(g->booth->loop))
            continue;
        list_del(node);
        guest_free(old);
    }
    list_add_before(&away.guests, &g->node);
    pthread_mutex_unlock(&away.lock);
}

static void keep(struct guest *g, struct frame *f)
{
    struct kept *k = mem_alloc(sizeof *k);
    frame_ref(f);
    *k = (struct kept){.offset = g->offset, .packet = f};
    if (g->last)
        g->last->next = k;
    else
        g->first = k;
    g->last = k;
}

/* ---- /socket.io/ ---- */

/* Send an event; with recovery it is kept for the case that the socket comes back without it. */
static void tell(struct socketio_socket *s, struct guest *g, struct str name, struct str args)
{
    struct buf offset = {0};
    g->offset++;
    if (away.on)
        buf_add_i64(&offset, g->offset);
    struct frame *f =
        socketio_event_frame(g->root ? STR("/") : STR("/custom"), name, args, buf_str(&offset));
    if (away.on)
        keep(g, f);
    socketio_send(s, f);
    frame_unref(f);
    buf_fini(&offset);
}

static void tell_missed(struct socketio_socket *s, const struct guest *g)
{
    for (const struct kept *k = g->first; k; k = k->next)
        socketio_send(s, k->packet);
}

static void *connected(void *ctx, struct socketio_socket *s, const struct socketio_connect *c)
{
    struct booth *b = ctx;
    bool root = str_is(c->nsp, "/");
    struct guest *g = come_back(c->pid, c->offset, root);
    bool back = g != NULL;
    if (!g)
        g = mem_alloc(sizeof *g);
    g->booth = b;
    g->root = root;
    if (!g->root)
        list_add_before(&b->custom, &g->node);
    g->socket = s;
    if (back) {
        socketio_accept(s, (struct str){g->sid, SOCKETIO_ID_SIZE},
                        (struct str){g->pid, SOCKETIO_ID_SIZE});
        tell_missed(s, g);
    } else {
        socketio_accept(s, (struct str){0}, (struct str){0});
        tell(s, g, STR("auth"), c->auth.at ? c->auth : STR("{}"));
    }
    return g;
}

static void fan_here(struct booth *b, struct frame *f)
{
    LIST_EACH (node, &b->custom)
        socketio_send(LIST_ITEM(node, struct guest, node)->socket, f);
}

/* An event of `fan` on its way to another loop. */
struct relay {
    struct mail mail;    /* its envelope */
    struct booth *to;    /* where it goes */
    struct frame *frame; /* one reference */
};

static void fan_arrived(struct mail *m)
{
    struct relay *r = CONTAINER_OF(m, struct relay, mail);
    fan_here(r->to, r->frame);
    frame_unref(r->frame);
    mem_free(r);
}

static void fan(const struct booth *from, struct str args)
{
    struct frame *f = socketio_event_frame(STR("/custom"), STR("fan"), args, (struct str){NULL, 0});
    for (size_t i = 0; i < from->count; i++) {
        struct relay *r = mem_alloc(sizeof *r);
        if (from->all[i] == from) {
            mem_free(r);
            fan_here(from->all[i], f);
            continue;
        }
        *r = (struct relay){.mail.deliver = fan_arrived, .to = from->all[i], .frame = f};
        frame_ref(f);
        loop_post(r->to->loop, &r->mail);
    }
    frame_unref(f);
}

static void on_event(struct socketio_socket *s, void *user, const struct socketio_event *e)
{
    struct guest *g = user;
    struct socketio_event back = *e;
    if (g->root && str_is(e->name, "message") && e->attachment_count == 0) {
        tell(s, g, STR("message-back"), e->args);
    } else if (g->root && str_is(e->name, "message")) {
        back.name = STR("message-back");
        socketio_emit(s, &back);
    } else if (g->root && str_is(e->name, "message-with-ack") && e->id != SOCKETIO_NO_ID) {
        socketio_ack(s, e->id, &back);
    } else if (!g->root && str_is(e->name, "fan") && e->attachment_count == 0) {
        fan(g->booth, e->args);
    }
}

static void on_closed(struct socketio_socket *s, void *user, enum socketio_end end)
{
    struct guest *g = user;
    list_del(&g->node);
    if (away.on && end == SOCKETIO_LOST)
        go_away(g, s);
    else
        guest_free(g);
}

static const struct socketio_ops io_ops = {
    .connect = connected, .event = on_event, .closed = on_closed};

/* ---- Booths ---- */

struct booth *booth_new(struct server *server, const struct booth_config *want)
{
    static const char *const names[] = {"/", "/custom"};
    struct booth *b = mem_alloc(sizeof *b);
    struct socketio_config config;
    socketio_config_default(&config);
    config.engine.ping_interval_ms = want->ping_interval_ms;
    config.engine.ping_timeout_ms = want->ping_timeout_ms;
    config.connect_timeout_ms = want->connect_timeout_ms;
    config.namespaces = names;
    config.namespace_count = ARRAY_LEN(names);
    config.recovery = want->recovery;
    if (!away.guests.next)
        list_init(&away.guests);
    away.on = want->recovery;
    b->loop = server_loop(server);
    list_init(&b->custom);
    b->echo = engine_new(server, &config.engine, &echo_ops, b);
    b->io = socketio_new(server, &config, &io_ops, b);
    return b;
}

void booth_link(struct booth *const *all, size_t count)
{
    static struct engine *echoes[ENGINES_MAX];
    static struct engine *ios[ENGINES_MAX];
    for (size_t i = 0; i < count; i++) {
        all[i]->all = all;
        all[i]->count = count;
        echoes[i] = all[i]->echo;
        ios[i] = socketio_engine(all[i]->io);
    }
    engine_link(echoes, count);
    engine_link(ios, count);
}

static struct engine *engine_at(struct booth *b, struct str path)
{
    if (str_is(path, "/engine.io/"))
        return b->echo;
    return str_is(path, "/socket.io/") ? socketio_engine(b->io) : NULL;
}

bool booth_has(struct str path)
{
    return str_is(path, "/engine.io/") || str_is(path, "/socket.io/");
}

struct server *booth_head(struct booth *b, struct exchange *x, size_t *body_max)
{
    return engine_head(engine_at(b, x->path), x, body_max);
}

void booth_request(struct booth *b, struct exchange *x)
{
    engine_request(engine_at(b, x->path), x, &(struct engine_door){.origin_ok = true});
}

void booth_drain(struct booth *b)
{
    engine_drain(b->echo);
    engine_drain(socketio_engine(b->io));
}

void booth_close(struct booth *b)
{
    engine_free(&b->echo);
    socketio_free(&b->io);
}

void booth_free(struct booth **b)
{
    while (!list_empty(&away.guests)) {
        struct guest *g = LIST_ITEM(away.guests.next, struct guest, node);
        list_del(&g->node);
        guest_free(g);
    }
    mem_free(*b);
    *b = NULL;
}
