/* order_command.h - what staff say in an order's thread to have it done: "/ready", "/eta 10". It
 * stands here because chat asks by the event chat.command, and order, delivery and payment, which
 * never see each other, each do what is theirs or refuse it by an event of their own. */
#ifndef PESAN_APP_ORDER_COMMAND_H
#define PESAN_APP_ORDER_COMMAND_H

#include "app/problem.h"
#include "base/arena.h"
#include "journal/journal.h"

enum order_command_kind {
#define ORDER_COMMAND(name, word, other, service, number, text, en, id, ko, pl) COMMAND_##name,
#include "app/tbl/order_commands.h"
#undef ORDER_COMMAND
    COMMAND_COUNT
};

/* May something stand behind the word? */
enum command_part { PART_NO, PART_MAY, PART_MUST };

/* A row of the table. */
struct order_command_row {
    const char *word;             /* "ready" */
    const char *other;            /* a second word for it; "": none */
    const char *service;          /* who does it */
    enum command_part number;     /* behind the word */
    enum command_part text;       /* behind that */
    const char *help[LANG_COUNT]; /* how it is written, and what it means */
};

const struct order_command_row *order_command_row(enum order_command_kind kind);

/* The command of this word, in either case; false when there is none. */
MUST_USE bool order_command_parse(struct str word, enum order_command_kind *kind_r);

#define COMMAND_NUMBER_MAX INT64_C(1000000000000) /* of what stands behind a word */
#define COMMAND_TEXT_MAX   200                    /* characters, likewise */

/* A command as it was given. Slices live in the arena it was read into. */
struct order_command {
    enum order_command_kind kind; /* what is to be done */
    struct str uri;               /* of the thread it was said in */
    struct str order_id;          /* which order */
    struct str shop_id;           /* who makes that */
    bool numbered;                /* number was said */
    int64_t number;               /* 1 or more: minutes, or major units of money */
    struct str text;              /* why, in somebody's words; at == NULL: none */
    struct str actor;             /* "account:<id>", who said it */
    struct id id;                 /* of the event: one command, however often it is told */
    int64_t seq;                  /* its place in the order of events */
    int64_t at_us;                /* UTC */
};

/* Tell it (chat.command): id and seq are the journal's to give. */
void order_command_tell(struct db *tx, struct arena *arena, const struct order_command *c);

/* Read one from its event. False when it is another service's; one that is not understood is
 * logged, and nobody's. */
MUST_USE bool order_command_read(const struct event *e, const char *service, struct arena *arena,
                                 struct order_command *c_r);

/* A service's reaction to chat.command: obey() does what is its to do and returns PROBLEM_NONE, or
 * what a route would have said; then it is refused by the event `refused`, such as
 * order.command_refused. */
void order_command_obey(struct db *tx, const struct event *e, const char *service,
                        const char *refused,
                        enum problem (*obey)(struct db *tx, struct arena *arena,
                                             const struct order_command *c));

/* Did whoever said it work in this shop in one of these roles (role bits), when he said it? */
MUST_USE bool order_command_by(struct db *db, struct arena *arena, const struct order_command *c,
                               struct str shop_id, unsigned roles);

#endif
