/* engine_inside.h - what engines and sessions are made of. Private to engine.c and
 * engine_session.c. */
#ifndef PESAN_NET_ENGINE_INSIDE_H
#define PESAN_NET_ENGINE_INSIDE_H

#include "base/map.h"
#include "net/engine.h"
#include "wire/engineio.h"

/* Packets that wait for a polling client. */
struct packets {
    struct frame **items; /* a reference to each, oldest first */
    size_t count;         /* of those */
    size_t cap;           /* room in items */
    size_t bytes;         /* of all of them */
};

struct session_list {
    struct engine_session **items;
    size_t count; /* of those */
    size_t cap;   /* room in items */
};

/* One session; there may be a hundred thousand that do nothing. */
struct engine_session {
    struct eio_session machine;         /* its life */
    struct engine *engine;              /* where it belongs */
    void *user;                         /* the house's */
    struct conn *ws;                    /* its WebSocket; NULL on polling */
    struct conn *probe;                 /* one that would become it; NULL: none */
    struct exchange *get;               /* the parked GET; NULL: none */
    const struct engine_door *get_door; /* what belongs to that one's answer; in its arena */
    struct exchange *post;              /* the POST being read or handled; NULL: none */
    const struct engine_door *farewell; /* the POST said close and is answered soon; in its arena */
    struct packets *queue;              /* what waits for a GET; NULL: nothing */
    struct timer timer;                 /* when the machine wants to be looked at */
    char sid[ENGINE_SID_SIZE];          /* its key in the table */
    bool slow;                          /* too much waited: it is closed when the turn ends */
    bool pending;                       /* to be looked at when the turn ends */
    bool told;                          /* closed() was called */
};

struct engine {
    struct server *server;        /* whose connections */
    struct loop *loop;            /* the server's */
    struct engine_config config;  /* as it was given */
    struct eio_limits limits;     /* the same for the codec */
    struct socket_ops socket_ops; /* of sessions' WebSockets */
    const struct engine_ops *ops; /* the house above */
    void *ctx;                    /* its context */
    struct engine *const *all;    /* by number; NULL: this is the only one */
    size_t count;                 /* of those */
    unsigned number;              /* its own; every sid begins with it */
    struct map sessions;          /* by sid */
    struct later turn_end;        /* answers what was queued, frees the dead */
    struct session_list pending;  /* were sent something in this turn */
    struct session_list dead;     /* are gone, and freed when the turn ends */
    bool draining;                /* no new sessions */
};

static inline struct str session_sid(const struct engine_session *s)
{
    return (struct str){s->sid, ENGINE_SID_SIZE};
}

/* ---- engine_session.c ---- */

/* Do what the machine asks for. The session may be gone afterwards, but is freed when the turn
 * ends. */
void session_do(struct engine_session *s, struct eio_todo todo);

/* What came over `from` was no packet, or something else is wrong: see wire/engineio.h. */
void session_bad_packet(struct engine_session *s, enum eio_link from, enum eio_reason why);

/* The client's close, for which a GET that crosses it was waited for. */
void session_say_farewell(struct engine_session *s);

/* Answer the parked GET with what is queued. */
void session_answer_parked(struct engine_session *s);

/* Close a WebSocket, of which nobody hears any more, and set *c to NULL. Accepts NULL. */
void session_close_socket(struct conn **c);

/* Have the machine looked at when it wants to be. */
void session_rearm(struct engine_session *s);

/* Runs of a session's timer, and of its engine's `later`. */
void session_timer_fired(struct timer *t);
void session_turn_end(struct later *later);

/* ---- engine.c ---- */

/* Answer 200 with a payload. */
void engine_answer_text(struct exchange *x, const struct engine_door *door, struct str body);

#endif
