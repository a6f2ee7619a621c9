/* sqlite_files.c - SQLite's files: a small layer over the file system it comes with. */
#include "db/sqlite_files.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <time.h>

#include "base/clock.h"

/* ---- Writing the log in one piece ----
 *
 * SQLite writes each page of a commit to the log with two system calls, header and page, and then
 * syncs. Here the log's file gathers what is written end to end and writes it when it is synced, or
 * when anything else is asked of the file: one call for thirty pages. SQLite makes a commit known
 * to readers only after it has asked for the sync, so nobody can miss what is still gathered.
 *
 * The file is lengthened ahead of the log: to sync what overwrites old blocks takes a third of the
 * time of syncing a file that grew. A commit that meets the end lengthens it by little, since it
 * waits for that. What stands behind the log's last frame means nothing to SQLite, zeros least of
 * all.
 *
 * Drawback: gathering is right for synchronous=FULL only, so only connections that set it are
 * opened with this. Should the write fail, it is the sync that tells, with the code of the write.
 */

#define GATHER_MAX (120 << 10) /* SQLite's own file system takes less than 128 KB at once */
#define ROOM_STEP  (256 << 10) /* by how much a commit lengthens the file */
#define AHEAD_STEP (1 << 20)   /* and somebody else, ahead of all commits */

/* Held by whoever writes behind the end of a log's file, so that zeros never meet a frame. (Another
 * process does not write here: the folder's lock sees to that.) */
static pthread_mutex_t lengthening = PTHREAD_MUTEX_INITIALIZER;

/* The log's file as SQLite sees it; the real one follows it in the same allocation. */
struct sqlite_log {
    sqlite3_file base;    /* first: what SQLite holds */
    sqlite3_file *real;   /* the file itself */
    char *bytes;          /* gathered, GATHER_MAX of room; NULL: none yet */
    size_t len;           /* how many */
    sqlite3_int64 offset; /* where in the file they belong */
    sqlite3_int64 room;   /* the file's own length, as far as it is known */
    bool begins;          /* what was written since the last sync begins the log anew */
    bool defers;          /* syncing is left to sqlite_log_flush() */
    _Atomic bool due;     /* and there is something to sync */
};

static sqlite3_file *real_of(sqlite3_file *file)
{
    return ((struct sqlite_log *)file)->real;
}

/* `end` is the end of the file: lengthen it by `step` zeros. Should there be no room, it is left as
 * it was. */
static void make_room(struct sqlite_log *g, sqlite3_int64 end, int64_t step)
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
static int write_at_end(struct sqlite_log *g, const void *bytes, int len, sqlite3_int64 offset)
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

static int gathered_put(struct sqlite_log *g, const void *bytes, int len, sqlite3_int64 offset)
{
    if (offset + len > g->room)
        return write_at_end(g, bytes, len, offset);
    return g->real->pMethods->xWrite(g->real, bytes, len, offset);
}

static int gathered_flush(sqlite3_file *file)
{
    struct sqlite_log *g = (struct sqlite_log *)file;
    int len = (int)g->len;
    g->len = 0;
    return len ? gathered_put(g, g->bytes, len, g->offset) : SQLITE_OK;
}

static int gathered_write(sqlite3_file *file, const void *bytes, int len, sqlite3_int64 offset)
{
    struct sqlite_log *g = (struct sqlite_log *)file;
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
    struct sqlite_log *g = (struct sqlite_log *)file;
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
    struct sqlite_log *g = (struct sqlite_log *)file;
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
    struct sqlite_log *g = (struct sqlite_log *)file;
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
    struct sqlite_log *g = (struct sqlite_log *)file;
    *g = (struct sqlite_log){.real = (sqlite3_file *)(g + 1)};
    int code = plain->xOpen(plain, name, g->real, flags, flags_r);
    if (code == SQLITE_OK)
        g->base.pMethods = &gathered_methods;
    return code;
}

void sqlite_files_register(void)
{
    sqlite3_vfs *plain = sqlite3_vfs_find(NULL);
    gathering = *plain;
    gathering.zName = SQLITE_FILES;
    gathering.pNext = NULL;
    gathering.pAppData = plain;
    gathering.szOsFile += (int)sizeof(struct sqlite_log);
    gathering.xOpen = gathering_open;
    CHECK(sqlite3_vfs_register(&gathering, 0) == SQLITE_OK);
}

/* ---- The log ---- */

/* SQLite's name for it is that of a journal. */
struct sqlite_log *sqlite_log_of(struct sqlite3 *sql)
{
    sqlite3_file *file = NULL;
    sqlite3_file_control(sql, "main", SQLITE_FCNTL_JOURNAL_POINTER, &file);
    return file && file->pMethods == &gathered_methods ? (struct sqlite_log *)file : NULL;
}

void sqlite_log_defer(struct sqlite_log *log, bool on)
{
    log->defers = on;
}

/* What is written while this syncs is due again. */
bool sqlite_log_flush(struct sqlite_log *log)
{
    int flags = SQLITE_SYNC_NORMAL | SQLITE_SYNC_DATAONLY;
    return !atomic_exchange(&log->due, false) ||
           log->real->pMethods->xSync(log->real, flags) == SQLITE_OK;
}

bool sqlite_log_lengthen(struct sqlite_log *log, int64_t upto)
{
    sqlite3_int64 size = 0;
    pthread_mutex_lock(&lengthening);
    log->real->pMethods->xFileSize(log->real, &size);
    bool is_short = size < upto;
    if (is_short)
        make_room(log, size, AHEAD_STEP);
    pthread_mutex_unlock(&lengthening);
    return is_short && log->room > size &&
           gathered_sync(&log->base, SQLITE_SYNC_NORMAL) == SQLITE_OK;
}

/* ---- Moving it ---- */

void sqlite_pieces_begin(bool rests)
{
    pieces.on = true;
    pieces.rests = rests;
    pieces.bytes = 0;
}

void sqlite_pieces_end(void)
{
    pieces.on = false;
}
