/* zone.h - time zones: how far the clocks of a place are from UTC, and when they say something.
 *
 * Zones are read from the machine's TZif files (RFC 8536, version 2 and above) in
 * /usr/share/zoneinfo; without these a few that never change their clocks are known all the same.
 * Times are seconds since 1970: UTC, or "local", the reading of the clocks as if they were UTC. */
#ifndef PESAN_BASE_ZONE_H
#define PESAN_BASE_ZONE_H

#include "base/arena.h"

#define ZONE_NAME_MAX 64 /* bytes of "America/Argentina/Buenos_Aires" */
#define ZONE_FOLDER   "/usr/share/zoneinfo"

struct zone;

/* A zone by its IANA name, in the arena. NULL with a clear reason in *why_r (static text) for one
 * that is not known. Reads a small file: not for a loop's thread. */
MUST_USE const struct zone *zone_load(struct str name, struct arena *arena, const char **why_r);

/* The same from another folder than the machine's. */
MUST_USE const struct zone *zone_load_from(const char *folder, struct str name, struct arena *arena,
                                           const char **why_r);

/* A zone from the bytes of a TZif file, in the arena; NULL with a reason. Pure. */
MUST_USE const struct zone *zone_parse(struct str tzif, struct arena *arena, const char **why_r);

/* Seconds that local time is ahead of UTC at this moment. */
int32_t zone_offset(const struct zone *z, int64_t utc_s);

/* When the clocks say this: the first time where they say it twice, the moment of the jump where
 * they jump over it. */
int64_t zone_instant(const struct zone *z, int64_t local_s);

#endif
