/* token_cache.c - tokens that were verified a moment ago, the least recently used leaving first. */
#include "app/token_cache.h"

#include "app/caller.h"

struct cached_token {
    struct list node;                    /* place in by_use */
    struct str token;                    /* its bytes, the key; behind the caller */
    struct caller caller;                /* who he is, as of `version` */
    uint64_t version;                    /* people_version() when that was found out */
    size_t caller_len;                   /* bytes of the caller's grants and texts */
    _Alignas(struct grant) char bytes[]; /* those, then the token */
};

void token_cache_init(struct token_cache *cache, const struct token_key *key,
                      const struct people *people)
{
    *cache = (struct token_cache){.key = key, .people = people};
    list_init(&cache->by_use);
}

static void forget(struct token_cache *cache, struct cached_token *entry)
{
    map_del(&cache->by_token, entry->token);
    list_del(&entry->node);
    mem_free(entry);
}

void token_cache_fini(struct token_cache *cache)
{
    while (!list_empty(&cache->by_use))
        forget(cache, LIST_ITEM(cache->by_use.next, struct cached_token, node));
    map_fini(&cache->by_token);
}

static void keep(struct token_cache *cache, struct str token, const struct caller *c,
                 uint64_t version)
{
    if (cache->by_token.count >= TOKEN_CACHE_MAX)
        forget(cache, LIST_ITEM(cache->by_use.next, struct cached_token, node));
    size_t caller_len = caller_bytes(c);
    struct cached_token *entry = mem_alloc(sizeof *entry + caller_len + token.len);
    entry->caller = caller_copy(c, entry->bytes);
    entry->version = version;
    entry->caller_len = caller_len;
    memcpy(entry->bytes + caller_len, token.at, token.len);
    entry->token = (struct str){entry->bytes + caller_len, token.len};
    list_add_before(&cache->by_use, &entry->node);
    map_put(&cache->by_token, entry->token, entry);
}

/* Find out who he is now and keep it. The version is read first: what changes meanwhile is looked
 * up again the next time. */
static bool resolve_and_keep(struct token_cache *cache, struct str token, struct arena *arena,
                             struct caller *c)
{
    uint64_t version = people_version(cache->people);
    if (!people_resolve(cache->people, c, arena)) {
        *c = (struct caller){0};
        return false;
    }
    keep(cache, token, c, version);
    return true;
}

bool token_cache_verify(struct token_cache *cache, struct str token, int64_t now_us,
                        struct arena *arena, struct caller *caller_r)
{
    struct cached_token *entry = token.len > 0 ? map_get(&cache->by_token, token) : NULL;
    if (!entry)
        return token_verify(cache->key, token, now_us, arena, caller_r) &&
               resolve_and_keep(cache, token, arena, caller_r);
    if (entry->caller.expires_us <= now_us) {
        forget(cache, entry);
        return false;
    }
    /* Copied: the entry may leave while the request is still at work on another thread. */
    *caller_r = caller_copy(&entry->caller, arena_alloc(arena, entry->caller_len));
    if (entry->version != people_version(cache->people)) {
        forget(cache, entry);
        return resolve_and_keep(cache, token, arena, caller_r);
    }
    list_del(&entry->node);
    list_add_before(&cache->by_use, &entry->node);
    return true;
}
