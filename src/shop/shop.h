/* shop.h - shops: whose they are, and in which currency, language and hours they live. */
#ifndef PESAN_SHOP_SHOP_H
#define PESAN_SHOP_SHOP_H

#include "app/problem.h"
#include "app/token.h"
#include "base/money.h"
#include "db/db.h"

/* The demo's shop. */
#define SHOP_DEMO_ID "0198c0de-0000-7000-8000-000000000001"

/* One row; slices live in the arena it was read into. */
struct shop {
    struct str id;          /* UUID */
    struct str name;        /* as people read it */
    struct str owner_id;    /* the account of its owner */
    enum currency currency; /* of all its prices */
    enum language language; /* of its screens, and of messages to people without a wish */
    struct str timezone;    /* IANA name, such as "Asia/Jakarta" */
    bool free_form;    /* sells things that are not on its menu, at the price the customer names */
    bool open;         /* takes orders now: by its hours (moved by deadlines), and not paused */
    int64_t accept_us; /* how long an order may wait to be accepted; 0: as long as it takes */
};

/* Read one shop; false when there is none (or the connection failed). */
MUST_USE bool shop_by_id(struct db *db, struct str id, struct arena *arena, struct shop *shop_r);

/* The only shop of this house; false when there is none, or more than one. */
MUST_USE bool shop_default(struct db *db, struct arena *arena, struct shop *shop_r);

/* The only shop of this owner (his id or username); false when there is none, or more than one. */
MUST_USE bool shop_of_owner(struct db *db, struct str owner, struct arena *arena,
                            struct shop *shop_r);

/* Visit the shops by name, `limit` at most. What visit() is given lives in the arena. */
void shop_list(struct db *db, struct arena *arena, int64_t limit,
               void (*visit)(void *arg, const struct shop *s), void *arg);

/* Tell how a shop is now (shop.changed). In the writer's transaction. */
void shop_tell(struct db *tx, struct arena *arena, const struct shop *s, struct str actor,
               int64_t now_us);

#endif
