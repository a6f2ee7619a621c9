/* peer.c - from where a request comes, when it may come through a proxy. */
#include "app/peer.h"

#include <arpa/inet.h>

#include "net/exchange.h"

#define V4_BITS    32
#define V6_BITS    128
#define PLACE_BITS 64 /* of an IPv6 address */

/* IPv4 addresses are held mapped into IPv6 (RFC 4291 2.5.5.2), so that there is one kind. */
static bool read_address(struct str text, struct in6_addr *address_r, uint64_t *bits_r)
{
    char name[INET6_ADDRSTRLEN];
    if (text.len == 0 || text.len >= sizeof name || memchr(text.at, '\0', text.len))
        return false;
    memcpy(name, text.at, text.len);
    name[text.len] = '\0';
    *bits_r = V6_BITS;
    if (inet_pton(AF_INET6, name, address_r) == 1)
        return true;
    *address_r = (struct in6_addr){.s6_addr = {[10] = 0xff, [11] = 0xff}};
    *bits_r = V4_BITS;
    return inet_pton(AF_INET, name, address_r->s6_addr + 12) == 1;
}

/* "ADDRESS" or "ADDRESS/BITS"; *bits_r counts from the front of the 128. */
static bool read_network(struct str text, struct in6_addr *address_r, uint64_t *bits_r)
{
    struct str bits = text;
    struct str address = str_cut(&bits, '/');
    uint64_t width;
    if (!read_address(address, address_r, &width))
        return false;
    *bits_r = width;
    if (bits.at && !str_to_u64(bits, width, bits_r))
        return false;
    *bits_r += V6_BITS - width;
    return true;
}

static bool is_inside(const struct in6_addr *address, const struct in6_addr *network, uint64_t bits)
{
    size_t whole = bits / 8;
    unsigned mask = 0xff00u >> (bits % 8) & 0xffu;
    if (memcmp(address->s6_addr, network->s6_addr, whole) != 0)
        return false;
    return mask == 0 || ((address->s6_addr[whole] ^ network->s6_addr[whole]) & mask) == 0;
}

static bool is_trusted(struct str peer, const char *list)
{
    struct in6_addr address;
    struct in6_addr network;
    uint64_t bits;
    struct str rest = str_of(list);
    bool found = false;
    if (!read_address(peer, &address, &bits))
        return false;
    while (rest.len > 0 && !found)
        found = read_network(str_trim(str_cut(&rest, ',')), &network, &bits) &&
                is_inside(&address, &network, bits);
    return found;
}

bool peer_list_is_valid(const char *list)
{
    struct in6_addr network;
    uint64_t bits;
    struct str rest = str_of(list);
    while (rest.len > 0) {
        if (!read_network(str_trim(str_cut(&rest, ',')), &network, &bits))
            return false;
    }
    return true;
}

/* The same address always as the same text, whoever wrote it how. */
static struct str text_of(const struct in6_addr *address, struct arena *arena)
{
    char *text = arena_alloc(arena, INET6_ADDRSTRLEN);
    bool mapped = IN6_IS_ADDR_V4MAPPED(address);
    CHECK(inet_ntop(mapped ? AF_INET : AF_INET6, address->s6_addr + (mapped ? 12 : 0), text,
                    INET6_ADDRSTRLEN));
    return str_of(text);
}

/* Cut the last word of a comma list off; at == NULL when there is none left. */
static struct str cut_last(struct str *list)
{
    size_t start = list->len;
    if (!list->at)
        return *list;
    while (start > 0 && list->at[start - 1] != ',')
        start--;
    struct str last = {list->at + start, list->len - start};
    *list = start > 0 ? (struct str){list->at, start - 1} : (struct str){0};
    return str_trim(last);
}

/* Walk one header from the right. True when who asks is found, or what stands there is no address:
 * then whoever passed it on is all that is known. */
static bool walk(struct str words, const char *trusted, struct arena *arena, struct str *peer)
{
    struct in6_addr address;
    uint64_t bits;
    for (struct str word = cut_last(&words); word.at; word = cut_last(&words)) {
        if (!read_address(word, &address, &bits))
            return true;
        *peer = text_of(&address, arena);
        if (!is_trusted(*peer, trusted))
            return true;
    }
    return false;
}

struct str peer_of(const struct exchange *x, const char *trusted)
{
    struct str peer = x->peer;
    bool found = !*trusted || !is_trusted(peer, trusted);
    /* Repeated headers are one list (RFC 9110 5.3): the last one is its right end. */
    for (size_t i = x->header_count; i > 0 && !found; i--) {
        const struct http_header *h = &x->headers[i - 1];
        if (str_eq_nocase(h->name, STR("X-Forwarded-For")))
            found = walk(h->value, trusted, x->arena, &peer);
    }
    return peer;
}

struct str peer_place(struct str peer, struct arena *arena)
{
    struct in6_addr address;
    uint64_t bits;
    if (!read_address(peer, &address, &bits) || IN6_IS_ADDR_V4MAPPED(&address))
        return peer;
    memset(address.s6_addr + PLACE_BITS / 8, 0, sizeof address.s6_addr - PLACE_BITS / 8);
    return text_of(&address, arena);
}
