/* staff.h - who works in a shop, and as what. Hiring and dismissing are told (shop.staff_added,
 * shop.staff_removed): from these events every process learns who may do what. */
#ifndef PESAN_SHOP_STAFF_H
#define PESAN_SHOP_STAFF_H

#include "app/token.h"
#include "db/db.h"

#define STAFF_MAX 200 /* people of one shop */

/* The roles that are given by a shop. */
#define STAFF_ROLES                                                                                \
    (ROLE_BIT(ROLE_OWNER) | ROLE_BIT(ROLE_MANAGER) | ROLE_BIT(ROLE_BARISTA) |                      \
     ROLE_BIT(ROLE_COURIER))

/* One row; slices live in the arena it was read into. */
struct staff {
    struct str shop_id;    /* where */
    struct str account_id; /* who */
    struct str username;   /* as it stands in URLs */
    enum role role;        /* as what: one of STAFF_ROLES */
};

/* Somebody of this shop by his id or username; false when he does not work there. */
MUST_USE bool staff_find(struct db *db, struct str shop_id, struct str who, struct arena *arena,
                         struct staff *staff_r);

/* Visit the people of a shop, owners first, each role by username. What visit() is given lives in
 * the arena. */
void staff_list(struct db *db, struct str shop_id, struct arena *arena,
                void (*visit)(void *arg, const struct staff *s), void *arg);

/* How many work in a shop in one of these roles (role bits). */
MUST_USE int64_t staff_count(struct db *db, struct str shop_id, unsigned roles);

/* Hire somebody, or give him another role; who has it already is neither written nor told. In the
 * writer's transaction. */
void staff_hire(struct db *tx, struct arena *arena, const struct staff *s, struct str actor,
                int64_t now_us);

/* Dismiss somebody who works there. In the writer's transaction. */
void staff_dismiss(struct db *tx, struct arena *arena, const struct staff *s, struct str actor,
                   int64_t now_us);

/* Tell of everybody who works anywhere: for a folder from before such events. */
void staff_tell_all(struct db *tx, int64_t now_us);

#endif
