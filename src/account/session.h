/* session.h - who is logged in where: the sessions table, and the tokens that speak for a session.
 *
 * A session lives for 30 days, or until it is ended; its tokens live for 15 minutes and are
 * renewed. Every renewal is a turn. The token of the turn before is worth its successor for one
 * more minute (a second tab, a lost answer), the same one byte for byte; whoever comes with it
 * later, or with an older one, holds a copy that was stolen or left behind: the session ends. */
#ifndef PESAN_ACCOUNT_SESSION_H
#define PESAN_ACCOUNT_SESSION_H

#include "app/request.h"

#define SESSION_LIFE_US   (INT64_C(30) * 86400 * 1000000)
#define SESSION_KEPT_US   SESSION_LIFE_US /* how long its row stays behind its end */
#define SESSION_TOKEN_US  (INT64_C(15) * 60 * 1000000)
#define SESSION_REPEAT_US (INT64_C(60) * 1000000)
#define SESSIONS_MAX      1000 /* living ones of an account */
#define SESSION_DEVICE    120  /* characters of a User-Agent that are kept */

/* One row; slices live in the arena it was read into. */
struct session {
    struct str id;         /* UUID, claim sid */
    struct str account_id; /* whose */
    int64_t created_us;    /* log-in, UTC */
    int64_t renewed_us;    /* when the token of `turn` was issued */
    int64_t previous_us;   /* when that of the turn before was */
    int64_t expires_us;    /* when it ends by itself, claim til */
    int64_t ended_us;      /* when it was ended; 0: it was not */
    int64_t turn;          /* renewals so far, claim trn */
    struct str device;     /* User-Agent, for people; at == NULL: none said */
    struct str address;    /* of the log-in */
};

/* Make one for a person who has just shown who he is. In the writer's transaction. */
void session_open(struct db *tx, const struct session *s);

/* End the oldest living session of an account that has SESSIONS_MAX of them, before one more is
 * made: to end all of them is one unit, for which orders wait. In the writer's transaction. */
void session_make_room(struct db *tx, struct str account_id, int64_t now_us);

/* Read one; false when there is none, over or not. */
MUST_USE bool session_by_id(struct db *db, struct str id, struct arena *arena,
                            struct session *session_r);

/* Is it neither ended nor run out? */
bool session_lives(const struct session *s, int64_t now_us);

/* Visit a page of an account's living sessions, newest first. */
void session_list(struct db *db, struct str account_id, const struct request_page *page,
                  int64_t now_us, void (*visit)(void *arg, const struct session *s), void *arg);

/* Has the account a living session from this address? */
MUST_USE bool session_at_home(struct db *db, struct str account_id, struct str address,
                              int64_t now_us);

/* The token of turn `presented` is to be renewed: which turn its successor has and when that was
 * issued, after moving the session on if it is the latest. False for one that is too old. In the
 * writer's transaction. */
MUST_USE bool session_renew(struct db *tx, struct session *s, int64_t presented, int64_t now_us,
                            int64_t *turn_r, int64_t *issued_us_r);

/* End it, told as session.ended. In the writer's transaction. */
void session_end(struct db *tx, const struct session *s, struct str actor, int64_t now_us);

/* End all living sessions of an account but `keep` (at == NULL: all). In the writer's transaction.
 */
void session_end_others(struct db *tx, struct str account_id, struct str keep, struct str actor,
                        int64_t now_us);

/* Remove rows whose end is long past; sees to it that it is called again while there are any. The
 * service's only deadline. */
void session_sweep(struct db *tx, int64_t now_us);

#endif
