/* load.c - connections, options and the histogram of the load generators. */
#include "load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void load_fail(const char *what)
{
    fprintf(stderr, "%s: %s\n", what, errno ? strerror(errno) : "failed");
    exit(1);
}

void histogram_init(struct histogram *h)
{
    h->counts = calloc(LATENCY_MAX_US + 1, sizeof *h->counts);
    h->total = 0;
    if (!h->counts)
        load_fail("memory");
}

void histogram_add(struct histogram *h, int64_t us)
{
    h->counts[us < 0 ? 0 : us > LATENCY_MAX_US ? LATENCY_MAX_US : us]++;
    h->total++;
}

int64_t histogram_at(const struct histogram *h, double share)
{
    uint64_t want = (uint64_t)((double)h->total * share);
    uint64_t seen = 0;
    for (int64_t us = 0; us <= LATENCY_MAX_US; us++) {
        seen += h->counts[us];
        if (seen > want)
            return us;
    }
    return LATENCY_MAX_US;
}

int load_connect(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    int on = 1;
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) < 0)
        load_fail("connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (fcntl(fd, F_SETFL, O_NONBLOCK) < 0)
        load_fail("fcntl");
    return fd;
}

size_t load_upgrade(int fd, const char *path, uint8_t behind[LOAD_HEAD_MAX])
{
    char head[LOAD_HEAD_MAX];
    int len = snprintf(head, sizeof head,
                       "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
                       "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                       "Sec-WebSocket-Version: 13\r\n\r\n",
                       path);
    if (write(fd, head, (size_t)len) != len)
        load_fail("upgrade");
    size_t got = 0;
    const char *end = NULL;
    while (!end) {
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        if (poll(&ready, 1, 10000) != 1)
            load_fail("no answer to the upgrade");
        ssize_t n = read(fd, head + got, sizeof head - 1 - got);
        if (n <= 0)
            load_fail("upgrade refused");
        got += (size_t)n;
        head[got] = '\0';
        end = strstr(head, "\r\n\r\n");
    }
    if (strncmp(head, "HTTP/1.1 101", 12) != 0) {
        errno = 0;
        fprintf(stderr, "%s\n", head);
        load_fail("upgrade");
    }
    size_t left = got - (size_t)(end + 4 - head);
    memcpy(behind, end + 4, left);
    return left;
}

const char *load_option(int argc, char **argv, const char *name, const char *otherwise)
{
    for (int i = 1; i + 1 < argc; i++) {
        if (strcmp(argv[i], name) == 0)
            return argv[i + 1];
    }
    return otherwise;
}

long load_number(int argc, char **argv, const char *name, long otherwise)
{
    const char *text = load_option(argc, argv, name, NULL);
    return text ? strtol(text, NULL, 10) : otherwise;
}
