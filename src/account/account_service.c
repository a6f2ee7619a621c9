/* account_service.c - the account service's descriptor: its tables and its demo. */
#include "account/account_service.h"

#include "account/account.h"

static const char *const steps[] = {
    "CREATE TABLE accounts ("
    " id {key} PRIMARY KEY,"
    " username {key} NOT NULL UNIQUE,"
    " email {text},"
    " name {text} NOT NULL,"
    " role {text} NOT NULL,"
    " shop_id {key},"
    " language {text},"
    " created_at {int} NOT NULL"
    ") {table};",
};

struct demo_account {
    const char *username;  /* as it stands in URLs */
    const char *id;        /* fixed, so that clients and tests may know it */
    enum role role;        /* what they may */
    const char *full_name; /* as people are addressed */
};

static const struct demo_account people[] = {
#define DEMO_ACCOUNT(NAME, username, id, role, full_name) {username, id, ROLE_##role, full_name},
#include "account/tbl/demo.h"
#undef DEMO_ACCOUNT
};

static void demo(struct db *tx, int64_t now_us)
{
    for (size_t i = 0; i < ARRAY_LEN(people); i++) {
        const struct demo_account *p = &people[i];
        db_exec(tx,
                "INSERT INTO accounts (id, username, name, role, created_at)"
                " VALUES (?, ?, ?, ?, ?)",
                DB_CSTR(p->id), DB_CSTR(p->username), DB_CSTR(p->full_name),
                DB_CSTR(role_word(p->role)), DB_INT(now_us));
    }
}

const struct service account_service = {
    .name = "account",
    .migrations = {.service = "account", .steps = steps, .count = ARRAY_LEN(steps)},
    .demo = demo,
};
