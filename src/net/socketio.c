/* socketio.c - Socket.IO clients on Engine.IO sessions: which namespaces they are in, and the way
 * of a packet between an Engine.IO message and whoever owns the namespace. */
#include "net/socketio.h"

#include "base/log.h"
#include "base/random.h"
#include "wire/socketio.h"

#define DEPTH_MAX 100 /* of a payload; deeper ones end the connection */
#define NSP_MAX   256 /* bytes of a namespace */
#define LEAVE_MS  500 /* a polling client may read its DISCONNECT before the connection's end */

struct socketio {
    struct engine *engine;          /* below it */
    struct loop *loop;              /* on which all happens */
    struct socketio_config config;  /* as it was given */
    struct sio_limits limits;       /* of packets */
    const struct socketio_ops *ops; /* the house above */
    void *ctx;                      /* its context */
};

/* A packet whose attachments are on their way. */
struct gathering {
    struct buf header;                     /* the text that announced them */
    struct buf parts[SIO_ATTACHMENTS_MAX]; /* those that have come */
};

/* A client in no namespace yet. */
struct patience {
    struct timer timer;             /* when it is closed */
    struct socketio_client *client; /* whose */
};

/* One client: a connection, and the sockets on it. */
struct socketio_client {
    struct socketio *io;             /* where it belongs */
    struct engine_session *session;  /* its connection; NULL while that is being closed */
    void *arrived;                   /* the house's, from its first request */
    struct socketio_socket *sockets; /* its sockets, in no order */
    struct socketio_socket *asking;  /* whose connect() is being called; NULL: none */
    struct patience *patience;       /* NULL once it was in some namespace */
    struct gathering *gathering;     /* NULL: no attachments are due */
    struct sio_peer peer;            /* which namespaces it is in */
    struct sio_gather gather;        /* what is due */
};

/* A client in one namespace. */
struct socketio_socket {
    struct socketio_client *client; /* whose */
    struct socketio_socket *next;   /* of the same client */
    void *user;                     /* the house's */
    uint8_t nsp;                    /* number of its namespace */
    bool joined;                    /* it was let in */
    bool gone;                      /* it ended while connect() was being called */
    bool refused;                   /* that was what ended it */
    uint8_t end;                    /* gone: enum socketio_end */
    char sid[SOCKETIO_ID_SIZE];     /* from accept on */
    char pid[];                     /* the same, where there is recovery */
};

/* ---- Sending ---- */

static struct str nsp_name(const struct socketio_socket *s)
{
    return str_of(s->client->io->config.namespaces[s->nsp]);
}

/* Send what is written behind Engine.IO's "4" in `packet`, and free it. */
static void send_packet(struct socketio_client *c, struct buf *packet)
{
    if (c->session) {
        struct frame *f = engine_text(buf_str(packet));
        engine_send(c->session, f);
        frame_unref(f);
    }
    buf_fini(packet);
}

static void send_attachments(struct socketio_client *c, const struct socketio_event *e)
{
    for (size_t i = 0; i < e->attachment_count && c->session; i++) {
        struct frame *f = engine_binary(e->attachments[i]);
        engine_send(c->session, f);
        frame_unref(f);
    }
}

/* ---- Ends ---- */

static void unlink_socket(struct socketio_socket *s)
{
    struct socketio_socket **at = &s->client->sockets;
    while (*at != s)
        at = &(*at)->next;
    *at = s->next;
}

/* One that was let in, or asked to be, is no more. */
static void end_socket(struct socketio_socket *s, enum socketio_end end)
{
    struct socketio *io = s->client->io;
    unlink_socket(s);
    sio_peer_left(&s->client->peer, s->nsp);
    if (s == s->client->asking) { /* buried when connect() returns */
        s->gone = true;
        s->end = (uint8_t)end;
        return;
    }
    io->ops->closed(s, s->user, end);
    mem_free(s);
}

static void forget_gathering(struct socketio_client *c)
{
    struct gathering *g = c->gathering;
    c->gathering = NULL;
    if (!g)
        return;
    buf_fini(&g->header);
    for (size_t i = 0; i < SIO_ATTACHMENTS_MAX; i++)
        buf_fini(&g->parts[i]);
    mem_free(g);
}

static void stop_waiting(struct socketio_client *c)
{
    if (c->patience)
        loop_timer_clear(c->io->loop, &c->patience->timer);
    mem_free(c->patience);
    c->patience = NULL;
}

static void client_free(struct socketio_client *c)
{
    if (c->io->ops->left)
        c->io->ops->left(c->io->ctx, c->arrived);
    mem_free(c);
}

static void session_closed(struct engine_session *session, void *user, const char *why)
{
    struct socketio_client *c = user;
    (void)session, (void)why;
    c->session = NULL;
    while (c->sockets)
        end_socket(c->sockets, SOCKETIO_LOST);
    stop_waiting(c);
    forget_gathering(c);
    if (!c->asking) /* else take_connect() does it */
        client_free(c);
}

/* The client has broken the rules: its connection ends. It is not to be looked at behind this. */
static void close_for(struct socketio_client *c, int fault)
{
    const struct sio_reason *reason = sio_reason_of(fault);
    log_debug(reason->id, LOG_C("why", reason->text));
    engine_close(c->session);
}

static void waited_long(struct timer *t)
{
    struct socketio_client *c = CONTAINER_OF(t, struct patience, timer)->client;
    log_debug("SIO-CONNECT-TIMEOUT", LOG_N("ms", c->io->config.connect_timeout_ms));
    engine_close(c->session);
}

/* Close the client unless it is in some namespace by then. */
static void wait_for(struct socketio_client *c, int64_t ms)
{
    if (!c->patience)
        c->patience = mem_alloc(sizeof *c->patience);
    c->patience->client = c;
    c->patience->timer.fire = waited_long;
    loop_timer(c->io->loop, &c->patience->timer, ms);
}

/* ---- CONNECT ---- */

static int nsp_number(const struct socketio *io, struct str name)
{
    for (size_t i = 0; i < io->config.namespace_count; i++) {
        if (str_is(name, io->config.namespaces[i]))
            return (int)i;
    }
    return SIO_NSP_UNKNOWN;
}

static void refuse_unknown(struct socketio_client *c, struct str nsp)
{
    struct buf packet = {0};
    sio_write_connect_error(&packet, nsp, STR("Invalid namespace"), (struct str){0});
    send_packet(c, &packet);
}

static struct socketio_socket *socket_new(struct socketio_client *c, int nsp)
{
    size_t pid = c->io->config.recovery ? SOCKETIO_ID_SIZE : 0;
    struct socketio_socket *s = mem_alloc(sizeof *s + pid);
    s->client = c;
    s->nsp = (uint8_t)nsp;
    s->next = c->sockets;
    c->sockets = s;
    return s;
}

/* Inside connect() the socket may be refused, or end, and so may its client's connection: neither
 * is freed before it returns. */
static void ask(struct socketio_client *c, struct socketio_socket *s,
                const struct socketio_connect *connect)
{
    const struct socketio *io = c->io;
    c->asking = s;
    s->user = io->ops->connect(io->ctx, s, connect);
    if (s->gone && !s->refused)
        io->ops->closed(s, s->user, (enum socketio_end)s->end);
    if (s->gone)
        mem_free(s);
    c->asking = NULL;
    if (!c->session)
        client_free(c);
}

static void take_connect(struct socketio_client *c, const struct sio_packet *p, int nsp)
{
    struct socketio *io = c->io;
    struct socketio_connect connect = {.nsp = p->nsp, .auth = p->payload, .arrived = c->arrived};
    if (nsp == SIO_NSP_UNKNOWN) {
        refuse_unknown(c, p->nsp);
        return;
    }
    if (!io->config.recovery || !sio_recovery(p, &connect.pid, &connect.offset))
        connect.pid = connect.offset = (struct str){0};
    ask(c, socket_new(c, nsp), &connect);
}

static void take_id(char id[SOCKETIO_ID_SIZE], struct str given)
{
    char text[SOCKETIO_ID_SIZE + 1];
    if (given.len == SOCKETIO_ID_SIZE) {
        memcpy(id, given.at, SOCKETIO_ID_SIZE);
        return;
    }
    random_text(text, SOCKETIO_ID_SIZE, RANDOM_URL_SAFE);
    memcpy(id, text, SOCKETIO_ID_SIZE);
}

void socketio_accept(struct socketio_socket *s, struct str sid, struct str pid)
{
    struct socketio_client *c = s->client;
    struct buf packet = {0};
    CHECK(!s->joined);
    s->joined = true;
    take_id(s->sid, sid);
    if (c->io->config.recovery)
        take_id(s->pid, pid);
    if (s->gone)
        return;
    sio_peer_joined(&c->peer, s->nsp);
    stop_waiting(c);
    sio_write_connect(&packet, nsp_name(s), socketio_sid(s), socketio_pid(s));
    send_packet(c, &packet);
}

void socketio_refuse(struct socketio_socket *s, struct str message, struct str data)
{
    struct buf packet = {0};
    CHECK(!s->joined);
    s->refused = true;
    if (s->gone)
        return;
    sio_write_connect_error(&packet, nsp_name(s), message, data);
    send_packet(s->client, &packet);
    end_socket(s, SOCKETIO_SERVER_CLOSED);
}

/* ---- Packets ---- */

static struct socketio_socket *socket_in(const struct socketio_client *c, int nsp)
{
    struct socketio_socket *s = c->sockets;
    while (s && s->nsp != nsp)
        s = s->next;
    return s;
}

static void take_event(struct socketio_client *c, const struct sio_packet *p, int nsp,
                       const struct str *attachments)
{
    struct socketio_socket *s = socket_in(c, nsp);
    if (!s)
        return;
    c->io->ops->event(s, s->user,
                      &(struct socketio_event){.name = p->name,
                                               .args = p->args,
                                               .id = p->id,
                                               .attachments = attachments,
                                               .attachment_count = p->attachments});
}

/* A whole packet that may come now. We ask for no acks, so theirs answer nothing. */
static void handle(struct socketio_client *c, const struct sio_packet *p,
                   const struct str *attachments)
{
    int nsp = nsp_number(c->io, p->nsp);
    struct socketio_socket *s;
    switch (p->type) {
    case SIO_CONNECT:
        take_connect(c, p, nsp);
        break;
    case SIO_DISCONNECT:
        s = socket_in(c, nsp);
        if (s)
            end_socket(s, SOCKETIO_CLIENT_LEFT);
        break;
    case SIO_EVENT:
    case SIO_BINARY_EVENT:
        take_event(c, p, nsp, attachments);
        break;
    case SIO_ACK:
    case SIO_BINARY_ACK:
    case SIO_CONNECT_ERROR:
        break;
    }
}

static void begin_gathering(struct socketio_client *c, struct str text)
{
    c->gathering = mem_alloc(sizeof *c->gathering);
    buf_add_str(&c->gathering->header, text);
}

static void take_text(struct socketio_client *c, struct str text)
{
    struct sio_packet p;
    int result = sio_parse(text, &c->io->limits, &p);
    if (result == 0)
        result = sio_gather_text(&c->gather, text, &p);
    int may = result < 0 ? 0 : sio_peer_take(&c->peer, p.type, nsp_number(c->io, p.nsp));
    if (result < 0 || may < 0)
        close_for(c, result < 0 ? result : may);
    else if (result == SIO_MORE)
        begin_gathering(c, text);
    else
        handle(c, &p, NULL);
}

/* All attachments are there: read the packet that announced them once more. */
static void take_gathered(struct socketio_client *c)
{
    struct gathering *g = c->gathering;
    struct str parts[SIO_ATTACHMENTS_MAX];
    struct sio_packet p;
    c->gathering = NULL;
    for (size_t i = 0; i < SIO_ATTACHMENTS_MAX; i++)
        parts[i] = buf_str(&g->parts[i]);
    CHECK(sio_parse(buf_str(&g->header), &c->io->limits, &p) == 0);
    handle(c, &p, parts);
    struct socketio_client rest = {.gathering = g}; /* the client itself may be gone by now */
    forget_gathering(&rest);
}

static void take_binary(struct socketio_client *c, struct str bytes)
{
    unsigned index;
    int result = sio_gather_binary(&c->gather, bytes.len, &c->io->limits, &index);
    if (result < 0) {
        close_for(c, result);
        return;
    }
    buf_add_str(&c->gathering->parts[index], bytes);
    if (result == SIO_COMPLETE)
        take_gathered(c);
}

static void session_message(struct engine_session *session, void *user, bool binary,
                            struct str data)
{
    (void)session;
    if (binary)
        take_binary(user, data);
    else
        take_text(user, data);
}

/* ---- Clients ---- */

static void *session_opened(void *ctx, struct engine_session *session, const struct exchange *x)
{
    struct socketio *io = ctx;
    struct socketio_client *c = mem_alloc(sizeof *c);
    c->io = io;
    c->session = session;
    wait_for(c, io->config.connect_timeout_ms);
    if (io->ops->arrived)
        c->arrived = io->ops->arrived(io->ctx, x);
    return c;
}

static bool session_admits(const struct engine_session *session, void *user,
                           const struct exchange *x)
{
    const struct socketio_client *c = user;
    const struct socketio_ops *ops = c->io->ops;
    (void)session;
    return !ops->admits || ops->admits(c->io->ctx, c->arrived, x);
}

static const struct engine_ops engine_ops = {.opened = session_opened,
                                             .admits = session_admits,
                                             .message = session_message,
                                             .closed = session_closed};

/* ---- For the house above ---- */

void socketio_config_default(struct socketio_config *config)
{
    *config = (struct socketio_config){.connect_timeout_ms = 45000};
    engine_config_default(&config->engine);
}

struct socketio *socketio_new(struct server *server, const struct socketio_config *config,
                              const struct socketio_ops *ops, void *ctx)
{
    struct socketio *io = mem_alloc(sizeof *io);
    CHECK(config->namespace_count <= SIO_NAMESPACES_MAX);
    io->loop = server_loop(server);
    io->config = *config;
    io->limits = (struct sio_limits){.bytes_max = config->engine.max_payload,
                                     .depth_max = DEPTH_MAX,
                                     .nsp_max = NSP_MAX,
                                     .attachments_max = SIO_ATTACHMENTS_MAX};
    io->ops = ops;
    io->ctx = ctx;
    io->engine = engine_new(server, &config->engine, &engine_ops, io);
    return io;
}

struct engine *socketio_engine(const struct socketio *io)
{
    return io->engine;
}

void socketio_free(struct socketio **io)
{
    if (!*io)
        return;
    engine_free(&(*io)->engine);
    mem_free(*io);
    *io = NULL;
}

void *socketio_user(const struct socketio_socket *s)
{
    return s->user;
}

struct str socketio_sid(const struct socketio_socket *s)
{
    return (struct str){s->sid, SOCKETIO_ID_SIZE};
}

struct str socketio_pid(const struct socketio_socket *s)
{
    if (!s->joined || !s->client->io->config.recovery)
        return (struct str){0};
    return (struct str){s->pid, SOCKETIO_ID_SIZE};
}

struct frame *socketio_event_frame(struct str nsp, struct str name, struct str args,
                                   struct str offset)
{
    struct buf packet = {0};
    sio_write_event(&packet,
                    &(struct sio_message){
                        .nsp = nsp, .name = name, .args = args, .offset = offset, .id = SIO_NO_ID});
    struct frame *f = engine_text(buf_str(&packet));
    buf_fini(&packet);
    return f;
}

static bool may_send(const struct socketio_socket *s)
{
    return s->joined && !s->gone && s->client->session;
}

void socketio_send(struct socketio_socket *s, struct frame *packet)
{
    if (may_send(s))
        engine_send(s->client->session, packet);
}

static struct sio_message message_of(const struct socketio_socket *s,
                                     const struct socketio_event *e, int64_t id)
{
    return (struct sio_message){.nsp = nsp_name(s),
                                .name = e->name,
                                .args = e->args,
                                .id = id,
                                .attachments = (unsigned)e->attachment_count};
}

void socketio_emit(struct socketio_socket *s, const struct socketio_event *e)
{
    struct buf packet = {0};
    if (!may_send(s))
        return;
    const struct sio_message m = message_of(s, e, SIO_NO_ID);
    sio_write_event(&packet, &m);
    send_packet(s->client, &packet);
    send_attachments(s->client, e);
}

void socketio_ack(struct socketio_socket *s, int64_t id, const struct socketio_event *answer)
{
    struct buf packet = {0};
    if (!may_send(s))
        return;
    const struct sio_message m = message_of(s, answer, id);
    sio_write_ack(&packet, &m);
    send_packet(s->client, &packet);
    send_attachments(s->client, answer);
}

bool socketio_writable(const struct socketio_socket *s)
{
    return may_send(s) && engine_writable(s->client->session);
}

void socketio_disconnect(struct socketio_socket *s, bool close)
{
    struct engine_session *session = s->client->session;
    struct buf packet = {0};
    if (!s->gone) {
        sio_write_disconnect(&packet, nsp_name(s));
        send_packet(s->client, &packet);
        end_socket(s, SOCKETIO_SERVER_CLOSED);
    }
    if (!close || !session)
        return;
    /* closed() may have ended the session, which outlasts this turn. Our DISCONNECT and the end in
     * one answer of polling would be read as an end of the connection alone. */
    if (engine_is_open(session) && !engine_on_websocket(session))
        wait_for(engine_user(session), LEAVE_MS);
    else
        engine_close(session);
}

void socketio_drop(struct socketio_socket *s)
{
    if (s->client->session)
        engine_close(s->client->session);
}
