/* request.h - what a handler sees of the world: one question and its answer, whether it came over
 * HTTP or as a command on a socket.
 *
 * A handler parses (on the loop), runs (here, on a reader or in the writer's transaction) and
 * answers. It never sees a socket, never blocks and never frees: everything it takes comes from
 * the request's arena. Time and ids it needs are in the request, made before the work is queued,
 * because work on the writer may run twice. */
#ifndef PESAN_APP_REQUEST_H
#define PESAN_APP_REQUEST_H

#include "app/problem.h"
#include "app/token.h"
#include "base/id.h"
#include "base/json.h"
#include "db/db.h"

#define ROUTE_PARAMS_MAX 4

struct app;
struct route;

struct request {
    struct arena *arena;                 /* all memory of this request */
    struct app *app;                     /* the house (app.h), for configuration */
    const struct route *route;           /* the row of the route table, NULL for socket commands */
    struct str params[ROUTE_PARAMS_MAX]; /* the {names} of the pattern, in order; of a
                                            socket, params[0] is its subject (service.h) */
    struct str query;                    /* raw query string */
    struct str raw;                      /* the body as it came */
    json_t *body;                        /* the body (or a frame's values); NULL when absent */
    struct caller caller;                /* who asks */
    struct str peer;                     /* address without port */
    enum language language;              /* for messages to people */
    int64_t now_us;                      /* when it arrived, UTC */
    struct id id;                        /* a fresh id for the thing this request may create */
    void *parsed;                        /* what parse() leaves for run(), in the arena */
    const void *own;                     /* the exchange or socket behind it; for app only */

    /* The answer, set through the functions below. */
    int status;                  /* 0: no answer yet */
    const char *content_type;    /* NULL: no body */
    struct buf reply;            /* the body, in the arena */
    struct jout json;            /* writes into reply */
    struct http_header *headers; /* extra ones */
    size_t header_count;         /* of those */
    enum problem problem;        /* PROBLEM_NONE: it is a yes */
};

/* The shop a member of staff speaks of: ?shop_id= where it is said and he works there in one of
 * these roles, else the first he works in; for an admin who says none, at == NULL: all shops. False
 * after refuse(). */
MUST_USE bool request_shop(struct request *rq, unsigned roles, struct str *shop_r);

/* What a list is asked for: ?limit= (1 to 200, else 50) and ?before=, the id of the last one seen;
 * `before` is at == NULL for the newest. False after refuse(). */
struct request_page {
    int64_t limit;     /* 1 to 200 */
    struct str before; /* ids below this one; at == NULL: from the newest */
};
MUST_USE bool request_page(struct request *rq, struct request_page *page_r);

/* ?limit= alone, 1 to 200. False after refuse(). */
MUST_USE bool request_limit(struct request *rq, int64_t otherwise, int64_t *limit_r);

/* "account:<id>", "kiosk:<id>" or "guest:<order id>" of the caller, in the arena: the actor of what
 * he does. */
struct str request_actor(struct request *rq);

/* A query parameter, decoded; at == NULL when absent or not UTF-8. */
struct str request_query(struct request *rq, const char *name);

/* Where people reach the house: --public-url, else "http://" and the request's Host; no slash at
 * the end. In the arena. */
struct str request_base(struct request *rq);

/* A header of the HTTP request (not for socket commands); at == NULL when absent. */
struct str request_header(struct request *rq, const char *name);

/* Begin a JSON answer; write one value through what is returned. Replaces an earlier answer. */
struct jout *reply_json(struct request *rq, int status);

/* Answer with text or any other content; the bytes are copied. */
void reply_bytes(struct request *rq, int status, const char *content_type, struct str bytes);

/* Answer without a body (204 ...). */
void reply_empty(struct request *rq, int status);

/* Add a header to the answer; name is a literal, value is copied. */
void reply_header(struct request *rq, const char *name, struct str value);

/* Nothing to answer yet (RUN_READ only): run() again when the journal has moved past `seq`, at the
 * latest `wait_ms` (25 s at most) after the first time it was asked. False when that time is up:
 * answer now. */
MUST_USE bool request_wait(struct request *rq, int64_t seq, int64_t wait_ms);

/* Say no: problem+json over HTTP, ERROR {code,detail} on a socket. `detail` is for developers and
 * may be NULL. Returns false, so that parse() can end with it. */
bool refuse(struct request *rq, enum problem p, const char *detail, ...) PRINTF_LIKE(3, 4);

/* A rule failed after the first write of a RUN_WRITE handler: keep the answer, undo the writes.
 * Costly (the batch runs again): rules that can be checked before the first write are checked
 * there. */
void request_undo(struct request *rq);

/* Say no to one field: `pointer` is a JSON pointer (RFC 6901) into the body. May be called for
 * several fields with the same problem. Returns false. */
bool refuse_field(struct request *rq, enum problem p, const char *pointer, const char *reason);

/* After refuse(): further members of the problem, written with jout_field_...() through what is
 * returned. */
struct jout *refuse_more(struct request *rq);

/* A frame {"event":E,"values":V} for this socket alone (socket commands and snapshots); write V
 * through what is returned, then reply_event_end(). May be called several times. */
struct jout *reply_event(struct request *rq, const char *event);
void reply_event_end(struct request *rq);

#endif
