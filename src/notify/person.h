/* person.h - a person's device: what it is told first, and what it may say. */
#ifndef PESAN_NOTIFY_PERSON_H
#define PESAN_NOTIFY_PERSON_H

#include "app/service.h"

/* CONNECTED: where it stands, what is unread, which orders ring. */
void person_snapshot(struct request *rq, struct db *db, int64_t head);

#define PERSON_COMMANDS 5

extern const struct socket_command person_commands[PERSON_COMMANDS];

#endif
