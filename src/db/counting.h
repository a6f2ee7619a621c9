/* counting.h - for tests only: how many statements a piece of work runs on a connection. */
#ifndef PESAN_DB_COUNTING_H
#define PESAN_DB_COUNTING_H

#include "db/driver.h"

static struct {
    const struct db_driver *real; /* what does the work */
    struct db_driver counted;     /* the same, but for counting */
    int reads;                    /* queries so far */
    int writes;                   /* statements without rows so far */
} counting;

static inline int64_t counting_exec(struct db *db, const char *sql, const struct db_value *values,
                                    size_t count)
{
    counting.writes++;
    return counting.real->exec(db, sql, values, count);
}

static inline struct db_rows *counting_query(struct db *db, const char *sql,
                                             const struct db_value *values, size_t count)
{
    counting.reads++;
    return counting.real->query(db, sql, values, count);
}

/* Count what runs on this connection until counting_end(). */
static inline void counting_begin(struct db *db)
{
    counting.real = db->driver;
    counting.counted = *db->driver;
    counting.counted.exec = counting_exec;
    counting.counted.query = counting_query;
    counting.reads = counting.writes = 0;
    db->driver = &counting.counted;
}

static inline void counting_end(struct db *db)
{
    db->driver = counting.real;
}

#endif
