/* midtrans.c - Midtrans' Core API as text: questions written, answers and notifications read. */
#include "payment/midtrans.h"

#include <stdio.h>

#include "base/clock.h"

#define GMT_PLUS_7_US  (INT64_C(25200) * US_PER_S)
#define ORDER_ID_MAX   50
#define REFUND_KEY_MAX 50
#define REASON_MAX     255 /* bytes */

struct status_fact {
    const char *word;              /* as Midtrans writes it */
    enum midtrans_meaning meaning; /* to us */
};

static const struct status_fact statuses[MIDTRANS_STATUS_COUNT] = {
    [MIDTRANS_UNKNOWN] = {"unknown", MEANS_NOTHING},
#define STATUS(name, word, meaning) [MIDTRANS_##name] = {word, MEANS_##meaning},
#include "payment/tbl/statuses.h"
#undef STATUS
};

const char *midtrans_status_word(enum midtrans_status s)
{
    CHECK(s < MIDTRANS_STATUS_COUNT);
    return statuses[s].word;
}

bool midtrans_status_parse(struct str word, enum midtrans_status *status_r)
{
    for (int s = MIDTRANS_UNKNOWN + 1; s < MIDTRANS_STATUS_COUNT; s++) {
        if (str_eq_nocase(word, str_of(statuses[s].word))) {
            *status_r = (enum midtrans_status)s;
            return true;
        }
    }
    return false;
}

enum midtrans_meaning midtrans_status_means(enum midtrans_status s)
{
    CHECK(s < MIDTRANS_STATUS_COUNT);
    return statuses[s].meaning;
}

enum midtrans_meaning midtrans_means(const struct midtrans_answer *a)
{
    /* A captured card whose payer must still prove himself is not paid. */
    if (a->status == MIDTRANS_CAPTURE && a->challenged)
        return MEANS_OPEN;
    return midtrans_status_means(a->status);
}

/* ---- Reading ---- */

/* Text, or a number as text: not every sample keeps to "all values are strings". */
static struct str scalar(struct arena *arena, const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    if (json_is_integer(value))
        return str_of(arena_printf(arena, "%lld", (long long)json_integer_value(value)));
    return arena_str(arena, json_text(object, key));
}

static int64_t time_of(const json_t *object, const char *key)
{
    int64_t utc_us;
    return midtrans_time_parse(json_text(object, key), &utc_us) ? utc_us : 0;
}

/* The sandbox's own page for the payer, else the deep link into the payer's application. */
static struct str pay_url(struct arena *arena, const json_t *body)
{
    struct str found = {NULL, 0};
    size_t i;
    const json_t *action;
    json_array_foreach(json_object_get(body, "actions"), i, action)
    {
        struct str name = json_text(action, "name");
        if (str_is(name, "pesan-pay-page"))
            return arena_str(arena, json_text(action, "url"));
        if (str_is(name, "deeplink-redirect"))
            found = json_text(action, "url");
    }
    return arena_str(arena, found);
}

static struct str message_of(struct arena *arena, const json_t *body)
{
    const json_t *first = json_array_get(json_object_get(body, "validation_messages"), 0);
    struct str message = json_text(body, "status_message");
    if (!json_is_string(first))
        return arena_str(arena, message);
    return str_of(arena_printf(arena, "%.*s %s", STR_ARG(message), json_string_value(first)));
}

static void read_body(struct arena *arena, const json_t *body, struct midtrans_answer *a)
{
    uint64_t code;
    struct str fraud = json_text(body, "fraud_status");
    a->code_text = scalar(arena, body, "status_code");
    if (str_to_u64(a->code_text, 999, &code))
        a->code = (int)code;
    if (!midtrans_status_parse(json_text(body, "transaction_status"), &a->status))
        a->status = MIDTRANS_UNKNOWN;
    a->challenged = fraud.at && !str_eq_nocase(fraud, STR("accept"));
    a->message = message_of(arena, body);
    a->order_id = scalar(arena, body, "order_id");
    a->transaction_id = scalar(arena, body, "transaction_id");
    a->gross_amount = scalar(arena, body, "gross_amount");
    a->currency = scalar(arena, body, "currency");
    a->refund_amount = scalar(arena, body, "refund_amount");
    a->qr_string = scalar(arena, body, "qr_string");
    a->pay_url = pay_url(arena, body);
    a->signature_key = scalar(arena, body, "signature_key");
    a->expires_us = time_of(body, "expiry_time");
    a->settled_us = time_of(body, "settlement_time");
}

bool midtrans_read(struct arena *arena, int http, struct str body, struct midtrans_answer *a_r)
{
    const char *why;
    *a_r = (struct midtrans_answer){.http = http};
    json_t *json = json_read(body, &why);
    bool object = json_is_object(json);
    if (object)
        read_body(arena, json, a_r);
    json_decref(json);
    return object;
}

static enum midtrans_verdict verdict_of_code(int code)
{
    switch (code) {
    case 401:
    case 402:
        return VERDICT_KEY;
    case 404:
        return VERDICT_UNKNOWN;
    case 406:
        return VERDICT_DUPLICATE;
    case 407: /* "expired" is a state told, not an error */
        return VERDICT_OK;
    case 412:
        return VERDICT_STATE;
    case 429:
        return VERDICT_RETRY;
    default:
        if (code >= 500)
            return VERDICT_RETRY;
        return code >= 400 ? VERDICT_REFUSED : VERDICT_OK;
    }
}

enum midtrans_verdict midtrans_verdict(const struct midtrans_answer *a)
{
    if (a->http == 0)
        return VERDICT_RETRY;
    if (a->http == 202 && a->status == MIDTRANS_UNKNOWN)
        return VERDICT_IN_FLIGHT;
    /* The body's word counts; HTTP's only where there is no body worth the name (a proxy's page).
     */
    if (a->code == 0)
        return a->http < 400 || a->http >= 500 ? VERDICT_RETRY : verdict_of_code(a->http);
    return verdict_of_code(a->code);
}

bool midtrans_amount(const struct midtrans_answer *a, int64_t *amount_r)
{
    enum currency currency = CURRENCY_IDR;
    if (a->currency.at && !currency_parse(a->currency, &currency))
        return false;
    return currency == CURRENCY_IDR && money_parse_major(a->gross_amount, currency, amount_r);
}

/* ---- Writing ---- */

static int64_t rupiah(int64_t amount)
{
    CHECK(amount > 0 && amount % 100 == 0);
    return amount / 100;
}

void midtrans_charge_body(struct buf *out, struct str order_id, struct str method, int64_t amount,
                          int64_t minutes)
{
    struct jout j = jout_to(out);
    jout_object(&j);
    jout_field_str(&j, "payment_type", method);
    jout_key(&j, "transaction_details");
    jout_object(&j);
    jout_field_str(&j, "order_id", order_id);
    jout_field_int(&j, "gross_amount", rupiah(amount));
    jout_object_end(&j);
    jout_key(&j, "custom_expiry");
    jout_object(&j);
    jout_field_int(&j, "expiry_duration", minutes);
    jout_field_cstr(&j, "unit", "minute");
    jout_object_end(&j);
    if (str_is(method, "qris"))
        jout_field_raw(&j, "qris", STR("{\"acquirer\":\"gopay\"}"));
    jout_object_end(&j);
}

/* At most REASON_MAX bytes, not cutting a character in two. */
static struct str short_reason(struct str reason)
{
    if (reason.len > REASON_MAX) {
        reason.len = REASON_MAX;
        while (reason.len > 0 && (reason.at[reason.len] & 0xC0) == 0x80)
            reason.len--;
    }
    return reason;
}

void midtrans_refund_body(struct buf *out, struct str refund_key, int64_t amount, struct str reason)
{
    struct jout j = jout_to(out);
    jout_object(&j);
    jout_field_str(&j, "refund_key", refund_key);
    jout_field_int(&j, "amount", rupiah(amount));
    jout_field_str(&j, "reason", short_reason(reason));
    jout_object_end(&j);
}

void midtrans_sign(struct str order_id, struct str status_code, struct str gross_amount,
                   struct str key, char out[MIDTRANS_SIGNATURE_LEN + 1])
{
    uint8_t digest[SHA512_LEN];
    struct buf text = {0};
    buf_add_str(&text, order_id);
    buf_add_str(&text, status_code);
    buf_add_str(&text, gross_amount);
    buf_add_str(&text, key);
    digest_sha512(buf_str(&text), digest);
    digest_hex(digest, sizeof digest, out);
    buf_fini(&text);
}

bool midtrans_signed(const struct midtrans_answer *a, struct str key)
{
    char expected[MIDTRANS_SIGNATURE_LEN + 1];
    midtrans_sign(a->order_id, a->code_text, a->gross_amount, key, expected);
    return digest_equal(str_of(expected), a->signature_key);
}

/* ---- Words ---- */

void midtrans_time(int64_t utc_us, char out[MIDTRANS_TIME_MAX])
{
    char iso[CLOCK_TEXT_MAX];
    clock_iso(utc_us + GMT_PLUS_7_US, iso);
    snprintf(out, MIDTRANS_TIME_MAX, "%.10s %.8s", iso, iso + 11);
}

bool midtrans_time_parse(struct str text, int64_t *utc_us_r)
{
    char iso[CLOCK_TEXT_MAX];
    if (text.len != 19 || text.at[10] != ' ')
        return false;
    snprintf(iso, sizeof iso, "%.10sT%.8s+07:00", text.at, text.at + 11);
    return clock_parse_iso(str_of(iso), utc_us_r);
}

static bool made_of(struct str text, size_t max, const char *marks)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && (c == '\0' || !strchr(marks, c)))
            return false;
    }
    return text.len > 0 && text.len <= max;
}

bool midtrans_order_id_valid(struct str text)
{
    return made_of(text, ORDER_ID_MAX, "-_~.");
}

bool midtrans_refund_key_valid(struct str text)
{
    return made_of(text, REFUND_KEY_MAX, "-_");
}
