/* shop.c - the shops table, and the only code that reads it. */
#include "shop/shop.h"

#include "app/service.h"

#define SHOP_COLUMNS "id, name, owner_id, currency, language, timezone, free_form"

/* The current row as a shop. A currency or language we do not know was not written by us; false
 * then, rather than prices in the wrong currency. */
static bool read_shop(struct db_rows *rows, struct arena *arena, struct shop *shop_r)
{
    *shop_r = (struct shop){.id = arena_str(arena, db_text(rows, 0)),
                            .name = arena_str(arena, db_text(rows, 1)),
                            .owner_id = arena_str(arena, db_text(rows, 2)),
                            .timezone = arena_str(arena, db_text(rows, 5)),
                            .free_form = db_int(rows, 6) != 0,
                            .open = true};
    return currency_parse(db_text(rows, 3), &shop_r->currency) &&
           language_parse(db_text(rows, 4), &shop_r->language);
}

bool shop_by_id(struct db *db, struct str id, struct arena *arena, struct shop *shop_r)
{
    struct db_rows *rows =
        db_query(db, "SELECT " SHOP_COLUMNS " FROM shops WHERE id = ?", DB_TEXT(id));
    bool found = db_row(rows) && read_shop(rows, arena, shop_r);
    db_end(rows);
    return found;
}

bool shop_default(struct db *db, struct arena *arena, struct shop *shop_r)
{
    struct db_rows *rows = db_query(db, "SELECT " SHOP_COLUMNS " FROM shops LIMIT 2");
    bool found = db_row(rows) && read_shop(rows, arena, shop_r) && !db_row(rows);
    db_end(rows);
    return found;
}
