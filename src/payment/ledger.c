/* ledger.c - what happened to the money of each payment. */
#include "payment/ledger.h"

struct kind_fact {
    const char *word; /* in the row */
    int sign;         /* what it does to what we hold */
};

static const struct kind_fact kinds[LEDGER_KIND_COUNT] = {
#define LEDGER(name, word, sign, meaning) {word, sign},
#include "payment/tbl/ledger_kinds.h"
#undef LEDGER
};

static int sign_of(struct str word)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        if (str_is(word, kinds[i].word))
            return kinds[i].sign;
    }
    return 0;
}

int64_t ledger_held(struct db *db, const struct id *payment)
{
    int64_t held = 0;
    struct db_rows *rows = db_query(db,
                                    "SELECT kind, amount FROM payment_ledger"
                                    " WHERE payment_id = ? AND state <> 'refused'",
                                    DB_ID(payment));
    while (db_row(rows))
        held += sign_of(db_text(rows, 0)) * db_int(rows, 1);
    db_end(rows);
    return held;
}

int64_t ledger_sum(struct db *db, const struct id *payment, enum ledger_kind kind)
{
    int64_t sum = 0;
    struct db_rows *rows = db_query(db,
                                    "SELECT amount FROM payment_ledger"
                                    " WHERE payment_id = ? AND kind = ? AND state <> 'refused'",
                                    DB_ID(payment), DB_CSTR(kinds[kind].word));
    while (db_row(rows))
        sum += db_int(rows, 0);
    db_end(rows);
    return sum;
}

bool ledger_add(struct db *tx, const struct id *payment, int64_t at_us,
                const struct ledger_line *line)
{
    const struct kind_fact *kind = &kinds[line->kind];
    if (line->amount <= 0 || line->amount > INT64_MAX / 2)
        return false;
    if (kind->sign < 0 && line->amount > ledger_held(tx, payment))
        return false;
    db_exec(tx,
            "INSERT INTO payment_ledger (id, payment_id, at, kind, amount, reason, state)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            DB_ID(&line->id), DB_ID(payment), DB_INT(at_us), DB_CSTR(kind->word),
            DB_INT(line->amount), DB_TEXT(line->reason), DB_TEXT(line->state));
    return true;
}

static bool read_refund(struct db_rows *rows, struct arena *arena, struct ledger_line *line_r)
{
    bool found = db_row(rows);
    if (found) {
        *line_r = (struct ledger_line){.kind = LEDGER_REFUND,
                                       .amount = db_int(rows, 1),
                                       .reason = arena_str(arena, db_text(rows, 2)),
                                       .state = arena_str(arena, db_text(rows, 3))};
        found = id_parse(db_text(rows, 0), &line_r->id);
    }
    db_end(rows);
    return found;
}

bool ledger_open_refund(struct db *db, struct arena *arena, const struct id *payment,
                        struct ledger_line *line_r)
{
    struct db_rows *rows = db_query(db,
                                    "SELECT id, amount, reason, state FROM payment_ledger"
                                    " WHERE payment_id = ? AND kind = 'refund' AND state = 'open'"
                                    " ORDER BY at, id LIMIT 1",
                                    DB_ID(payment));
    return read_refund(rows, arena, line_r);
}

bool ledger_refund(struct db *db, struct arena *arena, const struct id *payment, struct str refund,
                   struct ledger_line *line_r)
{
    struct db_rows *rows = db_query(db,
                                    "SELECT id, amount, reason, state FROM payment_ledger"
                                    " WHERE id = ? AND payment_id = ? AND kind = 'refund'",
                                    DB_TEXT(refund), DB_ID(payment));
    return read_refund(rows, arena, line_r);
}

void ledger_close(struct db *tx, struct str refund, const char *state, struct str gateway_ref)
{
    db_exec(tx,
            "UPDATE payment_ledger SET state = ?, gateway_ref = ?"
            " WHERE id = ? AND state = 'open'",
            DB_CSTR(state), DB_TEXT(gateway_ref), DB_TEXT(refund));
}

void ledger_write(struct jout *j, struct db *db, const struct id *payment)
{
    struct db_rows *rows = db_query(db,
                                    "SELECT id, at, kind, amount, reason, state FROM payment_ledger"
                                    " WHERE payment_id = ? ORDER BY at, id",
                                    DB_ID(payment));
    jout_array(j);
    while (db_row(rows)) {
        jout_object(j);
        jout_field_str(j, "id", db_text(rows, 0));
        jout_field_time(j, "at", db_int(rows, 1));
        jout_field_str(j, "kind", db_text(rows, 2));
        jout_field_int(j, "amount", db_int(rows, 3));
        jout_field_str(j, "reason", db_text(rows, 4));
        jout_field_str(j, "state", db_text(rows, 5));
        jout_object_end(j);
    }
    db_end(rows);
    jout_array_end(j);
}
