/* fixture.h - for tests only: the trade services on a real database behind the real writer, filled
 * with the demo. Include after cmocka's headers. */
#ifndef PESAN_ACCOUNT_FIXTURE_H
#define PESAN_ACCOUNT_FIXTURE_H

#include <stdatomic.h>

#include "app/service.h"
#include "db/fixture.h"
#include "db/migrate.h"
#include "journal/journal.h"

#define TRADE_SERVICES_MAX 8
#define TRADE_NOW          INT64_C(1800000000000000) /* when the tests take place, UTC */

static struct house house;
static struct journal *journal;
static struct writer *writer;
static struct followers *followers;

static inline void trade_migrate(struct db *db, const struct service *const *services, size_t count)
{
    struct migrations all[TRADE_SERVICES_MAX + 2] = {journal_migrations, deadline_migrations};
    char why[200];
    assert_true(count <= TRADE_SERVICES_MAX);
    for (size_t i = 0; i < count; i++)
        all[i + 2] = services[i]->migrations;
    if (!db_migrate(db, all, count + 2, why, sizeof why))
        fail_msg("%s", why);
}

/* Whose demos trade_init() runs. */
static const struct service *const *trade_services;
static size_t trade_service_count;

/* As opening.c does: in a unit of the writer, for a demo tells what it fills in. */
static inline void trade_demo(struct task *t, struct db *tx)
{
    (void)t;
    for (size_t i = 0; i < trade_service_count; i++)
        if (trade_services[i]->demo)
            trade_services[i]->demo(tx, TRADE_NOW);
}

/* Open a house with these services, those below first; those with reactions follow the journal. */
static inline void trade_init(const struct service *const *services, size_t count)
{
    static struct follower follow[TRADE_SERVICES_MAX];
    struct writer_hooks hooks;
    size_t following = 0;
    house_init(&house);
    struct db *db = house_open(&house, DB_WRITE);
    trade_migrate(db, services, count);
    journal = journal_new(&hooks);
    journal_load(journal, db);
    db_close(&db);
    writer = house_writer(&house, &hooks);
    trade_services = services;
    trade_service_count = count;
    assert_int_equal(task_do(&house, writer, trade_demo, 0), UNIT_DONE);
    for (size_t i = 0; i < count; i++)
        if (services[i]->reaction_count)
            follow[following++] = (struct follower){services[i]->name, services[i]->reactions,
                                                    services[i]->reaction_count};
    followers = followers_start(journal, writer, follow, following);
}

static inline void trade_fini(void)
{
    followers_stop(followers);
    writer_stop(&writer);
    followers_free(&followers);
    journal_free(&journal);
    house_fini(&house);
}

/* Run one unit and wait for it; it must succeed. */
static inline void trade_do(void (*work)(struct task *t, struct db *tx))
{
    assert_int_equal(task_do(&house, writer, work, 0), UNIT_DONE);
}

/* Work that fails after it wrote, so that its whole batch is run again. */
static inline void trade_fail(struct task *t, struct db *tx)
{
    (void)t;
    db_exec(tx, "UPDATE shops SET name = 'broken'");
    db_exec(tx, "INSERT INTO no_such_table VALUES (1)");
}

/* The gate behind which the writer waits: 1 somebody stands there, 2 it is open. */
static atomic_int trade_gate;

static inline void trade_hold(struct task *t, struct db *tx)
{
    (void)t;
    (void)tx;
    int stands = 0;
    atomic_compare_exchange_strong(&trade_gate, &stands, 1);
    while (atomic_load(&trade_gate) != 2)
        usleep(200);
}

/* Run a unit in one batch with a failing neighbour: it runs twice and takes effect once. */
static inline void trade_do_twice(void (*work)(struct task *t, struct db *tx))
{
    struct task hold, good, bad;
    atomic_store(&trade_gate, 0);
    task_send(&house, writer, &hold, trade_hold, 0);
    while (atomic_load(&trade_gate) != 1)
        usleep(200);
    task_send(&house, writer, &good, work, 0);
    task_send(&house, writer, &bad, trade_fail, 0);
    atomic_store(&trade_gate, 2);
    house_wait(&house);
    assert_int_equal(good.unit.fate, UNIT_DONE);
    assert_int_equal(bad.unit.fate, UNIT_FAILED);
    assert_int_equal(good.runs, 2);
}

/* Wait until a service has reacted to all that was committed before. */
static inline void trade_settle(const char *service)
{
    int64_t head = journal_head(journal);
    for (int i = 0; i < 10000 && followers_cursor(followers, service) < head; i++)
        usleep(1000);
    assert_true(followers_cursor(followers, service) >= head);
}

/* The events of one topic so far, and the payload of the last one. */
struct trade_events {
    const char *topic;  /* which */
    int count;          /* how many */
    char payload[8192]; /* of the last */
    char channels[512]; /* of the last, each with a blank behind it */
};

static inline void trade_count(void *arg, const struct event *e)
{
    struct trade_events *t = arg;
    if (!str_is(e->topic, t->topic))
        return;
    t->count++;
    assert_true(e->payload.len < sizeof t->payload);
    snprintf(t->payload, sizeof t->payload, "%.*s", STR_ARG(e->payload));
    t->channels[0] = '\0';
    for (size_t i = 0; i < e->channel_count; i++) {
        size_t len = strlen(t->channels);
        snprintf(t->channels + len, sizeof t->channels - len, "%.*s ", STR_ARG(e->channels[i]));
    }
}

static inline struct trade_events trade_events(const char *topic)
{
    struct trade_events t = {.topic = topic};
    struct db *db = house_open(&house, DB_READ);
    db_begin(db);
    bool more = true;
    for (int64_t after = 0; more;)
        after = journal_read(db, NULL, 0, after, journal_snapshot_head(db), 100, trade_count, &t,
                             &more);
    db_rollback(db);
    db_close(&db);
    return t;
}

/* Does the payload of the last event hold this text? */
static inline void trade_assert_told(const struct trade_events *t, const char *text)
{
    if (!strstr(t->payload, text))
        fail_msg("%s: no %s in %s", t->topic, text, t->payload);
}

#endif
