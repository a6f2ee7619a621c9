/* account.h - people: who they are, what they may be (their role), and where they work. */
#ifndef PESAN_ACCOUNT_ACCOUNT_H
#define PESAN_ACCOUNT_ACCOUNT_H

#include "app/token.h"
#include "db/db.h"

#define ACCOUNT_USERNAME_MAX 64 /* bytes */

/* ACCOUNT_DEMO_OWNER ...: the fixed ids of the demo's people. */
#define DEMO_ACCOUNT(NAME, username, id, role, full_name)                                          \
    static const char ACCOUNT_DEMO_##NAME[] __attribute__((unused)) = id;
#include "account/tbl/demo.h"
#undef DEMO_ACCOUNT

/* One row; slices live in the arena it was read into. */
struct account {
    struct str id;       /* UUID */
    struct str username; /* unique, as it stands in URLs */
    struct str email;    /* at == NULL when not known */
    struct str name;     /* as people are addressed */
    enum role role;      /* what they may */
    struct str shop_id;  /* where a member of staff works; at == NULL for everybody else */
    struct str language; /* tag; at == NULL: the reader's own wish decides */
};

/* Read one account; false when there is none (or the connection failed). */
MUST_USE bool account_by_username(struct db *db, struct str username, struct arena *arena,
                                  struct account *account_r);

/* The caller a token for this person speaks of; session and expires_us are left empty for the one
 * who issues it. False when there is no such person. */
MUST_USE bool account_caller(struct db *db, struct str username, struct arena *arena,
                             struct caller *caller_r);

/* Say where a person works; shop_id.at == NULL: nowhere. In the writer's transaction. */
void account_set_shop(struct db *tx, struct str id, struct str shop_id);

#endif
