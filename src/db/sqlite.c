/* sqlite.c - SQLite behind driver.h; the only file that includes sqlite3.h.
 *
 * WAL with synchronous=FULL: a commit is one fsync of the log, which the writer leaves to a thread
 * beside it; readers never wait. Connections are
 * opened without SQLite's mutex, because a connection belongs to one thread at a time. Nothing is
 * checkpointed behind a commit's back; checkpoint.c does that on a connection of its own.
 *
 * Statements stay prepared and are found by the address of their text. A statement that is still
 * being walked when the same text is run again (a query inside its own answer) is prepared once
 * more for that occasion. */
#include <errno.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "db/driver.h"

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

struct gathered;

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
    struct gathered *log;     /* its log, once defer_flush() was called */
};

static struct sqlite *sqlite_of(struct db *db)
{
    return CONTAINER_OF(db, struct sqlite, db);
}

static struct statement *statement_of(struct db_rows *rows)
{
    return CONTAINER_OF(rows, struct statement, rows);
}

/* ---- Writing the log in one piece ----
 *
 * SQLite writes each page of a commit to the log with two system calls, header and page, and then
 * syncs. Here the log's file gathers what is written end to end and writes it when it is synced, or
 * when anything else is asked of the file: one call for thirty pages. A commit is made
 * known to readers only after the sync, so nobody can miss what is still gathered.
 *
 * The file is lengthened in large steps, ahead of the log: to sync what overwrites old blocks takes
 * a third of the time of syncing a file that grew. What stands behind the log's last frame means
 * nothing to SQLite, zeros least of all.
 *
 * Drawback: gathering is right for synchronous=FULL only, so only connections that set it are
 * opened with this. Should the write fail, it is the sync that tells, with the code of the write.
 */

#define GATHER_MAX (120 << 10) /* SQLite's own file system takes less than 128 KB at once */
#define ROOM_STEP  (4 << 20)   /* by how much a commit lengthens the file */
#define AHEAD_STEP (1 << 20)   /* and somebody else, ahead of all commits */

/* Held by whoever writes behind the end of a log's file, so that zeros never meet a frame. (Another
 * process does not write here: the folder's lock sees to that.) */
static pthread_mutex_t lengthening = PTHREAD_MUTEX_INITIALIZER;

/* The log's file as SQLite sees it; the real one follows it in the same allocation. */
struct gathered {
    sqlite3_file base;    /* first: what SQLite holds */
    sqlite3_file *real;   /* the file itself */
    char *bytes;          /* gathered, GATHER_MAX of room; NULL: none yet */
    size_t len;           /* how many */
    sqlite3_int64 offset; /* where in the file they belong */
    sqlite3_int64 room;   /* the file's own length, as far as it is known */
    bool begins;          /* what was written since the last sync begins the log anew */
    bool defers;          /* syncing is left to flush() */
    _Atomic bool due;     /* and there is something to sync */
};

static sqlite3_file *real_of(sqlite3_file *file)
{
    return ((struct gathered *)file)->real;
}

/* `end` is the end of the file: lengthen it by `step` zeros. Should there be no room, it is left as
 * it was. */
static void make_room(struct gathered *g, sqlite3_int64 end, int64_t step)
{
    static const char zeros[1 << 16];
    sqlite3_file *real = g->real;
    int code = SQLITE_OK;
    for (int64_t at = end; at < end + step && code == SQLITE_OK; at += (int64_t)sizeof zeros)
        code = real->pMethods->xWrite(real, zeros, (int)sizeof zeros, at);
    if (code != SQLITE_OK)
        real->pMethods->xTruncate(real, end);
    g->room = code == SQLITE_OK ? end + step : end;
}

/* Write what ends behind the file's end as far as that is known, and more room behind it. */
static int write_at_end(struct gathered *g, const void *bytes, int len, sqlite3_int64 offset)
{
    pthread_mutex_lock(&lengthening);
    int code = g->real->pMethods->xWrite(g->real, bytes, len, offset);
    if (code == SQLITE_OK) {
        g->real->pMethods->xFileSize(g->real, &g->room);
        if (g->room == offset + len)
            make_room(g, g->room, ROOM_STEP);
    }
    pthread_mutex_unlock(&lengthening);
    return code;
}

static int gathered_put(struct gathered *g, const void *bytes, int len, sqlite3_int64 offset)
{
    if (offset + len > g->room)
        return write_at_end(g, bytes, len, offset);
    return g->real->pMethods->xWrite(g->real, bytes, len, offset);
}

static int gathered_flush(sqlite3_file *file)
{
    struct gathered *g = (struct gathered *)file;
    int len = (int)g->len;
    g->len = 0;
    return len ? gathered_put(g, g->bytes, len, g->offset) : SQLITE_OK;
}

static int gathered_write(sqlite3_file *file, const void *bytes, int len, sqlite3_int64 offset)
{
    struct gathered *g = (struct gathered *)file;
    size_t more = (size_t)len;
    g->begins |= offset == 0;
    if (g->len && (offset != g->offset + (sqlite3_int64)g->len || g->len + more > GATHER_MAX)) {
        int code = gathered_flush(file);
        if (code != SQLITE_OK)
            return code;
    }
    if (more > GATHER_MAX)
        return gathered_put(g, bytes, len, offset);
    if (!g->bytes)
        g->bytes = mem_alloc(GATHER_MAX);
    if (!g->len)
        g->offset = offset;
    memcpy(g->bytes + g->len, bytes, more);
    g->len += more;
    return SQLITE_OK;
}

static int gathered_close(sqlite3_file *file)
{
    struct gathered *g = (struct gathered *)file;
    int written = gathered_flush(file);
    int closed = g->real->pMethods->xClose(g->real);
    mem_free(g->bytes);
    return written != SQLITE_OK ? written : closed;
}

static int gathered_read(sqlite3_file *file, void *bytes, int len, sqlite3_int64 offset)
{
    int code = gathered_flush(file);
    sqlite3_file *real = real_of(file);
    return code != SQLITE_OK ? code : real->pMethods->xRead(real, bytes, len, offset);
}

static int gathered_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    int code = gathered_flush(file);
    struct gathered *g = (struct gathered *)file;
    if (code != SQLITE_OK)
        return code;
    pthread_mutex_lock(&lengthening);
    g->room = 0;
    code = g->real->pMethods->xTruncate(g->real, size);
    pthread_mutex_unlock(&lengthening);
    return code;
}

/* The header of a log that begins anew is never left for later: before frames are overwritten the
 * disk must know that they mean nothing any more, or a recovery would put old pages over new ones.
 */
static int gathered_sync(sqlite3_file *file, int flags)
{
    struct gathered *g = (struct gathered *)file;
    int code = gathered_flush(file);
    bool later = g->defers && !g->begins;
    if (code != SQLITE_OK)
        return code;
    if (later) {
        atomic_store(&g->due, true);
        return SQLITE_OK;
    }
    code = g->real->pMethods->xSync(g->real, flags);
    g->begins = g->begins && code != SQLITE_OK;
    return code;
}

static int gathered_size(sqlite3_file *file, sqlite3_int64 *size)
{
    int code = gathered_flush(file);
    sqlite3_file *real = real_of(file);
    return code != SQLITE_OK ? code : real->pMethods->xFileSize(real, size);
}

static int gathered_control(sqlite3_file *file, int what, void *arg)
{
    sqlite3_file *real = real_of(file);
    return real->pMethods->xFileControl(real, what, arg);
}

static int gathered_sector(sqlite3_file *file)
{
    return real_of(file)->pMethods->xSectorSize(real_of(file));
}

static int gathered_traits(sqlite3_file *file)
{
    return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file));
}

/* SQLite never locks or maps the log's file. */
static const sqlite3_io_methods gathered_methods = {
    .iVersion = 1,
    .xClose = gathered_close,
    .xRead = gathered_read,
    .xWrite = gathered_write,
    .xTruncate = gathered_truncate,
    .xSync = gathered_sync,
    .xFileSize = gathered_size,
    .xFileControl = gathered_control,
    .xSectorSize = gathered_sector,
    .xDeviceCharacteristics = gathered_traits,
};

/* ---- Moving the log in small pieces ----
 *
 * A checkpoint writes many pages of the database's file and then syncs them all, for some twenty
 * milliseconds in which the writer's commits stand behind it in the disk's line. So a checkpoint
 * that stops nobody syncs after every few pages, and rests between when there is time.
 *
 * The file's methods are SQLite's own but for one, so there is no second object for the file. */

#define PIECE_BYTES (128 << 10) /* written between two syncs */
#define PIECE_REST  4           /* milliseconds between a sync and the next write */

static _Thread_local struct {
    bool on;    /* such a checkpoint runs on this thread */
    bool rests; /* and has time */
    int bytes;  /* written since its last sync */
} pieces;

static const sqlite3_io_methods *usual; /* of every database file */
static sqlite3_io_methods piecewise;    /* the same, with piece_write() */

static int piece_write(sqlite3_file *file, const void *bytes, int len, sqlite3_int64 offset)
{
    const struct timespec rest = {.tv_nsec = PIECE_REST * NS_PER_MS};
    int code = usual->xWrite(file, bytes, len, offset);
    pieces.bytes += len;
    if (!pieces.on || code != SQLITE_OK || pieces.bytes < PIECE_BYTES)
        return code;
    pieces.bytes = 0;
    code = usual->xSync(file, SQLITE_SYNC_NORMAL | SQLITE_SYNC_DATAONLY);
    if (pieces.rests)
        nanosleep(&rest, NULL);
    return code;
}

/* Connections are opened on several threads. */
static void write_in_pieces(sqlite3_file *file)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_lock(&lock);
    if (!usual) {
        usual = file->pMethods;
        piecewise = *usual;
        piecewise.xWrite = piece_write;
    }
    if (file->pMethods == usual)
        file->pMethods = &piecewise;
    pthread_mutex_unlock(&lock);
}

/* The default file system, but for the log and for writing to the database's file. */
static sqlite3_vfs gathering;

static int gathering_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
                          int *flags_r)
{
    sqlite3_vfs *plain = vfs->pAppData;
    if (!(flags & SQLITE_OPEN_WAL)) {
        int code = plain->xOpen(plain, name, file, flags, flags_r);
        if (code == SQLITE_OK && flags & SQLITE_OPEN_MAIN_DB)
            write_in_pieces(file);
        return code;
    }
    struct gathered *g = (struct gathered *)file;
    *g = (struct gathered){.real = (sqlite3_file *)(g + 1)};
    int code = plain->xOpen(plain, name, g->real, flags, flags_r);
    if (code == SQLITE_OK)
        g->base.pMethods = &gathered_methods;
    return code;
}

static void gathering_register(void)
{
    sqlite3_vfs *plain = sqlite3_vfs_find(NULL);
    gathering = *plain;
    gathering.zName = "gathering";
    gathering.pNext = NULL;
    gathering.pAppData = plain;
    gathering.szOsFile += (int)sizeof(struct gathered);
    gathering.xOpen = gathering_open;
    CHECK(sqlite3_vfs_register(&gathering, 0) == SQLITE_OK);
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

/* The log's file, once it is open; SQLite's name for it is that of a journal. */
static struct gathered *gathered_log(struct db *db)
{
    sqlite3_file *file = NULL;
    sqlite3_file_control(sqlite_of(db)->sql, "main", SQLITE_FCNTL_JOURNAL_POINTER, &file);
    return file && file->pMethods == &gathered_methods ? (struct gathered *)file : NULL;
}

/* The log is open once something was read. */
static void defer_flush(struct db *db, bool on)
{
    struct sqlite *s = sqlite_of(db);
    exec(db, "SELECT 1 FROM sqlite_schema LIMIT 1", NULL, 0);
    s->log = gathered_log(db);
    CHECK(s->log != NULL);
    s->log->defers = on;
}

/* What is written while this syncs is due again. */
static bool flush(struct db *db)
{
    struct gathered *g = sqlite_of(db)->log;
    int flags = SQLITE_SYNC_NORMAL | SQLITE_SYNC_DATAONLY;
    return !atomic_exchange(&g->due, false) ||
           g->real->pMethods->xSync(g->real, flags) == SQLITE_OK;
}

static bool lengthen(struct db *db, int64_t upto)
{
    sqlite3_int64 size = 0;
    struct gathered *g = gathered_log(db);
    if (!g)
        return false;
    pthread_mutex_lock(&lengthening);
    g->real->pMethods->xFileSize(g->real, &size);
    bool is_short = size < upto;
    if (is_short)
        make_room(g, size, AHEAD_STEP);
    pthread_mutex_unlock(&lengthening);
    return is_short && g->room > size && gathered_sync(&g->base, SQLITE_SYNC_NORMAL) == SQLITE_OK;
}

static bool checkpoint(struct db *db, enum db_move how)
{
    int frames = -1;
    int moved = -1;
    struct sqlite *s = sqlite_of(db);
    bool restart = how == DB_MOVE_RESTART;
    int mode = restart ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE;
    pieces.on = !restart;
    pieces.rests = how == DB_MOVE_GENTLY;
    pieces.bytes = 0;
    sqlite3_busy_timeout(s->sql, CHECKPOINT_MS);
    int code = sqlite3_wal_checkpoint_v2(s->sql, "main", mode, &frames, &moved);
    sqlite3_busy_timeout(s->sql, BUSY_MS);
    pieces.on = false;
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
    gathering_register();
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
    int code = sqlite3_open_v2(s->path, &s->sql, flags, s->reads_only ? NULL : gathering.zName);
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
