/* sqlite_files.h - how SQLite's files are written. Known to sqlite.c only.
 *
 * What a commit writes to the log is gathered and written in one piece; its sync may be left to
 * another thread. A checkpoint writes the database's file in pieces between which others have the
 * disk. */
#ifndef PESAN_DB_SQLITE_FILES_H
#define PESAN_DB_SQLITE_FILES_H

#include "base/str.h"

struct sqlite3;    /* a connection of SQLite's */
struct sqlite_log; /* its log's file */

#define SQLITE_FILES "gathering" /* the name to open a connection with */

/* Make the name known to SQLite; once. */
void sqlite_files_register(void);

/* The log's file of a connection that has read something; NULL before. As long as it is open. */
struct sqlite_log *sqlite_log_of(struct sqlite3 *sql);

/* Leave it to sqlite_log_flush() to sync what commits write, or do not any more. On the
 * connection's thread. */
void sqlite_log_defer(struct sqlite_log *log, bool on);

/* Sync what was written by now. Any thread. False when it failed. */
MUST_USE bool sqlite_log_flush(struct sqlite_log *log);

/* As db_lengthen_log(). On the connection's thread. */
MUST_USE bool sqlite_log_lengthen(struct sqlite_log *log, int64_t upto);

/* What this thread writes to databases until the end is synced after every few pages; with rests
 * in between, or without. */
void sqlite_pieces_begin(bool rests);
void sqlite_pieces_end(void);

#endif
