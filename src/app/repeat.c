/* repeat.c - answers kept for whoever repeats a request with the same Idempotency-Key. */
#include "app/repeat.h"

#include "base/clock.h"
#include "base/digest.h"

#define KEY_MAX     255
#define KEEP_US     (INT64_C(86400) * US_PER_S)
#define SWEEP_US    (INT64_C(60) * US_PER_S)
#define HASH_PREFIX 32 /* hex digits of SHA-256 that name an answer, or tell bodies apart */

static struct str hash_text(struct arena *arena, struct str in)
{
    uint8_t hash[SHA256_LEN];
    digest_sha256(in, hash);
    char *text = arena_alloc(arena, HASH_PREFIX + 1);
    digest_hex(hash, HASH_PREFIX / 2, text);
    return (struct str){text, HASH_PREFIX};
}

bool repeat_prepare(struct call *c)
{
    struct request *rq = &c->rq;
    if (c->on != RUN_WRITE || rq->caller.role == ROLE_NONE)
        return true;
    struct str key = request_header(rq, "Idempotency-Key");
    if (!key.at)
        return true;
    if (key.len == 0 || key.len > KEY_MAX)
        return refuse(rq, PROBLEM_BAD_INPUT, "Idempotency-Key must have 1 to %d bytes", KEY_MAX);
    /* The path stands for the route and its parameters; NUL is in none of the three. */
    struct buf name = buf_in(rq->arena);
    buf_add_str(&name, rq->caller.id);
    buf_add_char(&name, '\0');
    buf_add_cstr(&name, rq->route->method);
    buf_add_str(&name, c->exchange->path);
    buf_add_char(&name, '\0');
    buf_add_str(&name, key);
    c->repeat_key = hash_text(rq->arena, buf_str(&name));
    return true;
}

/* "Name: value" lines back into headers. */
static void restore_headers(struct request *rq, struct str lines)
{
    struct str rest = lines;
    while (rest.len > 0) {
        struct str value = str_cut(&rest, '\n');
        struct str name = str_cut(&value, ':');
        reply_header(rq, arena_strdup(rq->arena, name), str_trim(value));
    }
}

bool repeat_answer(struct call *c, struct db *tx)
{
    struct request *rq = &c->rq;
    struct db_rows *rows = db_query(
        tx, "SELECT body_hash, status, content_type, headers, body FROM app_answers WHERE id = ?",
        DB_TEXT(c->repeat_key));
    bool found = db_row(rows);
    if (found && !str_eq(db_text(rows, 0), hash_text(rq->arena, rq->raw))) {
        refuse(rq, PROBLEM_KEY_REUSED, NULL);
    } else if (found) {
        struct str type = db_text(rows, 2);
        reply_bytes(rq, (int)db_int(rows, 1), type.at ? arena_strdup(rq->arena, type) : NULL,
                    db_text(rows, 4));
        restore_headers(rq, db_text(rows, 3));
    }
    db_end(rows);
    return found;
}

void repeat_keep(struct call *c, struct db *tx)
{
    struct request *rq = &c->rq;
    if (rq->problem != PROBLEM_NONE || rq->status < 200 || rq->status > 299)
        return;
    struct buf headers = buf_in(rq->arena);
    for (size_t i = 0; i < rq->header_count; i++) {
        buf_add_str(&headers, rq->headers[i].name);
        buf_add_cstr(&headers, ": ");
        buf_add_str(&headers, rq->headers[i].value);
        buf_add_char(&headers, '\n');
    }
    struct str body = rq->reply.len > 0 ? buf_str(&rq->reply) : STR("");
    struct str lines = headers.len > 0 ? buf_str(&headers) : STR("");
    db_exec(tx,
            "INSERT INTO app_answers (id, body_hash, status, content_type, headers, body, at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            DB_TEXT(c->repeat_key), DB_TEXT(hash_text(rq->arena, rq->raw)), DB_INT(rq->status),
            DB_CSTR(rq->content_type), DB_TEXT(lines), DB_TEXT(body), DB_INT(rq->now_us));
}

void repeat_sweep(struct db *tx, int64_t now_us)
{
    db_exec(tx, "DELETE FROM app_answers WHERE at < ?", DB_INT(now_us - KEEP_US));
    deadline_set(tx, "app", REPEAT_DEADLINE, now_us + SWEEP_US);
}
