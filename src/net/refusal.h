/* refusal.h - the reasons of tbl/refusals.h, by which net itself says no to a request. */
#ifndef PESAN_NET_REFUSAL_H
#define PESAN_NET_REFUSAL_H

#include "base/check.h"

enum refusal {
    REFUSAL_NONE,
#define REFUSAL(name, status, id, detail) REFUSAL_##name,
#include "net/tbl/refusals.h"
#undef REFUSAL
    REFUSAL_COUNT
};

/* A row of the table. */
struct refusal_row {
    int status;         /* of the answer */
    const char *id;     /* stable name for logs: "HTTP-BAD-HOST" */
    const char *detail; /* for the client's developers */
};

/* A row of tbl/refusal_types.h. */
struct refusal_type {
    int status;
    const char *slug;    /* of the problem's type: "/problems/<slug>" (RFC 9457 3.1.1) */
    const char *message; /* for people */
};

/* Never NULL; `r` is not REFUSAL_NONE. */
const struct refusal_row *refusal_row(enum refusal r);

/* The type of a row. Never NULL. */
const struct refusal_type *refusal_type(const struct refusal_row *row);

#endif
