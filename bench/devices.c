/* devices.c - N Socket.IO devices that are there and do nothing, over WebSockets or long-polling.
 *
 * devices --port P --connections N [--transport polling] [--nsp /] [--tokens FILE]
 *     opens them, each in its namespace with the next token of the file (one a line) as auth.token,
 *     prints "open", answers pings, and ends with its input. */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "ear.h"
#include "load.h"
#include "requests.h"

#define TOKENS_MAX  ((size_t)16 << 20)
#define ANSWER_MAX  65536
#define SID_MAX     64
#define SEPARATOR   '\x1e'
#define PATIENCE_MS 20000

/* A device on long-polling: its GET waits on a connection of its own. */
struct poller {
    int fd;
    char sid[SID_MAX]; /* of its session */
    char *answer;      /* as far as it has come; NULL: nothing */
    size_t got;        /* bytes of it */
};

static struct {
    int port;
    int epoll;
    const char *nsp;
    char *tokens;           /* text of the file; NULL: no auth */
    const char *next_token; /* in it */
    size_t connections;
    size_t joined;          /* of them, on polling */
    struct ear *ears;       /* on WebSockets, else NULL */
    struct poller *pollers; /* on polling, else NULL */
} all;

/* --- who they are --- */

static void read_tokens(const char *path)
{
    FILE *f = path ? fopen(path, "rb") : NULL;
    if (path && !f)
        load_fail(path);
    if (!f)
        return;
    all.tokens = calloc(1, TOKENS_MAX + 1);
    if (!all.tokens || fread(all.tokens, 1, TOKENS_MAX, f) == 0)
        load_fail(path);
    fclose(f);
    all.next_token = all.tokens;
}

/* The next token's auth object in `out`. */
static void make_auth(char *out, size_t size)
{
    if (!all.tokens) {
        snprintf(out, size, "{}");
        return;
    }
    size_t len = strcspn(all.next_token, "\n");
    snprintf(out, size, "{\"token\":\"%.*s\"}", (int)len, all.next_token);
    all.next_token += len;
    if (*all.next_token == '\n')
        all.next_token++;
    if (*all.next_token == '\0')
        all.next_token = all.tokens;
}

/* --- long-polling --- */

static void say(int fd, const char *text, size_t len)
{
    if (write(fd, text, len) != (ssize_t)len)
        load_fail("request");
}

/* A GET for whatever comes next, or for a new session while there is none. */
static void ask(const struct poller *p)
{
    char text[512];
    int len = snprintf(text, sizeof text,
                       "GET /socket.io/?EIO=4&transport=polling%s%s HTTP/1.1\r\n"
                       "Host: 127.0.0.1\r\n\r\n",
                       p->sid[0] ? "&sid=" : "", p->sid);
    say(p->fd, text, (size_t)len);
}

/* Read on what answers a request. Returns its body once it is whole, NUL-terminated and to be
 * freed as p->answer, else NULL. */
static const char *answer_of(struct poller *p)
{
    if (!p->answer)
        p->answer = malloc(ANSWER_MAX + 1);
    ssize_t n = read(p->fd, p->answer + p->got, ANSWER_MAX - p->got);
    if (n <= 0)
        load_fail("a polling connection was closed");
    p->got += (size_t)n;
    p->answer[p->got] = '\0';
    size_t length = message_length(p->answer);
    if (length == 0 || p->got < length)
        return NULL;
    if (strncmp(p->answer, "HTTP/1.1 200", 12) != 0) {
        fprintf(stderr, "%s\n", p->answer);
        load_fail("a polling request was refused");
    }
    return strstr(p->answer, "\r\n\r\n") + 4;
}

static void forget_answer(struct poller *p)
{
    free(p->answer);
    p->answer = NULL;
    p->got = 0;
}

static const char *wait_answer(struct poller *p)
{
    const char *body = NULL;
    while (!body) {
        struct pollfd ready = {.fd = p->fd, .events = POLLIN};
        if (poll(&ready, 1, PATIENCE_MS) != 1)
            load_fail("no answer on polling");
        body = answer_of(p);
    }
    return body;
}

/* POST a packet over a connection that is there for this alone, so that a device that is idle owns
 * one. */
static void post(const struct poller *p, const char *packet)
{
    char text[EAR_SAY_MAX + 512];
    struct poller errand = {.fd = load_connect(all.port)};
    int len = snprintf(text, sizeof text,
                       "POST /socket.io/?EIO=4&transport=polling&sid=%s HTTP/1.1\r\n"
                       "Host: 127.0.0.1\r\nContent-Type: text/plain;charset=UTF-8\r\n"
                       "Content-Length: %zu\r\nConnection: close\r\n\r\n%s",
                       p->sid, strlen(packet), packet);
    say(errand.fd, text, (size_t)len);
    wait_answer(&errand);
    forget_answer(&errand);
    close(errand.fd);
}

static void take_packet(struct poller *p, const char *packet)
{
    if (packet[0] == '2')
        post(p, "3");
    else if (strncmp(packet, "40", 2) == 0)
        all.joined++;
    else if (packet[0] == '1' || strncmp(packet, "44", 2) == 0 || strncmp(packet, "41", 2) == 0)
        load_fail(packet);
}

static void hear_poller(struct poller *p)
{
    const char *body = answer_of(p);
    if (!body)
        return;
    const char *end = p->answer + p->got;
    ask(p);
    while (body < end) {
        char *separator = memchr(body, SEPARATOR, (size_t)(end - body));
        if (separator)
            *separator = '\0';
        take_packet(p, body);
        body = separator ? separator + 1 : end;
    }
    forget_answer(p);
}

static void open_poller(struct poller *p, const char *auth)
{
    char connect[EAR_SAY_MAX];
    bool root = strcmp(all.nsp, "/") == 0;
    p->fd = load_connect(all.port);
    ask(p);
    const char *sid = strstr(wait_answer(p), "\"sid\":\"");
    if (!sid)
        load_fail("no sid");
    snprintf(p->sid, sizeof p->sid, "%.*s", (int)strcspn(sid + 7, "\""), sid + 7);
    forget_answer(p);
    snprintf(connect, sizeof connect, "40%s%s%s", root ? "" : all.nsp, root ? "" : ",", auth);
    post(p, connect);
    ask(p);
}

/* --- all of them --- */

static void watch(int fd, void *what)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = what};
    epoll_ctl(all.epoll, EPOLL_CTL_ADD, fd, &event);
}

/* Hear what has come, after waiting for it so long (-1: for ever). Returns false when the input has
 * ended. */
static bool serve(int wait_ms)
{
    struct epoll_event events[256];
    int ready = epoll_wait(all.epoll, events, 256, wait_ms);
    for (int i = 0; i < ready; i++) {
        if (!events[i].data.ptr)
            return getchar() != EOF;
        if (all.ears)
            ear_hear(events[i].data.ptr, NULL, NULL);
        else
            hear_poller(events[i].data.ptr);
    }
    return true;
}

static void open_all(void)
{
    char auth[EAR_SAY_MAX / 2];
    for (size_t i = 0; i < all.connections; i++) {
        make_auth(auth, sizeof auth);
        if (all.ears) {
            ear_join(&all.ears[i], all.port, all.nsp, auth);
            watch(all.ears[i].fd, &all.ears[i]);
        } else {
            open_poller(&all.pollers[i], auth);
            watch(all.pollers[i].fd, &all.pollers[i]);
        }
        serve(0); /* so that those before it do not go stale */
    }
}

int main(int argc, char **argv)
{
    bool polling = strcmp(load_option(argc, argv, "--transport", "websocket"), "polling") == 0;
    all.port = (int)load_number(argc, argv, "--port", 3333);
    all.connections = (size_t)load_number(argc, argv, "--connections", 1000);
    all.nsp = load_option(argc, argv, "--nsp", "/");
    read_tokens(load_option(argc, argv, "--tokens", NULL));
    all.epoll = epoll_create1(0);
    if (polling)
        all.pollers = calloc(all.connections, sizeof *all.pollers);
    else
        all.ears = calloc(all.connections, sizeof *all.ears);
    open_all();
    while (polling && all.joined < all.connections)
        serve(-1);
    watch(STDIN_FILENO, NULL);
    printf("open\n");
    fflush(stdout);
    while (serve(-1))
        continue;
    return 0;
}
