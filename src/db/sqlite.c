/* sqlite.c - SQLite behind driver.h.
 *
 * WAL with synchronous=FULL: a commit is one fsync of the log, which the writer leaves to a thread
 * beside it; readers never wait. Connections are opened without SQLite's mutex, because a
 * connection belongs to one thread at a time. Nothing is checkpointed behind a commit's back;
 * checkpoint.c does that on a connection of its own.
 *
 * Statements stay prepared and are found by the address of their text. A statement that is still
 * being walked when the same text is run again (a query inside its own answer) is prepared once
 * more for that occasion. */
#include <errno.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <unistd.h>

#include "base/buf.h"
#include "db/driver.h"
#include "db/sqlite_files.h"

/* What a waiting connection gives another process that writes, and a checkpoint its readers. */
#define BUSY_MS       5000
#define CHECKPOINT_MS 250

/* Pages kept in memory, in KB. Only what was used is really there; a reader's holds the inner pages
 * of the lists' trees at a million orders. */
#define WRITER_CACHE "-8192"
#define READER_CACHE "-8192"

/* One prepared statement, which is also the answer to its query. */
struct statement {
    struct db_rows rows; /* first: what callers hold */
    const char *sql;     /* the literal it was made from; its address is the key */
    sqlite3_stmt *stmt;  /* compiled */
    bool open;           /* its answer is being walked */
    bool done;           /* walked to its end */
    bool spare;          /* not in the table; freed with its answer */
};

struct sqlite {
    struct db db;             /* first: what callers hold */
    sqlite3 *sql;             /* the connection */
    struct statement **slots; /* by address of the text; open addressing, a power of two */
    size_t cap;               /* slots */
    size_t count;             /* statements in them */
    int open;                 /* answers not given back */
    bool reads_only;          /* opened in DB_READ */
    int64_t page_bytes;       /* one page of the file */
    int64_t log_bytes;        /* the WAL after this connection's last commit */
    char *path;               /* the file, owned */
    struct sqlite_log *log;   /* its log, once defer_flush() was called */
};

static struct sqlite *sqlite_of(struct db *db)
{
    return CONTAINER_OF(db, struct sqlite, db);
}

static struct statement *statement_of(struct db_rows *rows)
{
    return CONTAINER_OF(rows, struct statement, rows);
}

/* ---- What SQLite's codes mean ---- */

static bool no_room(int os_error)
{
    return os_error == ENOSPC || os_error == EDQUOT || os_error == EROFS;
}

static enum db_status status_of(struct sqlite *s, int code)
{
    switch (code & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return DB_OK;
    case SQLITE_FULL:
    case SQLITE_READONLY:
        return DB_FULL;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return DB_BUSY;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
        return no_room(sqlite3_system_errno(s->sql)) ? DB_FULL : DB_FAILED;
    default:
        return DB_FAILED;
    }
}

static void note(struct sqlite *s, int code)
{
    enum db_status status = status_of(s, code);
    if (status != DB_OK)
        db_note(&s->db, status, sqlite3_errmsg(s->sql));
}

/* ---- Statements ---- */

static struct statement *statement_new(struct sqlite *s, const char *sql, bool spare)
{
    sqlite3_stmt *stmt = NULL;
    unsigned flags = spare ? 0 : SQLITE_PREPARE_PERSISTENT;
    int code = sqlite3_prepare_v3(s->sql, sql, -1, flags, &stmt, NULL);
    if (code != SQLITE_OK) {
        note(s, code);
        return NULL;
    }
    CHECK(stmt != NULL);
    struct statement *st = mem_alloc(sizeof *st);
    *st = (struct statement){.rows.db = &s->db, .sql = sql, .stmt = stmt, .spare = spare};
    return st;
}

static void statement_free(struct statement *st)
{
    sqlite3_finalize(st->stmt);
    mem_free(st);
}

/* The slot where `sql` stands or would stand; there is always a free one. */
static struct statement **slot_of(const struct sqlite *s, const char *sql)
{
    uint64_t hash = (uint64_t)(uintptr_t)sql * UINT64_C(0x9E3779B97F4A7C15);
    size_t at = (size_t)(hash >> 32) & (s->cap - 1);
    while (s->slots[at] && s->slots[at]->sql != sql)
        at = (at + 1) & (s->cap - 1);
    return &s->slots[at];
}

static void slots_grow(struct sqlite *s)
{
    struct statement **old = s->slots;
    size_t old_cap = s->cap;
    s->cap = old_cap ? old_cap * 2 : 64;
    s->slots = mem_alloc(s->cap * sizeof *s->slots);
    for (size_t i = 0; i < old_cap; i++)
        if (old[i])
            *slot_of(s, old[i]->sql) = old[i];
    mem_free(old);
}

/* The statement for `sql`, ready to be bound; NULL on failure. */
static struct statement *statement_get(struct sqlite *s, const char *sql)
{
    if (s->count * 2 >= s->cap)
        slots_grow(s);
    struct statement **slot = slot_of(s, sql);
    if (*slot) {
        /* Text built at run time would come here with a used address: it must be a literal. */
        CHECK(strcmp(sqlite3_sql((*slot)->stmt), sql) == 0);
        return (*slot)->open ? statement_new(s, sql, true) : *slot;
    }
    *slot = statement_new(s, sql, false);
    s->count += *slot != NULL;
    return *slot;
}

static int bind_one(sqlite3_stmt *stmt, int at, const struct db_value *v)
{
    switch (v->kind) {
    case DB_VALUE_INT:
        return sqlite3_bind_int64(stmt, at, v->number);
    case DB_VALUE_TEXT:
        return sqlite3_bind_text64(stmt, at, v->text.at, v->text.len, SQLITE_STATIC, SQLITE_UTF8);
    case DB_VALUE_NULL:
        break;
    }
    return sqlite3_bind_null(stmt, at);
}

static bool bind(struct sqlite *s, sqlite3_stmt *stmt, const struct db_value *values, size_t count)
{
    CHECK(sqlite3_bind_parameter_count(stmt) == (int)count);
    for (size_t i = 0; i < count; i++) {
        int code = bind_one(stmt, (int)i + 1, &values[i]);
        if (code != SQLITE_OK) {
            note(s, code);
            return false;
        }
    }
    return true;
}

/* ---- Exec and query ---- */

static int64_t exec(struct db *db, const char *sql, const struct db_value *values, size_t count)
{
    struct sqlite *s = sqlite_of(db);
    struct statement *st = statement_get(s, sql);
    if (!st)
        return -1;
    int64_t changed = -1;
    if (bind(s, st->stmt, values, count)) {
        int code = sqlite3_step(st->stmt);
        note(s, code);
        if (status_of(s, code) == DB_OK)
            changed = sqlite3_stmt_readonly(st->stmt) ? 0 : sqlite3_changes64(s->sql);
    }
    sqlite3_reset(st->stmt);
    if (st->spare)
        statement_free(st);
    return changed;
}

static struct db_rows *query(struct db *db, const char *sql, const struct db_value *values,
                             size_t count)
{
    struct sqlite *s = sqlite_of(db);
    struct statement *st = statement_get(s, sql);
    if (!st)
        return NULL;
    if (!bind(s, st->stmt, values, count)) {
        if (st->spare)
            statement_free(st);
        return NULL;
    }
    st->open = true;
    st->done = false;
    s->open++;
    return &st->rows;
}

static bool row(struct db_rows *rows)
{
    struct statement *st = statement_of(rows);
    if (st->done)
        return false;
    int code = sqlite3_step(st->stmt);
    if (code == SQLITE_ROW)
        return true;
    st->done = true;
    note(sqlite_of(rows->db), code);
    sqlite3_reset(st->stmt);
    return false;
}

static int64_t number(struct db_rows *rows, int column)
{
    return sqlite3_column_int64(statement_of(rows)->stmt, column);
}

static struct str text(struct db_rows *rows, int column)
{
    sqlite3_stmt *stmt = statement_of(rows)->stmt;
    const unsigned char *at = sqlite3_column_text(stmt, column);
    return (struct str){(const char *)at, (size_t)sqlite3_column_bytes(stmt, column)};
}

static void end(struct db_rows *rows)
{
    struct statement *st = statement_of(rows);
    CHECK(st->open);
    if (!st->done)
        sqlite3_reset(st->stmt);
    st->open = false;
    sqlite_of(rows->db)->open--;
    if (st->spare)
        statement_free(st);
}

static void script(struct db *db, const char *sql)
{
    struct sqlite *s = sqlite_of(db);
    if (db->status == DB_OK)
        note(s, sqlite3_exec(s->sql, sql, NULL, NULL, NULL));
}

/* ---- Transactions ---- */

static void begin(struct db *db)
{
    if (!sqlite_of(db)->reads_only) {
        exec(db, "BEGIN IMMEDIATE", NULL, 0);
        return;
    }
    /* SQLite takes its snapshot at the first read, not at BEGIN. */
    exec(db, "BEGIN", NULL, 0);
    if (db->status == DB_OK)
        exec(db, "SELECT 1 FROM sqlite_schema LIMIT 1", NULL, 0);
}

static void rollback(struct db *db)
{
    struct sqlite *s = sqlite_of(db);
    CHECK(s->open == 0);
    if (sqlite3_get_autocommit(s->sql))
        return;
    db->status = DB_OK;
    exec(db, "ROLLBACK", NULL, 0);
    CHECK(sqlite3_get_autocommit(s->sql));
}

/* A failed write or a full disk means that the frame which would make the transaction valid is not
 * in the log: nothing is written. After a failed fsync, or an I/O error of any other kind, the
 * frames may stand in the log where a recovery would find them, or not: nobody can say. */
static enum db_status commit(struct db *db)
{
    struct sqlite *s = sqlite_of(db);
    CHECK(s->open == 0);
    struct statement *st = statement_get(s, "COMMIT");
    if (!st) {
        rollback(db);
        return DB_FAILED;
    }
    int code = sqlite3_step(st->stmt);
    enum db_status status = status_of(s, code);
    note(s, code);
    sqlite3_reset(st->stmt);
    if (status == DB_OK)
        return DB_OK;
    if (code == SQLITE_IOERR_FSYNC || ((code & 0xff) == SQLITE_IOERR && status != DB_FULL))
        status = DB_UNKNOWN;
    rollback(db);
    return status;
}

/* ---- The log ---- */

static int count_frames(void *arg, sqlite3 *sql, const char *name, int frames)
{
    (void)sql;
    (void)name;
    struct sqlite *s = arg;
    s->log_bytes = frames * (s->page_bytes + 24); /* each frame has a header of 24 bytes */
    return SQLITE_OK;
}

static int64_t log_bytes(const struct db *db)
{
    return CONTAINER_OF(db, const struct sqlite, db)->log_bytes;
}

/* It is open once something was read. */
static void defer_flush(struct db *db, bool on)
{
    struct sqlite *s = sqlite_of(db);
    exec(db, "SELECT 1 FROM sqlite_schema LIMIT 1", NULL, 0);
    s->log = sqlite_log_of(s->sql);
    CHECK(s->log != NULL);
    sqlite_log_defer(s->log, on);
}

static bool flush(struct db *db)
{
    return sqlite_log_flush(sqlite_of(db)->log);
}

static bool lengthen(struct db *db, int64_t upto)
{
    struct sqlite_log *log = sqlite_log_of(sqlite_of(db)->sql);
    return log && sqlite_log_lengthen(log, upto);
}

static bool checkpoint(struct db *db, enum db_move how)
{
    int frames = -1;
    int moved = -1;
    struct sqlite *s = sqlite_of(db);
    bool restart = how == DB_MOVE_RESTART;
    int mode = restart ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE;
    if (!restart)
        sqlite_pieces_begin(how == DB_MOVE_GENTLY);
    sqlite3_busy_timeout(s->sql, CHECKPOINT_MS);
    int code = sqlite3_wal_checkpoint_v2(s->sql, "main", mode, &frames, &moved);
    sqlite3_busy_timeout(s->sql, BUSY_MS);
    sqlite_pieces_end();
    return code == SQLITE_OK && frames == moved;
}

/* ---- A copy beside the database ---- */

static int copy_pages(sqlite3 *from, const char *path)
{
    sqlite3 *to = NULL;
    int code = sqlite3_open_v2(path, &to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);
    sqlite3_backup *b = code == SQLITE_OK ? sqlite3_backup_init(to, "main", from, "main") : NULL;
    if (b) {
        sqlite3_backup_step(b, -1);
        code = sqlite3_backup_finish(b);
    } else if (to) {
        code = sqlite3_errcode(to);
    }
    int closed = sqlite3_close(to);
    return code != SQLITE_OK ? code : closed;
}

/* Under a passing name first, so that a name without ".part" is always a whole copy. The database
 * file itself is never opened by hand: closing such a descriptor would drop SQLite's locks. */
static void copy(struct db *db, const char *suffix)
{
    struct sqlite *s = sqlite_of(db);
    struct buf whole = {0};
    struct buf part = {0};
    buf_addf(&whole, "%s.%s", s->path, suffix);
    buf_addf(&part, "%s.%s.part", s->path, suffix);
    unlink(buf_cstr(&part));
    int code = copy_pages(s->sql, buf_cstr(&part));
    if (code != SQLITE_OK)
        db_note(db, status_of(s, code), sqlite3_errstr(code));
    else if (rename(buf_cstr(&part), buf_cstr(&whole)) != 0)
        db_note(db, DB_FAILED, "the copy beside the database cannot be renamed");
    buf_fini(&whole);
    buf_fini(&part);
}

/* ---- Open and close ---- */

static void setup_library(void)
{
    sqlite3_config(SQLITE_CONFIG_MULTITHREAD);
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); /* its statistics cost a mutex in every malloc */
    sqlite_files_register();
}

static const char *tune_reader(struct sqlite *s)
{
    script(&s->db, "PRAGMA query_only=1; PRAGMA mmap_size=0; PRAGMA temp_store=memory;"
                   "PRAGMA cache_size=" READER_CACHE);
    return s->db.status == DB_OK ? NULL : s->db.error;
}

/* Whether the file keeps a WAL now; also learns its page size. */
static bool learn(struct sqlite *s)
{
    struct db *db = &s->db;
    struct db_rows *rows = db_query(db, "SELECT p.page_size, j.journal_mode"
                                        " FROM pragma_page_size p, pragma_journal_mode j");
    bool wal = db_row(rows) && str_is(db_text(rows, 1), "wal");
    s->page_bytes = wal ? db_int(rows, 0) : 0;
    db_end(rows);
    return wal;
}

static const char *tune_writer(struct sqlite *s)
{
    struct db *db = &s->db;
    script(db, "PRAGMA journal_mode=WAL");
    if (!learn(s) && db->status == DB_OK)
        return "the file system of the database cannot hold a write-ahead log";
    script(db, "PRAGMA synchronous=FULL; PRAGMA foreign_keys=0; PRAGMA wal_autocheckpoint=0;"
               "PRAGMA mmap_size=0; PRAGMA temp_store=memory; PRAGMA secure_delete=fast;"
               "PRAGMA cache_size=" WRITER_CACHE);
    sqlite3_wal_hook(s->sql, count_frames, s);
    return db->status == DB_OK ? NULL : db->error;
}

static const char *connect_file(struct sqlite *s)
{
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    flags |= s->reads_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    int code = sqlite3_open_v2(s->path, &s->sql, flags, s->reads_only ? NULL : SQLITE_FILES);
    if (code != SQLITE_OK)
        return s->sql ? sqlite3_errmsg(s->sql) : sqlite3_errstr(code);
    sqlite3_busy_timeout(s->sql, BUSY_MS);
    sqlite3_db_config(s->sql, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    sqlite3_db_config(s->sql, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
    return s->reads_only ? tune_reader(s) : tune_writer(s);
}

static void shut(struct db *db)
{
    struct sqlite *s = sqlite_of(db);
    CHECK(s->open == 0);
    for (size_t i = 0; i < s->cap; i++)
        if (s->slots[i])
            statement_free(s->slots[i]);
    mem_free(s->slots);
    CHECK(sqlite3_close(s->sql) == SQLITE_OK);
    mem_free(s->path);
    mem_free(s);
}

static struct db *open_file(const char *path, enum db_mode mode, const char **why_r)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    static _Thread_local char why[200];

    pthread_once(&once, setup_library);
    if (!*path) {
        *why_r = "sqlite: the path is missing";
        return NULL;
    }
    struct sqlite *s = mem_alloc(sizeof *s);
    s->path = mem_strdup(path);
    s->reads_only = mode == DB_READ;
    s->db.driver = &db_sqlite;
    const char *error = connect_file(s);
    if (!error)
        return &s->db;
    snprintf(why, sizeof why, "%s: %s", path, error);
    *why_r = why;
    shut(&s->db);
    return NULL;
}

static const struct db_word words[] = {
    {"{int}", "INTEGER"},
    {"{text}", "TEXT"},
    {"{key}", "TEXT"},
    {"{table}", "STRICT"},
    {"{table_clustered}", "STRICT, WITHOUT ROWID"},
    {NULL, NULL},
};

const struct db_driver db_sqlite = {
    .scheme = "sqlite:",
    .words = words,
    .open = open_file,
    .close = shut,
    .begin = begin,
    .commit = commit,
    .rollback = rollback,
    .exec = exec,
    .query = query,
    .row = row,
    .number = number,
    .text = text,
    .end = end,
    .script = script,
    .copy = copy,
    .defer_flush = defer_flush,
    .flush = flush,
    .log_bytes = log_bytes,
    .lengthen = lengthen,
    .checkpoint = checkpoint,
};
