/* password.h - the hashes of passwords: argon2id (RFC 9106) by libsodium. Each takes 64 MB and
 * about a tenth of a second, given back at once: never on a loop, a reader or the writer, only
 * where slow work is done (service.h, app_workers()). */
#ifndef PESAN_ACCOUNT_PASSWORD_H
#define PESAN_ACCOUNT_PASSWORD_H

#include "base/arena.h"

/* The hash of a password with a salt of its own, as text in the arena; at == NULL when there is no
 * memory for it. */
struct str password_hash(struct arena *arena, struct str password);

/* Is this the password? Takes as long for hash.at == NULL (nobody of that name, or no password
 * set), which never matches. */
MUST_USE bool password_matches(struct str hash, struct str password);

/* Was the hash made with weaker settings than today's? */
bool password_outdated(struct str hash);

#endif
