/* fixture.h - for tests only: a house that takes orders, and a draft to fill in. Include after
 * cmocka's headers. */
#ifndef PESAN_ORDER_FIXTURE_H
#define PESAN_ORDER_FIXTURE_H

#include "account/account.h"
#include "account/account_service.h"
#include "account/fixture.h"
#include "app/topic.h"
#include "menu/menu.h"
#include "menu/menu_service.h"
#include "order/order.h"
#include "order/order_service.h"
#include "shop/shop.h"
#include "shop/shop_service.h"

/* What place_draft() is given and what it left. Belongs to the writer while a unit is away. */
static struct {
    struct arena *arena;
    struct order_draft draft;
    struct order order;
    struct order_fault fault;
    enum problem problem;
} placing;

static inline void placing_init(void)
{
    memset(&placing, 0, sizeof placing);
    placing.arena = arena_new(1 << 22);
}

static inline void placing_fini(void)
{
    arena_free(&placing.arena);
}

/* Set up and tear down a house that takes orders. */
static inline int placing_setup(void **state)
{
    static const struct service *const all[] = {&account_service, &shop_service, &menu_service,
                                                &order_service};
    (void)state;
    trade_init(all, ARRAY_LEN(all));
    placing_init();
    return 0;
}

static inline int placing_teardown(void **state)
{
    (void)state;
    placing_fini();
    trade_fini();
    return 0;
}

static inline void place_draft(struct task *t, struct db *tx)
{
    (void)t;
    placing.problem = order_place(tx, &placing.draft, &placing.order, &placing.fault);
}

/* Order these wishes as USER0001 at the counter. */
static inline enum problem place(const struct order_wish *wishes, size_t count)
{
    placing.draft = (struct order_draft){.arena = placing.arena,
                                         .id = id_new(),
                                         .now_us = TRADE_NOW,
                                         .actor = STR("account:u"),
                                         .account_id = str_of(ACCOUNT_DEMO_USER1),
                                         .username = STR("USER0001"),
                                         .via = VIA_API,
                                         .pay = placing.draft.pay,
                                         .language = LANG_KO,
                                         .wishes = wishes,
                                         .wish_count = count};
    trade_do(place_draft);
    return placing.problem;
}

/* Append an event as payment would. */
static struct {
    const char *topic;
    char payload[1024];
} paying;

static inline void append_payment(struct task *t, struct db *tx)
{
    (void)t;
    journal_append(tx, &(struct event_draft){.topic = paying.topic,
                                             .key = STR("k"),
                                             .actor = STR("service:payment"),
                                             .at_us = TRADE_NOW,
                                             .payload = str_of(paying.payload),
                                             .channels = &STR("order:x"),
                                             .channel_count = 1});
}

/* Payment says this about an order: more fields as JSON text, beginning with a comma. */
static inline void payment_says(const char *topic, struct str order_id, const char *more)
{
    paying.topic = topic;
    snprintf(paying.payload, sizeof paying.payload, "{\"order_id\":\"%.*s\"%s}", STR_ARG(order_id),
             more);
    trade_do(append_payment);
}

#endif
