/* engine_testbed.h - a client of Engine.IO, and a diary of what the house above a server hears, for
 * tests. */
#ifndef PESAN_NET_ENGINE_TESTBED_H
#define PESAN_NET_ENGINE_TESTBED_H

#include <stdlib.h>

#include "base/clock.h"
#include "net/engine_inside.h"
#include "net/testbed.h"
#include "wire/websocket.h"

#define POLLING "/engine.io/?EIO=4&transport=polling"
#define SOCKET  "/engine.io/?EIO=4&transport=websocket"
#define SID_MAX 40

/* --- the diary: one line for each thing that happened, in any thread --- */

struct diary {
    pthread_mutex_t lock;
    struct buf text;
};

static inline void diary_note(struct diary *d, const char *what, struct str detail)
{
    pthread_mutex_lock(&d->lock);
    buf_addf(&d->text, "%s%.*s\n", what, STR_ARG(detail));
    pthread_mutex_unlock(&d->lock);
}

static inline int diary_count(struct diary *d, const char *line)
{
    int count = 0;
    pthread_mutex_lock(&d->lock);
    for (const char *at = buf_cstr(&d->text); (at = strstr(at, line)); at += strlen(line))
        count++;
    pthread_mutex_unlock(&d->lock);
    return count;
}

/* Wait until `line` stands there; it must do so exactly `count` times. */
static inline void diary_expect(struct diary *d, const char *line, int count)
{
    for (int ms = 0; ms < PATIENCE_MS && diary_count(d, line) < count; ms++)
        usleep(1000);
    if (diary_count(d, line) != count)
        print_message("looked for %d times \"%s\" in:\n%s", count, line, buf_cstr(&d->text));
    assert_int_equal(diary_count(d, line), count);
}

/* All of it, to be looked at when the loops have ended. */
static inline const char *diary_text(struct diary *d)
{
    return buf_cstr(&d->text);
}

/* --- the client --- */

struct client {
    int fd;            /* its connection */
    struct buf in;     /* what has come and is not taken yet */
    struct buf body;   /* of the answer, or the message, taken last */
    int status;        /* of that answer; 0: the connection ended instead */
    char sid[SID_MAX]; /* of its session */
};

static inline void client_dial(struct client *c, const struct testbed *bed)
{
    c->fd = dial(bed);
}

static inline void client_hang_up(struct client *c)
{
    if (c->fd >= 0)
        close(c->fd);
    c->fd = -1;
}

static inline void client_fini(struct client *c)
{
    client_hang_up(c);
    buf_fini(&c->in);
    buf_fini(&c->body);
}

/* A request to `target`, with the session's sid if it has one. `rest`: header fields, the blank
 * line and the body. */
static inline void client_ask(struct client *c, const char *method, const char *target,
                              const char *rest)
{
    struct buf out = {0};
    buf_addf(&out, "%s %s", method, target);
    if (c->sid[0])
        buf_addf(&out, "&sid=%s", c->sid);
    buf_addf(&out, " HTTP/1.1\r\nHost: h\r\n%s", rest);
    say_bytes(c->fd, out.at, out.len);
    buf_fini(&out);
}

static inline void client_get(struct client *c)
{
    client_ask(c, "GET", POLLING, "\r\n");
}

static inline void client_post(struct client *c, const char *body)
{
    struct buf rest = {0};
    buf_addf(&rest, "Content-Length: %zu\r\n\r\n%s", strlen(body), body);
    client_ask(c, "POST", POLLING, buf_cstr(&rest));
    buf_fini(&rest);
}

/* Move `len` bytes, which must have come, from in to body. */
static inline void client_take(struct client *c, size_t len)
{
    buf_clear(&c->body);
    buf_add(&c->body, c->in.at, len);
    buf_consume(&c->in, len);
}

static inline bool client_need(struct client *c, size_t len)
{
    while (c->in.len < len) {
        if (hear_some(c->fd, &c->in) == 0)
            return false;
    }
    return true;
}

/* The next answer, whole: its status, and its body as text. 0 when the connection ends. */
static inline int client_hear(struct client *c)
{
    const char *end;
    c->status = 0;
    buf_clear(&c->body);
    while (!(end = strstr(buf_cstr(&c->in), "\r\n\r\n"))) {
        if (hear_some(c->fd, &c->in) == 0)
            return 0;
    }
    int status = atoi(c->in.at + strlen("HTTP/1.1 "));
    const char *length = strstr(c->in.at, "Content-Length: ");
    size_t body = length && length < end ? strtoul(length + 16, NULL, 10) : 0;
    buf_consume(&c->in, (size_t)(end + 4 - c->in.at));
    if (!client_need(c, body))
        return 0;
    client_take(c, body);
    buf_cstr(&c->body);
    c->status = status;
    return status;
}

static inline void client_expect(struct client *c, int status, const char *body)
{
    assert_int_equal(client_hear(c), status);
    assert_string_equal(buf_cstr(&c->body), body);
}

static inline void client_read_sid(struct client *c)
{
    const char *at = strstr(buf_cstr(&c->body), "\"sid\":\"");
    assert_non_null(at);
    at += strlen("\"sid\":\"");
    size_t len = strcspn(at, "\"");
    assert_true(len < SID_MAX);
    memcpy(c->sid, at, len);
    c->sid[len] = '\0';
}

/* A new session on polling. */
static inline void client_open(struct client *c, const struct testbed *bed)
{
    c->sid[0] = '\0';
    client_dial(c, bed);
    client_get(c);
    assert_int_equal(client_hear(c), 200);
    client_read_sid(c);
}

/* Another connection for the session of `other`, which may be one to another loop. */
static inline void client_join(struct client *c, const struct testbed *bed,
                               const struct client *other)
{
    client_dial(c, bed);
    memcpy(c->sid, other->sid, sizeof c->sid);
}

static inline void client_ask_socket(struct client *c)
{
    client_ask(c, "GET", SOCKET,
               "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
               "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
}

/* Make the connection a WebSocket, of the session if there is one. */
static inline void client_socket(struct client *c)
{
    client_ask_socket(c);
    assert_int_equal(client_hear(c), 101);
}

static inline void client_say(struct client *c, const char *text)
{
    struct buf out = {0};
    const struct ws_client_frame frame = {
        .opcode = WS_OP_TEXT, .mask = {1, 2, 3, 4}, .payload = str_of(text)};
    uint8_t *bytes = (uint8_t *)buf_reserve(&out, WS_CLIENT_HEAD_MAX + strlen(text));
    say_bytes(c->fd, bytes, ws_client_frame(bytes, &frame));
    buf_fini(&out);
}

/* The next WebSocket message as text; "close" for its end. */
static inline const char *client_message(struct client *c)
{
    buf_clear(&c->body);
    if (!client_need(c, 2))
        return "end";
    size_t len = (uint8_t)c->in.at[1];
    size_t head = len == 126 ? 4 : 2;
    assert_int_not_equal(len, 127);
    if (!client_need(c, head))
        return "end";
    if (len == 126)
        len = (size_t)(uint8_t)c->in.at[2] << 8 | (uint8_t)c->in.at[3];
    unsigned opcode = (uint8_t)c->in.at[0] & 15;
    if (!client_need(c, head + len))
        return "end";
    buf_consume(&c->in, head);
    client_take(c, len);
    return opcode == WS_OP_CLOSE ? "close" : buf_cstr(&c->body);
}

/* A new session on a WebSocket. */
static inline void client_open_socket(struct client *c, const struct testbed *bed)
{
    c->sid[0] = '\0';
    client_dial(c, bed);
    client_socket(c);
    client_message(c);
    client_read_sid(c);
}

#endif
