/* fan.c - fan-out seen from outside: N WebSockets, one of them speaks, everybody hears.
 *
 * fan --port P --connections N --in-flight K --seconds S [--path /fan] [--size 100]
 *     prints one JSON line: deliveries, seconds, per_second, bytes (of one delivery, on the wire)
 * fan ... --nsp /custom
 *     the same by Socket.IO: one emits ["fan","xxx..."] in that namespace
 * fan --port P --connections N --hold yes
 *     only opens the sockets, prints "open", and keeps them until its input ends */
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/clock.h"
#include "ear.h"
#include "load.h"

#define SIZE_MAX_SAID 4096 /* bytes of the text */

static struct {
    int poller;
    struct ear *ears;                  /* all sockets; the last one speaks */
    size_t connections;                /* of those */
    size_t deliveries;                 /* messages that came in, on all sockets */
    size_t bytes;                      /* of all that came in */
    uint8_t message[EAR_SAY_MAX + 14]; /* the frame that is said */
    size_t message_len;                /* of that */
} fan;

static void open_sockets(int port, const char *path, const char *nsp)
{
    fan.poller = epoll_create1(0);
    fan.ears = calloc(fan.connections, sizeof *fan.ears);
    for (size_t i = 0; i < fan.connections; i++) {
        struct ear *e = &fan.ears[i];
        if (nsp)
            ear_join(e, port, nsp, "{}");
        else
            ear_open(e, port, path);
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = e};
        epoll_ctl(fan.poller, EPOLL_CTL_ADD, e->fd, &event);
    }
}

static void count(void *arg, struct str message)
{
    (void)arg;
    (void)message;
    fan.deliveries++;
}

static void hear(void)
{
    struct epoll_event events[1024];
    int ready = epoll_wait(fan.poller, events, 1024, 10000);
    if (ready <= 0)
        load_fail("nothing comes");
    for (int i = 0; i < ready; i++)
        fan.bytes += ear_hear(events[i].data.ptr, count, NULL);
}

static void make_message(size_t size, const char *nsp)
{
    char text[EAR_SAY_MAX];
    char filling[SIZE_MAX_SAID + 1];
    memset(filling, 'x', size);
    filling[size] = '\0';
    int len =
        nsp ? snprintf(text, sizeof text, "42%s%s[\"fan\",\"%s\"]",
                       strcmp(nsp, "/") == 0 ? "" : nsp, strcmp(nsp, "/") == 0 ? "" : ",", filling)
            : snprintf(text, sizeof text, "%s", filling);
    fan.message_len = ear_frame(fan.message, (struct str){text, (size_t)len});
}

/* Keep `in_flight` messages on their way until the time is over, then wait for the last. */
static void run(size_t in_flight, long seconds)
{
    const struct ear *speaker = &fan.ears[fan.connections - 1];
    size_t sent = 0;
    int64_t begin = clock_mono_ns();
    int64_t end = begin + seconds * INT64_C(1000000000);
    fan.deliveries = fan.bytes = 0;
    while (clock_mono_ns() < end || fan.deliveries < sent * fan.connections) {
        while (clock_mono_ns() < end && sent - fan.deliveries / fan.connections < in_flight) {
            if (write(speaker->fd, fan.message, fan.message_len) != (ssize_t)fan.message_len)
                load_fail("send");
            sent++;
        }
        if (fan.deliveries < sent * fan.connections)
            hear();
    }
    double took = (double)(clock_mono_ns() - begin) / 1e9;
    printf("{\"deliveries\":%zu,\"seconds\":%.3f,\"per_second\":%.0f,\"bytes\":%.1f}\n",
           fan.deliveries, took, (double)fan.deliveries / took,
           (double)fan.bytes / (double)fan.deliveries);
}

int main(int argc, char **argv)
{
    long size = load_number(argc, argv, "--size", 100);
    const char *nsp = load_option(argc, argv, "--nsp", NULL);
    fan.connections = (size_t)load_number(argc, argv, "--connections", 1000);
    if (size < 1 || size > SIZE_MAX_SAID || fan.connections < 1)
        load_fail("--size or --connections");
    open_sockets((int)load_number(argc, argv, "--port", 3333),
                 load_option(argc, argv, "--path", "/fan"), nsp);
    if (load_option(argc, argv, "--hold", NULL)) {
        printf("open\n");
        fflush(stdout);
        while (getchar() != EOF)
            continue;
        return 0;
    }
    make_message((size_t)size, nsp);
    run((size_t)load_number(argc, argv, "--in-flight", 1), load_number(argc, argv, "--seconds", 5));
    return 0;
}
