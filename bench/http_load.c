/* http_load.c - requests over kept-alive connections, one in flight on each; prints one JSON line.
 *
 * http_load --port P --connections N --seconds S --request FILE
 * FILE holds whole HTTP/1.1 requests, heads and bodies, one behind the other. They are sent in
 * turn, as they are but for every run of sixteen '#': it becomes a number nobody had before. */
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/clock.h"
#include "load.h"
#include "requests.h"

#define ANSWER_MAX (1 << 20)

static struct {
    int64_t end_ns;          /* when to stop sending */
    long open;               /* requests that wait for an answer */
    long good;               /* answers 2xx */
    long bad;                /* all others */
    struct histogram delays; /* of good answers */
} load;

struct client {
    int fd;
    int64_t sent_ns;         /* when the request went out */
    size_t got;              /* bytes of the answer so far */
    size_t length;           /* of the whole answer; 0: not known yet */
    char answer[ANSWER_MAX]; /* one answer */
};

static void send_request(struct client *c)
{
    char bytes[REQUEST_MAX];
    size_t len = requests_next(bytes);
    c->sent_ns = clock_mono_ns();
    c->got = c->length = 0;
    if (write(c->fd, bytes, len) != (ssize_t)len)
        load_fail("request");
    load.open++;
}

static void receive(struct client *c)
{
    ssize_t n = read(c->fd, c->answer + c->got, sizeof c->answer - 1 - c->got);
    if (n <= 0)
        load_fail("answer");
    c->got += (size_t)n;
    c->answer[c->got] = '\0';
    if (!c->length)
        c->length = message_length(c->answer);
    size_t length = c->length;
    if (!length || c->got < length)
        return;
    int64_t now = clock_mono_ns();
    load.open--;
    if (c->answer[9] == '2') {
        load.good++;
        histogram_add(&load.delays, (now - c->sent_ns) / 1000);
    } else if (load.bad++ == 0) {
        fprintf(stderr, "%.*s\n", (int)length, c->answer);
    }
    if (now < load.end_ns)
        send_request(c);
}

int main(int argc, char **argv)
{
    int port = (int)load_number(argc, argv, "--port", 3333);
    long connections = load_number(argc, argv, "--connections", 16);
    long seconds = load_number(argc, argv, "--seconds", 5);
    requests_read(load_option(argc, argv, "--request", NULL));
    histogram_init(&load.delays);

    int poller = epoll_create1(0);
    struct client *clients = calloc((size_t)connections, sizeof *clients);
    for (long i = 0; i < connections; i++) {
        clients[i].fd = load_connect(port);
        struct epoll_event e = {.events = EPOLLIN, .data.ptr = &clients[i]};
        epoll_ctl(poller, EPOLL_CTL_ADD, clients[i].fd, &e);
    }
    int64_t begin = clock_mono_ns();
    load.end_ns = begin + seconds * INT64_C(1000000000);
    for (long i = 0; i < connections; i++)
        send_request(&clients[i]);
    while (load.open > 0) {
        struct epoll_event events[256];
        int count = epoll_wait(poller, events, 256, 10000);
        if (count <= 0)
            load_fail("no answer");
        for (int i = 0; i < count; i++)
            receive(events[i].data.ptr);
    }
    double took = (double)(clock_mono_ns() - begin) / 1e9;
    printf("{\"answers\":%ld,\"bad\":%ld,\"seconds\":%.3f,\"per_second\":%.0f,\"p50_us\":%lld,"
           "\"p99_us\":%lld}\n",
           load.good, load.bad, took, (double)load.good / took,
           (long long)histogram_at(&load.delays, 0.5), (long long)histogram_at(&load.delays, 0.99));
    return 0;
}
