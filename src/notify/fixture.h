/* fixture.h - for tests only: notify's tables on a real database behind the real writer, events
 * that are told in the journal and reacted to. Include after cmocka's headers. */
#ifndef PESAN_NOTIFY_FIXTURE_H
#define PESAN_NOTIFY_FIXTURE_H

#include "app/topic.h"
#include "base/clock.h"
#include "journal/fixture.h"
#include "notify/inbox.h"
#include "notify/reactions.h"
#include "notify/receipt.h"
#include "notify/ring.h"
#include "notify/tables.h"

#define SHOP  "0190a0a0-0000-7000-8000-00000000000b"
#define SHOP2 "0190a0a0-0000-7000-8000-00000000000c"
#define ANN   "0190a0a0-0000-7000-8000-0000000000aa"
#define BOB   "0190a0a0-0000-7000-8000-0000000000bb"
#define T0    INT64_C(1800000000000000) /* when things begin to happen here */

static struct arena *arena; /* of the test; the writer's while a unit is away */

/* What a unit is given. Belongs to the writer while it is away. */
static struct {
    const char *topic;      /* of an event to tell */
    const char *payload;    /* of it */
    const char *key;        /* of it */
    struct str channels[4]; /* of it */
    size_t channel_count;   /* of those */
    int64_t now_us;         /* of it */
    int64_t reacted;        /* to all up to here */
} step;

static inline int desk_setup(void **state)
{
    const struct migrations mine = {
        .service = "notify", .steps = notify_steps, .count = NOTIFY_STEPS};
    (void)state;
    memset(&step, 0, sizeof step);
    step.now_us = T0;
    house_init(&house);
    journal_open_with(&mine, 1);
    arena = arena_new(1 << 22);
    return 0;
}

static inline int desk_teardown(void **state)
{
    (void)state;
    journal_shut();
    house_fini(&house);
    arena_free(&arena);
    return 0;
}

/* Run one unit and wait for it; it must succeed. */
static inline void desk_do(void (*work)(struct task *t, struct db *tx), int64_t number)
{
    assert_int_equal(task_do(&house, writer, work, number), UNIT_DONE);
}

/* A snapshot to look into. */
static inline struct db *look_begin(void)
{
    struct db *db = house_open(&house, DB_READ);
    db_begin(db);
    return db;
}

static inline void look_end(struct db *db)
{
    assert_int_equal(db->status, DB_OK);
    db_rollback(db);
    db_close(&db);
}

static inline int64_t head_now(void)
{
    return house_number(&house, "SELECT MAX(seq) FROM journal_events");
}

static inline void do_tell(struct task *t, struct db *tx)
{
    (void)t;
    journal_append(tx, &(struct event_draft){.topic = step.topic,
                                             .key = str_of(step.key),
                                             .actor = STR("account:somebody"),
                                             .at_us = step.now_us,
                                             .payload = str_of(step.payload),
                                             .channels = step.channels,
                                             .channel_count = step.channel_count});
}

/* Told, and not yet reacted to; returns its seq. */
static inline int64_t tell_event(const char *topic, const char *payload)
{
    step.topic = topic;
    step.payload = payload;
    desk_do(do_tell, 0);
    return head_now();
}

static inline void react_one(void *arg, const struct event *e)
{
    for (size_t i = 0; i < NOTIFY_REACTIONS; i++) {
        const struct reaction *r = &notify_reactions[i];
        if (str_is(e->topic, r->topic) && (!r->concerns || r->concerns(e)))
            r->react(arg, e);
    }
}

static inline void do_react(struct task *t, struct db *tx)
{
    bool more;
    (void)t;
    (void)journal_read(tx, NULL, 0, step.reacted, INT64_MAX, 1000, react_one, tx, &more);
}

/* What a follower does: react to all that was told. */
static inline void catch_up(void)
{
    desk_do(do_react, 0);
    step.reacted = head_now();
}

static inline void on_channels(const char *one, const char *two)
{
    step.channels[0] = str_of(one);
    step.channels[1] = str_of(two);
    step.channel_count = two ? 2 : 1;
}

/* Events of the n-th order are on these channels. */
static inline void on_order(const char *id)
{
    step.key = id;
    on_channels("shop:" SHOP, "account:" ANN);
    step.channels[step.channel_count++] = str_of(arena_printf(arena, "order:%s", id));
}

/* Told and reacted to, a second later than what was before. */
static inline int64_t happens(const char *topic, const char *payload)
{
    int64_t seq = tell_event(topic, payload);
    catch_up();
    step.now_us += US_PER_S;
    return seq;
}

static inline const char *id_of(int n)
{
    return arena_printf(arena, "0190a0a0-0000-7000-8000-%012d", n);
}

/* The n-th order, Ann's at SHOP. */
static inline const char *order_payload(int n, const char *more)
{
    return arena_printf(arena,
                        "{\"order_id\":\"%s\",\"number\":\"A%d\",\"shop_id\":\"" SHOP
                        "\",\"account_id\":\"" ANN "\"%s}",
                        id_of(n), n, more);
}

static inline int64_t order_says(int n, const char *topic, const char *more)
{
    on_order(id_of(n));
    return happens(topic, order_payload(n, more));
}

static inline int64_t place(int n)
{
    return order_says(n, TOPIC_ORDER_PLACED, ",\"status\":\"received\"");
}

static inline int64_t staff_says(const char *topic, const char *account, const char *role)
{
    step.key = SHOP;
    on_channels("people", arena_printf(arena, "account:%s", account));
    return happens(topic, arena_printf(arena,
                                       "{\"shop_id\":\"" SHOP "\",\"account_id\":\"%s\",\"role\":"
                                       "\"%s\"}",
                                       account, role));
}

/* Who asks. */
static const struct grant barista_at_shop = {{SHOP, sizeof(SHOP) - 1}, ROLE_BARISTA};
static const struct grant courier_at_shop = {{SHOP, sizeof(SHOP) - 1}, ROLE_COURIER};

static inline struct caller ann(void)
{
    return (struct caller){.role = ROLE_CUSTOMER,
                           .id = STR(ANN),
                           .session = STR("0190a0a0-0000-7000-8000-000000a11111")};
}

static inline struct caller bob(const struct grant *grant)
{
    return (struct caller){.role = grant->role,
                           .id = STR(BOB),
                           .session = STR("0190a0a0-0000-7000-8000-000000b22222"),
                           .grants = grant,
                           .grant_count = 1};
}

static inline int64_t unread_of(const struct caller *c, int64_t floor)
{
    struct boxes b = inbox_boxes(c, arena);
    struct db *db = look_begin();
    int64_t unread = inbox_unread(db, &b, floor);
    look_end(db);
    return unread;
}

#endif
