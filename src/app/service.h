/* service.h - what a service shows the rest of the house: one descriptor with its tables, routes,
 * sockets, reactions and deadlines. main.c lists the services; the dispatcher alone enforces
 * policy. */
#ifndef PESAN_APP_SERVICE_H
#define PESAN_APP_SERVICE_H

#include "app/request.h"
#include "db/migrate.h"
#include "journal/cursor.h"
#include "journal/deadline.h"

/* Where run() is called. */
enum run_on {
    RUN_HERE,  /* on the loop, db is NULL: must not block */
    RUN_READ,  /* on a reader, in a snapshot */
    RUN_WRITE, /* in the writer's transaction, perhaps twice; answered after the commit */
};

/* Who may: role bits, or anybody at all. */
#define WHO_ANYONE 0u
#define WHO_STAFF                                                                                  \
    (ROLE_BIT(ROLE_ADMIN) | ROLE_BIT(ROLE_OWNER) | ROLE_BIT(ROLE_MANAGER) | ROLE_BIT(ROLE_BARISTA))
#define WHO_HEADS                                                                                  \
    (ROLE_BIT(ROLE_ADMIN) | ROLE_BIT(ROLE_OWNER) | ROLE_BIT(ROLE_MANAGER)) /* run a shop */
#define WHO_CREW   (WHO_STAFF | ROLE_BIT(ROLE_COURIER))
#define WHO_PERSON (WHO_CREW | ROLE_BIT(ROLE_CUSTOMER))

/* Duties of the dispatcher beyond `who`. */
enum route_flag {
    ROUTE_OWN_USER = 1, /* params[0] is a username: the caller's own, unless the caller is staff */
    ROUTE_FOLLOWS = 2,  /* waits (1 s at most, else 503) until this service has reacted to all
                           that was committed when the request arrived */
    ROUTE_ANY_BODY = 4, /* the body is not JSON, or not JSON only: handed over raw */
    ROUTE_LENIENT_JSON = 8, /* text/plain is read as JSON too */
    ROUTE_BASIC_KEY = 16,   /* authenticates by itself (HTTP Basic with a gateway key) */
    ROUTE_PAGE = 32,        /* a reader that asks for text/html is answered the web application */
    ROUTE_CREW = 64,        /* with ROUTE_OWN_USER: couriers pass as staff do */
    ROUTE_KOREAN = 128,     /* who wishes no language is answered in Korean */
    ROUTE_SECRET = 256,     /* body or answer are secret: nothing is kept for Idempotency-Key */
    ROUTE_PEOPLE = 512,     /* waits as ROUTE_FOLLOWS does, for app's tables of names */
};

/* The dispatcher answers a repeat on its own: when a caller that is logged in sends the header
 * Idempotency-Key to a RUN_WRITE route, a 2xx answer is stored in the unit's transaction and given
 * again for the same key and body; the same key with another body is KEY_REUSED. */

struct route {
    const char *name;    /* "order.place": for logs and tests */
    const char *method;  /* "GET", "POST" ... HEAD is answered by GET's route */
    const char *pattern; /* "/order-ms/{user_id}/orders"; a trailing slash is optional */
    unsigned who;        /* WHO_... role bits */
    unsigned flags;      /* enum route_flag */
    enum run_on on;      /* where run() is called */
    size_t body_max;     /* bytes; 0: no body is taken */
    bool (*parse)(struct request *rq); /* on the loop; false after refuse(); may be NULL */
    void (*run)(struct request *rq, struct db *db); /* does it and answers */

    /* Slow work before run(), such as a password's hash: on a worker with a connection that reads,
     * in a snapshot; leaves what it found in rq->parsed. After refuse() run() is not called. May be
     * NULL. */
    void (*work)(struct request *rq, struct db *db);
};

/* A command that a socket's client sends as {"event":E,"values":V}. */
struct socket_command {
    const char *event;                 /* E */
    unsigned who;                      /* role bits, WHO_ANYONE: whoever was admitted */
    enum run_on on;                    /* where run() is called */
    bool (*parse)(struct request *rq); /* as a route's */
    void (*run)(struct request *rq, struct db *db); /* does it and answers */
};

#define SOCKET_CHANNELS_MAX 8

/* What admit() says about a new socket. */
struct socket_admission {
    struct str subject; /* what it is about, such as the kiosk's id: params[0] of every later
                           snapshot and command; slice in the request's arena */
    struct str channels[SOCKET_CHANNELS_MAX]; /* what it listens to; slices, too */
    size_t channel_count;                     /* of those */
};

/* Whom an event is put into words for. */
struct listener {
    enum role role; /* by which he hears it: his role in the shop on shop:<id>, ROLE_CUSTOMER
                       on account:<id>, else that with which he was admitted */
    enum language language; /* he reads */
};

/* A kind of socket: where it is opened, what it is told first, what it may say, what it hears. */
struct socket_kind {
    const char *name;   /* for logs */
    const char *path;   /* of the plain WebSocket: "/ws"; with {names} as a route's pattern */
    const char *nsp;    /* the same as a namespace of Socket.IO: "/"; NULL: none */
    const char *stream; /* the same as Server-Sent Events and long-poll: "/v1/events"; NULL: none */

    /* It is a person's device: a valid token is needed, and it is on account:<id> and on shop:<id>
     * for each of his grants, added and dropped at once as they change. */
    bool person;

    /* On the loop, before the upgrade: who is it, what may it hear? rq->caller is set when a valid
     * token came; what admit() leaves there (it may set or change it) is the caller of every later
     * snapshot and command, which see neither query nor headers. False after refuse(): answered
     * over HTTP, nothing is opened. */
    bool (*admit)(struct request *rq, struct socket_admission *a);

    /* On a reader: say what is so now, with reply_event(). The socket hears what comes behind
     * `head`: the snapshot's own seq, or an older one where its client goes on. refuse() closes the
     * socket after its ERROR, a bare one without. */
    void (*snapshot)(struct request *rq, struct db *db, int64_t head);

    /* An event as the text these sockets are sent; false: not for them. Called once per event and
     * loop, whatever the number of receivers. */
    bool (*render)(const struct event *e, struct buf *out);

    /* With render(): its client may go on from a cursor (?after=); without one the socket hears
     * what is committed after it was opened, however long its snapshot takes. */
    bool replays;

    /* With render(): its clients take each frame for an event; that the snapshot was refused they
     * learn from the close alone. */
    bool bare;

    /* In the place of render(): an event in words, for every transport. Returns its name and
     * appends its values, one JSON object; NULL: not for him. Called once per event, role, language
     * and loop, whatever the number of receivers. */
    const char *(*word)(const struct event *e, const struct listener *to, struct buf *values);

    /* Is the event, which word() gave a name, one that must be seen? Then sent() is told of each
     * device it was queued for. On the loop, quick. Both may be NULL. */
    bool (*is_alert)(const struct event *e, const struct listener *to);
    void (*sent)(struct app *app, const struct event *e, const struct caller *who, int64_t at_us);

    const struct socket_command *commands; /* what its clients may say */
    size_t command_count;                  /* of those */

    /* The snapshot waits, as with ROUTE_FOLLOWS, until this service has reacted to all that was
     * written before; NULL: it does not. */
    const struct service *follows;
};

/* Who may listen to channels with this prefix ("order:") by the command SUBSCRIBE. */
struct channel_guard {
    const char *prefix; /* with its colon */

    /* On a reader: may the caller hear the channel of this id? */
    bool (*may)(struct request *rq, struct db *db, struct str id);

    /* A topic whose event, told on such a channel and on account:<id>, takes the channel from that
     * account: all its sockets leave it at this place in the order of events, on every loop. NULL:
     * there is none. */
    const char *ended_by;
};

/* A topic that a service puts into words for every person's sockets, whichever service they are of;
 * word() is as that of struct socket_kind, which is not asked. */
struct topic_words {
    const char *topic;
    const char *(*word)(const struct event *e, const struct listener *to, struct buf *values);
};

struct service {
    const char *name;             /* for logs, and for --services */
    const char *needs;            /* the service whose tables it shares a transaction with, which
                                     has to run in the same process; NULL: none */
    struct migrations migrations; /* .service is its name again */
    const struct route *routes;   /* over HTTP */
    size_t route_count;           /* of those */
    const struct socket_kind *sockets;            /* live */
    size_t socket_count;                          /* of those */
    const struct channel_guard *guards;           /* of channels about what it owns */
    size_t guard_count;                           /* of those */
    const struct topic_words *words;              /* for persons' sockets */
    size_t word_count;                            /* of those */
    const struct socket_command *person_commands; /* what persons' sockets may say to it */
    size_t person_command_count;                  /* of those */
    const struct reaction *reactions;             /* to events, its own and others' */
    size_t reaction_count;                        /* of those */

    /* A deadline this service set is due (deadline.h); may be NULL. */
    void (*due)(struct db *tx, struct str key, int64_t now_us);

    /* Fill an empty database for --demo, in one transaction with all others; may be NULL. */
    void (*demo)(struct db *tx, int64_t now_us);

    /* Start and stop threads of its own; start is called when the house is listening. May be NULL.
     */
    bool (*start)(struct app *app, const char **why_r);
    void (*stop)(struct app *app);
};

#endif
