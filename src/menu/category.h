/* category.h - the headings a shop's menu is sorted under. */
#ifndef PESAN_MENU_CATEGORY_H
#define PESAN_MENU_CATEGORY_H

#include "base/json.h"
#include "db/db.h"

#define CATEGORIES_MAX 50 /* of one shop */

/* One row; slices live in the arena it was read into. */
struct category {
    struct str id;      /* UUID */
    struct str shop_id; /* whose */
    struct str name;    /* as people read it */
    int64_t position;   /* place on the menu */
};

/* Read one; false when there is none (or the connection failed). */
MUST_USE bool category_find(struct db *db, struct str id, struct arena *arena,
                            struct category *category_r);

/* How many a shop has. */
MUST_USE int64_t category_count(struct db *db, struct str shop_id);

/* Visit those of a shop in their order. What visit() is given lives until it returns. */
void category_list(struct db *db, struct str shop_id,
                   void (*visit)(void *arg, const struct category *c), void *arg);

/* As /v1 has it. */
void category_write(struct jout *j, const struct category *c);

/* Write one of a new menu and tell nobody: nobody shows that menu yet. */
void category_insert(struct db *tx, const struct category *c);

/* All below in the writer's transaction, told as menu.changed. Products of one that is removed stay
 * without one. What is already so is neither written nor told. */
void category_add(struct db *tx, struct arena *arena, const struct category *c, struct str actor,
                  int64_t now_us);
void category_change(struct db *tx, struct arena *arena, const struct category *was,
                     const struct category *is, struct str actor, int64_t now_us);
void category_remove(struct db *tx, struct arena *arena, const struct category *c, struct str actor,
                     int64_t now_us);

#endif
