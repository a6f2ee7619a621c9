/* gateway.c - what the gateway is asked about each payment that is due, and what its answers mean.
 *
 * A payment is moved only by an answer to a question of ours; a notification merely makes the next
 * question due now. So forged, repeated, late and reordered ones move nothing. */
#include "payment/gateway.h"

#include "base/clock.h"
#include "base/log.h"
#include "payment/emvqr.h"
#include "payment/ledger.h"

#define CHARGE_TIMEOUT_MS   INT64_C(10000)
#define CHARGE_GIVE_UP_US   (20 * US_PER_S)
#define CHARGE_ATTEMPTS_MAX 5
#define BACKOFF_FIRST_US    (US_PER_S / 2)
#define BACKOFF_MAX_US      (60 * US_PER_S)
#define REFUND_BACKOFF_US   (300 * US_PER_S)
#define REFUND_ATTEMPTS_MAX 290 /* about a day */
#define SETTLE_ARENA        65536
#define EXPIRY_GRACE_US     US_PER_S           /* the gateway's clock is another */
#define WATCH_US            (86400 * US_PER_S) /* a QR can be paid after its end */
#define WATCH_STEP_MAX_US   (3600 * US_PER_S)

struct worker_bell gateway_bell = WORKER_BELL_INIT;

/* What a duty knows of its payment. */
struct asked {
    const struct gateway *gateway;
    struct payment p;              /* as it was found */
    enum ask ask;                  /* what is asked */
    struct ledger_line refund;     /* for ASK_REFUND */
    struct midtrans_answer answer; /* what came */
    enum metric metric;            /* to count once it is durable */
};

/* ---- Asking ---- */

static int64_t find_due(struct worker_find *find, struct db *db, int64_t now_us)
{
    struct id ids[WORKER_FIND_MAX];
    int64_t next_us;
    size_t count = payment_due(db, now_us, ids, ARRAY_LEN(ids), &next_us);
    for (size_t i = 0; i < count; i++) {
        struct duty *d = worker_found(find, id_str(&ids[i]));
        struct asked *asked = arena_alloc(d->arena, sizeof *asked);
        d->own = asked;
        /* Both were there in this snapshot; were they not, the duty would settle nothing. */
        if (!payment_load(db, d->arena, d->key, &asked->p))
            continue;
        asked->ask = asked->p.ask;
        if (asked->ask == ASK_REFUND &&
            !ledger_open_refund(db, d->arena, &asked->p.id, &asked->refund))
            asked->ask = ASK_NOTHING;
    }
    return next_us;
}

static bool payable(const struct payment *p)
{
    return str_is(p->currency, "IDR") && p->amount > 0 && p->amount % 100 == 0;
}

static void post(struct duty *d, const struct buf *body, const char *key)
{
    d->call.post = true;
    d->call.body = buf_str(body);
    if (key)
        d->call.headers[0] = arena_printf(d->arena, "Idempotency-Key: %s", key);
}

static void ask_charge(const struct gateway *g, struct duty *d, const struct asked *asked)
{
    struct buf body = buf_in(d->arena);
    const struct payment *p = &asked->p;
    midtrans_charge_body(&body, id_str(&p->id), p->method, p->amount, g->minutes);
    post(d, &body, p->id.text);
    d->call.headers[1] = g->notify;
    d->call.url = arena_printf(d->arena, "%s/v2/charge", g->url);
    d->call.timeout_ms = CHARGE_TIMEOUT_MS;
}

static void ask_refund(const struct gateway *g, struct duty *d, const struct asked *asked)
{
    struct buf body = buf_in(d->arena);
    midtrans_refund_body(&body, id_str(&asked->refund.id), asked->refund.amount,
                         asked->refund.reason);
    post(d, &body, asked->refund.id.text);
    d->call.url = arena_printf(d->arena, "%s/v2/%s/refund", g->url, asked->p.id.text);
}

static bool ask_gateway(void *own, struct duty *d)
{
    const struct gateway *g = own;
    struct asked *asked = d->own;
    asked->gateway = g;
    if (!g->url || asked->ask == ASK_NOTHING || !payable(&asked->p))
        return false;
    d->call.user = g->key;
    switch (asked->ask) {
    case ASK_CHARGE:
        ask_charge(g, d, asked);
        break;
    case ASK_REFUND:
        ask_refund(g, d, asked);
        break;
    case ASK_CANCEL:
    case ASK_EXPIRE:
        post(d, &(struct buf){0}, NULL);
        /* fall through */
    default:
        d->call.url =
            arena_printf(d->arena, "%s/v2/%s/%s", g->url, asked->p.id.text, ask_word(asked->ask));
    }
    return true;
}

static void read_answer(void *own, struct duty *d)
{
    const struct gateway *g = own;
    struct asked *asked = d->own;
    struct midtrans_answer *a = &asked->answer;
    bool asked_somebody = d->call.url != NULL;
    midtrans_read(d->arena, d->call.status, buf_str(&d->call.reply), a);
    if (!asked_somebody && asked->ask != ASK_NOTHING)
        log_warn(g->url ? "PAYMENT-NOT-PAYABLE" : "PAYMENT-NO-GATEWAY",
                 LOG_S("payment", id_str(&asked->p.id)));
    if (!asked_somebody || midtrans_verdict(a) == VERDICT_OK)
        return;
    log_warn("PAYMENT-GATEWAY-SAYS-NO", LOG_C("asked", ask_word(asked->ask)),
             LOG_S("payment", id_str(&asked->p.id)), LOG_N("http", a->http), LOG_N("code", a->code),
             LOG_S("message", a->message.at ? a->message : str_of(d->call.error)));
}

/* ---- What comes next ---- */

static int64_t doubled(int64_t first, int64_t times, int64_t most)
{
    int64_t delay = first;
    while (times-- > 0 && delay < most)
        delay *= 2;
    return delay < most ? delay : most;
}

/* The same question once more, later each time. */
static void again(struct change *c, enum ask ask, int64_t most_us)
{
    int64_t attempts = c->p->ask == ask ? c->p->attempts : 0;
    payment_ask(c->p, ask, c->now_us + doubled(BACKOFF_FIRST_US, attempts, most_us));
    c->p->attempts = attempts + 1;
}

static int64_t end_of_time(const struct payment *p, const struct gateway *g)
{
    return p->expires_at > 0 ? p->expires_at : p->created_at + g->minutes * INT64_C(60) * US_PER_S;
}

/* Look again at an open payment: every sweep, and right after its time is over. */
static void sweep(struct change *c, const struct gateway *g)
{
    struct payment *p = c->p;
    int64_t at = c->now_us + g->sweep_us;
    int64_t over = end_of_time(p, g) + EXPIRY_GRACE_US;
    payment_ask(p, ASK_STATUS, at > over && over > c->now_us ? over : at);
    p->attempts = 0;
}

/* Look again, ever less often, at one that ended unpaid: it may be paid late, or a charge that
 * seemed lost may turn up. */
static void watch(struct change *c, const struct gateway *g)
{
    struct payment *p = c->p;
    int64_t attempts = p->ask == ASK_STATUS ? p->attempts : 0;
    int64_t at = c->now_us + doubled(g->sweep_us, attempts, WATCH_STEP_MAX_US);
    if (at > end_of_time(p, g) + WATCH_US) {
        payment_ask_nothing(p);
        return;
    }
    payment_ask(p, ASK_STATUS, at);
    p->attempts = attempts + 1;
}

/* ---- What answers mean ---- */

static void end_as_wished(struct change *c)
{
    struct str reason = c->p->reason;
    if (str_is(reason, "expired"))
        payment_end(c, PAYMENT_EXPIRED, "expired");
    else if (str_is(reason, "unavailable"))
        payment_end(c, PAYMENT_FAILED, "unavailable");
    else
        payment_end(c, PAYMENT_CANCELLED, "cancelled");
}

static void note_transaction(struct payment *p, const struct midtrans_answer *a)
{
    if (a->transaction_id.at)
        p->gateway_id = a->transaction_id;
    if (a->expires_us > 0)
        p->expires_at = a->expires_us;
}

static void receive(struct change *c, const struct midtrans_answer *a)
{
    int64_t amount;
    if (midtrans_amount(a, &amount) && amount > 0) {
        payment_receive(c, amount, a->settled_us);
        return;
    }
    /* Paid, but nobody can say what: not ours to serve for, and for people to sort out. */
    if (!str_is(c->p->attention, "wrong-amount"))
        payment_attention(c, "wrong-amount", "the gateway says paid, in an amount we cannot read");
    payment_ask_nothing(c->p);
    if (payment_open(c->p->state))
        payment_end(c, PAYMENT_FAILED, "failed");
}

/* More may have gone back than we asked for: somebody used the gateway's own pages. */
static void returned(struct change *c, const struct midtrans_answer *a)
{
    struct midtrans_answer total = {.gross_amount = a->refund_amount, .currency = a->currency};
    int64_t amount;
    if (payment_open(c->p->state)) {
        payment_attention(c, "reversed", "refunded at the gateway before we saw it paid");
        payment_end(c, PAYMENT_FAILED, "failed");
        return;
    }
    if (!midtrans_amount(&total, &amount))
        return;
    amount -= ledger_sum(c->tx, &c->p->id, LEDGER_REFUND);
    if (amount > 0)
        payment_returned_elsewhere(c, amount);
}

static void still_open(struct change *c, const struct gateway *g)
{
    struct payment *p = c->p;
    if (p->state == PAYMENT_CHARGING) /* charged, but its QR was lost with the answer */
        payment_cancel(c, "unavailable");
    else if (p->state == PAYMENT_PENDING && c->now_us >= end_of_time(p, g) + EXPIRY_GRACE_US)
        payment_cancel(c, "expired");
    else if (p->state == PAYMENT_PENDING)
        sweep(c, g);
    else if (p->state == PAYMENT_CANCELLING || payment_ended_unpaid(p->state))
        payment_ask(p, ASK_CANCEL, c->now_us + g->sweep_us);
    else
        payment_ask_nothing(p); /* an old answer about one that is paid */
}

static void not_paid(struct change *c, const struct gateway *g, enum payment_state state,
                     const char *reason)
{
    struct payment *p = c->p;
    if (payment_open(p->state))
        payment_end(c, state, reason);
    else if (payment_ended_unpaid(p->state))
        watch(c, g);
    else if (p->state == PAYMENT_PAID && state != PAYMENT_EXPIRED)
        payment_reverse(c, arena_printf(c->arena, "the gateway says %s after it was paid", reason));
    else
        payment_ask_nothing(p);
}

/* The transaction's own state, as the gateway tells it now. */
static void on_state(struct change *c, const struct gateway *g, const struct midtrans_answer *a)
{
    struct payment *p = c->p;
    note_transaction(p, a);
    switch (midtrans_means(a)) {
    case MEANS_PAID:
        if (payment_open(p->state) || payment_ended_unpaid(p->state))
            receive(c, a);
        else
            payment_ask_nothing(p);
        break;
    case MEANS_DENIED:
        not_paid(c, g, PAYMENT_DENIED, "denied");
        break;
    case MEANS_EXPIRED:
        not_paid(c, g, PAYMENT_EXPIRED, "expired");
        break;
    case MEANS_CANCELLED:
        not_paid(c, g, PAYMENT_CANCELLED, "cancelled");
        break;
    case MEANS_FAILED:
        not_paid(c, g, PAYMENT_FAILED, "failed");
        break;
    case MEANS_RETURNED:
        payment_ask_nothing(p);
        returned(c, a);
        break;
    case MEANS_DISPUTED:
        payment_ask_nothing(p);
        payment_reverse(c, "the payer's bank took the money back");
        if (payment_open(p->state))
            payment_end(c, PAYMENT_FAILED, "failed");
        break;
    default:
        still_open(c, g);
    }
}

static void on_charged(struct change *c, const struct gateway *g, const struct midtrans_answer *a)
{
    struct payment *p = c->p;
    note_transaction(p, a);
    if (p->state != PAYMENT_CHARGING) /* called off meanwhile: what is asked next stands already */
        return;
    if (midtrans_means(a) != MEANS_OPEN) {
        on_state(c, g, a);
        return;
    }
    p->qr_string = a->qr_string;
    p->pay_url = a->pay_url;
    p->expires_at = end_of_time(p, g);
    if (!p->qr_string.at && !p->pay_url.at) {
        payment_cancel(c, "unavailable");
        return;
    }
    payment_opened(c);
    if (p->qr_string.at && !gateway_qr_agrees(p->qr_string, p->amount))
        payment_attention(c, "wrong-amount", "the gateway's QR does not ask for this amount");
    sweep(c, g);
}

/* No charge came about, or none we know of. */
static void not_charged(struct change *c, bool surely, const char *reason)
{
    struct payment *p = c->p;
    if (p->state == PAYMENT_CHARGING)
        payment_end(c, PAYMENT_FAILED, reason);
    else if (p->state == PAYMENT_CANCELLING && surely)
        end_as_wished(c);
}

static void on_charge(struct change *c, const struct gateway *g, const struct midtrans_answer *a)
{
    struct payment *p = c->p;
    switch (midtrans_verdict(a)) {
    case VERDICT_OK:
        on_charged(c, g, a);
        break;
    case VERDICT_DUPLICATE:
        payment_ask(p, p->state == PAYMENT_CHARGING ? ASK_STATUS : p->ask, c->now_us);
        break;
    case VERDICT_IN_FLIGHT:
    case VERDICT_RETRY:
        if (!g->url || !payable(p))
            not_charged(c, true, "unavailable");
        else if (p->attempts >= CHARGE_ATTEMPTS_MAX ||
                 (p->attempts > 0 && c->now_us - p->created_at > CHARGE_GIVE_UP_US))
            not_charged(c, false, "unavailable");
        else if (p->state == PAYMENT_CHARGING)
            again(c, ASK_CHARGE, BACKOFF_MAX_US);
        break;
    case VERDICT_KEY:
        not_charged(c, true, "unavailable");
        break;
    default:
        not_charged(c, true, "failed");
    }
}

static void on_status(struct change *c, const struct gateway *g, const struct midtrans_answer *a)
{
    struct payment *p = c->p;
    enum midtrans_verdict verdict = midtrans_verdict(a);
    if (verdict == VERDICT_OK) {
        on_state(c, g, a);
    } else if (payment_ended_unpaid(p->state)) {
        watch(c, g);
    } else if (verdict != VERDICT_UNKNOWN) {
        again(c, ASK_STATUS, BACKOFF_MAX_US);
    } else if (p->state == PAYMENT_CHARGING) {
        again(c, ASK_CHARGE, BACKOFF_MAX_US);
    } else if (p->state == PAYMENT_CANCELLING) {
        end_as_wished(c);
    } else if (p->state == PAYMENT_PENDING) {
        if (c->now_us >= end_of_time(p, g) + EXPIRY_GRACE_US)
            payment_end(c, PAYMENT_EXPIRED, "expired");
        else
            sweep(c, g);
    } else {
        payment_ask_nothing(p);
    }
}

static void on_cancel(struct change *c, const struct gateway *g, enum ask asked,
                      const struct midtrans_answer *a)
{
    struct payment *p = c->p;
    switch (midtrans_verdict(a)) {
    case VERDICT_OK:
        if (midtrans_means(a) == MEANS_OPEN) /* agreed, but not done yet */
            again(c, ASK_STATUS, BACKOFF_MAX_US);
        else if (p->state == PAYMENT_CANCELLING && midtrans_means(a) != MEANS_PAID)
            end_as_wished(c);
        else
            on_state(c, g, a);
        break;
    case VERDICT_UNKNOWN:
        if (p->state == PAYMENT_CANCELLING)
            end_as_wished(c);
        else
            watch(c, g);
        break;
    case VERDICT_IN_FLIGHT:
    case VERDICT_RETRY:
    case VERDICT_KEY:
        again(c, asked, BACKOFF_MAX_US);
        break;
    default: /* its state does not allow it: which one is it in? */
        payment_ask(p, ASK_STATUS, c->now_us);
    }
}

static void on_refund(struct change *c, const struct midtrans_answer *a, struct str refund)
{
    switch (midtrans_verdict(a)) {
    case VERDICT_OK:
    case VERDICT_DUPLICATE: /* the key is ours alone: an earlier try of ours came through */
        payment_refunded(c, refund, a->transaction_id);
        break;
    case VERDICT_IN_FLIGHT:
    case VERDICT_RETRY:
    case VERDICT_KEY:
        if (c->p->attempts < REFUND_ATTEMPTS_MAX)
            again(c, ASK_REFUND, REFUND_BACKOFF_US);
        else
            payment_refund_refused(c, refund, STR("it did not answer for a day"));
        break;
    default:
        payment_refund_refused(c, refund, a->message.at ? a->message : STR("no reason given"));
    }
}

void gateway_apply(struct change *c, const struct gateway *g, enum ask asked,
                   const struct midtrans_answer *a, struct str refund)
{
    struct payment *p = c->p;
    bool was_over = payment_ended_unpaid(p->state);
    switch (asked) {
    case ASK_CHARGE:
        on_charge(c, g, a);
        break;
    case ASK_STATUS:
        on_status(c, g, a);
        break;
    case ASK_CANCEL:
    case ASK_EXPIRE:
        on_cancel(c, g, asked, a);
        break;
    case ASK_REFUND:
        on_refund(c, a, refund);
        break;
    default:
        payment_ask_nothing(p);
    }
    if (!was_over && payment_ended_unpaid(p->state) && g->url && payable(p))
        watch(c, g);
    if (p->state == PAYMENT_REFUNDING && p->ask != ASK_REFUND && asked != ASK_NOTHING)
        payment_ask(p, ASK_REFUND, c->now_us);
}

/* Somebody moved the row's time while the question was out: a notification, or a wish to cancel.
 * That stands, unless the answer ended what it was about. */
static void keep_nudge(struct payment *p, const struct payment *before)
{
    bool free = p->ask == ASK_NOTHING || p->ask == ASK_STATUS;
    if (p->state != before->state && !(before->ask == ASK_STATUS && free))
        return;
    p->ask = before->ask;
    p->due_at = before->due_at;
    p->attempts = before->attempts;
}

static void settle(struct duty *d, struct db *tx)
{
    struct asked *asked = d->own;
    /* This may run twice: nothing may pile up in the duty's own arena. */
    struct arena *arena = arena_new(SETTLE_ARENA);
    struct payment p;
    struct change c = {.tx = tx,
                       .arena = arena,
                       .p = &p,
                       .now_us = d->now_us,
                       .actor = STR("gateway"),
                       .metric = METRIC_COUNT};
    if (payment_load(tx, arena, d->key, &p)) {
        struct payment before = p;
        gateway_apply(&c, asked->gateway, asked->ask, &asked->answer, id_str(&asked->refund.id));
        if (before.due_at != asked->p.due_at)
            keep_nudge(&p, &before);
        else if (p.ask != ASK_NOTHING && p.due_at <= asked->p.due_at)
            p.due_at = c.now_us + BACKOFF_MAX_US; /* no rule moved it: our bug must not spin */
        payment_save(tx, &p);
    }
    asked->metric = c.metric;
    arena_free(&arena);
}

static void settled(struct duty *d)
{
    const struct asked *asked = d->own;
    if (asked->metric != METRIC_COUNT)
        metric_add(asked->metric, 1);
}

bool gateway_qr_agrees(struct str qr_string, int64_t amount)
{
    struct str value;
    int64_t asked;
    if (!emv_valid(qr_string))
        return false;
    if (!emv_find(qr_string, EMV_AMOUNT, &value)) /* the payer types it in */
        return false;
    return money_parse_major(value, CURRENCY_IDR, &asked) && asked == amount;
}

const struct worker_ops gateway_ops = {
    .find = find_due,
    .ask = ask_gateway,
    .answered = read_answer,
    .settle = settle,
    .settled = settled,
};
