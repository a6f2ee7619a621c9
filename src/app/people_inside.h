/* people_inside.h - what events tell about people, and the tables that keep it; for people.c,
 * people_tables.c and the descriptor of app. */
#ifndef PESAN_APP_PEOPLE_INSIDE_H
#define PESAN_APP_PEOPLE_INSIDE_H

#include "app/people.h"
#include "base/json.h"
#include "journal/cursor.h"

enum news_kind {
    NEWS_NONE,          /* nothing about people, or not understood */
    NEWS_ACCOUNT,       /* an account was made or changed */
    NEWS_SESSION_ENDED, /* somebody was signed out */
    NEWS_STAFF_ADDED,   /* hired, or given another role */
    NEWS_STAFF_REMOVED, /* dismissed */
};

/* One event about people. Slices live in `json` and in the event. */
struct news {
    enum news_kind kind; /* which of the fields below are set */
    json_t *json;        /* the payload; released by news_fini() */
    struct str account;  /* its id; all kinds but a session's end */
    struct str username; /* NEWS_ACCOUNT */
    struct str language; /* NEWS_ACCOUNT; at == NULL: none */
    enum role role;      /* NEWS_ACCOUNT: admin or customer; NEWS_STAFF_ADDED: in the shop */
    struct str shop;     /* its id; NEWS_STAFF_... */
    struct str session;  /* its id; NEWS_SESSION_ENDED */
    int64_t until_us;    /* when no token of that session can be of use any more */
};

/* Read an event. One that is not understood is logged and is no news. */
struct news news_read(const struct event *e);
void news_fini(struct news *n);

/* How app's tables follow the events. */
#define PEOPLE_REACTIONS 5
extern const struct reaction people_reactions[PEOPLE_REACTIONS];

/* Forget sessions of which no token is left. */
void people_sweep(struct db *tx, int64_t now_us);

/* Somebody was hired or dismissed by the event of this seq: keep from when to when he worked. */
void people_store_span(struct db *tx, const struct news *n, int64_t seq);

/* The tables, a step of app's migrations. */
#define PEOPLE_TABLES                                                                              \
    "CREATE TABLE app_people (id {key} PRIMARY KEY, username {key} NOT NULL, role {key} NOT NULL," \
    " language {key}) {table};"                                                                    \
    "CREATE INDEX app_people_username ON app_people (username);"                                   \
    "CREATE TABLE app_grants (account_id {key}, shop_id {key}, role {key} NOT NULL,"               \
    " PRIMARY KEY (account_id, shop_id)) {table_clustered};"                                       \
    "CREATE TABLE app_ended_sessions (id {key} PRIMARY KEY, until {int} NOT NULL) {table};"        \
    "CREATE INDEX app_ended_sessions_until ON app_ended_sessions (until);"

/* A later step: from when to when each grant was in force. */
#define PEOPLE_SPANS                                                                               \
    "CREATE TABLE app_grant_spans (account_id {key}, shop_id {key}, role {key} NOT NULL,"          \
    " after_seq {int}, upto_seq {int} NOT NULL,"                                                   \
    " PRIMARY KEY (account_id, shop_id, after_seq)) {table_clustered};"                            \
    "INSERT INTO app_grant_spans (account_id, shop_id, role, after_seq, upto_seq)"                 \
    " SELECT account_id, shop_id, role, 0, 9223372036854775807 FROM app_grants;"

/* A later step: who works in a shop is asked while an order rings there. */
#define PEOPLE_BY_SHOP "CREATE INDEX app_grants_shop ON app_grants (shop_id);"

#endif
