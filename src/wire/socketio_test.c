/* socketio_test.c - what the Socket.IO codec takes, refuses and writes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"
#include "wire/socketio.h"

static const struct sio_limits limits = {
    .bytes_max = 1000000, .depth_max = 64, .nsp_max = 32, .attachments_max = 10};

/* A packet on one line, or the id of the error. */
static const char *shown(struct buf *out, struct str message)
{
    struct sio_packet p;
    int result = sio_parse(message, &limits, &p);
    buf_clear(out);
    if (result < 0) {
        buf_add_cstr(out, sio_reason_of(result)->id);
        return buf_cstr(out);
    }
    static const char *const names[] = {"connect", "disconnect",   "event",     "ack",
                                        "refusal", "binary-event", "binary-ack"};
    buf_addf(out, "%s %.*s", names[p.type], STR_ARG(p.nsp));
    if (p.attachments > 0)
        buf_addf(out, " n=%u", p.attachments);
    if (p.id != SIO_NO_ID)
        buf_addf(out, " id=%lld", (long long)p.id);
    if (p.name.at)
        buf_addf(out, " %s=%.*s", p.name_number ? "number" : "name", STR_ARG(p.name));
    if (p.args.len > 0)
        buf_addf(out, " args=%.*s", STR_ARG(p.args));
    else if (p.payload.at && !p.name.at)
        buf_addf(out, " %.*s", STR_ARG(p.payload));
    return buf_cstr(out);
}

struct scene {
    const char *message; /* Engine.IO's "4" cut */
    const char *becomes; /* as shown() has it */
};

static void play(const struct scene *scenes, size_t count)
{
    struct buf out = {0};
    for (size_t i = 0; i < count; i++) {
        /* A copy of its own length, so that the sanitizer sees a byte too far. */
        size_t len = strlen(scenes[i].message);
        char *copy = mem_alloc(len + 1);
        memcpy(copy, scenes[i].message, len);
        copy = mem_grow(copy, len > 0 ? len : 1);
        assert_string_equal(shown(&out, (struct str){copy, len}), scenes[i].becomes);
        mem_free(copy);
    }
    buf_fini(&out);
}

#define D100    "0123456789012345678901234567890123456789012345678901234567890123456789"
#define PH(num) "{\"_placeholder\":true,\"num\":" num "}"

static void test_reads(void **state)
{
    (void)state;
    static const struct scene scenes[] = {
        {"0", "connect /"},
        {"0/", "connect /"},
        {"0/,", "connect /"},
        {"0{}", "connect / {}"},
        {"0{\"token\":\"x\"}", "connect / {\"token\":\"x\"}"},
        {"0/custom", "connect /custom"},
        {"0/custom,", "connect /custom"},
        {"0/custom,{\"a\":1}", "connect /custom {\"a\":1}"},
        {"0/custom?token=1", "connect /custom"},
        {"0/custom?token=1/2?,{}", "connect /custom {}"},
        {"0/?x=1,{}", "connect / {}"},
        {"1", "disconnect /"},
        {"1/custom", "disconnect /custom"},
        {"1/custom,", "disconnect /custom"},
        {"2[\"hi\"]", "event / name=hi"},
        {"2[\"hi\",1,{\"a\":[2,3]}]", "event / name=hi args=1,{\"a\":[2,3]}"},
        {"2 [ \"hi\" , 1 , 2 ] ", "event / name=hi args=1 , 2"},
        {"2\n[\n\"hi\"\n,\n1]\r\n", "event / name=hi args=1"},
        {"2/custom,[\"hi\"]", "event /custom name=hi"},
        {"20[\"hi\"]", "event / id=0 name=hi"},
        {"2/custom,12[\"hi\",null]", "event /custom id=12 name=hi args=null"},
        {"29007199254740991[\"hi\"]", "event / id=9007199254740991 name=hi"},
        {"2[1]", "event / number=1"},
        {"2[-1.5e3,true]", "event / number=-1.5e3 args=true"},
        {"2[\"\"]", "event / name="},
        {"2[\"a,]\\\"b\",\"c\"]", "event / name=a,]\\\"b args=\"c\""},
        {"2[\"Connect\"]", "event / name=Connect"},
        {"2[\"connects\"]", "event / name=connects"},
        {"2[\"connect\\u0000\"]", "event / name=connect\\u0000"},
        {"2[\"x\",\"\\u20ac\\ud83d\\ude00\xe2\x82\xac\"]",
         "event / name=x args=\"\\u20ac\\ud83d\\ude00\xe2\x82\xac\""},
        {"2[\"x\",-0,0.5,1E+9,1e-9,false,[],{},[[]],{\"a\":{}}]",
         "event / name=x args=-0,0.5,1E+9,1e-9,false,[],{},[[]],{\"a\":{}}"},
        {"2[\"x\"," PH("0") "]", "event / name=x args=" PH("0")},
        {"312[]", "ack / id=12 []"},
        {"312[ \n ]", "ack / id=12 [ \n ]"},
        {"3/custom,0[\"ok\",1]", "ack /custom id=0 args=\"ok\",1"},
        {"4{\"message\":\"no\"}", "refusal / {\"message\":\"no\"}"},
        {"4/x,\"no\"", "refusal /x \"no\""},
    };
    play(scenes, ARRAY_LEN(scenes));
}

static void test_reads_binary(void **state)
{
    (void)state;
    static const struct scene scenes[] = {
        {"51-[\"x\"," PH("0") "]", "binary-event / n=1 name=x args=" PH("0")},
        {"51-/custom,13[\"x\"," PH("0") "]", "binary-event /custom n=1 id=13 name=x args=" PH("0")},
        {"61-/custom,0[" PH("0") "]", "binary-ack /custom n=1 id=0 args=" PH("0")},
        {"52-[\"x\",{\"a\":[" PH("0") "]},[[" PH("1") "]]]",
         "binary-event / n=2 name=x args={\"a\":[" PH("0") "]},[[" PH("1") "]]"},
        {"52-[\"x\"," PH("1") "," PH("0") "]",
         "binary-event / n=2 name=x args=" PH("1") "," PH("0")},
        {"51-[\"x\",{\"num\":0,\"_placeholder\":true}]",
         "binary-event / n=1 name=x args={\"num\":0,\"_placeholder\":true}"},
        {"51-[\"x\",{\"_place\\u0068older\":true,\"n\\u0075m\":0}]",
         "binary-event / n=1 name=x args={\"_place\\u0068older\":true,\"n\\u0075m\":0}"},
        /* No placeholders: not true, or the words stand elsewhere. */
        {"51-[\"_placeholder\",{\"_placeholder\":false,\"num\":7},{\"num\":0},\"num\"," PH("0") "]",
         "binary-event / n=1 name=_placeholder "
         "args={\"_placeholder\":false,\"num\":7},{\"num\":0},\"num\"," PH("0")},
    };
    play(scenes, ARRAY_LEN(scenes));
}

/* What is refused, and under which id. */
static const struct scene refused[] = {
    {"", "SIO-EMPTY"},
    {"7", "SIO-TYPE"},
    {"9[\"x\"]", "SIO-TYPE"},
    {"abc", "SIO-TYPE"},
    {" 2[\"x\"]", "SIO-TYPE"},
    {"-1", "SIO-TYPE"},
    {"0/" D100, "SIO-NSP"},
    {"0/a\nb", "SIO-NSP"},
    {"0/\xff,", "SIO-NSP"},
    /* Ack ids. */
    {"2abc[\"x\"]", "SIO-JSON"},
    {"2-1[\"x\"]", "SIO-JSON"},
    {"21.5[\"x\"]", "SIO-JSON"},
    {"21-[\"x\"]", "SIO-JSON"},
    {"29007199254740992[\"x\"]", "SIO-ACK-ID"},
    {"2" D100 "[\"x\"]", "SIO-ACK-ID"},
    {"3[\"x\"]", "SIO-ACK-ID"},
    {"3/custom,[]", "SIO-ACK-ID"},
    {"01", "SIO-ACK-ID"},
    {"01{}", "SIO-ACK-ID"},
    {"11", "SIO-ACK-ID"},
    /* JSON. */
    {"2[", "SIO-JSON"},
    {"2[\"x\"", "SIO-JSON"},
    {"2[\"x\",", "SIO-JSON"},
    {"2[\"x\",]", "SIO-JSON"},
    {"2[,\"x\"]", "SIO-JSON"},
    {"2[\"x\" 1]", "SIO-JSON"},
    {"2[\"x\"}", "SIO-JSON"},
    {"2[\"x\"]]", "SIO-JSON"},
    {"2[\"x\"]junk", "SIO-JSON"},
    {"2[\"x\"][\"y\"]", "SIO-JSON"},
    {"2[\"x\"],", "SIO-JSON"},
    {"2[\"x]", "SIO-JSON"},
    {"2[\"x\\\"]", "SIO-JSON"},
    {"2[\"x\\", "SIO-JSON"},
    {"2[\"\\x\"]", "SIO-JSON"},
    {"2[\"\\u12g4\"]", "SIO-JSON"},
    {"2[\"\\u12", "SIO-JSON"},
    {"2[\"a\nb\"]", "SIO-JSON"},
    {"2['x']", "SIO-JSON"},
    {"2   ", "SIO-JSON"},
    {"2]", "SIO-JSON"},
    {"2[\"x\",01]", "SIO-JSON"},
    {"2[\"x\",1.]", "SIO-JSON"},
    {"2[\"x\",.5]", "SIO-JSON"},
    {"2[\"x\",1e]", "SIO-JSON"},
    {"2[\"x\",1e+]", "SIO-JSON"},
    {"2[\"x\",-]", "SIO-JSON"},
    {"2[\"x\",+1]", "SIO-JSON"},
    {"2[\"x\",tru]", "SIO-JSON"},
    {"2[\"x\",True]", "SIO-JSON"},
    {"2[\"x\",NaN]", "SIO-JSON"},
    {"2[\"x\",nul", "SIO-JSON"},
    {"2[\"x\",{]", "SIO-JSON"},
    {"2[\"x\",{}", "SIO-JSON"},
    {"2[\"x\",{\"a\"}]", "SIO-JSON"},
    {"2[\"x\",{\"a\":}]", "SIO-JSON"},
    {"2[\"x\",{\"a\":1,}]", "SIO-JSON"},
    {"2[\"x\",{a:1}]", "SIO-JSON"},
    {"2[\"x\",{\"a\":1]]", "SIO-JSON"},
    {"2[\"x\",{\"a\" 1}]", "SIO-JSON"},
    {"2[\"x\xff\"]", "SIO-UTF8"},
    {"2[\"x\",{\"\xed\xa0\x80\":1}]", "SIO-UTF8"},
    {"0{", "SIO-JSON"},
    {"0/custom,{\"a\":1", "SIO-JSON"},
    {"0/custom{\"a\":1,\"b\":2}", "SIO-JSON"},
    /* Payloads of another kind. */
    {"0[]", "SIO-CONNECT-PAYLOAD"},
    {"0\"x\"", "SIO-CONNECT-PAYLOAD"},
    {"0null", "SIO-CONNECT-PAYLOAD"},
    {"0/custom,true", "SIO-CONNECT-PAYLOAD"},
    {"1{}", "SIO-DISCONNECT-PAYLOAD"},
    {"1[]", "SIO-DISCONNECT-PAYLOAD"},
    {"1/custom,\"x\"", "SIO-DISCONNECT-PAYLOAD"},
    {"2", "SIO-EVENT-PAYLOAD"},
    {"25", "SIO-EVENT-PAYLOAD"},
    {"2/custom,", "SIO-EVENT-PAYLOAD"},
    {"2{}", "SIO-EVENT-PAYLOAD"},
    {"2{\"0\":\"x\"}", "SIO-EVENT-PAYLOAD"},
    {"2\"x\"", "SIO-EVENT-PAYLOAD"},
    {"2null", "SIO-EVENT-PAYLOAD"},
    {"2[]", "SIO-EVENT-NAME"},
    {"2[null]", "SIO-EVENT-NAME"},
    {"2[true]", "SIO-EVENT-NAME"},
    {"2[{}]", "SIO-EVENT-NAME"},
    {"2[[\"x\"]]", "SIO-EVENT-NAME"},
    {"2[\"connect\"]", "SIO-EVENT-RESERVED"},
    {"2[\"connect_error\",1]", "SIO-EVENT-RESERVED"},
    {"21[\"disconnect\"]", "SIO-EVENT-RESERVED"},
    {"2[\"disconnecting\"]", "SIO-EVENT-RESERVED"},
    {"2[\"newListener\"]", "SIO-EVENT-RESERVED"},
    {"2[\"removeListener\"]", "SIO-EVENT-RESERVED"},
    {"2[\"\\u0063onnect\"]", "SIO-EVENT-RESERVED"},
    {"2[\"new\\u004C\\u0069stener\"]", "SIO-EVENT-RESERVED"},
    {"51-[\"connect\"," PH("0") "]", "SIO-EVENT-RESERVED"},
    {"30", "SIO-ACK-PAYLOAD"},
    {"30{}", "SIO-ACK-PAYLOAD"},
    {"30\"x\"", "SIO-ACK-PAYLOAD"},
    {"4", "SIO-REFUSAL-PAYLOAD"},
    {"4[]", "SIO-REFUSAL-PAYLOAD"},
};

static void test_refuses(void **state)
{
    (void)state;
    play(refused, ARRAY_LEN(refused));
}

static void test_refuses_binary(void **state)
{
    (void)state;
    static const struct scene scenes[] = {
        {"5[\"x\"]", "SIO-ATTACHMENTS"},
        {"5", "SIO-ATTACHMENTS"},
        {"51", "SIO-ATTACHMENTS"},
        {"51[\"x\"," PH("0") "]", "SIO-ATTACHMENTS"},
        {"5-[\"x\"]", "SIO-ATTACHMENTS"},
        {"50-[\"x\"]", "SIO-ATTACHMENTS"},
        {"5-1-[\"x\"]", "SIO-ATTACHMENTS"},
        {"51.5-[\"x\"," PH("0") "]", "SIO-ATTACHMENTS"},
        {"51e0-[\"x\"," PH("0") "]", "SIO-ATTACHMENTS"},
        {"5a-[\"x\"]", "SIO-ATTACHMENTS"},
        {"5/custom,1-[\"x\"," PH("0") "]", "SIO-ATTACHMENTS"},
        {"511-[\"x\"]", "SIO-ATTACHMENTS-MAX"},
        {"5" D100 "-[\"x\"]", "SIO-ATTACHMENTS-MAX"},
        {"60-1[]", "SIO-ATTACHMENTS"},
        {"61-[" PH("0") "]", "SIO-ACK-ID"},
        {"61-0{\"a\":" PH("0") "}", "SIO-ACK-PAYLOAD"},
        {"51-" PH("0"), "SIO-EVENT-PAYLOAD"},
        {"51-[" PH("0") "]", "SIO-EVENT-NAME"},
        {"51-[\"x\"]", "SIO-PLACEHOLDERS"},
        {"52-[\"x\"," PH("0") "]", "SIO-PLACEHOLDERS"},
        {"51-[\"x\"," PH("0") "," PH("1") "]", "SIO-PLACEHOLDERS"},
        {"52-[\"x\"," PH("0") "," PH("0") "]", "SIO-PLACEHOLDERS"},
        {"51-[\"x\"," PH("1") "]", "SIO-PLACEHOLDERS"},
        {"51-[\"x\"," PH("-1") "]", "SIO-PLACEHOLDERS"},
        {"51-[\"x\"," PH("0.5") "]", "SIO-PLACEHOLDERS"},
        {"51-[\"x\"," PH("\"0\"") "]", "SIO-PLACEHOLDERS"},
        {"51-[\"x\"," PH("\"splice\"") "]", "SIO-PLACEHOLDERS"},
        {"51-[\"x\"," PH("null") "]", "SIO-PLACEHOLDERS"},
        {"51-[\"x\"," PH("[0]") "]", "SIO-PLACEHOLDERS"},
        {"51-[\"x\"," PH("99999999999999999999") "]", "SIO-PLACEHOLDERS"},
        {"51-[\"x\",{\"_placeholder\":true}]", "SIO-PLACEHOLDERS"},
        {"51-[\"x\",{\"_placeholder\":1,\"num\":0}]", "SIO-PLACEHOLDERS"},
        {"51-[\"x\",{\"_placeholder\":\"true\",\"num\":0}]", "SIO-PLACEHOLDERS"},
        {"51-[\"x\",{\"_placeholder\":true,\"num\":0,\"num\":0}]", "SIO-PLACEHOLDERS"},
        {"51-[\"x\",{\"_placeholder\":true,\"_placeholder\":true,\"num\":0}]", "SIO-PLACEHOLDERS"},
        {"51-[\"x\",\"_placeholder\",true,\"num\",0]", "SIO-PLACEHOLDERS"},
    };
    play(scenes, ARRAY_LEN(scenes));
}

/* Duty 19. */
static void test_deep(void **state)
{
    (void)state;
    static const char pairs[][2] = {{'[', ']'}, {'{', '}'}};
    struct buf out = {0};
    for (size_t kind = 0; kind < ARRAY_LEN(pairs); kind++) {
        for (size_t depth = 63; depth <= 100000; depth = depth < 65 ? depth + 1 : depth * 10) {
            struct buf text = {0};
            buf_add_cstr(&text, "2[\"x\",");
            for (size_t i = 1; i < depth; i++)
                buf_add_cstr(&text, kind == 0 ? "[" : "{\"a\":");
            buf_add_char(&text, '1');
            for (size_t i = 1; i < depth; i++)
                buf_add_char(&text, pairs[kind][1]);
            buf_add_char(&text, ']');
            const char *got = shown(&out, buf_str(&text));
            if (depth <= limits.depth_max)
                assert_memory_equal(got, "event / name=x args=", 20);
            else
                assert_string_equal(got, "SIO-DEPTH");
            buf_fini(&text);
        }
    }
    buf_fini(&out);
}

static void test_size(void **state)
{
    (void)state;
    struct sio_limits small = limits;
    struct sio_packet p;
    small.bytes_max = 8;
    assert_int_equal(sio_parse(STR("2[\"1234\""), &small, &p), -SIO_ERR_JSON);
    assert_int_equal(sio_parse(STR("2[\"123\"]"), &small, &p), 0);
    assert_int_equal(sio_parse(STR("2[\"1234\"]"), &small, &p), -SIO_ERR_TOO_BIG);
    small.bytes_max = 100;
    small.attachments_max = 1;
    assert_int_equal(sio_parse(STR("52-[]"), &small, &p), -SIO_ERR_ATTACHMENTS_MAX);
}

/* Each byte cut off a good packet leaves a bad one, or one that is good for itself. */
static void test_cut(void **state)
{
    (void)state;
    static const char whole[] = "51-/custom,13[\"x\\u00e9\",{\"a\":[1.5e3,true,null]}," PH("0") "]";
    struct sio_packet p;
    for (size_t len = 0; len < sizeof whole - 1; len++) {
        char *copy = mem_alloc(len + 1);
        memcpy(copy, whole, len);
        copy = mem_grow(copy, len > 0 ? len : 1);
        assert_true(sio_parse((struct str){copy, len}, &limits, &p) < 0);
        mem_free(copy);
    }
    assert_int_equal(sio_parse(STR(whole), &limits, &p), 0);
}

static int takes(struct sio_peer *peer, const char *message, int nsp)
{
    struct sio_packet p;
    assert_int_equal(sio_parse(str_of(message), &limits, &p), 0);
    return sio_peer_take(peer, p.type, nsp);
}

/* Duties 11, 12, 16, 17. */
static void test_peer(void **state)
{
    (void)state;
    enum { ROOT, CUSTOM };
    struct sio_peer peer = {0};
    assert_int_equal(takes(&peer, "2[\"x\"]", ROOT), -SIO_ERR_FIRST);
    assert_int_equal(takes(&peer, "1", ROOT), -SIO_ERR_FIRST);
    assert_int_equal(takes(&peer, "30[]", ROOT), -SIO_ERR_FIRST);
    assert_int_equal(takes(&peer, "4{}", ROOT), -SIO_ERR_CONNECT_ERROR);

    /* An unknown namespace is refused and forgotten; the connection stays. */
    assert_int_equal(takes(&peer, "0/x", SIO_NSP_UNKNOWN), 0);
    assert_int_equal(takes(&peer, "0/x", SIO_NSP_UNKNOWN), 0);
    assert_int_equal(takes(&peer, "2/x,[\"x\"]", SIO_NSP_UNKNOWN), -SIO_ERR_NOT_JOINED);
    assert_false(sio_peer_is_in(&peer, SIO_NSP_UNKNOWN));
    assert_false(sio_peer_is_in_any(&peer));

    /* A CONNECT that is still judged: no packets, no second one, others don't wait. */
    assert_int_equal(takes(&peer, "0", ROOT), 0);
    assert_int_equal(takes(&peer, "2[\"x\"]", ROOT), -SIO_ERR_NOT_JOINED);
    assert_int_equal(takes(&peer, "0", ROOT), -SIO_ERR_CONNECT_TWICE);
    assert_int_equal(takes(&peer, "0/custom,", CUSTOM), 0);
    sio_peer_joined(&peer, CUSTOM);
    assert_true(sio_peer_is_in(&peer, CUSTOM) && !sio_peer_is_in(&peer, ROOT));
    assert_true(sio_peer_is_in_any(&peer));
    assert_int_equal(takes(&peer, "2/custom,[\"x\"]", CUSTOM), 0);
    assert_int_equal(takes(&peer, "0/custom,", CUSTOM), -SIO_ERR_CONNECT_TWICE);

    /* Refused, tried again, granted. */
    sio_peer_left(&peer, ROOT);
    assert_int_equal(takes(&peer, "0", ROOT), 0);
    sio_peer_joined(&peer, ROOT);
    assert_int_equal(takes(&peer, "30[]", ROOT), 0);
    assert_int_equal(takes(&peer, "51-[\"x\"," PH("0") "]", ROOT), 0);
    assert_int_equal(takes(&peer, "4\"x\"", ROOT), -SIO_ERR_CONNECT_ERROR);

    /* DISCONNECT leaves one namespace, which may be joined again. */
    assert_int_equal(takes(&peer, "1", ROOT), 0);
    assert_int_equal(takes(&peer, "1", ROOT), -SIO_ERR_NOT_JOINED);
    assert_int_equal(takes(&peer, "2/custom,[\"x\"]", CUSTOM), 0);
    assert_int_equal(takes(&peer, "0", ROOT), 0);
    sio_peer_joined(&peer, ROOT);
    sio_peer_left(&peer, CUSTOM);
    assert_int_equal(takes(&peer, "2/custom,[\"x\"]", CUSTOM), -SIO_ERR_NOT_JOINED);
    assert_true(sio_peer_is_in(&peer, ROOT));
}

static int gathers(struct sio_gather *g, const char *message)
{
    struct sio_packet p;
    assert_int_equal(sio_parse(str_of(message), &limits, &p), 0);
    return sio_gather_text(g, str_of(message), &p);
}

/* Duty 15. */
static void test_gather(void **state)
{
    (void)state;
    struct sio_gather g = {0};
    unsigned index = 99;
    assert_int_equal(sio_gather_binary(&g, 1, &limits, &index), -SIO_ERR_BINARY_UNASKED);
    assert_int_equal(gathers(&g, "2[\"x\"]"), SIO_COMPLETE);
    assert_int_equal(sio_gather_binary(&g, 1, &limits, &index), -SIO_ERR_BINARY_UNASKED);

    assert_int_equal(gathers(&g, "52-[\"x\"," PH("0") "," PH("1") "]"), SIO_MORE);
    assert_true(sio_gather_due(&g));
    assert_int_equal(sio_gather_binary(&g, 3, &limits, &index), SIO_MORE);
    assert_int_equal(index, 0);
    assert_int_equal(gathers(&g, "2[\"x\"]"), -SIO_ERR_TEXT_INSIDE);
    assert_int_equal(sio_gather_binary(&g, 0, &limits, &index), SIO_COMPLETE);
    assert_int_equal(index, 1);
    assert_false(sio_gather_due(&g));
    assert_int_equal(sio_gather_binary(&g, 1, &limits, &index), -SIO_ERR_BINARY_UNASKED);
    assert_int_equal(gathers(&g, "2[\"x\"]"), SIO_COMPLETE);

    /* Header and attachments share one limit. */
    static const char header[] = "52-[\"x\"," PH("0") "," PH("1") "]";
    size_t room = limits.bytes_max - (sizeof header - 1);
    assert_int_equal(gathers(&g, header), SIO_MORE);
    assert_int_equal(sio_gather_binary(&g, SIZE_MAX, &limits, &index), -SIO_ERR_TOO_BIG);
    assert_int_equal(sio_gather_binary(&g, room - 1, &limits, &index), SIO_MORE);
    assert_int_equal(sio_gather_binary(&g, 2, &limits, &index), -SIO_ERR_TOO_BIG);
    assert_int_equal(sio_gather_binary(&g, 1, &limits, &index), SIO_COMPLETE);
}

static void assert_wrote(struct buf *out, const char *text)
{
    assert_string_equal(buf_cstr(out), text);
    buf_clear(out);
}

/* Duties 10, 11, 16, 20. */
static void test_writes_connect(void **state)
{
    (void)state;
    const struct str root = STR("/"), custom = STR("/custom"), none = {0};
    struct buf out = {0};
    sio_write_connect(&out, root, STR("abc"), none);
    assert_wrote(&out, "0{\"sid\":\"abc\"}");
    sio_write_connect(&out, custom, STR("abc"), STR("def"));
    assert_wrote(&out, "0/custom,{\"sid\":\"abc\",\"pid\":\"def\"}");
    sio_write_connect_error(&out, STR("/x"), STR("Invalid namespace"), none);
    assert_wrote(&out, "4/x,{\"message\":\"Invalid namespace\"}");
    sio_write_connect_error(&out, root, STR("\"no\""), STR("{\"code\":3}"));
    assert_wrote(&out, "4{\"message\":\"\\\"no\\\"\",\"data\":{\"code\":3}}");
    buf_add_char(&out, '4');
    sio_write_disconnect(&out, root);
    assert_wrote(&out, "41");
    sio_write_disconnect(&out, custom);
    assert_wrote(&out, "1/custom,");
    buf_fini(&out);
}

/* Duties 10, 14, 15, 20. */
static void test_writes_messages(void **state)
{
    (void)state;
    struct buf out = {0};
    struct sio_message m = {.nsp = STR("/"), .name = STR("hi"), .id = SIO_NO_ID};
    sio_write_event(&out, &m);
    assert_wrote(&out, "2[\"hi\"]");
    m.offset = STR("17");
    sio_write_event(&out, &m);
    assert_wrote(&out, "2[\"hi\",\"17\"]");
    m.args = STR("1,{\"a\":2}");
    m.nsp = STR("/custom");
    sio_write_event(&out, &m);
    assert_wrote(&out, "2/custom,[\"hi\",1,{\"a\":2},\"17\"]");
    m.attachments = 2;
    m.append = true;
    sio_write_event(&out, &m);
    assert_wrote(&out, "52-/custom,[\"hi\",1,{\"a\":2}," PH("0") "," PH("1") ",\"17\"]");
    m = (struct sio_message){.nsp = STR("/"), .name = STR("a\"b"), .id = 0};
    sio_write_event(&out, &m);
    assert_wrote(&out, "20[\"a\\\"b\"]");

    m = (struct sio_message){.nsp = STR("/"), .id = SIO_ID_MAX};
    sio_write_ack(&out, &m);
    assert_wrote(&out, "39007199254740991[]");
    m.id = 12;
    m.nsp = STR("/custom");
    m.args = STR("\"ok\",1");
    sio_write_ack(&out, &m);
    assert_wrote(&out, "3/custom,12[\"ok\",1]");
    m.attachments = 1;
    m.args = STR("{\"a\":" PH("0") "}");
    sio_write_ack(&out, &m);
    assert_wrote(&out, "61-/custom,12[{\"a\":" PH("0") "}]");
    m.args = (struct str){0};
    m.append = true;
    sio_write_ack(&out, &m);
    assert_wrote(&out, "61-/custom,12[" PH("0") "]");
    buf_fini(&out);
}

/* What was read is written back with another name, as an echo does. */
static void test_echoes(void **state)
{
    (void)state;
    struct buf out = {0};
    struct sio_packet p;
    assert_int_equal(
        sio_parse(STR("52-/custom,7[ \"hi\", 1," PH("1") ",[" PH("0") "] \n]"), &limits, &p), 0);
    struct sio_message m = {.nsp = p.nsp, .args = p.args, .id = p.id, .attachments = p.attachments};
    m.name = STR("back");
    sio_write_ack(&out, &m);
    assert_int_equal(sio_parse(buf_str(&out), &limits, &p), 0);
    assert_true(p.type == SIO_BINARY_ACK && p.id == 7 && p.attachments == 2);
    assert_true(str_is(p.nsp, "/custom"));
    buf_clear(&out);
    sio_write_event(&out, &m);
    assert_int_equal(sio_parse(buf_str(&out), &limits, &p), 0);
    assert_true(p.type == SIO_BINARY_EVENT && str_is(p.name, "back") && p.id == 7);

    buf_clear(&out);
    assert_int_equal(sio_parse(STR("31[\n]"), &limits, &p), 0);
    m = (struct sio_message){
        .nsp = p.nsp, .args = p.args, .id = 1, .attachments = 1, .append = true};
    sio_write_ack(&out, &m);
    assert_int_equal(sio_parse(buf_str(&out), &limits, &p), 0);
    buf_fini(&out);
}

/* Duty 20. */
static void test_recovery(void **state)
{
    (void)state;
    struct sio_packet p;
    struct str pid, offset;
    assert_int_equal(sio_parse(STR("0{\"x\":[1],\"pid\":\"abc\",\"offset\":\"17\"}"), &limits, &p),
                     0);
    assert_true(sio_recovery(&p, &pid, &offset));
    assert_true(str_is(pid, "abc") && str_is(offset, "17"));
    static const char *const without[] = {
        "0",
        "0{}",
        "0{\"pid\":\"abc\"}",
        "0{\"offset\":\"17\"}",
        "0{\"pid\":\"abc\",\"offset\":17}",
        "0{\"pid\":null,\"offset\":\"17\"}",
        "0{\"pid\":\"a\\u0062c\",\"offset\":\"17\"}",
        "0{\"auth\":{\"pid\":\"abc\",\"offset\":\"17\"}}",
    };
    for (size_t i = 0; i < ARRAY_LEN(without); i++) {
        assert_int_equal(sio_parse(str_of(without[i]), &limits, &p), 0);
        assert_false(sio_recovery(&p, &pid, &offset));
    }
}

/* Each row has an id of its own. */
static void test_reasons(void **state)
{
    (void)state;
    for (int a = 1; a < SIO_ERR_COUNT; a++) {
        assert_memory_equal(sio_reason_of(-a)->id, "SIO-", 4);
        for (int b = a + 1; b < SIO_ERR_COUNT; b++)
            assert_string_not_equal(sio_reason_of(-a)->id, sio_reason_of(-b)->id);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads),
        cmocka_unit_test(test_reads_binary),
        cmocka_unit_test(test_refuses),
        cmocka_unit_test(test_refuses_binary),
        cmocka_unit_test(test_deep),
        cmocka_unit_test(test_size),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_peer),
        cmocka_unit_test(test_gather),
        cmocka_unit_test(test_writes_connect),
        cmocka_unit_test(test_writes_messages),
        cmocka_unit_test(test_echoes),
        cmocka_unit_test(test_recovery),
        cmocka_unit_test(test_reasons),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
