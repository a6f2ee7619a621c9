/* hears.c - what happens to a kiosk from elsewhere: payment's answers, a changed menu, time. An
 * event about an order that is not on the screen any more never disturbs it. */
#include "app/topic.h"
#include "base/json.h"
#include "base/log.h"
#include "journal/journal.h"
#include "kiosk/sale.h"
#include "kiosk/screen.h"
#include "menu/menu.h"
#include "order/chosen.h"

#define SERVICE STR("service:kiosk")

/* The sale of an order and the kiosk it was made at; false when it is not a kiosk's. */
static bool find_both(struct db *tx, struct arena *arena, struct str order_id, struct sale *sale_r,
                      struct kiosk *kiosk_r)
{
    return sale_find(tx, order_id, arena, sale_r) &&
           kiosk_find(tx, sale_r->kiosk_id, arena, kiosk_r);
}

static void write_bought(struct jout *j, const struct order *o)
{
    jout_array(j);
    for (size_t i = 0; i < o->line_count; i++) {
        const struct order_line *line = &o->lines[i];
        jout_object(j);
        jout_field_str(j, "id", line->product_id);
        jout_field_str(j, "name", line->name);
        jout_field_int(j, "qty", line->qty);
        money_field(j, "price", line->price, o->currency);
        chosen_write_names(j, line->options, line->option_count);
        jout_object_end(j);
    }
    jout_array_end(j);
}

/* What the customer needs for paying, from the order and from what payment said of it. */
static struct str write_created(struct arena *arena, const struct order *o, const json_t *opened)
{
    static const char *const as_told[] = {"qr_string", "qr_url", "pay_url", "expires_at"};
    struct buf values = buf_in(arena);
    struct jout j = jout_to(&values);
    jout_object(&j);
    jout_field_str(&j, "order_id", o->id);
    jout_field_str(&j, "number", o->number);
    money_field(&j, "amount", o->total, o->currency);
    jout_field_cstr(&j, "currency", currency_name(o->currency));
    jout_key(&j, "items");
    write_bought(&j, o);
    for (size_t i = 0; i < ARRAY_LEN(as_told); i++) {
        struct str value = json_text(opened, as_told[i]);
        if (value.at)
            jout_field_str(&j, as_told[i], value);
    }
    jout_object_end(&j);
    return buf_str(&values);
}

void kiosk_payment_opened(struct db *tx, struct arena *arena, struct str order_id,
                          const json_t *opened, int64_t now_us)
{
    struct sale sale;
    struct kiosk k;
    struct order o;
    if (!find_both(tx, arena, order_id, &sale, &k) || sale.state != SALE_OPEN ||
        !screen_may(&k, order_id, KIOSK_ORDER_CREATED) || !order_find(tx, order_id, arena, &o))
        return;
    order_read_lines(tx, arena, &o);
    struct screen s = {.state = KIOSK_ORDER_CREATED,
                       .event = kiosk_state_word(KIOSK_ORDER_CREATED),
                       .values = write_created(arena, &o, opened),
                       .order_id = o.id};
    screen_show(tx, arena, &k, &s, SERVICE, now_us);
}

void kiosk_paid(struct db *tx, struct arena *arena, struct str order_id, int64_t now_us)
{
    struct sale sale;
    struct kiosk k;
    struct order o;
    if (!find_both(tx, arena, order_id, &sale, &k) || !sale_may_move(sale.state, SALE_PAID))
        return;
    sale_move(tx, arena, &sale, SALE_PAID, now_us);
    if (screen_may(&k, order_id, KIOSK_PAYMENT_SUCCESS) && order_find(tx, order_id, arena, &o))
        screen_success(tx, arena, &k, &o, now_us);
}

void kiosk_not_paid(struct db *tx, struct arena *arena, struct str order_id, struct str reason,
                    int64_t now_us)
{
    struct sale sale;
    struct kiosk k;
    if (!find_both(tx, arena, order_id, &sale, &k) || !sale_may_move(sale.state, SALE_CLOSED))
        return;
    sale_move(tx, arena, &sale, SALE_CLOSED, now_us);
    if (!screen_may(&k, order_id, KIOSK_PAYMENT_FAILED))
        return;
    if (str_is(reason, "cancelled"))
        screen_rest(tx, arena, &k, SERVICE, now_us);
    else
        screen_failed(tx, arena, &k, reason, SERVICE, now_us);
}

/* A menu on its way to the kiosks of a shop. */
struct fan_out {
    struct db *tx;
    struct arena *arena;
    struct str shop_id;                        /* whose menu */
    struct str payload;                        /* the finished frame */
    struct str channels[JOURNAL_CHANNELS_MAX]; /* of the kiosks found so far */
    size_t count;
    int64_t now_us;
};

static void send_menu(struct fan_out *f)
{
    if (f->count == 0)
        return;
    journal_append(f->tx, &(struct event_draft){.topic = TOPIC_KIOSK_MENU,
                                                .key = f->shop_id,
                                                .actor = SERVICE,
                                                .at_us = f->now_us,
                                                .payload = f->payload,
                                                .channels = f->channels,
                                                .channel_count = f->count});
    f->count = 0;
}

static void add_kiosk(void *arg, const struct kiosk *k)
{
    struct fan_out *f = arg;
    if (f->count == JOURNAL_CHANNELS_MAX)
        send_menu(f);
    f->channels[f->count++] = str_of(arena_printf(f->arena, "kiosk:%.*s", STR_ARG(k->id)));
}

void kiosk_menu_changed(struct db *tx, struct arena *arena, struct str shop_id, int64_t now_us)
{
    struct buf payload = buf_in(arena);
    struct jout j = jout_to(&payload);
    jout_object(&j);
    jout_field_cstr(&j, "event", "SHOW_MENU");
    jout_key(&j, "values");
    menu_write_list(&j, tx, shop_id);
    jout_object_end(&j);
    if (payload.len > (size_t)JOURNAL_PAYLOAD_MAX) {
        log_error("KIOSK-MENU-LARGE", LOG_S("shop", shop_id), LOG_N("bytes", payload.len));
        return;
    }
    struct fan_out *f = arena_alloc(arena, sizeof *f);
    *f = (struct fan_out){.tx = tx,
                          .arena = arena,
                          .shop_id = shop_id,
                          .payload = buf_str(&payload),
                          .now_us = now_us};
    kiosk_list(tx, shop_id, arena, add_kiosk, f);
    send_menu(f);
}

/* A screen has been there long enough. */
static void screen_due(struct db *tx, struct arena *arena, struct str id, int64_t now_us)
{
    struct kiosk k;
    struct order o;
    if (!kiosk_find(tx, id, arena, &k) || k.until_us == 0 || now_us < k.until_us)
        return;
    if (k.state != KIOSK_MENU_CLICKED) {
        screen_rest(tx, arena, &k, SERVICE, now_us);
        return;
    }
    /* Payment is silent. It may still hear us, so it is asked to leave the order alone. */
    if (order_find(tx, k.order_id, arena, &o))
        (void)order_cancel(
            tx, arena, &o,
            &(struct order_act){
                .actor = SERVICE, .device = k.id, .reason = STR("unavailable"), .now_us = now_us});
    screen_failed(tx, arena, &k, STR("unavailable"), SERVICE, now_us);
}

/* The machine has been silent for too long. */
static void vend_due(struct db *tx, struct arena *arena, struct str order_id, int64_t now_us)
{
    struct sale sale;
    if (!sale_find(tx, order_id, arena, &sale) || sale.state != SALE_PAID)
        return;
    sale_move(tx, arena, &sale, SALE_OVERDUE, now_us);
    sale_tell(tx, arena, TOPIC_KIOSK_VEND_OVERDUE, &sale, (struct str){0}, SERVICE, now_us);
}

void kiosk_due(struct db *tx, struct str key, int64_t now_us)
{
    struct arena *arena = arena_new(65536);
    struct str id = key;
    struct str what = str_cut(&id, ':');
    if (str_is(what, "screen"))
        screen_due(tx, arena, id, now_us);
    else if (str_is(what, "vend"))
        vend_due(tx, arena, id, now_us);
    arena_free(&arena);
}
