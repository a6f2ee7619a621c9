/* sandbox.c - the simulated gateway's transactions: their rows, their life, its faults and clock.
 */
#include "payment/sandbox.h"

#include "journal/deadline.h"

#define ADVANCE_ROWS_MAX 1000
#define DUE_ARENA        65536

const char *const sandbox_steps[SANDBOX_STEPS] = {
    "CREATE TABLE sandbox_transactions ("
    " id {key} PRIMARY KEY,"
    " order_id {key} NOT NULL,"
    " server_key {text} NOT NULL,"
    " payment_type {text} NOT NULL,"
    " gross {int} NOT NULL,"
    " refunded {int} NOT NULL,"
    " status {text} NOT NULL,"
    " created_at {int} NOT NULL,"
    " expires_at {int} NOT NULL,"
    " settled_at {int} NOT NULL,"
    " qr_string {text},"
    " urls {text},"
    " base {text} NOT NULL,"
    " number {text},"
    " channel {text}"
    ") {table_clustered};"
    "CREATE INDEX sandbox_transactions_order ON sandbox_transactions (order_id);"
    "CREATE TABLE sandbox_refunds ("
    " transaction_id {key} NOT NULL,"
    " refund_key {key} NOT NULL,"
    " amount {int} NOT NULL,"
    " at {int} NOT NULL,"
    " PRIMARY KEY (transaction_id, refund_key)"
    ") {table};"
    "CREATE TABLE sandbox_answers ("
    " idempotency_key {key} PRIMARY KEY,"
    " at {int} NOT NULL,"
    " status {int} NOT NULL,"
    " body {text} NOT NULL"
    ") {table};"
    "CREATE TABLE sandbox_notifications ("
    " id {key} PRIMARY KEY,"
    " url {text} NOT NULL,"
    " body {text} NOT NULL,"
    " due_at {int} NOT NULL,"
    " attempts {int} NOT NULL"
    ") {table};"
    "CREATE INDEX sandbox_notifications_due ON sandbox_notifications (due_at);"
    "CREATE TABLE sandbox_knobs ("
    " name {key} PRIMARY KEY,"
    " value {int} NOT NULL"
    ") {table};",
};

const struct method_row sandbox_methods[METHOD_COUNT] = {
#define METHOD(name, type, minutes, refundable, message) {type, minutes, refundable, message},
#include "payment/tbl/methods.h"
#undef METHOD
};

bool method_parse(struct str type, enum method *method_r)
{
    for (int m = 0; m < METHOD_COUNT; m++) {
        if (str_is(type, sandbox_methods[m].type)) {
            *method_r = (enum method)m;
            return true;
        }
    }
    return false;
}

/* ---- Faults and the clock ---- */

static const char *const knobs[FAULT_COUNT] = {
#define FAULT(name, knob, kind, effect) knob,
#include "payment/tbl/faults.h"
#undef FAULT
};

#define CLOCK_KNOB "clock_us"

const char *fault_knob(enum fault f)
{
    CHECK(f < FAULT_COUNT);
    return knobs[f];
}

static int64_t knob_get(struct db *db, const char *name)
{
    struct db_rows *rows =
        db_query(db, "SELECT value FROM sandbox_knobs WHERE name = ?", DB_CSTR(name));
    int64_t value = db_row(rows) ? db_int(rows, 0) : 0;
    db_end(rows);
    return value;
}

static void knob_set(struct db *tx, const char *name, int64_t value)
{
    db_exec(tx, "DELETE FROM sandbox_knobs WHERE name = ?", DB_CSTR(name));
    if (value != 0)
        db_exec(tx, "INSERT INTO sandbox_knobs (name, value) VALUES (?, ?)", DB_CSTR(name),
                DB_INT(value));
}

int64_t fault_get(struct db *db, enum fault f)
{
    return knob_get(db, fault_knob(f));
}

void fault_set(struct db *tx, enum fault f, int64_t value)
{
    knob_set(tx, fault_knob(f), value);
}

bool fault_take(struct db *tx, enum fault f)
{
    int64_t left = fault_get(tx, f);
    if (left <= 0)
        return false;
    fault_set(tx, f, left - 1);
    return true;
}

int64_t sandbox_now(struct db *db, int64_t now_us)
{
    return now_us + knob_get(db, CLOCK_KNOB);
}

/* Wake when the transaction expires, in our own time. */
static void arm(struct db *tx, struct str id, int64_t expires_at)
{
    deadline_set(tx, SANDBOX_NAME, id, expires_at - knob_get(tx, CLOCK_KNOB));
}

void sandbox_advance(struct db *tx, int64_t by_us)
{
    knob_set(tx, CLOCK_KNOB, knob_get(tx, CLOCK_KNOB) + by_us);
    struct db_rows *rows = db_query(tx,
                                    "SELECT id, expires_at FROM sandbox_transactions"
                                    " WHERE status = 'pending' LIMIT ?",
                                    DB_INT(ADVANCE_ROWS_MAX));
    while (db_row(rows))
        arm(tx, db_text(rows, 0), db_int(rows, 1));
    db_end(rows);
}

/* ---- Rows ---- */

void sandbox_insert(struct db *tx, const struct transaction *t)
{
    db_exec(tx,
            "INSERT INTO sandbox_transactions (id, order_id, server_key, payment_type, gross,"
            " refunded, status, created_at, expires_at, settled_at, qr_string, urls, base, number,"
            " channel) VALUES (?, ?, ?, ?, ?, 0, ?, ?, ?, 0, ?, ?, ?, ?, ?)",
            DB_ID(&t->id), DB_TEXT(t->order_id), DB_TEXT(t->key),
            DB_CSTR(sandbox_methods[t->method].type), DB_INT(t->gross),
            DB_CSTR(midtrans_status_word(t->status)), DB_INT(t->created_at), DB_INT(t->expires_at),
            DB_TEXT(t->qr_string), DB_TEXT(t->urls), DB_TEXT(t->base), DB_TEXT(t->number),
            DB_TEXT(t->channel));
    arm(tx, id_str(&t->id), t->expires_at);
}

static void save(struct db *tx, const struct transaction *t)
{
    db_exec(tx,
            "UPDATE sandbox_transactions SET gross = ?, refunded = ?, status = ?, settled_at = ?"
            " WHERE id = ?",
            DB_INT(t->gross), DB_INT(t->refunded), DB_CSTR(midtrans_status_word(t->status)),
            DB_INT(t->settled_at), DB_ID(&t->id));
}

#define COLUMNS                                                                                    \
    "SELECT id, order_id, server_key, payment_type, gross, refunded, status, created_at,"          \
    " expires_at, settled_at, qr_string, urls, base, number, channel FROM sandbox_transactions "

static bool read_one(struct db_rows *rows, struct arena *arena, struct transaction *t)
{
    bool found = db_row(rows);
    if (found) {
        *t = (struct transaction){
            .order_id = arena_str(arena, db_text(rows, 1)),
            .key = arena_str(arena, db_text(rows, 2)),
            .gross = db_int(rows, 4),
            .refunded = db_int(rows, 5),
            .created_at = db_int(rows, 7),
            .expires_at = db_int(rows, 8),
            .settled_at = db_int(rows, 9),
            .qr_string = arena_str(arena, db_text(rows, 10)),
            .urls = arena_str(arena, db_text(rows, 11)),
            .base = arena_str(arena, db_text(rows, 12)),
            .number = arena_str(arena, db_text(rows, 13)),
            .channel = arena_str(arena, db_text(rows, 14)),
        };
        found = id_parse(db_text(rows, 0), &t->id) && method_parse(db_text(rows, 3), &t->method) &&
                midtrans_status_parse(db_text(rows, 6), &t->status);
    }
    db_end(rows);
    return found;
}

bool sandbox_find(struct db *db, struct arena *arena, struct str id, struct str key,
                  struct transaction *t_r)
{
    bool found =
        read_one(db_query(db, COLUMNS "WHERE id = ?", DB_TEXT(id)), arena, t_r) ||
        read_one(db_query(db, COLUMNS "WHERE order_id = ? ORDER BY id DESC LIMIT 1", DB_TEXT(id)),
                 arena, t_r);
    return found && (!key.at || str_eq(key, t_r->key));
}

/* ---- Its life ---- */

void sandbox_move(struct db *tx, struct arena *arena, struct transaction *t,
                  enum midtrans_status to, int64_t now_us)
{
    if (t->status == MIDTRANS_PENDING)
        deadline_clear(tx, SANDBOX_NAME, id_str(&t->id));
    t->status = to;
    if (to == MIDTRANS_SETTLEMENT)
        t->settled_at = sandbox_now(tx, now_us);
    save(tx, t);
    sandbox_notify(tx, arena, t, now_us);
}

void sandbox_refund(struct db *tx, struct arena *arena, struct transaction *t, struct str key,
                    int64_t amount, int64_t now_us)
{
    CHECK(amount > 0 && amount <= t->gross - t->refunded);
    db_exec(tx,
            "INSERT INTO sandbox_refunds (transaction_id, refund_key, amount, at)"
            " VALUES (?, ?, ?, ?)",
            DB_ID(&t->id), DB_TEXT(key), DB_INT(amount), DB_INT(sandbox_now(tx, now_us)));
    t->refunded += amount;
    sandbox_move(tx, arena, t, t->refunded == t->gross ? MIDTRANS_REFUND : MIDTRANS_PARTIAL_REFUND,
                 now_us);
    t->confirmed = true;
    sandbox_notify(tx, arena, t, now_us);
}

struct action_row {
    const char *word;        /* what the button posts */
    unsigned from;           /* states it is offered in, as bits */
    enum midtrans_status to; /* the state it leads to */
};

#define IN(name) (1u << MIDTRANS_##name)

static const struct action_row actions[] = {
#define PAY_ACTION(name, word, from, to) {word, from, MIDTRANS_##to},
#include "payment/tbl/pay_actions.h"
#undef PAY_ACTION
};

static const struct action_row *action_of(struct str word)
{
    for (size_t i = 0; i < ARRAY_LEN(actions); i++) {
        if (str_is(word, actions[i].word))
            return &actions[i];
    }
    return NULL;
}

static bool offered(struct db *tx, const struct transaction *t, const struct action_row *action)
{
    unsigned now = 1u << t->status;
    unsigned late = IN(EXPIRE) | IN(CANCEL) | IN(DENY);
    if (action->from & now)
        return true;
    return action->to == MIDTRANS_SETTLEMENT && (late & now) && fault_get(tx, FAULT_LATE) != 0;
}

enum pay_outcome sandbox_pay(struct db *tx, struct arena *arena, struct transaction *t,
                             struct str word, int64_t now_us)
{
    const struct action_row *action = action_of(word);
    if (!action)
        return PAY_NO_SUCH_ACTION;
    if (t->status == MIDTRANS_PENDING && t->expires_at <= sandbox_now(tx, now_us))
        sandbox_move(tx, arena, t, MIDTRANS_EXPIRE, now_us);
    if (!offered(tx, t, action))
        return t->status == action->to ? PAY_DONE : PAY_NOT_NOW;
    if (action->to == MIDTRANS_REFUND) {
        struct id key = id_new();
        sandbox_refund(tx, arena, t, id_str(&key), t->gross - t->refunded, now_us);
        return PAY_DONE;
    }
    int64_t paid = action->to == MIDTRANS_SETTLEMENT ? fault_get(tx, FAULT_PAY_AMOUNT) : 0;
    if (paid > 0)
        t->gross = paid;
    sandbox_move(tx, arena, t, action->to, now_us);
    return PAY_DONE;
}

void sandbox_due(struct db *tx, struct str id, int64_t now_us)
{
    struct arena *arena = arena_new(DUE_ARENA);
    struct transaction t;
    if (sandbox_find(tx, arena, id, (struct str){NULL, 0}, &t) && t.status == MIDTRANS_PENDING) {
        if (t.expires_at <= sandbox_now(tx, now_us))
            sandbox_move(tx, arena, &t, MIDTRANS_EXPIRE, now_us);
        else
            arm(tx, id, t.expires_at);
    }
    arena_free(&arena);
}
