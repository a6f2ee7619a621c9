/* call.h - one request on its way through the house: what app keeps beside what the handler sees.
 *
 * A call is made on a loop, in the arena of its request, for a route, a socket's command or a
 * socket's snapshot. call_perform() takes it to where it must run and brings it back: finished() is
 * called once, on the loop it came from. */
#ifndef PESAN_APP_CALL_H
#define PESAN_APP_CALL_H

#include "app/service.h"
#include "base/digest.h"
#include "db/readers.h"
#include "db/writer.h"
#include "net/exchange.h"

#define CALL_WRITES_MAX 20000 /* units that may wait for the writer before new ones are refused */
#define CALL_READS_MAX  20000 /* the same for readers */
#define CALL_WORKS_MAX  64    /* the same for slow work */

#define CALL_WAIT_MAX_MS 25000 /* how long request_wait() may wait in all */

struct desk;
struct live;

/* A field that was refused, and why. */
struct field_problem {
    struct field_problem *next; /* in the order they were told */
    const char *pointer;        /* RFC 6901 */
    const char *reason;         /* for developers */
};

/* A frame {"event":E,"values":V} for the socket that asked. */
struct reply_frame {
    struct reply_frame *next; /* in the order they were told */
    const char *event;        /* E; a literal, or in the arena */
    struct buf text;          /* the whole frame */
    size_t values_at;         /* where V begins in it; behind it is the closing brace */
    int64_t seq;              /* where who has heard it goes on; -1: it says nothing of that */
};

/* What the answer does to the cookie `accessToken`. */
struct cookie {
    enum { COOKIE_KEEP, COOKIE_SET, COOKIE_REMOVE } what;
    struct str token; /* COOKIE_SET: its new value */
    int64_t until_us; /* COOKIE_SET: when the browser may forget it, UTC */
};

struct call {
    struct request rq;             /* what the handler sees */
    struct desk *desk;             /* the loop it came from */
    struct exchange *exchange;     /* the HTTP request; NULL for a socket's command or snapshot */
    struct live *live;             /* the socket; NULL for HTTP */
    const struct service *service; /* whose route, or whom a socket's snapshot follows; or NULL */
    enum run_on on;                /* where run() is called */
    void (*work)(struct request *rq, struct db *db); /* slow work before it; NULL: none, or done */
    void (*run)(struct request *rq, struct db *db);  /* the handler */
    void (*finished)(struct call *c); /* on the loop, exactly once; may free the call */
    struct str repeat_key;  /* name of the kept answer (repeat.h); at == NULL: none is kept */
    struct str repeat_body; /* what tells the bodies of one key apart */
    bool repeat_held;       /* the key is held until the call is over */
    bool undone;            /* a rule failed after writing */
    int64_t head;           /* the journal's head when it came (ROUTE_FOLLOWS) */
    int64_t wait_seq;       /* asked to run again when the head is beyond; -1: it was not */
    int64_t wait_until_ns;  /* when waiting for either ends; 0: it has not waited yet */
    struct list waiting;    /* place among the desk's waiting calls */
    union {
        struct unit unit;    /* RUN_WRITE */
        struct read_job job; /* RUN_READ, and slow work */
    } at;                    /* where it is on its way through */

    /* What belongs to the answer beside rq's own fields. */
    const char *detail;                /* of the problem, for developers; may be NULL */
    struct field_problem *field_first; /* fields that were refused */
    struct field_problem *field_last;
    struct buf more;                 /* further members of the problem, divided by commas */
    struct jout more_out;            /* writes into more */
    struct reply_frame *frame_first; /* frames for the socket */
    struct reply_frame *frame_last;
    size_t header_cap;     /* places in rq.headers */
    struct cookie cookie;  /* by the handler */
    struct cookie renewed; /* by the guard; stands behind the handler's, and is not reset */
};

static inline struct call *call_of(const struct request *rq)
{
    return CONTAINER_OF(rq, struct call, rq);
}

/* A new call in `arena` with its time, id and language set; the caller fills in the rest. */
MUST_USE struct call *call_new(struct desk *desk, struct arena *arena);

/* Run it where it must run; finished() follows, perhaps from inside. */
void call_perform(struct call *c);

/* Give back what does not live in the arena. */
void call_fini(struct call *c);

/* Forget the answer, for a second run. */
void call_reset(struct call *c);

/* Turn a refusal into the problem+json body and headers that say it; an arena that overflowed is a
 * refusal too. */
void call_render_problem(struct call *c);

/* The same as a socket's client is told: {code,detail,message}. */
void call_write_error(struct call *c, struct jout *j);

#endif
