/* metrics.h - counters and gauges, one table (tbl/metrics.h). Relaxed atomics; any thread. */
#ifndef PESAN_BASE_METRICS_H
#define PESAN_BASE_METRICS_H

#include "base/buf.h"

enum metric {
#define METRIC(name, exposed, kind, help) METRIC_##name,
#include "base/tbl/metrics.h"
#undef METRIC
    METRIC_COUNT
};

void metric_add(enum metric m, int64_t delta);
void metric_set(enum metric m, int64_t value);
int64_t metric_get(enum metric m);

/* All metrics in Prometheus text format 0.0.4, appended. */
void metrics_write(struct buf *out);

#endif
