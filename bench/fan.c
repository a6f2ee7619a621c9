/* fan.c - fan-out seen from outside: N WebSockets, one of them speaks, everybody hears.
 *
 * fan --port P --connections N --in-flight K --seconds S [--path /fan] [--size 100]
 *     prints one JSON line: deliveries, seconds, per_second
 * fan --port P --connections N --hold yes
 *     only opens the sockets, prints "open", and keeps them until its input ends */
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/clock.h"
#include "load.h"
#include "wire/websocket.h"

static struct {
    int poller;
    int speaker;      /* the socket that sends */
    long connections; /* sockets that hear */
    size_t heard;     /* bytes that came in, on all sockets */
    size_t frame_len; /* bytes of one delivered frame */
    uint8_t message[WS_CLIENT_HEAD_MAX + 4096];
    size_t message_len;
} fan;

static void open_sockets(int port, const char *path)
{
    fan.poller = epoll_create1(0);
    for (long i = 0; i < fan.connections; i++) {
        int fd = load_connect(port);
        load_upgrade(fd, path);
        struct epoll_event e = {.events = EPOLLIN, .data.fd = fd};
        epoll_ctl(fan.poller, EPOLL_CTL_ADD, fd, &e);
        fan.speaker = fd;
    }
}

static void hear(void)
{
    static char dropped[1 << 18];
    struct epoll_event events[1024];
    int count = epoll_wait(fan.poller, events, 1024, 10000);
    if (count <= 0)
        load_fail("nothing comes");
    for (int i = 0; i < count; i++) {
        ssize_t n = read(events[i].data.fd, dropped, sizeof dropped);
        if (n <= 0)
            load_fail("a socket was closed");
        fan.heard += (size_t)n;
    }
}

static void make_message(size_t size)
{
    static char text[4096];
    uint8_t head[WS_HEAD_MAX];
    memset(text, 'x', size);
    struct ws_client_frame frame = {
        .opcode = WS_OP_TEXT, .mask = {1, 2, 3, 4}, .payload = {text, size}};
    fan.message_len = ws_client_frame(fan.message, &frame);
    fan.frame_len = size + ws_head(head, WS_OP_TEXT, size);
}

/* Keep `in_flight` messages on their way until the time is over, then wait for the last. */
static void run(long in_flight, long seconds)
{
    size_t round = (size_t)fan.connections * fan.frame_len;
    size_t sent = 0;
    int64_t begin = clock_mono_ns();
    int64_t end = begin + seconds * INT64_C(1000000000);
    while (clock_mono_ns() < end || fan.heard < sent * round) {
        while (clock_mono_ns() < end && sent - fan.heard / round < (size_t)in_flight) {
            if (write(fan.speaker, fan.message, fan.message_len) != (ssize_t)fan.message_len)
                load_fail("send");
            sent++;
        }
        if (fan.heard < sent * round)
            hear();
    }
    double took = (double)(clock_mono_ns() - begin) / 1e9;
    size_t deliveries = fan.heard / fan.frame_len;
    printf("{\"deliveries\":%zu,\"seconds\":%.3f,\"per_second\":%.0f}\n", deliveries, took,
           (double)deliveries / took);
}

int main(int argc, char **argv)
{
    long size = load_number(argc, argv, "--size", 100);
    fan.connections = load_number(argc, argv, "--connections", 1000);
    if (size < 1 || size > 4096)
        load_fail("--size");
    open_sockets((int)load_number(argc, argv, "--port", 3333),
                 load_option(argc, argv, "--path", "/fan"));
    if (load_option(argc, argv, "--hold", NULL)) {
        printf("open\n");
        fflush(stdout);
        while (getchar() != EOF)
            continue;
        return 0;
    }
    make_message((size_t)size);
    run(load_number(argc, argv, "--in-flight", 1), load_number(argc, argv, "--seconds", 5));
    return 0;
}
