/* shop_service.c - the shop service's descriptor: its tables and its demo. */
#include "shop/shop_service.h"

#include "account/account.h"
#include "shop/edit.h"
#include "shop/routes.h"
#include "shop/staff.h"

#define SERVICE STR("service:shop")

static const char *const steps[] = {
    "CREATE TABLE shops ("
    " id {key} PRIMARY KEY,"
    " name {text} NOT NULL,"
    " owner_id {key} NOT NULL,"
    " currency {text} NOT NULL,"
    " language {text} NOT NULL,"
    " timezone {text} NOT NULL,"
    " free_form {int} NOT NULL"
    ") {table};",

    "ALTER TABLE shops ADD COLUMN open {int} NOT NULL DEFAULT 1;"
    "ALTER TABLE shops ADD COLUMN paused {int} NOT NULL DEFAULT 0;"
    "ALTER TABLE shops ADD COLUMN accept_seconds {int} NOT NULL DEFAULT 0;"
    "ALTER TABLE shops ADD COLUMN hours {text};"
    "CREATE TABLE shop_staff ("
    " shop_id {key} NOT NULL,"
    " account_id {key} NOT NULL,"
    " username {key} NOT NULL,"
    " role {key} NOT NULL,"
    " PRIMARY KEY (shop_id, account_id)"
    ") {table_clustered};"
    "CREATE INDEX shop_staff_by_account ON shop_staff (account_id);"
    "CREATE INDEX shop_staff_by_username ON shop_staff (username);",

    /* Who worked for a shop by his account's row; a deadline that is due at once tells of them. */
    "INSERT INTO shop_staff (shop_id, account_id, username, role)"
    " SELECT shop_id, id, username, role FROM accounts WHERE shop_id IS NOT NULL"
    " AND role IN ('owner', 'manager', 'barista', 'courier');"
    "INSERT INTO deadlines (service, item, at)"
    " SELECT 'shop', 'staff:', 0 FROM shops WHERE id = (SELECT MIN(id) FROM shops);",
};

/* Who works in the demo's shop. */
static const struct {
    const char *id;       /* as the account service's demo has it */
    const char *username; /* as it stands in URLs */
    enum role role;       /* as what */
} staff[] = {
    {ACCOUNT_DEMO_OWNER, "OWNER1", ROLE_OWNER},
    {ACCOUNT_DEMO_BARISTA, "BARISTA1", ROLE_BARISTA},
    {ACCOUNT_DEMO_COURIER, "COURIER1", ROLE_COURIER},
};

/* After the account service's demo, whose people it employs. */
static void demo(struct db *tx, int64_t now_us)
{
    struct arena *arena = arena_new(65536);
    struct shop shop;
    db_exec(tx,
            "INSERT INTO shops (id, name, owner_id, currency, language, timezone, free_form)"
            " VALUES (?, 'Kedai Demo', ?, 'IDR', 'id', 'Asia/Jakarta', 1)",
            DB_CSTR(SHOP_DEMO_ID), DB_CSTR(ACCOUNT_DEMO_OWNER));
    if (shop_by_id(tx, STR(SHOP_DEMO_ID), arena, &shop))
        shop_tell(tx, arena, &shop, SERVICE, now_us);
    for (size_t i = 0; i < ARRAY_LEN(staff); i++)
        staff_hire(tx, arena,
                   &(struct staff){.shop_id = STR(SHOP_DEMO_ID),
                                   .account_id = str_of(staff[i].id),
                                   .username = str_of(staff[i].username),
                                   .role = staff[i].role},
                   SERVICE, now_us);
    arena_free(&arena);
}

/* Keys: "staff:" tells of everybody who works anywhere, "hours:<shop id>" opens and closes. */
static void due(struct db *tx, struct str key, int64_t now_us)
{
    struct arena *arena = arena_new(65536);
    if (str_is(key, "staff:"))
        staff_tell_all(tx, now_us);
    else if (str_starts(key, STR(HOURS_KEY)))
        shop_hours_due(tx, arena,
                       (struct str){key.at + strlen(HOURS_KEY), key.len - strlen(HOURS_KEY)},
                       now_us);
    arena_free(&arena);
}

const struct service shop_service = {
    .name = "shop",
    .needs = "account",
    .migrations = {.service = "shop", .steps = steps, .count = ARRAY_LEN(steps)},
    .routes = shop_routes,
    .route_count = SHOP_ROUTES,
    .due = due,
    .demo = demo,
};
