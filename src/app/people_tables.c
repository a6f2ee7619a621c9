/* people_tables.c - what events tell about people, and app's tables that follow them. */
#include "app/people_inside.h"

#include "app/topic.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"

/* A session whose end tells no time: longer than any token can be renewed. */
#define SESSION_LONGEST_US (INT64_C(31) * 86400 * US_PER_S)

/* ---- Events ---- */

static enum news_kind kind_of(struct str topic)
{
    if (str_is(topic, TOPIC_ACCOUNT_CREATED) || str_is(topic, TOPIC_ACCOUNT_CHANGED))
        return NEWS_ACCOUNT;
    if (str_is(topic, TOPIC_SESSION_ENDED))
        return NEWS_SESSION_ENDED;
    if (str_is(topic, TOPIC_SHOP_STAFF_ADDED))
        return NEWS_STAFF_ADDED;
    if (str_is(topic, TOPIC_SHOP_STAFF_REMOVED))
        return NEWS_STAFF_REMOVED;
    return NEWS_NONE;
}

/* May this role be held in a shop? */
static bool is_staff_role(enum role role)
{
    return role == ROLE_OWNER || role == ROLE_MANAGER || role == ROLE_BARISTA ||
           role == ROLE_COURIER;
}

/* Is all there that events of the kind must tell? */
static bool understood(const struct news *n)
{
    switch (n->kind) {
    case NEWS_ACCOUNT:
        return n->account.len > 0 && n->username.at &&
               (n->role == ROLE_ADMIN || n->role == ROLE_CUSTOMER);
    case NEWS_SESSION_ENDED:
        return n->session.len > 0;
    case NEWS_STAFF_ADDED:
        return n->account.len > 0 && n->shop.len > 0 && is_staff_role(n->role);
    case NEWS_STAFF_REMOVED:
        return n->account.len > 0 && n->shop.len > 0;
    case NEWS_NONE:
        break;
    }
    return false;
}

struct news news_read(const struct event *e)
{
    const char *why;
    struct news n = {.kind = kind_of(e->topic)};
    if (n.kind == NEWS_NONE)
        return n;
    n.json = json_read(e->payload, &why);
    n.account = json_text(n.json, "account_id");
    n.username = json_text(n.json, "username");
    n.language = json_text(n.json, "language");
    n.shop = json_text(n.json, "shop_id");
    n.session = json_text(n.json, "session_id");
    if (!role_parse(json_text(n.json, "role"), &n.role))
        n.role = ROLE_NONE;
    if (!clock_parse_iso(json_text(n.json, "until"), &n.until_us))
        n.until_us = e->at_us + SESSION_LONGEST_US;
    if (!understood(&n)) {
        log_error("APP-PEOPLE-EVENT", LOG_S("topic", e->topic), LOG_N("seq", e->seq));
        n.kind = NEWS_NONE;
    }
    return n;
}

void news_fini(struct news *n)
{
    json_decref(n->json);
    n->json = NULL;
}

/* ---- Reactions ---- */

static void store_account(struct db *tx, const struct news *n)
{
    struct str role = str_of(role_word(n->role));
    int64_t changed =
        db_exec(tx, "UPDATE app_people SET username = ?, role = ?, language = ? WHERE id = ?",
                DB_TEXT(n->username), DB_TEXT(role), DB_TEXT(n->language), DB_TEXT(n->account));
    if (changed == 0)
        db_exec(tx, "INSERT INTO app_people (id, username, role, language) VALUES (?, ?, ?, ?)",
                DB_TEXT(n->account), DB_TEXT(n->username), DB_TEXT(role), DB_TEXT(n->language));
}

static void remove_grant(struct db *tx, const struct news *n)
{
    db_exec(tx, "DELETE FROM app_grants WHERE account_id = ? AND shop_id = ?", DB_TEXT(n->account),
            DB_TEXT(n->shop));
}

static void store_grant(struct db *tx, const struct news *n)
{
    remove_grant(tx, n);
    db_exec(tx, "INSERT INTO app_grants (account_id, shop_id, role) VALUES (?, ?, ?)",
            DB_TEXT(n->account), DB_TEXT(n->shop), DB_CSTR(role_word(n->role)));
}

static void store_ended(struct db *tx, const struct news *n)
{
    db_exec(tx, "DELETE FROM app_ended_sessions WHERE id = ?", DB_TEXT(n->session));
    db_exec(tx, "INSERT INTO app_ended_sessions (id, until) VALUES (?, ?)", DB_TEXT(n->session),
            DB_INT(n->until_us));
}

static void react(struct db *tx, const struct event *e)
{
    struct news n = news_read(e);
    switch (n.kind) {
    case NEWS_ACCOUNT:
        store_account(tx, &n);
        break;
    case NEWS_SESSION_ENDED:
        store_ended(tx, &n);
        break;
    case NEWS_STAFF_ADDED:
        store_grant(tx, &n);
        people_store_span(tx, &n, e->seq);
        break;
    case NEWS_STAFF_REMOVED:
        remove_grant(tx, &n);
        people_store_span(tx, &n, e->seq);
        break;
    case NEWS_NONE:
        break;
    }
    news_fini(&n);
}

const struct reaction people_reactions[PEOPLE_REACTIONS] = {
    {.topic = TOPIC_ACCOUNT_CREATED, .react = react},
    {.topic = TOPIC_ACCOUNT_CHANGED, .react = react},
    {.topic = TOPIC_SESSION_ENDED, .react = react},
    {.topic = TOPIC_SHOP_STAFF_ADDED, .react = react},
    {.topic = TOPIC_SHOP_STAFF_REMOVED, .react = react},
};

void people_sweep(struct db *tx, int64_t now_us)
{
    db_exec(tx, "DELETE FROM app_ended_sessions WHERE until < ?", DB_INT(now_us));
}

/* ---- Names ---- */

static bool read_person(struct db_rows *rows, struct arena *arena, struct person *person_r)
{
    bool known = db_row(rows);
    if (known)
        *person_r = (struct person){.id = arena_str(arena, db_text(rows, 0)),
                                    .username = arena_str(arena, db_text(rows, 1))};
    db_end(rows);
    return known;
}

bool people_by_username(struct db *db, struct str username, struct arena *arena,
                        struct person *person_r)
{
    struct db_rows *rows =
        db_query(db, "SELECT id, username FROM app_people WHERE username = ?", DB_TEXT(username));
    return read_person(rows, arena, person_r);
}

bool people_by_id(struct db *db, struct str id, struct arena *arena, struct person *person_r)
{
    struct db_rows *rows =
        db_query(db, "SELECT id, username FROM app_people WHERE id = ?", DB_TEXT(id));
    return read_person(rows, arena, person_r);
}

struct str people_actor_name(struct db *db, struct str actor, struct arena *arena)
{
    struct str prefix = STR("account:");
    struct person person;
    if (!str_starts(actor, prefix))
        return arena_str(arena, actor);
    struct str id = {actor.at + prefix.len, actor.len - prefix.len};
    return people_by_id(db, id, arena, &person) ? person.username : arena_str(arena, actor);
}
