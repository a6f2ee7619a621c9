/* websocket_test.c - what the WebSocket codec takes, refuses and writes; each stream is shown
 * whole, a byte at a time and in random cuts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "wire/websocket_feed.h"

#define MESSAGE_MAX 200 /* of the table's cases */

/* First bytes of frames. */
#define TEXT   0x81
#define BINARY 0x82
#define CLOSE  0x88
#define PING   0x89
#define PONG   0x8A
#define MORE   0x7F /* & MORE: FIN clear */
#define CONT   0x80 /* the last fragment */
#define RSV1   0x40 /* | RSV1: packed */
#define RAW    -1   /* not a frame: bytes as they go over the line */

/* A frame, built with the mask of the pass, or raw bytes. */
struct part {
    int first;          /* first byte of the frame, or RAW */
    struct str payload; /* in clear */
};

#define P(first, lit)                                                                              \
    {                                                                                              \
        first,                                                                                     \
        {                                                                                          \
            lit, sizeof(lit) - 1                                                                   \
        }                                                                                          \
    }

struct scene {
    const char *name;
    struct part parts[8]; /* ended by an empty one */
    const char *script;   /* what must come of it */
};

/* clang-format off */
#define A125 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
             "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define A123 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
             "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define A50  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define A200 A50 A50 A50 A50

static const struct scene scenes[] = {
    {"nothing", {P(RAW, "")}, ""},
    {"text", {P(TEXT, "hello")}, "text(hello)"},
    {"empty text", {P(TEXT, "")}, "text()"},
    {"binary", {P(BINARY, "\x00\xff\x80")}, "binary(\\00\\ff\\80)"},
    {"empty binary", {P(BINARY, "")}, "binary()"},
    {"messages in a row", {P(TEXT, "a"), P(BINARY, "b"), P(TEXT, "c")}, "text(a) binary(b) text(c)"},
    {"ping", {P(PING, "are you there")}, "ping(are\\20you\\20there)"},
    {"empty ping and pong", {P(PING, ""), P(PONG, "")}, "ping() pong()"},
    {"unasked pong", {P(PONG, "x"), P(TEXT, "y")}, "pong(x) text(y)"},

    /* Fragments (5.4). */
    {"two fragments", {P(TEXT & MORE, "hel"), P(CONT, "lo")}, "text(hello)"},
    {"binary fragments", {P(BINARY & MORE, "\xff"), P(0, "\xfe"), P(CONT, "\xfd")}, "binary(\\ff\\fe\\fd)"},
    {"empty fragments", {P(TEXT & MORE, ""), P(0, ""), P(CONT, "")}, "text()"},
    {"empty ends", {P(TEXT & MORE, ""), P(0, "x"), P(CONT, "")}, "text(x)"},
    {"code point over fragments", {P(TEXT & MORE, "\xe2"), P(0, "\x82"), P(CONT, "\xac")}, "text(\\e2\\82\\ac)"},
    {"control frames between fragments",
     {P(TEXT & MORE, "a"), P(PING, "p"), P(0, "b"), P(PONG, "q"), P(PING, ""), P(CONT, "c")},
     "ping(p) pong(q) ping() text(abc)"},
    {"ping within a code point", {P(TEXT & MORE, "\xf0\x9f"), P(PING, "p\xff"), P(CONT, "\x98\x80")},
     "ping(p\\ff) text(\\f0\\9f\\98\\80)"},
    {"close between fragments", {P(TEXT & MORE, "a"), P(CLOSE, "\x03\xe8"), P(CONT, "b")}, "close(1000)"},
    {"message after a fragmented one", {P(TEXT & MORE, "a"), P(CONT, "b"), P(BINARY, "\xff")}, "text(ab) binary(\\ff)"},
    {"continuation without start", {P(CONT, "a")}, "WS-CONTINUATION"},
    {"open continuation without start", {P(0, "a")}, "WS-CONTINUATION"},
    {"continuation after a whole message", {P(TEXT, "a"), P(CONT, "b")}, "text(a) WS-CONTINUATION"},
    {"continuation after the last fragment", {P(TEXT & MORE, "a"), P(CONT, "b"), P(CONT, "c")}, "text(ab) WS-CONTINUATION"},
    {"text within a message", {P(TEXT & MORE, "a"), P(TEXT, "b")}, "WS-INTERLEAVED"},
    {"binary within a message", {P(BINARY & MORE, "a"), P(0, "b"), P(BINARY & MORE, "c")}, "WS-INTERLEAVED"},

    /* Reserved bits and opcodes (5.2). */
    {"rsv1", {P(TEXT | 0x40, "a")}, "WS-RSV-BITS"},
    {"rsv2", {P(TEXT | 0x20, "a")}, "WS-RSV-BITS"},
    {"rsv3", {P(TEXT | 0x10, "a")}, "WS-RSV-BITS"},
    {"all rsv on a ping", {P(TEXT, "a"), P(PING | 0x70, "")}, "text(a) WS-RSV-BITS"},
    {"rsv1 on a continuation", {P(TEXT & MORE, "a"), P(CONT | 0x40, "b")}, "WS-RSV-BITS"},
    {"rsv on a close", {P(CLOSE | 0x10, "\x03\xe8")}, "WS-RSV-BITS"},
    {"opcode 3", {P(0x83, "a")}, "WS-OPCODE"},
    {"opcode 4", {P(0x84, "")}, "WS-OPCODE"},
    {"opcode 5", {P(0x85, "")}, "WS-OPCODE"},
    {"opcode 6", {P(0x86, "")}, "WS-OPCODE"},
    {"opcode 7", {P(TEXT, "x"), P(0x87, "a")}, "text(x) WS-OPCODE"},
    {"opcode 11", {P(0x8B, "")}, "WS-OPCODE"},
    {"opcode 12", {P(0x8C, "")}, "WS-OPCODE"},
    {"opcode 13", {P(0x8D, "")}, "WS-OPCODE"},
    {"opcode 14", {P(0x8E, "")}, "WS-OPCODE"},
    {"opcode 15", {P(0x8F, "a")}, "WS-OPCODE"},
    {"opcode 3 in fragments", {P(0x03, "a")}, "WS-OPCODE"},

    /* Masks (5.1). */
    {"unmasked text", {P(RAW, "\x81\x01" "a")}, "WS-UNMASKED"},
    {"unmasked empty ping", {P(RAW, "\x89\x00")}, "WS-UNMASKED"},
    {"unmasked close", {P(TEXT, "a"), P(RAW, "\x88\x02\x03\xe8")}, "text(a) WS-UNMASKED"},

    /* Lengths (5.2). */
    {"125 bytes", {P(BINARY, A125)}, "binary(125:71defd0ddc9f8eb0)"},
    {"200 bytes, the limit", {P(BINARY, A200)}, "binary(200:96245ce14f7a5b0d)"},
    {"125 in two bytes", {P(RAW, "\x82\xfe\x00\x7d\x00\x00\x00\x00")}, "WS-LENGTH-FORM"},
    {"0 in two bytes", {P(RAW, "\x82\xfe\x00\x00\x00\x00\x00\x00")}, "WS-LENGTH-FORM"},
    {"65535 in eight bytes", {P(RAW, "\x82\xff\x00\x00\x00\x00\x00\x00\xff\xff\x00\x00\x00\x00")}, "WS-LENGTH-FORM"},
    {"top bit of eight bytes", {P(RAW, "\x82\xff\x80\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00")}, "WS-LENGTH-FORM"},

    /* Too big, told by the head alone: no payload is sent here. */
    {"201 bytes by head", {P(RAW, "\x82\xfe\x00\xc9")}, "WS-TOO-BIG"},
    {"65535 bytes by head", {P(RAW, "\x81\xfe\xff\xff")}, "WS-TOO-BIG"},
    {"4 GiB by head", {P(RAW, "\x81\xff\x00\x00\x00\x01\x00\x00\x00\x00")}, "WS-TOO-BIG"},
    {"2^63 - 1 by head", {P(RAW, "\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff")}, "WS-TOO-BIG"},
    {"limit by sum of fragments", {P(TEXT & MORE, A125), P(0, A50), P(CONT, "aaaaaaaaaaaaaaaaaaaaaaaaa")}, "text(200:96245ce14f7a5b0d)"},
    {"too big by sum", {P(TEXT & MORE, A125), P(0, A50), P(RAW, "\x80\x9a")}, "WS-TOO-BIG"},
    {"too big by sum of empty rest", {P(BINARY & MORE, A200), P(RAW, "\x00\x81")}, "WS-TOO-BIG"},
    {"2^63 - 1 behind a fragment", {P(BINARY & MORE, "a"), P(RAW, "\x80\xff\x7f\xff\xff\xff\xff\xff\xff\xff")}, "WS-TOO-BIG"},
    {"control frames do not count", {P(TEXT & MORE, A200), P(PING, A50), P(CONT, "")}, "ping(50:060324515a7b4e27) text(200:96245ce14f7a5b0d)"},
    {"the sum begins anew", {P(BINARY, A200), P(BINARY & MORE, A125), P(CONT, A50)},
     "binary(200:96245ce14f7a5b0d) binary(175:a8dade9b404858b6)"},

    /* Control frames (5.5). */
    {"ping of 125 bytes", {P(PING, A125)}, "ping(125:71defd0ddc9f8eb0)"},
    {"ping of 126 bytes", {P(PING, A125 "a")}, "WS-CONTROL-SIZE"},
    {"pong with a long length", {P(RAW, "\x8a\xff")}, "WS-CONTROL-SIZE"},
    {"close of 126 bytes", {P(CLOSE, "\x03\xe8" A123 "a")}, "WS-CONTROL-SIZE"},
    {"ping in fragments", {P(PING & MORE, "a")}, "WS-CONTROL-FRAGMENT"},
    {"pong in fragments", {P(TEXT & MORE, "a"), P(PONG & MORE, "")}, "WS-CONTROL-FRAGMENT"},
    {"close in fragments", {P(CLOSE & MORE, "\x03\xe8")}, "WS-CONTROL-FRAGMENT"},

    /* Close (5.5.1, 7.4); the codes have a test of their own. */
    {"empty close", {P(CLOSE, "")}, "close(1005)"},
    {"close with a reason", {P(CLOSE, "\x03\xe9" "bye \xe2\x82\xac")}, "close(1001 bye\\20\\e2\\82\\ac)"},
    {"close with the longest reason", {P(CLOSE, "\x03\xe8" A123)}, "close(1000 123:11e7b7ddb7c9c2aa)"},
    {"close of one byte", {P(CLOSE, "\x03")}, "WS-CLOSE-BODY"},
    {"reason that is not UTF-8", {P(CLOSE, "\x03\xe8" "a\xff")}, "WS-CLOSE-UTF8"},
    {"reason with a surrogate", {P(CLOSE, "\x03\xe8\xed\xa0\x80")}, "WS-CLOSE-UTF8"},
    {"reason cut within a code point", {P(CLOSE, "\x03\xe8\xe2\x82")}, "WS-CLOSE-UTF8"},
    {"bad code before bad reason", {P(CLOSE, "\x03\xec\xff")}, "WS-CLOSE-CODE"},
    {"whatever follows a close", {P(TEXT, "a"), P(CLOSE, "\x03\xe8"), P(TEXT, "b"), P(RAW, "\xff\xff\xff")}, "text(a) close(1000)"},

    /* UTF-8 (8.1); more in the tests below. */
    {"text in Korean", {P(TEXT, "주문")}, "text(\\ec\\a3\\bc\\eb\\ac\\b8)"},
    {"binary need not be UTF-8", {P(BINARY & MORE, "\xc0"), P(CONT, "\xed\xa0")}, "binary(\\c0\\ed\\a0)"},
    {"broken text", {P(TEXT, "ab\xff" "cd")}, "WS-TEXT-UTF8"},
    {"message ends within a code point", {P(TEXT, "a\xe2\x82")}, "WS-TEXT-UTF8"},
    {"last fragment ends within a code point", {P(TEXT & MORE, "a"), P(CONT, "\xf0\x9f\x98")}, "WS-TEXT-UTF8"},
    {"empty last fragment within a code point", {P(TEXT & MORE, "\xc3"), P(CONT, "")}, "WS-TEXT-UTF8"},
    {"code point broken by the next fragment", {P(TEXT & MORE, "\xc3"), P(0, "a")}, "WS-TEXT-UTF8"},
    {"the check begins anew", {P(TEXT, "\xc3\xa9"), P(TEXT, "\xa9")}, "text(\\c3\\a9) WS-TEXT-UTF8"},
    {"binary after text keeps no check", {P(TEXT, "a"), P(BINARY, "\xff"), P(TEXT, "b")}, "text(a) binary(\\ff) text(b)"},
};

/* RFC 7692 7.2.3: "Hello" packed, and its two halves. */
#define HELLO "\xf2\x48\xcd\xc9\xc9\x07\x00"
#define HEL   "\xf2\x48\xcd"
#define LO    "\xc9\xc9\x07\x00"

/* Where permessage-deflate is agreed upon. */
static const struct scene packed_scenes[] = {
    {"packed", {P(TEXT | RSV1, HELLO)}, "text(Hello)"},
    {"packed binary", {P(BINARY | RSV1, HELLO)}, "binary(Hello)"},
    {"packed and plain", {P(TEXT | RSV1, HELLO), P(TEXT, "plain"), P(BINARY | RSV1, HELLO), P(BINARY, HELLO)},
     "text(Hello) text(plain) binary(Hello) binary(\\f2H\\cd\\c9\\c9\\07\\00)"},
    {"packed twice: no context is kept", {P(TEXT | RSV1, HELLO), P(TEXT | RSV1, "\xf2\x00\x11\x00\x00")}, "text(Hello) WS-DEFLATE"},
    {"packed in fragments", {P((TEXT | RSV1) & MORE, HEL), P(CONT, LO)}, "text(Hello)"},
    {"packed in empty fragments", {P((TEXT | RSV1) & MORE, ""), P(0, HELLO), P(0, ""), P(CONT, "")}, "text(Hello)"},
    {"control frames between packed fragments",
     {P((TEXT | RSV1) & MORE, HEL), P(PING, "p"), P(0, ""), P(PONG, HELLO), P(CONT, LO)},
     "ping(p) pong(\\f2H\\cd\\c9\\c9\\07\\00) text(Hello)"},
    {"packed nothing", {P(TEXT | RSV1, "\x00"), P(BINARY | RSV1, "")}, "text() binary()"},
    {"packed by a last block", {P(TEXT | RSV1, "\xf3\x48\xcd\xc9\xc9\x07\x00\x00")}, "text(Hello)"},
    {"packed by a stored block", {P(TEXT | RSV1, "\x00\x05\x00\xfa\xffHello\x00")}, "text(Hello)"},
    {"a code point over packed fragments",
     {P((TEXT | RSV1) & MORE, "\x00\x03\x00\xfc\xff\xe2"), P(CONT, "\x82\xac\x00")}, "text(\\e2\\82\\ac)"},
    {"plain text is still checked", {P(TEXT | RSV1, HELLO), P(TEXT, "\xff")}, "text(Hello) WS-TEXT-UTF8"},
    {"packed text is checked unpacked", {P(TEXT | RSV1, "\x00\x01\x00\xfe\xff\xff\x00")}, "WS-TEXT-UTF8"},
    {"packed text ends within a code point", {P(TEXT | RSV1, "\x00\x02\x00\xfd\xff\xe2\x82\x00")}, "WS-TEXT-UTF8"},
    {"packed binary is not checked", {P(BINARY | RSV1, "\x00\x01\x00\xfe\xff\xff\x00")}, "binary(\\ff)"},
    {"broken", {P(TEXT, "a"), P(TEXT | RSV1, "\xff\xff\xff")}, "text(a) WS-DEFLATE"},
    {"broken in the last fragment", {P((TEXT | RSV1) & MORE, HEL), P(CONT, "\xff\xff\xff")}, "WS-DEFLATE"},
    {"packed, too big by head", {P(RAW, "\xc1\xfe\x00\xc9")}, "WS-TOO-BIG"},

    {"rsv1 on a continuation", {P((TEXT | RSV1) & MORE, HEL), P(CONT | RSV1, LO)}, "WS-RSV-BITS"},
    {"rsv1 on the continuation of a plain message", {P(TEXT & MORE, "a"), P(CONT | RSV1, "b")}, "WS-RSV-BITS"},
    {"rsv1 on a ping", {P(PING | RSV1, "")}, "WS-RSV-BITS"},
    {"rsv1 on a pong", {P(PONG | RSV1, "")}, "WS-RSV-BITS"},
    {"rsv1 on a close", {P(CLOSE | RSV1, "\x03\xe8")}, "WS-RSV-BITS"},
    {"rsv2 beside rsv1", {P(TEXT | RSV1 | 0x20, HELLO)}, "WS-RSV-BITS"},
    {"rsv3", {P(TEXT | 0x10, "a")}, "WS-RSV-BITS"},
    {"rsv1 on a reserved opcode", {P(0x83 | RSV1, "a")}, "WS-OPCODE"},
    {"rsv1 within a message", {P(TEXT & MORE, "a"), P(TEXT | RSV1, HELLO)}, "WS-INTERLEAVED"},
};
/* clang-format on */

static const uint8_t masks[][4] = {
    {0, 0, 0, 0}, {0x37, 0xfa, 0x21, 0x3d}, {0xff, 0x00, 0x80, 0x01}};

static const struct cuts all_cuts[] = {
    {.fixed = SIZE_MAX, .seed = 1}, {.fixed = 1, .seed = 1}, {.seed = 7}, {.seed = 4711}};

/* One masked frame behind what is in `out`; `first` may be no legal first byte. */
static void add_frame(struct buf *out, int first, struct str payload, const uint8_t mask[4])
{
    struct ws_client_frame frame = {.opcode = WS_OP_BINARY, .payload = payload};
    memcpy(frame.mask, mask, 4);
    uint8_t *at = (uint8_t *)buf_reserve(out, WS_CLIENT_HEAD_MAX + payload.len);
    out->len += ws_client_frame(at, &frame);
    at[0] = (uint8_t)first;
}

static void add_parts(struct buf *out, const struct scene *s, const uint8_t mask[4])
{
    for (size_t i = 0; i < ARRAY_LEN(s->parts) && s->parts[i].payload.at; i++) {
        if (s->parts[i].first == RAW)
            buf_add_str(out, s->parts[i].payload);
        else
            add_frame(out, s->parts[i].first, s->parts[i].payload, mask);
    }
}

/* The stream in one way of cutting must give the script; returns the bytes shown until then. `bits`
 * as in ws_parser.deflate. */
static size_t expect_packed(const char *name, const struct buf *stream, struct cuts cuts,
                            uint8_t bits, uint32_t max, const char *script)
{
    struct feed f = {.limits = {.message_max = max}, .parser.deflate = bits};
    feed_stream(&f, (const uint8_t *)stream->at, stream->len, cuts);
    if (strcmp(buf_cstr(&f.script), script) != 0)
        fail_msg("%s, reads of %zu: \"%s\" instead of \"%s\"", name, cuts.fixed,
                 buf_cstr(&f.script), script);
    size_t shown = f.shown;
    feed_fini(&f);
    return shown;
}

static size_t expect(const char *name, const struct buf *stream, struct cuts cuts, uint32_t max,
                     const char *script)
{
    return expect_packed(name, stream, cuts, 0, max, script);
}

static void expect_in_all_cuts(const char *name, const struct buf *stream, uint32_t max,
                               const char *script)
{
    for (size_t i = 0; i < ARRAY_LEN(all_cuts); i++)
        expect(name, stream, all_cuts[i], max, script);
}

static void test_scenes(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(scenes); i++) {
        for (size_t m = 0; m < ARRAY_LEN(masks); m++) {
            struct buf stream = {0};
            add_parts(&stream, &scenes[i], masks[m]);
            expect_in_all_cuts(scenes[i].name, &stream, MESSAGE_MAX, scenes[i].script);
            buf_fini(&stream);
        }
    }
}

static void test_packed_scenes(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(packed_scenes); i++) {
        const struct scene *s = &packed_scenes[i];
        struct buf stream = {0};
        add_parts(&stream, s, masks[1]);
        for (size_t k = 0; k < ARRAY_LEN(all_cuts); k++)
            expect_packed(s->name, &stream, all_cuts[k], 15, MESSAGE_MAX, s->script);
        buf_fini(&stream);
    }
}

/* A fault is told at the byte that makes it: so many bytes of the raw stream are enough. */
static void test_faults_are_told_early(void **state)
{
    (void)state;
    static const struct {
        struct str stream;
        const char *script;
        size_t at;
    } early[] = {
        {STR("\xc1\x85zzzz"), "WS-RSV-BITS", 1},
        {STR("\x83\x85zzzz"), "WS-OPCODE", 1},
        {STR("\x80\x85zzzz"), "WS-CONTINUATION", 1},
        {STR("\x09\x85zzzz"), "WS-CONTROL-FRAGMENT", 1},
        {STR("\x81\x05hello"), "WS-UNMASKED", 2},
        {STR("\x89\xfe\x00\x7e"), "WS-CONTROL-SIZE", 2},
        {STR("\x81\xfe\x00\x7d\x00\x00\x00\x00"), "WS-LENGTH-FORM", 4},
        {STR("\x81\xfe\x00\xc9\x00\x00\x00\x00"), "WS-TOO-BIG", 4},
        {STR("\x81\xff\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00"), "WS-TOO-BIG", 10},
        {STR("\x01\x81\x00\x00\x00\x00z\x81\x85"), "WS-INTERLEAVED", 8},
        {STR("\x81\x85\x00\x00\x00\x00he\xfflo"), "WS-TEXT-UTF8", 9},
    };
    for (size_t i = 0; i < ARRAY_LEN(early); i++) {
        struct buf stream = {0};
        buf_add_str(&stream, early[i].stream);
        size_t at = expect("early", &stream, all_cuts[1], MESSAGE_MAX, early[i].script);
        assert_int_equal(at, early[i].at);
        buf_fini(&stream);
    }
}

/* Texts and the index of the byte that breaks them; whole when that is their length. */
static const struct {
    struct str text;
    size_t breaks;
} texts[] = {
    {STR("\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5"), 11},
    {STR("\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"), 19},
    {STR("\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbd"), 9},
    {STR("\x80"), 0},                     /* a tail alone */
    {STR("\xbf"), 0},                     /* another */
    {STR("\xc0\x80"), 0},                 /* overlong NUL */
    {STR("\xc1\xbf"), 0},                 /* overlong U+007F */
    {STR("\xe0\x80\x80"), 1},             /* overlong in three bytes */
    {STR("\xe0\x9f\xbf"), 1},             /* overlong U+07FF */
    {STR("\xf0\x80\x80\x80"), 1},         /* overlong in four bytes */
    {STR("\xf0\x8f\xbf\xbf"), 1},         /* overlong U+FFFF */
    {STR("\xed\xa0\x80"), 1},             /* first surrogate */
    {STR("\xed\xbf\xbf"), 1},             /* last surrogate */
    {STR("\xed\xa0\xbd\xed\xb8\x80"), 1}, /* a pair of them */
    {STR("\xf4\x90\x80\x80"), 1},         /* U+110000 */
    {STR("\xf5\x80\x80\x80"), 0},         /* beyond any code point */
    {STR("\xf8\x88\x80\x80\x80"), 0},     /* five bytes */
    {STR("\xfc\x84\x80\x80\x80\x80"), 0},
    {STR("\xfe"), 0},
    {STR("\xff"), 0},
    {STR("\xc3\xc3"), 1},     /* lead after lead */
    {STR("\xe2\x82\x41"), 2}, /* ASCII within a code point */
    {STR("\xf0\x9f\x98\xff"), 3},
    {STR("abcdefgh\x80"), 8}, /* behind, on and before the edge of a word */
    {STR("abcdefg\x80"), 7},
    {STR("abcdefghi\x80jklmnopqrstuvwxyz"), 9},
    {STR("abcdefgh\xc3\xa9ijklmnop\xed\xb0\x80"), 19},
};

/* One frame, one frame a byte, and one frame shown a byte at a time that must fail just there. */
static void test_utf8_breaks_at_its_byte(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct str t = texts[i].text;
        struct buf frame = {0};
        struct buf fragments = {0};
        struct buf script = {0};
        add_frame(&frame, TEXT, t, masks[1]);
        for (size_t k = 0; k < t.len; k++)
            add_frame(&fragments, (k == 0 ? 1 : 0) | (k + 1 == t.len ? 0x80 : 0),
                      (struct str){t.at + k, 1}, masks[1]);
        if (texts[i].breaks < t.len) {
            buf_add_cstr(&script, "WS-TEXT-UTF8");
        } else {
            buf_add_cstr(&script, "text(");
            script_payload(&script, t);
            buf_add_char(&script, ')');
        }
        const char *want = buf_cstr(&script);
        expect_in_all_cuts("utf8 frame", &frame, MESSAGE_MAX, want);
        expect_in_all_cuts("utf8 fragments", &fragments, MESSAGE_MAX, want);
        if (texts[i].breaks < t.len) {
            assert_int_equal(expect("", &frame, all_cuts[1], MESSAGE_MAX, want),
                             6 + texts[i].breaks + 1);
            assert_int_equal(expect("", &fragments, all_cuts[1], MESSAGE_MAX, want),
                             7 * (texts[i].breaks + 1));
        }
        buf_fini(&frame);
        buf_fini(&fragments);
        buf_fini(&script);
    }
}

/* As the duty words it, not as the code does. */
static bool code_is_refused(unsigned code)
{
    return code <= 999 || (code >= 1004 && code <= 1006) || (code >= 1015 && code <= 2999) ||
           code >= 5000;
}

static void expect_close(unsigned code)
{
    const char body[2] = {(char)(code >> 8), (char)code};
    struct buf stream = {0};
    add_frame(&stream, CLOSE, (struct str){body, 2}, masks[2]);
    char script[32];
    snprintf(script, sizeof script, "close(%u)", code);
    const char *want = code_is_refused(code) ? "WS-CLOSE-CODE" : script;
    expect("close code", &stream, all_cuts[0], MESSAGE_MAX, want);
    expect("close code", &stream, all_cuts[1], MESSAGE_MAX, want);
    buf_fini(&stream);
}

static void test_close_codes(void **state)
{
    (void)state;
    for (unsigned code = 0; code <= 5000; code++)
        expect_close(code);
    expect_close(0x8000);
    expect_close(0xFFFF);
}

static void test_many_fragments(void **state)
{
    (void)state;
    const size_t count = 65536;
    struct buf stream = {0};
    struct buf message = {0};
    for (size_t i = 0; i < count; i++) {
        char c = (char)('a' + i % 26);
        buf_add_char(&message, c);
        add_frame(&stream, (i == 0 ? 1 : 0) | (i + 1 == count ? 0x80 : 0), (struct str){&c, 1},
                  masks[1]);
    }
    struct buf script = {0};
    buf_add_cstr(&script, "text(");
    script_payload(&script, buf_str(&message));
    buf_add_char(&script, ')');
    expect_in_all_cuts("65536 fragments", &stream, 65536, buf_cstr(&script));
    expect_in_all_cuts("one byte too many", &stream, 65535, "WS-TOO-BIG");
    buf_fini(&stream);
    buf_fini(&message);
    buf_fini(&script);
}

/* Whole messages at the edges of the three forms of length, with the limit just there. */
static void test_lengths(void **state)
{
    (void)state;
    static const size_t lengths[] = {0, 1, 125, 126, 127, 65535, 65536, 100001};
    for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
        struct buf message = {0};
        struct buf stream = {0};
        struct buf script = {0};
        for (size_t k = 0; k < lengths[i]; k++)
            buf_add_char(&message, (char)(k * 31 >> 3));
        add_frame(&stream, BINARY, buf_str(&message), masks[1]);
        buf_add_cstr(&script, "binary(");
        script_payload(&script, buf_str(&message));
        buf_add_char(&script, ')');
        expect_in_all_cuts("length", &stream, (uint32_t)lengths[i], buf_cstr(&script));
        if (lengths[i] > 0)
            expect_in_all_cuts("over the limit", &stream, (uint32_t)lengths[i] - 1, "WS-TOO-BIG");
        buf_fini(&message);
        buf_fini(&stream);
        buf_fini(&script);
    }
}

/* What lies whole in the buffer comes as one slice of it; what does not tells what is to come. */
static void test_pieces(void **state)
{
    (void)state;
    const struct ws_limits limits = {.message_max = MESSAGE_MAX};
    struct ws_parser p = {0};
    struct ws_event e;
    uint8_t whole[] = "\x81\x85\x00\x00\x00\x00hello\x81\x81";
    assert_int_equal(ws_parse(&p, whole, 13, &limits, &e), 11);
    assert_true(e.type == WS_DATA && e.text && e.first && e.last && e.frame_left == 0);
    assert_true(e.payload.at == (char *)whole + 6 && e.payload.len == 5);
    assert_int_equal(ws_parse(&p, whole + 11, 2, &limits, &e), 0);
    assert_false(ws_in_message(&p));

    uint8_t cut[] = "\x02\x85\x00\x00\x00\x00hello";
    assert_int_equal(ws_parse(&p, cut, 6, &limits, &e), 6);
    assert_true(e.type == WS_NONE && ws_in_message(&p));
    assert_int_equal(ws_parse(&p, cut + 6, 2, &limits, &e), 2);
    assert_true(e.type == WS_DATA && !e.text && e.first && !e.last && e.frame_left == 3);
    assert_int_equal(ws_parse(&p, cut + 8, 3, &limits, &e), 3);
    assert_true(e.type == WS_DATA && !e.first && !e.last && e.frame_left == 0);
    uint8_t last[] = "\x80\x80\x00\x00\x00\x00";
    assert_int_equal(ws_parse(&p, last, 6, &limits, &e), 6);
    assert_true(e.type == WS_DATA && !e.first && e.last && e.payload.len == 0);
    assert_false(ws_in_message(&p));
}

static void test_nothing_counts_after_the_end(void **state)
{
    (void)state;
    const struct ws_limits limits = {.message_max = MESSAGE_MAX};
    struct ws_parser p = {0};
    struct ws_event e;
    uint8_t bad[] = "\xff\x81\x81\x00\x00\x00\x00z";
    assert_int_equal(ws_parse(&p, bad, 8, &limits, &e), -WS_ERR_RSV_BITS);
    assert_int_equal(ws_parse(&p, bad + 1, 7, &limits, &e), 7);
    assert_int_equal(e.type, WS_NONE);
    assert_int_equal(ws_parse(&p, bad, 0, &limits, &e), 0);
}

/* The fast way of masking against the RFC's words: byte i meets mask byte i modulo 4. */
static void test_mask(void **state)
{
    (void)state;
    uint8_t bytes[64 + 8];
    for (size_t offset = 0; offset < 8; offset++) {
        for (size_t len = 0; len <= 64; len++) {
            for (size_t i = 0; i < sizeof bytes; i++)
                bytes[i] = (uint8_t)(i * 7);
            ws_mask(bytes + offset, len, masks[1]);
            for (size_t i = 0; i < sizeof bytes; i++) {
                bool inside = i >= offset && i < offset + len;
                uint8_t with = inside ? masks[1][(i - offset) % 4] : 0;
                assert_int_equal(bytes[i], (uint8_t)((uint8_t)(i * 7) ^ with));
            }
        }
    }
}

static void test_heads_we_write(void **state)
{
    (void)state;
    static const struct {
        enum ws_opcode opcode;
        uint64_t length;
        struct str head;
    } heads[] = {
        {WS_OP_TEXT, 0, STR("\x81\x00")},
        {WS_OP_TEXT, 125, STR("\x81\x7d")},
        {WS_OP_BINARY, 126, STR("\x82\x7e\x00\x7e")},
        {WS_OP_BINARY, 65535, STR("\x82\x7e\xff\xff")},
        {WS_OP_TEXT, 65536, STR("\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00")},
        {WS_OP_TEXT, 0x0102030405060708, STR("\x81\x7f\x01\x02\x03\x04\x05\x06\x07\x08")},
        {WS_OP_PONG, 3, STR("\x8a\x03")},
    };
    for (size_t i = 0; i < ARRAY_LEN(heads); i++) {
        uint8_t out[WS_HEAD_MAX];
        size_t len = ws_head(out, heads[i].opcode, heads[i].length);
        assert_true(str_eq((struct str){(char *)out, len}, heads[i].head));
    }
}

static void test_close_frames_we_write(void **state)
{
    (void)state;
    uint8_t out[WS_CLOSE_FRAME_MAX];
    assert_int_equal(ws_close_frame(out, 0, STR("x")), 2);
    assert_memory_equal(out, "\x88\x00", 2);
    assert_int_equal(ws_close_frame(out, WS_CLOSE_NO_CODE, STR("")), 2);
    assert_int_equal(ws_close_frame(out, 1001, (struct str){NULL, 0}), 4);
    assert_memory_equal(out, "\x88\x02\x03\xe9", 4);
    assert_int_equal(ws_close_frame(out, 1002, STR("no")), 6);
    assert_memory_equal(out, "\x88\x04\x03\xeano", 6);
    assert_int_equal(ws_close_frame(out, 1000, STR(A123)), 127);
    assert_int_equal(ws_close_frame(out, 1000, STR(A123 "b")), 127);
    /* 121 letters, then a euro sign that would end one byte too late */
    struct buf reason = {0};
    buf_add(&reason, A123, 121);
    buf_add_cstr(&reason, "\xe2\x82\xac");
    assert_int_equal(ws_close_frame(out, 1000, buf_str(&reason)), 4 + 121);
    assert_int_equal(out[1], 2 + 121);
    buf_fini(&reason);
}

/* A load generator reads what a server writes with the same parser. */
static void test_reading_a_server(void **state)
{
    (void)state;
    static const struct {
        struct str stream;
        const char *script;
    } streams[] = {
        {STR("\x81\x05hello\x82\x00\x89\x01p"), "text(hello) binary() ping(p)"},
        {STR("\x01\x03hel\x80\x02lo\x88\x02\x03\xe8"), "text(hello) close(1000)"},
        {STR("\x81\x85\x00\x00\x00\x00hello"), "WS-MASKED"},
        {STR("\x82\x7e\x00\xc9"), "WS-TOO-BIG"},
    };
    for (size_t i = 0; i < ARRAY_LEN(streams); i++) {
        for (size_t k = 0; k < ARRAY_LEN(all_cuts); k++) {
            struct feed f = {.limits = {.message_max = MESSAGE_MAX, .from_server = true}};
            feed_stream(&f, (const uint8_t *)streams[i].stream.at, streams[i].stream.len,
                        all_cuts[k]);
            assert_string_equal(buf_cstr(&f.script), streams[i].script);
            feed_fini(&f);
        }
    }
}

static void test_client_frames(void **state)
{
    (void)state;
    uint8_t out[WS_CLIENT_HEAD_MAX + 5];
    struct ws_client_frame frame = {
        .opcode = WS_OP_TEXT, .mask = {0x37, 0xfa, 0x21, 0x3d}, .payload = STR("Hello")};
    assert_int_equal(ws_client_frame(out, &frame), 11); /* the example of RFC 6455 5.7 */
    assert_memory_equal(out, "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", 11);
    frame.more = true;
    ws_client_frame(out, &frame);
    assert_int_equal(out[0], 0x01);
}

static void test_handshake_keys(void **state)
{
    (void)state;
    static const struct {
        struct str key;
        bool valid;
    } keys[] = {
        {STR("dGhlIHNhbXBsZSBub25jZQ=="), true},
        {STR("AQIDBAUGBwgJCgsMDQ4PEC=="), true}, /* RFC 6455 4.1 */
        {STR("+/+/+/+/+/+/+/+/+/+/+w=="), true},
        {STR(""), false},
        {STR("dGhlIHNhbXBsZSBub25j"), false},     /* 15 bytes */
        {STR("dGhlIHNhbXBsZSBub25jZXM="), false}, /* 17 bytes */
        {STR("dGhlIHNhbXBsZSBub25jZQ"), false},   /* without padding */
        {STR("dGhlIHNhbXBsZSBub25jZQ= "), false},
        {STR("dGhlIHNhbXBsZSBub25jZ==="), false},
        {STR("dGhlIHNhbXBsZSBub25j-Q=="), false}, /* another alphabet */
        {STR("dGhlIHNhbXBs\0SBub25jZQ=="), false},
    };
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        assert_int_equal(ws_key_valid(keys[i].key), keys[i].valid);
    char accept[WS_ACCEPT_KEY_SIZE];
    ws_accept_key(STR("dGhlIHNhbXBsZSBub25jZQ=="), accept);
    assert_string_equal(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

/* Each row can go into a Close frame as it stands, and no two share an id. */
static void test_reasons(void **state)
{
    (void)state;
    for (int i = 1; i < WS_ERR_COUNT; i++) {
        const struct ws_reason *r = ws_reason_of(-i);
        assert_true(ws_close_code_valid((unsigned)r->code));
        assert_true(strlen(r->text) > 0 && strlen(r->text) <= WS_CONTROL_MAX - 2);
        for (int k = 1; k < i; k++)
            assert_string_not_equal(r->id, ws_reason_of(-k)->id);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scenes),
        cmocka_unit_test(test_packed_scenes),
        cmocka_unit_test(test_faults_are_told_early),
        cmocka_unit_test(test_utf8_breaks_at_its_byte),
        cmocka_unit_test(test_close_codes),
        cmocka_unit_test(test_many_fragments),
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_pieces),
        cmocka_unit_test(test_nothing_counts_after_the_end),
        cmocka_unit_test(test_mask),
        cmocka_unit_test(test_heads_we_write),
        cmocka_unit_test(test_close_frames_we_write),
        cmocka_unit_test(test_reading_a_server),
        cmocka_unit_test(test_client_frames),
        cmocka_unit_test(test_handshake_keys),
        cmocka_unit_test(test_reasons),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
