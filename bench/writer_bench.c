/* writer_bench.c - how many orders a second the writer makes durable. Built and run by hand:
 *
 *   meson setup /tmp/bench && ninja -C /tmp/bench bench/writer_bench
 *   /tmp/bench/bench/writer_bench FOLDER [in flight] [seconds] [threads]
 *
 * Each unit inserts an order, its lines and an idempotency key, and appends an event with three
 * channels; as soon as one came home its thread sends the next. So `in flight` bounds the batch. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "base/metrics.h"
#include "db/migrate.h"
#include "journal/journal.h"

#define LINES 2
#define SHOPS 50

static struct writer *writer;
static _Atomic bool ending;

/* One order on its way, again and again. */
struct order {
    struct unit unit;       /* the writer's */
    struct sender *sender;  /* who sends it */
    struct id id;           /* the order's */
    struct id lines[LINES]; /* a product for each line */
    struct id key;          /* Idempotency-Key */
    char shop[24];          /* one of a few */
    char account[48];       /* one of many */
    int64_t at_us;          /* when it was placed */
    int64_t sent_ns;        /* when it was submitted */
};

/* A thread with orders in flight. */
struct sender {
    pthread_t thread;     /* runs sender_main() */
    struct loop *loop;    /* where orders come home */
    struct order *orders; /* all of them */
    int count;            /* orders */
    int away;             /* orders in flight now */
    int64_t done;         /* how often one came home */
    int64_t times[64];    /* how long that took, by power of two of microseconds */
};

static const char *const steps[] = {
    "CREATE TABLE orders (id {key} PRIMARY KEY, shop {key} NOT NULL, account {key} NOT NULL,"
    " state {key} NOT NULL, amount {int} NOT NULL, currency {key} NOT NULL, at {int} NOT NULL,"
    " note {text}) {table_clustered};"
    "CREATE TABLE order_lines (order_id {key} NOT NULL, line {int} NOT NULL, product {key} NOT "
    "NULL,"
    " name {text} NOT NULL, price {int} NOT NULL, qty {int} NOT NULL, PRIMARY KEY (order_id, line))"
    " {table_clustered};"
    "CREATE TABLE idempotency (caller {key} NOT NULL, idem {key} NOT NULL, hash {key} NOT NULL,"
    " answer {text} NOT NULL, PRIMARY KEY (caller, idem)) {table_clustered};",
};

static void insert_order(const struct order *o, struct db *tx)
{
    db_exec(tx,
            "INSERT INTO orders (id, shop, account, state, amount, currency, at, note)"
            " VALUES (?, ?, ?, 'received', ?, 'IDR', ?, NULL)",
            DB_ID(&o->id), DB_CSTR(o->shop), DB_CSTR(o->account), DB_INT(1400000),
            DB_INT(o->at_us));
    for (int i = 0; i < LINES; i++)
        db_exec(tx,
                "INSERT INTO order_lines (order_id, line, product, name, price, qty)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                DB_ID(&o->id), DB_INT(i), DB_ID(&o->lines[i]), DB_CSTR("Cola"), DB_INT(700000),
                DB_INT(1));
    db_exec(tx, "INSERT INTO idempotency (caller, idem, hash, answer) VALUES (?, ?, ?, ?)",
            DB_CSTR(o->account), DB_ID(&o->key), DB_CSTR("0123456789abcdef0123456789abcdef"),
            DB_CSTR("{\"order_id\":\"0190b7a2-0000-7000-8000-000000000000\",\"amount\":14000}"));
}

static void run(struct unit *u, struct db *tx)
{
    struct order *o = CONTAINER_OF(u, struct order, unit);
    char shop[40], account[64], order[64];
    snprintf(shop, sizeof shop, "shop:%s", o->shop);
    snprintf(account, sizeof account, "account:%s", o->account);
    snprintf(order, sizeof order, "order:%s", o->id.text);
    const struct str channels[] = {str_of(shop), str_of(account), str_of(order)};
    insert_order(o, tx);
    journal_append(tx,
                   &(struct event_draft){
                       .topic = "order.placed",
                       .key = id_str(&o->id),
                       .actor = str_of(account),
                       .at_us = o->at_us,
                       .payload = STR("{\"amount\":14000,\"currency\":\"IDR\",\"items\":[{\"name\":"
                                      "\"Cola\",\"qty\":1,\"price\":7000},{\"name\":\"Cola\","
                                      "\"qty\":1,\"price\":7000}]}"),
                       .channels = channels,
                       .channel_count = ARRAY_LEN(channels),
                   });
}

static void send(struct order *o)
{
    o->id = id_new();
    o->key = id_new();
    for (int i = 0; i < LINES; i++)
        o->lines[i] = id_new();
    snprintf(o->shop, sizeof o->shop, "shop-%ld", random() % SHOPS);
    snprintf(o->account, sizeof o->account, "account-%06ld", random() % 100000);
    o->at_us = clock_utc_us();
    o->sent_ns = clock_mono_ns();
    o->sender->away++;
    writer_submit(writer, &o->unit);
}

static void done(struct unit *u)
{
    struct order *o = CONTAINER_OF(u, struct order, unit);
    struct sender *s = o->sender;
    CHECK(u->fate == UNIT_DONE);
    uint64_t us = (uint64_t)(clock_mono_ns() - o->sent_ns) / 1000;
    s->times[us ? 63 - __builtin_clzll(us) : 0]++;
    s->done++;
    s->away--;
    if (!atomic_load_explicit(&ending, memory_order_relaxed))
        send(o);
    else if (s->away == 0)
        loop_stop(s->loop);
}

static void *sender_main(void *arg)
{
    struct sender *s = arg;
    for (int i = 0; i < s->count; i++) {
        struct order *o = &s->orders[i];
        o->sender = s;
        o->unit.home = s->loop;
        o->unit.run = run;
        o->unit.done = done;
        send(o);
    }
    loop_run(s->loop);
    return NULL;
}

static struct journal *open_house(const char *url)
{
    const struct migrations all[] = {journal_migrations, {"bench", steps, ARRAY_LEN(steps)}};
    struct writer_hooks hooks;
    char text[200];
    const char *why = NULL;
    struct db *db = db_open(url, DB_WRITE, &why);
    if (!db)
        die("%s", why);
    if (!db_migrate(db, all, ARRAY_LEN(all), text, sizeof text))
        die("%s", text);
    struct journal *j = journal_new(&hooks);
    journal_load(j, db);
    db_close(&db);
    writer = writer_start(url, &hooks, &why);
    if (!writer)
        die("%s", why);
    return j;
}

static void report(struct sender *senders, int threads, double seconds)
{
    int64_t times[64] = {0};
    int64_t all = 0;
    int64_t passed = 0;
    struct rusage usage;
    for (int i = 0; i < threads; i++) {
        all += senders[i].done;
        for (int k = 0; k < 64; k++)
            times[k] += senders[i].times[k];
    }
    getrusage(RUSAGE_SELF, &usage);
    printf("%.0f units/s, %.1f units a batch, %ld MB resident at most, cpu %.2f s user %.2f s "
           "system\n",
           (double)all / seconds, (double)all / (double)metric_get(METRIC_BATCHES),
           usage.ru_maxrss / 1024,
           (double)usage.ru_utime.tv_sec + (double)usage.ru_utime.tv_usec / 1e6,
           (double)usage.ru_stime.tv_sec + (double)usage.ru_stime.tv_usec / 1e6);
    for (int k = 0; k < 64; k++) {
        passed += times[k];
        if (times[k])
            printf("  < %8llu us: %6.2f %%\n", 2ull << k, 100.0 * (double)passed / (double)all);
    }
}

int main(int argc, char **argv)
{
    int in_flight = argc > 2 ? atoi(argv[2]) : 64;
    int seconds = argc > 3 ? atoi(argv[3]) : 5;
    int threads = argc > 4 ? atoi(argv[4]) : 2;
    char url[300];
    if (argc < 2 || in_flight < threads || threads < 1)
        die("usage: writer_bench FOLDER [in flight] [seconds] [threads]");
    snprintf(url, sizeof url, "sqlite:%s/bench.db", argv[1]);
    struct journal *j = open_house(url);
    struct sender *senders = mem_alloc((size_t)threads * sizeof *senders);
    int64_t begun = clock_mono_ns();
    for (int i = 0; i < threads; i++) {
        struct sender *s = &senders[i];
        s->count = in_flight / threads;
        s->orders = mem_alloc((size_t)s->count * sizeof *s->orders);
        s->loop = loop_new();
        CHECK(pthread_create(&s->thread, NULL, sender_main, s) == 0);
    }
    struct timespec nap = {.tv_sec = seconds};
    nanosleep(&nap, NULL);
    atomic_store(&ending, true);
    for (int i = 0; i < threads; i++)
        pthread_join(senders[i].thread, NULL);
    report(senders, threads, (double)(clock_mono_ns() - begun) / 1e9);
    writer_stop(&writer);
    journal_free(&j);
    return 0;
}
