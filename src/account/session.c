/* session.c - the sessions table, and the only code that reads or changes it. */
#include "account/session.h"

#include "app/people.h"
#include "app/topic.h"
#include "base/json.h"
#include "journal/deadline.h"
#include "journal/journal.h"

#define SESSION_COLUMNS                                                                            \
    "id, account_id, created_at, renewed_at, previous_at, expires_at, ended_at, turn, device,"     \
    " address"
#define SWEEP_KEY      "sessions"
#define SWEEP_EVERY_US (INT64_C(86400) * 1000000)
#define SWEEP_AT_ONCE  500
#define SWEEP_SOON_US  (INT64_C(1000000)) /* when more were found than are removed at once */
#define ENDED_AT_ONCE  200

/* ---- Reading ---- */

static struct session borrow(struct db_rows *rows)
{
    return (struct session){.id = db_text(rows, 0),
                            .account_id = db_text(rows, 1),
                            .created_us = db_int(rows, 2),
                            .renewed_us = db_int(rows, 3),
                            .previous_us = db_int(rows, 4),
                            .expires_us = db_int(rows, 5),
                            .ended_us = db_int(rows, 6),
                            .turn = db_int(rows, 7),
                            .device = db_text(rows, 8),
                            .address = db_text(rows, 9)};
}

static bool read_one(struct db_rows *rows, struct arena *arena, struct session *session_r)
{
    bool found = db_row(rows);
    if (found) {
        struct session s = borrow(rows);
        s.id = arena_str(arena, s.id);
        s.account_id = arena_str(arena, s.account_id);
        s.device = arena_str(arena, s.device);
        s.address = arena_str(arena, s.address);
        *session_r = s;
    }
    db_end(rows);
    return found;
}

bool session_by_id(struct db *db, struct str id, struct arena *arena, struct session *session_r)
{
    return read_one(
        db_query(db, "SELECT " SESSION_COLUMNS " FROM sessions WHERE id = ?", DB_TEXT(id)), arena,
        session_r);
}

bool session_lives(const struct session *s, int64_t now_us)
{
    return s->ended_us == 0 && now_us < s->expires_us;
}

/* Greater than every id. */
#define BEYOND_IDS STR("g")

void session_list(struct db *db, struct str account_id, const struct request_page *page,
                  int64_t now_us, void (*visit)(void *arg, const struct session *s), void *arg)
{
    struct db_rows *rows =
        db_query(db,
                 "SELECT " SESSION_COLUMNS " FROM sessions WHERE account_id = ? AND id < ?"
                 " AND ended_at = 0 AND expires_at > ? ORDER BY id DESC LIMIT ?",
                 DB_TEXT(account_id), DB_TEXT(page->before.at ? page->before : BEYOND_IDS),
                 DB_INT(now_us), DB_INT(page->limit));
    while (db_row(rows)) {
        struct session s = borrow(rows);
        visit(arg, &s);
    }
    db_end(rows);
}

bool session_at_home(struct db *db, struct str account_id, struct str address, int64_t now_us)
{
    struct db_rows *rows = db_query(db,
                                    "SELECT 1 FROM sessions WHERE account_id = ? AND ended_at = 0"
                                    " AND expires_at > ? AND address = ? LIMIT 1",
                                    DB_TEXT(account_id), DB_INT(now_us), DB_TEXT(address));
    bool found = db_row(rows);
    db_end(rows);
    return found;
}

/* ---- Writing ---- */

static bool none_kept(struct db *db)
{
    struct db_rows *rows = db_query(db, "SELECT 1 FROM sessions LIMIT 1");
    bool none = !db_row(rows);
    db_end(rows);
    return none;
}

void session_open(struct db *tx, const struct session *s)
{
    if (none_kept(tx))
        deadline_set(tx, "account", STR(SWEEP_KEY), s->created_us + SWEEP_EVERY_US);
    db_exec(tx,
            "INSERT INTO sessions (id, account_id, created_at, renewed_at, previous_at, expires_at,"
            " ended_at, swept_at, turn, device, address) VALUES (?, ?, ?, ?, 0, ?, 0, ?, 0, ?, ?)",
            DB_TEXT(s->id), DB_TEXT(s->account_id), DB_INT(s->created_us), DB_INT(s->created_us),
            DB_INT(s->expires_us), DB_INT(s->expires_us + SESSION_KEPT_US), DB_TEXT(s->device),
            DB_TEXT(s->address));
}

bool session_renew(struct db *tx, struct session *s, int64_t presented, int64_t now_us,
                   int64_t *turn_r, int64_t *issued_us_r)
{
    *turn_r = presented + 1;
    if (presented == s->turn) {
        s->turn++;
        s->previous_us = s->renewed_us;
        s->renewed_us = now_us;
        db_exec(tx, "UPDATE sessions SET turn = ?, previous_at = ?, renewed_at = ? WHERE id = ?",
                DB_INT(s->turn), DB_INT(s->previous_us), DB_INT(s->renewed_us), DB_TEXT(s->id));
        *issued_us_r = s->renewed_us;
        return true;
    }
    if (presented < 0 || presented < s->turn - 2 || presented > s->turn)
        return false;
    *issued_us_r = presented == s->turn - 1 ? s->renewed_us : s->previous_us;
    return now_us - *issued_us_r <= SESSION_REPEAT_US;
}

static void tell_end(struct db *tx, const struct session *s, struct str actor, int64_t now_us)
{
    struct arena *arena = arena_new(8192);
    struct buf payload = buf_in(arena);
    struct jout j = jout_to(&payload);
    const struct str channels[] = {
        PEOPLE_CHANNEL, str_of(arena_printf(arena, "account:%.*s", STR_ARG(s->account_id))),
        str_of(arena_printf(arena, "session:%.*s", STR_ARG(s->id)))};
    jout_object(&j);
    jout_field_str(&j, "session_id", s->id);
    jout_field_str(&j, "account_id", s->account_id);
    jout_field_time(&j, "until", s->expires_us);
    jout_object_end(&j);
    journal_append(tx, &(struct event_draft){.topic = TOPIC_SESSION_ENDED,
                                             .key = s->id,
                                             .actor = actor,
                                             .at_us = now_us,
                                             .payload = buf_str(&payload),
                                             .channels = channels,
                                             .channel_count = ARRAY_LEN(channels)});
    arena_free(&arena);
}

void session_end(struct db *tx, const struct session *s, struct str actor, int64_t now_us)
{
    db_exec(tx, "UPDATE sessions SET ended_at = ?, swept_at = ? WHERE id = ?", DB_INT(now_us),
            DB_INT(now_us + SESSION_KEPT_US), DB_TEXT(s->id));
    tell_end(tx, s, actor, now_us);
}

void session_make_room(struct db *tx, struct str account_id, int64_t now_us)
{
    struct arena *arena = arena_new(8192);
    struct session oldest;
    struct db_rows *rows = db_query(tx,
                                    "SELECT " SESSION_COLUMNS " FROM sessions WHERE account_id = ?"
                                    " AND ended_at = 0 AND expires_at > ? ORDER BY id DESC"
                                    " LIMIT 1 OFFSET ?",
                                    DB_TEXT(account_id), DB_INT(now_us), DB_INT(SESSIONS_MAX - 1));
    if (read_one(rows, arena, &oldest))
        session_end(tx, &oldest, STR("service:account"), now_us);
    arena_free(&arena);
}

/* Some of an account's living sessions but `keep`, copied to the arena. */
static size_t take_others(struct db *tx, struct arena *arena, struct str account_id,
                          struct str keep, int64_t now_us, struct session *sessions, size_t max)
{
    size_t count = 0;
    struct db_rows *rows = db_query(
        tx,
        "SELECT " SESSION_COLUMNS " FROM sessions WHERE account_id = ? AND ended_at = 0"
        " AND expires_at > ? AND id <> ? LIMIT ?",
        DB_TEXT(account_id), DB_INT(now_us), DB_TEXT(keep.at ? keep : STR("")), DB_INT(max));
    while (db_row(rows)) {
        struct session s = borrow(rows);
        s.id = arena_str(arena, s.id);
        s.account_id = account_id;
        sessions[count++] = s;
    }
    db_end(rows);
    return count;
}

void session_end_others(struct db *tx, struct str account_id, struct str keep, struct str actor,
                        int64_t now_us)
{
    size_t count;
    do {
        struct arena *arena = arena_new(SIZE_MAX);
        struct session *others = arena_alloc(arena, ENDED_AT_ONCE * sizeof *others);
        count = take_others(tx, arena, account_id, keep, now_us, others, ENDED_AT_ONCE);
        for (size_t i = 0; i < count; i++)
            session_end(tx, &others[i], actor, now_us);
        arena_free(&arena);
    } while (count == ENDED_AT_ONCE && tx->status == DB_OK);
}

/* Remove some rows that are due. Returns how many. */
static size_t remove_old(struct db *tx, int64_t now_us)
{
    struct arena *arena = arena_new(SIZE_MAX);
    struct str *ids = arena_alloc(arena, SWEEP_AT_ONCE * sizeof *ids);
    size_t count = 0;
    struct db_rows *rows =
        db_query(tx, "SELECT id FROM sessions WHERE swept_at <= ? ORDER BY swept_at LIMIT ?",
                 DB_INT(now_us), DB_INT(SWEEP_AT_ONCE));
    while (db_row(rows))
        ids[count++] = arena_str(arena, db_text(rows, 0));
    db_end(rows);
    for (size_t i = 0; i < count; i++)
        db_exec(tx, "DELETE FROM sessions WHERE id = ?", DB_TEXT(ids[i]));
    arena_free(&arena);
    return count;
}

void session_sweep(struct db *tx, int64_t now_us)
{
    bool more = remove_old(tx, now_us) == SWEEP_AT_ONCE;
    if (!none_kept(tx))
        deadline_set(tx, "account", STR(SWEEP_KEY),
                     now_us + (more ? SWEEP_SOON_US : SWEEP_EVERY_US));
}
