/* token.c - signs and verifies tokens; the only file that meets libjwt.
 *
 * A token is verified in two steps. First by us, without reading it as JSON more than needed: three
 * parts, a header that says HS256, and our own signature compared in constant time (libjwt 1.10
 * compares with strcmp). Only what we signed ourselves is then given to libjwt for its claims, so
 * no parser ever sees what a stranger wrote in the claims. */
#include "app/token.h"

#include <errno.h>
#include <fcntl.h>
#include <jwt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/json.h"
#include "base/random.h"

#define SECRET_MIN 16
#define SECRET_MAX 1024
#define MADE_LEN   32
#define TOKEN_MAX  4096

#define ID_BYTES     16 /* of a UUID */
#define LINK_MAC_LEN 16 /* of the signature of a link */
#define LINK_LEN     43 /* of both in base64url */

struct token_key {
    size_t len;          /* bytes of the secret */
    char at[SECRET_MAX]; /* the secret */
};

static const char *const role_words[ROLE_COUNT] = {
    [ROLE_NONE] = "none",
#define ROLE(name, word) [ROLE_##name] = word,
#include "app/tbl/roles.h"
#undef ROLE
};

const char *role_word(enum role r)
{
    CHECK(r < ROLE_COUNT);
    return role_words[r];
}

bool role_parse(struct str word, enum role *role_r)
{
    for (size_t i = ROLE_NONE + 1; i < ROLE_COUNT; i++) {
        if (str_is(word, role_words[i])) {
            *role_r = (enum role)i;
            return true;
        }
    }
    return false;
}

static struct token_key *key_of(struct str secret)
{
    struct token_key *key = mem_alloc(sizeof *key);
    key->len = secret.len;
    memcpy(key->at, secret.at, secret.len);
    return key;
}

/* Write a fresh key to `path`; it appears there whole or not at all. */
static bool make_file(const char *path, const char **why_r)
{
    char temporary[PATH_MAX];
    uint8_t secret[MADE_LEN];
    struct buf text = {0};
    if (snprintf(temporary, sizeof temporary, "%s.new", path) >= (int)sizeof temporary) {
        *why_r = "token.key: the path of the data folder is too long";
        return false;
    }
    random_bytes(secret, sizeof secret);
    digest_base64(&text, secret, sizeof secret);
    buf_add_char(&text, '\n');
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool ok = fd >= 0 && fchmod(fd, 0600) == 0 &&
              write(fd, text.at, text.len) == (ssize_t)text.len && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    ok = ok && rename(temporary, path) == 0;
    explicit_bzero(secret, sizeof secret);
    explicit_bzero(text.at, text.len);
    buf_fini(&text);
    if (!ok)
        *why_r = "token.key cannot be written to the data folder";
    return ok;
}

static struct token_key *read_file(int fd, const char **why_r)
{
    char text[SECRET_MAX];
    struct buf secret = {0};
    struct token_key *key = NULL;
    ssize_t got = read(fd, text, sizeof text);
    struct str line = {text, got > 0 ? (size_t)got : 0};
    while (line.len > 0 && (line.at[line.len - 1] == '\n' || line.at[line.len - 1] == '\r'))
        line.len--;
    if (!digest_base64_decode(&secret, line) || secret.len < SECRET_MIN)
        *why_r = "token.key in the data folder is damaged: it must be at least 16 bytes in base64";
    else
        key = key_of(buf_str(&secret));
    explicit_bzero(text, sizeof text);
    if (secret.at)
        explicit_bzero(secret.at, secret.len);
    buf_fini(&secret);
    return key;
}

static struct token_key *key_from_folder(const char *folder, bool make, const char **why_r)
{
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/token.key", folder) >= (int)sizeof path) {
        *why_r = "token.key: the path of the data folder is too long";
        return NULL;
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT && make) {
        if (!make_file(path, why_r))
            return NULL;
        fd = open(path, O_RDONLY | O_CLOEXEC);
    }
    if (fd < 0) {
        *why_r = errno == ENOENT ? "there is no token.key in the data folder"
                                 : "token.key in the data folder cannot be read";
        return NULL;
    }
    struct token_key *key = read_file(fd, why_r);
    close(fd);
    return key;
}

struct token_key *token_key_open(struct str secret, const char *folder, bool make,
                                 const char **why_r)
{
    if (secret.len == 0)
        return key_from_folder(folder, make, why_r);
    if (secret.len < SECRET_MIN || secret.len > SECRET_MAX) {
        *why_r = "access-token-key must have 16 to 1024 bytes";
        return NULL;
    }
    return key_of(secret);
}

void token_key_free(struct token_key **key)
{
    if (!*key)
        return;
    explicit_bzero(*key, sizeof **key);
    mem_free(*key);
    *key = NULL;
}

static void grant(jwt_t *jwt, const char *name, struct str value)
{
    if (value.len == 0)
        return;
    char *text = mem_alloc(value.len + 1);
    memcpy(text, value.at, value.len);
    CHECK(jwt_add_grant(jwt, name, text) == 0);
    mem_free(text);
}

static void grant_int(jwt_t *jwt, const char *name, int64_t value)
{
    CHECK(jwt_add_grant_int(jwt, name, value) == 0);
}

void token_issue(const struct token_key *key, const struct caller *c, struct buf *out)
{
    jwt_t *jwt;
    CHECK(jwt_new(&jwt) == 0);
    grant(jwt, "sub", c->id);
    grant(jwt, "username", c->username);
    grant(jwt, "role", str_of(role_word(c->role)));
    grant(jwt, "shop", c->shop);
    grant(jwt, "sid", c->session);
    grant(jwt, "lang", c->language);
    if (c->role == ROLE_OWNER)
        grant(jwt, "owner_id", c->id);
    if (c->role == ROLE_CUSTOMER)
        grant(jwt, "client_id", c->id);
    int64_t issued_us = c->issued_us > 0 ? c->issued_us : clock_utc_us();
    grant_int(jwt, "iat", issued_us / US_PER_S);
    grant_int(jwt, "exp", c->expires_us / US_PER_S);
    if (c->until_us > 0) {
        grant_int(jwt, "til", c->until_us / US_PER_S);
        grant_int(jwt, "trn", c->turn);
    }
    CHECK(jwt_set_alg(jwt, JWT_ALG_HS256, (const unsigned char *)key->at, (int)key->len) == 0);
    char *text = jwt_encode_str(jwt);
    CHECK(text != NULL);
    buf_add_cstr(out, text);
    free(text); /* libjwt's malloc */
    jwt_free(jwt);
}

/* Decode base64url without padding (RFC 7515 2), appended to out. */
static bool base64url_decode(struct buf *out, struct str in)
{
    struct buf standard = {0};
    for (size_t i = 0; i < in.len; i++) {
        char c = in.at[i];
        if (c == '+' || c == '/' || c == '=') {
            buf_fini(&standard);
            return false;
        }
        buf_add_char(&standard, c == '-' ? '+' : c == '_' ? '/' : c);
    }
    while (standard.len % 4 != 0)
        buf_add_char(&standard, '=');
    bool ok = digest_base64_decode(out, buf_str(&standard));
    buf_fini(&standard);
    return ok;
}

/* The header must say HS256 and nothing that asks for more understanding (RFC 7515 4.1.11). */
static bool header_is_hs256(struct str header)
{
    struct buf text = {0};
    const char *why;
    json_t *json = base64url_decode(&text, header) ? json_read(buf_str(&text), &why) : NULL;
    bool ok = json_is_object(json) && str_eq(json_text(json, "alg"), STR("HS256")) &&
              !json_object_get(json, "crit");
    json_decref(json);
    buf_fini(&text);
    return ok;
}

static bool signature_is_ours(const struct token_key *key, struct str content, struct str signature)
{
    uint8_t mac[SHA256_LEN];
    struct buf text = {0};
    digest_hmac_sha256((struct str){key->at, key->len}, content, mac);
    digest_base64url(&text, mac, sizeof mac);
    bool ok = digest_equal(buf_str(&text), signature);
    buf_fini(&text);
    return ok;
}

/* Three parts, pinned algorithm, our signature. */
static bool signed_by_us(const struct token_key *key, struct str token)
{
    struct str rest = token;
    struct str header = str_cut(&rest, '.');
    struct str claims = str_cut(&rest, '.');
    if (!rest.at || memchr(rest.at, '.', rest.len) || claims.len == 0)
        return false;
    struct str content = {token.at, header.len + 1 + claims.len};
    return signature_is_ours(key, content, rest) && header_is_hs256(header);
}

static struct str claim(jwt_t *jwt, struct arena *arena, const char *name)
{
    const char *value = jwt_get_grant(jwt, name);
    if (!value)
        return (struct str){0};
    struct str text = str_of(value);
    return (struct str){arena_strdup(arena, text), text.len};
}

/* A time claim in microseconds; false when absent, no integer, or beyond what time can be. */
static bool claim_time(jwt_t *jwt, const char *name, int64_t *us_r)
{
    errno = 0;
    long seconds = jwt_get_grant_int(jwt, name);
    if (errno != 0 || seconds <= 0 || seconds > INT64_MAX / US_PER_S)
        return false;
    *us_r = seconds * US_PER_S;
    return true;
}

/* What is said about time: false when it does not hold now, nor, if `renewable`, until the end of
 * the session. A claim that is absent stays 0. */
static bool read_times(jwt_t *jwt, int64_t now_us, bool renewable, struct caller *c)
{
    int64_t not_before;
    if (!claim_time(jwt, "exp", &c->expires_us))
        return false;
    if (claim_time(jwt, "nbf", &not_before) && not_before > now_us)
        return false;
    (void)claim_time(jwt, "iat", &c->issued_us);
    errno = 0;
    long turn = jwt_get_grant_int(jwt, "trn");
    if (claim_time(jwt, "til", &c->until_us) && errno == 0 && turn > 0)
        c->turn = turn;
    return now_us < c->expires_us || (renewable && now_us < c->until_us);
}

static bool read_claims(jwt_t *jwt, struct arena *arena, struct caller *caller_r)
{
    struct caller c = *caller_r;
    struct str role = claim(jwt, arena, "role");
    if (jwt_get_alg(jwt) != JWT_ALG_HS256 || !role_parse(role, &c.role))
        return false;
    if (c.role == ROLE_SERVICE) /* by its own key alone */
        return false;
    c.id = claim(jwt, arena, "sub");
    c.username = claim(jwt, arena, "username");
    c.shop = claim(jwt, arena, "shop");
    c.session = claim(jwt, arena, "sid");
    c.language = claim(jwt, arena, "lang");
    if (c.id.len == 0)
        return false;
    *caller_r = c;
    return true;
}

static bool verify(const struct token_key *key, struct str token, int64_t now_us, bool renewable,
                   struct arena *arena, struct caller *caller_r)
{
    jwt_t *jwt;
    struct caller c = {0};
    if (token.len == 0 || token.len > TOKEN_MAX || memchr(token.at, '\0', token.len))
        return false;
    if (!signed_by_us(key, token))
        return false;
    const char *text = arena_strdup(arena, token);
    if (jwt_decode(&jwt, text, (const unsigned char *)key->at, (int)key->len) != 0)
        return false;
    bool ok = read_times(jwt, now_us, renewable, &c) && read_claims(jwt, arena, &c);
    jwt_free(jwt);
    if (ok)
        *caller_r = c;
    return ok;
}

bool token_verify(const struct token_key *key, struct str token, int64_t now_us,
                  struct arena *arena, struct caller *caller_r)
{
    return verify(key, token, now_us, false, arena, caller_r);
}

bool token_verify_renewable(const struct token_key *key, struct str token, int64_t now_us,
                            struct arena *arena, struct caller *caller_r)
{
    return verify(key, token, now_us, true, arena, caller_r);
}

/* ---- Signatures and links ---- */

/* What is signed has a NUL in it, as nothing that a token says: neither passes for the other. */
void token_mac(const struct token_key *key, const char *purpose, struct str content,
               uint8_t mac_r[SHA256_LEN])
{
    struct buf text = {0};
    buf_add_cstr(&text, purpose);
    buf_add_char(&text, '\0');
    buf_add_str(&text, content);
    digest_hmac_sha256((struct str){key->at, key->len}, buf_str(&text), mac_r);
    buf_fini(&text);
}

/* The link of an id: its 16 bytes and 16 bytes of a signature, as base64url. */
static void make_link(const struct token_key *key, const char *purpose, const uint8_t id[ID_BYTES],
                      struct buf *out)
{
    uint8_t mac[SHA256_LEN];
    uint8_t link[ID_BYTES + LINK_MAC_LEN];
    struct buf content = {0};
    buf_add_cstr(&content, purpose);
    buf_add_char(&content, '\0');
    buf_add(&content, id, ID_BYTES);
    token_mac(key, "link", buf_str(&content), mac);
    memcpy(link, id, ID_BYTES);
    memcpy(link + ID_BYTES, mac, LINK_MAC_LEN);
    digest_base64url(out, link, sizeof link);
    buf_fini(&content);
}

static uint8_t hex_digit(char c)
{
    return (uint8_t)(c <= '9' ? c - '0' : c - 'a' + 10);
}

struct str link_make(const struct token_key *key, const char *purpose, struct str id,
                     struct arena *arena)
{
    struct id canonical;
    uint8_t bytes[ID_BYTES];
    struct buf link = buf_in(arena);
    CHECK(id_parse(id, &canonical));
    const char *at = canonical.text;
    for (size_t i = 0; i < ID_BYTES; i++) {
        at += *at == '-';
        bytes[i] = (uint8_t)(hex_digit(at[0]) << 4 | hex_digit(at[1]));
        at += 2;
    }
    make_link(key, purpose, bytes, &link);
    return buf_str(&link);
}

/* The canonical text of 16 bytes. */
static void id_of_bytes(const char *bytes, struct id *id_r)
{
    char hex[2 * ID_BYTES + 1];
    digest_hex(bytes, ID_BYTES, hex);
    snprintf(id_r->text, sizeof id_r->text, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12,
             hex + 16, hex + 20);
}

bool link_read(const struct token_key *key, const char *purpose, struct str link, struct id *id_r)
{
    struct buf bytes = {0};
    struct buf ours = {0};
    bool ok = link.len == LINK_LEN && base64url_decode(&bytes, link) &&
              bytes.len == ID_BYTES + LINK_MAC_LEN;
    if (ok) {
        make_link(key, purpose, (const uint8_t *)bytes.at, &ours);
        ok = digest_equal(buf_str(&ours), link);
    }
    if (ok)
        id_of_bytes(bytes.at, id_r);
    buf_fini(&bytes);
    buf_fini(&ours);
    return ok;
}
