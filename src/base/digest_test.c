/* digest_test.c - hashes and encodings against published vectors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/digest.h"

static void assert_hex(const uint8_t *bytes, size_t len, const char *expected)
{
    char text[2 * SHA512_LEN + 1];
    digest_hex(bytes, len, text);
    assert_string_equal(text, expected);
}

/* FIPS 180-4's example "abc", and the empty message. */
static void hashes(void **state)
{
    (void)state;
    uint8_t out[SHA512_LEN];
    digest_sha1(STR("abc"), out);
    assert_hex(out, SHA1_LEN, "a9993e364706816aba3e25717850c26c9cd0d89d");
    digest_sha1((struct str){NULL, 0}, out);
    assert_hex(out, SHA1_LEN, "da39a3ee5e6b4b0d3255bfef95601890afd80709");
    digest_sha256(STR("abc"), out);
    assert_hex(out, SHA256_LEN, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    digest_sha512(STR("abc"), out);
    assert_hex(out, SHA512_LEN,
               "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
               "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
}

/* RFC 4231 4.3 (test case 2) and 4.7 (a key longer than a block). */
static void signs(void **state)
{
    (void)state;
    uint8_t out[SHA256_LEN];
    char long_key[131];
    digest_hmac_sha256(STR("Jefe"), STR("what do ya want for nothing?"), out);
    assert_hex(out, SHA256_LEN, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    memset(long_key, 0xaa, sizeof long_key);
    digest_hmac_sha256((struct str){long_key, sizeof long_key},
                       STR("Test Using Larger Than Block-Size Key - Hash Key First"), out);
    assert_hex(out, SHA256_LEN, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    digest_hmac_sha256((struct str){NULL, 0}, (struct str){NULL, 0}, out);
    assert_hex(out, SHA256_LEN, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

/* RFC 4648 10. */
static void encodes_base64(void **state)
{
    (void)state;
    const char *pairs[][2] = {{"", ""},
                              {"f", "Zg=="},
                              {"fo", "Zm8="},
                              {"foo", "Zm9v"},
                              {"foob", "Zm9vYg=="},
                              {"fooba", "Zm9vYmE="},
                              {"foobar", "Zm9vYmFy"}};
    for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
        struct buf b = {0};
        digest_base64(&b, pairs[i][0], strlen(pairs[i][0]));
        assert_string_equal(buf_cstr(&b), pairs[i][1]);
        buf_clear(&b);
        assert_true(digest_base64_decode(&b, str_of(pairs[i][1])));
        assert_string_equal(buf_cstr(&b), pairs[i][0]);
        buf_fini(&b);
    }
}

static void url_form_has_no_padding(void **state)
{
    (void)state;
    struct buf b = {0};
    buf_add_cstr(&b, "x:");
    digest_base64url(&b, "\xfb\xff\xfe\xff", 4);
    assert_string_equal(buf_cstr(&b), "x:-__-_w");
    buf_clear(&b);
    digest_base64(&b, "\xfb\xff\xfe\xff", 4);
    assert_string_equal(buf_cstr(&b), "+//+/w==");
    buf_fini(&b);
}

static void every_length_comes_back(void **state)
{
    (void)state;
    uint8_t bytes[256];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)i;
    for (size_t len = 0; len <= sizeof bytes; len++) {
        struct buf text = {0}, back = {0};
        digest_base64(&text, bytes, len);
        assert_true(digest_base64_decode(&back, buf_str(&text)));
        assert_int_equal(back.len, len);
        assert_memory_equal(buf_cstr(&back), bytes, len);
        buf_fini(&text);
        buf_fini(&back);
    }
}

static void refuses_bad_base64(void **state)
{
    (void)state;
    const char *bad[] = {"Z",    "Zg",   "Zg=",    "Zh==", "Zm9=",     "Zg==Zg==", "=",
                         "====", "Z===", "Zm9v\n", "Zm-v", "Zm9v Zm9", "Zm=v",     "Z=g="};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct buf b = {0};
        buf_add_cstr(&b, "before");
        if (digest_base64_decode(&b, str_of(bad[i])))
            fail_msg("%s was taken", bad[i]);
        assert_string_equal(buf_cstr(&b), "before");
        buf_fini(&b);
    }
}

static void compares(void **state)
{
    (void)state;
    assert_true(digest_equal(STR("secret"), STR("secret")));
    assert_false(digest_equal(STR("secret"), STR("secreT")));
    assert_false(digest_equal(STR("secret"), STR("secre")));
    assert_true(digest_equal((struct str){NULL, 0}, STR("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hashes),
        cmocka_unit_test(signs),
        cmocka_unit_test(encodes_base64),
        cmocka_unit_test(url_form_has_no_padding),
        cmocka_unit_test(every_length_comes_back),
        cmocka_unit_test(refuses_bad_base64),
        cmocka_unit_test(compares),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
