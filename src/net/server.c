/* server.c - one loop's listening socket, and the time-outs of its connections. */
#include "net/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "net/conn.h"

#define BACKLOG      4096
#define SWEEP_MAX_MS 500
#define SWEEP_MIN_MS 5

void net_config_default(struct net_config *config)
{
    *config = (struct net_config){
        .head_max = 16384,
        .body_max = 1000000,
        .message_max = 65536,
        .queue_max = 1 << 20,
        .connections_max = 100000,
        .head_ms = 10000,
        .body_ms = 30000,
        .idle_ms = 75000,
        .write_ms = 30000,
        .ping_ms = 30000,
        .stream_ms = 20000,
        .deflate = true,
    };
}

/* --- time --- */

struct str server_date(struct server *s)
{
    int64_t now = loop_now_ns(s->loop);
    if (now >= s->date_until) {
        char text[CLOCK_TEXT_MAX];
        int64_t utc = clock_utc_us();
        clock_http_date(utc, text);
        s->date_len = (size_t)snprintf(s->date, sizeof s->date, "Date: %s\r\n", text);
        s->date_until = now + (US_PER_S - utc % US_PER_S) * 1000;
    }
    return (struct str){s->date, s->date_len};
}

static void set_waits(struct server *s)
{
#define CONN_STATE(name, wait_ms, expire) s->wait_ns[CONN_##name] = (wait_ms)*NS_PER_MS;
#include "net/tbl/conn_states.h"
#undef CONN_STATE
}

/* What becomes of a connection whose wait in a list is over. */
static void (*const expired[CONN_LISTS])(struct conn *c) = {
#define CONN_STATE(name, wait_ms, expire) [CONN_##name] = (expire),
#include "net/tbl/conn_states.h"
#undef CONN_STATE
};

/* Lists are in order of arrival and all in one wait equally long: look only at the front. */
static void sweep_list(struct server *s, int list)
{
    int64_t wait_ns = s->wait_ns[list];
    while (wait_ns > 0 && !list_empty(&s->lists[list])) {
        struct conn *c = LIST_ITEM(s->lists[list].next, struct conn, in_list);
        if (c->since_ns + wait_ns > loop_now_ns(s->loop))
            break;
        expired[list](c);
    }
}

static void arm_sweep(struct server *s)
{
    if (s->sweep.due_ns == 0)
        loop_timer(s->loop, &s->sweep, s->sweep_ms);
}

static void sweep(struct timer *t)
{
    struct server *s = CONTAINER_OF(t, struct server, sweep);
    if (s->paused && s->listener.fd >= 0)
        loop_rewatch(s->loop, &s->listener, EPOLLIN);
    s->paused = false;
    for (int list = 0; list < CONN_LISTS; list++)
        sweep_list(s, list);
    if (s->connections > 0)
        arm_sweep(s);
}

static int64_t sweep_period(const struct server *s)
{
    int64_t period = SWEEP_MAX_MS;
    for (int list = 0; list < CONN_LISTS; list++) {
        int64_t wait = s->wait_ns[list] / NS_PER_MS / 8;
        if (wait > 0 && wait < period)
            period = wait;
    }
    return period < SWEEP_MIN_MS ? SWEEP_MIN_MS : period;
}

static void turn_end(struct later *later)
{
    struct server *s = CONTAINER_OF(later, struct server, turn_end);
    if (s->frames_out > 0)
        metric_add(METRIC_FRAMES_OUT, s->frames_out);
    s->frames_out = 0;
    conn_reap(s);
}

void server_turn_end(struct server *s)
{
    loop_later(s->loop, &s->turn_end);
}

void server_took(struct server *s)
{
    s->connections++;
    arm_sweep(s);
}

void dock_unref(struct dock *d)
{
    if (atomic_fetch_sub_explicit(&d->refs, 1, memory_order_acq_rel) == 1)
        mem_free(d);
}

/* --- accepting --- */

/* No descriptors are left: wait for some instead of being told again and again. */
static void pause_accepting(struct server *s)
{
    log_warn("NET-NO-DESCRIPTORS", LOG_N("connections", s->connections));
    loop_rewatch(s->loop, &s->listener, 0);
    s->paused = true;
    arm_sweep(s);
}

static void accept_all(struct watch *w, uint32_t events)
{
    struct server *s = CONTAINER_OF(w, struct server, listener);
    (void)events;
    for (;;) {
        struct sockaddr_storage peer;
        socklen_t len = sizeof peer;
        int fd = accept4(w->fd, (struct sockaddr *)&peer, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS))
            pause_accepting(s);
        if (fd < 0 && (errno == ECONNABORTED || errno == EINTR))
            continue;
        if (fd < 0)
            break;
        if (s->connections < s->config.connections_max)
            conn_new(s, fd, &peer);
        else
            close(fd);
    }
}

bool net_parse_address(const char *text, struct sockaddr_storage *address_r)
{
    struct str host = str_of(text);
    uint64_t port = 0;
    const char *colon = strrchr(text, ':');
    char name[INET6_ADDRSTRLEN] = "";
    if (!colon || !str_to_u64(str_of(colon + 1), 65535, &port))
        return false;
    host.len = (size_t)(colon - text);
    bool bracketed = host.len >= 2 && host.at[0] == '[' && host.at[host.len - 1] == ']';
    if (bracketed)
        host = (struct str){host.at + 1, host.len - 2};
    if (host.len >= sizeof name)
        return false;
    memcpy(name, host.at, host.len);

    *address_r = (struct sockaddr_storage){0};
    struct sockaddr_in *v4 = (struct sockaddr_in *)address_r;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)address_r;
    if (!bracketed && inet_pton(AF_INET, name, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons((uint16_t)port);
        return true;
    }
    v6->sin6_family = AF_INET6; /* :: stands for all addresses, IPv4 too */
    v6->sin6_port = htons((uint16_t)port);
    return bracketed ? inet_pton(AF_INET6, name, &v6->sin6_addr) == 1 : host.len == 0;
}

bool net_local_address(const char *path, struct sockaddr_storage *address_r)
{
    struct sockaddr_un *un = (struct sockaddr_un *)address_r;
    *address_r = (struct sockaddr_storage){0};
    if (strlen(path) >= sizeof un->sun_path)
        return false;
    un->sun_family = AF_UNIX;
    memcpy(un->sun_path, path, strlen(path) + 1);
    return true;
}

/* --- listening --- */

static bool is_local(const struct sockaddr_storage *a)
{
    return a->ss_family == AF_UNIX;
}

/* Servers of this process per port. Loops share a port, but another process must not slip in
 * between them: its requests would be answered by us at random. */
static _Atomic uint8_t ours[65536];

static int port_of(const struct sockaddr_storage *a)
{
    in_port_t port; /* at the same place in both families */
    if (is_local(a))
        return 0;
    memcpy(&port, (const char *)a + offsetof(struct sockaddr_in, sin_port), sizeof port);
    return ntohs(port);
}

static socklen_t length_of(const struct sockaddr_storage *a)
{
    return a->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
}

static bool set_option(int fd, int level, int option, int value)
{
    return setsockopt(fd, level, option, &value, sizeof value) == 0;
}

static int bound_socket(const struct sockaddr_storage *a, int share)
{
    int fd = socket(a->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    bool ok = set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1) &&
              set_option(fd, SOL_SOCKET, SO_REUSEPORT, share);
    if (a->ss_family == AF_INET6)
        ok = ok && set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
    if (ok && bind(fd, (const struct sockaddr *)a, length_of(a)) == 0)
        return fd;
    close(fd);
    return -1;
}

/* True unless another process has the port. */
static bool address_free(const struct sockaddr_storage *a)
{
    int port = port_of(a);
    if (port == 0 || atomic_load(&ours[port]) > 0)
        return true;
    int probe = bound_socket(a, 0);
    if (probe >= 0)
        close(probe);
    return probe >= 0 || errno != EADDRINUSE;
}

/* Accepted sockets inherit TCP_NODELAY. */
static int listening_socket(const struct sockaddr_storage *a)
{
    int fd = address_free(a) ? bound_socket(a, 1) : -1;
    if (fd < 0)
        return -1;
    if (set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1) && listen(fd, BACKLOG) == 0)
        return fd;
    close(fd);
    return -1;
}

/* Linux takes the mode of a socket's file from the socket, so nobody else ever sees it open. What
 * is left of a server that was killed is in the way. */
static int local_socket(const struct sockaddr_un *a)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    unlink(a->sun_path);
    if (fchmod(fd, 0600) == 0 && bind(fd, (const struct sockaddr *)a, sizeof *a) == 0 &&
        listen(fd, BACKLOG) == 0)
        return fd;
    close(fd);
    return -1;
}

static int listen_on(const struct net_config *config)
{
    if (is_local(&config->address))
        return local_socket((const struct sockaddr_un *)&config->address);
    int fd = listening_socket(&config->address);
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&config->address;
    bool all = v6->sin6_family == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&v6->sin6_addr);
    if (fd >= 0 || !all || errno != EAFNOSUPPORT)
        return fd;
    struct sockaddr_storage v4 = {0}; /* a machine without IPv6 */
    ((struct sockaddr_in *)&v4)->sin_family = AF_INET;
    ((struct sockaddr_in *)&v4)->sin_port = v6->sin6_port;
    return listening_socket(&v4);
}

static const char *listen_fault(const struct net_config *config, int err)
{
    static _Thread_local char line[128];
    const char *what = strerror(err);
    if (err == EADDRINUSE)
        what = "the address is in use";
    if (is_local(&config->address))
        snprintf(line, sizeof line, "can't listen in the data folder: %s", what);
    else
        snprintf(line, sizeof line, "can't listen on port %d: %s", port_of(&config->address), what);
    return line;
}

static struct server *server_new(struct loop *loop, const struct net_config *config, int fd)
{
    struct server *s = mem_alloc(sizeof *s);
    s->loop = loop;
    s->dock = mem_alloc(sizeof *s->dock);
    atomic_init(&s->dock->refs, 1);
    s->dock->server = s;
    s->config = *config;
    s->limits.message_max =
        config->message_max < UINT32_MAX ? (uint32_t)config->message_max : UINT32_MAX;
    s->listener = (struct watch){.fd = fd, .ready = accept_all};
    for (int i = 0; i < CONN_LISTS; i++)
        list_init(&s->lists[i]);
    list_init(&s->dead);
    s->turn_end.run = turn_end;
    s->sweep.fire = sweep;
    set_waits(s);
    s->sweep_ms = sweep_period(s);
    s->ping = frame_control(WS_OP_PING, (struct str){NULL, 0});
    s->receive = mem_grow(NULL, HEADROOM + RECEIVE_SIZE);
    return s;
}

struct server *server_start(struct loop *loop, const struct net_config *config,
                            const struct net_ops *ops, void *ctx, const char **why_r)
{
    int fd = listen_on(config);
    if (fd < 0) {
        *why_r = listen_fault(config, errno);
        return NULL;
    }
    struct server *s = server_new(loop, config, fd);
    s->ops = ops;
    s->ctx = ctx;
    atomic_fetch_add(&ours[server_port(s)], 1);
    loop_watch(loop, &s->listener, EPOLLIN);
    return s;
}

int server_port(const struct server *s)
{
    struct sockaddr_storage address = {0};
    socklen_t len = sizeof address;
    if (s->listener.fd >= 0)
        CHECK(getsockname(s->listener.fd, (struct sockaddr *)&address, &len) == 0);
    return port_of(&address);
}

struct loop *server_loop(const struct server *s)
{
    return s->loop;
}

size_t server_connections(const struct server *s)
{
    return s->connections;
}

/* --- ending --- */

static void stop_listening(struct server *s)
{
    if (s->listener.fd < 0)
        return;
    atomic_fetch_sub(&ours[server_port(s)], 1);
    if (is_local(&s->config.address))
        unlink(((const struct sockaddr_un *)&s->config.address)->sun_path);
    loop_unwatch(s->loop, &s->listener);
    close(s->listener.fd);
    s->listener.fd = -1;
}

/* Requests that have begun are answered; what is idle has nothing to wait for. */
static void drain_one(struct conn *c)
{
    if (c->is_socket)
        socket_close(c, WS_CLOSE_GOING_AWAY, "");
    else if (c->is_stream)
        stream_close(c);
    else if (c->state == CONN_IDLE)
        conn_later(c);
}

void server_drain(struct server *s)
{
    if (s->draining)
        return;
    s->draining = true;
    accept_all(&s->listener, 0); /* closing would reset those that wait */
    stop_listening(s);
    for (int list = 0; list < CONN_LISTS; list++) {
        LIST_EACH (node, &s->lists[list])
            drain_one(LIST_ITEM(node, struct conn, in_list));
    }
}

/* The owner of one that ends may answer another one's request, which puts that one into a list
 * which was looked at already. */
static void end_all(struct server *s)
{
    for (int list = 0; list < CONN_LISTS; list++) {
        while (!list_empty(&s->lists[list]))
            conn_end(LIST_ITEM(s->lists[list].next, struct conn, in_list));
    }
}

void server_free(struct server **s)
{
    struct server *old = *s;
    if (!old)
        return;
    stop_listening(old);
    old->dock->server = NULL;
    dock_unref(old->dock);
    while (old->connections > 0)
        end_all(old);
    turn_end(&old->turn_end);
    list_del(&old->turn_end.node);
    loop_timer_clear(old->loop, &old->sweep);
    for (size_t i = 0; i < old->reader_count; i++)
        reader_free(&old->readers[i]);
    for (size_t i = 0; i < old->arena_count; i++)
        arena_free(&old->arenas[i]);
    frame_unref(old->ping);
    deflater_free(&old->deflater);
    mem_free(old->receive);
    mem_free(old);
    *s = NULL;
}
