/* fixture.h - for tests only: a house with a journal, and units that append to it. Include after
 * cmocka's headers. */
#ifndef PESAN_JOURNAL_FIXTURE_H
#define PESAN_JOURNAL_FIXTURE_H

#include "db/fixture.h"
#include "db/migrate.h"
#include "journal/deadline.h"
#include "journal/journal.h"

static struct house house;
static struct journal *journal;
static struct writer *writer;

#define JOURNAL_MORE_MAX 4

/* The folder stands; open the database as the program does at its start, with these tables beside
 * the journal's own. */
static inline void journal_open_with(const struct migrations *more, size_t count)
{
    struct migrations all[2 + JOURNAL_MORE_MAX] = {journal_migrations, deadline_migrations};
    struct writer_hooks hooks;
    char why[200];
    assert_true(count <= JOURNAL_MORE_MAX);
    for (size_t i = 0; i < count; i++)
        all[2 + i] = more[i];
    struct db *db = house_open(&house, DB_WRITE);
    if (!db_migrate(db, all, 2 + count, why, sizeof why))
        fail_msg("%s", why);
    journal = journal_new(&hooks);
    journal_load(journal, db);
    assert_int_equal(db->status, DB_OK);
    db_close(&db);
    writer = house_writer(&house, &hooks);
}

static inline void journal_open(void)
{
    journal_open_with(NULL, 0);
}

static inline void journal_shut(void)
{
    writer_stop(&writer);
    journal_free(&journal);
}

static inline int journal_setup(void **state)
{
    (void)state;
    house_init(&house);
    house_script(&house, "CREATE TABLE seen (who {key} NOT NULL, seq {int} NOT NULL) {table}");
    journal_open();
    return 0;
}

static inline int journal_teardown(void **state)
{
    (void)state;
    journal_shut();
    house_fini(&house);
    return 0;
}

/* Append an event with some topic, key and channels. */
static inline void tell(struct db *tx, const char *topic, const char *key,
                        const struct str *channels, size_t count)
{
    journal_append(tx, &(struct event_draft){.topic = topic,
                                             .key = str_of(key),
                                             .actor = STR("service:test"),
                                             .at_us = 1000,
                                             .payload = STR("{\"n\":1}"),
                                             .channels = channels,
                                             .channel_count = count});
}

/* Work for a task: one event of "test.told" on the channel "all". */
static inline void tell_one(struct task *t, struct db *tx)
{
    char key[24];
    snprintf(key, sizeof key, "%lld", (long long)t->number);
    tell(tx, "test.told", key, &STR("all"), 1);
}

static inline void idle(struct task *t, struct db *tx)
{
    (void)t;
    (void)tx;
}

#endif
