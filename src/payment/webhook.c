/* webhook.c - the gateway's notifications: kept, checked, and answered after the durable write.
 *
 * A notification never moves a payment. A good one makes us ask the gateway for the status at once;
 * a forged one is shown to people. So repeats, late ones and wrong order do no harm. */
#include "payment/webhook.h"

#include <stdio.h>

#include "app/topic.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "payment/gateway.h"

#define KEPT_BODY_MAX  4096 /* bytes of a body that are kept */
#define KEPT_ORDER_MAX 64
#define KEPT_FOR_US    (90 * INT64_C(86400) * US_PER_S)
#define REFUSED_WINDOW (3600 * US_PER_S)
#define REFUSED_MAX    100 /* forged ones kept in that window; more are only counted */

/* A notification as it was read. */
struct notification {
    struct midtrans_answer a; /* its fields */
    bool genuine;             /* signed with our key */
    struct str body;          /* without its signature, cut */
};

/* Cut to `max` bytes, not within a character. */
static struct str cut(struct str s, size_t max)
{
    if (s.len > max) {
        s.len = max;
        while (s.len > 0 && (s.at[s.len] & 0xC0) == 0x80)
            s.len--;
    }
    return s;
}

/* Signatures are not kept: with the other fields they would prove guesses of the key. */
static struct str without_signature(struct request *rq)
{
    const char *why;
    struct buf text = buf_in(rq->arena);
    json_t *body = json_read(rq->raw, &why);
    json_object_del(body, "signature_key");
    json_write(&text, body);
    json_decref(body);
    return cut(buf_str(&text), KEPT_BODY_MAX);
}

bool webhook_parse(struct request *rq)
{
    struct str key = gateway_key(app_config(rq->app));
    struct notification *n = arena_alloc(rq->arena, sizeof *n);
    if (!key.at)
        return refuse(rq, PROBLEM_PAYMENT_UNAVAILABLE, "no payment gateway is configured");
    if (!midtrans_read(rq->arena, 200, rq->raw, &n->a))
        return refuse(rq, PROBLEM_BAD_JSON, "a JSON object is expected");
    if (!n->a.order_id.at || !n->a.code_text.at || !n->a.gross_amount.at)
        return refuse(rq, PROBLEM_BAD_INPUT, "order_id, status_code and gross_amount are required");
    n->genuine = midtrans_signed(&n->a, key);
    n->body = without_signature(rq);
    if (!n->genuine)
        metric_add(METRIC_WEBHOOK_REFUSED, 1);
    rq->parsed = n;
    return true;
}

/* The least UUIDv7 of a moment. */
static struct id id_of_time(int64_t utc_us)
{
    struct id id;
    uint64_t ms = utc_us > 0 ? (uint64_t)utc_us / 1000 : 0;
    snprintf(id.text, sizeof id.text, "%08x-%04x-7000-8000-000000000000", (unsigned)(ms >> 16),
             (unsigned)(ms & 0xFFFF));
    return id;
}

static bool too_many_refused(struct db *tx, int64_t now_us)
{
    struct id since = id_of_time(now_us - REFUSED_WINDOW);
    struct db_rows *rows = db_query(
        tx, "SELECT COUNT(*) FROM payment_notifications WHERE verdict = 'bad-signature' AND id > ?",
        DB_ID(&since));
    bool many = db_row(rows) && db_int(rows, 0) >= REFUSED_MAX;
    db_end(rows);
    return many;
}

static void keep(struct request *rq, struct db *tx, const struct notification *n,
                 const struct payment *p, const char *verdict)
{
    struct id oldest = id_of_time(rq->now_us - KEPT_FOR_US);
    db_exec(tx, "DELETE FROM payment_notifications WHERE id < ?", DB_ID(&oldest));
    db_exec(tx,
            "INSERT INTO payment_notifications"
            " (id, at, order_id, payment_id, shop_id, verdict, status, body)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            DB_ID(&rq->id), DB_INT(rq->now_us), DB_TEXT(cut(n->a.order_id, KEPT_ORDER_MAX)),
            p ? DB_ID(&p->id) : DB_NULL, p ? DB_TEXT(p->shop_id) : DB_NULL, DB_CSTR(verdict),
            DB_CSTR(midtrans_status_word(n->a.status)), DB_TEXT(n->body));
}

/* Show one that belongs to no change of a payment; its shop is told, if it names one. */
static void show(struct request *rq, struct db *tx, const struct notification *n,
                 const struct payment *p, const char *reason)
{
    struct buf text = buf_in(rq->arena);
    struct jout j = jout_to(&text);
    struct str channel = {NULL, 0};
    jout_object(&j);
    if (p) {
        jout_field_str(&j, "payment_id", id_str(&p->id));
        jout_field_str(&j, "order_id", p->order_id);
        channel = str_of(arena_printf(rq->arena, "shop:%.*s", STR_ARG(p->shop_id)));
    }
    jout_field_cstr(&j, "reason", reason);
    jout_field_str(&j, "detail", cut(n->a.order_id, KEPT_ORDER_MAX));
    jout_object_end(&j);
    journal_append(tx, &(struct event_draft){.topic = TOPIC_PAYMENT_ATTENTION,
                                             .key = p ? p->order_id : id_str(&rq->id),
                                             .actor = STR("gateway"),
                                             .at_us = rq->now_us,
                                             .payload = buf_str(&text),
                                             .channels = &channel,
                                             .channel_count = p ? 1 : 0});
    log_warn("PAYMENT-NOTIFICATION", LOG_C("reason", reason), LOG_S("peer", rq->peer),
             LOG_S("order", n->a.order_id));
}

static void refuse_forged(struct request *rq, struct db *tx, const struct notification *n,
                          const struct payment *p)
{
    if (!too_many_refused(tx, rq->now_us)) {
        keep(rq, tx, n, p, "bad-signature");
        show(rq, tx, n, p, "bad-signature");
    }
    refuse(rq, PROBLEM_BAD_SIGNATURE, NULL);
}

/* Ask for the status now, unless something weightier is asked already. */
static void nudge(struct payment *p, int64_t now_us)
{
    if (p->ask == ASK_NOTHING || p->ask == ASK_STATUS)
        payment_ask(p, ASK_STATUS, now_us);
}

static void accept(struct request *rq, struct db *tx, const struct notification *n,
                   struct payment *p)
{
    struct change c = {.tx = tx,
                       .arena = rq->arena,
                       .p = p,
                       .now_us = rq->now_us,
                       .actor = STR("gateway"),
                       .metric = METRIC_COUNT};
    int64_t amount;
    bool agrees = midtrans_amount(&n->a, &amount) && amount == p->amount;
    keep(rq, tx, n, p, agrees ? "accepted" : "wrong-amount");
    if (!agrees)
        payment_attention(&c, "wrong-amount", "a notification tells of another amount");
    nudge(p, rq->now_us);
    payment_save(tx, p);
    worker_ring(&gateway_bell);
}

void webhook_run(struct request *rq, struct db *tx)
{
    struct notification *n = rq->parsed;
    struct payment p;
    bool known = payment_load(tx, rq->arena, n->a.order_id, &p);
    if (!n->genuine) {
        refuse_forged(rq, tx, n, known ? &p : NULL);
        return;
    }
    if (known) {
        accept(rq, tx, n, &p);
    } else {
        keep(rq, tx, n, NULL, "unknown-order");
        show(rq, tx, n, NULL, "unknown-order");
    }
    struct jout *j = reply_json(rq, 200);
    jout_object(j);
    jout_field_cstr(j, "status", "ok");
    jout_object_end(j);
}
