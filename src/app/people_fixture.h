/* people_fixture.h - for tests only: people behind a journal in a house of its own, and events
 * about them. Include after cmocka's headers. */
#ifndef PESAN_APP_PEOPLE_FIXTURE_H
#define PESAN_APP_PEOPLE_FIXTURE_H

#include "app/people_inside.h"
#include "base/clock.h"
#include "journal/fixture.h"

static struct people *people;
static struct arena *arena;

static inline int people_setup(void **state)
{
    journal_setup(state);
    house_script(&house, PEOPLE_TABLES PEOPLE_SPANS);
    struct db *db = house_open(&house, DB_WRITE);
    people = people_new(journal, db);
    assert_int_equal(db->status, DB_OK);
    db_close(&db);
    arena = arena_new(1 << 20);
    return 0;
}

static inline int people_teardown(void **state)
{
    (void)state;
    arena_free(&arena);
    writer_stop(&writer);
    people_free(&people);
    journal_free(&journal);
    house_fini(&house);
    return 0;
}

/* ---- Telling ---- */

static const char *next_topic;
static const char *next_payload;

static inline void append_next(struct task *t, struct db *tx)
{
    (void)t;
    const struct str channel = PEOPLE_CHANNEL;
    journal_append(tx, &(struct event_draft){.topic = next_topic,
                                             .key = STR("key"),
                                             .actor = STR("service:test"),
                                             .at_us = 1000,
                                             .payload = str_of(next_payload),
                                             .channels = &channel,
                                             .channel_count = 1});
}

static inline void tell_people(const char *topic, const char *payload)
{
    next_topic = topic;
    next_payload = payload;
    assert_int_equal(task_do(&house, writer, append_next, 0), UNIT_DONE);
}

static inline void hire(const char *account, const char *shop, const char *role)
{
    char payload[200];
    snprintf(payload, sizeof payload, "{\"account_id\":\"%s\",\"shop_id\":\"%s\",\"role\":\"%s\"}",
             account, shop, role);
    tell_people("shop.staff_added", payload);
}

static inline void dismiss(const char *account, const char *shop)
{
    char payload[200];
    snprintf(payload, sizeof payload, "{\"account_id\":\"%s\",\"shop_id\":\"%s\"}", account, shop);
    tell_people("shop.staff_removed", payload);
}

static inline void account_is(const char *topic, const char *account, const char *role)
{
    char payload[200];
    snprintf(payload, sizeof payload,
             "{\"account_id\":\"%s\",\"username\":\"name of %s\",\"role\":\"%s\"}", account,
             account, role);
    tell_people(topic, payload);
}

static inline void end_session(const char *session, int64_t until_us)
{
    char payload[200];
    char until[CLOCK_TEXT_MAX];
    clock_iso(until_us, until);
    snprintf(payload, sizeof payload,
             "{\"session_id\":\"%s\",\"account_id\":\"a\",\"until\":\"%s\"}", session, until);
    tell_people("session.ended", payload);
}

static inline int64_t in_an_hour(void)
{
    return clock_utc_us() + 3600 * US_PER_S;
}

#endif
