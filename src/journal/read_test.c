/* read_test.c - reading back by channels: in order, each once, page by page, against a plain model.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "journal/fixture.h"

#define EVENTS   600
#define CHANNELS 6

static const struct str names[CHANNELS] = {STR("shop:1"),  STR("shop:2"), STR("order:1"),
                                           STR("order:2"), STR("chat:1"), STR("account:1")};

/* Which channels event `seq` is on, as bits; some events are on none. */
static unsigned channels_of(int64_t seq)
{
    uint64_t mix = (uint64_t)seq * UINT64_C(0x9E3779B97F4A7C15);
    return (unsigned)(mix >> 40) & (unsigned)(mix >> 50) & ((1u << CHANNELS) - 1);
}

static void tell_many(struct task *t, struct db *tx)
{
    (void)t;
    for (int64_t seq = 1; seq <= EVENTS; seq++) {
        struct str on[CHANNELS];
        size_t count = 0;
        char key[24];
        for (unsigned i = 0; i < CHANNELS; i++)
            if (channels_of(seq) & (1u << i))
                on[count++] = names[i];
        snprintf(key, sizeof key, "%d", (int)seq);
        tell(tx, "test.read", key, on, count);
    }
}

static int setup(void **state)
{
    journal_setup(state);
    assert_int_equal(task_do(&house, writer, tell_many, 0), UNIT_DONE);
    return 0;
}

/* What a reading visited. */
struct visited {
    size_t count;         /* events */
    int64_t seqs[EVENTS]; /* their seqs, in order */
};

static void visit(void *arg, const struct event *e)
{
    struct visited *v = arg;
    char key[24];
    size_t on = 0;
    snprintf(key, sizeof key, "%d", (int)e->seq);
    assert_true(str_is(e->key, key));
    assert_true(str_is(e->topic, "test.read"));
    assert_true(str_is(e->actor, "service:test"));
    assert_true(str_is(e->payload, "{\"n\":1}"));
    assert_true(id_valid(id_str(&e->id)));
    assert_int_equal(e->at_us, 1000);
    for (unsigned i = 0; i < CHANNELS; i++)
        if (channels_of(e->seq) & (1u << i))
            assert_true(str_eq(e->channels[on++], names[i]));
    assert_int_equal(e->channel_count, on);
    assert_true(v->count < EVENTS);
    v->seqs[v->count++] = e->seq;
}

/* Read page by page and compare with the model; `bits` of 0 means all events. */
static void compare(unsigned bits, int64_t after, int64_t upto, size_t limit)
{
    struct db *db = house_open(&house, DB_READ);
    struct visited v = {0};
    struct str on[CHANNELS];
    size_t count = 0;
    bool more = true;
    for (unsigned i = CHANNELS; i-- > 0;)
        if (bits & (1u << i))
            on[count++] = names[i];
    int64_t from = after;
    while (more) {
        size_t before = v.count;
        int64_t next = journal_read(db, on, count, from, upto, limit, visit, &v, &more);
        assert_true(v.count - before <= limit);
        assert_true(!more || (v.count - before == limit && next == v.seqs[v.count - 1]));
        from = next;
    }
    assert_int_equal(db->status, DB_OK);
    int64_t last = upto < EVENTS ? upto : EVENTS;
    assert_int_equal(from, last > after ? last : after);
    size_t expected = 0;
    for (int64_t seq = after + 1; seq <= last; seq++)
        if (!bits || (channels_of(seq) & bits))
            assert_int_equal(v.seqs[expected++], seq);
    assert_int_equal(v.count, expected);
    db_close(&db);
}

/* Each channel for a time only, one of them twice; page by page against the model. */
static void test_spans(void **state)
{
    const struct journal_span spans[] = {{names[0], 100, 200},
                                         {names[1], 0, INT64_MAX},
                                         {names[0], 150, 250},
                                         {names[2], 300, 300},
                                         {names[3], 590, EVENTS + 5}};
    struct db *db = house_open(&house, DB_READ);
    (void)state;
    for (size_t limit = 1; limit <= EVENTS; limit += 37) {
        struct visited v = {0};
        bool more = true;
        int64_t from = 20;
        while (more)
            from = journal_read_spans(db, spans, ARRAY_LEN(spans), from, INT64_MAX, limit, visit,
                                      &v, &more);
        assert_int_equal(from, EVENTS);
        size_t expected = 0;
        for (int64_t seq = 21; seq <= EVENTS; seq++) {
            unsigned bits = (seq > 100 && seq <= 250 ? 1u : 0u) | 2u | (seq > 590 ? 8u : 0u);
            if (channels_of(seq) & bits)
                assert_int_equal(v.seqs[expected++], seq);
        }
        assert_int_equal(v.count, expected);
    }
    struct visited none = {0};
    bool more = true;
    assert_int_equal(journal_read_spans(db, spans, 0, 0, INT64_MAX, 10, visit, &none, &more),
                     EVENTS);
    assert_false(more);
    assert_int_equal(none.count, 0);
    db_close(&db);
}

static void test_every_set_of_channels(void **state)
{
    (void)state;
    for (unsigned bits = 0; bits < 1u << CHANNELS; bits++)
        compare(bits, 0, EVENTS, 50);
}

static void test_every_size_of_page(void **state)
{
    (void)state;
    const size_t limits[] = {1, 2, 3, 7, 100, EVENTS - 1, EVENTS, EVENTS + 1, JOURNAL_PAGE_MAX};
    for (size_t i = 0; i < ARRAY_LEN(limits); i++) {
        compare(0, 0, EVENTS, limits[i]);
        compare(0x15, 0, EVENTS, limits[i]);
    }
}

static void test_from_and_upto(void **state)
{
    (void)state;
    compare(0x3f, 100, 200, 30);
    compare(0x3f, 200, 200, 30);
    compare(0x3f, 300, 200, 30);
    compare(0, 599, 600, 30);
    compare(0, 0, 1000000, 100);
    compare(0x2, 0, INT64_MAX, 100);
    compare(0, EVENTS, INT64_MAX, 100);
}

static void test_unknown_and_repeated_channels(void **state)
{
    (void)state;
    const struct str on[] = {STR("nobody"), names[0], names[0], STR("")};
    struct db *db = house_open(&house, DB_READ);
    struct visited v = {0};
    bool more;
    assert_int_equal(journal_read(db, on, 1, 0, EVENTS, 100, visit, &v, &more), EVENTS);
    assert_int_equal(v.count, 0);
    journal_read(db, on, 4, 0, EVENTS, EVENTS, visit, &v, &more);
    size_t expected = 0;
    for (int64_t seq = 1; seq <= EVENTS; seq++)
        expected += (channels_of(seq) & 1) != 0;
    assert_int_equal(v.count, expected);
    assert_false(more);
    db_close(&db);
}

static void test_erased_events_are_passed(void **state)
{
    (void)state;
    house_script(&house, "DELETE FROM journal_events WHERE seq <= 300");
    struct db *db = house_open(&house, DB_READ);
    struct visited v = {0};
    bool more = true;
    int64_t from = 0;
    for (int pages = 0; more; pages++) {
        assert_true(pages < EVENTS);
        from = journal_read(db, names, CHANNELS, from, EVENTS, 10, visit, &v, &more);
    }
    assert_int_equal(from, EVENTS);
    assert_true(v.count > 0 && v.seqs[0] > 300);
    db_close(&db);
}

static void test_failure_moves_nothing(void **state)
{
    (void)state;
    struct db *db = house_open(&house, DB_READ);
    struct visited v = {0};
    bool more;
    db_fail(db, "on purpose");
    assert_int_equal(journal_read(db, NULL, 0, 5, EVENTS, 10, visit, &v, &more), 5);
    assert_false(more);
    assert_int_equal(v.count, 0);
    db_close(&db);
}

static void test_snapshot_head(void **state)
{
    (void)state;
    struct db *db = house_open(&house, DB_READ);
    db_begin(db);
    assert_int_equal(task_do(&house, writer, tell_one, 1), UNIT_DONE);
    assert_int_equal(journal_snapshot_head(db), EVENTS);
    db_rollback(db);
    assert_int_equal(journal_snapshot_head(db), EVENTS + 1);
    db_close(&db);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, journal_teardown)
    const struct CMUnitTest tests[] = {
        T(test_every_set_of_channels),
        T(test_every_size_of_page),
        T(test_spans),
        T(test_from_and_upto),
        T(test_unknown_and_repeated_channels),
        T(test_erased_events_are_passed),
        T(test_failure_moves_nothing),
        T(test_snapshot_head),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
