/* fixture.h - for tests only: delivery's tables on a real database behind the real writer, and
 * events to react to. Include after cmocka's headers. */
#ifndef PESAN_DELIVERY_FIXTURE_H
#define PESAN_DELIVERY_FIXTURE_H

#include "app/topic.h"
#include "base/clock.h"
#include "delivery/delivery.h"
#include "delivery/reactions.h"
#include "journal/fixture.h"

#define SHOP  "0190a0a0-0000-7000-8000-00000000000b"
#define SHOP2 "0190a0a0-0000-7000-8000-00000000000c"
#define ORDER "0190a0a0-0000-7000-8000-0000000000a1"
#define T0    INT64_C(1800000000000000) /* when things begin to happen here */

static struct arena *arena; /* of the test; the writer's while a unit is away */

/* What a unit is given and what it left. Belongs to the writer while it is away. */
static struct {
    const char *topic;   /* of an event to react to */
    const char *payload; /* of it */
    const char *actor;   /* of it */
    int64_t at_us;       /* of it */
    struct delivery d;   /* left: the order ORDER */
    bool known;          /* left: is there one? */
} step;

static inline int kitchen_setup(void **state)
{
    const struct migrations mine = {
        .service = "delivery", .steps = delivery_steps, .count = DELIVERY_STEPS};
    (void)state;
    memset(&step, 0, sizeof step);
    step.at_us = T0;
    step.actor = "account:somebody";
    house_init(&house);
    journal_open_with(&mine, 1);
    arena = arena_new(1 << 22);
    return 0;
}

static inline int kitchen_teardown(void **state)
{
    (void)state;
    journal_shut();
    house_fini(&house);
    arena_free(&arena);
    return 0;
}

/* Run one unit and wait for it; it must succeed. */
static inline void kitchen_do(void (*work)(struct task *t, struct db *tx))
{
    assert_int_equal(task_do(&house, writer, work, 0), UNIT_DONE);
}

static inline void kitchen_react(struct task *t, struct db *tx)
{
    struct event e = {.topic = str_of(step.topic),
                      .key = STR(ORDER),
                      .at_us = step.at_us,
                      .actor = str_of(step.actor),
                      .payload = str_of(step.payload)};
    (void)t;
    for (size_t i = 0; i < DELIVERY_REACTIONS; i++) {
        const struct reaction *r = &delivery_reactions[i];
        if (strcmp(r->topic, step.topic) == 0 && (!r->concerns || r->concerns(&e)))
            r->react(tx, &e);
    }
}

/* An event, a second after the one before. */
static inline void happens(const char *topic, const char *payload)
{
    step.topic = topic;
    step.payload = payload;
    kitchen_do(kitchen_react);
    step.at_us += 1000000;
}

static inline const char *order_payload(const char *id, const char *shop, const char *status)
{
    return arena_printf(
        arena,
        "{\"order_id\":\"%s\",\"number\":\"A17\",\"shop_id\":\"%s\",\"account_id\":\"acc-1\","
        "\"username\":\"USER0001\",\"via\":\"api\",\"pay\":\"counter\",\"status\":\"%s\","
        "\"total\":2500000,\"currency\":\"IDR\",\"language\":\"ko\",\"items\":[{\"product_id\":"
        "\"p-1\",\"name\":\"Kopi \\\"susu\\\"\",\"qty\":2,\"price\":1250000,\"options\":[\"large\","
        "\"less ice\"]},{\"name\":\"x\",\"qty\":1,\"price\":0}]}",
        id, shop, status);
}

static inline const char *kiosk_payload(const char *status)
{
    return arena_printf(arena,
                        "{\"order_id\":\"" ORDER "\",\"number\":\"K01\",\"shop_id\":\"" SHOP "\","
                        "\"kiosk_id\":\"KIOSK1\",\"via\":\"kiosk\",\"pay\":\"qris\",\"status\":"
                        "\"%s\",\"total\":700000,\"currency\":\"IDR\",\"language\":\"id\","
                        "\"items\":[{\"name\":\"Cola\",\"qty\":1,\"price\":700000}]}",
                        status);
}

/* What order and kiosk tell of ORDER beyond its placing. */
static inline const char *word_of(const char *status, const char *more)
{
    return arena_printf(arena,
                        "{\"order_id\":\"" ORDER "\",\"number\":\"A17\",\"shop_id\":\"" SHOP "\","
                        "\"account_id\":\"acc-1\",\"status\":\"%s\"%s,\"by\":\"account:somebody\"}",
                        status, more);
}

static inline void do_look(struct task *t, struct db *tx)
{
    (void)t;
    step.known = delivery_find(tx, STR(ORDER), arena, &step.d);
}

static inline enum order_state state_now(void)
{
    kitchen_do(do_look);
    assert_true(step.known);
    return step.d.state;
}

/* All events so far as "topic{payload}" lines, oldest first. */
static inline void kitchen_add(void *arg, const struct event *e)
{
    struct buf *out = arg;
    buf_add_str(out, e->topic);
    buf_add_str(out, e->payload);
    buf_add_char(out, '\n');
}

static inline const char *kitchen_events(void)
{
    struct buf out = buf_in(arena);
    struct db *db = house_open(&house, DB_READ);
    bool more = true;
    db_begin(db);
    for (int64_t after = 0; more;)
        after = journal_read(db, NULL, 0, after, journal_snapshot_head(db), 100, kitchen_add, &out,
                             &more);
    db_rollback(db);
    db_close(&db);
    return buf_cstr(&out);
}

/* How often `needle` stands in all events. */
static inline int told(const char *needle)
{
    int count = 0;
    for (const char *at = kitchen_events(); (at = strstr(at, needle)); at++)
        count++;
    return count;
}

#endif
