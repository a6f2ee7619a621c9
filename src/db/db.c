/* db.c - the part of a connection that is the same for every engine: which driver serves a URL, the
 * sticky status, the savepoint, the type words of the schema. */
#include "db/db.h"

#include <stdio.h>

#include "base/buf.h"
#include "db/driver.h"

static const struct db_driver *const drivers[] = {&db_sqlite};

/* The answer of a failed connection; never written to. */
static struct db_rows no_rows;

struct db *db_open(const char *url, enum db_mode mode, const char **why_r)
{
    for (size_t i = 0; i < ARRAY_LEN(drivers); i++) {
        size_t len = strlen(drivers[i]->scheme);
        if (strncmp(url, drivers[i]->scheme, len) != 0)
            continue;
        return drivers[i]->open(url + len, mode, why_r);
    }
    *why_r = "no such kind of database is built in";
    return NULL;
}

void db_close(struct db **db)
{
    if (!*db)
        return;
    (*db)->driver->close(*db);
    *db = NULL;
}

void db_note(struct db *db, enum db_status status, const char *error)
{
    if (db->status != DB_OK)
        return;
    db->status = status;
    snprintf(db->error, sizeof db->error, "%s", error);
}

void db_fail(struct db *db, const char *why)
{
    db_note(db, DB_FAILED, why);
}

void db_begin(struct db *db)
{
    if (db->status == DB_OK)
        db->driver->begin(db);
}

void db_pend(struct db *tx, struct db_pending *p)
{
    p->next = tx->pending;
    tx->pending = p;
}

void db_settle(struct db *tx)
{
    while (tx->pending) {
        struct db_pending *p = tx->pending;
        tx->pending = p->next;
        p->write(p, tx);
    }
}

enum db_status db_commit(struct db *db)
{
    db_settle(db);
    enum db_status status = db->status;
    if (status == DB_OK)
        status = db->driver->commit(db);
    else
        db->driver->rollback(db);
    db->status = DB_OK;
    db->marked = false;
    return status;
}

void db_rollback(struct db *db)
{
    db->pending = NULL;
    db->driver->rollback(db);
    db->status = DB_OK;
    db->marked = false;
}

/* The same on all engines, so it is no driver's business. */
static void plain(struct db *db, const char *sql)
{
    if (db->status == DB_OK)
        db->driver->exec(db, sql, NULL, 0);
}

void db_mark(struct db *db)
{
    db_settle(db);
    if (db->marked)
        plain(db, "RELEASE SAVEPOINT unit");
    plain(db, "SAVEPOINT unit");
    db->marked = true;
}

void db_undo(struct db *db)
{
    struct db before = *db;
    db->pending = NULL;
    db->status = DB_OK;
    plain(db, "ROLLBACK TO SAVEPOINT unit");
    if (db->status == DB_OK || before.status == DB_OK)
        return;
    db->status = before.status;
    memcpy(db->error, before.error, sizeof db->error);
}

int64_t db_exec_values(struct db *db, const char *sql, const struct db_value *values, size_t count)
{
    return db->status == DB_OK ? db->driver->exec(db, sql, values, count) : -1;
}

struct db_rows *db_query_values(struct db *db, const char *sql, const struct db_value *values,
                                size_t count)
{
    struct db_rows *rows = NULL;
    if (db->status == DB_OK)
        rows = db->driver->query(db, sql, values, count);
    return rows ? rows : &no_rows;
}

bool db_row(struct db_rows *rows)
{
    return rows->db && rows->db->status == DB_OK && rows->db->driver->row(rows);
}

int64_t db_int(struct db_rows *rows, int column)
{
    return rows->db ? rows->db->driver->number(rows, column) : 0;
}

struct str db_text(struct db_rows *rows, int column)
{
    return rows->db ? rows->db->driver->text(rows, column) : (struct str){0};
}

void db_end(struct db_rows *rows)
{
    if (rows->db)
        rows->db->driver->end(rows);
}

/* The engine's text for the word at the beginning of `sql`, which is moved behind it; NULL when
 * what stands there is no word. A word that no engine knows is our bug. */
static const char *word_at(const struct db_driver *driver, const char **sql)
{
    size_t len = 1 + strspn(*sql + 1, "abcdefghijklmnopqrstuvwxyz_");
    if ((*sql)[0] != '{' || (*sql)[len] != '}')
        return NULL;
    len++;
    for (const struct db_word *w = driver->words; w->word; w++) {
        if (strlen(w->word) == len && strncmp(w->word, *sql, len) == 0) {
            *sql += len;
            return w->text;
        }
    }
    check_failed("a type word of migrate.h", __FILE__, __LINE__, __func__);
}

void db_script(struct db *db, const char *sql)
{
    if (db->status != DB_OK)
        return;
    struct buf out = {0};
    while (*sql) {
        const char *text = word_at(db->driver, &sql);
        if (text)
            buf_add_cstr(&out, text);
        else
            buf_add_char(&out, *sql++);
    }
    db->driver->script(db, buf_cstr(&out));
    buf_fini(&out);
}

void db_copy(struct db *db, const char *suffix)
{
    if (db->status == DB_OK && db->driver->copy)
        db->driver->copy(db, suffix);
}

void db_defer_flush(struct db *db, bool on)
{
    if (db->driver->defer_flush)
        db->driver->defer_flush(db, on);
}

bool db_flush(struct db *db)
{
    return !db->driver->flush || db->driver->flush(db);
}

int64_t db_log_bytes(const struct db *db)
{
    return db->driver->log_bytes ? db->driver->log_bytes(db) : 0;
}

bool db_lengthen_log(struct db *db, int64_t upto)
{
    return db->driver->lengthen && db->driver->lengthen(db, upto);
}

bool db_checkpoint(struct db *db, enum db_move how)
{
    return !db->driver->checkpoint || db->driver->checkpoint(db, how);
}
