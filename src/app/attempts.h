/* attempts.h - how often something was tried of late, so that passwords and the names of rooms
 * cannot be guessed by trying.
 *
 * In memory: a start forgets. Bounded: of more than ATTEMPTS_MAX counts of a kind those that were
 * touched longest ago leave. Counted in windows that begin with the first try. Any thread. */
#ifndef PESAN_APP_ATTEMPTS_H
#define PESAN_APP_ATTEMPTS_H

#include "base/str.h"

#define ATTEMPTS_MAX 65536

enum attempt {
#define LIMIT(name, times, seconds, by_account, by_address, what) ATTEMPT_##name,
#include "app/tbl/limits.h"
#undef LIMIT
    ATTEMPT_COUNT
};

/* Who tries; a kind of attempt looks at the part that is its own. */
struct attempt_key {
    struct str account; /* folded name, existing or not */
    struct str address; /* of the peer */
};

/* Seconds until it may be tried again; 0: now. */
int64_t attempts_wait_s(enum attempt kind, const struct attempt_key *key, int64_t now_us);

/* It was tried once more. */
void attempts_count(enum attempt kind, const struct attempt_key *key, int64_t now_us);

/* It went well: forget the tries. */
void attempts_clear(enum attempt kind, const struct attempt_key *key);

/* Forget everything. */
void attempts_forget(void);

#endif
