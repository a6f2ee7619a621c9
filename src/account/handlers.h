/* handlers.h - what the routes of accounts do; each pattern stands in routes.c. */
#ifndef PESAN_ACCOUNT_HANDLERS_H
#define PESAN_ACCOUNT_HANDLERS_H

#include "account/account.h"
#include "app/service.h"

/* An account as its person and admins read it. */
void write_account(struct jout *j, const struct account *a);

/* ---- enter.c: coming in ---- */
bool sign_up_parse(struct request *rq);
void sign_up_work(struct request *rq, struct db *db);
void sign_up(struct request *rq, struct db *tx);
bool log_in_parse(struct request *rq);
void log_in_work(struct request *rq, struct db *db);
void log_in(struct request *rq, struct db *tx);

/* Is the password of `a` the one that was typed? Counts against the limits, which it may meet. a
 * NULL: nobody of that name. False after refuse(). Slow work. */
MUST_USE bool enter_proven(struct request *rq, struct db *db, const struct account *a,
                           struct str name, struct str password, const char *pointer);

/* ---- stay.c: sessions and their tokens ---- */
bool renew_parse(struct request *rq);
void renew(struct request *rq, struct db *tx);
void log_out(struct request *rq, struct db *tx);
bool sessions_parse(struct request *rq);
void sessions_list(struct request *rq, struct db *db);
void sessions_end_one(struct request *rq, struct db *tx);
void sessions_end_others(struct request *rq, struct db *tx);

/* ---- users.c: oneself and others ---- */
void me_get(struct request *rq, struct db *db);
bool me_change_parse(struct request *rq);
void me_change(struct request *rq, struct db *tx);
bool me_password_parse(struct request *rq);
void me_password_work(struct request *rq, struct db *db);
void me_password(struct request *rq, struct db *tx);
bool users_list_parse(struct request *rq);
void users_list(struct request *rq, struct db *db);
void users_get(struct request *rq, struct db *db);
bool users_add_parse(struct request *rq);
void users_add_work(struct request *rq, struct db *db);
void users_add(struct request *rq, struct db *tx);
bool users_change_parse(struct request *rq);
void users_change_work(struct request *rq, struct db *db);
void users_change(struct request *rq, struct db *tx);

#endif
