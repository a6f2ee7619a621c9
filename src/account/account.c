/* account.c - the accounts table, and the only code that reads or changes it. */
#include "account/account.h"

bool account_by_username(struct db *db, struct str username, struct arena *arena,
                         struct account *account_r)
{
    struct db_rows *rows = db_query(db,
                                    "SELECT id, username, email, name, role, shop_id, language "
                                    "FROM accounts WHERE username = ?",
                                    DB_TEXT(username));
    bool found = db_row(rows);
    if (found) {
        *account_r = (struct account){.id = arena_str(arena, db_text(rows, 0)),
                                      .username = arena_str(arena, db_text(rows, 1)),
                                      .email = arena_str(arena, db_text(rows, 2)),
                                      .name = arena_str(arena, db_text(rows, 3)),
                                      .shop_id = arena_str(arena, db_text(rows, 5)),
                                      .language = arena_str(arena, db_text(rows, 6))};
        /* The column is written from role_word() only; anything else may do nothing. */
        if (!role_parse(db_text(rows, 4), &account_r->role))
            account_r->role = ROLE_NONE;
    }
    db_end(rows);
    return found;
}

bool account_caller(struct db *db, struct str username, struct arena *arena,
                    struct caller *caller_r)
{
    struct account a;
    if (!account_by_username(db, username, arena, &a))
        return false;
    *caller_r =
        (struct caller){.role = a.role, .id = a.id, .username = a.username, .shop = a.shop_id};
    return true;
}

void account_set_shop(struct db *tx, struct str id, struct str shop_id)
{
    db_exec(tx, "UPDATE accounts SET shop_id = ? WHERE id = ?", DB_TEXT(shop_id), DB_TEXT(id));
}
