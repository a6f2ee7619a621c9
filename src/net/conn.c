/* conn.c - the life of a connection: reads, writes, and what becomes of it in between. */
#include "net/conn.h"

#include <errno.h>
#include <unistd.h>

#include "base/log.h"
#include "base/metrics.h"

#define READS_MAX 8        /* of one connection in one turn */
#define KEPT_MAX  65536    /* bytes kept behind a request in work */
#define DROP_MAX  16777216 /* bytes thrown away while the peer reads our last words */

/* --- the inbox --- */

struct inbox *conn_inbox(struct conn *c)
{
    if (!c->inbox)
        c->inbox = mem_alloc(sizeof *c->inbox);
    return c->inbox;
}

static size_t kept(const struct conn *c)
{
    return c->inbox ? c->inbox->kept.len - c->inbox->start : 0;
}

static void free_inbox(struct conn *c)
{
    if (!c->inbox)
        return;
    buf_fini(&c->inbox->kept);
    buf_fini(&c->inbox->message);
    mem_free(c->inbox);
    c->inbox = NULL;
}

void conn_inbox_trim(struct conn *c)
{
    if (!c->inbox)
        return;
    if (kept(c) == 0) {
        buf_fini(&c->inbox->kept);
        c->inbox->start = 0;
    }
    if (!c->inbox->kept.at && !c->inbox->message.at)
        free_inbox(c);
}

static void keep(struct conn *c, const uint8_t *bytes, size_t len)
{
    struct inbox *in = conn_inbox(c);
    buf_consume(&in->kept, in->start);
    in->start = 0;
    buf_add(&in->kept, bytes, len);
}

/* --- states --- */

/* What epoll is asked for follows from the state. */
static void rewatch(struct conn *c)
{
    bool reads = !c->ended;
    if (c->state == CONN_WORK)
        reads &= kept(c) < KEPT_MAX;
    else if (c->state == CONN_LEAVING)
        reads = false;
    else if (c->state <= CONN_BODY)
        reads &= !c->stuck && kept(c) == 0;
    uint32_t events = reads ? (uint32_t)EPOLLIN | EPOLLRDHUP : 0;
    if (c->stuck)
        events |= EPOLLOUT;
    loop_rewatch(c->server->loop, &c->watch, events);
}

static void into_list(struct conn *c, enum conn_state list)
{
    c->since_ns = loop_now_ns(c->server->loop);
    list_del(&c->in_list);
    list_add_before(&c->server->lists[list], &c->in_list);
}

void conn_enter(struct conn *c, enum conn_state state)
{
    c->state = (uint8_t)state;
    if (!c->stuck)
        into_list(c, state);
}

void conn_later(struct conn *c)
{
    loop_later(c->server->loop, &c->flush);
}

void conn_send(struct conn *c, struct frame *f)
{
    queue_push(&c->queue, f);
    conn_later(c);
}

bool conn_has_room(struct conn *c, size_t len)
{
    size_t max = c->server->config.queue_max;
    if (queue_bytes(c->queue) + len <= max)
        return true;
    bool wrote;
    /* Many frames may be queued in one turn for a peer that reads well. A broken connection is
     * found again, and ended, at the end of the turn. */
    if (!c->stuck && queue_write(&c->queue, c->watch.fd, &wrote) == QUEUE_BROKEN)
        return true;
    return queue_bytes(c->queue) + len <= max;
}

/* Tell whoever it belongs to that nothing more goes out on it. */
static void over(struct conn *c)
{
    if (c->is_socket)
        socket_over(c);
    else if (c->is_stream)
        stream_over(c);
    else
        serve_drop(c);
}

void conn_end(struct conn *c)
{
    struct server *s = c->server;
    if (c->state == CONN_DEAD)
        return;
    c->state = CONN_DEAD;
    loop_unwatch(s->loop, &c->watch);
    close(c->watch.fd);
    list_del(&c->flush.node);
    list_del(&c->in_list);
    list_add_before(&s->dead, &c->in_list);
    queue_free(&c->queue);
    s->connections--;
    metric_add(METRIC_CONNECTIONS, -1);
    server_turn_end(s);
    over(c);
}

void conn_reap(struct server *s)
{
    LIST_EACH (node, &s->dead) {
        struct conn *c = LIST_ITEM(node, struct conn, in_list);
        list_del(node);
        free_inbox(c);
        mem_free(c);
    }
}

/* All is said: tell the peer so. It gets a moment to read it, or our closing would make its kernel
 * throw it away (RFC 9112 9.6). */
static void shut(struct conn *c)
{
    if (c->is_socket || c->is_stream)
        over(c);
    if (c->ended || shutdown(c->watch.fd, SHUT_WR) < 0)
        conn_end(c);
    else
        conn_enter(c, CONN_LINGER);
}

/* --- reading --- */

static size_t drop(struct conn *c, size_t len)
{
    c->dropped += (uint32_t)len;
    if (c->dropped > DROP_MAX)
        conn_end(c);
    return len;
}

/* Hand bytes to whatever the connection is by now; returns how many were consumed. */
static size_t feed(struct conn *c, uint8_t *bytes, size_t len)
{
    size_t used = 0;
    size_t took = 1;
    while (used < len && took > 0) {
        switch ((enum conn_state)c->state) {
        case CONN_IDLE:
        case CONN_HEAD:
        case CONN_BODY:
            took = serve_input(c, (char *)bytes + used, len - used);
            break;
        case CONN_OPEN:
        case CONN_PINGED:
        case CONN_BYE:
            took = socket_input(c, bytes + used, len - used);
            break;
        case CONN_WORK:
        case CONN_LEAVING:
            took = 0;
            break;
        default:
            took = drop(c, len - used);
            break;
        }
        used += took;
    }
    return used;
}

/* Go on with the bytes that were kept. */
static void feed_kept(struct conn *c)
{
    struct inbox *in = c->inbox;
    in->start += feed(c, (uint8_t *)in->kept.at + in->start, kept(c));
    if (c->state != CONN_DEAD)
        conn_inbox_trim(c);
}

/* Bytes have come; HEADROOM bytes in front of them are free. */
static void take(struct conn *c, uint8_t *bytes, size_t len)
{
    size_t before = kept(c);
    if (before > HEADROOM || (before > 0 && c->state == CONN_WORK)) {
        keep(c, bytes, len);
        feed_kept(c);
        return;
    }
    if (before > 0) {
        bytes -= before;
        len += before;
        memcpy(bytes, c->inbox->kept.at + c->inbox->start, before);
        c->inbox->start += before;
        conn_inbox_trim(c);
    }
    size_t used = feed(c, bytes, len);
    if (used < len && c->state != CONN_DEAD)
        keep(c, bytes + used, len - used);
}

/* The peer has sent its last byte; what it asked for is still answered. */
static void peer_ended(struct conn *c)
{
    c->ended = true;
    switch ((enum conn_state)c->state) {
    case CONN_WORK:
        serve_over(c->http.exchange, true);
        break;
    case CONN_CLOSING:
        break;
    case CONN_IDLE:
    case CONN_HEAD:
    case CONN_BODY:
        if (c->queue)
            conn_later(c); /* answers wait to be written */
        else
            conn_end(c);
        break;
    default:
        conn_end(c);
        break;
    }
}

/* Returns false when there is nothing more to read for now. */
static bool read_once(struct conn *c, bool hup)
{
    uint8_t *bytes = c->server->receive + HEADROOM;
    ssize_t got = recv(c->watch.fd, bytes, RECEIVE_SIZE, 0);
    if (got > 0) {
        take(c, bytes, (size_t)got);
        /* A short read has emptied the socket, unless its end is due. */
        return (got == RECEIVE_SIZE || hup) && c->state != CONN_DEAD;
    }
    if (got == 0)
        peer_ended(c);
    else if (errno != EAGAIN && errno != EINTR)
        conn_end(c);
    return false;
}

static void flush(struct conn *c);

static void ready(struct watch *w, uint32_t events)
{
    struct conn *c = CONTAINER_OF(w, struct conn, watch);
    bool hup = events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR);
    if (w->events & EPOLLIN) {
        for (int i = 0; i < READS_MAX && read_once(c, hup); i++) {
            rewatch(c);
            if (!(w->events & EPOLLIN))
                break;
        }
    } else if (events & (EPOLLHUP | EPOLLERR)) {
        conn_end(c); /* nobody is left to answer to */
    }
    if (c->state != CONN_DEAD && (events & EPOLLOUT))
        flush(c);
    if (c->state != CONN_DEAD)
        rewatch(c);
}

/* --- to another loop --- */

/* A connection on its way. */
struct handover {
    struct mail mail;  /* to the loop it goes to */
    struct conn *conn; /* on no loop and in no list meanwhile */
    struct dock *dock; /* where it goes; one reference */
};

static void arrive(struct mail *m)
{
    struct handover *h = CONTAINER_OF(m, struct handover, mail);
    struct conn *c = h->conn;
    struct server *s = h->dock->server;
    dock_unref(h->dock);
    mem_free(h);
    if (!s || s->connections >= s->config.connections_max) { /* that loop has ended, or is full */
        close(c->watch.fd);
        metric_add(METRIC_CONNECTIONS, -1);
        serve_drop(c);
        free_inbox(c);
        mem_free(c);
        return;
    }
    c->server = s;
    server_took(s);
    conn_enter(c, CONN_HEAD);
    loop_watch(s->loop, &c->watch, EPOLLIN | EPOLLRDHUP);
    serve_arrived(c);
    if (c->state != CONN_DEAD && kept(c) > 0)
        feed_kept(c);
    if (c->state != CONN_DEAD)
        rewatch(c);
}

static void depart(struct conn *c)
{
    struct server *from = c->server;
    struct server *to = c->http.exchange->own->to;
    struct handover *h = mem_alloc(sizeof *h);
    loop_unwatch(from->loop, &c->watch);
    list_del(&c->flush.node);
    list_del(&c->in_list);
    from->connections--;
    c->server = NULL;
    atomic_fetch_add_explicit(&to->dock->refs, 1, memory_order_relaxed);
    *h = (struct handover){.mail.deliver = arrive, .conn = c, .dock = to->dock};
    loop_post(to->loop, &h->mail);
}

void conn_leave(struct conn *c, struct server *to)
{
    c->http.exchange->own->to = to;
    conn_enter(c, CONN_LEAVING);
    conn_later(c);
}

/* --- requests that wait --- */

void exchange_look(struct exchange *x)
{
    struct conn *c = x->own->conn;
    char byte;
    if (!c)
        return;
    if (c->ended) { /* before this request was handed up */
        serve_over(x, true);
        return;
    }
    ssize_t got = recv(c->watch.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    if (got == 0) {
        peer_ended(c);
        if (c->state != CONN_DEAD)
            rewatch(c);
    } else if (got < 0 && errno != EAGAIN && errno != EINTR) {
        conn_end(c);
    }
}

/* --- writing --- */

/* Everything is written: what was waiting for that? */
static void go_on(struct conn *c)
{
    if (kept(c) > 0)
        feed_kept(c);
    bool last = c->server->draining && c->state == CONN_IDLE;
    if (last && !c->queue && !c->ended)
        read_once(c, false); /* a request that is there already is still answered */
    if (c->state == CONN_DEAD || c->queue)
        return;
    bool over = c->ended || (last && c->state == CONN_IDLE);
    if (c->state == CONN_CLOSING)
        shut(c);
    else if (c->state == CONN_LEAVING)
        conn_later(c);
    else if (over && c->state != CONN_WORK)
        conn_end(c);
}

static void flush(struct conn *c)
{
    bool wrote = false;
    switch (queue_write(&c->queue, c->watch.fd, &wrote)) {
    case QUEUE_BROKEN:
        conn_end(c);
        return;
    case QUEUE_STUCK:
        if (wrote || !c->stuck)
            into_list(c, CONN_STUCK);
        c->stuck = true;
        break;
    case QUEUE_EMPTY:
        if (c->stuck) {
            c->stuck = false;
            conn_enter(c, c->state);
        }
        go_on(c);
        break;
    }
    if (c->state != CONN_DEAD)
        rewatch(c);
}

static void run_flush(struct later *later)
{
    struct conn *c = CONTAINER_OF(later, struct conn, flush);
    flush(c);
    if (c->state == CONN_LEAVING && !c->queue)
        depart(c);
}

static struct in6_addr peer_address(const struct sockaddr_storage *peer)
{
    if (peer->ss_family == AF_INET6)
        return ((const struct sockaddr_in6 *)peer)->sin6_addr;
    if (peer->ss_family == AF_UNIX)
        return in6addr_any;
    struct in6_addr mapped = {.s6_addr = {[10] = 0xff, [11] = 0xff}};
    memcpy(mapped.s6_addr + 12, &((const struct sockaddr_in *)peer)->sin_addr, 4);
    return mapped;
}

void conn_new(struct server *s, int fd, const struct sockaddr_storage *peer)
{
    struct conn *c = mem_alloc(sizeof *c);
    c->server = s;
    c->watch.fd = fd;
    c->watch.ready = ready;
    c->flush.run = run_flush;
    c->http.address = peer_address(peer);
    server_took(s);
    metric_add(METRIC_CONNECTIONS, 1);
    conn_enter(c, CONN_IDLE);
    loop_watch(s->loop, &c->watch, EPOLLIN | EPOLLRDHUP);
}
