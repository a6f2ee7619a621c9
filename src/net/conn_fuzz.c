/* conn_fuzz.c - arbitrary bytes on a live connection, HTTP, WebSocket and Engine.IO: whole and
 * answered at once, or a few bytes a turn and answered late, the client hears the same.
 *
 * The first Engine.IO session that an input opens has the sid "AAAAAAAAAAAAAAAAAAAAAAAA", the next
 * one has B at its end, and so on, so that it can be named behind. */
#include <errno.h>
#include <unistd.h>

#include "net/conn.h"
#include "net/engine_inside.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SIZE_MAX_HERE 1500
#define TURNS_MAX     4000
#define SID_IS        "\"sid\":\""

/* The one server all inputs meet. */
static struct {
    struct loop *loop;
    struct server *server;
    struct mail stop;        /* ends a turn */
    bool late;               /* answers wait for the next turn */
    struct exchange *parked; /* the request that waits */
    int sockets;             /* open WebSockets */
    struct engine *engine;   /* of this talk */
    int sessions;            /* open Engine.IO sessions */
    int opened;              /* in this talk */
} bed;

static void echo(struct conn *c, void *user, bool text, struct str payload)
{
    CHECK(user == &bed);
    if (str_is(payload, "bye")) {
        socket_close(c, 4000, "bye");
        return;
    }
    struct frame *f = text ? frame_text(payload) : frame_binary(payload);
    socket_send(c, f);
    frame_unref(f);
}

static void over(struct conn *c, void *user)
{
    CHECK(c->is_socket && user == &bed);
    bed.sockets--;
}

/* Chance is no part of the outcome. */
static void name(struct engine_session *s)
{
    struct map *all = &bed.engine->sessions;
    CHECK(map_del(all, session_sid(s)) == s);
    memset(s->sid, 'A', ENGINE_SID_SIZE);
    s->sid[ENGINE_SID_SIZE - 1] = (char)('A' + bed.opened % 64);
    s->sid[ENGINE_SID_SIZE - 2] = (char)('A' + bed.opened / 64);
    bed.opened++;
    CHECK(map_put(all, session_sid(s), s) == NULL);
}

static void *opened(void *ctx, struct engine_session *s, const struct exchange *x)
{
    (void)x;
    bed.sessions++;
    CHECK(ctx == &bed && !engine_writable(s));
    name(s);
    return ctx;
}

static void engine_echo(struct engine_session *s, void *user, bool binary, struct str data)
{
    CHECK(user == &bed);
    if (str_is(data, "bye")) {
        engine_close(s);
        return;
    }
    struct frame *f = binary ? engine_binary(data) : engine_text(data);
    engine_send(s, f);
    frame_unref(f);
}

static void engine_over(struct engine_session *s, void *user, const char *why)
{
    CHECK(engine_user(s) == user && why);
    bed.sessions--;
}

static bool is_engines(const struct exchange *x)
{
    return str_is(x->path, "/engine.io/");
}

static void answer(struct exchange *x)
{
    static const struct socket_ops ops = {.message = echo, .closed = over};
    if (is_engines(x)) {
        const bool evil = exchange_header(x, "Origin").at != NULL;
        engine_request(bed.engine, x, &(struct engine_door){.origin_ok = !evil});
        return;
    }
    if (x->wants_upgrade) {
        bed.sockets += socket_open(x, &ops, &bed) != NULL;
        return;
    }
    exchange_answer(x, &(struct answer){.status = 200,
                                        .content_type = "text/plain",
                                        .body = x->body.len > 0 ? x->body : x->path});
}

static void on_request(void *ctx, struct exchange *x)
{
    (void)ctx;
    CHECK(!bed.parked);
    if (bed.late)
        bed.parked = x;
    else
        answer(x);
}

static struct server *on_head(void *ctx, struct exchange *x, size_t *body_max)
{
    (void)ctx;
    return is_engines(x) ? engine_head(bed.engine, x, body_max) : NULL;
}

static void stop(struct mail *m)
{
    (void)m;
    loop_stop(bed.loop);
}

static void set_up(void)
{
    static const struct net_ops ops = {.request = on_request, .head = on_head};
    struct net_config config;
    const char *why;
    net_config_default(&config);
    CHECK(net_parse_address("127.0.0.1:0", &config.address));
    config.head_max = 600;
    config.body_max = 200;
    config.message_max = 300;
    bed.loop = loop_new();
    bed.stop.deliver = stop;
    bed.server = server_start(bed.loop, &config, &ops, NULL, &why);
    CHECK(bed.server);
}

/* One turn of the loop; what the client can hear goes into *heard. False at the end. */
static bool turn(int client, struct buf *heard)
{
    struct exchange *x = bed.parked;
    bed.parked = NULL;
    if (x)
        answer(x);
    loop_post(bed.loop, &bed.stop);
    loop_run(bed.loop);
    for (;;) {
        ssize_t got = recv(client, buf_reserve(heard, 4096), 4096, MSG_DONTWAIT);
        if (got <= 0)
            return got < 0 && errno == EAGAIN;
        heard->len += (size_t)got;
    }
}

/* Without the Date lines: the clock is no part of the outcome. */
static void drop_dates(struct buf *heard)
{
    for (;;) {
        char *at = heard->len > 0 ? memmem(heard->at, heard->len, "Date: ", 6) : NULL;
        char *end = at ? memmem(at, heard->len - (size_t)(at - heard->at), "GMT\r\n", 5) : NULL;
        if (!end)
            return;
        end += 5;
        memmove(at, end, heard->len - (size_t)(end - heard->at));
        heard->len -= (size_t)(end - at);
    }
}

/* The sid in an open packet, which lies in `heard`; NULL: there is none. */
static char *sid_in(const struct buf *heard, const char *from)
{
    size_t left = heard->len - (size_t)(from - heard->at);
    char *at = memmem(from, left, SID_IS, strlen(SID_IS));
    if (!at || left - (size_t)(at - from) < strlen(SID_IS) + ENGINE_SID_SIZE)
        return NULL;
    return at + strlen(SID_IS);
}

/* An open packet on polling was written before the session got its name. */
static void drop_sids(struct buf *heard)
{
    char *at = heard->at;
    while (at && (at = sid_in(heard, at)))
        memset(at, '$', ENGINE_SID_SIZE);
}

/* A connection, whose other end is returned. */
static int dial(void)
{
    static const struct sockaddr_storage nobody = {.ss_family = AF_INET};
    int pair[2];
    CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) == 0);
    conn_new(bed.server, pair[0], &nobody);
    return pair[1];
}

static struct engine *engine_for_a_talk(void)
{
    static const struct engine_ops ops = {
        .opened = opened, .message = engine_echo, .closed = engine_over};
    struct engine_config config;
    engine_config_default(&config);
    config.max_payload = 150;
    return engine_new(bed.server, &config, &ops, &bed);
}

static struct buf talk(const uint8_t *data, size_t size, size_t piece)
{
    struct buf heard = {0};
    bed.engine = engine_for_a_talk();
    bed.opened = 0;
    int client = dial();
    bool open = true;
    for (size_t at = 0; at < size; at += piece) {
        size_t len = size - at < piece ? size - at : piece;
        if (send(client, data + at, len, MSG_NOSIGNAL) < 0)
            break;
        open = turn(client, &heard);
    }
    /* Quiet before the client ends: an end may overtake what an open socket has to say. */
    for (size_t before = SIZE_MAX; open && (before != heard.len || bed.parked);) {
        before = heard.len;
        open = turn(client, &heard) && turn(client, &heard);
    }
    shutdown(client, SHUT_WR);
    for (int i = 0; server_connections(bed.server) > 0; i++) {
        CHECK(i < TURNS_MAX);
        turn(client, &heard);
    }
    close(client);
    engine_free(&bed.engine);
    CHECK(bed.sockets == 0 && !bed.parked && bed.sessions == 0);
    drop_dates(&heard);
    drop_sids(&heard);
    return heard;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!bed.loop)
        set_up();
    if (size > SIZE_MAX_HERE)
        return 0;
    bed.late = false;
    struct buf whole = talk(data, size, SIZE_MAX_HERE);
    for (size_t piece = 1; piece < 12; piece += 5) {
        bed.late = piece != 6;
        struct buf cut = talk(data, size, piece);
        CHECK(str_eq(buf_str(&cut), buf_str(&whole)));
        buf_fini(&cut);
    }
    buf_fini(&whole);
    return 0;
}
