/* routes.c - the payment service's routes: what is to be paid, the QR, what people should look at,
 * and giving money back. */
#include "payment/routes.h"

#include "app/app.h"
#include "app/people.h"
#include "app/qr.h"
#include "payment/gateway.h"
#include "payment/ledger.h"
#include "payment/webhook.h"

#define REFUND_BODY_MAX 4096
#define REASON_MAX      255
#define LIST_DEFAULT    50
#define LIST_MAX        200

/* ---- Who may see what ---- */

static bool may_see(const struct caller *c, const struct payment *p)
{
    if (c->role == ROLE_KIOSK)
        return p->kiosk_id.at && str_eq(c->id, p->kiosk_id);
    return caller_works_in(c, p->shop_id, WHO_STAFF) ||
           (p->account_id.at && str_eq(c->id, p->account_id));
}

/* The id in the path, in lower case; false when it is none. */
static bool path_id(struct request *rq)
{
    struct id *id = arena_alloc(rq->arena, sizeof *id);
    if (!id_parse(rq->params[0], id))
        return refuse(rq, PROBLEM_NOT_FOUND, NULL);
    rq->params[0] = id_str(id);
    return true;
}

/* ---- Writing ---- */

static void write_money(struct jout *j, const char *key, int64_t amount, struct str currency)
{
    jout_key(j, key);
    jout_object(j);
    jout_field_int(j, "amount", amount);
    jout_field_str(j, "currency", currency);
    jout_object_end(j);
}

static const char *qr_url(struct arena *arena, const struct payment *p)
{
    return arena_printf(arena, "/v1/payments/%s/qr.svg", p->id.text);
}

/* A time, or null before it has come. */
static void write_time(struct jout *j, const char *key, int64_t utc_us)
{
    if (utc_us > 0) {
        jout_field_time(j, key, utc_us);
        return;
    }
    jout_key(j, key);
    jout_null(j);
}

static void write_facts(struct jout *j, const struct payment *p)
{
    jout_field_str(j, "payment_id", id_str(&p->id));
    jout_field_str(j, "order_id", p->order_id);
    jout_field_cstr(j, "state", payment_state_word(p->state));
    jout_field_str(j, "reason", p->reason);
    jout_field_str(j, "method", p->method);
    write_money(j, "amount", p->amount, p->currency);
    write_money(j, "refunded", p->returned, p->currency);
    write_time(j, "created_at", p->created_at);
    write_time(j, "expires_at", p->expires_at);
    write_time(j, "paid_at", p->paid_at);
    jout_field_bool(j, "late", p->late);
    jout_field_str(j, "attention", p->attention);
}

/* ---- GET /v1/orders/{order_id}/payment ---- */

static void run_of_order(struct request *rq, struct db *db)
{
    struct payment p;
    if (!payment_of_order(db, rq->arena, rq->params[0], &p) || !may_see(&rq->caller, &p)) {
        refuse(rq, PROBLEM_NOT_FOUND, NULL);
        return;
    }
    struct jout *j = reply_json(rq, 200);
    jout_object(j);
    write_facts(j, &p);
    jout_field_str(j, "qr_string", p.qr_string);
    jout_field_cstr(j, "qr_url", p.opened_at > 0 ? qr_url(rq->arena, &p) : NULL);
    jout_field_str(j, "pay_url", p.pay_url);
    jout_key(j, "ledger");
    ledger_write(j, db, &p.id);
    jout_object_end(j);
}

/* ---- GET /v1/payments/{payment_id}/qr.svg ---- */

static void run_qr(struct request *rq, struct db *db)
{
    struct payment p;
    struct buf svg = buf_in(rq->arena);
    bool known = payment_load(db, rq->arena, rq->params[0], &p);
    /* Without a QR of the gateway's the page to pay at is shown as one. */
    if (!known || !qr_svg(&svg, p.qr_string.at ? p.qr_string : p.pay_url)) {
        refuse(rq, PROBLEM_NOT_FOUND, NULL);
        return;
    }
    reply_bytes(rq, 200, "image/svg+xml", buf_str(&svg));
    reply_header(rq, "Cache-Control", STR("public, max-age=86400, immutable"));
}

/* ---- GET /v1/payments ---- */

struct list_query {
    int64_t limit;     /* 1 to LIST_MAX */
    struct str before; /* id; '~' stands behind all */
    struct str shop;   /* whose; "": all shops' */
    bool attention;    /* only what people should look at */
};

static bool parse_list(struct request *rq)
{
    struct list_query *q = arena_alloc(rq->arena, sizeof *q);
    struct str limit = request_query(rq, "limit");
    uint64_t number = LIST_DEFAULT;
    if (limit.at && (!str_to_u64(limit, LIST_MAX, &number) || number == 0))
        return refuse(rq, PROBLEM_BAD_INPUT, "limit must be 1 to %d", LIST_MAX);
    q->limit = (int64_t)number;
    q->before = request_query(rq, "before");
    if (!q->before.at)
        q->before = STR("~");
    q->attention = str_is(request_query(rq, "attention"), "1");
    if (!request_shop(rq, WHO_STAFF, &q->shop))
        return false;
    if (!q->shop.at)
        q->shop = STR("");
    rq->parsed = q;
    return true;
}

static void write_payment(struct jout *j, const struct payment *p)
{
    jout_object(j);
    jout_field_cstr(j, "kind", "payment");
    jout_field_str(j, "id", id_str(&p->id));
    write_facts(j, p);
    jout_object_end(j);
}

static void write_notification(struct jout *j, struct db_rows *rows)
{
    jout_object(j);
    jout_field_cstr(j, "kind", "notification");
    jout_field_str(j, "id", db_text(rows, 0));
    jout_field_time(j, "at", db_int(rows, 1));
    jout_field_str(j, "claims_order_id", db_text(rows, 2));
    jout_field_str(j, "payment_id", db_text(rows, 3));
    jout_field_str(j, "attention", db_text(rows, 4));
    jout_field_str(j, "claims_status", db_text(rows, 5));
    jout_object_end(j);
}

/* Refused and doubtful ones of the shop; those that name no payment of anybody's are shown to all
 * staff. */
static struct db_rows *select_notifications(struct db *db, const struct list_query *q)
{
    return db_query(db,
                    "SELECT id, at, order_id, payment_id, verdict, status"
                    " FROM payment_notifications"
                    " WHERE verdict IN ('bad-signature', 'wrong-amount', 'unknown-order')"
                    " AND id < ? AND (shop_id = ? OR shop_id IS NULL OR ? = '')"
                    " ORDER BY id DESC LIMIT ?",
                    DB_TEXT(q->before), DB_TEXT(q->shop), DB_TEXT(q->shop), DB_INT(q->limit));
}

/* Both kinds, newest first. */
static void write_attention(struct jout *j, struct db *db, struct arena *arena,
                            const struct list_query *q)
{
    struct db_rows *payments = payment_select(db, q->shop, q->before, true, q->limit);
    struct db_rows *notifications = select_notifications(db, q);
    struct payment p;
    bool more_p = payment_next(payments, arena, &p);
    bool more_n = db_row(notifications);
    for (int64_t left = q->limit; left > 0 && (more_p || more_n); left--) {
        struct str n_id = more_n ? db_text(notifications, 0) : (struct str){NULL, 0};
        bool payment_first =
            more_p && (!more_n || n_id.len != ID_LEN || memcmp(p.id.text, n_id.at, ID_LEN) > 0);
        if (payment_first) {
            write_payment(j, &p);
            more_p = payment_next(payments, arena, &p);
        } else {
            write_notification(j, notifications);
            more_n = db_row(notifications);
        }
    }
    db_end(notifications);
    db_end(payments);
}

static void write_all(struct jout *j, struct db *db, struct arena *arena,
                      const struct list_query *q)
{
    struct db_rows *rows = payment_select(db, q->shop, q->before, false, q->limit);
    struct payment p;
    while (payment_next(rows, arena, &p))
        write_payment(j, &p);
    db_end(rows);
}

static void run_list(struct request *rq, struct db *db)
{
    const struct list_query *q = rq->parsed;
    struct jout *j = reply_json(rq, 200);
    jout_array(j);
    if (q->attention)
        write_attention(j, db, rq->arena, q);
    else
        write_all(j, db, rq->arena, q);
    jout_array_end(j);
}

/* ---- POST /v1/payments/{payment_id}/refund ---- */

struct refund_wish {
    int64_t amount;    /* 0: all that is held */
    struct str reason; /* of whoever asks */
};

static bool parse_refund(struct request *rq)
{
    struct refund_wish *w = arena_alloc(rq->arena, sizeof *w);
    const json_t *amount = json_object_get(rq->body, "amount");
    const json_t *reason = json_object_get(rq->body, "reason");
    if (!path_id(rq))
        return false;
    if (rq->body && !json_is_object(rq->body))
        return refuse_field(rq, PROBLEM_BAD_INPUT, "", "must be an object");
    if (amount &&
        (!json_int(rq->body, "amount", &w->amount) || w->amount <= 0 || w->amount % 100 != 0))
        return refuse_field(rq, PROBLEM_BAD_INPUT, "/amount",
                            "minor units of whole rupiah, greater than 0");
    w->reason = json_text(rq->body, "reason");
    if (reason && (!w->reason.at || w->reason.len > REASON_MAX))
        return refuse_field(rq, PROBLEM_BAD_INPUT, "/reason", "text of at most 255 bytes");
    if (w->reason.len > 0 && !str_clean(&w->reason, REASON_MAX))
        return refuse_field(rq, PROBLEM_BAD_INPUT, "/reason", "text without control characters");
    if (w->reason.len == 0)
        w->reason = STR("requested");
    rq->parsed = w;
    return true;
}

static void answer_refund(struct request *rq, const struct payment *p, int64_t amount)
{
    struct jout *j = reply_json(rq, 202);
    jout_object(j);
    jout_field_str(j, "refund_id", id_str(&rq->id));
    jout_field_str(j, "payment_id", id_str(&p->id));
    jout_field_str(j, "order_id", p->order_id);
    jout_field_cstr(j, "state", payment_state_word(p->state));
    write_money(j, "amount", amount, p->currency);
    jout_object_end(j);
}

static void run_refund(struct request *rq, struct db *tx)
{
    const struct refund_wish *w = rq->parsed;
    struct payment p;
    if (!payment_load(tx, rq->arena, rq->params[0], &p) ||
        !caller_works_in(&rq->caller, p.shop_id, WHO_HEADS)) {
        refuse(rq, PROBLEM_NOT_FOUND, NULL);
        return;
    }
    struct change c = {.tx = tx,
                       .arena = rq->arena,
                       .p = &p,
                       .now_us = rq->now_us,
                       .actor =
                           str_of(arena_printf(rq->arena, "account:%.*s", STR_ARG(rq->caller.id))),
                       .metric = METRIC_COUNT};
    int64_t held = ledger_held(tx, &p.id);
    int64_t amount = w->amount > 0 ? w->amount : held;
    if (!payment_refund(&c, &rq->id, amount, w->reason)) {
        refuse(rq, PROBLEM_CONFLICT, "the payment is %s and holds %lld minor units",
               payment_state_word(p.state), (long long)held);
        return;
    }
    payment_save(tx, &p);
    worker_ring(&gateway_bell);
    answer_refund(rq, &p, amount);
}

const struct route payment_routes[PAYMENT_ROUTES] = {
    {.name = "payment.of_order",
     .method = "GET",
     .pattern = "/v1/orders/{order_id}/payment",
     .who = WHO_PERSON | ROLE_BIT(ROLE_KIOSK),
     .flags = ROUTE_FOLLOWS,
     .on = RUN_READ,
     .parse = path_id,
     .run = run_of_order},
    {.name = "payment.qr",
     .method = "GET",
     .pattern = "/v1/payments/{payment_id}/qr.svg",
     .who = WHO_ANYONE,
     .on = RUN_READ,
     .parse = path_id,
     .run = run_qr},
    {.name = "payment.list",
     .method = "GET",
     .pattern = "/v1/payments",
     .who = WHO_STAFF,
     .flags = ROUTE_FOLLOWS,
     .on = RUN_READ,
     .parse = parse_list,
     .run = run_list},
    {.name = "payment.refund",
     .method = "POST",
     .pattern = "/v1/payments/{payment_id}/refund",
     .who = WHO_HEADS,
     .flags = ROUTE_FOLLOWS,
     .on = RUN_WRITE,
     .body_max = REFUND_BODY_MAX,
     .parse = parse_refund,
     .run = run_refund},
    {.name = "payment.notification",
     .method = "POST",
     .pattern = "/payments/midtrans/notification",
     .who = WHO_ANYONE,
     .flags = ROUTE_ANY_BODY,
     .on = RUN_WRITE,
     .body_max = WEBHOOK_BODY_MAX,
     .parse = webhook_parse,
     .run = webhook_run},
};
