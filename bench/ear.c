/* ear.c - frames of a server, walked by their heads alone: cheap enough to keep up with any peer.
 */
#include "ear.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "load.h"
#include "wire/websocket.h"

#define READ_MAX    ((size_t)1 << 18)
#define PATIENCE_MS 20000

/* One frame of a server; the payload lies in the buffer it was read from. */
struct heard_frame {
    unsigned opcode;    /* enum ws_opcode */
    struct str payload; /* whole */
};

/* The length of the frame at `bytes`, 0 while it is not all there. Servers neither mask nor,
 * towards us, divide messages. */
static size_t frame_at(const uint8_t *bytes, size_t len, struct heard_frame *f)
{
    if (len < 2)
        return 0;
    size_t head = bytes[1] == 126 ? 4 : bytes[1] == 127 ? 10 : 2;
    if (len < head)
        return 0;
    size_t payload = head == 2 ? bytes[1] : 0;
    for (size_t i = 2; i < head; i++)
        payload = payload << 8 | bytes[i];
    if (len < head + payload)
        return 0;
    f->opcode = bytes[0] & 0x0f;
    f->payload = (struct str){(const char *)bytes + head, payload};
    return head + payload;
}

size_t ear_frame(uint8_t *out, struct str text)
{
    struct ws_client_frame frame = {.opcode = WS_OP_TEXT, .mask = {1, 2, 3, 4}, .payload = text};
    return ws_client_frame(out, &frame);
}

void ear_say(const struct ear *e, struct str text)
{
    uint8_t frame[WS_CLIENT_HEAD_MAX + EAR_SAY_MAX];
    size_t len = text.len <= EAR_SAY_MAX ? ear_frame(frame, text) : 0;
    if (len == 0 || write(e->fd, frame, len) != (ssize_t)len)
        load_fail("send");
}

static bool begins(struct str text, const char *with)
{
    size_t len = strlen(with);
    return text.len >= len && memcmp(text.at, with, len) == 0;
}

static void end_with(const char *what, struct str text)
{
    errno = 0;
    fprintf(stderr, "%.*s\n", (int)text.len, text.at);
    load_fail(what);
}

/* Returns whether the packet is an event. */
static bool take_packet(struct ear *e, struct str packet)
{
    if (begins(packet, "42"))
        return true;
    if (begins(packet, "2"))
        ear_say(e, STR("3"));
    else if (begins(packet, "40"))
        e->joined = true;
    else if (begins(packet, "430[") && !memmem(packet.at, packet.len, "\"error\"", 7))
        e->answered = true;
    else if (begins(packet, "430["))
        end_with("refused", packet);
    else if (begins(packet, "44") || begins(packet, "41") || begins(packet, "1"))
        end_with("a socket was sent away", packet);
    return false;
}

static void pong(const struct ear *e, struct str payload)
{
    uint8_t out[WS_CLIENT_HEAD_MAX + WS_CONTROL_MAX];
    struct ws_client_frame frame = {.opcode = WS_OP_PONG, .mask = {1, 2, 3, 4}, .payload = payload};
    size_t len = ws_client_frame(out, &frame);
    if (write(e->fd, out, len) != (ssize_t)len)
        load_fail("send");
}

static void keep(struct ear *e, const uint8_t *bytes, size_t len)
{
    free(e->rest);
    e->rest = NULL;
    e->rest_len = len;
    if (len == 0)
        return;
    e->rest = malloc(len);
    if (!e->rest)
        load_fail("memory");
    memcpy(e->rest, bytes, len);
}

static void walk(struct ear *e, const uint8_t *bytes, size_t len,
                 void (*heard)(void *arg, struct str message), void *arg)
{
    struct heard_frame f;
    size_t size = 0;
    for (size_t at = 0;; at += size) {
        size = frame_at(bytes + at, len - at, &f);
        if (size == 0) {
            keep(e, bytes + at, len - at);
            return;
        }
        if (f.opcode == WS_OP_CLOSE)
            end_with("a socket was closed", f.payload);
        if (f.opcode == WS_OP_PING)
            pong(e, f.payload);
        else if (f.opcode != WS_OP_PONG && (!e->socketio || take_packet(e, f.payload)) && heard)
            heard(arg, f.payload);
    }
}

size_t ear_hear(struct ear *e, void (*heard)(void *arg, struct str message), void *arg)
{
    static uint8_t bytes[READ_MAX];
    size_t before = e->rest_len;
    if (before == READ_MAX)
        load_fail("a frame is too long");
    if (before > 0)
        memcpy(bytes, e->rest, before);
    ssize_t n = read(e->fd, bytes + before, READ_MAX - before);
    if (n < 0 && errno == EAGAIN)
        return 0;
    if (n <= 0)
        load_fail("a socket was closed");
    walk(e, bytes, before + (size_t)n, heard, arg);
    return (size_t)n;
}

void ear_open(struct ear *e, int port, const char *path)
{
    uint8_t behind[LOAD_HEAD_MAX];
    *e = (struct ear){.fd = load_connect(port)};
    keep(e, behind, load_upgrade(e->fd, path, behind));
}

static void wait_for(struct ear *e, const bool *done, const char *what)
{
    while (!*done) {
        struct pollfd ready = {.fd = e->fd, .events = POLLIN};
        if (poll(&ready, 1, PATIENCE_MS) != 1)
            load_fail(what);
        ear_hear(e, NULL, NULL);
    }
}

void ear_join(struct ear *e, int port, const char *nsp, const char *auth)
{
    char connect[EAR_SAY_MAX];
    ear_open(e, port, "/socket.io/?EIO=4&transport=websocket");
    e->socketio = true;
    int len = snprintf(connect, sizeof connect, "40%s%s%s", strcmp(nsp, "/") == 0 ? "" : nsp,
                       strcmp(nsp, "/") == 0 ? "" : ",", auth);
    ear_say(e, (struct str){connect, (size_t)len});
    wait_for(e, &e->joined, "no answer to CONNECT");
}

void ear_ask(struct ear *e, struct str event)
{
    char packet[EAR_SAY_MAX];
    int len = snprintf(packet, sizeof packet, "420%.*s", (int)event.len, event.at);
    e->answered = false;
    ear_say(e, (struct str){packet, (size_t)len});
    wait_for(e, &e->answered, "no acknowledgement");
}
