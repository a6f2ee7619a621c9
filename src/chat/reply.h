/* reply.h - what the shop's people say often, ready to be sent (tbl/replies.h). */
#ifndef PESAN_CHAT_REPLY_H
#define PESAN_CHAT_REPLY_H

#include "app/problem.h"
#include "base/json.h"

/* The text of this id, in a language; false when there is none. */
MUST_USE bool reply_find(struct str id, enum language language, struct str *text_r);

/* All of them as [{id,text}], a member of an object that has begun. */
void reply_write_all(struct jout *j, enum language language);

#endif
