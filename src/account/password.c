/* password.c - the hashes of passwords; with base/random.c the only file that meets libsodium. */
#include "account/password.h"

#include <sodium.h>

#define OPERATIONS crypto_pwhash_OPSLIMIT_INTERACTIVE
#define MEMORY     crypto_pwhash_MEMLIMIT_INTERACTIVE

/* What is verified against when there is no hash, so that the answer takes its time all the same: a
 * hash with today's settings of no password that anybody knows. */
static const char nobodys[crypto_pwhash_STRBYTES] =
    "$argon2id$v=19$m=65536,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

struct str password_hash(struct arena *arena, struct str password)
{
    char hash[crypto_pwhash_STRBYTES];
    CHECK(sodium_init() >= 0);
    if (crypto_pwhash_str(hash, password.at, password.len, OPERATIONS, MEMORY) != 0)
        return (struct str){0};
    return arena_str(arena, str_of(hash));
}

/* The text as libsodium wants it, with a NUL behind it; false when it cannot be one of its. */
static bool as_text(struct str hash, char out[crypto_pwhash_STRBYTES])
{
    if (hash.len == 0 || hash.len >= crypto_pwhash_STRBYTES)
        return false;
    memset(out, 0, crypto_pwhash_STRBYTES);
    memcpy(out, hash.at, hash.len);
    return true;
}

bool password_matches(struct str hash, struct str password)
{
    char text[crypto_pwhash_STRBYTES];
    CHECK(sodium_init() >= 0);
    bool somebodys = as_text(hash, text);
    const char *against = somebodys ? text : nobodys;
    bool same =
        crypto_pwhash_str_verify(against, password.at ? password.at : "", password.len) == 0;
    return same && somebodys;
}

bool password_outdated(struct str hash)
{
    char text[crypto_pwhash_STRBYTES];
    return !as_text(hash, text) || crypto_pwhash_str_needs_rehash(text, OPERATIONS, MEMORY) != 0;
}
