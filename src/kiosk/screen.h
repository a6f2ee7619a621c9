/* screen.h - the only code that changes what a kiosk shows. */
#ifndef PESAN_KIOSK_SCREEN_H
#define PESAN_KIOSK_SCREEN_H

#include "kiosk/kiosk.h"

/* What is shown. */
struct screen {
    enum kiosk_state state; /* which */
    const char *event;      /* of its frame */
    struct str values;      /* of its frame, JSON */
    struct str order_id;    /* the order it is about; at == NULL: none */
    int64_t until_us;       /* UTC, when it gives way by itself; 0: never */
};

/* Write it, arm its deadline, tell it. Updates *k, whose slices then are the screen's. */
void screen_show(struct db *tx, struct arena *arena, struct kiosk *k, const struct screen *s,
                 struct str actor, int64_t now_us);

/* No customer: IDLE, or OUT_OF_ORDER where no orders are taken. */
void screen_rest(struct db *tx, struct arena *arena, struct kiosk *k, struct str actor,
                 int64_t now_us);

/* The end of a sale, for KIOSK_REST_US: PAYMENT_SUCCESS, and PAYMENT_FAILED with its reason. */
void screen_success(struct db *tx, struct arena *arena, struct kiosk *k, const struct order *o,
                    int64_t now_us);
void screen_failed(struct db *tx, struct arena *arena, struct kiosk *k, struct str reason,
                   struct str actor, int64_t now_us);

/* Is this order on the screen, and may the screen go there? */
bool screen_may(const struct kiosk *k, struct str order_id, enum kiosk_state to);

#endif
