/* message.h - what was said: read back, changed by whoever said it, taken back. */
#ifndef PESAN_CHAT_MESSAGE_H
#define PESAN_CHAT_MESSAGE_H

#include "chat/room.h"

struct message {
    int64_t seq;           /* the room's */
    int64_t at_us;         /* UTC */
    struct room_person by; /* by.id.at == NULL: the system */
    struct str text;       /* empty once it was taken back */
    struct str client_id;  /* at == NULL: none */
    int64_t reply_to;      /* 0: to none */
    struct str system;     /* of the system's: what happened */
    int64_t edits;         /* how often it was changed */
    int64_t edited_us;     /* the last time; 0: never */
    int64_t deleted_us;    /* 0: it stands */
};

/* Of chat_messages as g. */
#define MESSAGE_COLUMNS                                                                            \
    "g.seq, g.at, g.author, g.username, g.message, g.client_id, g.reply_to, g.system, g.edits,"    \
    " g.edited_at, g.deleted_at"

/* From the row's columns from `column`, with slices of the row. */
struct message message_read(struct db_rows *rows, int column);

/* One, with copies in the arena. */
MUST_USE bool message_find(struct db *db, struct str uri, int64_t seq, struct arena *arena,
                           struct message *m_r);

/* Visit those with after < seq < before, oldest first: the first `limit` of them, or the last. What
 * visit() is given lives until it returns. */
struct message_page {
    int64_t after;
    int64_t before;
    int64_t limit;
    bool last;
};
void message_list(struct db *db, struct str uri, const struct message_page *page,
                  void (*visit)(void *arg, const struct message *m), void *arg);

/* As people read it: {seq,user,message,kind,at,...}. */
void message_write(struct jout *j, const struct message *m, const struct room *room);

/* Its members alone, for an object that has begun. */
void message_write_members(struct jout *j, const struct message *m, const struct room *room);

/* Another text; or none (text.at == NULL): it is taken back. What it was is kept for the room's
 * owner. Updates *m, tells chat.edited or chat.deleted. */
void message_change(struct db *tx, struct arena *arena, const struct room *room, struct message *m,
                    struct str text, const struct room_person *by, int64_t at_us);

/* Visit what it was before, oldest first: the text, when and by whom it was changed. */
void message_history(struct db *db, struct str uri, int64_t seq,
                     void (*visit)(void *arg, struct str text, int64_t at_us, struct str actor),
                     void *arg);

#endif
