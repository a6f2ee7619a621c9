/* handlers.h - what the routes of chat do; each pattern stands in routes.c. */
#ifndef PESAN_CHAT_HANDLERS_H
#define PESAN_CHAT_HANDLERS_H

#include "app/service.h"
#include "chat/door.h"
#include "chat/member.h"
#include "chat/message.h"

/* ---- rooms.c: rooms ---- */
bool rooms_create_parse(struct request *rq);
void rooms_create_seed(struct request *rq, struct db *tx);
void rooms_create(struct request *rq, struct db *tx);
bool rooms_page_parse(struct request *rq);
void rooms_list(struct request *rq, struct db *db);
void rooms_unread(struct request *rq, struct db *db);
void rooms_get(struct request *rq, struct db *db);
bool rooms_change_parse(struct request *rq);
void rooms_change(struct request *rq, struct db *tx);
bool rooms_mute_parse(struct request *rq);
void rooms_mute(struct request *rq, struct db *tx);

/* A room as its members are shown it, read anew. */
void rooms_answer(struct request *rq, struct db *db, int status, const struct asked *a);

/* ---- people.c: who is in them ---- */
bool people_join_parse(struct request *rq);
void people_join(struct request *rq, struct db *tx);
bool people_rank_parse(struct request *rq);
void people_rank(struct request *rq, struct db *tx);
void people_remove(struct request *rq, struct db *tx);

/* Let somebody in by what was checked before: he is not in, and there is a place. False after
 * refuse(). */
MUST_USE bool people_let_in(struct request *rq, struct db *tx, struct room *room,
                            const struct room_person *who, enum room_role role,
                            const struct room_person *by);

/* An order's thread has its people by right: they are neither added nor sent away. False after
 * refuse(). */
MUST_USE bool people_may_change(struct request *rq, const struct room *room);

/* ---- said.c: messages and marks ---- */
bool said_list_parse(struct request *rq);
void said_list(struct request *rq, struct db *db);
bool said_post_parse(struct request *rq);
void said_post(struct request *rq, struct db *tx);
bool said_edit_parse(struct request *rq);
void said_edit(struct request *rq, struct db *tx);
bool said_seq_parse(struct request *rq);
void said_delete(struct request *rq, struct db *tx);
void said_history(struct request *rq, struct db *db);
bool said_mark_parse(struct request *rq);
void said_read(struct request *rq, struct db *tx);
void said_delivered(struct request *rq, struct db *tx);

/* ---- invites.c: invitations ---- */
bool invites_make_parse(struct request *rq);
void invites_make(struct request *rq, struct db *tx);
void invites_list(struct request *rq, struct db *db);
void invites_drop(struct request *rq, struct db *tx);
void invites_look(struct request *rq, struct db *db);
void invites_take(struct request *rq, struct db *tx);
void invites_qr(struct request *rq, struct db *db);

#endif
