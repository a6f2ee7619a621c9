/* shop_service.c - the shop service's descriptor: its tables and its demo. */
#include "shop/shop_service.h"

#include "account/account.h"
#include "shop/shop.h"

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
};

/* After the account service's demo, whose people it employs. */
static void demo(struct db *tx, int64_t now_us)
{
    (void)now_us;
    static const char *const staff[] = {ACCOUNT_DEMO_OWNER, ACCOUNT_DEMO_BARISTA,
                                        ACCOUNT_DEMO_COURIER};
    db_exec(tx,
            "INSERT INTO shops (id, name, owner_id, currency, language, timezone, free_form)"
            " VALUES (?, 'Kedai Demo', ?, 'IDR', 'id', 'Asia/Jakarta', 1)",
            DB_CSTR(SHOP_DEMO_ID), DB_CSTR(ACCOUNT_DEMO_OWNER));
    for (size_t i = 0; i < ARRAY_LEN(staff); i++)
        account_set_shop(tx, str_of(staff[i]), STR(SHOP_DEMO_ID));
}

const struct service shop_service = {
    .name = "shop",
    .needs = "account",
    .migrations = {.service = "shop", .steps = steps, .count = ARRAY_LEN(steps)},
    .demo = demo,
};
