/* hours.h - opening hours: spans of the week in the shop's own time. A codec and a calendar without
 * I/O; on /v1 and in the database they are one JSON document,
 *
 *   [{"day":"mon","from":"08:00","to":"12:00"},{"day":"fri","from":"18:00","to":"02:00"}]
 *
 * where a `to` that is not after `from` is of the next day, and null means: never closes. */
#ifndef PESAN_SHOP_HOURS_H
#define PESAN_SHOP_HOURS_H

#include "base/json.h"
#include "base/zone.h"

#define HOURS_SPANS_MAX 50
#define HOURS_NEVER     INT64_MAX

struct span {
    int day;  /* 0: Monday */
    int from; /* minutes behind that midnight, 0 to 1439 */
    int to;   /* the same, above from; above 1440: of the next day */
};

struct hours {
    bool always; /* never closes; no spans */
    size_t count;
    struct span spans[HOURS_SPANS_MAX]; /* in any order, perhaps overlapping */
};

/* A document (null, or an array of spans) as hours. NULL, or what is wrong with it, with where as a
 * JSON pointer below the document in *pointer_r (in the arena). Pure. */
const char *hours_check(const json_t *document, struct arena *arena, struct hours *hours_r,
                        const char **pointer_r);

/* What hours_write() has written; at == NULL: never closes. What cannot be read never opens. */
struct hours hours_parse(struct str text, struct arena *arena);

/* The document, one JSON value. */
void hours_write(struct jout *j, const struct hours *h);

bool hours_equal(const struct hours *a, const struct hours *b);

/* Open at this moment? *next_us_r: when that changes, or somewhat earlier; HOURS_NEVER. Pure. */
bool hours_open(const struct hours *h, const struct zone *z, int64_t utc_us, int64_t *next_us_r);

#endif
