/* metrics.c - the values behind the table of metrics. */
#include "base/metrics.h"

#include <stdatomic.h>

/* One row of tbl/metrics.h. */
struct metric_fact {
    const char *name; /* as exposed */
    const char *kind; /* counter or gauge */
    const char *help; /* for people; no line ends or backslashes */
};

static const struct metric_fact facts[METRIC_COUNT] = {
#define METRIC(name, exposed, kind, help) {exposed, kind, help},
#include "base/tbl/metrics.h"
#undef METRIC
};

static _Atomic int64_t values[METRIC_COUNT];

void metric_add(enum metric m, int64_t delta)
{
    atomic_fetch_add_explicit(&values[m], delta, memory_order_relaxed);
}

void metric_set(enum metric m, int64_t value)
{
    atomic_store_explicit(&values[m], value, memory_order_relaxed);
}

int64_t metric_get(enum metric m)
{
    return atomic_load_explicit(&values[m], memory_order_relaxed);
}

void metrics_write(struct buf *out)
{
    for (int m = 0; m < METRIC_COUNT; m++) {
        const struct metric_fact *f = &facts[m];
        buf_addf(out, "# HELP %s %s\n# TYPE %s %s\n%s ", f->name, f->help, f->name, f->kind,
                 f->name);
        buf_add_i64(out, metric_get((enum metric)m));
        buf_add_char(out, '\n');
    }
}
