/* digest.c - hashes (libcrypto, met here alone) and encodings of bytes as text.
 *
 * Algorithms are fetched once: OpenSSL 3 otherwise looks them up by name on every call, which costs
 * more than hashing a short message. */
#include "base/digest.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <pthread.h>

static EVP_MD *sha1;
static EVP_MD *sha256;
static EVP_MD *sha512;
static EVP_MAC *hmac;
static pthread_once_t fetched = PTHREAD_ONCE_INIT;

static void fetch_all(void)
{
    sha1 = EVP_MD_fetch(NULL, "SHA1", NULL);
    sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    sha512 = EVP_MD_fetch(NULL, "SHA512", NULL);
    hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    CHECK(sha1 && sha256 && sha512 && hmac);
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

void digest_hmac_sha256(struct str key, struct str in, uint8_t out[SHA256_LEN])
{
    pthread_once(&fetched, fetch_all);
    char name[] = "SHA256";
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
        OSSL_PARAM_construct_end(),
    };
    /* A NULL key would mean "the key of before", so the empty one needs an address. */
    const char *bytes = key.at ? key.at : "";
    EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(hmac);
    size_t len = 0;
    CHECK(ctx && EVP_MAC_init(ctx, (const unsigned char *)bytes, key.len, params) == 1);
    CHECK(EVP_MAC_update(ctx, (const unsigned char *)in.at, in.len) == 1);
    CHECK(EVP_MAC_final(ctx, out, &len, SHA256_LEN) == 1 && len == SHA256_LEN);
    EVP_MAC_CTX_free(ctx);
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
