/* repeat.c - answers kept for whoever repeats a request with the same Idempotency-Key. */
#include "app/repeat.h"

#include "app/house.h"
#include "base/clock.h"
#include "base/digest.h"

#define KEY_MAX     255
#define KEEP_US     (INT64_C(86400) * US_PER_S)
#define SWEEP_US    (INT64_C(60) * US_PER_S)
#define HASH_PREFIX 32 /* hex digits of SHA-256 that name an answer, or tell bodies apart */
#define START_LEN   6  /* of them, in the index */

/* Dropped in one unit: orders wait meanwhile. */
#define SWEEP_ROWS     2000
#define SWEEP_AGAIN_US (INT64_C(100) * 1000)

/* ---- At work now ---- */

void repeat_flights_init(struct repeat_flights *f)
{
    pthread_mutex_init(&f->lock, NULL);
}

void repeat_flights_fini(struct repeat_flights *f)
{
    CHECK(f->calls.count == 0);
    map_fini(&f->calls);
    pthread_mutex_destroy(&f->lock);
}

/* False when another request holds the key. */
static bool hold(struct call *c)
{
    struct repeat_flights *f = &c->desk->app->flights;
    pthread_mutex_lock(&f->lock);
    bool is_free = map_get(&f->calls, c->repeat_key) == NULL;
    if (is_free)
        map_put(&f->calls, c->repeat_key, c);
    pthread_mutex_unlock(&f->lock);
    c->repeat_held = is_free;
    return is_free;
}

void repeat_end(struct call *c)
{
    struct repeat_flights *f = &c->desk->app->flights;
    if (!c->repeat_held)
        return;
    pthread_mutex_lock(&f->lock);
    CHECK(map_del(&f->calls, c->repeat_key) == c);
    pthread_mutex_unlock(&f->lock);
    c->repeat_held = false;
}

/* ---- Keys ---- */

static struct str digits(struct arena *arena, const uint8_t hash[SHA256_LEN])
{
    char *text = arena_alloc(arena, HASH_PREFIX + 1);
    digest_hex(hash, HASH_PREFIX / 2, text);
    return (struct str){text, HASH_PREFIX};
}

static struct str hash_text(struct arena *arena, struct str in)
{
    uint8_t hash[SHA256_LEN];
    digest_sha256(in, hash);
    return digits(arena, hash);
}

/* What tells bodies apart: a plain digest would let whoever reads the database try out passwords
 * that stood in them, many millions a second. */
static struct str body_hash(struct call *c)
{
    uint8_t plain[SHA256_LEN];
    uint8_t mac[SHA256_LEN];
    digest_sha256(c->rq.raw, plain);
    token_mac(c->desk->app->key, "body", (struct str){(const char *)plain, sizeof plain}, mac);
    return digits(c->rq.arena, mac);
}

/* Answers of today that an older program kept have the plain digest. */
static bool same_body(struct call *c, struct str kept)
{
    return str_eq(kept, c->repeat_body) || str_eq(kept, hash_text(c->rq.arena, c->rq.raw));
}

bool repeat_prepare(struct call *c)
{
    struct request *rq = &c->rq;
    if (c->on != RUN_WRITE || rq->caller.role == ROLE_NONE || (rq->route->flags & ROUTE_SECRET))
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
    c->repeat_body = body_hash(c); /* here, for all orders wait for the writer */
    if (hold(c))
        return true;
    refuse(rq, PROBLEM_KEY_IN_FLIGHT, NULL);
    reply_header(rq, "Retry-After", STR("1"));
    return false;
}

/* ---- Kept answers ---- */

static struct str start_of(const struct call *c)
{
    return (struct str){c->repeat_key.at, START_LEN};
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

bool repeat_answer(struct call *c, struct db *db)
{
    struct request *rq = &c->rq;
    struct db_rows *rows =
        db_query(db,
                 "SELECT body_hash, status, content_type, headers, body FROM app_kept"
                 " WHERE start = ? AND id = ?",
                 DB_TEXT(start_of(c)), DB_TEXT(c->repeat_key));
    bool found = db_row(rows);
    if (found)
        call_reset(c); /* the kept answer has all its headers */
    if (found && !same_body(c, db_text(rows, 0))) {
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
            "INSERT INTO app_kept (start, id, body_hash, status, content_type, headers, body, at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            DB_TEXT(start_of(c)), DB_TEXT(c->repeat_key), DB_TEXT(c->repeat_body),
            DB_INT(rq->status), DB_CSTR(rq->content_type), DB_TEXT(lines), DB_TEXT(body),
            DB_INT(rq->now_us));
}

/* The time up to which one unit drops answers; false when that is all there are before `limit`. */
static bool sweep_some(struct db *tx, int64_t limit, int64_t *upto_r)
{
    struct db_rows *rows =
        db_query(tx, "SELECT at FROM app_kept WHERE at < ? ORDER BY at LIMIT 1 OFFSET ?",
                 DB_INT(limit), DB_INT(SWEEP_ROWS));
    bool more = db_row(rows);
    *upto_r = more ? db_int(rows, 0) : limit;
    db_end(rows);
    return more;
}

void repeat_sweep(struct db *tx, int64_t now_us)
{
    int64_t upto;
    bool more = sweep_some(tx, now_us - KEEP_US, &upto);
    db_exec(tx, "DELETE FROM app_kept WHERE at <= ?", DB_INT(upto));
    deadline_set(tx, "app", REPEAT_DEADLINE, now_us + (more ? SWEEP_AGAIN_US : SWEEP_US));
}
