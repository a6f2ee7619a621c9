/* desk.h - one loop's side of the house: its server, hub, tap on the journal, verified tokens, and
 * the requests that wait or are at work elsewhere. All on the loop's thread, or before it runs. */
#ifndef PESAN_APP_DESK_H
#define PESAN_APP_DESK_H

#include <pthread.h>

#include "app/call.h"
#include "app/token_cache.h"
#include "net/hub.h"
#include "net/server.h"
#include "net/socketio.h"

#define SOCKET_KINDS_MAX 8

struct wordings;

struct desk {
    struct app *app;           /* the house */
    struct loop *loop;         /* on which all here happens */
    struct server *server;     /* its connections */
    struct server *local;      /* connections in the data folder; may be NULL */
    struct hub *hub;           /* who listens to what */
    struct token_cache tokens; /* verified a moment ago */
    struct journal_tap tap;    /* on the journal's live tail */
    int64_t head;              /* seq of the last event handed to this loop */
    struct wordings *wordings; /* of the event being delivered; live's */
    struct socketio *io;       /* Socket.IO's clients on `server`; NULL: no kind has a namespace */
    const char *namespaces[SOCKET_KINDS_MAX]; /* they may be in */
    struct list polls;                        /* long-polls that wait for their answer */
    struct list waiting;                      /* calls that wait for a follower */
    struct timer wait_timer;                  /* looks at them again */
    size_t busy;                              /* calls not answered yet */
    struct mail drain_mail;                   /* tells the desk to end */
    struct timer drain_timer;                 /* looks whether all is answered */
    int64_t drain_until_ns;                   /* when it ends, answered or not */
    bool draining;                            /* no new sockets */
    pthread_t thread;                         /* runs the loop, but for the first desk */
    bool threaded;                            /* the thread was started */
};

/* A desk with its loop and a server listening at config->address. NULL with a line in *why_r. */
MUST_USE struct desk *desk_new(struct app *app, const struct net_config *config,
                               const char **why_r);

/* Serve on a socket in the file system, too, before the loop runs. False with a line in *why_r. */
MUST_USE bool desk_listen_local(struct desk *d, const char *path, const char **why_r);

/* After its loop has ended; writer and readers are stopped. Accepts NULL. */
void desk_free(struct desk **desk);

/* Run the loop on this thread until the desk has drained. */
void desk_run(struct desk *d);

/* Run it on a thread of its own; desk_join() waits for that. */
MUST_USE bool desk_start(struct desk *d);
void desk_join(struct desk *d);

/* From any thread, once: answer what is there, close sockets, end within `limit_ms`. */
void desk_drain(struct desk *d, int64_t limit_ms);

/* Perform the call once its service has reacted to all that was committed when it came, at most 1 s
 * later; else it is refused. */
void desk_perform_behind(struct desk *d, struct call *c);

/* Perform the call again once the journal's head is beyond c->wait_seq, or when it has waited long
 * enough (request_wait()). */
void desk_perform_beyond(struct desk *d, struct call *c);

#endif
