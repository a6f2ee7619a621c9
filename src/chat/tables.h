/* tables.h - the tables of chat: rooms, who is in them, what was said, and invitations. */
#ifndef PESAN_CHAT_TABLES_H
#define PESAN_CHAT_TABLES_H

#include "base/check.h"

#define CHAT_STEPS 3

extern const char *const chat_steps[CHAT_STEPS];

#endif
