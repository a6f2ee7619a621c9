/* edit.h - making shops and changing them, and the one place that decides whether a shop is open.
 *
 * Everything here runs in the writer's transaction and may run twice. Whether a shop is open is a
 * column, moved at each opening and closing by a deadline, so that placing an order only reads it.
 */
#ifndef PESAN_SHOP_EDIT_H
#define PESAN_SHOP_EDIT_H

#include "shop/hours.h"
#include "shop/shop.h"

#define SHOP_ACCEPT_MAX_S 86400 /* the longest an order may wait to be accepted */

/* What of a shop nobody needs who sells; slices live in the arena it was read into. */
struct shop_terms {
    bool paused;      /* takes no orders, whatever the hours say */
    struct str hours; /* as hours.h writes them; at == NULL: never closes */
};

/* What a change wishes; what is not wished stays. */
struct shop_change {
    struct str name;        /* at == NULL: no wish; clean */
    bool has_language;      /* language counts */
    enum language language; /* of its screens */
    struct str timezone;    /* at == NULL: no wish; not yet known to be one */
    bool has_free_form;     /* free_form counts */
    bool free_form;         /* sells what is not on its menu */
    bool has_paused;        /* paused counts */
    bool paused;            /* takes no orders */
    bool has_accept;        /* accept_us counts */
    int64_t accept_us;      /* 0 to SHOP_ACCEPT_MAX_S, in microseconds */
    bool has_hours;         /* hours count */
    struct hours hours;     /* checked */
};

void shop_terms(struct db *db, struct str shop_id, struct arena *arena, struct shop_terms *terms_r);

/* Write a new shop, open all the time, with its owner at work in it, and tell of both. NULL, or why
 * not: its time zone is none. */
MUST_USE const char *shop_add(struct db *tx, struct arena *arena, const struct shop *s,
                              struct str owner_name, struct str actor, int64_t now_us);

/* Make the changes and tell them (shop.changed); what is already so is neither written nor told.
 * Updates *s. NULL, or why not: the time zone is none; then nothing was written. */
MUST_USE const char *shop_edit(struct db *tx, struct arena *arena, struct shop *s,
                               const struct shop_change *change, struct str actor, int64_t now_us);

/* Another owner to stand for the shop, when the one who did owns it no more. */
void shop_owner_changed(struct db *tx, struct arena *arena, struct shop *s, struct str actor,
                        int64_t now_us);

/* It is time to open, to close, or to look again: a deadline of `HOURS_KEY<shop id>`. */
#define HOURS_KEY "hours:"
void shop_hours_due(struct db *tx, struct arena *arena, struct str shop_id, int64_t now_us);

#endif
