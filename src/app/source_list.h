/* source_list.h - the settings that name other Pesan processes: --source and --source-key. */
#ifndef PESAN_APP_SOURCE_LIST_H
#define PESAN_APP_SOURCE_LIST_H

#include "base/arena.h"

#define SOURCES_MAX     16  /* other processes */
#define SOURCE_NAME_MAX 32  /* bytes of a name */
#define SOURCE_URL_MAX  512 /* bytes of an address */

/* One NAME=URL. */
struct source_place {
    const char *name; /* small letters, digits and '-' */
    const char *url;  /* http:// or https://, without a slash at the end */
};

/* Read a list of NAME=URL divided by commas, into `arena`. False with one clear line in *why_r
 * (in the arena or static). */
MUST_USE bool source_list_read(struct str list, struct arena *arena,
                               struct source_place places_r[SOURCES_MAX], size_t *count_r,
                               const char **why_r);

/* Can this be sent as a service's key: 16 to 512 visible ASCII characters? */
bool service_key_sound(struct str key);

#endif
