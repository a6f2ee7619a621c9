/* payment.c - the life of a payment, and the only code that moves one. Every move tells of itself
 * in the transaction that makes it. */
#include "payment/payment.h"

#include "app/topic.h"
#include "base/log.h"
#include "journal/journal.h"
#include "payment/ledger.h"

struct state_fact {
    const char *word; /* in rows and answers */
    unsigned next;    /* states it may become, as bits */
};

#define TO(name) (1u << PAYMENT_##name)

static const struct state_fact states[PAYMENT_STATE_COUNT] = {
#define PAYMENT_STATE(name, word, next, meaning) {word, next},
#include "payment/tbl/payment_states.h"
#undef PAYMENT_STATE
};

const char *payment_state_word(enum payment_state s)
{
    CHECK(s < PAYMENT_STATE_COUNT);
    return states[s].word;
}

bool payment_state_parse(struct str word, enum payment_state *state_r)
{
    for (int s = 0; s < PAYMENT_STATE_COUNT; s++) {
        if (str_is(word, states[s].word)) {
            *state_r = (enum payment_state)s;
            return true;
        }
    }
    return false;
}

bool payment_may_become(enum payment_state from, enum payment_state to)
{
    return states[from].next & 1u << to;
}

bool payment_ended_unpaid(enum payment_state s)
{
    return (TO(DENIED) | TO(EXPIRED) | TO(CANCELLED) | TO(FAILED)) & 1u << s;
}

bool payment_open(enum payment_state s)
{
    return (TO(CHARGING) | TO(PENDING) | TO(CANCELLING)) & 1u << s;
}

void payment_ask(struct payment *p, enum ask ask, int64_t at_us)
{
    if (p->ask != ask)
        p->attempts = 0;
    p->ask = ask;
    p->due_at = at_us;
}

void payment_ask_nothing(struct payment *p)
{
    payment_ask(p, ASK_NOTHING, 0);
}

static void move(struct change *c, enum payment_state to)
{
    CHECK(payment_may_become(c->p->state, to));
    c->p->state = to;
}

/* ---- Telling ---- */

/* An event about the payment under way: its payload and where it is written. */
struct telling {
    struct buf text; /* the payload */
    struct jout j;   /* writes it */
};

static struct jout *tell_begin(struct change *c, struct telling *t)
{
    t->text = buf_in(c->arena);
    t->j = jout_to(&t->text);
    jout_object(&t->j);
    jout_field_str(&t->j, "payment_id", id_str(&c->p->id));
    jout_field_str(&t->j, "order_id", c->p->order_id);
    return &t->j;
}

static void tell_end(struct change *c, struct telling *t, const char *topic)
{
    struct str channels[3];
    size_t count = 0;
    bool for_shop = str_is(str_of(topic), TOPIC_PAYMENT_ATTENTION);
    if (c->p->account_id.at && !for_shop) /* first: it is the customer's money */
        channels[count++] =
            str_of(arena_printf(c->arena, "account:%.*s", STR_ARG(c->p->account_id)));
    channels[count++] = str_of(arena_printf(c->arena, "shop:%.*s", STR_ARG(c->p->shop_id)));
    channels[count++] = str_of(arena_printf(c->arena, "order:%.*s", STR_ARG(c->p->order_id)));
    jout_object_end(&t->j);
    journal_append(c->tx, &(struct event_draft){.topic = topic,
                                                .key = c->p->order_id,
                                                .actor = c->actor,
                                                .at_us = c->now_us,
                                                .payload = buf_str(&t->text),
                                                .channels = channels,
                                                .channel_count = count});
}

static void tell_money(struct change *c, struct telling *t, int64_t amount, struct str reason)
{
    struct jout *j = tell_begin(c, t);
    jout_field_int(j, "amount", amount);
    jout_field_str(j, "currency", c->p->currency);
    if (reason.at)
        jout_field_str(j, "reason", reason);
}

static void enter(struct change *c, enum ledger_kind kind, int64_t amount, const char *reason)
{
    struct id id = id_new();
    struct ledger_line line = {
        .id = id, .kind = kind, .amount = amount, .reason = str_of(reason), .state = STR("done")};
    if (!ledger_add(c->tx, &c->p->id, c->now_us, &line))
        log_error("PAYMENT-LEDGER-REFUSED", LOG_S("payment", id_str(&c->p->id)),
                  LOG_N("kind", kind), LOG_N("amount", amount));
}

/* Something worse than what is already noted takes its place; an ordinary refund is the least. */
static void mark(struct payment *p, struct str attention)
{
    if (!p->attention.at || str_is(p->attention, "refund"))
        p->attention = attention;
}

void payment_attention(struct change *c, const char *reason, const char *detail)
{
    struct telling t;
    struct jout *j = tell_begin(c, &t);
    mark(c->p, str_of(reason));
    jout_field_cstr(j, "reason", reason);
    jout_field_cstr(j, "detail", detail);
    tell_end(c, &t, TOPIC_PAYMENT_ATTENTION);
    log_warn("PAYMENT-ATTENTION", LOG_C("reason", reason), LOG_S("payment", id_str(&c->p->id)),
             LOG_S("order", c->p->order_id), LOG_C("detail", detail));
}

/* ---- Until it is paid ---- */

void payment_opened(struct change *c)
{
    struct payment *p = c->p;
    struct telling t;
    move(c, PAYMENT_PENDING);
    p->opened_at = c->now_us;
    enter(c, LEDGER_CHARGE, p->amount, NULL);
    struct jout *j = tell_begin(c, &t);
    jout_field_str(j, "method", p->method);
    jout_field_int(j, "amount", p->amount);
    jout_field_str(j, "currency", p->currency);
    jout_field_str(j, "qr_string", p->qr_string);
    jout_field_cstr(j, "qr_url", arena_printf(c->arena, "/v1/payments/%s/qr.svg", p->id.text));
    if (p->pay_url.at)
        jout_field_str(j, "pay_url", p->pay_url);
    jout_field_time(j, "expires_at", p->expires_at);
    tell_end(c, &t, TOPIC_PAYMENT_OPENED);
}

void payment_cancel(struct change *c, const char *reason)
{
    struct payment *p = c->p;
    if (!payment_may_become(p->state, PAYMENT_CANCELLING))
        return;
    move(c, PAYMENT_CANCELLING);
    p->reason = str_of(reason);
    payment_ask(p, str_is(p->reason, "expired") ? ASK_EXPIRE : ASK_CANCEL, c->now_us);
}

void payment_end(struct change *c, enum payment_state state, const char *reason)
{
    struct telling t;
    CHECK(payment_ended_unpaid(state));
    move(c, state);
    c->p->reason = str_of(reason);
    payment_ask_nothing(c->p);
    struct jout *j = tell_begin(c, &t);
    jout_field_cstr(j, "reason", reason);
    tell_end(c, &t, TOPIC_PAYMENT_FAILED);
    c->metric = METRIC_PAYMENTS_FAILED;
}

/* ---- Money that comes ---- */

static void take(struct change *c, int64_t amount, int64_t paid_at)
{
    struct payment *p = c->p;
    move(c, PAYMENT_PAID);
    p->received += amount;
    p->paid_at = paid_at > 0 ? paid_at : c->now_us;
    payment_ask_nothing(p);
    enter(c, LEDGER_PAID, amount, NULL);
    c->metric = METRIC_PAYMENTS_PAID;
}

/* Nobody may be served for it any more: it goes back, and people see that. */
static void take_and_return(struct change *c, int64_t amount, int64_t paid_at, const char *reason)
{
    const char *detail =
        arena_printf(c->arena, "%lld %.*s came for a payment that was %s", (long long)amount,
                     STR_ARG(c->p->currency), payment_state_word(c->p->state));
    take(c, amount, paid_at);
    c->p->late = true;
    payment_attention(c, reason, detail);
    payment_refund_all(c, reason);
}

void payment_receive(struct change *c, int64_t amount, int64_t paid_at)
{
    struct payment *p = c->p;
    bool wrong = amount != p->amount;
    if (wrong && payment_open(p->state))
        payment_end(c, PAYMENT_FAILED, "failed");
    else if (p->order_over && payment_open(p->state))
        payment_end(c, PAYMENT_CANCELLED, "cancelled");
    if (payment_ended_unpaid(p->state)) {
        take_and_return(c, amount, paid_at, wrong ? "wrong-amount" : "late");
        return;
    }
    take(c, amount, paid_at);
    struct telling t;
    tell_money(c, &t, amount, (struct str){NULL, 0});
    jout_field_time(&t.j, "paid_at", p->paid_at);
    tell_end(c, &t, TOPIC_PAYMENT_PAID);
}

void payment_reverse(struct change *c, const char *detail)
{
    struct payment *p = c->p;
    int64_t held = ledger_held(c->tx, &p->id);
    if (held > 0)
        enter(c, LEDGER_REVERSAL, held, "reversed");
    if (p->state == PAYMENT_PAID) {
        move(c, PAYMENT_DENIED);
        payment_ask_nothing(p);
    }
    payment_attention(c, "reversed", detail);
}

/* ---- Money that goes back ---- */

bool payment_refund(struct change *c, const struct id *refund, int64_t amount, struct str reason)
{
    struct payment *p = c->p;
    struct telling t;
    struct ledger_line line = {.id = *refund,
                               .kind = LEDGER_REFUND,
                               .amount = amount,
                               .reason = reason,
                               .state = STR("open")};
    if (p->state != PAYMENT_PAID && p->state != PAYMENT_REFUNDING)
        return false;
    if (!ledger_add(c->tx, &p->id, c->now_us, &line))
        return false;
    if (p->state != PAYMENT_REFUNDING)
        move(c, PAYMENT_REFUNDING);
    if (p->ask != ASK_REFUND)
        payment_ask(p, ASK_REFUND, c->now_us);
    mark(p, STR("refund"));
    tell_money(c, &t, amount, reason);
    tell_end(c, &t, TOPIC_PAYMENT_REFUND_STARTED);
    return true;
}

bool payment_refund_asked(struct change *c, const struct id *refund, int64_t amount,
                          struct str reason, int64_t *amount_r)
{
    *amount_r = amount > 0 ? amount : ledger_held(c->tx, &c->p->id);
    return payment_refund(c, refund, *amount_r, reason.len > 0 ? reason : STR("requested"));
}

void payment_refund_all(struct change *c, const char *reason)
{
    int64_t held = ledger_held(c->tx, &c->p->id);
    struct id refund = id_new();
    if (held > 0 && !payment_refund(c, &refund, held, str_of(reason)))
        log_warn("PAYMENT-REFUND-IMPOSSIBLE", LOG_S("payment", id_str(&c->p->id)),
                 LOG_C("state", payment_state_word(c->p->state)), LOG_C("reason", reason));
}

/* Part of the money has gone back: on to the next refund, or to what is the end for now. */
static void after_refund(struct change *c)
{
    struct payment *p = c->p;
    struct ledger_line next;
    if (ledger_open_refund(c->tx, c->arena, &p->id, &next)) {
        payment_ask_nothing(p); /* another one: its attempts count from 0 */
        payment_ask(p, ASK_REFUND, c->now_us);
        return;
    }
    payment_ask_nothing(p);
    if (ledger_held(c->tx, &p->id) > 0)
        move(c, PAYMENT_PAID);
    else if (ledger_sum(c->tx, &p->id, LEDGER_CREDIT) > 0)
        move(c, PAYMENT_CREDITED);
    else
        move(c, PAYMENT_REFUNDED);
}

static void tell_refunded(struct change *c, const struct ledger_line *line, const char *how)
{
    struct telling t;
    c->p->returned += line->amount;
    tell_money(c, &t, line->amount, line->reason);
    jout_field_cstr(&t.j, "how", how);
    tell_end(c, &t, TOPIC_PAYMENT_REFUNDED);
}

void payment_refunded(struct change *c, struct str refund, struct str gateway_ref)
{
    struct ledger_line line;
    if (c->p->state != PAYMENT_REFUNDING ||
        !ledger_refund(c->tx, c->arena, &c->p->id, refund, &line) || !str_is(line.state, "open"))
        return;
    ledger_close(c->tx, refund, "done", gateway_ref);
    tell_refunded(c, &line, "refund");
    after_refund(c);
}

void payment_refund_refused(struct change *c, struct str refund, struct str why)
{
    struct ledger_line line;
    if (c->p->state != PAYMENT_REFUNDING ||
        !ledger_refund(c->tx, c->arena, &c->p->id, refund, &line) || !str_is(line.state, "open"))
        return;
    ledger_close(c->tx, refund, "refused", (struct str){NULL, 0});
    enter(c, LEDGER_CREDIT, line.amount, "refund-failed");
    tell_refunded(c, &line, "credit");
    payment_attention(c, "refund-failed",
                      arena_printf(c->arena, "the gateway refused: %.*s", STR_ARG(why)));
    after_refund(c);
}

void payment_returned_elsewhere(struct change *c, int64_t amount)
{
    struct ledger_line line = {.id = id_new(),
                               .kind = LEDGER_REFUND,
                               .amount = amount,
                               .reason = STR("gateway"),
                               .state = STR("done")};
    if (c->p->state != PAYMENT_PAID && c->p->state != PAYMENT_REFUNDING)
        return;
    if (!ledger_add(c->tx, &c->p->id, c->now_us, &line))
        return;
    if (c->p->state == PAYMENT_PAID)
        move(c, PAYMENT_REFUNDING);
    mark(c->p, STR("refund"));
    tell_refunded(c, &line, "refund");
    after_refund(c);
}
