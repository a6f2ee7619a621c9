/* migrate.h - schema as single, recorded steps that run at start.
 *
 * Steps are written once for all engines with these words: {int} a 64-bit integer, {text} any text,
 * {key} text short enough to be indexed (at most 190 characters), {table} the end of a CREATE TABLE
 * (STRICT in SQLite), {table_clustered} the same for a table whose rows stand in the order of its
 * primary key (WITHOUT ROWID in SQLite). Example: CREATE TABLE t (id {key} PRIMARY KEY, n {int} NOT
 * NULL) {table}; */
#ifndef PESAN_DB_MIGRATE_H
#define PESAN_DB_MIGRATE_H

#include "db/db.h"

/* One service's steps; step number = place in the array, from 1. Steps are only ever appended. */
struct migrations {
    const char *service;      /* "order" */
    const char *const *steps; /* SQL scripts */
    size_t count;
};

/* Bring the database up to date: runs each missing step in a transaction that also records it. When
 * steps are missing in a database that has data, the file is first copied beside itself
 * ("pesan.db.before-order-3"). Returns false with one clear line in why (of `size` bytes) when the
 * database is newer than this program, or a step fails. */
MUST_USE bool db_migrate(struct db *db, const struct migrations *all, size_t count, char *why,
                         size_t size);

#endif
