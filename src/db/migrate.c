/* migrate.c - brings the schema up to date, one recorded step after another. */
#include "db/migrate.h"

#include <stdio.h>

#include "base/log.h"
#include "db/driver.h"

/* Steps of `service` that the database has already had. */
static int64_t steps_done(struct db *db, const char *service)
{
    struct db_rows *rows =
        db_query(db, "SELECT MAX(step) FROM migrations WHERE service = ?", DB_CSTR(service));
    int64_t done = db_row(rows) ? db_int(rows, 0) : 0;
    db_end(rows);
    return done;
}

static bool has_data(struct db *db)
{
    struct db_rows *rows = db_query(db, "SELECT COUNT(*) FROM migrations");
    bool any = db_row(rows) && db_int(rows, 0) > 0;
    db_end(rows);
    return any;
}

/* One transaction: the step and the record of it. */
static bool run_step(struct db *db, const struct migrations *m, int64_t step)
{
    db_begin(db);
    db_script(db, m->steps[step - 1]);
    db_exec(db, "INSERT INTO migrations (service, step) VALUES (?, ?)", DB_CSTR(m->service),
            DB_INT(step));
    if (db_commit(db) != DB_OK)
        return false;
    log_info("DB-MIGRATED", LOG_C("service", m->service), LOG_N("step", step));
    return true;
}

static bool failed(struct db *db, char *why, size_t size, const char *what, int64_t step)
{
    snprintf(why, size, "the database could not be brought up to date (%s, step %lld): %s", what,
             (long long)step, db->error);
    db_rollback(db);
    return false;
}

/* Runs the missing steps of `m`; before the very first one that runs, the copy is made. */
static bool run_missing(struct db *db, const struct migrations *m, bool *copy, char *why,
                        size_t size)
{
    int64_t done = steps_done(db, m->service);
    for (int64_t step = done + 1; step <= (int64_t)m->count; step++) {
        if (*copy) {
            char suffix[100];
            snprintf(suffix, sizeof suffix, "before-%s-%lld", m->service, (long long)step);
            db_copy(db, suffix);
            *copy = false;
        }
        if (db->status != DB_OK || !run_step(db, m, step))
            return failed(db, why, size, m->service, step);
    }
    return true;
}

/* A step that this program does not know means that a newer one wrote here. */
static bool known(struct db *db, const struct migrations *m, char *why, size_t size)
{
    int64_t done = steps_done(db, m->service);
    if (db->status != DB_OK)
        return failed(db, why, size, m->service, 0);
    if (done <= (int64_t)m->count)
        return true;
    snprintf(why, size,
             "the database was written by a newer pesan (%s has step %lld, known is %zu)",
             m->service, (long long)done, m->count);
    return false;
}

bool db_migrate(struct db *db, const struct migrations *all, size_t count, char *why, size_t size)
{
    db_script(db,
              "CREATE TABLE IF NOT EXISTS migrations (service {key} NOT NULL, step {int} NOT NULL,"
              " PRIMARY KEY (service, step)) {table_clustered}");
    bool copy = has_data(db);
    if (db->status != DB_OK)
        return failed(db, why, size, "migrations", 0);
    for (size_t i = 0; i < count; i++)
        if (!known(db, &all[i], why, size))
            return false;
    for (size_t i = 0; i < count; i++)
        if (!run_missing(db, &all[i], &copy, why, size))
            return false;
    return true;
}
