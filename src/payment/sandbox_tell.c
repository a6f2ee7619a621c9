/* sandbox_tell.c - what the simulated gateway says of a transaction: to who asks, and in
 * notifications, which a worker sends and repeats as the real one does, a thousand times faster. */
#include "payment/sandbox.h"

#include "base/log.h"

#define RETRIES_MAX    5
#define REORDER_US     US_PER_S
#define CONFIRM_US     (US_PER_S / 10) /* the bank's word on a refund comes later */
#define NOTIFY_TIMEOUT INT64_C(15000)
#define WRONG_KEY      "SB-Mid-server-somebody-else"

struct worker_bell sandbox_bell = WORKER_BELL_INIT;

/* ---- What it says ---- */

struct code_row {
    const char *asked;    /* when somebody asks for the status */
    const char *notified; /* in a notification */
};

static const struct code_row codes[MIDTRANS_STATUS_COUNT] = {
#define CODE(status, asked, notified) [MIDTRANS_##status] = {asked, notified},
#include "payment/tbl/sandbox_codes.h"
#undef CODE
};

const char *sandbox_code(const struct transaction *t, bool notification)
{
    const struct code_row *row = &codes[t->status];
    CHECK(row->asked); /* no other state is ever entered */
    return notification ? row->notified : row->asked;
}

const char *sandbox_gross(struct arena *arena, int64_t rupiah)
{
    return arena_printf(arena, "%lld.00", (long long)rupiah);
}

static void write_time(struct jout *j, const char *key, int64_t utc_us)
{
    char text[MIDTRANS_TIME_MAX];
    midtrans_time(utc_us, text);
    jout_field_cstr(j, key, text);
}

static void write_refunds(struct jout *j, struct db *db, const struct transaction *t)
{
    struct buf amount = {0};
    struct db_rows *rows = db_query(db,
                                    "SELECT refund_key, amount, at FROM sandbox_refunds"
                                    " WHERE transaction_id = ? ORDER BY at",
                                    DB_ID(&t->id));
    buf_addf(&amount, "%lld.00", (long long)t->refunded);
    jout_field_str(j, "refund_amount", buf_str(&amount));
    jout_key(j, "refunds");
    jout_array(j);
    while (db_row(rows)) {
        buf_clear(&amount);
        buf_addf(&amount, "%lld.00", (long long)db_int(rows, 1));
        jout_object(j);
        jout_field_str(j, "refund_key", db_text(rows, 0));
        jout_field_str(j, "refund_amount", buf_str(&amount));
        write_time(j, "created_at", db_int(rows, 2));
        if (t->confirmed)
            write_time(j, "bank_confirmed_at", db_int(rows, 2));
        jout_object_end(j);
    }
    jout_array_end(j);
    db_end(rows);
    buf_fini(&amount);
}

/* Where the payer goes other than to a QR. */
static void write_number(struct jout *j, const struct transaction *t)
{
    if (t->method == METHOD_BANK_TRANSFER) {
        jout_key(j, "va_numbers");
        jout_array(j);
        jout_object(j);
        jout_field_str(j, "bank", t->channel);
        jout_field_str(j, "va_number", t->number);
        jout_object_end(j);
        jout_array_end(j);
    } else if (t->method == METHOD_ECHANNEL) {
        jout_field_str(j, "bill_key", t->number);
        jout_field_cstr(j, "biller_code", "70012");
    } else if (t->method == METHOD_CSTORE) {
        jout_field_str(j, "payment_code", t->number);
        jout_field_str(j, "store", t->channel);
    }
}

void sandbox_write(struct jout *j, struct db *db, const struct transaction *t, const char *code,
                   const char *message, const char *gross_amount)
{
    jout_field_cstr(j, "status_code", code);
    jout_field_cstr(j, "status_message", message);
    jout_field_str(j, "transaction_id", id_str(&t->id));
    jout_field_str(j, "order_id", t->order_id);
    jout_field_cstr(j, "merchant_id", "G000000000");
    jout_field_cstr(j, "gross_amount", gross_amount);
    jout_field_cstr(j, "currency", "IDR");
    jout_field_cstr(j, "payment_type", sandbox_methods[t->method].type);
    write_time(j, "transaction_time", t->created_at);
    jout_field_cstr(j, "transaction_status", midtrans_status_word(t->status));
    jout_field_cstr(j, "fraud_status", "accept");
    write_time(j, "expiry_time", t->expires_at);
    if (t->method == METHOD_QRIS)
        jout_field_cstr(j, "acquirer", "gopay");
    if (t->settled_at > 0) {
        write_time(j, "settlement_time", t->settled_at);
        if (t->method == METHOD_QRIS) {
            jout_field_cstr(j, "issuer", "gopay");
            jout_field_cstr(j, "transaction_type", "on-us");
        }
    }
    write_number(j, t);
    if (t->refunded > 0)
        write_refunds(j, db, t);
}

/* ---- Notifications ---- */

static struct str notification(struct db *tx, struct arena *arena, const struct transaction *t)
{
    char signature[MIDTRANS_SIGNATURE_LEN + 1];
    struct buf text = buf_in(arena);
    struct jout j = jout_to(&text);
    const char *code = sandbox_code(t, true);
    int64_t more = fault_get(tx, FAULT_WRONG_AMOUNT) != 0;
    const char *gross = sandbox_gross(arena, t->gross + more);
    struct str key = fault_get(tx, FAULT_WRONG_SIGNATURE) ? STR(WRONG_KEY) : t->key;
    midtrans_sign(t->order_id, str_of(code), str_of(gross), key, signature);
    jout_object(&j);
    sandbox_write(&j, tx, t, code, "midtrans payment notification", gross);
    jout_field_cstr(&j, "signature_key", signature);
    jout_object_end(&j);
    return buf_str(&text);
}

static void queue(struct db *tx, struct str url, struct str body, int64_t due_at)
{
    struct id id = id_new();
    db_exec(tx,
            "INSERT INTO sandbox_notifications (id, url, body, due_at, attempts)"
            " VALUES (?, ?, ?, ?, 0)",
            DB_ID(&id), DB_TEXT(url), DB_TEXT(body), DB_INT(due_at));
}

void sandbox_notify(struct db *tx, struct arena *arena, const struct transaction *t, int64_t now_us)
{
    struct str urls = t->urls;
    if (urls.len == 0 || fault_get(tx, FAULT_DROP_NOTIFICATIONS))
        return;
    struct str body = notification(tx, arena, t);
    int64_t due_at =
        now_us + fault_get(tx, FAULT_DELAY_MS) * 1000 + (t->confirmed ? CONFIRM_US : 0);
    if (t->status == MIDTRANS_PENDING && fault_get(tx, FAULT_REORDER))
        due_at += REORDER_US;
    int copies = fault_get(tx, FAULT_DUPLICATE) ? 2 : 1;
    while (urls.len > 0) {
        struct str url = str_cut(&urls, '\n');
        for (int i = 0; i < copies; i++)
            queue(tx, url, body, due_at);
    }
    worker_ring(&sandbox_bell);
}

/* ---- Sending ---- */

/* One on its way. */
struct sending {
    const char *url;  /* where to */
    struct str body;  /* what */
    int64_t attempts; /* tries before this one */
    int status;       /* how it was answered; 0: not at all */
};

static int64_t find_due(struct worker_find *find, struct db *db, int64_t now_us)
{
    struct db_rows *rows = db_query(db,
                                    "SELECT id, url, body, attempts FROM sandbox_notifications"
                                    " WHERE due_at <= ? ORDER BY due_at LIMIT ?",
                                    DB_INT(now_us), DB_INT(WORKER_FIND_MAX));
    while (db_row(rows)) {
        struct duty *d = worker_found(find, db_text(rows, 0));
        struct sending *s = arena_alloc(d->arena, sizeof *s);
        s->url = arena_strdup(d->arena, db_text(rows, 1));
        s->body = arena_str(d->arena, db_text(rows, 2));
        s->attempts = db_int(rows, 3);
        d->own = s;
    }
    db_end(rows);
    rows = db_query(db,
                    "SELECT due_at FROM sandbox_notifications WHERE due_at > ?"
                    " ORDER BY due_at LIMIT 1",
                    DB_INT(now_us));
    int64_t next_us = db_row(rows) ? db_int(rows, 0) : INT64_MAX;
    db_end(rows);
    return next_us;
}

static bool ask(void *own, struct duty *d)
{
    const struct sending *s = d->own;
    (void)own;
    d->call.url = s->url;
    d->call.post = true;
    d->call.body = s->body;
    d->call.timeout_ms = NOTIFY_TIMEOUT;
    return true;
}

static void answered(void *own, struct duty *d)
{
    struct sending *s = d->own;
    (void)own;
    s->status = d->call.status;
    if (s->status < 200 || s->status > 299)
        log_warn("SANDBOX-NOTIFY", LOG_C("url", s->url), LOG_N("status", s->status),
                 LOG_N("attempts", s->attempts));
}

/* How often it is sent again after such an answer (MIDTRANS.md B6). */
static int64_t retries_of(int status)
{
    if (status >= 200 && status <= 299)
        return 0;
    switch (status) {
    case 301:
    case 302:
    case 303:
        return 0;
    case 500:
        return 1;
    case 400:
    case 404:
        return 2;
    case 503:
        return 4;
    default:
        return RETRIES_MAX;
    }
}

static void settle(struct duty *d, struct db *tx)
{
    /* 2 m, 10 m, 30 m, 1.5 h, 3.5 h, divided by 1000 */
    static const int64_t spacing_ms[RETRIES_MAX] = {120, 600, 1800, 5400, 12600};
    const struct sending *s = d->own;
    if (s->attempts >= retries_of(s->status)) {
        db_exec(tx, "DELETE FROM sandbox_notifications WHERE id = ?", DB_TEXT(d->key));
        return;
    }
    db_exec(tx, "UPDATE sandbox_notifications SET due_at = ?, attempts = ? WHERE id = ?",
            DB_INT(d->now_us + spacing_ms[s->attempts] * 1000), DB_INT(s->attempts + 1),
            DB_TEXT(d->key));
}

const struct worker_ops sandbox_ops = {
    .find = find_due,
    .ask = ask,
    .answered = answered,
    .settle = settle,
};
