/* inbox.h - what somebody was told, kept until he has seen it, on one device for all.
 *
 * A notice stands once for everybody it is meant for: in the box of the shop's staff, of its
 * couriers, or of an account. It is no more than the seq of its event, which is put into words when
 * it is read; a notice whose event the journal keeps no longer is left out. Each box counts its
 * notices, so what is unread of it is a difference of two numbers, whatever its size. */
#ifndef PESAN_NOTIFY_INBOX_H
#define PESAN_NOTIFY_INBOX_H

#include "notify/word.h"

/* Where notices of one audience stand. */
struct box {
    struct str name;               /* "shop:<id>", "courier:<id>", "account:<id>" */
    enum notice_audience audience; /* who reads it */
};

/* The boxes somebody reads: his own, and one of each shop he works in. */
struct boxes {
    struct str account_id; /* whose they are */
    struct box *all;       /* in the arena */
    size_t count;          /* of those */
};
struct boxes inbox_boxes(const struct caller *c, struct arena *arena);

/* The box in which an audience finds the event; name.at == NULL: it is not on a channel of theirs.
 */
struct box inbox_box(const struct event *e, enum notice_audience a, struct arena *arena);

/* ---- On the writer ---- */

/* Put the event of this seq into a box, behind what is there; once. */
void inbox_add(struct db *tx, struct str box, int64_t seq);

/* A box becomes somebody's: he has missed nothing up to `seq`. One that is his already stays as it
 * is. */
void inbox_open(struct db *tx, struct str account_id, struct str box, int64_t seq);

/* And is his no more. */
void inbox_close(struct db *tx, struct str account_id, struct str box);

/* All up to `seq` was seen. Visits, before it is noted, what becomes seen by it: the newest of it,
 * INBOX_SEEN_MAX at most of each box. False when all of it was seen before. */
#define INBOX_SEEN_MAX 50
bool inbox_see(struct db *tx, const struct boxes *b, int64_t seq,
               void (*visit)(void *arg, int64_t seq), void *arg);

/* What became of the wish to put a notice away. */
enum inbox_put {
    PUT_NOTHING, /* it is none of his */
    PUT_BEFORE,  /* it was put away */
    PUT_AWAY,    /* now it is */
};
enum inbox_put inbox_put_away(struct db *tx, struct arena *arena, const struct boxes *b,
                              int64_t seq);

/* ---- Wherever a snapshot is ---- */

/* How many he has not seen. `floor`: events up to there are gone (journal_floor()). */
int64_t inbox_unread(struct db *db, const struct boxes *b, int64_t floor);

/* Up to which seq he has seen everything. */
int64_t inbox_seen(struct db *db, const struct boxes *b);

/* Which part of an inbox. */
struct inbox_page {
    int64_t after;  /* behind this seq, oldest first; -1: newest first */
    int64_t before; /* in front of this one */
    int64_t limit;  /* at most (a notice of two boxes more) */
};

/* One notice as it is read. */
struct inbox_entry {
    const struct event *e;         /* borrowed for the call */
    const struct notice *n;        /* what it is to him */
    enum notice_audience audience; /* as whom he reads it */
    bool seen;                     /* by him, on whatever device */
    bool put_away;                 /* singly */
};

void inbox_list(struct db *db, struct arena *arena, const struct boxes *b,
                const struct inbox_page *page,
                void (*visit)(void *arg, const struct inbox_entry *entry), void *arg);

/* Call visit() with the event of this seq; false when the journal has none. */
bool inbox_event(struct db *db, int64_t seq, void (*visit)(void *arg, const struct event *e),
                 void *arg);

#endif
