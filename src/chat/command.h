/* command.h - what the crew of a shop says in an order's thread to have it done: "/ready", "/eta
 * 10". Chat reads it and asks by the event chat.command; whoever owns what is asked for does it,
 * which is told as ever, or refuses it by an event. */
#ifndef PESAN_CHAT_COMMAND_H
#define PESAN_CHAT_COMMAND_H

#include "app/request.h"
#include "chat/room.h"

/* Is this text of the caller's a command in this room? A slash and a letter, said by the crew in an
 * order's thread; whatever others say is text. */
bool command_is(const struct room *room, const struct caller *c, struct str text);

/* "/reply soon" is no command, but a message that is ready: puts that in the place of *text, in the
 * language of the order, and leaves any other text as it is. False after refuse(): there is no such
 * reply. */
MUST_USE bool command_reply(struct request *rq, struct db *db, const struct room *room,
                            struct str *text);

/* Take it and answer 202, or refuse it; `client_id` as of a message, at == NULL: none. In the
 * writer's unit; that the room is open was asked before. */
void command_take(struct request *rq, struct db *tx, const struct room *room, struct str text,
                  struct str client_id);

/* An event about commands in words, for the crew: CHAT_COMMAND, or NULL when it is none. As
 * socket_kind.word (service.h). */
struct event;
struct listener;
const char *command_word(const struct event *e, const struct listener *to, struct buf *values);

#endif
