/* repeat.h - answers kept for whoever repeats a request with the same Idempotency-Key.
 *
 * A 2xx answer is stored in the transaction that made it true, so a client that never heard it gets
 * the same bytes again, after a crash too. Answers are kept for a day. While the first request is
 * still at work, whoever repeats it is told to come back. */
#ifndef PESAN_APP_REPEAT_H
#define PESAN_APP_REPEAT_H

#include <pthread.h>

#include "app/call.h"
#include "base/map.h"

/* Requests with a key that are at work now, on all loops. */
struct repeat_flights {
    pthread_mutex_t lock; /* guards calls */
    struct map calls;     /* struct call by repeat_key */
};

void repeat_flights_init(struct repeat_flights *f);

/* Nothing is at work any more. */
void repeat_flights_fini(struct repeat_flights *f);

/* On the loop: when the request bears an Idempotency-Key and is one whose answer may be kept, set
 * c->repeat_key, and hold the key until repeat_end(). False after refuse() for a key that is empty
 * or too long, or held by another request. */
MUST_USE bool repeat_prepare(struct call *c);

/* In the unit, before run(), and before slow work: give the kept answer, or refuse the same key
 * with another body. False when this is the first time. */
MUST_USE bool repeat_answer(struct call *c, struct db *db);

/* In the unit, after run(): keep the answer when it is 2xx. */
void repeat_keep(struct call *c, struct db *tx);

/* On the loop, when the call is over, whatever became of it: the key may be used again. */
void repeat_end(struct call *c);

/* Drop answers older than a day, some thousands at most, and set the deadline for the next time
 * (deadline.h). */
void repeat_sweep(struct db *tx, int64_t now_us);

#define REPEAT_DEADLINE STR("answers")

/* Its tables, steps of app's migrations. The second is the one in use: a row is found by the first
 * digits of its name, so that the one index that is hit at random is a third as large, and an order
 * dirties fewer of its pages. */
#define REPEAT_TABLE                                                                               \
    "CREATE TABLE app_answers (id {key} PRIMARY KEY, body_hash {key} NOT NULL, status {int} NOT "  \
    "NULL, content_type {text}, headers {text} NOT NULL, body {text} NOT NULL, at {int} NOT "      \
    "NULL) {table};"                                                                               \
    "CREATE INDEX app_answers_at ON app_answers (at);"
#define REPEAT_TABLE_2                                                                             \
    "CREATE TABLE app_kept (start {key} NOT NULL, id {key} NOT NULL, body_hash {key} NOT NULL,"    \
    " status {int} NOT NULL, content_type {text}, headers {text} NOT NULL, body {text} NOT NULL,"  \
    " at {int} NOT NULL) {table};"                                                                 \
    "INSERT INTO app_kept (start, id, body_hash, status, content_type, headers, body, at)"         \
    " SELECT SUBSTR(id, 1, 6), id, body_hash, status, content_type, headers, body, at"             \
    " FROM app_answers ORDER BY at;"                                                               \
    "CREATE INDEX app_kept_start ON app_kept (start);"                                             \
    "CREATE INDEX app_kept_at ON app_kept (at);"                                                   \
    "DROP TABLE app_answers;"

#endif
