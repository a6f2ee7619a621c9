/* fixture.h - for tests: a client on a blocking socket that speaks just enough HTTP and WebSocket.
 */
#ifndef PESAN_APP_FIXTURE_H
#define PESAN_APP_FIXTURE_H

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/buf.h"

#define CLIENT_PATIENCE_S 30

/* A connection and what has been read from it and not yet used. */
struct client {
    int fd;                 /* blocking */
    size_t len;             /* bytes in use */
    char bytes[256 * 1024]; /* read, NUL behind them */
};

static inline void client_open(struct client *c, int port)
{
    const struct sockaddr_in to = {.sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const struct timeval patience = {.tv_sec = CLIENT_PATIENCE_S};
    c->len = 0;
    c->bytes[0] = '\0';
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(c->fd >= 0);
    CHECK(setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0);
    CHECK(connect(c->fd, (const struct sockaddr *)&to, sizeof to) == 0);
}

static inline void client_close(struct client *c)
{
    close(c->fd);
}

static inline void client_write(struct client *c, const void *bytes, size_t len)
{
    CHECK(send(c->fd, bytes, len, MSG_NOSIGNAL) == (ssize_t)len);
}

/* Read more; false at the end of the stream. */
static inline bool client_fill(struct client *c)
{
    CHECK(c->len < sizeof c->bytes - 1);
    ssize_t got = recv(c->fd, c->bytes + c->len, sizeof c->bytes - 1 - c->len, 0);
    CHECK(got >= 0); /* -1: waited in vain */
    c->len += (size_t)got;
    c->bytes[c->len] = '\0';
    return got > 0;
}

static inline void client_use(struct client *c, size_t count)
{
    CHECK(count <= c->len);
    c->len -= count;
    memmove(c->bytes, c->bytes + count, c->len);
    c->bytes[c->len] = '\0';
}

/* ---- HTTP ---- */

/* One request on a connection of its own; the whole response is left in `c`, its status returned.
 */
static inline int client_ask(struct client *c, int port, const char *method, const char *path,
                             const char *headers, const char *body)
{
    char *request = NULL;
    client_open(c, port);
    int len = asprintf(&request,
                       "%s %s HTTP/1.1\r\nHost: test\r\nConnection: close\r\n"
                       "Content-Length: %zu\r\n%s\r\n%s",
                       method, path, strlen(body), headers, body);
    CHECK(len > 0);
    client_write(c, request, (size_t)len);
    free(request);
    while (client_fill(c))
        continue;
    client_close(c);
    int status = 0;
    CHECK(sscanf(c->bytes, "HTTP/1.1 %d", &status) == 1);
    return status;
}

static inline const char *client_body(const struct client *c)
{
    const char *end = strstr(c->bytes, "\r\n\r\n");
    return end ? end + 4 : "";
}

/* ---- WebSocket ---- */

/* Open a socket with more headers; returns the status, 101 when it is open. */
static inline int client_upgrade_with(struct client *c, int port, const char *path,
                                      const char *headers)
{
    char request[2048];
    int status = 0;
    client_open(c, port);
    int len = snprintf(request, sizeof request,
                       "GET %s HTTP/1.1\r\nHost: test\r\nUpgrade: websocket\r\n"
                       "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                       "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n%s\r\n",
                       path, headers);
    CHECK(len < (int)sizeof request);
    client_write(c, request, (size_t)len);
    while (!strstr(c->bytes, "\r\n\r\n") && client_fill(c))
        continue;
    CHECK(sscanf(c->bytes, "HTTP/1.1 %d", &status) == 1);
    client_use(c, (size_t)(strstr(c->bytes, "\r\n\r\n") - c->bytes) + 4);
    return status;
}

static inline int client_upgrade(struct client *c, int port, const char *path)
{
    return client_upgrade_with(c, port, path, "");
}

/* Send a text frame of at most 64 KB (mask 0, which is a mask). */
static inline void client_say(struct client *c, const char *text)
{
    struct buf frame = {0};
    size_t len = strlen(text);
    buf_add_char(&frame, (char)0x81);
    if (len < 126) {
        buf_add_char(&frame, (char)(0x80 | len));
    } else {
        buf_add_char(&frame, (char)(0x80 | 126));
        buf_add_char(&frame, (char)(len >> 8));
        buf_add_char(&frame, (char)(len & 0xff));
    }
    buf_add(&frame, "\0\0\0\0", 4);
    buf_add(&frame, text, len);
    client_write(c, frame.at, frame.len);
    buf_fini(&frame);
}

/* Bytes of the frame's head at the front, its payload's length in *len_r; 0: more is needed. */
static inline size_t client_head(const struct client *c, size_t *len_r)
{
    const uint8_t *b = (const uint8_t *)c->bytes;
    if (c->len < 2 || (b[1] == 126 && c->len < 4))
        return 0;
    CHECK(b[1] < 127);
    *len_r = b[1] == 126 ? (size_t)b[2] << 8 | b[3] : b[1];
    return b[1] == 126 ? 4 : 2;
}

/* The next frame's payload into `out` (NUL-terminated), its opcode returned; -1 at the end. */
static inline int client_hear(struct client *c, char *out, size_t size)
{
    size_t head;
    size_t len = 0;
    while ((head = client_head(c, &len)) == 0 || c->len < head + len) {
        if (!client_fill(c))
            return -1;
    }
    int opcode = c->bytes[0] & 0x0f;
    CHECK(len < size);
    memcpy(out, c->bytes + head, len);
    out[len] = '\0';
    client_use(c, head + len);
    return opcode;
}

/* Is there anything to hear within `ms`? */
static inline bool client_waits(const struct client *c, int ms)
{
    struct pollfd p = {.fd = c->fd, .events = POLLIN};
    return c->len > 0 || poll(&p, 1, ms) > 0;
}

#endif
