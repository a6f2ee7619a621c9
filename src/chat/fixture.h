/* fixture.h - for tests only: chat's tables on a real database behind the real writer. Include
 * after cmocka's headers. */
#ifndef PESAN_CHAT_FIXTURE_H
#define PESAN_CHAT_FIXTURE_H

#include "app/topic.h"
#include "base/clock.h"
#include "chat/member.h"
#include "chat/message.h"
#include "chat/tables.h"
#include "journal/fixture.h"

#define ANN   "0190a0a0-0000-7000-8000-0000000000aa"
#define BOB   "0190a0a0-0000-7000-8000-0000000000bb"
#define CY    "0190a0a0-0000-7000-8000-0000000000cc"
#define SHOP  "0190a0a0-0000-7000-8000-00000000000b"
#define ORDER "0190a0a0-0000-7000-8000-0000000000a1"
#define URI   "0123456789abcde"
#define T0    INT64_C(1800000000000000) /* when things begin to happen here */

static const struct room_person ann = {{ANN, 36}, {"ann", 3}};
static const struct room_person bob = {{BOB, 36}, {"bob", 3}};
static const struct room_person cy = {{CY, 36}, {"cy", 2}};

static struct arena *arena; /* of the test; the writer's while a unit is away */

/* A piece of work on the writer, and the connection it is given. */
static void (*work_now)(struct db *tx);

static inline void do_work(struct task *t, struct db *tx)
{
    (void)t;
    work_now(tx);
}

/* Run it as one unit, which must succeed. */
static inline void write_it(void (*work)(struct db *tx))
{
    work_now = work;
    assert_int_equal(task_do(&house, writer, do_work, 0), UNIT_DONE);
}

/* Look at it in a snapshot. */
static inline void read_it(void (*work)(struct db *db))
{
    struct db *db = house_open(&house, DB_READ);
    db_begin(db);
    work(db);
    assert_int_equal(db->status, DB_OK);
    db_rollback(db);
    db_close(&db);
}

static inline struct room some_room(enum room_kind kind)
{
    struct room room = {.uri = STR(URI), .kind = kind, .created_us = T0, .active_us = T0};
    if (kind == ROOM_ORDER) {
        room.order_id = STR(ORDER);
        room.number = STR("A17");
        room.shop_id = STR(SHOP);
        room.account_id = STR(ANN);
    }
    return room;
}

/* A room of Ann's, and Bob is in it. */
static inline void make_room(struct db *tx)
{
    struct room room = some_room(ROOM_OPEN);
    room_insert(tx, &room);
    member_add(tx, arena, &room, &ann, ROOM_OWNER, &ann, T0);
    member_add(tx, arena, &room, &bob, ROOM_MEMBER, &ann, T0 + 1);
}

static inline int chat_setup(void **state)
{
    const struct migrations mine = {.service = "chat", .steps = chat_steps, .count = CHAT_STEPS};
    (void)state;
    house_init(&house);
    journal_open_with(&mine, 1);
    arena = arena_new(1 << 22);
    return 0;
}

static inline int chat_teardown(void **state)
{
    (void)state;
    journal_shut();
    house_fini(&house);
    arena_free(&arena);
    return 0;
}

/* The room, and the place there of somebody. */
static struct room room;
static struct room_place place;

static inline void find(struct db *db, const struct room_person *who)
{
    assert_true(room_find(db, STR(URI), who->id, arena, &room, &place));
}

static inline void say_it(struct db *tx, const struct room_person *who, const char *text,
                          const char *client_id, bool hot)
{
    find(tx, who);
    (void)room_say(tx, arena, &room, &place,
                   &(struct room_post){.by = *who,
                                       .text = str_of(text),
                                       .client_id = str_of(client_id),
                                       .actor = STR("account:somebody"),
                                       .at_us = T0 + 10,
                                       .hot = hot});
}

static inline void say(struct db *tx, const struct room_person *who, const char *text,
                       const char *client_id)
{
    say_it(tx, who, text, client_id, false);
}

/* All events so far as "topic channels payload" lines, oldest first. */
static inline void add_event(void *arg, const struct event *e)
{
    struct buf *out = arg;
    buf_add_str(out, e->topic);
    for (size_t i = 0; i < e->channel_count; i++)
        buf_addf(out, " %.*s", STR_ARG(e->channels[i]));
    buf_addf(out, " %.*s\n", STR_ARG(e->payload));
}

static struct buf lines;

static inline void read_events(struct db *db)
{
    bool more = true;
    lines = buf_in(arena);
    for (int64_t after = 0; more;)
        after = journal_read(db, NULL, 0, after, journal_snapshot_head(db), 100, add_event, &lines,
                             &more);
}

static inline const char *events(void)
{
    read_it(read_events);
    return buf_cstr(&lines);
}

/* How often `needle` stands in them. */
static inline int told(const char *needle)
{
    int count = 0;
    for (const char *at = events(); (at = strstr(at, needle)); at++)
        count++;
    return count;
}

#endif
