/* caller.c - copies of who asks, and what his device is called. */
#include "app/caller.h"

#include "base/id.h"

#define DEVICE_LEN 8 /* of 36; the random end of a UUIDv7 */

size_t caller_bytes(const struct caller *c)
{
    size_t bytes = c->grant_count * sizeof *c->grants;
    for (size_t i = 0; i < c->grant_count; i++)
        bytes += c->grants[i].shop.len;
    return bytes + c->id.len + c->username.len + c->shop.len + c->session.len + c->language.len;
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

struct caller caller_copy(const struct caller *c, void *space)
{
    struct caller copy = *c;
    struct grant *grants = space;
    char *at = (char *)space + c->grant_count * sizeof *grants;
    for (size_t i = 0; i < c->grant_count; i++)
        grants[i] = (struct grant){.shop = put(&at, c->grants[i].shop), .role = c->grants[i].role};
    copy.grants = c->grant_count > 0 ? grants : NULL;
    copy.id = put(&at, c->id);
    copy.username = put(&at, c->username);
    copy.shop = put(&at, c->shop);
    copy.session = put(&at, c->session);
    copy.language = put(&at, c->language);
    return copy;
}

struct str caller_device(struct str id)
{
    if (!id_valid(id))
        return id;
    return (struct str){id.at + id.len - DEVICE_LEN, DEVICE_LEN};
}
