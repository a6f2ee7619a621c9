/* protocol_server.c - a server for protocol suites and benchmarks on the house's own connections.
 *
 *   protocol-server --listen A:P [--loops N] [--recovery]
 *                   [--ping-interval MS] [--ping-timeout MS] [--connect-timeout MS]
 *
 * GET and HEAD /echo answer a short text, POST /echo gives the body back, /echo upgraded to a
 * WebSocket gives messages back, /fan upgraded sends each message to every socket connected there.
 * Each path is a row of `places`. `/engine.io/` and `/socket.io/` are protocol_socketio.c's; their
 * times are 300, 200 and 1,000 ms, longer ones are for tests that are about something else. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "net/server.h"
#include "net/socket.h"
#include "protocol_socketio.h"

#define LOOPS_MAX   64
#define DRAIN_MS    2000
#define POLL_MS     20
#define MESSAGE_MAX ((size_t)16 << 20)
#define QUEUE_MAX   ((size_t)64 << 20)

/* One loop with its thread. */
struct station {
    struct loop *loop;     /* its own */
    struct server *server; /* its share of the port */
    struct booth *booth;   /* its Engine.IO and Socket.IO clients */
    struct list fan;       /* struct member of each socket on /fan */
    struct mail quit;      /* posted when it is time to end */
    struct timer drained;  /* looks whether all connections are gone */
    int64_t drain_ms;      /* how long it has waited for that */
    pthread_t thread;      /* runs the loop */
};

/* A socket on /fan. */
struct member {
    struct list node;        /* in station->fan */
    struct conn *conn;       /* the socket */
    struct station *station; /* where it lives */
};

/* A message of /fan on its way to another loop. */
struct relay {
    struct mail mail;    /* its envelope */
    struct station *to;  /* where it goes */
    struct frame *frame; /* one reference */
};

static struct station stations[LOOPS_MAX];
static int station_count = 1;
static struct booth_config said = {
    .ping_interval_ms = 300, .ping_timeout_ms = 200, .connect_timeout_ms = 1000};

/* --- /echo --- */

static void echo_message(struct conn *c, void *user, bool text, struct str payload)
{
    (void)user;
    struct frame *f = text ? frame_text(payload) : frame_binary(payload);
    socket_send(c, f);
    frame_unref(f);
}

static void echo_closed(struct conn *c, void *user)
{
    (void)c;
    (void)user;
}

static const struct socket_ops echo_ops = {.message = echo_message, .closed = echo_closed};

static void echo_upgrade(struct station *at, struct exchange *x)
{
    (void)at;
    if (!socket_open(x, &echo_ops, NULL))
        return; /* it hung up meanwhile */
}

static void echo_plain(struct exchange *x)
{
    static const struct http_header allow = {{"Allow", 5}, {"GET, HEAD, POST", 15}};
    struct answer answer = {.status = 200, .content_type = "text/plain; charset=utf-8"};
    if (x->method == HTTP_GET || x->method == HTTP_HEAD) {
        answer.body = STR("echo\n");
    } else if (x->method == HTTP_POST) {
        answer.body = x->body;
    } else {
        answer = (struct answer){.status = 405, .headers = &allow, .header_count = 1};
    }
    exchange_answer(x, &answer);
}

/* --- /fan --- */

static void fan_here(struct station *at, struct frame *f)
{
    LIST_EACH (node, &at->fan)
        socket_send(LIST_ITEM(node, struct member, node)->conn, f);
}

static void fan_arrived(struct mail *m)
{
    struct relay *r = CONTAINER_OF(m, struct relay, mail);
    fan_here(r->to, r->frame);
    frame_unref(r->frame);
    mem_free(r);
}

static void fan_message(struct conn *c, void *user, bool text, struct str payload)
{
    struct station *at = ((struct member *)user)->station;
    struct frame *f = text ? frame_text(payload) : frame_binary(payload);
    (void)c;
    for (int i = 0; i < station_count; i++) {
        if (&stations[i] == at)
            continue;
        struct relay *r = mem_alloc(sizeof *r);
        *r = (struct relay){.mail.deliver = fan_arrived, .to = &stations[i], .frame = f};
        frame_ref(f);
        loop_post(stations[i].loop, &r->mail);
    }
    fan_here(at, f);
    frame_unref(f);
}

static void fan_closed(struct conn *c, void *user)
{
    struct member *m = user;
    (void)c;
    list_del(&m->node);
    mem_free(m);
}

static const struct socket_ops fan_ops = {.message = fan_message, .closed = fan_closed};

static void fan_upgrade(struct station *at, struct exchange *x)
{
    struct member *m = mem_alloc(sizeof *m);
    m->station = at;
    m->conn = socket_open(x, &fan_ops, m);
    if (m->conn)
        list_add_before(&at->fan, &m->node);
    else
        mem_free(m);
}

static void fan_plain(struct exchange *x)
{
    static const struct http_header upgrade = {{"Upgrade", 7}, {"websocket", 9}};
    exchange_answer(x, &(struct answer){.status = 426, .headers = &upgrade, .header_count = 1});
}

/* --- places --- */

static const struct place {
    const char *path;                                        /* exact */
    void (*upgrade)(struct station *at, struct exchange *x); /* becomes a WebSocket */
    void (*plain)(struct exchange *x);                       /* or is answered */
} places[] = {
    {"/echo", echo_upgrade, echo_plain},
    {"/fan", fan_upgrade, fan_plain},
};

static struct server *on_head(void *ctx, struct exchange *x, size_t *body_max)
{
    struct station *at = ctx;
    return booth_has(x->path) ? booth_head(at->booth, x, body_max) : NULL;
}

static void on_request(void *ctx, struct exchange *x)
{
    if (booth_has(x->path)) {
        booth_request(((struct station *)ctx)->booth, x);
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        if (!str_is(x->path, places[i].path))
            continue;
        if (x->wants_upgrade)
            places[i].upgrade(ctx, x);
        else
            places[i].plain(x);
        return;
    }
    exchange_answer(x, &(struct answer){.status = 404});
}

/* --- running --- */

static void look_drained(struct timer *t)
{
    struct station *at = CONTAINER_OF(t, struct station, drained);
    at->drain_ms += POLL_MS;
    if (server_connections(at->server) == 0 || at->drain_ms > DRAIN_MS)
        loop_stop(at->loop);
    else
        loop_timer(at->loop, t, POLL_MS);
}

static void begin_drain(struct mail *m)
{
    struct station *at = CONTAINER_OF(m, struct station, quit);
    booth_drain(at->booth);
    server_drain(at->server);
    loop_timer(at->loop, &at->drained, 1);
}

/* Wait for a signal to end; all threads have them blocked. */
static void wait_for_quit(const sigset_t *signals)
{
    int number;
    sigwait(signals, &number);
    for (int i = 0; i < station_count; i++)
        loop_post(stations[i].loop, &stations[i].quit);
}

static int station_start(struct station *at, const struct net_config *config)
{
    static const struct net_ops ops = {.request = on_request, .head = on_head};
    const char *why = "";
    at->loop = loop_new();
    at->quit.deliver = begin_drain;
    at->drained.fire = look_drained;
    list_init(&at->fan);
    at->server = server_start(at->loop, config, &ops, at, &why);
    if (!at->server)
        die("%s", why);
    at->booth = booth_new(at->server, &said);
    return server_port(at->server);
}

static void *station_run(void *arg)
{
    struct station *at = arg;
    loop_run(at->loop);
    return NULL;
}

static void set_port(struct sockaddr_storage *address, int port)
{
    if (address->ss_family == AF_INET6)
        ((struct sockaddr_in6 *)address)->sin6_port = htons((uint16_t)port);
    else
        ((struct sockaddr_in *)address)->sin_port = htons((uint16_t)port);
}

static uint32_t milliseconds(const char *value)
{
    uint64_t ms;
    if (!str_to_u64(str_of(value), UINT32_MAX, &ms) || ms == 0)
        die("%s are no milliseconds", value);
    return (uint32_t)ms;
}

static void read_arguments(int argc, char **argv, struct net_config *config)
{
    bool listen = false;
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : "";
        if (strcmp(argv[i], "--recovery") == 0)
            said.recovery = true;
        else if (strcmp(argv[i], "--listen") == 0 && i++)
            listen = net_parse_address(value, &config->address);
        else if (strcmp(argv[i], "--loops") == 0 && i++)
            station_count = atoi(value);
        else if (strcmp(argv[i], "--ping-interval") == 0 && i++)
            said.ping_interval_ms = milliseconds(value);
        else if (strcmp(argv[i], "--ping-timeout") == 0 && i++)
            said.ping_timeout_ms = milliseconds(value);
        else if (strcmp(argv[i], "--connect-timeout") == 0 && i++)
            said.connect_timeout_ms = milliseconds(value);
        else
            die("unknown argument %s", argv[i]);
    }
    if (!listen || station_count < 1 || station_count > LOOPS_MAX)
        die("usage: protocol-server --listen ADDRESS:PORT [--loops N] [--recovery]\n"
            "       [--ping-interval MS] [--ping-timeout MS] [--connect-timeout MS]");
}

int main(int argc, char **argv)
{
    struct net_config config;
    net_config_default(&config);
    config.message_max = MESSAGE_MAX;
    config.queue_max = QUEUE_MAX;
    read_arguments(argc, argv, &config);
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    log_start(LOG_INFO, LOG_TEXT);

    int port = station_start(&stations[0], &config);
    set_port(&config.address, port);
    for (int i = 1; i < station_count; i++)
        station_start(&stations[i], &config);
    static struct booth *booths[LOOPS_MAX];
    for (int i = 0; i < station_count; i++)
        booths[i] = stations[i].booth;
    booth_link(booths, (size_t)station_count);
    printf("listening on 127.0.0.1:%d\n", port);
    fflush(stdout);

    for (int i = 0; i < station_count; i++)
        CHECK(pthread_create(&stations[i].thread, NULL, station_run, &stations[i]) == 0);
    wait_for_quit(&signals);
    for (int i = 0; i < station_count; i++)
        pthread_join(stations[i].thread, NULL);
    for (int i = 0; i < station_count; i++) {
        server_free(&stations[i].server);
        booth_close(stations[i].booth);
    }
    for (int i = 0; i < station_count; i++) {
        loop_free(&stations[i].loop);
        booth_free(&stations[i].booth);
    }
    log_stop();
    return 0;
}
