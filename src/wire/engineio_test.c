/* engineio_test.c - what the Engine.IO codec takes, refuses and writes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "wire/engineio.h"

#define S(lit)                                                                                     \
    {                                                                                              \
        lit, sizeof(lit) - 1                                                                       \
    }

static const struct eio_limits limits = {.ping_interval_ms = 300,
                                         .ping_timeout_ms = 200,
                                         .max_payload = 100,
                                         .upgrade_timeout_ms = 10000,
                                         .packets_max = 8};

static const struct eio_packet hello = {.type = EIO_MESSAGE, .data = S("hello")};

static struct eio_packet bare(enum eio_type type)
{
    return (struct eio_packet){.type = type};
}

/* ---- Packets ---- */

static const struct {
    struct str text;        /* of a WebSocket message */
    enum eio_reason why;    /* what is wrong with it */
    struct eio_packet read; /* else, what it is */
} packets[] = {
    {S("0{}"), EIO_WHY_NONE, {EIO_OPEN, false, S("{}")}},
    {S("1"), EIO_WHY_NONE, {EIO_CLOSE, false, S("")}},
    {S("2"), EIO_WHY_NONE, {EIO_PING, false, S("")}},
    {S("2probe"), EIO_WHY_NONE, {EIO_PING, false, S("probe")}},
    {S("3"), EIO_WHY_NONE, {EIO_PONG, false, S("")}},
    {S("3probe"), EIO_WHY_NONE, {EIO_PONG, false, S("probe")}},
    {S("4"), EIO_WHY_NONE, {EIO_MESSAGE, false, S("")}},
    {S("4hello"), EIO_WHY_NONE, {EIO_MESSAGE, false, S("hello")}},
    {S("4\0\036\xe2\x82\xac"), EIO_WHY_NONE, {EIO_MESSAGE, false, S("\0\036\xe2\x82\xac")}},
    {S("4b"), EIO_WHY_NONE, {EIO_MESSAGE, false, S("b")}},
    {S("5"), EIO_WHY_NONE, {EIO_UPGRADE, false, S("")}},
    {S("6"), EIO_WHY_NONE, {EIO_NOOP, false, S("")}},
    {S("bAQIDBA=="), EIO_WHY_NONE, {EIO_MESSAGE, true, S("\1\2\3\4")}},
    {S("b"), EIO_WHY_NONE, {EIO_MESSAGE, true, S("")}},
    {S(""), EIO_WHY_PACKET_EMPTY, {0}},
    {S("7"), EIO_WHY_PACKET_TYPE, {0}},
    {S("/"), EIO_WHY_PACKET_TYPE, {0}},
    {S("abc"), EIO_WHY_PACKET_TYPE, {0}},
    {S("B"), EIO_WHY_PACKET_TYPE, {0}},
    {S("\0"), EIO_WHY_PACKET_TYPE, {0}},
    {S("\xb4"), EIO_WHY_PACKET_TYPE, {0}},
    {S(" 4"), EIO_WHY_PACKET_TYPE, {0}},
    {S("bAQIDBA"), EIO_WHY_PACKET_BASE64, {0}},
    {S("bAQIDBA="), EIO_WHY_PACKET_BASE64, {0}},
    {S("bAQIDBB=="), EIO_WHY_PACKET_BASE64, {0}},
    {S("bAQID-_=="), EIO_WHY_PACKET_BASE64, {0}},
    {S("bA==="), EIO_WHY_PACKET_BASE64, {0}},
    {S("bAQ==AQ=="), EIO_WHY_PACKET_BASE64, {0}},
    {S("b AQI"), EIO_WHY_PACKET_BASE64, {0}},
};

static void assert_str(struct str got, struct str want)
{
    assert_int_equal(got.len, want.len);
    if (want.len > 0)
        assert_memory_equal(got.at, want.at, want.len);
}

static void assert_packet(const struct eio_packet *got, const struct eio_packet *want)
{
    assert_int_equal(got->type, want->type);
    assert_int_equal(got->binary, want->binary);
    assert_str(got->data, want->data);
}

static void test_packets(void **state)
{
    (void)state;
    struct buf scratch = {0};
    struct buf out = {0};
    for (size_t i = 0; i < ARRAY_LEN(packets); i++) {
        struct eio_packet got = {0};
        assert_int_equal(eio_packet_read(packets[i].text, &scratch, &got), packets[i].why);
        if (packets[i].why != EIO_WHY_NONE)
            continue;
        assert_packet(&got, &packets[i].read);
        buf_clear(&out);
        assert_int_equal(eio_packet_write(&out, &got), !got.binary);
        assert_str(buf_str(&out), got.binary ? got.data : packets[i].text);
        buf_clear(&out);
        eio_payload_add(&out, &got);
        assert_str(buf_str(&out), packets[i].text);
    }
    buf_fini(&scratch);
    buf_fini(&out);
}

static void test_binary_messages(void **state)
{
    (void)state;
    struct buf out = {0};
    struct eio_packet p = eio_packet_of_binary(STR("4\xff\0"));
    assert_packet(&p, &(struct eio_packet){EIO_MESSAGE, true, S("4\xff\0")});
    assert_false(eio_packet_write(&out, &p));
    assert_str(buf_str(&out), STR("4\xff\0"));
    buf_clear(&out);
    p = eio_packet_of_binary(STR(""));
    assert_false(eio_packet_write(&out, &p));
    assert_int_equal(out.len, 0);
    buf_fini(&out);
}

static void test_open_packet(void **state)
{
    (void)state;
    struct buf out = {0};
    eio_open_write(&out, STR("lv_VI97HAXpY6yYWAAAC"), true, &limits);
    assert_str(buf_str(&out), STR("0{\"sid\":\"lv_VI97HAXpY6yYWAAAC\",\"upgrades\":[\"websocket\"],"
                                  "\"pingInterval\":300,\"pingTimeout\":200,\"maxPayload\":100}"));
    buf_clear(&out);
    eio_open_write(&out, STR("x"), false, &limits);
    assert_str(buf_str(&out), STR("0{\"sid\":\"x\",\"upgrades\":[],\"pingInterval\":300,"
                                  "\"pingTimeout\":200,\"maxPayload\":100}"));
    buf_fini(&out);
}

/* ---- Payloads ---- */

/* Every packet as TYPE:DATA, binary in brackets, then the fault. */
static void walk(struct str body, struct buf *out)
{
    struct buf scratch = {0};
    struct eio_packet p;
    struct eio_payload walk = eio_payload_walk(body, &limits);
    buf_clear(out);
    while (eio_payload_next(&walk, &scratch, &p))
        buf_addf(out, p.binary ? "%d[%.*s] " : "%d:%.*s ", (int)p.type, STR_ARG(p.data));
    if (walk.why != EIO_WHY_NONE)
        buf_add_cstr(out, eio_reason_id(walk.why));
    assert_false(eio_payload_next(&walk, &scratch, &p));
    buf_fini(&scratch);
}

#define TEN     "4aaaaaaaaa"
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN

static void test_payloads(void **state)
{
    (void)state;
    static const struct {
        struct str body;    /* of a POST */
        const char *script; /* what walk() makes of it */
    } payloads[] = {
        {S("4hello"), "4:hello "},
        {S("4a\0362\0364b"), "4:a 2: 4:b "},
        {S("4hello\036bYWJj\036bZGU="), "4:hello 4[abc] 4[de] "},
        {S("1\0363\0365\0366\0360"), "1: 3: 5: 6: 0: "},
        {S("4\xe2\x82\xac"), "4:\xe2\x82\xac "},
        {S(""), "EIO-PACKET-EMPTY"},
        {S("\036"), "EIO-PACKET-EMPTY"},
        {S("4a\036"), "4:a EIO-PACKET-EMPTY"},
        {S("\0364a"), "EIO-PACKET-EMPTY"},
        {S("4a\036\0364b"), "4:a EIO-PACKET-EMPTY"},
        {S("abc"), "EIO-PACKET-TYPE"},
        {S("4a\036x\0364b"), "4:a EIO-PACKET-TYPE"},
        {S("4a\036bAQ"), "4:a EIO-PACKET-BASE64"},
        {S("4\xe2\x82"), "EIO-PACKET-UTF8"},
        {S("4a\0364\xed\xa0\x80"), "4:a EIO-PACKET-UTF8"},
        {S("4\xe2\0364\x82\xac"), "EIO-PACKET-UTF8"},
        {S("2\0362\0362\0362\0362\0362\0362\0362"), "2: 2: 2: 2: 2: 2: 2: 2: "},
        {S("3\0363\0363\0363\0363\0363\0363\0363\0363"), "3: 3: 3: 3: 3: 3: 3: 3: EIO-TOO-MANY"},
        {S(HUNDRED "x"), "EIO-TOO-BIG"},
    };
    struct buf out = {0};
    for (size_t i = 0; i < ARRAY_LEN(payloads); i++) {
        walk(payloads[i].body, &out);
        assert_string_equal(buf_cstr(&out), payloads[i].script);
    }
    walk(STR(HUNDRED), &out); /* exactly maxPayload is fine */
    assert_int_equal(out.len, 100 + 2);
    buf_fini(&out);
}

/* Cut anywhere, the packets in front of the cut stay what they are. */
static void test_cut_payloads(void **state)
{
    (void)state;
    const struct str body = S("4one\036bdHdv\0364\xe2\x82\xac\0362");
    const size_t ends[] = {4, 10, 15, 17};
    const char *const whole[] = {"4:one ", "4[two] ", "4:\xe2\x82\xac ", "2: "};
    struct buf out = {0};
    for (size_t len = 0; len <= body.len; len++) {
        char *copy = memcpy(mem_alloc(len + 1), body.at, len); /* so that a read past it is seen */
        copy = mem_grow(copy, len ? len : 1);
        walk((struct str){copy, len}, &out);
        const char *at = buf_cstr(&out);
        for (size_t i = 0; i < ARRAY_LEN(ends) && ends[i] <= len; i++) {
            assert_memory_equal(at, whole[i], strlen(whole[i]));
            at += strlen(whole[i]);
        }
        mem_free(copy);
    }
    buf_fini(&out);
}

static void test_writing_payloads(void **state)
{
    (void)state;
    struct buf out = {0};
    const struct eio_packet binary = eio_packet_of_binary(STR("\1\2\3\4"));
    const struct eio_packet ping = bare(EIO_PING);
    eio_payload_add(&out, &hello);
    eio_payload_add(&out, &binary);
    eio_payload_add(&out, &ping);
    assert_str(buf_str(&out), STR("4hello\036bAQIDBA==\0362"));
    buf_fini(&out);
}

/* ---- Requests ---- */

static void test_queries(void **state)
{
    (void)state;
    static const struct {
        struct str query;
        struct str transport, sid, version;
    } queries[] = {
        {S("EIO=4&transport=polling"), S("polling"), S(""), S("4")},
        {S("t=Pxyz&sid=abc&transport=polling&EIO=4&b64=1"), S("polling"), S("abc"), S("4")},
        {S("transport=websocket&sid=a=b"), S("websocket"), S("a=b"), S("")},
        {S("&&EIO&sid=&transport"), S(""), S(""), S("")},
        {S("eio=4&Transport=polling&SID=x"), S(""), S(""), S("")},
        {S("transport=polling&transport=polling&EIO=4&EIO=4&sid=&sid=x"), S(","), S(","), S(",")},
        {S("EIO&sid&transport&EIO=4&transport=polling&sid"), S(","), S(","), S(",")},
        {S(""), S(""), S(""), S("")},
    };
    for (size_t i = 0; i < ARRAY_LEN(queries); i++) {
        struct eio_query q = eio_query_read(queries[i].query);
        assert_str(q.transport, queries[i].transport);
        assert_str(q.sid, queries[i].sid);
        assert_str(q.version, queries[i].version);
    }
}

static const struct eio_session on_polling = {.state = EIO_OPENED};
static struct eio_session on_websocket, gone; /* made by test_requests() */

/* Each row but the first of a group breaks one thing more, and what is checked first is told. */
static void test_requests(void **state)
{
    (void)state;
    eio_session_init(&on_websocket, true);
    eio_session_opened(&on_websocket, &limits, 0);
    gone.state = EIO_CLOSED;
    const struct {
        const char *query;
        const char *how; /* G(ET) or P(OST) or other, then O(rigin bad), U(pgrade) */
        const struct eio_session *session;
        enum eio_error error;
    } requests[] = {
        {"EIO=4&transport=polling", "G", NULL, EIO_ERR_NONE},
        {"EIO=4&transport=polling&sid=", "G", NULL, EIO_ERR_NONE},
        {"EIO=3&transport=polling", "G", NULL, EIO_ERR_VERSION},
        {"EIO=44&transport=polling", "G", NULL, EIO_ERR_VERSION},
        {"transport=polling", "G", NULL, EIO_ERR_VERSION},
        {"EIO=3&transport=polling", "P", NULL, EIO_ERR_METHOD},
        {"EIO=3&transport=polling", "D", NULL, EIO_ERR_METHOD},
        {"EIO=3&transport=polling&sid=x", "D", NULL, EIO_ERR_SID},
        {"EIO=3&transport=polling&sid=x", "DO", NULL, EIO_ERR_FORBIDDEN},
        {"EIO=3&transport=pollin&sid=x", "DO", NULL, EIO_ERR_TRANSPORT},
        {"EIO=4", "G", NULL, EIO_ERR_TRANSPORT},
        {"EIO=4&transport=Polling", "G", NULL, EIO_ERR_TRANSPORT},

        {"EIO=4&transport=websocket", "GU", NULL, EIO_ERR_NONE},
        {"EIO=4&transport=websocket", "G", NULL, EIO_ERR_REQUEST},
        {"EIO=4&transport=websocket", "P", NULL, EIO_ERR_METHOD},
        {"EIO=3&transport=websocket", "GU", NULL, EIO_ERR_VERSION},
        {"EIO=4&transport=polling", "GU", NULL, EIO_ERR_REQUEST},

        {"EIO=4&transport=polling&sid=p", "G", &on_polling, EIO_ERR_NONE},
        {"EIO=4&transport=polling&sid=p", "P", &on_polling, EIO_ERR_NONE},
        {"EIO=4&transport=polling&sid=p", "D", &on_polling, EIO_ERR_REQUEST},
        {"EIO=4&transport=polling&sid=p", "GU", &on_polling, EIO_ERR_REQUEST},
        {"transport=polling&sid=p", "G", &on_polling, EIO_ERR_VERSION},
        {"EIO=4&transport=websocket&sid=p", "GU", &on_polling, EIO_ERR_NONE},
        {"EIO=4&transport=websocket&sid=p", "G", &on_polling, EIO_ERR_REQUEST},
        {"EIO=4&transport=websocket&sid=p", "PU", &on_polling, EIO_ERR_REQUEST},

        {"EIO=4&transport=polling&sid=w", "G", &on_websocket, EIO_ERR_REQUEST},
        {"EIO=4&transport=polling&sid=w", "P", &on_websocket, EIO_ERR_REQUEST},
        {"EIO=4&transport=websocket&sid=w", "GU", &on_websocket, EIO_ERR_NONE},
        {"EIO=4&transport=polling&sid=g", "G", &gone, EIO_ERR_SID},
    };
    for (size_t i = 0; i < ARRAY_LEN(requests); i++) {
        const char *how = requests[i].how;
        struct eio_query q = eio_query_read(str_of(requests[i].query));
        struct eio_request rq = {.session = requests[i].session,
                                 .origin_ok = !strchr(how, 'O'),
                                 .get = how[0] == 'G',
                                 .post = how[0] == 'P',
                                 .upgrade = strchr(how, 'U')};
        assert_int_equal(eio_request_check(&q, &rq), requests[i].error);
    }
}

static void test_errors(void **state)
{
    (void)state;
    static const char *const json[EIO_ERR_COUNT] = {
        "{\"code\":0,\"message\":\"Transport unknown\"}",
        "{\"code\":1,\"message\":\"Session ID unknown\"}",
        "{\"code\":2,\"message\":\"Bad handshake method\"}",
        "{\"code\":3,\"message\":\"Bad request\"}",
        "{\"code\":4,\"message\":\"Forbidden\"}",
        "{\"code\":5,\"message\":\"Unsupported protocol version\"}",
    };
    struct buf out = {0};
    for (int i = 0; i < EIO_ERR_COUNT; i++) {
        buf_clear(&out);
        eio_error_write(&out, i);
        assert_string_equal(buf_cstr(&out), json[i]);
        assert_int_equal(eio_error_status(i), i == EIO_ERR_FORBIDDEN ? 403 : 400);
    }
    for (unsigned i = 1; i < EIO_WHY_COUNT; i++) {
        assert_true(strlen(eio_reason_text(i)) > 0);
        for (unsigned k = 0; k < i; k++)
            assert_string_not_equal(eio_reason_id(i), eio_reason_id(k));
    }
    buf_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_packets),      cmocka_unit_test(test_binary_messages),
        cmocka_unit_test(test_open_packet),  cmocka_unit_test(test_payloads),
        cmocka_unit_test(test_cut_payloads), cmocka_unit_test(test_writing_payloads),
        cmocka_unit_test(test_queries),      cmocka_unit_test(test_requests),
        cmocka_unit_test(test_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
