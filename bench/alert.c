/* alert.c - how long it takes from the sending of an order until the owner's device shows it.
 *
 * alert --port P --rate R --seconds S --request FILE --token T [--connections 256]
 *
 * A device is connected by Socket.IO over a WebSocket with T as auth.token; the file's requests
 * (requests.h), which place orders, are sent R times a second whatever becomes of them, each over a
 * connection that waits for nothing. Taken is the time from the moment a request was due to the
 * arrival of SUBMIT_ORDER with the order_id of its answer. Prints one JSON line. */
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/clock.h"
#include "ear.h"
#include "load.h"
#include "requests.h"

#define ANSWER_MAX  16384
#define ID_LEN      36
#define SLOTS       ((size_t)1 << 18) /* orders of a run, four times over */
#define PATIENCE_NS INT64_C(20000000000)

/* An order, met first by its answer or by its alert. */
struct order {
    char id[ID_LEN];
    int64_t due_ns;   /* when it was to be sent; 0: its answer has not come */
    int64_t heard_ns; /* when the device was told; 0: not yet */
};

/* A connection for requests. */
struct client {
    int fd;
    struct client *next_free; /* in run.free */
    int64_t due_ns;           /* of the request it waits for */
    size_t got;               /* bytes of the answer so far */
    char answer[ANSWER_MAX];  /* one answer */
};

static struct {
    int epoll;
    struct ear device;
    struct client *free;      /* those that wait for nothing */
    struct order *orders;     /* SLOTS of them, by hash of the id */
    size_t sent;              /* of those */
    size_t answered;          /* of those */
    size_t bad;               /* answers other than 2xx */
    size_t alerts;            /* that were the first of their order */
    size_t doubles;           /* that were not */
    struct histogram delays;  /* from due to alert */
    struct histogram answers; /* from due to answer */
} run;

static struct order *order_of(const char *id)
{
    uint64_t h = UINT64_C(1469598103934665603);
    for (size_t i = 0; i < ID_LEN; i++)
        h = (h ^ (uint8_t)id[i]) * UINT64_C(1099511628211);
    for (size_t at = (size_t)h & (SLOTS - 1);; at = (at + 1) & (SLOTS - 1)) {
        struct order *o = &run.orders[at];
        if (o->id[0] && memcmp(o->id, id, ID_LEN) != 0)
            continue;
        memcpy(o->id, id, ID_LEN);
        return o;
    }
}

/* The value of the member "order_id" in a JSON text, NULL where there is none. */
static const char *order_id_in(const char *text, size_t len)
{
    static const char name[] = "\"order_id\":\"";
    const char *at = memmem(text, len, name, sizeof name - 1);
    if (!at || (size_t)(text + len - at) < sizeof name - 1 + ID_LEN)
        return NULL;
    return at + sizeof name - 1;
}

static void settle(const struct order *o)
{
    if (o->due_ns && o->heard_ns)
        histogram_add(&run.delays, (o->heard_ns - o->due_ns) / 1000);
}

static void heard(void *arg, struct str packet)
{
    static const char alert[] = "42[\"SUBMIT_ORDER\",";
    int64_t now = clock_mono_ns();
    (void)arg;
    if (packet.len < sizeof alert || memcmp(packet.at, alert, sizeof alert - 1) != 0)
        return;
    const char *id = order_id_in(packet.at, packet.len);
    if (!id)
        load_fail("an alert without order_id");
    struct order *o = order_of(id);
    if (o->heard_ns) {
        run.doubles++;
        return;
    }
    run.alerts++;
    o->heard_ns = now;
    settle(o);
}

static void receive(struct client *c)
{
    if (!message_receive(c->fd, c->answer, sizeof c->answer, &c->got))
        return;
    run.answered++;
    const char *id = order_id_in(c->answer, c->got);
    if (c->answer[9] == '2' && id) {
        struct order *o = order_of(id);
        o->due_ns = c->due_ns;
        histogram_add(&run.answers, (clock_mono_ns() - c->due_ns) / 1000);
        settle(o);
    } else if (run.bad++ == 0) {
        fprintf(stderr, "%s\n", c->answer);
    }
    c->next_free = run.free;
    run.free = c;
}

static void send_one(int64_t due_ns)
{
    char bytes[REQUEST_MAX];
    struct client *c = run.free;
    size_t len = requests_next(bytes);
    run.free = c->next_free;
    c->due_ns = due_ns;
    c->got = 0;
    if (write(c->fd, bytes, len) != (ssize_t)len)
        load_fail("request");
    run.sent++;
}

static void watch(int fd, void *what)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = what};
    epoll_ctl(run.epoll, EPOLL_CTL_ADD, fd, &event);
}

static void open_all(int port, long connections, const char *token)
{
    char auth[EAR_SAY_MAX / 2];
    run.epoll = epoll_create1(0);
    run.orders = calloc(SLOTS, sizeof *run.orders);
    snprintf(auth, sizeof auth, "{\"token\":\"%s\"}", token);
    ear_join(&run.device, port, "/", auth);
    watch(run.device.fd, NULL);
    struct client *clients = calloc((size_t)connections, sizeof *clients);
    for (long i = 0; i < connections; i++) {
        clients[i].fd = load_connect(port);
        watch(clients[i].fd, &clients[i]);
        clients[i].next_free = run.free;
        run.free = &clients[i];
    }
}

static void wait_until(int64_t ns)
{
    struct epoll_event events[256];
    int64_t left = ns - clock_mono_ns();
    left = left < 0 ? 0 : left;
    struct timespec limit = {left / 1000000000, left % 1000000000};
    int ready = epoll_pwait2(run.epoll, events, 256, &limit, NULL);
    for (int i = 0; i < ready; i++) {
        if (events[i].data.ptr)
            receive(events[i].data.ptr);
        else
            ear_hear(&run.device, heard, NULL);
    }
}

/* Send what is due, as far as there are connections: what waits for one is late, and counts so. */
static void go(long rate, long seconds)
{
    int64_t begin = clock_mono_ns();
    size_t total = (size_t)(rate * seconds);
    int64_t give_up = begin + seconds * INT64_C(1000000000) + PATIENCE_NS;
    while (run.answered < total || run.alerts + run.bad < total) {
        int64_t next = begin + (int64_t)run.sent * INT64_C(1000000000) / rate;
        if (run.sent < total && run.free && clock_mono_ns() >= next)
            send_one(next);
        else
            wait_until(run.sent < total && run.free ? next : give_up);
        if (clock_mono_ns() >= give_up)
            return;
    }
}

int main(int argc, char **argv)
{
    long rate = load_number(argc, argv, "--rate", 100);
    long seconds = load_number(argc, argv, "--seconds", 5);
    requests_read(load_option(argc, argv, "--request", NULL));
    histogram_init(&run.delays);
    histogram_init(&run.answers);
    if (rate < 1 || seconds < 1 || (size_t)(rate * seconds) > SLOTS / 4)
        load_fail("--rate or --seconds");
    open_all((int)load_number(argc, argv, "--port", 3333),
             load_number(argc, argv, "--connections", 256), load_option(argc, argv, "--token", ""));
    go(rate, seconds);
    printf("{\"orders\":%zu,\"bad\":%zu,\"alerts\":%zu,\"doubles\":%zu,\"p50_us\":%lld,"
           "\"p99_us\":%lld,\"answer_p50_us\":%lld,\"answer_p99_us\":%lld}\n",
           run.answered - run.bad, run.bad, run.alerts, run.doubles,
           (long long)histogram_at(&run.delays, 0.5), (long long)histogram_at(&run.delays, 0.99),
           (long long)histogram_at(&run.answers, 0.5), (long long)histogram_at(&run.answers, 0.99));
    return 0;
}
