/* word.h - who is told of an event, and what he is told: the tables tbl/notices.h and
 * tbl/members.h as functions. On the path of every order, once for each role, language and loop, so
 * a payload is read in one pass and nothing is allocated but what the values take. */
#ifndef PESAN_NOTIFY_WORD_H
#define PESAN_NOTIFY_WORD_H

#include "app/service.h"
#include "journal/journal.h"

/* Who hears: by his place in a shop, or by his account. */
enum notice_audience { AUDIENCE_STAFF, AUDIENCE_COURIERS, AUDIENCE_PERSON, AUDIENCE_COUNT };

/* How loudly. */
enum notice_level { LEVEL_QUIET, LEVEL_INFO, LEVEL_ALERT };

/* A row of the table. */
struct notice {
    struct str topic;               /* of the event */
    struct str says;                /* what its payload must have in it: "status":"ready"; or "" */
    enum notice_audience audience;  /* who is told */
    enum notice_level level;        /* how loudly */
    const char *event;              /* what it is called for devices */
    struct str message[LANG_COUNT]; /* for people; empty: none */
};

extern const struct notice notices[];
extern const size_t notice_count;

/* Role bits of those who hear what is meant for this audience. */
unsigned notice_roles(enum notice_audience a);

/* "alert", "info", "quiet" */
const char *notice_level_word(enum notice_level l);

/* What this audience is told of the event, or NULL: nothing. */
const struct notice *notice_for(const struct event *e, enum notice_audience a);

/* What somebody of this role is told of it, or NULL. As notice_for(), and of a ring only those whom
 * it is for. */
const struct notice *notice_of(const struct event *e, enum role role);

/* The event for a device: its name, and {"seq","id","at","message"?,"level",...} appended. NULL:
 * not for him, and nothing is appended. */
const char *notify_word(const struct event *e, const struct listener *to, struct buf *values);

/* Must it be seen? */
bool notify_is_alert(const struct event *e, const struct listener *to);

/* The members of values behind "at", for an object that is being written: message, level and what
 * the listener may see of the payload. */
void notice_write(struct jout *j, const struct notice *n, const struct event *e,
                  const struct listener *to);

#endif
