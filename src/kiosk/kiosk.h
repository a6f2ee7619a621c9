/* kiosk.h - kiosks: one screen each, owned by the server, and what a customer, the machine and the
 * shop's people may do with it.
 *
 * Everything that writes runs in the writer's transaction and may run twice. A change of the screen
 * is one event kiosk.screen on the kiosk's channel; whoever shows the kiosk reads only that. */
#ifndef PESAN_KIOSK_KIOSK_H
#define PESAN_KIOSK_KIOSK_H

#include "app/token.h"
#include "base/clock.h"
#include "base/json.h"
#include "order/order.h"

#define KIOSK_DEMO_1 "KIOSK1"
#define KIOSK_DEMO_2 "KIOSK2"

#define KIOSK_ID_MAX      64              /* letters, digits, '-' and '_' */
#define KIOSK_REST_US     (10 * US_PER_S) /* how long the end of a sale is shown */
#define KIOSK_PATIENCE_US (60 * US_PER_S) /* how long we wait for payment to open */
#define KIOSK_VEND_US     (60 * US_PER_S) /* how long the machine may be silent */

enum kiosk_state {
#define KIOSK_STATE(name, meaning) KIOSK_##name,
#include "kiosk/tbl/screens.h"
    KIOSK_STATE_COUNT
};

/* One row; slices live in the arena it was read into. */
struct kiosk {
    struct str id;          /* as in its URL: "KIOSK1" */
    struct str shop_id;     /* whose it is */
    struct str name;        /* as the shop's people call it */
    enum kiosk_state state; /* which screen */
    struct str order_id;    /* the order on the screen; at == NULL: none */
    struct str event;       /* the screen as it was last told: its frame's event, */
    struct str values;      /* and its frame's values, JSON */
    bool in_order;          /* takes orders */
    int64_t until_us;       /* UTC, when the screen gives way by itself; 0: never */
    int64_t changed_us;     /* UTC, of the last change */
};

const char *kiosk_state_word(enum kiosk_state s);
bool kiosk_may_move(enum kiosk_state from, enum kiosk_state to);

/* Could this be a kiosk's id? It becomes the name of a channel. */
bool kiosk_id_valid(struct str id);

/* Read one kiosk; false when there is none (or the connection failed). */
MUST_USE bool kiosk_find(struct db *db, struct str id, struct arena *arena, struct kiosk *kiosk_r);

/* The caller a device token for this kiosk speaks of; expires_us is left to the one who issues it.
 * False when there is no such kiosk. */
MUST_USE bool kiosk_caller(struct db *db, struct str id, struct arena *arena,
                           struct caller *caller_r);

/* May the caller act on this kiosk: the kiosk itself, or its shop's staff? */
bool kiosk_allows(const struct kiosk *k, const struct caller *c);

/* Visit the kiosks of a shop (at == NULL: of all shops) by id. What visit() is given lives in the
 * arena. */
void kiosk_list(struct db *db, struct str shop_id, struct arena *arena,
                void (*visit)(void *arg, const struct kiosk *k), void *arg);

/* What a customer orders here; the draft's wishes, id, time and actor count, the rest is the
 * kiosk's. PROBLEM_NONE: the order is written and the screen is MENU_CLICKED. */
MUST_USE enum problem kiosk_order(struct db *tx, struct kiosk *k, struct order_draft *draft,
                                  struct order_fault *fault_r);

/* The customer gives up. With an order open payment is asked first, and answers by event; else the
 * screen goes to rest. *moved_r: the screen has changed. */
void kiosk_cancel(struct db *tx, struct arena *arena, struct kiosk *k, struct str actor,
                  int64_t now_us, bool *moved_r);

/* What the machine says of a paid order of this kiosk; a repeat changes nothing. *moved_r: the
 * screen has changed. `reason` is why it failed; at == NULL: it was given out. */
MUST_USE enum problem kiosk_vended(struct db *tx, struct arena *arena, struct kiosk *k,
                                   struct str order_id, struct str reason, struct str actor,
                                   int64_t now_us, bool *moved_r);

/* Take orders or not. A sale that runs is finished first. Updates *k. */
void kiosk_set_in_order(struct db *tx, struct arena *arena, struct kiosk *k, bool in_order,
                        struct str actor, int64_t now_us);

/* Call it something else. Updates *k; `name` is clean. */
void kiosk_rename(struct db *tx, struct kiosk *k, struct str name, int64_t now_us);

/* The answers of payment about an order, wherever it was placed. `opened` is the payload of
 * payment.opened. */
void kiosk_payment_opened(struct db *tx, struct arena *arena, struct str order_id,
                          const json_t *opened, int64_t now_us);
void kiosk_paid(struct db *tx, struct arena *arena, struct str order_id, int64_t now_us);
void kiosk_not_paid(struct db *tx, struct arena *arena, struct str order_id, struct str reason,
                    int64_t now_us);

/* The menu of a shop has changed: show it on all its kiosks. */
void kiosk_menu_changed(struct db *tx, struct arena *arena, struct str shop_id, int64_t now_us);

/* A deadline of ours is due (deadline.h). */
void kiosk_due(struct db *tx, struct str key, int64_t now_us);

#endif
