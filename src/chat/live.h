/* live.h - rooms live: the room's own socket, its channel, its events in words, and what a person's
 * devices may say. */
#ifndef PESAN_CHAT_LIVE_H
#define PESAN_CHAT_LIVE_H

#include "app/service.h"

/* The sockets /{uri} and /ws/chats/{uri}: {user,message,seq,at,cursor} for each message. */
bool room_socket_admit(struct request *rq, struct socket_admission *a);
void room_socket_snapshot(struct request *rq, struct db *db, int64_t head);
bool room_socket_render(const struct event *e, struct buf *out);

/* May the caller hear chat:<uri>? */
bool chat_guard(struct request *rq, struct db *db, struct str uri);

/* The events of chat on a person's sockets. */
#define CHAT_WORDS 11
extern const struct topic_words chat_words[CHAT_WORDS];

/* TYPING, CHAT_READ, CHAT_DELIVERED. */
#define CHAT_COMMANDS 3
extern const struct socket_command chat_commands[CHAT_COMMANDS];

#endif
