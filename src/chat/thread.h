/* thread.h - the thread of an order: the room of its customer, the crew of its shop and whoever
 * holds its link. Its rows are made at its first use; what becomes of the order is said in it, and
 * some time after the order's end it is closed for writing. */
#ifndef PESAN_CHAT_THREAD_H
#define PESAN_CHAT_THREAD_H

#include "chat/facts.h"
#include "chat/room.h"
#include "journal/cursor.h"

/* A thread's own row, beside its room's. */
struct thread {
    struct str uri;         /* of its room */
    int64_t told_seq;       /* up to here in the journal it says what became of the order */
    int64_t quiet_seq;      /* of the room: up to here nobody but the system has spoken */
    int64_t closes_us;      /* when it is closed for writing; 0: the order is not over */
    enum language language; /* it speaks to people, when nobody in particular reads */
};

#define THREAD_TABLES                                                                              \
    "CREATE TABLE chat_threads ("                                                                  \
    " order_id {key} PRIMARY KEY,"                                                                 \
    " room {key} NOT NULL,"                                                                        \
    " told_seq {int} NOT NULL,"                                                                    \
    " quiet_seq {int} NOT NULL,"                                                                   \
    " closes_at {int} NOT NULL,"                                                                   \
    " language {key} NOT NULL"                                                                     \
    ") {table_clustered};"                                                                         \
    "CREATE TABLE chat_commands ("                                                                 \
    " room {key} NOT NULL,"                                                                        \
    " author {key} NOT NULL,"                                                                      \
    " client_id {key} NOT NULL,"                                                                   \
    " PRIMARY KEY (room, author, client_id)"                                                       \
    ") {table_clustered};"

/* How long after its order's end a thread may be written in; for the reactions and deadlines, which
 * know no configuration. */
void thread_open_for(int64_t us);

/* Read one; false while the order has none. */
MUST_USE bool thread_find(struct db *db, struct str order_id, struct arena *arena,
                          struct thread *thread_r);

/* Make the thread of an order that has none, under a uri made before: its room, and in it what has
 * become of the order so far. False, and nothing is written, when its time is over. */
MUST_USE bool thread_make(struct db *tx, struct arena *arena, const struct facts *f,
                          const char *uri, int64_t now_us, struct thread *thread_r);

/* What somebody without a place of his own has not to read: what the system alone has said. */
void thread_place(const struct thread *t, struct room_place *place);

/* The reaction to all that move_say() has words for. */
void thread_on_move(struct db *tx, const struct event *e);

/* Its time is over (deadline.h): `key` is the room's uri. */
void thread_due(struct db *tx, struct str key, int64_t now_us);

#endif
