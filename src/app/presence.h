/* presence.h - who is there: how many devices of each account that works somewhere, or shares a
 * channel with others, hang on the house's live sockets, on whichever loop. A number under a lock;
 * nothing is told when it changes.
 */
#ifndef PESAN_APP_PRESENCE_H
#define PESAN_APP_PRESENCE_H

#include "base/str.h"

#define PRESENCE_GONE_MAX 10000 /* accounts without a device that are remembered */

struct presence;

MUST_USE struct presence *presence_new(void);
void presence_free(struct presence **p);

/* One device more, one less. Any thread. */
void presence_enter(struct presence *p, struct str account);
void presence_leave(struct presence *p, struct str account, int64_t now_us);

/* The account's devices now, and in *last_r when the last of them left; 0: it is there, or nothing
 * is remembered. Any thread. */
size_t presence_of(struct presence *p, struct str account, int64_t *last_r);

/* Is anybody there who works in this shop in one of these roles (role bits)? In a snapshot or a
 * unit; any thread. */
struct app;
struct db;
MUST_USE bool presence_in_shop(struct app *app, struct db *db, struct str shop_id, unsigned roles);

/* Is any device of this account there? Any thread. */
MUST_USE bool presence_of_account(struct app *app, struct str account);

/* GET /v1/shops/{shop_id}/presence: the shop's people, and whether they are there. */
struct request;
void presence_list(struct request *rq, struct db *db);

#endif
