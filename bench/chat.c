/* chat.c - messages posted into one room by many, until every device of its members has them.
 *
 * chat --port P --uri URI --tokens FILE --seconds S [--clients 100]
 *
 * The file has a member's token on each line. Each member has a device, connected by Socket.IO over
 * a WebSocket and listening to the room. Each client posts with the token of a member, in turn, one
 * message in flight: the next goes out when the last is answered. After a second of that, once all
 * have heard everything, the clock starts; it stops when everybody has been told of the last one.
 * Taken is the time from the sending of a message to its arrival at each device. Prints one JSON
 * line. */
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/clock.h"
#include "ear.h"
#include "load.h"
#include "requests.h"

#define TOKENS_MAX   ((size_t)16 << 20)
#define POST_MAX     2048
#define ANSWER_MAX   16384
#define MESSAGES_MAX ((size_t)1 << 23) /* of a run */
#define NUMBER_LEN   16                /* a message begins with its number in hex */
#define PATIENCE_MS  20000

/* A device of a member. */
struct device {
    struct ear ear;
    long long seq; /* the last one it was told; 0: none yet */
};

/* A connection for posting. */
struct client {
    int fd;
    int64_t sent_ns;         /* when what it waits for was sent */
    size_t got;              /* bytes of the answer so far */
    size_t length;           /* of the whole request */
    char *id, *number;       /* where the message's number goes in it, twice */
    char post[POST_MAX];     /* the request */
    char answer[ANSWER_MAX]; /* one answer */
};

static struct {
    int port;
    int epoll;
    const char *uri;
    char *tokens;             /* text of the file */
    const char **members;     /* where each token begins in it; each ends with NUL */
    size_t member_count;      /* of those */
    struct device *devices;   /* one for each of them */
    struct client *clients;   /* those who post */
    size_t client_count;      /* of those */
    bool counts;              /* latencies are taken: the clock runs */
    int64_t end_ns;           /* when to stop posting */
    int64_t *sent_ns;         /* of each message, by its number; MESSAGES_MAX of them */
    size_t sent;              /* messages so far */
    size_t answered;          /* of those */
    size_t bad;               /* of those: not with 2xx */
    size_t deliveries;        /* messages told to devices, each counted once */
    size_t doubles;           /* told to a device that had it, or a later one */
    size_t gaps;              /* seqs that a device was not told in their place */
    struct histogram delays;  /* from sending to each delivery */
    struct histogram answers; /* from sending to the answer */
} run;

/* ---- Hearing ---- */

/* What follows `name` in a JSON text; ends the program where it is not. */
static const char *member_in(struct str text, const char *name)
{
    const char *at = memmem(text.at, text.len, name, strlen(name));
    size_t end = at ? (size_t)(at - text.at) + strlen(name) : text.len;
    if (end + NUMBER_LEN > text.len)
        load_fail("a message that is not understood");
    return text.at + end;
}

static size_t number_of(struct str packet)
{
    char hex[NUMBER_LEN + 1] = {0};
    memcpy(hex, member_in(packet, "\"message\":\""), NUMBER_LEN);
    size_t number = strtoul(hex, NULL, 16);
    if (number >= run.sent)
        load_fail("a message that nobody sent");
    return number;
}

static void heard(void *arg, struct str packet)
{
    static const char event[] = "42[\"CHAT_MESSAGE\",";
    struct device *d = arg;
    if (packet.len < sizeof event || memcmp(packet.at, event, sizeof event - 1) != 0)
        return;
    long long seq = strtoll(member_in(packet, "\"seq\":"), NULL, 10);
    if (d->seq && seq <= d->seq) {
        run.doubles++;
        return;
    }
    if (d->seq)
        run.gaps += (size_t)(seq - d->seq - 1);
    d->seq = seq;
    run.deliveries++;
    size_t number = number_of(packet);
    if (run.counts)
        histogram_add(&run.delays, (clock_mono_ns() - run.sent_ns[number]) / 1000);
}

/* ---- Posting ---- */

static void post(struct client *c)
{
    char number[NUMBER_LEN + 1];
    if (run.sent == MESSAGES_MAX)
        load_fail("--seconds is too long");
    snprintf(number, sizeof number, "%016zx", run.sent);
    memcpy(c->id, number, NUMBER_LEN);
    memcpy(c->number, number, NUMBER_LEN);
    c->got = 0;
    run.sent_ns[run.sent++] = c->sent_ns = clock_mono_ns();
    if (write(c->fd, c->post, c->length) != (ssize_t)c->length)
        load_fail("request");
}

static void receive(struct client *c)
{
    if (!message_receive(c->fd, c->answer, sizeof c->answer, &c->got))
        return;
    int64_t now = clock_mono_ns();
    run.answered++;
    if (c->answer[9] != '2' && run.bad++ == 0)
        fprintf(stderr, "%s\n", c->answer);
    if (run.counts)
        histogram_add(&run.answers, (now - c->sent_ns) / 1000);
    if (now < run.end_ns)
        post(c);
}

/* ---- The beginning ---- */

static void read_tokens(const char *path)
{
    FILE *f = path ? fopen(path, "rb") : NULL;
    run.tokens = calloc(1, TOKENS_MAX + 1);
    if (!f || !run.tokens || fread(run.tokens, 1, TOKENS_MAX, f) == 0)
        load_fail("--tokens FILE");
    fclose(f);
    run.members = calloc(TOKENS_MAX / 16, sizeof *run.members);
    for (char *at = run.tokens; *at; at += strspn(at, "\n")) {
        run.members[run.member_count++] = at;
        at += strcspn(at, "\n");
        if (*at)
            *at++ = '\0';
    }
}

/* Events carry the index of a device, or behind those that of a client. */
static void watch(int fd, size_t index)
{
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = index};
    epoll_ctl(run.epoll, EPOLL_CTL_ADD, fd, &event);
}

static void open_device(size_t i)
{
    char text[EAR_SAY_MAX / 2];
    struct ear *e = &run.devices[i].ear;
    snprintf(text, sizeof text, "{\"token\":\"%s\"}", run.members[i]);
    ear_join(e, run.port, "/", text);
    int len = snprintf(text, sizeof text, "[\"SUBSCRIBE\",{\"channel\":\"chat:%s\"}]", run.uri);
    ear_ask(e, (struct str){text, (size_t)len});
    watch(e->fd, i);
}

static void open_client(size_t i)
{
    static const char body[] =
        "{\"id\":\"################\",\"message\":\"################ is the number of this "
        "message, which is about as long as what people say\"}";
    struct client *c = &run.clients[i];
    c->fd = load_connect(run.port);
    int length = snprintf(c->post, sizeof c->post,
                          "POST /api/chats/%s/messages/ HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                          "Authorization: Bearer %s\r\nContent-Type: application/json\r\n"
                          "Content-Length: %zu\r\n\r\n%s",
                          run.uri, run.members[i % run.member_count], sizeof body - 1, body);
    if (length >= POST_MAX)
        load_fail("a token is too long");
    c->length = (size_t)length;
    c->id = strchr(c->post, '#');
    c->number = strrchr(c->post, '#') + 1 - NUMBER_LEN;
    watch(c->fd, run.member_count + i);
}

static void open_all(void)
{
    run.epoll = epoll_create1(0);
    run.sent_ns = calloc(MESSAGES_MAX, sizeof *run.sent_ns);
    run.devices = calloc(run.member_count, sizeof *run.devices);
    run.clients = calloc(run.client_count, sizeof *run.clients);
    if (!run.sent_ns || !run.devices || !run.clients)
        load_fail("memory");
    for (size_t i = 0; i < run.member_count; i++)
        open_device(i);
    for (size_t i = 0; i < run.client_count; i++)
        open_client(i);
}

/* ---- The run ---- */

/* Returns false when nothing has come for long. */
static bool wait_once(void)
{
    struct epoll_event events[1024];
    int ready = epoll_wait(run.epoll, events, 1024, PATIENCE_MS);
    for (int i = 0; i < ready; i++) {
        size_t index = events[i].data.u64;
        if (index < run.member_count)
            ear_hear(&run.devices[index].ear, heard, &run.devices[index]);
        else
            receive(&run.clients[index - run.member_count]);
    }
    return ready > 0;
}

/* Messages that are written. */
static size_t written(void)
{
    return run.answered - run.bad;
}

static size_t due(void)
{
    return written() * run.member_count;
}

/* Post for so long, and wait until everybody has been told of everything. */
static void talk(long seconds)
{
    run.end_ns = clock_mono_ns() + seconds * INT64_C(1000000000);
    for (size_t i = 0; i < run.client_count; i++)
        post(&run.clients[i]);
    while ((run.answered < run.sent || run.deliveries < due()) && wait_once())
        continue;
}

static void go(long seconds)
{
    talk(1);
    size_t before = written();
    int64_t begin = clock_mono_ns();
    run.counts = true;
    talk(seconds);
    double took = (double)(clock_mono_ns() - begin) / 1e9;
    size_t messages = written() - before;
    printf("{\"messages\":%zu,\"bad\":%zu,\"seconds\":%.3f,\"per_second\":%.1f,\"missing\":%zu,"
           "\"gaps\":%zu,\"doubles\":%zu,\"p50_us\":%lld,\"p99_us\":%lld,\"answer_p50_us\":%lld,"
           "\"answer_p99_us\":%lld}\n",
           messages, run.bad, took, (double)messages / took, due() - run.deliveries, run.gaps,
           run.doubles, (long long)histogram_at(&run.delays, 0.5),
           (long long)histogram_at(&run.delays, 0.99), (long long)histogram_at(&run.answers, 0.5),
           (long long)histogram_at(&run.answers, 0.99));
}

int main(int argc, char **argv)
{
    run.port = (int)load_number(argc, argv, "--port", 3333);
    run.uri = load_option(argc, argv, "--uri", "");
    run.client_count = (size_t)load_number(argc, argv, "--clients", 100);
    read_tokens(load_option(argc, argv, "--tokens", NULL));
    histogram_init(&run.delays);
    histogram_init(&run.answers);
    open_all();
    go(load_number(argc, argv, "--seconds", 5));
    return 0;
}
