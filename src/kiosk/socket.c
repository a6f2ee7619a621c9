/* socket.c - the kiosk's socket at /ws: who may open one, what it is shown first, what it may say.
 */
#include "kiosk/socket.h"

#include "app/app.h"
#include "app/topic.h"
#include "kiosk/kiosk.h"
#include "menu/menu.h"
#include "order/parse.h"
#include "shop/shop.h"

#define IDLE_AFTER_S 60 /* without a touch, after which the page asks whether anybody is there */

/* ---- Opening ---- */

/* In --demo whoever brings neither a name nor a token stands at the first kiosk, as its machine. */
static bool admit_stranger(struct request *rq, struct str id)
{
    if (id.at || !app_config(rq->app)->demo)
        return refuse(rq, PROBLEM_NOT_LOGGED_IN, "a kiosk's socket needs a token");
    rq->caller =
        (struct caller){.role = ROLE_KIOSK, .id = STR(KIOSK_DEMO_1), .shop = STR(SHOP_DEMO_ID)};
    return true;
}

/* Does the browser bring no more than its cookie, to no kiosk in particular? Whoever it is, in the
 * demo he stands at the first kiosk. */
static bool looks_around(struct request *rq, struct str id)
{
    return !id.at && app_config(rq->app)->demo && !request_query(rq, "token").at &&
           !request_header(rq, "Authorization").at;
}

/* Whose shop the kiosk is in is known to the database only: kiosk_snapshot() asks. */
static bool may_open(struct request *rq, struct str id)
{
    const struct caller *c = &rq->caller;
    if (c->role == ROLE_NONE || (c->role != ROLE_KIOSK && looks_around(rq, id)))
        return admit_stranger(rq, id);
    if (c->role == ROLE_KIOSK)
        return !id.at || str_eq(id, c->id) ||
               refuse(rq, PROBLEM_FORBIDDEN, "the token is another kiosk's");
    if (!(WHO_STAFF & ROLE_BIT(c->role)))
        return refuse(rq, PROBLEM_FORBIDDEN, "for kiosks and the shop's staff");
    return id.at || refuse(rq, PROBLEM_BAD_INPUT, "?kiosk= must name a kiosk");
}

bool kiosk_admit(struct request *rq, struct socket_admission *a)
{
    struct str id = request_query(rq, "kiosk");
    if (!may_open(rq, id))
        return false;
    a->subject = id.at ? id : rq->caller.id;
    if (!kiosk_id_valid(a->subject))
        return refuse(rq, PROBLEM_BAD_INPUT, "?kiosk= is no kiosk's id");
    a->channels[0] = str_of(arena_printf(rq->arena, "kiosk:%.*s", STR_ARG(a->subject)));
    a->channel_count = 1;
    return true;
}

/* The kiosk this socket is about; false after refuse(). */
static bool find_own(struct request *rq, struct db *db, struct kiosk *k)
{
    if (!kiosk_find(db, rq->params[0], rq->arena, k))
        return refuse(rq, PROBLEM_NOT_FOUND, "no such kiosk");
    return kiosk_allows(k, &rq->caller) || refuse(rq, PROBLEM_FORBIDDEN, "not a kiosk of yours");
}

static void show_current(struct request *rq, const struct kiosk *k)
{
    jout_raw(reply_event(rq, arena_strdup(rq->arena, k->event)), k->values);
    reply_event_end(rq);
}

static bool simulated(const struct app_config *c)
{
    return (c->demo || c->sandbox) && !*c->midtrans_server_key;
}

void kiosk_snapshot(struct request *rq, struct db *db, int64_t head)
{
    struct kiosk k;
    struct shop shop;
    if (!find_own(rq, db, &k))
        return;
    if (!shop_by_id(db, k.shop_id, rq->arena, &shop)) {
        refuse(rq, PROBLEM_NOT_FOUND, "the kiosk's shop is gone");
        return;
    }
    struct jout *j = reply_event(rq, "CONNECTED");
    jout_object(j);
    jout_field_cstr(j, "address", arena_printf(rq->arena, "%.*s - connected", STR_ARG(rq->peer)));
    jout_field_str(j, "kiosk", k.id);
    jout_field_cstr(j, "state", kiosk_state_word(k.state));
    jout_field_int(j, "seq", head);
    jout_field_time(j, "now", rq->now_us);
    jout_field_cstr(j, "currency", currency_name(shop.currency));
    jout_field_cstr(j, "language", language_tag(shop.language));
    jout_field_str(j, "shop", shop.name);
    jout_field_int(j, "idle_after_s", IDLE_AFTER_S);
    jout_field_bool(j, "sandbox", simulated(app_config(rq->app)));
    jout_field_bool(j, "in_order", k.in_order);
    jout_object_end(j);
    reply_event_end(rq);
    show_current(rq, &k);
}

bool kiosk_render(const struct event *e, struct buf *out)
{
    if (!str_is(e->topic, TOPIC_KIOSK_SCREEN) && !str_is(e->topic, TOPIC_KIOSK_MENU))
        return false;
    buf_add_str(out, e->payload);
    return true;
}

/* ---- Commands ---- */

static struct str actor_of(struct request *rq)
{
    const char *kind = rq->caller.role == ROLE_KIOSK ? "kiosk" : "account";
    return str_of(arena_printf(rq->arena, "%s:%.*s", kind, STR_ARG(rq->caller.id)));
}

static void show_menu(struct request *rq, struct db *db)
{
    struct kiosk k;
    if (!find_own(rq, db, &k))
        return;
    menu_write_list(reply_event(rq, "SHOW_MENU"), db, k.shop_id);
    reply_event_end(rq);
}

/* {id, qty?, options?} */
static bool parse_wish(struct request *rq, const json_t *item, struct order_wish *wish)
{
    const json_t *qty = json_object_get(item, "qty");
    struct id id;
    wish->qty = 1;
    if (!json_text(item, "id").at)
        return refuse(rq, PROBLEM_BAD_INPUT, "values are {id,qty} or {items:[{id,qty}]}");
    if (!id_parse(json_text(item, "id"), &id))
        return refuse(rq, PROBLEM_UNKNOWN_PRODUCT, "no such product");
    wish->product_id = arena_str(rq->arena, id_str(&id));
    if (qty && (!json_int(item, "qty", &wish->qty) || wish->qty < 1 || wish->qty > ORDER_QTY_MAX))
        return refuse(rq, PROBLEM_BAD_QUANTITY, "qty must be 1 to %d", ORDER_QTY_MAX);
    return order_parse_options(rq->arena, item, wish) ||
           refuse(rq, PROBLEM_BAD_OPTIONS, "options must be a list of ids of choices");
}

static bool parse_wishes(struct request *rq, struct order_draft *d)
{
    const json_t *items = json_object_get(rq->body, "items");
    size_t count = items ? json_array_size(items) : 1;
    if (!json_is_object(rq->body) || count < 1 || count > ORDER_LINES_MAX)
        return refuse(rq, PROBLEM_BAD_INPUT, "values are {id,qty} or {items:[{id,qty}]}, 1 to %d",
                      ORDER_LINES_MAX);
    struct order_wish *wishes = arena_alloc(rq->arena, count * sizeof *wishes);
    d->wishes = wishes;
    d->wish_count = count;
    for (size_t i = 0; i < count; i++)
        if (!parse_wish(rq, items ? json_array_get(items, i) : rq->body, &wishes[i]))
            return false;
    return true;
}

static bool parse_order(struct request *rq)
{
    struct order_draft *d = rq->parsed = arena_alloc(rq->arena, sizeof *d);
    *d = (struct order_draft){
        .arena = rq->arena, .id = rq->id, .now_us = rq->now_us, .actor = actor_of(rq)};
    if (!parse_wishes(rq, d))
        return false;
    return app_online_payment(rq->app) ||
           refuse(rq, PROBLEM_PAYMENT_UNAVAILABLE, "no payment gateway is configured");
}

/* Nothing is answered here: the new screen is told to every socket of the kiosk. */
static void order(struct request *rq, struct db *tx)
{
    struct order_draft *d = rq->parsed;
    struct order_fault fault;
    struct kiosk k;
    struct shop shop;
    if (!find_own(rq, tx, &k))
        return;
    if (shop_by_id(tx, k.shop_id, rq->arena, &shop))
        d->language = shop.language;
    enum problem no = kiosk_order(tx, &k, d, &fault);
    if (no)
        refuse(rq, no, "%s", fault.reason ? fault.reason : problem_row(no)->title);
}

static void cancel(struct request *rq, struct db *tx)
{
    struct kiosk k;
    bool moved;
    if (!find_own(rq, tx, &k))
        return;
    kiosk_cancel(tx, rq->arena, &k, actor_of(rq), rq->now_us, &moved);
    if (!moved && k.state == KIOSK_IDLE)
        show_current(rq, &k);
}

/* {order_id} and, where something went wrong, a reason. */
struct word {
    struct str order_id; /* of the sale it is about */
    struct str reason;   /* at == NULL: it was given out */
};

static bool parse_vended(struct request *rq)
{
    struct word *w = rq->parsed = arena_alloc(rq->arena, sizeof *w);
    struct id id;
    if (!json_text(rq->body, "order_id").at)
        return refuse(rq, PROBLEM_BAD_INPUT, "values are {order_id}");
    if (!id_parse(json_text(rq->body, "order_id"), &id))
        return refuse(rq, PROBLEM_NOT_FOUND, "no such order");
    w->order_id = arena_str(rq->arena, id_str(&id));
    return true;
}

static bool parse_vend_failed(struct request *rq)
{
    if (!parse_vended(rq))
        return false;
    struct word *w = rq->parsed;
    w->reason = json_text(rq->body, "reason");
    if (!json_object_get(rq->body, "reason"))
        w->reason = STR("unknown");
    return (w->reason.at && menu_name_clean(&w->reason)) ||
           refuse(rq, PROBLEM_BAD_INPUT, "reason must be text of 1 to 120 characters");
}

static void vended(struct request *rq, struct db *tx)
{
    const struct word *w = rq->parsed;
    struct kiosk k;
    bool moved;
    if (!find_own(rq, tx, &k))
        return;
    enum problem no =
        kiosk_vended(tx, rq->arena, &k, w->order_id, w->reason, actor_of(rq), rq->now_us, &moved);
    if (no == PROBLEM_NOT_FOUND)
        refuse(rq, no, "no such order at this kiosk");
    else if (no)
        refuse(rq, no, "the order is not paid, or the machine has said otherwise before");
    else if (!moved)
        show_current(rq, &k);
}

const struct socket_command kiosk_commands[KIOSK_COMMANDS] = {
    {.event = "SHOW_MENU", .who = WHO_ANYONE, .on = RUN_READ, .run = show_menu},
    {.event = "ORDER", .who = WHO_ANYONE, .on = RUN_WRITE, .parse = parse_order, .run = order},
    {.event = "CANCEL", .who = WHO_ANYONE, .on = RUN_WRITE, .run = cancel},
    {.event = "VENDED",
     .who = ROLE_BIT(ROLE_KIOSK),
     .on = RUN_WRITE,
     .parse = parse_vended,
     .run = vended},
    {.event = "VEND_FAILED",
     .who = ROLE_BIT(ROLE_KIOSK),
     .on = RUN_WRITE,
     .parse = parse_vend_failed,
     .run = vended},
};
