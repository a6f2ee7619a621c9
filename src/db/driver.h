/* driver.h - what one engine must be able to do; known to the db room only.
 *
 * The common part (db.c) keeps the sticky status, the savepoint and the type words, so a driver is
 * never called on a failed connection but for rollback, end and close. It reports a failure once,
 * by db_note(). */
#ifndef PESAN_DB_DRIVER_H
#define PESAN_DB_DRIVER_H

#include "db/db.h"

/* The answer to a query; drivers extend it. */
struct db_rows {
    struct db *db; /* whose answer; NULL: the answer without rows of a failed connection */
};

/* What a word of migrate.h means in this engine. */
struct db_word {
    const char *word; /* "{int}" */
    const char *text; /* "INTEGER" */
};

/* How a checkpoint moves the log into the database. */
enum db_move {
    DB_MOVE_GENTLY,  /* in pieces and with rests, so that commits hardly feel it */
    DB_MOVE,         /* in pieces, stopping nobody */
    DB_MOVE_RESTART, /* waits (bounded) for readers and lets the log begin anew, for which the
                        writer must stand still */
};

struct db_driver {
    const char *scheme;          /* how its URLs begin: "sqlite:" */
    const struct db_word *words; /* ends with word == NULL */

    /* `rest` is the URL behind the scheme. As db_open(); fills in db->driver. */
    struct db *(*open)(const char *rest, enum db_mode mode, const char **why_r);
    void (*close)(struct db *db);

    void (*begin)(struct db *db);
    enum db_status (*commit)(struct db *db); /* leaves no transaction behind, whatever it returns */
    void (*rollback)(struct db *db);         /* nothing when there is no transaction */

    /* As db_exec_values(), without a transaction too. */
    int64_t (*exec)(struct db *db, const char *sql, const struct db_value *values, size_t count);

    /* As db_query_values(), but NULL on failure. */
    struct db_rows *(*query)(struct db *db, const char *sql, const struct db_value *values,
                             size_t count);
    bool (*row)(struct db_rows *rows);
    int64_t (*number)(struct db_rows *rows, int column);
    struct str (*text)(struct db_rows *rows, int column);
    void (*end)(struct db_rows *rows);

    void (*script)(struct db *db, const char *sql); /* type words are already replaced */

    /* The rest may be NULL: the engine does it by itself or its administrator does. */
    void (*defer_flush)(struct db *db, bool on);         /* as db_defer_flush() */
    bool (*flush)(struct db *db);                        /* as db_flush() */
    void (*copy)(struct db *db, const char *suffix);     /* a whole copy beside the database */
    int64_t (*log_bytes)(const struct db *db);           /* the log that waits for a checkpoint */
    bool (*lengthen)(struct db *db, int64_t upto);       /* as db_lengthen_log() */
    bool (*checkpoint)(struct db *db, enum db_move how); /* as db_checkpoint() */
};

extern const struct db_driver db_sqlite;

/* The first failure sticks, later ones are dropped. `error` is copied. */
void db_note(struct db *db, enum db_status status, const char *error);

/* A whole copy of the database beside it, its name followed by `suffix`; nothing where the engine
 * has no such thing. Outside of a transaction. Failure is sticky as ever. */
void db_copy(struct db *db, const char *suffix);

/* From now on a commit is visible when it returns, but durable only after a db_flush() that begins
 * behind it; with `on` false again at once. Outside of a transaction. Nothing where the engine has
 * no such thing. */
void db_defer_flush(struct db *db, bool on);

/* Make every commit so far durable. On any thread, beside the connection's own. False when it
 * failed: nobody knows then which are. Sets no status. */
MUST_USE bool db_flush(struct db *db);

/* Bytes in the write-ahead log as this connection's last commit left it; 0 where there is none. */
int64_t db_log_bytes(const struct db *db);

/* Lengthen the log's file by a step (1 MB), ahead of the log, so that commits overwrite instead of
 * growing it. Not on a connection that is inside a transaction. Returns whether it was shorter than
 * `upto` bytes and is longer now. Sets no status. */
bool db_lengthen_log(struct db *db, int64_t upto);

/* Move what is in the log into the database. Returns whether all of it was moved. Sets no status.
 */
bool db_checkpoint(struct db *db, enum db_move how);

#endif
