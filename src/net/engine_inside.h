/* engine_inside.h - what engines and sessions are made of, for engine.c. */
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

/* Do what the machine asks for. */
void session_do(struct engine_session *s, struct eio_todo todo);

/* Tell the house above, once, that the session is gone. */
void session_tell_closed(struct engine_session *s);

#endif
