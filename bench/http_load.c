/* http_load.c - requests over kept-alive connections, one in flight on each; prints one JSON line.
 *
 * http_load --port P --connections N --seconds S --request FILE
 * FILE holds whole HTTP/1.1 requests, heads and bodies, one behind the other. They are sent in
 * turn, as they are but for every run of sixteen '#': it becomes a number nobody had before. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/clock.h"
#include "load.h"

#define ANSWER_MAX  (1 << 20)
#define REQUEST_MAX 65536
#define FILE_MAX    (1 << 20)
#define MARK        "################"
#define MARK_LEN    (sizeof MARK - 1)
#define MARKS_MAX   4

/* One request of the file. */
struct form {
    const char *text;        /* of REQUEST_MAX bytes at most, in load.file */
    size_t len;              /* of the text */
    size_t marks[MARKS_MAX]; /* where a fresh number goes */
    size_t mark_count;       /* of those */
};

static struct {
    char file[FILE_MAX + 1]; /* all requests */
    struct form *forms;      /* what is sent, in turn */
    size_t form_count;       /* of those */
    uint64_t turn;           /* requests sent so far */
    uint64_t fresh;          /* the next number of a mark */
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
    const struct form *f = &load.forms[load.turn++ % load.form_count];
    memcpy(bytes, f->text, f->len);
    for (size_t i = 0; i < f->mark_count; i++) {
        char number[MARK_LEN + 1];
        snprintf(number, sizeof number, "%016llx", (unsigned long long)load.fresh++);
        memcpy(bytes + f->marks[i], number, MARK_LEN);
    }
    c->sent_ns = clock_mono_ns();
    c->got = c->length = 0;
    if (write(c->fd, bytes, f->len) != (ssize_t)f->len)
        load_fail("request");
    load.open++;
}

/* The length of a whole message, head and body, once its head is there, else 0. `text` ends with
 * NUL. */
static size_t message_length(const char *text)
{
    const char *end = strstr(text, "\r\n\r\n");
    if (!end)
        return 0;
    const char *length = strcasestr(text, "\r\ncontent-length:");
    size_t body = length && length < end ? strtoul(length + 17, NULL, 10) : 0;
    return (size_t)(end - text) + 4 + body;
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

static void add_form(const char *text, size_t len)
{
    struct form *f = &load.forms[load.form_count++];
    *f = (struct form){.text = text, .len = len};
    if (len == 0 || len > REQUEST_MAX)
        load_fail("--request FILE holds what is no request");
    const char *mark = memmem(text, len, MARK, MARK_LEN);
    while (mark && f->mark_count < MARKS_MAX) {
        f->marks[f->mark_count++] = (size_t)(mark - text);
        mark += MARK_LEN;
        mark = memmem(mark, len - (size_t)(mark - text), MARK, MARK_LEN);
    }
}

static void read_requests(const char *path)
{
    FILE *f = path ? fopen(path, "rb") : NULL;
    if (!f)
        load_fail("--request FILE");
    size_t size = fread(load.file, 1, FILE_MAX, f);
    fclose(f);
    load.forms = calloc(size / 4 + 1, sizeof *load.forms);
    for (size_t at = 0; at < size; at += load.forms[load.form_count - 1].len) {
        size_t len = message_length(load.file + at);
        add_form(load.file + at, len > size - at ? 0 : len);
    }
    if (load.form_count == 0)
        load_fail("--request FILE is empty");
    load.fresh = (uint64_t)clock_utc_us() << 12;
}

int main(int argc, char **argv)
{
    int port = (int)load_number(argc, argv, "--port", 3333);
    long connections = load_number(argc, argv, "--connections", 16);
    long seconds = load_number(argc, argv, "--seconds", 5);
    read_requests(load_option(argc, argv, "--request", NULL));
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
