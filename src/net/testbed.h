/* testbed.h - a server on a loop and thread of its own, and a blocking client, for tests of net. */
#ifndef PESAN_NET_TESTBED_H
#define PESAN_NET_TESTBED_H

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include <setjmp.h>

#include <cmocka.h>

#include "net/server.h"
#include "net/socket.h"

#define PATIENCE_MS 20000 /* after so long a test has failed, not the machine been slow */

struct testbed {
    struct loop *loop;                                       /* runs on `thread` */
    struct server *server;                                   /* listens on 127.0.0.1 */
    struct net_ops ops;                                      /* set by the test */
    int port;                                                /* where it listens */
    pthread_t thread;                                        /* the loop's */
    void (*handle)(struct testbed *bed, struct exchange *x); /* answers requests */
    struct exchange *parked;                                 /* a request the test answers itself */
    struct conn *conn;                         /* the last WebSocket that was opened */
    int messages;                              /* WebSocket messages heard */
    int closed;                                /* calls of closed() */
    sem_t happened;                            /* posted by handlers that a test waits for */
    void *house;                               /* the test's own */
    void (*server_freed)(struct testbed *bed); /* between its server's end and its loop's, if set */
};

/* A function run on the loop's thread. */
struct call {
    struct mail mail;                 /* its envelope */
    void (*run)(struct testbed *bed); /* what to do */
    struct testbed *bed;              /* its argument */
    sem_t done;                       /* posted afterwards */
};

static void run_call(struct mail *m)
{
    struct call *call = CONTAINER_OF(m, struct call, mail);
    call->run(call->bed);
    sem_post(&call->done);
}

/* Run on the loop's thread and wait for it. */
static inline void bed_call(struct testbed *bed, void (*run)(struct testbed *bed))
{
    struct call call = {.mail.deliver = run_call, .run = run, .bed = bed};
    sem_init(&call.done, 0, 0);
    loop_post(bed->loop, &call.mail);
    while (sem_wait(&call.done) != 0)
        continue;
    sem_destroy(&call.done);
}

static inline void bed_wait(struct testbed *bed)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += PATIENCE_MS / 1000;
    assert_int_equal(sem_timedwait(&bed->happened, &until), 0);
}

static void bed_request(void *ctx, struct exchange *x)
{
    struct testbed *bed = ctx;
    bed->handle(bed, x);
}

static void *bed_run(void *arg)
{
    loop_run(((struct testbed *)arg)->loop);
    return NULL;
}

/* All but the thread: what is set up before it runs needs no lock. */
static inline void bed_prepare(struct testbed *bed, struct net_config *config,
                               void (*handle)(struct testbed *bed, struct exchange *x))
{
    const char *why = "";
    sem_init(&bed->happened, 0, 0);
    assert_true(net_parse_address("127.0.0.1:0", &config->address));
    bed->handle = handle;
    bed->ops.request = bed_request;
    bed->loop = loop_new();
    bed->server = server_start(bed->loop, config, &bed->ops, bed, &why);
    assert_non_null(bed->server);
    bed->port = server_port(bed->server);
}

static inline void bed_go(struct testbed *bed)
{
    assert_int_equal(pthread_create(&bed->thread, NULL, bed_run, bed), 0);
}

static inline void bed_start(struct testbed *bed, struct net_config *config,
                             void (*handle)(struct testbed *bed, struct exchange *x))
{
    bed_prepare(bed, config, handle);
    bed_go(bed);
}

static inline void bed_halt(struct testbed *bed)
{
    loop_stop(bed->loop);
    pthread_join(bed->thread, NULL);
}

/* Once it is halted, and so is every loop that hands connections over to it. */
static inline void bed_free(struct testbed *bed)
{
    server_free(&bed->server);
    if (bed->server_freed)
        bed->server_freed(bed);
    loop_free(&bed->loop);
    sem_destroy(&bed->happened);
}

static inline void bed_stop(struct testbed *bed)
{
    bed_halt(bed);
    bed_free(bed);
}

/* --- the client --- */

/* With room for so many bytes that have come and are not read; 0: as usual. */
static inline int dial_with_room(const struct testbed *bed, int room)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)bed->port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (room > 0) /* before the first window is told */
        assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room), 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

static inline int dial(const struct testbed *bed)
{
    return dial_with_room(bed, 0);
}

static inline void say_bytes(int fd, const void *bytes, size_t len)
{
    assert_int_equal(send(fd, bytes, len, MSG_NOSIGNAL), (ssize_t)len);
}

static inline void say(int fd, const char *text)
{
    say_bytes(fd, text, strlen(text));
}

/* Read something; 0 at the end, also when the connection was reset. */
static inline size_t hear_some(int fd, struct buf *in)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
    ssize_t got = recv(fd, buf_reserve(in, 65536), 65536, 0);
    in->len += got > 0 ? (size_t)got : 0;
    return got > 0 ? (size_t)got : 0;
}

/* All that comes until the server ends the connection; closes our side. */
static inline const char *hear_to_end(int fd, struct buf *in)
{
    while (hear_some(fd, in) > 0)
        continue;
    close(fd);
    return buf_cstr(in);
}

/* Read until `text` has come. */
static inline const char *hear_until(int fd, struct buf *in, const char *text)
{
    while (!memmem(in->at ? in->at : "", in->len, text, strlen(text)))
        assert_int_not_equal(hear_some(fd, in), 0);
    return buf_cstr(in);
}

/* Is there really nothing to hear? */
static inline bool silent(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    return poll(&p, 1, 30) == 0;
}

#endif
