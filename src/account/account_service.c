/* account_service.c - the account service's descriptor: its tables, its demo, its deadlines. */
#include "account/account_service.h"

#include "account/account.h"
#include "account/ready.h"
#include "account/routes.h"
#include "account/session.h"

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

    /* Accounts from before this step get their username_key, and are told of, by account_mend(). */
    "ALTER TABLE accounts ADD COLUMN username_key {key};"
    "ALTER TABLE accounts ADD COLUMN email_key {key};"
    "ALTER TABLE accounts ADD COLUMN password {text};"
    "CREATE UNIQUE INDEX accounts_username_key ON accounts (username_key);"
    "CREATE UNIQUE INDEX accounts_email_key ON accounts (email_key);"
    "INSERT INTO deadlines (service, item, at)"
    " SELECT 'account', 'mend', 0 FROM accounts LIMIT 1;"
    "CREATE TABLE sessions ("
    " id {key} PRIMARY KEY,"
    " account_id {key} NOT NULL,"
    " created_at {int} NOT NULL,"
    " renewed_at {int} NOT NULL,"
    " previous_at {int} NOT NULL,"
    " expires_at {int} NOT NULL,"
    " ended_at {int} NOT NULL,"
    " swept_at {int} NOT NULL,"
    " turn {int} NOT NULL,"
    " device {text},"
    " address {text}"
    ") {table};"
    "CREATE INDEX sessions_account ON sessions (account_id, id);"
    "CREATE INDEX sessions_swept ON sessions (swept_at);",
};

static void due(struct db *tx, struct str key, int64_t now_us)
{
    if (str_is(key, "mend"))
        account_mend(tx, now_us);
    else
        session_sweep(tx, now_us);
}

static bool start(struct app *app, const char **why_r)
{
    (void)why_r;
    ready_begin(app);
    return true;
}

static void stop(struct app *app)
{
    (void)app;
    ready_end();
}

const struct service account_service = {
    .name = "account",
    .migrations = {.service = "account", .steps = steps, .count = ARRAY_LEN(steps)},
    .routes = account_routes,
    .route_count = ACCOUNT_ROUTES,
    .due = due,
    .demo = account_demo,
    .start = start,
    .stop = stop,
};
