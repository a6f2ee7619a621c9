/* order_command_fixture.h - for tests only: a shop's crew as every process knows it, and what they
 * say in an order's thread. Include after the fixture that has the house. */
#ifndef PESAN_APP_ORDER_COMMAND_FIXTURE_H
#define PESAN_APP_ORDER_COMMAND_FIXTURE_H

#include "app/order_command.h"
#include "app/people_inside.h"

#define SAID_SEQ 10 /* the place of what is said, unless a test says otherwise */

/* What is said next, and who reacts. Belongs to the writer while a unit is away. */
static struct {
    void (*react)(struct db *tx, const struct event *e);
    struct event e;
    char payload[1024];
    char actor[80];
} saying;

/* "owner", "barista", "courier" work in the shop, "foreign" in another, "gone" did until seq 9,
 * "late" does from seq 11 on; "admin" is one. */
static inline void crew_of(const char *shop)
{
    char sql[4096];
    snprintf(sql, sizeof sql,
             PEOPLE_TABLES PEOPLE_SPANS
             "INSERT INTO app_people (id, username, role) VALUES ('admin', 'ADMIN1', 'admin'),"
             " ('nobody', 'USER0001', 'customer');"
             "INSERT INTO app_grant_spans (account_id, shop_id, role, after_seq, upto_seq) VALUES"
             " ('owner', '%s', 'owner', 0, 9223372036854775807),"
             " ('barista', '%s', 'barista', 0, 9223372036854775807),"
             " ('courier', '%s', 'courier', 0, 9223372036854775807),"
             " ('foreign', 'another', 'owner', 0, 9223372036854775807),"
             " ('gone', '%s', 'owner', 0, 9),"
             " ('late', '%s', 'owner', 10, 9223372036854775807);",
             shop, shop, shop, shop, shop);
    house_script(&house, sql);
}

static inline void say_work(struct task *t, struct db *tx)
{
    (void)t;
    saying.react(tx, &saying.e);
}

/* Say it again: the same event. */
static inline void say_again(void)
{
    assert_int_equal(task_do(&house, writer, say_work, 0), UNIT_DONE);
}

/* `who` says a word about an order of the shop, with more members as JSON text that begins with a
 * comma. */
static inline void say(const char *who, struct str order_id, const char *shop, const char *word,
                       const char *more)
{
    snprintf(saying.actor, sizeof saying.actor, "account:%s", who);
    snprintf(saying.payload, sizeof saying.payload,
             "{\"uri\":\"0123456789abcde\",\"order_id\":\"%.*s\",\"shop_id\":\"%s\","
             "\"command\":\"%s\"%s,\"by\":\"account:%s\"}",
             STR_ARG(order_id), shop, word, more, who);
    memset(&saying.e, 0, sizeof saying.e);
    saying.e.seq = SAID_SEQ;
    saying.e.id = id_new();
    saying.e.topic = STR("chat.command");
    saying.e.key = order_id;
    saying.e.at_us = INT64_C(1800000100000000);
    saying.e.actor = str_of(saying.actor);
    saying.e.payload = str_of(saying.payload);
    say_again();
}

#endif
