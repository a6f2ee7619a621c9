/* recovery.h - sockets of Socket.IO that were lost a moment ago: who comes back with the private id
 * of one, on whichever loop, goes on as the same. What it missed is in the journal; kept is only
 * what it was. */
#ifndef PESAN_APP_RECOVERY_H
#define PESAN_APP_RECOVERY_H

#include "base/str.h"

#define RECOVERY_MAX 10000                    /* kept at once; the oldest gives way */
#define RECOVERY_US  (INT64_C(120) * 1000000) /* how long one is */

struct recovery;

/* What is kept; all copied. */
struct recovered {
    struct str pid;     /* the private id */
    struct str sid;     /* the public one */
    struct str account; /* whose */
    struct str powers;  /* what he could do then, in whatever words */
    struct str extras;  /* channels beside the socket's own, a line each */
};

MUST_USE struct recovery *recovery_new(void);
void recovery_free(struct recovery **r);

/* Keep one that was lost. Any thread. */
void recovery_put(struct recovery *r, const struct recovered *lost, int64_t now_us);

/* Take one that is not too old and belongs to this account, out of the table: to be freed with
 * recovered_free(). NULL: there is none. Any thread. */
MUST_USE struct recovered *recovery_take(struct recovery *r, struct str pid, struct str account,
                                         int64_t now_us);
void recovered_free(struct recovered **lost);

#endif
