/* token_cache.c - tokens that were verified a moment ago, the least recently used leaving first. */
#include "app/token_cache.h"

#include "app/caller.h"

struct cached_token {
    struct list node;     /* place in by_use */
    struct str token;     /* its bytes, the key; behind the texts */
    struct caller caller; /* what it says */
    size_t text_len;      /* bytes of the caller's texts */
    char text[];          /* the caller's texts, then the token */
};

void token_cache_init(struct token_cache *cache, const struct token_key *key)
{
    *cache = (struct token_cache){.key = key};
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

static void keep(struct token_cache *cache, struct str token, const struct caller *c)
{
    if (cache->by_token.count >= TOKEN_CACHE_MAX)
        forget(cache, LIST_ITEM(cache->by_use.next, struct cached_token, node));
    size_t text_len = caller_bytes(c);
    struct cached_token *entry = mem_alloc(sizeof *entry + text_len + token.len);
    entry->caller = caller_copy(c, entry->text);
    entry->text_len = text_len;
    memcpy(entry->text + text_len, token.at, token.len);
    entry->token = (struct str){entry->text + text_len, token.len};
    list_add_before(&cache->by_use, &entry->node);
    map_put(&cache->by_token, entry->token, entry);
}

bool token_cache_verify(struct token_cache *cache, struct str token, int64_t now_us,
                        struct arena *arena, struct caller *caller_r)
{
    struct cached_token *entry = token.len > 0 ? map_get(&cache->by_token, token) : NULL;
    if (!entry) {
        if (!token_verify(cache->key, token, now_us, arena, caller_r))
            return false;
        keep(cache, token, caller_r);
        return true;
    }
    if (entry->caller.expires_us <= now_us) {
        forget(cache, entry);
        return false;
    }
    list_del(&entry->node);
    list_add_before(&cache->by_use, &entry->node);
    /* Copied: the entry may leave while the request is still at work on another thread. */
    *caller_r = caller_copy(&entry->caller, arena_alloc(arena, entry->text_len));
    return true;
}
