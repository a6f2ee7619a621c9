/* db.h - SQL on one connection, whichever engine stands behind it (SQLite now; PostgreSQL and
 * MariaDB have a seat here).
 *
 * SQL is portable: '?' for values, ids and times made by us, no RETURNING, no upsert dialects.
 * Statements are prepared once per connection and found again by the address of their text, so SQL
 * is always a string literal. A connection belongs to one thread at a time.
 *
 * Failure is sticky: after the first one every call on the connection does nothing, queries have no
 * rows, and db->status tells what happened until db_rollback() or db_undo(). So a unit of work
 * reads as a story, and whoever opened the transaction looks once, at its end. */
#ifndef PESAN_DB_DB_H
#define PESAN_DB_DB_H

#include "base/str.h"

/* What became of it. A commit has three outcomes: done, failed (nothing is written), unknown. */
enum db_status {
    DB_OK,
    DB_FULL,    /* no room or a read-only disk; nothing was written */
    DB_BUSY,    /* the engine gave up waiting for another writer */
    DB_FAILED,  /* refused by the engine: constraint, bad SQL, I/O; nothing was written */
    DB_UNKNOWN, /* the connection died in commit: it may or may not be written */
};

struct db_driver; /* one engine, see driver.h */
struct db;

/* A row that a transaction changes again and again, and writes once: before its commit, before a
 * savepoint, or by db_settle(). Who keeps one pending sees to it that nobody reads the row
 * meanwhile; the writer settles before a unit of another kin (writer.h). */
struct db_pending {
    struct db_pending *next;                            /* the transaction's */
    void (*write)(struct db_pending *p, struct db *tx); /* once, or never when it is rolled back */
};

/* A connection. Drivers extend it; everybody else reads status and owner only. */
struct db {
    const struct db_driver *driver;
    enum db_status status;      /* sticky, see above */
    bool marked;                /* a savepoint stands (db.c) */
    struct db_pending *pending; /* what the transaction has not written yet */
    char error[160];            /* what the engine said to the last failure, NUL-terminated */
    void *owner; /* what the one who opened it hung on it (the writer: its journal) */
};

struct db_rows; /* the answer to a query, alive until db_end() */

/* A value for a '?'. */
struct db_value {
    enum { DB_VALUE_NULL, DB_VALUE_INT, DB_VALUE_TEXT } kind;
    int64_t number;
    struct str text; /* must live until the call returns (db_query: until db_end) */
};

#define DB_NULL    ((struct db_value){.kind = DB_VALUE_NULL})
#define DB_INT(n)  ((struct db_value){.kind = DB_VALUE_INT, .number = (int64_t)(n)})
#define DB_CSTR(s) DB_TEXT(str_of(s))
#define DB_ID(id)  DB_TEXT(id_str(id))

/* Text; a slice with at == NULL is NULL. */
#define DB_TEXT(s) db_text_value(s)

static inline struct db_value db_text_value(struct str s)
{
    return (struct db_value){.kind = s.at ? DB_VALUE_TEXT : DB_VALUE_NULL, .text = s};
}

enum db_mode { DB_READ, DB_WRITE };

/* Open `url` ("sqlite:/path/pesan.db"); creates an SQLite file in DB_WRITE. On failure returns NULL
 * and one clear line in *why_r (static or driver-owned text). */
MUST_USE struct db *db_open(const char *url, enum db_mode mode, const char **why_r);

/* Closes, sets *db to NULL, accepts NULL. */
void db_close(struct db **db);

/* Begin a transaction; in DB_READ a snapshot that stays the same until db_rollback(). */
void db_begin(struct db *db);

/* Commit what was begun. On anything but DB_OK the transaction is over and status is cleared. */
MUST_USE enum db_status db_commit(struct db *db);

/* Keep it pending; what it stands in lives until the transaction is over. */
void db_pend(struct db *tx, struct db_pending *p);

/* Write all that is pending. */
void db_settle(struct db *tx);

/* Leave the transaction and forget all its writes; clears status. Without one, only clears. */
void db_rollback(struct db *db);

/* A savepoint inside the transaction, one deep; db_undo() goes back to it and clears status,
 * a new db_mark() replaces it. Where the engine ended the whole transaction by itself (a full disk
 * may do that) the status stays after db_undo(): then only db_rollback() helps. */
void db_mark(struct db *db);
void db_undo(struct db *db);

/* Fail on purpose, as if a statement had failed: what was found forbids the commit. `why` is
 * copied. */
void db_fail(struct db *db, const char *why);

/* Run a statement without rows. Returns the rows it changed, -1 on failure. */
int64_t db_exec_values(struct db *db, const char *sql, const struct db_value *values, size_t count);

/* Run a query; walk it with db_row(), give it back with db_end(). Never NULL. */
MUST_USE struct db_rows *db_query_values(struct db *db, const char *sql,
                                         const struct db_value *values, size_t count);

/* Step to the next row; false at the end or on failure. */
bool db_row(struct db_rows *rows);

/* Columns of the current row, from 0. Text is borrowed until the next db_row(); NULL is 0 or
 * at == NULL. */
int64_t db_int(struct db_rows *rows, int column);
struct str db_text(struct db_rows *rows, int column);

void db_end(struct db_rows *rows);

/* Run several statements at once, with the type words of migrate.h; for schema and pragmas. */
void db_script(struct db *db, const char *sql);

#define DB_VALUES_(...) ((const struct db_value[]){{0}, ##__VA_ARGS__} + 1)
#define DB_COUNT_(...)                                                                             \
    (sizeof((const struct db_value[]){{0}, ##__VA_ARGS__}) / sizeof(struct db_value) - 1)

/* db_exec(tx, "UPDATE t SET a = ? WHERE id = ?", DB_INT(1), DB_ID(&id)) */
#define db_exec(db, sql, ...)                                                                      \
    db_exec_values(db, sql, DB_VALUES_(__VA_ARGS__), DB_COUNT_(__VA_ARGS__))
#define db_query(db, sql, ...)                                                                     \
    db_query_values(db, sql, DB_VALUES_(__VA_ARGS__), DB_COUNT_(__VA_ARGS__))

#endif
