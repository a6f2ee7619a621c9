/* clock.h - the two clocks. Waits are monotonic, stored times are UTC; the stored one never runs
 * backwards within a process, whatever the machine's clock does. */
#ifndef PESAN_BASE_CLOCK_H
#define PESAN_BASE_CLOCK_H

#include "base/str.h"

#define CLOCK_TEXT_MAX 32

#define US_PER_S  INT64_C(1000000)
#define NS_PER_MS INT64_C(1000000)

/* Nanoseconds of CLOCK_MONOTONIC. Any thread. */
int64_t clock_mono_ns(void);

/* Microseconds since 1970 UTC, never less than an earlier answer. Any thread. */
int64_t clock_utc_us(void);

/* "2026-11-22T05:49:00.123456Z" into out; returns its length. */
size_t clock_iso(int64_t utc_us, char out[CLOCK_TEXT_MAX]);

/* Reads RFC 3339 ("...Z" or "+07:00", 0 to 6 digits of fraction). */
MUST_USE bool clock_parse_iso(struct str text, int64_t *utc_us_r);

/* "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 5.6.7) into out; returns its length. */
size_t clock_http_date(int64_t utc_us, char out[CLOCK_TEXT_MAX]);

#endif
