/* live_inside.h - one open socket, for live.c and live_command.c. */
#ifndef PESAN_APP_LIVE_INSIDE_H
#define PESAN_APP_LIVE_INSIDE_H

#include "app/live.h"

#define LIVE_ARENA_MAX   ((size_t)1024 * 1024) /* memory of one command or snapshot */
#define LIVE_QUEUE_MAX   256 /* events that wait for a snapshot; beyond, it is read anew */
#define LIVE_REDO_MAX    8   /* how often */
#define LIVE_COMMAND_MAX 16  /* commands that wait for their turn */
#define LIVE_RATE        20  /* commands a second */
#define LIVE_BURST       40  /* and at once */
#define LIVE_UNIT        20  /* a command's worth of allowance: 400 units come a second */

/* Close codes (RFC 6455 7.4.1 and its registry). */
#define CLOSE_POLICY   1008 /* it may not be opened again like this */
#define CLOSE_INTERNAL 1011 /* a fault of ours */
#define CLOSE_AGAIN    1012 /* it may be opened again at once */
#define CLOSE_LATER    1013 /* it may be opened again later */

/* A command that waits for its turn. */
struct live_command {
    struct live_command *next; /* the one behind it */
    size_t len;                /* bytes of text */
    char text[];               /* as it came */
};

/* What a socket needs only while something is at work for it. */
struct live_work {
    struct arena *arena;        /* of the snapshot or command at work; NULL: none */
    bool snapshot;              /* it is the snapshot: events wait in `events` */
    bool overflowed;            /* too many came; the snapshot is read anew */
    int redone;                 /* how often it was */
    struct event **events;      /* referenced, in order; room for LIVE_QUEUE_MAX */
    size_t event_count;         /* of those */
    struct live_command *first; /* commands that wait, oldest first */
    struct live_command *last;  /* the newest of them */
    size_t command_count;       /* of those */
    size_t command_bytes;       /* of those */
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
    struct subscriber subscriber;   /* its channels */
    struct conn *conn;              /* NULL once the connection is gone */
    struct desk *desk;              /* the loop it lives on */
    const struct socket_kind *kind; /* what it is */
    struct live_work *work;         /* NULL while idle */
    int64_t from;                   /* events up to this seq were told by the snapshot */
    char *session;                  /* of the token that renewed it, when another; else NULL */
    struct timer expiry;            /* of its token */
    int64_t expires_us;             /* the same; 0: never */
    uint32_t rate_at_ms;            /* when its allowance was last counted (mod 2^32) */
    uint16_t allowance;             /* what it may send now, LIVE_UNIT for each command */
    uint8_t role;                   /* enum role */
    uint8_t language;               /* enum language */
    bool closing;                   /* Close was sent: it is neither told nor heard any more */
    uint16_t text_len[LIVE_TEXTS];  /* UINT16_MAX: that text is absent */
    char text[];                    /* all of enum live_text */
};

/* The text in the socket's own memory, which outlives all its calls. */
struct str live_text(const struct live *l, enum live_text which);

/* The call for a snapshot or command in an arena of its own, which becomes the socket's work. When
 * the caller's session is over the socket is closing, and the call is only to be finished. */
MUST_USE struct call *live_call(struct live *l);

/* Set the request's caller to what the socket's owner is now, or nobody and close when his session
 * is over. */
void live_ask_owner(struct live *l, struct request *rq);

/* Close the socket when its owner's session ends, or his powers change. */
void live_follow_owner(struct live *l);

/* Do so, if the event tells that. */
void live_hear_of_people(struct desk *d, const struct event *e);

/* Close it then; 0: never. */
void live_expire_at(struct live *l, int64_t expires_us, int64_t now_us);

/* What every socket's client may say: {"event":"AUTH","values":{"token":T}}. */
extern const struct socket_command live_auth;

/* Send the frames and the ERROR a call has left, and free its arena. Nothing is sent to a socket
 * that is gone. */
void live_tell(struct live *l, struct call *c);

/* Begin the next command that waits, or make the socket idle; frees one that is gone. */
void live_go_on(struct live *l);

/* Say Close; nothing more is told or heard. */
void live_close(struct live *l, int code, const char *reason);

/* A message came. */
void live_message(struct live *l, bool text, struct str payload);

/* Run a command that has come to its turn. */
void live_command_start(struct live *l, struct str payload);

/* The socket's work, made where it has none. */
struct live_work *live_work(struct live *l);

#endif
