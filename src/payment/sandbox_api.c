/* sandbox_api.c - the merchant's side of the simulated gateway: Midtrans' Core API, with its habits
 * (MIDTRANS.md B1 to B7): every answer is HTTP 200 whose body's status_code tells what became of
 * the call, but for a bad key (401), a fault of theirs (503) and a question in flight (202). */
#include "app/app.h"
#include "base/log.h"
#include "base/random.h"
#include "payment/emvqr.h"
#include "payment/gateway.h"
#include "payment/sandbox.h"
#include "payment/sandbox_routes.h"

#define NOTIFY_URLS_MAX 3
#define NOTIFY_URL_MAX  300
#define IDEMPOTENCY_MAX 46 /* a longer key is ignored */
#define IDEMPOTENCY_US  (300 * US_PER_S)
#define GROSS_MAX       INT64_C(1000000000000)
#define EXPIRY_MIN_S    20
#define EXPIRY_MAX_S    INT64_C(604800) /* 7 days; a virtual account's 180 days are cut to that */

/* A call of the API as it was read on the loop. */
struct api_call {
    struct str key;         /* server key */
    struct str idempotency; /* at == NULL: none that counts */
    struct id spare;        /* an id for an error, or for a refund without a key */
    char digits[17];        /* for a number to pay to */
    struct str urls;        /* where to notify, one a line */
    struct str base;        /* this sandbox's URL */
};

/* ---- Reading ---- */

/* The user name of Basic authentication (RFC 7617); at == NULL when there is none. */
static struct str basic_user(struct request *rq)
{
    struct str value = request_header(rq, "Authorization");
    struct str scheme = str_cut(&value, ' ');
    struct buf plain = buf_in(rq->arena);
    if (!str_eq_nocase(scheme, STR("Basic")) || !value.at ||
        !digest_base64_decode(&plain, str_trim(value)))
        return (struct str){NULL, 0};
    struct str rest = buf_str(&plain);
    struct str user = str_cut(&rest, ':');
    return user.len > 0 && user.len <= 200 ? user : (struct str){NULL, 0};
}

/* Beside a shop the sandbox notifies nobody but this machine and the shop's public address, or
 * anybody who can reach it could make it call others. Alone it serves whoever runs it. */
static bool may_notify(const struct request *rq, struct str url)
{
    char own[GATEWAY_URL_MAX];
    for (size_t i = 0; i < url.len; i++) {
        if (url.at[i] <= ' ' || url.at[i] > '~')
            return false;
    }
    if (url.len > NOTIFY_URL_MAX ||
        !(str_starts(url, STR("http://")) || str_starts(url, STR("https://"))))
        return false;
    if (!app_has_service(rq->app, "payment"))
        return true;
    gateway_own_url(rq->app, own);
    return http_url_loopback(url) || http_url_at(url, own);
}

static void add_urls(struct request *rq, struct buf *urls, const char *header, int *left)
{
    struct str list = request_header(rq, header);
    while (list.len > 0 && *left > 0) {
        struct str url = str_trim(str_cut(&list, ','));
        if (!may_notify(rq, url)) {
            log_warn("SANDBOX-URL-REFUSED", LOG_S("url", url));
            continue;
        }
        if (urls->len > 0)
            buf_add_char(urls, '\n');
        buf_add_str(urls, url);
        --*left;
    }
}

bool sandbox_parse_call(struct request *rq)
{
    struct api_call *call = arena_alloc(rq->arena, sizeof *call);
    struct str idempotency = request_header(rq, "Idempotency-Key");
    call->key = basic_user(rq);
    call->spare = id_new();
    if (idempotency.len > 0 && idempotency.len <= IDEMPOTENCY_MAX)
        call->idempotency = arena_str(rq->arena, idempotency);
    rq->parsed = call;
    return true;
}

bool sandbox_parse_charge(struct request *rq)
{
    struct buf urls = buf_in(rq->arena);
    int left = NOTIFY_URLS_MAX;
    if (!sandbox_parse_call(rq))
        return false;
    struct api_call *call = rq->parsed;
    random_text(call->digits, sizeof call->digits - 1, "0123456789");
    add_urls(rq, &urls, "X-Override-Notification", &left);
    add_urls(rq, &urls, "X-Append-Notification", &left);
    call->urls = buf_str(&urls);
    struct str base = request_base(rq);
    call->base = str_of(arena_printf(rq->arena, "%.*s/sandbox", STR_ARG(base)));
    return true;
}

/* ---- Answering ---- */

static void say(struct request *rq, int http, const char *code, const char *message)
{
    const struct api_call *call = rq->parsed;
    struct jout *j = reply_json(rq, http);
    jout_object(j);
    jout_field_cstr(j, "status_code", code);
    jout_field_cstr(j, "status_message", message);
    jout_field_str(j, "id", id_str(&call->spare));
    jout_object_end(j);
}

static void say_invalid(struct request *rq, const char *what)
{
    const struct api_call *call = rq->parsed;
    struct jout *j = reply_json(rq, 200);
    jout_object(j);
    jout_field_cstr(j, "status_code", "400");
    jout_field_cstr(j, "status_message", "One or more parameters in the payload is invalid.");
    jout_key(j, "validation_messages");
    jout_array(j);
    jout_cstr(j, what);
    jout_array_end(j);
    jout_field_str(j, "id", id_str(&call->spare));
    jout_object_end(j);
}

static void say_not_now(struct request *rq)
{
    say(rq, 200, "412", "Merchant cannot modify the status of the transaction");
}

static void say_busy(struct request *rq)
{
    say(rq, 503, "503", "The partner's connection is failing, please try again later");
}

static bool has_key(struct request *rq)
{
    const struct api_call *call = rq->parsed;
    if (!call->key.at)
        say(rq, 401, "401", "Transaction cannot be authorized with the current client/server key.");
    return call->key.at != NULL;
}

static void say_transaction(struct request *rq, struct db *db, const struct transaction *t,
                            const char *code, const char *message)
{
    struct jout *j = reply_json(rq, 200);
    jout_object(j);
    sandbox_write(j, db, t, code, message, sandbox_gross(rq->arena, t->gross));
    jout_object_end(j);
}

/* ---- Once for a key (B1) ---- */

/* Answer as the first time, if this key had a successful answer lately. */
static bool repeat(struct request *rq, struct db *tx)
{
    const struct api_call *call = rq->parsed;
    if (!call->idempotency.at)
        return false;
    db_exec(tx, "DELETE FROM sandbox_answers WHERE at < ?", DB_INT(rq->now_us - IDEMPOTENCY_US));
    struct db_rows *rows =
        db_query(tx, "SELECT status, body FROM sandbox_answers WHERE idempotency_key = ?",
                 DB_TEXT(call->idempotency));
    bool known = db_row(rows);
    if (known)
        reply_bytes(rq, (int)db_int(rows, 0), "application/json", db_text(rows, 1));
    db_end(rows);
    return known;
}

static void keep(struct request *rq, struct db *tx)
{
    const struct api_call *call = rq->parsed;
    if (call->idempotency.at)
        db_exec(tx,
                "INSERT INTO sandbox_answers (idempotency_key, at, status, body)"
                " VALUES (?, ?, ?, ?)",
                DB_TEXT(call->idempotency), DB_INT(rq->now_us), DB_INT(rq->status),
                DB_TEXT(buf_str(&rq->reply)));
}

/* ---- POST /v2/charge ---- */

/* A charge as it is asked for. */
struct charge {
    struct str order_id;
    enum method method;
    int64_t gross;      /* rupiah */
    int64_t expires_s;  /* from now, 0: as usual */
    struct str channel; /* bank or store */
};

static bool sums_up(const json_t *items, int64_t gross)
{
    int64_t sum = 0;
    size_t i;
    const json_t *item;
    if (!items)
        return true;
    json_array_foreach(items, i, item)
    {
        int64_t price, quantity, line;
        if (!json_int(item, "price", &price) || !json_int(item, "quantity", &quantity) ||
            __builtin_mul_overflow(price, quantity, &line) ||
            __builtin_add_overflow(sum, line, &sum))
            return false;
    }
    return sum == gross;
}

/* Seconds of custom_expiry, 0 without one, -1 when it makes no sense. */
static int64_t expiry_of(const json_t *body)
{
    const json_t *custom = json_object_get(body, "custom_expiry");
    struct str unit = json_text(custom, "unit");
    int64_t duration, each = 60;
    if (!custom)
        return 0;
    if (!json_int_lenient(json_object_get(custom, "expiry_duration"), &duration) || duration < 1 ||
        duration > EXPIRY_MAX_S)
        return -1;
    if (str_is(unit, "second"))
        each = 1;
    else if (str_is(unit, "hour"))
        each = 3600;
    else if (str_is(unit, "day"))
        each = 86400;
    else if (unit.at && !str_is(unit, "minute"))
        return -1;
    int64_t seconds = duration * each;
    return seconds < EXPIRY_MIN_S ? -1 : seconds < EXPIRY_MAX_S ? seconds : EXPIRY_MAX_S;
}

/* NULL when the charge is fine, else what is not. */
static const char *read_charge(const json_t *body, struct charge *c)
{
    const json_t *details = json_object_get(body, "transaction_details");
    *c = (struct charge){.order_id = json_text(details, "order_id")};
    if (!method_parse(json_text(body, "payment_type"), &c->method))
        return "payment_type is not supported";
    if (!midtrans_order_id_valid(c->order_id))
        return "transaction_details.order_id must be 1 to 50 letters, digits or -_~.";
    if (!json_int(details, "gross_amount", &c->gross) || c->gross < 1 || c->gross > GROSS_MAX)
        return "transaction_details.gross_amount must be a whole number of rupiah";
    if (!sums_up(json_object_get(body, "item_details"), c->gross))
        return "item_details must add up to transaction_details.gross_amount";
    c->expires_s = expiry_of(body);
    if (c->expires_s < 0)
        return "custom_expiry is not valid";
    c->channel = json_text(json_object_get(body, "bank_transfer"), "bank");
    if (!c->channel.at)
        c->channel = json_text(json_object_get(body, "cstore"), "store");
    return NULL;
}

/* An order_id is free again once its transaction is over unpaid. */
static bool taken(struct request *rq, struct db *tx, struct str order_id, struct str key)
{
    struct transaction t;
    return sandbox_find(tx, rq->arena, order_id, key, &t) && t.status != MIDTRANS_EXPIRE &&
           t.status != MIDTRANS_CANCEL && t.status != MIDTRANS_DENY;
}

static void write_action(struct jout *j, const char *name, const char *method, const char *url)
{
    jout_object(j);
    jout_field_cstr(j, "name", name);
    jout_field_cstr(j, "method", method);
    jout_field_cstr(j, "url", url);
    jout_object_end(j);
}

static void write_actions(struct request *rq, struct jout *j, const struct transaction *t)
{
    const char *base = arena_strdup(rq->arena, t->base);
    const char *id = t->id.text;
    const char *pay = arena_printf(rq->arena, "%s/pay/%s", base, id);
    jout_key(j, "actions");
    jout_array(j);
    if (t->qr_string.at)
        write_action(j, "generate-qr-code", "GET",
                     arena_printf(rq->arena, "%s/v2/qris/%s/qr-code", base, id));
    if (t->method == METHOD_GOPAY) {
        write_action(j, "deeplink-redirect", "GET", pay);
        write_action(j, "get-status", "GET", arena_printf(rq->arena, "%s/v2/%s/status", base, id));
        write_action(j, "cancel", "POST", arena_printf(rq->arena, "%s/v2/%s/cancel", base, id));
    }
    write_action(j, "pesan-pay-page", "GET", pay);
    jout_array_end(j);
}

static struct str qr_of(struct request *rq, const struct transaction *t)
{
    struct buf text = buf_in(rq->arena);
    /* An owner nobody routes to: scanned with a real application it must not move money (B8). */
    emv_build(&text, &(struct emv_sale){.owner = STR("ID.PESAN.SIM"),
                                        .reference = id_str(&t->id),
                                        .merchant = STR(SANDBOX_MERCHANT),
                                        .city = STR("JAKARTA"),
                                        .amount = str_of(sandbox_gross(rq->arena, t->gross))});
    return buf_str(&text);
}

static void charge(struct request *rq, struct db *tx, const struct charge *c)
{
    const struct api_call *call = rq->parsed;
    int64_t now_us = sandbox_now(tx, rq->now_us);
    const struct method_row *method = &sandbox_methods[c->method];
    int64_t seconds = c->expires_s > 0 ? c->expires_s : method->minutes * 60;
    struct transaction t = {.id = rq->id,
                            .order_id = c->order_id,
                            .key = call->key,
                            .method = c->method,
                            .gross = c->gross,
                            .status = MIDTRANS_PENDING,
                            .created_at = now_us,
                            .expires_at = now_us + seconds * US_PER_S,
                            .urls = call->urls,
                            .base = call->base,
                            .number = str_of(call->digits),
                            .channel = c->channel.at ? c->channel : STR("bca")};
    if (c->method == METHOD_QRIS || c->method == METHOD_GOPAY)
        t.qr_string = qr_of(rq, &t);
    sandbox_insert(tx, &t);
    sandbox_notify(tx, rq->arena, &t, rq->now_us);
    struct jout *j = reply_json(rq, 200);
    jout_object(j);
    sandbox_write(j, tx, &t, "201", method->message, sandbox_gross(rq->arena, t.gross));
    write_actions(rq, j, &t);
    if (t.qr_string.at)
        jout_field_str(j, "qr_string", t.qr_string);
    jout_object_end(j);
}

/* Make the charge, or say why not. False when nothing was made. */
static bool try_charge(struct request *rq, struct db *tx)
{
    const struct api_call *call = rq->parsed;
    struct charge c;
    const char *wrong = read_charge(rq->body, &c);
    if (wrong) {
        say_invalid(rq, wrong);
        return false;
    }
    if (taken(rq, tx, c.order_id, call->key)) {
        say(rq, 200, "406", "The order_id belongs to a transaction that is pending or paid");
        return false;
    }
    charge(rq, tx, &c);
    return true;
}

void sandbox_run_charge(struct request *rq, struct db *tx)
{
    if (!has_key(rq))
        return;
    if (fault_take(tx, FAULT_CHARGE_503)) {
        say_busy(rq);
        return;
    }
    if (!repeat(rq, tx)) {
        if (!try_charge(rq, tx))
            return;
        if (fault_take(tx, FAULT_CHARGE_LOST)) {
            say_busy(rq);
            return;
        }
        keep(rq, tx);
    }
    if (fault_take(tx, FAULT_CHARGE_202))
        say(rq, 202, "202", "A request with the same Idempotency-Key is being processed");
}

/* ---- The other calls ---- */

static bool find(struct request *rq, struct db *db, struct transaction *t_r)
{
    const struct api_call *call = rq->parsed;
    if (sandbox_find(db, rq->arena, rq->params[0], call->key, t_r))
        return true;
    say(rq, 200, "404", "Transaction doesn't exist.");
    return false;
}

void sandbox_run_status(struct request *rq, struct db *db)
{
    struct transaction t;
    if (!has_key(rq))
        return;
    if (fault_get(db, FAULT_STATUS_503))
        say_busy(rq);
    else if (find(rq, db, &t))
        say_transaction(rq, db, &t, sandbox_code(&t, false), "Success, transaction is found");
}

/* Cancel and expire differ in words alone. */
static void call_off(struct request *rq, struct db *tx, enum midtrans_status to, const char *code,
                     const char *message)
{
    struct transaction t;
    if (!has_key(rq))
        return;
    if (fault_take(tx, FAULT_CANCEL_503)) {
        say_busy(rq);
        return;
    }
    if (repeat(rq, tx) || !find(rq, tx, &t))
        return;
    if (t.status != MIDTRANS_PENDING) {
        say_not_now(rq);
        return;
    }
    sandbox_move(tx, rq->arena, &t, to, rq->now_us);
    say_transaction(rq, tx, &t, code, message);
    keep(rq, tx);
}

void sandbox_run_cancel(struct request *rq, struct db *tx)
{
    call_off(rq, tx, MIDTRANS_CANCEL, "200", "Success, transaction is canceled");
}

void sandbox_run_expire(struct request *rq, struct db *tx)
{
    call_off(rq, tx, MIDTRANS_EXPIRE, "407", "Success, transaction has expired");
}

/* The amount an earlier refund under this key gave back, 0: there is none. */
static int64_t refunded_before(struct db *tx, const struct transaction *t, struct str key)
{
    struct db_rows *rows = db_query(tx,
                                    "SELECT amount FROM sandbox_refunds"
                                    " WHERE transaction_id = ? AND refund_key = ?",
                                    DB_ID(&t->id), DB_TEXT(key));
    int64_t amount = db_row(rows) ? db_int(rows, 0) : 0;
    db_end(rows);
    return amount;
}

static void refund(struct request *rq, struct db *tx, struct transaction *t, struct str key,
                   int64_t amount)
{
    int64_t before = refunded_before(tx, t, key);
    bool settled = t->status == MIDTRANS_SETTLEMENT || t->status == MIDTRANS_PARTIAL_REFUND;
    if (before == 0 && (!settled || !sandbox_methods[t->method].refundable)) {
        say_not_now(rq);
    } else if (before > 0 && before != amount) {
        say(rq, 200, "406", "Duplicate refund ID");
    } else if (before == 0 &&
               (amount > t->gross - t->refunded || fault_get(tx, FAULT_REFUND_414) != 0)) {
        say(rq, 200, "414", "The refund amount exceeds what is left, or funds are insufficient");
    } else {
        if (before == 0)
            sandbox_refund(tx, rq->arena, t, key, amount, rq->now_us);
        say_transaction(rq, tx, t, "200", "Success, refund request is approved");
        keep(rq, tx);
    }
}

void sandbox_run_refund(struct request *rq, struct db *tx)
{
    const struct api_call *call = rq->parsed;
    struct str key = json_text(rq->body, "refund_key");
    struct transaction t;
    int64_t amount;
    if (!has_key(rq))
        return;
    if (fault_take(tx, FAULT_REFUND_503)) {
        say_busy(rq);
        return;
    }
    if (repeat(rq, tx) || !find(rq, tx, &t))
        return;
    if (!key.at)
        key = id_str(&call->spare);
    if (!json_object_get(rq->body, "amount"))
        amount = t.gross - t.refunded;
    else if (!json_int(rq->body, "amount", &amount))
        amount = 0;
    if (!midtrans_refund_key_valid(key))
        say_invalid(rq, "refund_key must be letters, digits, - or _");
    else if (amount <= 0)
        say_invalid(rq, "amount must be a whole number of rupiah");
    else
        refund(rq, tx, &t, key, amount);
}

/* approve and deny are for card payments under suspicion, which are never made here. */
void sandbox_run_challenge(struct request *rq, struct db *tx)
{
    struct transaction t;
    if (has_key(rq) && find(rq, tx, &t))
        say_not_now(rq);
}
