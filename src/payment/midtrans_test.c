/* midtrans_test.c - Midtrans' API as text: the official signatures, every status word, answers as
 * they come (MIDTRANS.md B4 to B6). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "payment/midtrans.h"

static struct arena *arena;

static int setup(void **state)
{
    (void)state;
    arena = arena_new(1 << 20);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

static struct midtrans_answer read_answer(int http, const char *body)
{
    struct midtrans_answer a;
    assert_true(midtrans_read(arena, http, str_of(body), &a));
    return a;
}

static void assert_str(struct str s, const char *expected)
{
    assert_non_null(s.at);
    assert_string_equal(arena_strdup(arena, s), expected);
}

/* ---- Signatures ---- */

struct vector {
    const char *order_id, *code, *gross, *signature;
};

static const struct vector vectors[] = {
    {"ORDER-payment-link-0001", "200", "275000.00",
     "ca1da23ae0b49e6c149c0ac52804c5761a35d1ddce68d8b07bbbacd38740d1c1"
     "9c8d1d9ae8adc17e12f5554dcab92a405fda6be6451f9c9397d883f7d71b9201"},
    {"ORDER-sandbox-0003", "202", "50000.00",
     "a51d1bd2aa8b1dca9228f3827cd641b6dadf52ebb9ed40fb45db6a06dbb33de7"
     "cde8e80caa93dfb5e6beeaaf44f698dc7f6f56edd46556eddaa2a774ff7692c6"},
    {"ORDER-partial-refund-0001", "200", "150000.00",
     "d115a0f55a40f2c60465006118c1e48f52c3baf5a953f8443221d84dea9a9ebd"
     "7ba20f7c76d2320dfcdd31c3de41a047f6b43a4075bea5f734dd8c5231268906"},
    {"ORDER-sandbox-0002", "201", "75000.00",
     "db70270f6c27da2b564d4fffd9df3eeae578a7afba22bf5e6071711c7914d7a3"
     "d22ccaa533e864cf53742ca73c9e63016b0cbc1f97ee253a77b24b7a410d876a"},
    {"ORDER-refund-0001", "200", "150000.00",
     "066b9923b82f27ba2aaa61bdea78133dcf3d442709a678c86dda29c6656c4cb9"
     "d11995e4357e074694e3da2e8d0e25d5afe0578df9f35d85a0365c197387d525"},
    {"ORDER-sandbox-0001", "200", "150000.00",
     "d65b4adf15335095fe1bfafe24964d48009dcc2989393e13570b0c9852ea60df"
     "0040b1a9646b9c9ef9433317f77acc8e387c59998dc20f5bd93fff93d23672e4"},
};

static void signatures_are_the_official_ones(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
        const struct vector *v = &vectors[i];
        char made[MIDTRANS_SIGNATURE_LEN + 1];
        midtrans_sign(str_of(v->order_id), str_of(v->code), str_of(v->gross),
                      STR("SB-Mid-server-test"), made);
        assert_string_equal(made, v->signature);
    }
}

static void a_notification_is_signed_byte_for_byte(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
        const struct vector *v = &vectors[i];
        struct midtrans_answer a = {.order_id = str_of(v->order_id),
                                    .code_text = str_of(v->code),
                                    .gross_amount = str_of(v->gross),
                                    .signature_key = str_of(v->signature)};
        assert_true(midtrans_signed(&a, STR("SB-Mid-server-test")));
        assert_false(midtrans_signed(&a, STR("SB-Mid-server-tesu")));
        a.gross_amount = STR("275000.0");
        assert_false(midtrans_signed(&a, STR("SB-Mid-server-test")));
        a.gross_amount = str_of(v->gross);
        a.signature_key.len--;
        assert_false(midtrans_signed(&a, STR("SB-Mid-server-test")));
        a.signature_key = (struct str){NULL, 0};
        assert_false(midtrans_signed(&a, STR("SB-Mid-server-test")));
    }
}

/* ---- Words ---- */

static void every_status_word_has_its_meaning(void **state)
{
    static const struct {
        const char *word;
        enum midtrans_meaning meaning;
    } expected[] = {
        {"pending", MEANS_OPEN},
        {"PENDING", MEANS_OPEN},
        {"authorize", MEANS_OPEN},
        {"capture", MEANS_PAID},
        {"Settlement", MEANS_PAID},
        {"deny", MEANS_DENIED},
        {"expire", MEANS_EXPIRED},
        {"cancel", MEANS_CANCELLED},
        {"failure", MEANS_FAILED},
        {"refund", MEANS_RETURNED},
        {"partial_refund", MEANS_RETURNED},
        {"chargeback", MEANS_DISPUTED},
        {"partial_chargeback", MEANS_DISPUTED},
    };
    enum midtrans_status s;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(expected); i++) {
        assert_true(midtrans_status_parse(str_of(expected[i].word), &s));
        assert_int_equal(midtrans_status_means(s), expected[i].meaning);
    }
    assert_false(midtrans_status_parse(STR("paid"), &s));
    assert_false(midtrans_status_parse(STR(""), &s));
    assert_false(midtrans_status_parse((struct str){NULL, 0}, &s));
    assert_int_equal(midtrans_status_means(MIDTRANS_UNKNOWN), MEANS_NOTHING);
}

static void a_capture_is_paid_only_when_accepted(void **state)
{
    (void)state;
    struct midtrans_answer a =
        read_answer(200, "{\"transaction_status\":\"capture\",\"fraud_status\":\"challenge\"}");
    assert_int_equal(midtrans_means(&a), MEANS_OPEN);
    a = read_answer(200, "{\"transaction_status\":\"capture\",\"fraud_status\":\"Accept\"}");
    assert_int_equal(midtrans_means(&a), MEANS_PAID);
    a = read_answer(200, "{\"transaction_status\":\"settlement\"}");
    assert_int_equal(midtrans_means(&a), MEANS_PAID);
}

static void verdicts_follow_the_body(void **state)
{
    static const struct {
        int http;
        const char *body;
        enum midtrans_verdict verdict;
    } expected[] = {
        {200, "{\"status_code\":\"200\"}", VERDICT_OK},
        {201, "{\"status_code\":\"201\"}", VERDICT_OK},
        {200, "{\"status_code\":\"407\",\"transaction_status\":\"expire\"}", VERDICT_OK},
        {200, "{\"status_code\":\"202\",\"transaction_status\":\"deny\"}", VERDICT_OK},
        {202, "{\"status_code\":\"202\",\"transaction_status\":\"deny\"}", VERDICT_OK},
        {202, "{\"status_code\":\"202\"}", VERDICT_IN_FLIGHT},
        {202, "{}", VERDICT_IN_FLIGHT},
        {200, "{\"status_code\":\"400\"}", VERDICT_REFUSED},
        {401, "{\"status_code\":\"401\"}", VERDICT_KEY},
        {200, "{\"status_code\":\"402\"}", VERDICT_KEY},
        {200, "{\"status_code\":\"404\"}", VERDICT_UNKNOWN},
        {201, "{\"status_code\":\"406\"}", VERDICT_DUPLICATE},
        {200, "{\"status_code\":\"412\"}", VERDICT_STATE},
        {200, "{\"status_code\":\"413\"}", VERDICT_REFUSED},
        {200, "{\"status_code\":\"414\"}", VERDICT_REFUSED},
        {429, "{\"status_code\":\"429\"}", VERDICT_RETRY},
        {200, "{\"status_code\":\"503\"}", VERDICT_RETRY},
        {200, "{\"status_code\":\"505\"}", VERDICT_RETRY},
        {200, "{\"status_code\":\"900\"}", VERDICT_RETRY},
        {200, "{\"status_code\":200}", VERDICT_OK},
        {200, "{}", VERDICT_RETRY},
        {302, "{}", VERDICT_RETRY},
        {403, "{}", VERDICT_REFUSED},
        {502, "{}", VERDICT_RETRY},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(expected); i++) {
        struct midtrans_answer a = read_answer(expected[i].http, expected[i].body);
        if (midtrans_verdict(&a) != expected[i].verdict)
            fail_msg("row %zu: verdict %d", i, midtrans_verdict(&a));
    }
}

static void no_answer_and_foreign_bodies_are_asked_again(void **state)
{
    static const char *const bodies[] = {"", "<html>Bad gateway</html>", "[1]", "null", "{\"a\":1"};
    struct midtrans_answer a;
    (void)state;
    assert_false(midtrans_read(arena, 0, STR(""), &a));
    assert_int_equal(midtrans_verdict(&a), VERDICT_RETRY);
    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        assert_false(midtrans_read(arena, 200, str_of(bodies[i]), &a));
        assert_int_equal(midtrans_verdict(&a), VERDICT_RETRY);
        assert_int_equal(midtrans_means(&a), MEANS_NOTHING);
    }
    assert_false(midtrans_read(arena, 404, STR("<html>"), &a));
    assert_int_equal(midtrans_verdict(&a), VERDICT_UNKNOWN);
}

/* ---- Bodies ---- */

static void a_charge_is_read(void **state)
{
    (void)state;
    struct midtrans_answer a = read_answer(
        200,
        "{\"status_code\":\"201\",\"status_message\":\"QRIS transaction is created\","
        "\"transaction_id\":\"513f1f01-c9da-474c-9fc9-d5c64364b709\",\"order_id\":\"o-1\","
        "\"merchant_id\":\"G1\",\"gross_amount\":\"275000.00\",\"currency\":\"IDR\","
        "\"payment_type\":\"qris\",\"transaction_time\":\"2026-11-22 12:00:00\","
        "\"transaction_status\":\"pending\",\"fraud_status\":\"accept\",\"actions\":["
        "{\"name\":\"generate-qr-code\",\"method\":\"GET\",\"url\":\"https://x/qr\"},7,"
        "{\"name\":\"deeplink-redirect\",\"method\":\"GET\",\"url\":\"https://x/deep\"}],"
        "\"qr_string\":\"000201\",\"acquirer\":\"gopay\",\"expiry_time\":\"2026-11-22 12:15:00\","
        "\"something_new\":{\"a\":[1,2]}}");
    int64_t expires, amount;
    assert_int_equal(a.status, MIDTRANS_PENDING);
    assert_int_equal(a.code, 201);
    assert_str(a.transaction_id, "513f1f01-c9da-474c-9fc9-d5c64364b709");
    assert_str(a.qr_string, "000201");
    assert_str(a.pay_url, "https://x/deep");
    assert_true(midtrans_amount(&a, &amount));
    assert_int_equal(amount, 27500000);
    assert_true(clock_parse_iso(STR("2026-11-22T05:15:00Z"), &expires));
    assert_int_equal(a.expires_us, expires);
    assert_int_equal(a.settled_us, 0);
}

static void our_own_page_is_preferred_to_pay_at(void **state)
{
    (void)state;
    struct midtrans_answer a =
        read_answer(200, "{\"actions\":[{\"name\":\"deeplink-redirect\",\"url\":\"a\"},"
                         "{\"name\":\"pesan-pay-page\",\"url\":\"b\"}]}");
    assert_str(a.pay_url, "b");
    a = read_answer(200, "{\"actions\":{\"name\":\"x\"}}");
    assert_null(a.pay_url.at);
}

static void an_error_tells_what_is_wrong(void **state)
{
    (void)state;
    struct midtrans_answer a =
        read_answer(200, "{\"status_code\":\"400\",\"status_message\":\"Invalid.\","
                         "\"validation_messages\":[\"order_id is missing\"],\"id\":\"x\"}");
    assert_str(a.message, "Invalid. order_id is missing");
    a = read_answer(200, "{\"status_code\":\"404\",\"status_message\":\"Nothing\"}");
    assert_str(a.message, "Nothing");
}

static void amounts_of_another_currency_or_form_are_refused(void **state)
{
    static const char *const bad[] = {"{\"gross_amount\":\"7000.00\",\"currency\":\"USD\"}",
                                      "{\"currency\":\"IDR\"}",
                                      "{\"gross_amount\":\"-1.00\"}",
                                      "{\"gross_amount\":\"1e3\"}",
                                      "{\"gross_amount\":\"\"}",
                                      "{\"gross_amount\":\"99999999999999999999\"}"};
    int64_t amount;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct midtrans_answer a = read_answer(200, bad[i]);
        assert_false(midtrans_amount(&a, &amount));
    }
    struct midtrans_answer a = read_answer(200, "{\"gross_amount\":7000}");
    assert_true(midtrans_amount(&a, &amount));
    assert_int_equal(amount, 700000);
}

static void questions_are_as_the_api_wants_them(void **state)
{
    struct buf body = buf_in(arena);
    (void)state;
    midtrans_charge_body(&body, STR("id-1"), STR("qris"), 700000, 15);
    assert_string_equal(buf_cstr(&body),
                        "{\"payment_type\":\"qris\",\"transaction_details\":{\"order_id\":\"id-1\","
                        "\"gross_amount\":7000},\"custom_expiry\":{\"expiry_duration\":15,"
                        "\"unit\":\"minute\"},\"qris\":{\"acquirer\":\"gopay\"}}");
    buf_clear(&body);
    midtrans_charge_body(&body, STR("id-1"), STR("gopay"), 100, 1);
    assert_null(strstr(buf_cstr(&body), "acquirer"));
    buf_clear(&body);
    midtrans_refund_body(&body, STR("key-1"), 500000, STR("late"));
    assert_string_equal(buf_cstr(&body),
                        "{\"refund_key\":\"key-1\",\"amount\":5000,\"reason\":\"late\"}");
}

static void a_long_reason_is_cut_between_characters(void **state)
{
    char reason[300];
    struct buf body = buf_in(arena);
    const char *why;
    (void)state;
    memset(reason, 'a', 254);
    memcpy(reason + 254, "\xEB\xB0\x95", 4); /* three bytes, of which one would fit */
    midtrans_refund_body(&body, STR("k"), 100, str_of(reason));
    json_t *json = json_read(buf_str(&body), &why);
    assert_non_null(json);
    assert_int_equal(json_text(json, "reason").len, 254);
    json_decref(json);
}

static void times_are_of_jakarta(void **state)
{
    static const char *const bad[] = {"",
                                      "2026-11-22",
                                      "2026-11-22T00:30:00",
                                      "2026-13-22 00:30:00",
                                      "2026-11-22 00:30:0x",
                                      "2026-11-22 00:30:00Z"};
    char text[MIDTRANS_TIME_MAX];
    int64_t us, back;
    (void)state;
    assert_true(clock_parse_iso(STR("2026-11-21T17:30:00Z"), &us));
    midtrans_time(us, text);
    assert_string_equal(text, "2026-11-22 00:30:00");
    assert_true(midtrans_time_parse(str_of(text), &back));
    assert_int_equal(back, us);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(midtrans_time_parse(str_of(bad[i]), &back));
}

static void ids_keep_to_their_letters(void **state)
{
    (void)state;
    assert_true(midtrans_order_id_valid(STR("A-z_0~.")));
    assert_false(midtrans_order_id_valid(STR("")));
    assert_false(midtrans_order_id_valid(STR("a b")));
    assert_false(midtrans_order_id_valid((struct str){"a\0b", 3}));
    assert_true(midtrans_order_id_valid(STR("12345678901234567890123456789012345678901234567890")));
    assert_false(
        midtrans_order_id_valid(STR("123456789012345678901234567890123456789012345678901")));
    assert_true(midtrans_refund_key_valid(STR("A-z_0")));
    assert_false(midtrans_refund_key_valid(STR("a.b")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signatures_are_the_official_ones),
        cmocka_unit_test(a_notification_is_signed_byte_for_byte),
        cmocka_unit_test(every_status_word_has_its_meaning),
        cmocka_unit_test(a_capture_is_paid_only_when_accepted),
        cmocka_unit_test(verdicts_follow_the_body),
        cmocka_unit_test(no_answer_and_foreign_bodies_are_asked_again),
        cmocka_unit_test(a_charge_is_read),
        cmocka_unit_test(our_own_page_is_preferred_to_pay_at),
        cmocka_unit_test(an_error_tells_what_is_wrong),
        cmocka_unit_test(amounts_of_another_currency_or_form_are_refused),
        cmocka_unit_test(questions_are_as_the_api_wants_them),
        cmocka_unit_test(a_long_reason_is_cut_between_characters),
        cmocka_unit_test(times_are_of_jakarta),
        cmocka_unit_test(ids_keep_to_their_letters),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
