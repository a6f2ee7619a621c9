/* deflate_test.c - offers of permessage-deflate, messages packed and unpacked, and what is wrong
 * with some. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "wire/deflate.h"

#define NONE "no extension"

/* clang-format off */
#define BARE "permessage-deflate; server_no_context_takeover; client_no_context_takeover"

static const struct {
    const char *offers; /* value of one header */
    const char *answer; /* to it */
} offers[] = {
    {"permessage-deflate", BARE},
    {"permessage-deflate; client_max_window_bits", BARE},
    {"permessage-deflate; server_no_context_takeover", BARE},
    {"permessage-deflate;client_no_context_takeover;server_no_context_takeover", BARE},
    {" \tpermessage-deflate ;\tserver_no_context_takeover ", BARE},
    {",, permessage-deflate ,", BARE},
    {"permessage-deflate; server_max_window_bits=15", BARE},
    {"permessage-deflate; server_max_window_bits=14", BARE "; server_max_window_bits=14"},
    {"permessage-deflate; server_max_window_bits=8", BARE "; server_max_window_bits=8"},
    {"permessage-deflate; server_max_window_bits=\"10\"", BARE "; server_max_window_bits=10"},
    {"permessage-deflate; server_max_window_bits = 9", BARE "; server_max_window_bits=9"},
    {"permessage-deflate; client_max_window_bits=8", BARE "; client_max_window_bits=8"},
    {"permessage-deflate; client_max_window_bits=15", BARE "; client_max_window_bits=15"},
    {"permessage-deflate; client_max_window_bits=11; server_max_window_bits=12; server_no_context_takeover; client_no_context_takeover",
     BARE "; server_max_window_bits=12; client_max_window_bits=11"},

    /* Others are passed over, the first that fits is it (5.1). */
    {"x-webkit-deflate-frame, permessage-deflate", BARE},
    {"other; a=\"permessage-deflate, \\\" ;\"; b=c, permessage-deflate", BARE},
    {"permessage-deflate; server_max_window_bits=10, permessage-deflate", BARE "; server_max_window_bits=10"},
    {"permessage-deflate; server_max_window_bits=7, permessage-deflate; client_max_window_bits", BARE},
    {"permessage-deflate; use_y; server_max_window_bits=10, permessage-deflate", BARE},
    {"permessage-deflate, permessage-deflate; use_y, ??", BARE},

    /* Declined (7.1). */
    {"", NONE},
    {" , ,", NONE},
    {"deflate", NONE},
    {"PERMESSAGE-DEFLATE", NONE},
    {"permessage-deflatex", NONE},
    {"x-unheard-of; permessage-deflate", NONE},
    {"permessage-deflate; unheard_of", NONE},
    {"permessage-deflate; unheard_of=8", NONE},
    {"permessage-deflate; Server_no_context_takeover", NONE},
    {"permessage-deflate; server_no_context_takeover=1", NONE},
    {"permessage-deflate; server_no_context_takeover=\"\"", NONE},
    {"permessage-deflate; client_no_context_takeover=true", NONE},
    {"permessage-deflate; server_no_context_takeover; server_no_context_takeover", NONE},
    {"permessage-deflate; client_no_context_takeover; client_no_context_takeover", NONE},
    {"permessage-deflate; server_max_window_bits=10; server_max_window_bits=10", NONE},
    {"permessage-deflate; client_max_window_bits; client_max_window_bits=10", NONE},
    {"permessage-deflate; server_max_window_bits", NONE},
    {"permessage-deflate; server_max_window_bits=7", NONE},
    {"permessage-deflate; server_max_window_bits=16", NONE},
    {"permessage-deflate; server_max_window_bits=0", NONE},
    {"permessage-deflate; server_max_window_bits=08", NONE},
    {"permessage-deflate; server_max_window_bits=+8", NONE},
    {"permessage-deflate; server_max_window_bits=8.5", NONE},
    {"permessage-deflate; server_max_window_bits=108", NONE},
    {"permessage-deflate; server_max_window_bits=18446744073709551624", NONE},
    {"permessage-deflate; server_max_window_bits=ten", NONE},
    {"permessage-deflate; server_max_window_bits=\"\"", NONE},
    {"permessage-deflate; server_max_window_bits=\"\\10\"", NONE},
    {"permessage-deflate; client_max_window_bits=7", NONE},
    {"permessage-deflate; client_max_window_bits=16", NONE},
    {"permessage-deflate; client_max_window_bits=015", NONE},

    /* Malformed: nothing is looked for behind (RFC 6455 9.1). */
    {"permessage-deflate;", NONE},
    {"permessage-deflate; ;server_no_context_takeover", NONE},
    {"permessage-deflate; server_max_window_bits=", NONE},
    {"permessage-deflate; server_max_window_bits=\"10", NONE},
    {"permessage-deflate; server_max_window_bits=\"10\\", NONE},
    {"permessage-deflate server_no_context_takeover", NONE},
    {"permessage-deflate=1", NONE},
    {"permessage-deflate; =10", NONE},
    {"foo bar, permessage-deflate", NONE},
    {"\"permessage-deflate\"", NONE},
    {"(, permessage-deflate", NONE},
};
/* clang-format on */

static void test_offers(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(offers); i++) {
        struct deflate_terms terms;
        char answer[DEFLATE_ANSWER_MAX] = NONE;
        if (deflate_agree(str_of(offers[i].offers), &terms)) {
            size_t len = deflate_answer(&terms, answer);
            assert_int_equal(len, strlen(answer));
        }
        if (strcmp(answer, offers[i].answer) != 0)
            fail_msg("\"%s\": \"%s\"", offers[i].offers, answer);
    }
    struct deflate_terms terms;
    assert_false(deflate_agree((struct str){NULL, 0}, &terms));
}

/* Every beginning of an offer ends at its end: a sanitizer sees a byte read too many. */
static void test_offers_are_read_to_their_end(void **state)
{
    (void)state;
    const struct str whole = STR("a;b=\"\\c\", permessage-deflate; server_max_window_bits=12");
    for (size_t len = 1; len <= whole.len; len++) {
        struct deflate_terms terms = {0};
        char *text = mem_grow(NULL, len);
        memcpy(text, whole.at, len);
        bool agreed = deflate_agree((struct str){text, len}, &terms);
        assert_true(agreed == (len == 28 || len == 55));
        assert_true(len < 55 || terms.server_bits == 12);
        mem_free(text);
    }
}

static void test_what_fits_a_window(void **state)
{
    (void)state;
    assert_false(deflate_fits(DEFLATE_WORTH - 1, 15));
    assert_true(deflate_fits(DEFLATE_WORTH, 15));
    assert_true(deflate_fits((size_t)1 << 24, 15));
    for (uint8_t bits = 10; bits < 15; bits++) {
        assert_true(deflate_fits((size_t)1 << bits, bits));
        assert_false(deflate_fits(((size_t)1 << bits) + 1, bits));
    }
    for (size_t len = 0; len < 5000; len++)
        assert_false(deflate_fits(len, 8) || deflate_fits(len, 9));
}

/* --- unpacking --- */

#define TEN   "aaaaaaaaaa"
#define FIFTY TEN TEN TEN TEN TEN

static const struct {
    const char *name;
    struct str packed;
    const char *text; /* NULL: broken */
} messages[] = {
    /* RFC 7692 7.2.3. */
    {"fixed codes", STR("\xf2\x48\xcd\xc9\xc9\x07\x00"), "Hello"},
    {"within the message", STR("\xf2\x48\xcd\xc9\xc9\x07\x00\x00\x00\xff\xff"), "Hello"},
    {"stored", STR("\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00"), "Hello"},
    {"last block", STR("\xf3\x48\xcd\xc9\xc9\x07\x00\x00"), "Hello"},
    {"last block alone", STR("\xf3\x48\xcd\xc9\xc9\x07\x00"), "Hello"},
    {"two blocks", STR("\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00"), "Hello"},
    {"two last blocks", STR("\xf3\x48\xcd\xc9\xc9\x07\x00\xf3\x48\xcd\xc9\xc9\x07\x00"),
     "HelloHello"},
    {"empty", STR("\x00"), ""},
    {"really empty", {"", 0}, ""},
    {"empty last block without its tail", STR("\x01"), ""},
    {"empty last block", STR("\x03\x00"), ""},
    {"only empty blocks", STR("\x00\x00\x00\xff\xff\x00\x00\x00\xff\xff\x00"), ""},
    {"empty fixed block", STR("\x02\x00"), ""},
    {"pointing back", STR("\x4a\x4c\xa4\x3d\x00\x00"), FIFTY FIFTY},

    {"context of an earlier message", STR("\xf2\x00\x11\x00\x00"), NULL},
    {"context before a last block", STR("\xf3\x48\xcd\xc9\xc9\x07\x00\xf2\x00\x11\x00\x00"), NULL},
    {"reserved block type", STR("\xff\xff"), NULL},
    {"lengths that differ", STR("\x00\x05\x00\xff\xff\x48\x65\x6c\x6c\x6f\x00"), NULL},
    {"cut within a code", STR("\xf2\x48\xcd"), NULL},
    {"cut within a stored block", STR("\x00\x05\x00\xfa\xff\x48\x65"), NULL},
    {"cut within a length", STR("\x00\x05\x00"), NULL},
    {"junk behind a last block", STR("\x03\x00\xff"), NULL},
    {"a word in clear", STR("Hello"), NULL},
    {"bad tables", STR("\xec\xff\xff\xff\xff\xff\xff\xff\xff"), NULL},
};

static void expect_message(struct deflater *d, size_t i)
{
    struct buf out = {0};
    size_t len = messages[i].packed.len;
    char *packed = mem_grow(NULL, len > 0 ? len : 1); /* of its own size, for sanitizers */
    memcpy(packed, messages[i].packed.at, len);
    enum ws_error err = deflater_unpack(d, (struct str){packed, len}, true, 100, &out);
    if (!messages[i].text)
        assert_int_equal(err, WS_ERR_DEFLATE);
    else if (err != WS_ERR_NONE || !str_is(buf_str(&out), messages[i].text))
        fail_msg("%s: %d, %s", messages[i].name, err, buf_cstr(&out));
    buf_fini(&out);
    mem_free(packed);
}

/* In both directions with one deflater: nothing of a message is left for the next. */
static void test_unpacking(void **state)
{
    struct deflater *d = deflater_new();
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(messages); i++)
        expect_message(d, i);
    for (size_t i = ARRAY_LEN(messages); i > 0; i--)
        expect_message(d, i - 1);
    deflater_free(&d);
    deflater_free(&d);
}

static void test_text_is_checked(void **state)
{
    struct deflater *d = deflater_new();
    const struct str bad = STR("\x00\x02\x00\xfd\xff\xe2\x82\x00");
    struct buf out = {0};
    (void)state;
    assert_int_equal(deflater_unpack(d, bad, true, 100, &out), WS_ERR_TEXT_UTF8);
    buf_clear(&out);
    assert_int_equal(deflater_unpack(d, bad, false, 100, &out), WS_ERR_NONE);
    assert_true(str_is(buf_str(&out), "\xe2\x82"));
    buf_fini(&out);
    deflater_free(&d);
}

static void test_limits(void **state)
{
    struct deflater *d = deflater_new();
    static const char zeros[1 << 20];
    static char packed[sizeof zeros];
    (void)state;
    size_t len = deflater_pack(d, (struct str){zeros, sizeof zeros}, packed, sizeof packed);
    assert_in_range(len, 1, 10000);
    for (uint32_t max = 0; max <= sizeof zeros; max = max * 2 + 1000) {
        struct buf out = {0};
        assert_int_equal(deflater_unpack(d, (struct str){packed, len}, true, max, &out),
                         WS_ERR_TOO_BIG);
        assert_int_equal(out.len, max + 1);
        assert_true(out.cap <= 2 * (size_t)max + 8192);
        buf_fini(&out);
    }
    struct buf out = {0};
    assert_int_equal(deflater_unpack(d, (struct str){packed, len}, true, sizeof zeros - 1, &out),
                     WS_ERR_TOO_BIG);
    buf_clear(&out);
    assert_int_equal(deflater_unpack(d, (struct str){packed, len}, true, sizeof zeros, &out),
                     WS_ERR_NONE);
    assert_true(str_eq(buf_str(&out), (struct str){zeros, sizeof zeros}));
    buf_fini(&out);
    deflater_free(&d);
}

/* --- packing --- */

/* So many letters of a text in which `letters` many are used: the fewer, the smaller it packs. */
static void fill(char *text, size_t len, unsigned letters)
{
    uint32_t random = 4711;
    for (size_t i = 0; i < len; i++) {
        random = random * 1664525 + 1013904223;
        text[i] = (char)(letters > 128 ? random >> 24 : 'a' + (random >> 16) % letters);
    }
}

static void expect_round(struct deflater *d, struct str message, bool shrinks)
{
    char *packed = mem_grow(NULL, message.len);
    size_t len = deflater_pack(d, message, packed, message.len);
    assert_true((len > 0) == shrinks);
    if (shrinks) {
        struct buf out = {0};
        const struct str payload = {packed, len};
        assert_true(len + 4 < message.len);
        assert_int_equal(deflater_unpack(d, payload, false, (uint32_t)message.len, &out),
                         WS_ERR_NONE);
        assert_true(str_eq(buf_str(&out), message));
        buf_fini(&out);
    }
    mem_free(packed);
}

static void test_packing(void **state)
{
    static const size_t lengths[] = {1024, 1500, 4096, 32768, 40000, 65535, 65536, 1000000};
    struct deflater *d = deflater_new();
    static char text[1000000];
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
        fill(text, lengths[i], 256);
        expect_round(d, (struct str){text, lengths[i]}, false);
        fill(text, lengths[i], 26);
        expect_round(d, (struct str){text, lengths[i]}, true);
        fill(text, lengths[i], 1);
        expect_round(d, (struct str){text, lengths[i]}, true);
    }
    deflater_free(&d);
}

/* The same message packs to the same bytes, whatever came before: it is shared by receivers. */
static void test_packing_keeps_nothing(void **state)
{
    static char text[5000];
    static char first[5000];
    static char then[5000];
    struct deflater *d = deflater_new();
    (void)state;
    fill(text, sizeof text, 9);
    size_t len = deflater_pack(d, (struct str){text, sizeof text}, first, sizeof first);
    expect_round(d, (struct str){text + 1, sizeof text - 1}, true);
    assert_int_equal(deflater_pack(d, (struct str){text, sizeof text}, then, 100), 0);
    assert_int_equal(deflater_pack(d, (struct str){text, sizeof text}, then, sizeof then), len);
    assert_memory_equal(first, then, len);
    deflater_free(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_offers),
        cmocka_unit_test(test_offers_are_read_to_their_end),
        cmocka_unit_test(test_what_fits_a_window),
        cmocka_unit_test(test_unpacking),
        cmocka_unit_test(test_text_is_checked),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_packing),
        cmocka_unit_test(test_packing_keeps_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
