/* digest.c - hashes (libcrypto, met here alone) and encodings of bytes as text.
 *
 * Algorithms are fetched once: OpenSSL 3 otherwise looks them up by name on every call, which costs
 * more than hashing a short message. */
#include "base/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <pthread.h>

#define SHA256_BLOCK 64 /* bytes that SHA-256 takes at once */

static EVP_MD *sha1;
static EVP_MD *sha256;
static EVP_MD *sha512;
static pthread_once_t fetched = PTHREAD_ONCE_INIT;

static void fetch_all(void)
{
    sha1 = EVP_MD_fetch(NULL, "SHA1", NULL);
    sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    sha512 = EVP_MD_fetch(NULL, "SHA512", NULL);
    CHECK(sha1 && sha256 && sha512);
}

static void hash(struct str in, EVP_MD **algorithm, uint8_t *out)
{
    pthread_once(&fetched, fetch_all);
    CHECK(EVP_Digest(in.at, in.len, out, NULL, *algorithm, NULL) == 1);
}

void digest_sha1(struct str in, uint8_t out[SHA1_LEN])
{
    hash(in, &sha1, out);
}

void digest_sha256(struct str in, uint8_t out[SHA256_LEN])
{
    hash(in, &sha256, out);
}

void digest_sha512(struct str in, uint8_t out[SHA512_LEN])
{
    hash(in, &sha512, out);
}

/* One of HMAC's two hashes: of the key, each byte changed by `pad`, and what follows. */
static void hash_keyed(EVP_MD_CTX *ctx, const uint8_t key[SHA256_BLOCK], uint8_t pad, struct str in,
                       uint8_t out[SHA256_LEN])
{
    uint8_t changed[SHA256_BLOCK];
    for (size_t i = 0; i < SHA256_BLOCK; i++)
        changed[i] = key[i] ^ pad;
    CHECK(EVP_DigestInit_ex(ctx, sha256, NULL) == 1);
    CHECK(EVP_DigestUpdate(ctx, changed, sizeof changed) == 1);
    CHECK(EVP_DigestUpdate(ctx, in.at, in.len) == 1 && EVP_DigestFinal_ex(ctx, out, NULL) == 1);
}

/* RFC 2104 over libcrypto's hash: its own HMAC looks the hash up by name for every call and takes
 * three times as long. Links of orders are made one for each order of a list. */
void digest_hmac_sha256(struct str key, struct str in, uint8_t out[SHA256_LEN])
{
    uint8_t block[SHA256_BLOCK] = {0};
    uint8_t inner[SHA256_LEN];
    pthread_once(&fetched, fetch_all);
    if (key.len > sizeof block)
        digest_sha256(key, block);
    else if (key.len > 0)
        memcpy(block, key.at, key.len);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    CHECK(ctx != NULL);
    hash_keyed(ctx, block, 0x36, in, inner);
    hash_keyed(ctx, block, 0x5c, (struct str){(const char *)inner, sizeof inner}, out);
    EVP_MD_CTX_free(ctx);
    OPENSSL_cleanse(block, sizeof block);
}

void digest_hex(const void *in, size_t len, char *out)
{
    static const char hex[] = "0123456789abcdef";
    const uint8_t *bytes = in;
    for (size_t i = 0; i < len; i++) {
        *out++ = hex[bytes[i] >> 4];
        *out++ = hex[bytes[i] & 15];
    }
    *out = '\0';
}

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
static const char standard[] = LETTERS "+/";
static const char url_safe[] = LETTERS "-_";

/* Up to three bytes as the letters they need; returns their number. */
static size_t encode_group(const char *alphabet, const uint8_t *in, size_t len, char out[4])
{
    uint32_t bits = (uint32_t)in[0] << 16;
    if (len > 1)
        bits |= (uint32_t)in[1] << 8;
    if (len > 2)
        bits |= in[2];
    for (int i = 0; i < 4; i++)
        out[i] = alphabet[bits >> (18 - 6 * i) & 63];
    return len >= 3 ? 4 : len + 1;
}

static void encode(struct buf *out, const char *alphabet, const uint8_t *in, size_t len, bool pad)
{
    CHECK(len < SIZE_MAX / 8);
    char *at = buf_reserve(out, (len + 2) / 3 * 4);
    char *end = at;
    for (size_t i = 0; i < len; i += 3) {
        char group[4];
        size_t letters = encode_group(alphabet, in + i, len - i, group);
        memcpy(end, group, letters);
        end += letters;
    }
    while (pad && (end - at) % 4 != 0)
        *end++ = '=';
    out->len += (size_t)(end - at);
}

void digest_base64(struct buf *out, const void *in, size_t len)
{
    encode(out, standard, in, len, true);
}

void digest_base64url(struct buf *out, const void *in, size_t len)
{
    encode(out, url_safe, in, len, false);
}

/* The six bits of a letter, or -1. */
static int letter_bits(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+')
        return 62;
    return c == '/' ? 63 : -1;
}

/* `letters` (2 to 4) of a group into letters - 1 bytes; bits left over must be 0 (RFC 4648 3.5). */
static bool decode_group(const char *in, size_t letters, char *out)
{
    uint32_t bits = 0;
    for (size_t i = 0; i < 4; i++) {
        int six = i < letters ? letter_bits(in[i]) : 0;
        if (six < 0)
            return false;
        bits = bits << 6 | (uint32_t)six;
    }
    for (size_t i = 0; i + 1 < letters; i++)
        out[i] = (char)(bits >> (16 - 8 * i));
    return letters == 4 || (bits & (letters == 3 ? 0xffu : 0xffffu)) == 0;
}

bool digest_base64_decode(struct buf *out, struct str in)
{
    if (in.len % 4 != 0)
        return false;
    size_t pad = 0;
    while (pad < 2 && pad < in.len && in.at[in.len - 1 - pad] == '=')
        pad++;
    char *at = buf_reserve(out, in.len / 4 * 3);
    for (size_t i = 0; i < in.len; i += 4) {
        size_t letters = i + 4 == in.len ? 4 - pad : 4;
        if (!decode_group(in.at + i, letters, at + i / 4 * 3))
            return false;
    }
    out->len += in.len / 4 * 3 - pad;
    return true;
}

bool digest_equal(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || CRYPTO_memcmp(a.at, b.at, a.len) == 0);
}
