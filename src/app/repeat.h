/* repeat.h - answers kept for whoever repeats a request with the same Idempotency-Key.
 *
 * A 2xx answer is stored in the transaction that made it true, so a client that never heard it gets
 * the same bytes again, after a crash too. Answers are kept for a day. */
#ifndef PESAN_APP_REPEAT_H
#define PESAN_APP_REPEAT_H

#include "app/call.h"

/* On the loop: when the request bears an Idempotency-Key and is one whose answer may be kept, set
 * c->repeat_key. False after refuse() for a key that is empty or too long. */
MUST_USE bool repeat_prepare(struct call *c);

/* In the unit, before run(): give the kept answer, or refuse the same key with another body. False
 * when this is the first time. */
MUST_USE bool repeat_answer(struct call *c, struct db *tx);

/* In the unit, after run(): keep the answer when it is 2xx. */
void repeat_keep(struct call *c, struct db *tx);

/* Drop answers older than a day and set the deadline for the next time (deadline.h). */
void repeat_sweep(struct db *tx, int64_t now_us);

#define REPEAT_DEADLINE STR("answers")

/* The table, a step of app's migrations. */
#define REPEAT_TABLE                                                                               \
    "CREATE TABLE app_answers (id {key} PRIMARY KEY, body_hash {key} NOT NULL, status {int} NOT "  \
    "NULL, content_type {text}, headers {text} NOT NULL, body {text} NOT NULL, at {int} NOT "      \
    "NULL) {table};"                                                                               \
    "CREATE INDEX app_answers_at ON app_answers (at);"

#endif
