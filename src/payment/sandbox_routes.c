/* sandbox_routes.c - the routes under /sandbox: the merchant's API, the payer's page, faults, the
 * clock. */
#include "payment/sandbox_routes.h"

#include "app/qr.h"
#include "payment/sandbox.h"

#define ADVANCE_MAX_S INT64_C(31536000)
#define KNOB_MAX      INT64_C(1000000000)

static const struct str anybody = {NULL, 0};

/* ---- The QR as an image ---- */

static void run_qr(struct request *rq, struct db *db)
{
    struct transaction t;
    struct buf svg = buf_in(rq->arena);
    if (!sandbox_find(db, rq->arena, rq->params[0], anybody, &t) || !qr_svg(&svg, t.qr_string)) {
        refuse(rq, PROBLEM_NOT_FOUND, NULL);
        return;
    }
    reply_bytes(rq, 200, "image/svg+xml", buf_str(&svg));
}

/* ---- The payer's page ---- */

static void answer_payer(struct request *rq, const struct transaction *t)
{
    struct jout *j = reply_json(rq, 200);
    jout_object(j);
    jout_field_str(j, "transaction_id", id_str(&t->id));
    jout_field_str(j, "order_id", t->order_id);
    jout_field_cstr(j, "gross_amount", sandbox_gross(rq->arena, t->gross));
    jout_field_cstr(j, "currency", "IDR");
    jout_field_cstr(j, "transaction_status", midtrans_status_word(t->status));
    jout_field_cstr(j, "payment_type", sandbox_methods[t->method].type);
    jout_field_time(j, "expiry_time", t->expires_at);
    jout_field_cstr(j, "merchant", SANDBOX_MERCHANT);
    jout_object_end(j);
    reply_header(rq, "Cache-Control", STR("no-store"));
}

/* Only by transaction_id: an order_id could be guessed. */
static bool find_for_payer(struct request *rq, struct db *db, struct transaction *t_r)
{
    struct id id;
    if (id_parse(rq->params[0], &id) && sandbox_find(db, rq->arena, id_str(&id), anybody, t_r) &&
        str_eq(id_str(&id), id_str(&t_r->id)))
        return true;
    return refuse(rq, PROBLEM_NOT_FOUND, NULL);
}

static void run_payer(struct request *rq, struct db *db)
{
    struct transaction t;
    if (find_for_payer(rq, db, &t))
        answer_payer(rq, &t);
}

static bool parse_pay(struct request *rq)
{
    if (!json_text(rq->body, "action").at)
        return refuse_field(rq, PROBLEM_BAD_INPUT, "/action", "what the payer does");
    return true;
}

static void run_pay(struct request *rq, struct db *tx)
{
    struct transaction t;
    if (!find_for_payer(rq, tx, &t))
        return;
    switch (sandbox_pay(tx, rq->arena, &t, json_text(rq->body, "action"), rq->now_us)) {
    case PAY_DONE:
        answer_payer(rq, &t);
        break;
    case PAY_NOT_NOW:
        refuse(rq, PROBLEM_CONFLICT, "the transaction is in state %s",
               midtrans_status_word(t.status));
        break;
    case PAY_NO_SUCH_ACTION:
        refuse_field(rq, PROBLEM_BAD_INPUT, "/action", "no such action");
        break;
    }
}

/* ---- Faults and the clock ---- */

static void answer_faults(struct request *rq, struct db *db)
{
    struct jout *j = reply_json(rq, 200);
    jout_object(j);
    for (int f = 0; f < FAULT_COUNT; f++)
        jout_field_int(j, fault_knob((enum fault)f), fault_get(db, (enum fault)f));
    jout_object_end(j);
}

static bool knob_parse(const char *knob, enum fault *fault_r)
{
    for (int f = 0; f < FAULT_COUNT; f++) {
        if (strcmp(knob, fault_knob((enum fault)f)) == 0) {
            *fault_r = (enum fault)f;
            return true;
        }
    }
    return false;
}

static bool value_parse(const json_t *value, int64_t *value_r)
{
    if (json_is_boolean(value))
        *value_r = json_is_true(value);
    else if (!json_is_integer(value))
        return false;
    else
        *value_r = json_integer_value(value);
    return *value_r >= 0 && *value_r <= KNOB_MAX;
}

static bool parse_faults(struct request *rq)
{
    const char *knob;
    json_t *value;
    enum fault f;
    int64_t number;
    if (!json_is_object(rq->body))
        return refuse(rq, PROBLEM_BAD_INPUT, "an object of knobs is expected");
    json_object_foreach(rq->body, knob, value)
    {
        if (!knob_parse(knob, &f) || !value_parse(value, &number))
            return refuse(rq, PROBLEM_BAD_INPUT, "there is no such knob, or it is no number: %.40s",
                          knob);
    }
    return true;
}

static void run_faults(struct request *rq, struct db *tx)
{
    const char *knob;
    json_t *value;
    json_object_foreach(rq->body, knob, value)
    {
        enum fault f;
        int64_t number;
        if (knob_parse(knob, &f) && value_parse(value, &number))
            fault_set(tx, f, number);
    }
    answer_faults(rq, tx);
}

static void run_show_faults(struct request *rq, struct db *db)
{
    answer_faults(rq, db);
}

static bool parse_clock(struct request *rq)
{
    int64_t *seconds = arena_alloc(rq->arena, sizeof *seconds);
    rq->parsed = seconds;
    if (!json_int(rq->body, "advance_s", seconds) || *seconds < 1 || *seconds > ADVANCE_MAX_S)
        return refuse_field(rq, PROBLEM_BAD_INPUT, "/advance_s", "seconds, at least 1");
    return true;
}

static void run_clock(struct request *rq, struct db *tx)
{
    const int64_t *seconds = rq->parsed;
    sandbox_advance(tx, *seconds * US_PER_S);
    struct jout *j = reply_json(rq, 200);
    jout_object(j);
    jout_field_time(j, "now", sandbox_now(tx, rq->now_us));
    jout_object_end(j);
}

#define API(name, method, path, on, body, parse, run)                                              \
    {                                                                                              \
        name, method, "/sandbox/v2/" path, WHO_ANYONE, ROUTE_BASIC_KEY, on, body, parse, run, NULL \
    }
#define PAGE(name, method, path, flags, on, body, parse, run)                                      \
    {                                                                                              \
        name, method, "/sandbox/" path, WHO_ANYONE, flags, on, body, parse, run, NULL              \
    }

const struct route sandbox_routes[SANDBOX_ROUTES] = {
    API("sandbox.charge", "POST", "charge", RUN_WRITE, SANDBOX_BODY_MAX, sandbox_parse_charge,
        sandbox_run_charge),
    API("sandbox.status", "GET", "{id}/status", RUN_READ, 0, sandbox_parse_call,
        sandbox_run_status),
    API("sandbox.cancel", "POST", "{id}/cancel", RUN_WRITE, SANDBOX_BODY_MAX, sandbox_parse_call,
        sandbox_run_cancel),
    API("sandbox.expire", "POST", "{id}/expire", RUN_WRITE, SANDBOX_BODY_MAX, sandbox_parse_call,
        sandbox_run_expire),
    API("sandbox.refund", "POST", "{id}/refund", RUN_WRITE, SANDBOX_BODY_MAX, sandbox_parse_call,
        sandbox_run_refund),
    API("sandbox.approve", "POST", "{id}/approve", RUN_WRITE, SANDBOX_BODY_MAX, sandbox_parse_call,
        sandbox_run_challenge),
    API("sandbox.deny", "POST", "{id}/deny", RUN_WRITE, SANDBOX_BODY_MAX, sandbox_parse_call,
        sandbox_run_challenge),
    PAGE("sandbox.qr", "GET", "v2/qris/{id}/qr-code", 0, RUN_READ, 0, NULL, run_qr),
    PAGE("sandbox.qr_gopay", "GET", "v2/gopay/{id}/qr-code", 0, RUN_READ, 0, NULL, run_qr),
    PAGE("sandbox.payer", "GET", "pay/{id}", ROUTE_PAGE, RUN_READ, 0, NULL, run_payer),
    PAGE("sandbox.pay", "POST", "pay/{id}", 0, RUN_WRITE, SANDBOX_BODY_MAX, parse_pay, run_pay),
    PAGE("sandbox.show_faults", "GET", "faults", 0, RUN_READ, 0, NULL, run_show_faults),
    PAGE("sandbox.faults", "POST", "faults", 0, RUN_WRITE, SANDBOX_BODY_MAX, parse_faults,
         run_faults),
    PAGE("sandbox.clock", "POST", "clock", 0, RUN_WRITE, SANDBOX_BODY_MAX, parse_clock, run_clock),
    API("sandbox.refund_direct", "POST", "{id}/refund/online/direct", RUN_WRITE, SANDBOX_BODY_MAX,
        sandbox_parse_call, sandbox_run_refund),
};
