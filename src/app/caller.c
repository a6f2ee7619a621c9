/* caller.c - copies of who asks, for whatever outlives the request that brought the token. */
#include "app/caller.h"

size_t caller_bytes(const struct caller *c)
{
    return c->id.len + c->username.len + c->shop.len + c->session.len;
}

static struct str put(char **at, struct str s)
{
    if (!s.at)
        return s;
    struct str copy = {*at, s.len};
    if (s.len > 0)
        memcpy(*at, s.at, s.len);
    *at += s.len;
    return copy;
}

struct caller caller_copy(const struct caller *c, char *space)
{
    return (struct caller){
        .role = c->role,
        .id = put(&space, c->id),
        .username = put(&space, c->username),
        .shop = put(&space, c->shop),
        .session = put(&space, c->session),
        .expires_us = c->expires_us,
    };
}
