/* fixture.h - for tests only: the payment and sandbox services' tables on a real database behind
 * the real writer. Include after cmocka's headers. */
#ifndef PESAN_PAYMENT_FIXTURE_H
#define PESAN_PAYMENT_FIXTURE_H

#include "app/topic.h"
#include "base/clock.h"
#include "journal/fixture.h"
#include "payment/payment_service.h"
#include "payment/sandbox_service.h"

static struct arena *arena; /* of the test; the writer's while a unit is away */

static inline int till_setup(void **state)
{
    const struct migrations mine[] = {payment_service.migrations, sandbox_service.migrations};
    (void)state;
    house_init(&house);
    journal_open_with(mine, ARRAY_LEN(mine));
    arena = arena_new(1 << 22);
    return 0;
}

static inline int till_teardown(void **state)
{
    (void)state;
    journal_shut();
    house_fini(&house);
    arena_free(&arena);
    return 0;
}

/* Run one unit and wait for it; it must succeed. */
static inline void till_do(void (*work)(struct task *t, struct db *tx))
{
    assert_int_equal(task_do(&house, writer, work, 0), UNIT_DONE);
}

/* All events so far as "topic{payload}" lines. */
static inline void till_add(void *arg, const struct event *e)
{
    struct buf *out = arg;
    buf_add_str(out, e->topic);
    buf_add_str(out, e->payload);
    buf_add_char(out, '\n');
}

static inline const char *till_events(void)
{
    struct buf out = buf_in(arena);
    struct db *db = house_open(&house, DB_READ);
    bool more = true;
    db_begin(db);
    for (int64_t after = 0; more;)
        after =
            journal_read(db, NULL, 0, after, journal_snapshot_head(db), 100, till_add, &out, &more);
    db_rollback(db);
    db_close(&db);
    return buf_cstr(&out);
}

/* How often `needle` stands in all events. */
static inline int till_told(const char *needle)
{
    int count = 0;
    for (const char *at = till_events(); (at = strstr(at, needle)); at++)
        count++;
    return count;
}

#endif
