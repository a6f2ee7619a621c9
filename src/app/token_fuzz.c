/* token_fuzz.c - tokens and links as strangers write them, and claims of any kind under our own
 * signature. */
#include "app/token.h"
#include "base/clock.h"
#include "base/digest.h"

#define SECRET "a key of thirty-two bytes, or so"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* header.claims.signature, signed by us. */
static struct str sign(struct arena *arena, struct str header, struct str claims)
{
    struct buf text = buf_in(arena);
    uint8_t mac[SHA256_LEN];
    digest_base64url(&text, header.at, header.len);
    buf_add_char(&text, '.');
    digest_base64url(&text, claims.at, claims.len);
    digest_hmac_sha256(STR(SECRET), buf_str(&text), mac);
    buf_add_char(&text, '.');
    digest_base64url(&text, mac, sizeof mac);
    return buf_str(&text);
}

static void check(const struct token_key *key, struct arena *arena, struct str token)
{
    const int64_t now = INT64_C(1700000000) * US_PER_S;
    struct caller c = {0};
    if (token_verify_renewable(key, token, now, arena, &c))
        CHECK(c.expires_us > now || c.until_us > now);
    if (!token_verify(key, token, now, arena, &c))
        return;
    CHECK(c.role != ROLE_NONE && c.role < ROLE_COUNT);
    CHECK(c.id.len > 0 && c.expires_us > now);
    CHECK(str_utf8_valid(c.id) && str_utf8_valid(c.username) && str_utf8_valid(c.shop));
}

/* Whatever is read as a link is what we would have made. */
static void check_link(const struct token_key *key, struct arena *arena, struct str link)
{
    struct id id;
    if (!link_read(key, "track", link, &id))
        return;
    CHECK(id_valid(id_str(&id)));
    CHECK(str_eq(link_make(key, "track", id_str(&id), arena), link));
}

/* The first 16 bytes as an id. */
static void make_link(const struct token_key *key, struct arena *arena, struct str text)
{
    struct id id;
    char hex[33];
    if (text.len < 16)
        return;
    digest_hex(text.at, 16, hex);
    const char *uuid = arena_printf(arena, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12,
                                    hex + 16, hex + 20);
    struct str link = link_make(key, "track", str_of(uuid), arena);
    CHECK(link_read(key, "track", link, &id) && str_is(id_str(&id), uuid));
    CHECK(!link_read(key, "other", link, &id));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *why;
    struct str text = {(const char *)data, size};
    struct token_key *key = token_key_open(STR(SECRET), "", false, &why);
    struct arena *arena = arena_new(1 << 20);
    check(key, arena, text);
    check_link(key, arena, text);
    make_link(key, arena, text);
    struct str claims = text;
    struct str header = str_cut(&claims, '\n');
    check(key, arena, sign(arena, header, claims));
    check(key, arena, sign(arena, STR("{\"alg\":\"HS256\"}"), text));
    arena_free(&arena);
    token_key_free(&key);
    return 0;
}
