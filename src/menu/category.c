/* category.c - the categories table, and the only code that reads or changes it. */
#include "menu/category.h"

#include "app/topic.h"
#include "journal/journal.h"

#define CATEGORY_COLUMNS "id, shop_id, name, position"

static struct category read_category(struct db_rows *rows, struct arena *arena)
{
    return (struct category){.id = arena_str(arena, db_text(rows, 0)),
                             .shop_id = arena_str(arena, db_text(rows, 1)),
                             .name = arena_str(arena, db_text(rows, 2)),
                             .position = db_int(rows, 3)};
}

bool category_find(struct db *db, struct str id, struct arena *arena, struct category *category_r)
{
    struct db_rows *rows =
        db_query(db, "SELECT " CATEGORY_COLUMNS " FROM categories WHERE id = ?", DB_TEXT(id));
    bool found = db_row(rows);
    if (found)
        *category_r = read_category(rows, arena);
    db_end(rows);
    return found;
}

int64_t category_count(struct db *db, struct str shop_id)
{
    struct db_rows *rows =
        db_query(db, "SELECT COUNT(*) FROM categories WHERE shop_id = ?", DB_TEXT(shop_id));
    int64_t count = db_row(rows) ? db_int(rows, 0) : 0;
    db_end(rows);
    return count;
}

void category_list(struct db *db, struct str shop_id,
                   void (*visit)(void *arg, const struct category *c), void *arg)
{
    struct arena *scratch = arena_new(65536);
    struct db_rows *rows = db_query(db,
                                    "SELECT " CATEGORY_COLUMNS " FROM categories WHERE shop_id = ?"
                                    " ORDER BY position, id LIMIT ?",
                                    DB_TEXT(shop_id), DB_INT(CATEGORIES_MAX));
    while (db_row(rows)) {
        struct category c = read_category(rows, scratch);
        visit(arg, &c);
    }
    db_end(rows);
    arena_free(&scratch);
}

void category_write(struct jout *j, const struct category *c)
{
    jout_object(j);
    jout_field_str(j, "id", c->id);
    jout_field_str(j, "name", c->name);
    jout_field_int(j, "position", c->position);
    jout_object_end(j);
}

static void tell(struct db *tx, struct arena *arena, const struct category *c, bool removed,
                 struct str actor, int64_t now_us)
{
    struct buf payload = buf_in(arena);
    struct jout j = jout_to(&payload);
    jout_object(&j);
    jout_field_str(&j, "shop_id", c->shop_id);
    jout_field_str(&j, "category_id", c->id);
    jout_field_str(&j, "name", c->name);
    jout_field_int(&j, "position", c->position);
    if (removed)
        jout_field_bool(&j, "removed", true);
    jout_object_end(&j);
    struct str shop = str_of(arena_printf(arena, "shop:%.*s", STR_ARG(c->shop_id)));
    journal_append(tx, &(struct event_draft){.topic = TOPIC_MENU_CHANGED,
                                             .key = c->shop_id,
                                             .actor = actor,
                                             .at_us = now_us,
                                             .payload = buf_str(&payload),
                                             .channels = &shop,
                                             .channel_count = 1});
}

void category_insert(struct db *tx, const struct category *c)
{
    db_exec(tx, "INSERT INTO categories (" CATEGORY_COLUMNS ") VALUES (?, ?, ?, ?)", DB_TEXT(c->id),
            DB_TEXT(c->shop_id), DB_TEXT(c->name), DB_INT(c->position));
}

void category_add(struct db *tx, struct arena *arena, const struct category *c, struct str actor,
                  int64_t now_us)
{
    category_insert(tx, c);
    tell(tx, arena, c, false, actor, now_us);
}

void category_change(struct db *tx, struct arena *arena, const struct category *was,
                     const struct category *is, struct str actor, int64_t now_us)
{
    if (str_eq(is->name, was->name) && is->position == was->position)
        return;
    db_exec(tx, "UPDATE categories SET name = ?, position = ? WHERE id = ?", DB_TEXT(is->name),
            DB_INT(is->position), DB_TEXT(is->id));
    tell(tx, arena, is, false, actor, now_us);
}

void category_remove(struct db *tx, struct arena *arena, const struct category *c, struct str actor,
                     int64_t now_us)
{
    db_exec(tx, "UPDATE products SET category_id = NULL WHERE shop_id = ? AND category_id = ?",
            DB_TEXT(c->shop_id), DB_TEXT(c->id));
    db_exec(tx, "DELETE FROM categories WHERE id = ?", DB_TEXT(c->id));
    tell(tx, arena, c, true, actor, now_us);
}
