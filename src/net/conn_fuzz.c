/* conn_fuzz.c - arbitrary bytes on a live connection, HTTP and WebSocket: whole and answered at
 * once, or a few bytes a turn and answered late, the client hears the same. */
#include <errno.h>
#include <unistd.h>

#include "net/conn.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SIZE_MAX_HERE 1500
#define TURNS_MAX     4000

/* The one server all inputs meet. */
static struct {
    struct loop *loop;
    struct server *server;
    struct mail stop;        /* ends a turn */
    bool late;               /* answers wait for the next turn */
    struct exchange *parked; /* the request that waits */
    int sockets;             /* open WebSockets */
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

static void answer(struct exchange *x)
{
    static const struct socket_ops ops = {.message = echo, .closed = over};
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

static void stop(struct mail *m)
{
    (void)m;
    loop_stop(bed.loop);
}

static void set_up(void)
{
    static const struct net_ops ops = {.request = on_request};
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

static struct buf talk(const uint8_t *data, size_t size, size_t piece)
{
    static const struct sockaddr_storage nobody = {.ss_family = AF_INET};
    struct buf heard = {0};
    int pair[2];
    CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) == 0);
    conn_new(bed.server, pair[0], &nobody);
    bool open = true;
    for (size_t at = 0; at < size; at += piece) {
        size_t len = size - at < piece ? size - at : piece;
        if (send(pair[1], data + at, len, MSG_NOSIGNAL) < 0)
            break;
        open = turn(pair[1], &heard);
    }
    /* Quiet before the client ends: an end may overtake what an open socket has to say. */
    for (size_t before = SIZE_MAX; open && (before != heard.len || bed.parked);) {
        before = heard.len;
        open = turn(pair[1], &heard) && turn(pair[1], &heard);
    }
    shutdown(pair[1], SHUT_WR);
    for (int i = 0; server_connections(bed.server) > 0; i++) {
        CHECK(i < TURNS_MAX);
        turn(pair[1], &heard);
    }
    CHECK(bed.sockets == 0 && !bed.parked);
    close(pair[1]);
    drop_dates(&heard);
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
