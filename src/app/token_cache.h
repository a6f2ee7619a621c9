/* token_cache.h - tokens that were verified a moment ago, so that a busy client's signature is not
 * computed and its claims not parsed for each request. One per loop, no locks.
 *
 * Keyed by the token's own bytes: whoever presents them has presented the signature too. Who he is
 * now (people.h) is looked up again only when somebody's powers changed since. */
#ifndef PESAN_APP_TOKEN_CACHE_H
#define PESAN_APP_TOKEN_CACHE_H

#include "app/people.h"
#include "base/list.h"
#include "base/map.h"

#define TOKEN_CACHE_MAX 4096 /* tokens kept; the one not used for longest gives way */

struct token_cache {
    struct map by_token;         /* struct cached_token by its bytes */
    struct list by_use;          /* the same, used last at the end */
    const struct token_key *key; /* what verifies */
    const struct people *people; /* who they are now */
};

void token_cache_init(struct token_cache *cache, const struct token_key *key,
                      const struct people *people);
void token_cache_fini(struct token_cache *cache);

/* As token_verify() and then people_resolve(). */
MUST_USE bool token_cache_verify(struct token_cache *cache, struct str token, int64_t now_us,
                                 struct arena *arena, struct caller *caller_r);

#endif
