/* token_test.c - tokens say who somebody is only when we signed them, as we sign, and in time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/token.h"
#include "base/clock.h"
#include "base/digest.h"

#define SECRET "a key of thirty-two bytes, or so"
#define HS256  "{\"alg\":\"HS256\",\"typ\":\"JWT\"}"

static struct arena *arena;
static struct token_key *key;
static int64_t now;

static int setup(void **state)
{
    const char *why = NULL;
    (void)state;
    arena = arena_new(1 << 20);
    key = token_key_open(STR(SECRET), "/nowhere", false, &why);
    now = clock_utc_us();
    return key ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    token_key_free(&key);
    arena_free(&arena);
    return 0;
}

/* A token with these parts, signed with HMAC-SHA256 under `secret`. */
static struct str forge(const char *header, const char *claims, struct str secret)
{
    struct buf text = buf_in(arena);
    uint8_t mac[SHA256_LEN];
    digest_base64url(&text, header, strlen(header));
    buf_add_char(&text, '.');
    digest_base64url(&text, claims, strlen(claims));
    digest_hmac_sha256(secret, buf_str(&text), mac);
    buf_add_char(&text, '.');
    digest_base64url(&text, mac, sizeof mac);
    return buf_str(&text);
}

static const char *claims_until(const char *more, int64_t exp_s)
{
    return arena_printf(arena, "{\"sub\":\"a1\",\"role\":\"customer\",\"exp\":%lld%s}",
                        (long long)exp_s, more);
}

static bool valid(struct str token)
{
    struct caller c = {0};
    return token_verify(key, token, now, arena, &c);
}

static struct str issue(const struct caller *c)
{
    struct buf out = buf_in(arena);
    token_issue(key, c, &out);
    return buf_str(&out);
}

static void test_round_trip(void **state)
{
    const struct caller in = {.role = ROLE_BARISTA,
                              .id = STR("0198c0de-0000-7000-8000-000000000001"),
                              .username = STR("주인\"1"),
                              .shop = STR("s1"),
                              .session = STR("sid-1"),
                              .expires_us = now + 60 * US_PER_S};
    struct caller out = {0};
    (void)state;
    assert_true(token_verify(key, issue(&in), now, arena, &out));
    assert_int_equal(out.role, ROLE_BARISTA);
    assert_true(str_eq(in.id, out.id) && str_eq(in.username, out.username));
    assert_true(str_eq(in.shop, out.shop) && str_eq(in.session, out.session));
    assert_int_equal(out.expires_us, in.expires_us / US_PER_S * US_PER_S);
}

static void test_expiry(void **state)
{
    (void)state;
    int64_t s = now / US_PER_S;
    assert_true(valid(forge(HS256, claims_until("", s + 5), STR(SECRET))));
    assert_false(valid(forge(HS256, claims_until("", s - 1), STR(SECRET))));
    assert_false(valid(forge(HS256, claims_until("", 0), STR(SECRET))));
    assert_false(valid(forge(HS256, claims_until("", -5), STR(SECRET))));
    assert_false(valid(forge(HS256, claims_until("", INT64_MAX), STR(SECRET))));
    assert_false(valid(forge(HS256, claims_until(",\"nbf\":99999999999", s + 5), STR(SECRET))));
    assert_true(valid(forge(HS256, claims_until(",\"nbf\":1", s + 5), STR(SECRET))));
    assert_false(valid(forge(HS256, "{\"sub\":\"a\",\"role\":\"customer\"}", STR(SECRET))));
    assert_false(valid(
        forge(HS256, "{\"sub\":\"a\",\"role\":\"customer\",\"exp\":\"9999999999\"}", STR(SECRET))));
    assert_false(valid(
        forge(HS256, "{\"sub\":\"a\",\"role\":\"customer\",\"exp\":9999999999.5}", STR(SECRET))));
}

static void test_claims_must_name_somebody(void **state)
{
    (void)state;
    assert_false(valid(forge(HS256, "{\"role\":\"customer\",\"exp\":9999999999}", STR(SECRET))));
    assert_false(valid(forge(HS256, "{\"sub\":\"a\",\"exp\":9999999999}", STR(SECRET))));
    assert_false(
        valid(forge(HS256, "{\"sub\":\"a\",\"role\":\"none\",\"exp\":9999999999}", STR(SECRET))));
    assert_false(
        valid(forge(HS256, "{\"sub\":\"a\",\"role\":\"root\",\"exp\":9999999999}", STR(SECRET))));
    assert_false(valid(
        forge(HS256, "{\"sub\":\"a\",\"role\":\"service\",\"exp\":9999999999}", STR(SECRET))));
    assert_false(valid(forge(HS256, "[]", STR(SECRET))));
    assert_false(valid(forge(HS256, "nonsense", STR(SECRET))));
}

static void test_algorithm_is_pinned(void **state)
{
    static const char *const headers[] = {
        "{\"alg\":\"none\"}",
        "{\"alg\":\"NONE\"}",
        "{\"alg\":\"HS512\"}",
        "{\"alg\":\"RS256\"}",
        "{\"alg\":\"ES256\"}",
        "{\"alg\":\"hs256\"}",
        "{\"typ\":\"JWT\"}",
        "{\"alg\":256}",
        "{\"alg\":\"HS256\",\"alg\":\"none\"}",
        "{\"alg\":\"HS256\",\"crit\":[\"x\"]}",
        "[\"HS256\"]",
        "HS256",
    };
    (void)state;
    const char *claims = claims_until("", now / US_PER_S + 60);
    assert_true(valid(forge("{\"alg\":\"HS256\"}", claims, STR(SECRET))));
    for (size_t i = 0; i < ARRAY_LEN(headers); i++)
        assert_false(valid(forge(headers[i], claims, STR(SECRET))));
    /* Unsigned, as "none" has it. */
    struct str token = forge("{\"alg\":\"none\"}", claims, STR(SECRET));
    while (token.at[token.len - 1] != '.')
        token.len--;
    assert_false(valid(token));
}

static void test_other_key(void **state)
{
    (void)state;
    const char *claims = claims_until("", now / US_PER_S + 60);
    assert_false(valid(forge(HS256, claims, STR("another key of thirty-two bytes!"))));
    assert_false(valid(forge(HS256, claims, STR(""))));
}

static void test_every_changed_byte_is_noticed(void **state)
{
    (void)state;
    struct str token = forge(HS256, claims_until("", now / US_PER_S + 60), STR(SECRET));
    for (size_t i = 0; i < token.len; i++) {
        char *changed = arena_strdup(arena, token);
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        assert_false(valid((struct str){changed, token.len}));
        assert_false(valid((struct str){token.at, i})); /* cut short */
    }
    char *longer = arena_printf(arena, "%.*sA", STR_ARG(token));
    assert_false(valid(str_of(longer)));
    assert_false(valid(str_of(arena_printf(arena, "%.*s.", STR_ARG(token)))));
    assert_false(valid(str_of(arena_printf(arena, " %.*s", STR_ARG(token)))));
    assert_false(valid(str_of(arena_printf(arena, "%.*s==", STR_ARG(token)))));
}

static void test_rubbish(void **state)
{
    static const char *const rubbish[] = {"", ".", "..", "...", "a.b.c", "a", "{}.{}.{}"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rubbish); i++)
        assert_false(valid(str_of(rubbish[i])));
    char *large = arena_alloc(arena, 100000);
    memset(large, 'a', 99999);
    assert_false(valid((struct str){large, 99999}));
    assert_false(valid((struct str){"a\0b.c.d", 7}));
}

static void test_keys(void **state)
{
    const char *why = NULL;
    char folder[] = "/tmp/pesan-token-XXXXXX";
    char path[128];
    struct stat st;
    (void)state;
    assert_null(token_key_open(STR("too short"), "/tmp", true, &why));
    assert_non_null(why);
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/token.key", folder);
    assert_null(token_key_open((struct str){0}, folder, false, &why));

    struct token_key *made = token_key_open((struct str){0}, folder, true, &why);
    assert_non_null(made);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(st.st_size, 45);
    struct token_key *again = token_key_open((struct str){0}, folder, false, &why);
    assert_non_null(again);
    struct buf token = buf_in(arena);
    const struct caller c = {.role = ROLE_ADMIN, .id = STR("x"), .expires_us = now + US_PER_S * 9};
    struct caller out;
    token_issue(made, &c, &token);
    assert_true(token_verify(again, buf_str(&token), now, arena, &out));
    assert_false(valid(buf_str(&token)));
    token_key_free(&made);
    token_key_free(&again);

    assert_int_equal(truncate(path, 10), 0);
    assert_null(token_key_open((struct str){0}, folder, true, &why));
    assert_int_equal(truncate(path, 0), 0);
    assert_null(token_key_open((struct str){0}, folder, true, &why));
    unlink(path);
    rmdir(folder);
}

static void test_all_claims(void **state)
{
    struct caller in = {.role = ROLE_CUSTOMER,
                        .id = STR("a1"),
                        .username = STR("u"),
                        .session = STR("sid-1"),
                        .language = STR("ko"),
                        .issued_us = now - 100 * US_PER_S,
                        .expires_us = now + 60 * US_PER_S,
                        .until_us = now + 900 * US_PER_S,
                        .turn = 7};
    struct caller out = {0};
    (void)state;
    struct str token = issue(&in);
    assert_true(str_eq(issue(&in), token)); /* the same text, whenever it is asked for */
    assert_true(token_verify(key, token, now, arena, &out));
    assert_true(str_is(out.language, "ko"));
    assert_int_equal(out.issued_us, in.issued_us / US_PER_S * US_PER_S);
    assert_int_equal(out.until_us, in.until_us / US_PER_S * US_PER_S);
    assert_int_equal(out.turn, 7);
    in.turn = 8;
    assert_false(str_eq(issue(&in), token));
    in.until_us = 0;
    in.language = (struct str){0};
    assert_true(token_verify(key, issue(&in), now, arena, &out));
    assert_int_equal(out.until_us, 0);
    assert_int_equal(out.turn, 0);
    assert_null(out.language.at);
}

static bool renewable(struct str token, int64_t at)
{
    struct caller c = {0};
    return token_verify_renewable(key, token, at, arena, &c);
}

static void test_renewable_until_the_session_ends(void **state)
{
    struct caller c = {.role = ROLE_CUSTOMER,
                       .id = STR("a1"),
                       .session = STR("s"),
                       .expires_us = now + 10 * US_PER_S,
                       .until_us = now + 100 * US_PER_S};
    (void)state;
    struct str token = issue(&c);
    assert_true(renewable(token, now));
    assert_true(renewable(token, now + 50 * US_PER_S));
    assert_false(renewable(token, now + 100 * US_PER_S));
    assert_false(token_verify(key, token, now + 50 * US_PER_S, arena, &c));
    char *changed = arena_strdup(arena, token);
    changed[token.len - 2] ^= 1;
    assert_false(renewable((struct str){changed, token.len}, now));
    c.until_us = 0;
    token = issue(&c);
    assert_true(renewable(token, now));
    assert_false(renewable(token, now + 50 * US_PER_S));
}

#define LINKED "0198c0de-1234-7abc-8def-0123456789ab"

static void test_links(void **state)
{
    struct id id;
    const char *why;
    (void)state;
    struct str link = link_make(key, "track", STR(LINKED), arena);
    assert_int_equal(link.len, 43);
    assert_true(link_read(key, "track", link, &id));
    assert_string_equal(id.text, LINKED);
    assert_true(str_eq(link, link_make(key, "track", STR(LINKED), arena)));
    assert_false(link_read(key, "trac", link, &id));
    assert_false(link_read(key, "receipt", link, &id));
    struct token_key *other = token_key_open(STR("another key of ours"), "", false, &why);
    assert_non_null(other);
    assert_false(link_read(other, "track", link, &id));
    token_key_free(&other);
}

static void test_every_changed_byte_of_a_link_is_noticed(void **state)
{
    struct id id;
    (void)state;
    struct str link = link_make(key, "track", STR(LINKED), arena);
    for (size_t i = 0; i < link.len; i++) {
        char *changed = arena_strdup(arena, link);
        for (int c = 1; c < 256; c++) {
            changed[i] = (char)(link.at[i] ^ c);
            assert_false(link_read(key, "track", (struct str){changed, link.len}, &id));
        }
        assert_false(link_read(key, "track", (struct str){link.at, i}, &id));
    }
    char *longer = arena_printf(arena, "%.*sA", STR_ARG(link));
    assert_false(link_read(key, "track", str_of(longer), &id));
    assert_false(link_read(key, "track", str_of(arena_printf(arena, "%.*s=", STR_ARG(link))), &id));
    assert_false(link_read(key, "track", (struct str){0}, &id));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_expiry),
        cmocka_unit_test(test_claims_must_name_somebody),
        cmocka_unit_test(test_algorithm_is_pinned),
        cmocka_unit_test(test_other_key),
        cmocka_unit_test(test_every_changed_byte_is_noticed),
        cmocka_unit_test(test_rubbish),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_all_claims),
        cmocka_unit_test(test_renewable_until_the_session_ends),
        cmocka_unit_test(test_links),
        cmocka_unit_test(test_every_changed_byte_of_a_link_is_noticed),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
