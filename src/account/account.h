/* account.h - people: who they are, and what they may be beyond the shops they work in. */
#ifndef PESAN_ACCOUNT_ACCOUNT_H
#define PESAN_ACCOUNT_ACCOUNT_H

#include "app/token.h"
#include "db/db.h"

/* ACCOUNT_DEMO_OWNER ...: the fixed ids of the demo's people. */
#define DEMO_ACCOUNT(NAME, username, id, role, full_name)                                          \
    static const char ACCOUNT_DEMO_##NAME[] __attribute__((unused)) = id;
#include "account/tbl/demo.h"
#undef DEMO_ACCOUNT

/* One row; slices live in the arena it was read into. The hash of the password is not among them:
 * see account_password(). */
struct account {
    struct str id;       /* UUID */
    struct str username; /* unique whatever the case of its letters, as it stands in URLs */
    struct str email;    /* at == NULL when not known */
    struct str name;     /* as people are addressed */
    enum role role;      /* admin or customer; ROLE_NONE: nothing we know, may nothing */
    struct str language; /* tag; at == NULL: the reader's own wish decides */
    int64_t created_us;  /* when, UTC */
};

/* Read one account; false when there is none (or the connection failed). */
MUST_USE bool account_by_username(struct db *db, struct str username, struct arena *arena,
                                  struct account *account_r);
MUST_USE bool account_by_id(struct db *db, struct str id, struct arena *arena,
                            struct account *account_r);

/* By its id or its username. */
MUST_USE bool account_find(struct db *db, struct str who, struct arena *arena,
                           struct account *account_r);

/* By its username whatever the case of its letters, as people type it. */
MUST_USE bool account_by_name(struct db *db, struct str name, struct arena *arena,
                              struct account *account_r);

/* The caller a token for this person speaks of; session and times are left empty for the one who
 * issues it. False when there is no such person. */
MUST_USE bool account_caller(struct db *db, struct str username, struct arena *arena,
                             struct caller *caller_r);

/* Newest first, `limit` at most, ids below `before` (at == NULL: from the newest). */
void account_list(struct db *db, struct str before, int64_t limit,
                  void (*visit)(void *arg, const struct account *a), void *arg);

/* The hash of the password (password.h) in the arena; at == NULL: none, no log-in. */
struct str account_password(struct db *db, struct str id, struct arena *arena);

/* Are they somebody else's already? `except` is the account that asks; at == NULL: a new one. */
MUST_USE bool account_username_taken(struct db *db, struct str username);
MUST_USE bool account_email_taken(struct db *db, struct str email, struct str except);

/* All below: in the writer's transaction. */

/* A new account, told as account.created; what may be absent is at == NULL. */
struct account_draft {
    struct account account; /* role admin or customer */
    struct str password;    /* its hash; at == NULL: none */
    struct str actor;       /* who makes it */
};
void account_add(struct db *tx, const struct account_draft *draft);

/* What becomes another; at == NULL and ROLE_NONE: stays as it is. */
struct account_change {
    struct str name;     /* as people are addressed */
    struct str email;    /* cleaned (rules.h), not taken */
    struct str language; /* tag; empty: no wish any more */
    struct str password; /* the hash of a new one */
    enum role role;      /* admin or customer */
};

/* Apply to the row and to *account; told as account.changed when others must know. */
void account_change(struct db *tx, struct account *account, const struct account_change *change,
                    struct str actor, int64_t now_us);

/* Is he the only admin? */
MUST_USE bool account_last_admin(struct db *tx, const struct account *account);

/* Accounts of a folder from before accounts were told of: tell of them, give them what they lack.
 */
void account_mend(struct db *tx, int64_t now_us);

/* The demo's people, without passwords. */
void account_demo(struct db *tx, int64_t now_us);

/* The demo's people who have no password yet: their ids, `max` at most. Returns how many. */
size_t account_demo_unready(struct db *db, struct arena *arena, struct str *ids, size_t max);

/* The password of one who has none. */
void account_first_password(struct db *tx, struct str id, struct str hash);

#endif
