/* live_inside.h - one open socket, for the files live*.c:
 *
 *   live.c           memory, calls, snapshot and end
 *   live_http.c      who opens one by a request
 *   live_line.c      what it hangs on: WebSocket, Socket.IO, Server-Sent Events, long-poll
 *   live_event.c     events as they are sent, made once for all who are sent the same
 *   live_catchup.c   from a cursor to live
 *   live_command.c   what its client says
 *   live_channel.c   channels beside its own: SUBSCRIBE and UNSUBSCRIBE
 *   live_whisper.c   what is told once and not kept
 *   live_owner.c     whose it is, and what changes about him
 *   live_socketio.c  Socket.IO's side: who connects, and who comes back */
#ifndef PESAN_APP_LIVE_INSIDE_H
#define PESAN_APP_LIVE_INSIDE_H

#include "app/live.h"
#include "net/socketio.h"
#include "net/stream.h"

#define LIVE_ARENA_MAX   ((size_t)1024 * 1024) /* memory of one command or snapshot */
#define LIVE_QUEUE_MAX   256 /* events that wait for a snapshot or for a page; beyond, read later */
#define LIVE_PAGE        256 /* events that are read at a time */
#define LIVE_REDO_MAX    8   /* how often a snapshot is read anew */
#define LIVE_COMMAND_MAX 16  /* commands that wait for their turn */
#define LIVE_RATE        20  /* commands a second */
#define LIVE_BURST       40  /* and at once */
#define LIVE_UNIT        20  /* a command's worth of allowance: 400 units come a second */
#define LIVE_EXTRA_MAX   64  /* channels beside its own */

/* Close codes (RFC 6455 7.4.1 and its registry). */
#define CLOSE_POLICY   1008 /* it may not be opened again like this */
#define CLOSE_INTERNAL 1011 /* a fault of ours */
#define CLOSE_AGAIN    1012 /* it may be opened again at once */
#define CLOSE_LATER    1013 /* it may be opened again later */

/* What a socket hangs on. */
enum live_by {
    LIVE_BY_WEBSOCKET,
    LIVE_BY_SOCKETIO,
    LIVE_BY_STREAM,
    LIVE_BY_POLL, /* gathers what it hears, and is over when that is answered */
    LIVE_BYS
};

/* A long-poll that waits for its answer. */
struct live_poll {
    struct list node;      /* among the desk's */
    struct live *live;     /* whose line it is */
    struct call *call;     /* the request, in its exchange's arena */
    struct buf text;       /* what was heard so far: "[{...},{...}" */
    struct timer patience; /* until it is answered in any case */
    bool over;             /* that was long enough */
    struct later answer;   /* at the end of a turn in which something was heard */
};

/* A command that waits for its turn. */
struct live_command {
    struct live_command *next; /* the one behind it */
    int64_t ack;               /* Socket.IO's id to answer it by, or SOCKETIO_NO_ID */
    size_t name_len;           /* bytes of its name, at the beginning of text; 0: the text is a
                                  frame that has it inside */
    size_t len;                /* bytes of text */
    char text[];               /* as it came */
};

/* A command as it comes. Borrowed. */
struct live_said {
    struct str name; /* Socket.IO: the event's; at == NULL: the text is {"event":E,"values":V} */
    struct str text; /* that, or Socket.IO's arguments with commas between */
    int64_t ack;     /* as above */
    bool binary;     /* something in it is */
};

/* An event that waits, and the role by which the socket hears it. */
struct live_held {
    struct event *event; /* a reference */
    uint8_t tag;         /* enum role */
};

/* Where a client wants to go on. */
struct live_cursor {
    bool given;    /* else it is live only from now */
    bool good;     /* it can be gone on from */
    bool knows;    /* he has named the journal's life, as he was told it: he was here before */
    int64_t after; /* the seq it has seen last */
};

/* What a socket needs only while something is at work for it. */
struct live_work {
    struct arena *arena;        /* of the snapshot, page or command at work; NULL: none */
    int64_t ack;                /* of the command at work */
    bool holding;               /* events wait in `held` */
    bool overflowed;            /* too many came; they are read from the journal */
    bool resync;                /* its cursor was no good */
    bool knows;                 /* it goes on, and need not be told what is so now */
    bool ended;                 /* a channel was taken from its owner since SUBSCRIBE asked */
    int redone;                 /* how often the snapshot was read anew */
    struct live_held *held;     /* in order; room for LIVE_QUEUE_MAX */
    size_t held_count;          /* of those */
    int64_t at;                 /* events up to this seq have been read; -1: begin at the
                                   snapshot's head */
    int64_t upto;               /* those up to this seq are read, later ones wait in `held` */
    char *only;                 /* of this channel alone; NULL: of all */
    struct timer pace;          /* the next page, once the client has taken the last */
    struct live *live;          /* whose work it is */
    struct live_command *first; /* commands that wait, oldest first */
    struct live_command *last;  /* the newest of them */
    size_t command_count;       /* of those */
    size_t command_bytes;       /* of those */
};

/* A channel beside the socket's own. */
struct live_extra {
    struct live_extra *next; /* in no order */
    int64_t after;           /* it hears what came after this seq */
    uint8_t tag;             /* enum role by which it is heard */
    char name[];             /* "order:<id>", NUL behind it */
};

/* The texts of a socket, one behind the other in its memory. */
enum live_text {
    LIVE_ID,
    LIVE_USERNAME,
    LIVE_SHOP,
    LIVE_SESSION,
    LIVE_PEER,
    LIVE_SUBJECT,
    LIVE_TEXTS
};

/* One socket. Kept small: there may be a hundred thousand that do nothing. */
struct live {
    struct subscriber subscriber; /* its channels */
    union {
        void *any;                  /* NULL once the line is gone */
        struct conn *conn;          /* WebSocket or stream */
        struct socketio_socket *io; /* Socket.IO */
        struct live_poll *poll;     /* long-poll; its own */
    } line;
    struct desk *desk;              /* the loop it lives on */
    const struct socket_kind *kind; /* what it is */
    struct live_work *work;         /* NULL while idle */
    struct live_extra *extras;      /* channels beside its own; NULL: none */
    int64_t start;                  /* it hears what came after this seq */
    int64_t from;                   /* events up to this seq were told, or are being read */
    char *session;                  /* of the token that renewed it, when another; else NULL */
    struct timer expiry;            /* of its token */
    int64_t expires_us;             /* the same; 0: never */
    uint32_t rate_at_ms;            /* when its allowance was last counted (mod 2^32) */
    uint16_t allowance;             /* what it may send now, LIVE_UNIT for each command */
    uint8_t by;                     /* enum live_by */
    uint8_t role;                   /* enum role */
    uint8_t language;               /* enum language */
    bool closing;                   /* Close was sent: it is neither told nor heard any more */
    bool returns;                   /* then: its client shall come back on its own */
    bool present;                   /* it is counted among the devices that are there */
    uint16_t text_len[LIVE_TEXTS];  /* UINT16_MAX: that text is absent */
    char text[];                    /* all of enum live_text */
};

/* --- live.c --- */

/* The text in the socket's own memory, which outlives all its calls. */
struct str live_text(const struct live *l, enum live_text which);

/* A socket of the request's caller, on no line and no channel yet. */
MUST_USE struct live *live_new(const struct call *c, const struct socket_kind *kind,
                               enum live_by by, struct str subject);

/* May the request's caller open one? Sets rq->caller beyond what the guard did. False after
 * refuse(). */
MUST_USE bool live_admit(struct request *rq, const struct socket_kind *kind,
                         struct socket_admission *a);

/* Put it on its channels, before it has a line. */
void live_listen(struct live *l, const struct caller *who, const struct socket_admission *a);

/* The cursor of who has seen the event of this seq last (0: none of all that is kept), in the
 * journal's life of this name (at == NULL: not said). */
struct live_cursor live_cursor_at(const struct app *app, int64_t after, struct str epoch);

/* It has its line: tell it what is so, what it missed, and then what happens. */
void live_begin(struct live *l, const struct live_cursor *cursor, int64_t now_us);

/* Its line is gone, or never came: off all channels, and freed unless a call is at work for it. */
void live_over(struct live *l);

/* The call for a snapshot or command in an arena of its own, which becomes the socket's work. When
 * the caller's session is over the socket is closing, and the call is only to be finished. */
MUST_USE struct call *live_call(struct live *l);

/* Send the frames and the ERROR a call has left, and free its arena. Nothing is sent to a socket
 * that is gone. */
void live_tell(struct live *l, struct call *c);

/* Begin the next command that waits, or make the socket idle; frees one that is gone. */
void live_go_on(struct live *l);

/* The socket's work, made where it has none. */
struct live_work *live_work(struct live *l);

/* The kind whose namespace this is; NULL: none. */
const struct socket_kind *live_kind_of_nsp(const struct app *app, struct str nsp);

/* Are its events read back from the journal, when it goes on or too many come at once? */
static inline bool live_reads_back(const struct socket_kind *kind)
{
    return kind->word || kind->replays;
}

/* --- live_line.c --- */

/* Is anybody there who may be told something? */
static inline bool live_is_up(const struct live *l)
{
    return l->line.any && !l->closing;
}

/* An event as one frame for all sockets of the kind that hang on the same; `seq` is where who has
 * heard it goes on, -1: none. Not for long-polls. */
MUST_USE struct frame *live_frame(enum live_by by, const struct socket_kind *kind,
                                  const char *event, struct str values, int64_t seq);

/* Queue such a frame (takes a reference of its own). */
void live_send(struct live *l, struct frame *f);

/* An event for this socket alone. */
void live_say(struct live *l, const char *event, struct str values, int64_t seq);

/* Answer the command that had this ack id. */
void live_ack(struct live *l, int64_t ack, struct str value);

/* Has the client taken what it was sent? */
bool live_is_ready(const struct live *l);

/* Say Close; nothing more is told or heard. */
void live_close(struct live *l, int code, const char *reason);

/* Park the request of a long-poll, which becomes the socket's line. */
void live_poll_begin(struct live *l, struct call *c, int64_t wait_ms);

/* All that was missed has been told: who waits for no more than that is answered. */
void live_poll_caught_up(struct live *l);

/* --- live_event.c --- */

/* Send the event to the socket, in the words of this role, as it is called in its format. */
void live_send_event(struct live *l, const struct event *e, enum role role);

/* The event is over. */
void live_forget_wordings(struct desk *d);

/* --- live_catchup.c --- */

/* Hold what comes, from now on. */
void live_hold(struct live *l);

/* An event for a socket that holds. */
void live_keep(struct live *l, struct event *e, enum role role);

/* Read what came in (w->at, w->upto], then send what was held, then go on. */
void live_catch_up(struct live *l);

/* --- live_command.c --- */

/* Its client said something. */
void live_hear(struct live *l, const struct live_said *said);

/* Run a command that has come to its turn. */
void live_command_start(struct live *l, const struct live_said *said);

/* --- live_channel.c --- */

/* What the clients of a person's sockets may say beside. */
extern const struct socket_command live_subscribe;
extern const struct socket_command live_unsubscribe;

/* A command SUBSCRIBE has been run on a reader: finishes its call. */
void live_subscribe_finished(struct call *c);

/* The guards of what app knows. */
bool live_guard_account(struct request *rq, struct db *db, struct str id);
bool live_guard_shop(struct request *rq, struct db *db, struct str id);

/* Listen to it, too. */
void live_add_extra(struct live *l, struct str channel, enum role role, int64_t after);

/* What allowed them may be gone: no more of them, and the client is told. */
void live_drop_extras(struct live *l);

/* The same for those that can be taken from somebody (struct channel_guard: ended_by). */
void live_drop_passing_extras(struct live *l);

/* What the channel's guard says of it; NULL: it has none. *id_r is what is behind the prefix. */
const struct channel_guard *live_guard_of(const struct app *app, struct str channel,
                                          struct str *id_r);

/* Is the socket on the channel? */
bool live_is_on(const struct live *l, struct str channel);

/* Take a channel from somebody, if the event tells that. */
void live_hear_of_endings(struct desk *d, const struct event *e);

/* --- live_owner.c --- */

/* As he was when the socket was opened, or renewed; slices in the socket's memory. */
struct caller live_owner(const struct live *l);

/* Set the request's caller to what the socket's owner is now, or nobody and close when his session
 * is over. */
void live_ask_owner(struct live *l, struct request *rq);

/* Call for each socket of an account on this loop, of whatever kind. */
void live_each_of(struct desk *d, struct str account,
                  void (*call)(void *arg, struct subscriber *s, uint8_t tag), void *arg);

/* Is its owner a person, with an account? */
bool live_is_persons(const struct live *l);

/* Count it among the devices that are there: of those who work somewhere, or share a channel, whom
 * others ask for. */
void live_be_present(struct live *l);

/* Put it on a channel of its own. */
void live_join(struct live *l, const char *prefix, struct str name, enum role role);

/* Close the socket when its owner's session ends, or his powers change; a person's follows them. */
void live_follow_owner(struct live *l);

/* Do so, if the event tells that. */
void live_hear_of_people(struct desk *d, const struct event *e);

/* Is this event about where the socket's owner works? */
bool live_is_of_grants(const struct live *l, const struct event *e);

/* His grants as they are now, for the event GRANTS: its further values. */
void live_write_grants(const struct live *l, struct jout *j);

/* Close it then; 0: never. */
void live_expire_at(struct live *l, int64_t expires_us, int64_t now_us);

/* What every socket's client may say: {"event":"AUTH","values":{"token":T}}. */
extern const struct socket_command live_auth;

#endif
