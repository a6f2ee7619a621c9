/* http_load.c - requests over kept-alive connections, one in flight on each; prints one JSON line.
 *
 * http_load --port P --connections N --seconds S --request FILE
 * FILE holds one whole HTTP/1.1 request, head and body, sent as it is. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/clock.h"
#include "load.h"

#define ANSWER_MAX 65536

static struct {
    char request[ANSWER_MAX]; /* what is sent */
    size_t request_len;
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
    char answer[ANSWER_MAX]; /* one answer */
};

static void send_request(struct client *c)
{
    c->sent_ns = clock_mono_ns();
    c->got = 0;
    if (write(c->fd, load.request, load.request_len) != (ssize_t)load.request_len)
        load_fail("request");
    load.open++;
}

/* The length of the whole answer once its head is there, else 0. */
static size_t answer_length(struct client *c)
{
    c->answer[c->got] = '\0';
    char *end = strstr(c->answer, "\r\n\r\n");
    if (!end)
        return 0;
    const char *length = strcasestr(c->answer, "\r\ncontent-length:");
    size_t body = length && length < end ? strtoul(length + 17, NULL, 10) : 0;
    return (size_t)(end - c->answer) + 4 + body;
}

static void receive(struct client *c)
{
    ssize_t n = read(c->fd, c->answer + c->got, sizeof c->answer - 1 - c->got);
    if (n <= 0)
        load_fail("answer");
    c->got += (size_t)n;
    size_t length = answer_length(c);
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

static void read_request(const char *path)
{
    FILE *f = path ? fopen(path, "rb") : NULL;
    if (!f)
        load_fail("--request FILE");
    load.request_len = fread(load.request, 1, sizeof load.request, f);
    fclose(f);
}

int main(int argc, char **argv)
{
    int port = (int)load_number(argc, argv, "--port", 3333);
    long connections = load_number(argc, argv, "--connections", 16);
    long seconds = load_number(argc, argv, "--seconds", 5);
    read_request(load_option(argc, argv, "--request", NULL));
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
