/* rules.h - what names, e-mail addresses and passwords may look like. No I/O. */
#ifndef PESAN_ACCOUNT_RULES_H
#define PESAN_ACCOUNT_RULES_H

#include "base/arena.h"

#define USERNAME_MIN     3   /* bytes */
#define USERNAME_MAX     64  /* bytes */
#define EMAIL_MAX        190 /* bytes: what an index of every engine takes */
#define FULL_NAME_MAX    120 /* characters */
#define PASSWORD_MIN     8   /* characters */
#define PASSWORD_MAX     128 /* characters */
#define RULES_REASON_MAX 96

/* ASCII letters in lower case, in the arena: what is compared to find out whether a name is taken.
 */
struct str rules_folded(struct arena *arena, struct str s);

/* NULL when it may be a username, else why not: 3 to 64 of A-Z a-z 0-9 _ . - and neither a kiosk's
 * id (KIOSK1) nor a UUID, for both stand where usernames stand. */
const char *rules_username(struct str s);

/* A simple check (one @, a domain with a dot, no blanks or control characters), and *email with its
 * domain in lower case, in the arena. False when it is none. */
MUST_USE bool rules_email(struct arena *arena, struct str *email);

/* How people are addressed: 1 to 120 characters without control characters; *name without blanks at
 * its ends. */
MUST_USE bool rules_full_name(struct str *name);

/* NULL when it may be a password, else why not. `username` and `email` are those of its account;
 * at == NULL where there is none. */
const char *rules_password(struct str password, struct str username, struct str email);

/* Text of a stranger for people to read in a list: control characters and what is no UTF-8 become
 * '?', at most `max` characters stay. In the arena; at == NULL when `text` is empty. */
struct str rules_shown(struct arena *arena, struct str text, size_t max);

#endif
