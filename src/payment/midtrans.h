/* midtrans.h - Midtrans' Core API as text: questions and notifications written, answers read. No
 * I/O, no clock (facts: MIDTRANS.md). Amounts go out as whole rupiah and come back as "7000.00";
 * times are GMT+7 without saying so; the status_code of a body is the result of the call, not of
 * the payment. What is unknown or of another type is passed over. */
#ifndef PESAN_PAYMENT_MIDTRANS_H
#define PESAN_PAYMENT_MIDTRANS_H

#include "base/digest.h"
#include "base/json.h"
#include "base/money.h"

#define MIDTRANS_SIGNATURE_LEN (2 * SHA512_LEN)
#define MIDTRANS_TIME_MAX      24

enum midtrans_status {
    MIDTRANS_UNKNOWN, /* none given, or a word we do not know */
#define STATUS(name, word, meaning) MIDTRANS_##name,
#include "payment/tbl/statuses.h"
#undef STATUS
    MIDTRANS_STATUS_COUNT
};

enum midtrans_meaning {
    MEANS_NOTHING,
    MEANS_OPEN,
    MEANS_PAID,
    MEANS_DENIED,
    MEANS_EXPIRED,
    MEANS_CANCELLED,
    MEANS_FAILED,
    MEANS_RETURNED,
    MEANS_DISPUTED,
};

/* What became of a call. */
enum midtrans_verdict {
    VERDICT_OK,        /* done; the body's transaction_status tells the rest */
    VERDICT_IN_FLIGHT, /* the same question is being worked on: ask again */
    VERDICT_RETRY,     /* no answer, too many, or their trouble: ask again later */
    VERDICT_KEY,       /* the server key is not accepted */
    VERDICT_UNKNOWN,   /* 404: there is no such transaction */
    VERDICT_DUPLICATE, /* 406: the id was used before */
    VERDICT_STATE,     /* 412: the transaction's state does not allow it */
    VERDICT_REFUSED,   /* no, for good */
};

/* An answer, a notification. Slices live in the arena it was read into; at == NULL: not given. */
struct midtrans_answer {
    int http;                    /* HTTP status, 0: no answer at all */
    int code;                    /* the body's status_code, 0: none */
    enum midtrans_status status; /* the transaction's */
    bool challenged;             /* fraud_status is given and not "accept" */
    struct str message;          /* status_message, with the first validation message */
    struct str code_text;        /* status_code as it came, for the signature */
    struct str order_id;
    struct str transaction_id;
    struct str gross_amount; /* byte for byte as it came */
    struct str currency;
    struct str refund_amount; /* what went back in all */
    struct str qr_string;     /* EMV text of a QR */
    struct str pay_url;       /* a page or deep link to pay at */
    struct str signature_key;
    int64_t expires_us; /* UTC, 0: not given */
    int64_t settled_us; /* UTC, 0: not given */
};

const char *midtrans_status_word(enum midtrans_status s);
MUST_USE bool midtrans_status_parse(struct str word, enum midtrans_status *status_r);
enum midtrans_meaning midtrans_status_means(enum midtrans_status s);

/* What the status of this answer means, fraud_status considered. */
enum midtrans_meaning midtrans_means(const struct midtrans_answer *a);

/* Read an answer (of HTTP status `http`) or a notification (http 200). A body that is no JSON
 * object leaves all but `http` empty and returns false. */
bool midtrans_read(struct arena *arena, int http, struct str body, struct midtrans_answer *a_r);

enum midtrans_verdict midtrans_verdict(const struct midtrans_answer *a);

/* gross_amount and currency (IDR where none is given) into minor units; false when unreadable. */
MUST_USE bool midtrans_amount(const struct midtrans_answer *a, int64_t *amount_r);

/* The bodies of questions. `amount` is IDR in minor units without a fraction of a rupiah. */
void midtrans_charge_body(struct buf *out, struct str order_id, struct str method, int64_t amount,
                          int64_t minutes);
void midtrans_refund_body(struct buf *out, struct str refund_key, int64_t amount,
                          struct str reason);

/* Lower-case hex SHA512(order_id + status_code + gross_amount + key), NUL-terminated. */
void midtrans_sign(struct str order_id, struct str status_code, struct str gross_amount,
                   struct str key, char out[MIDTRANS_SIGNATURE_LEN + 1]);

/* Is the notification signed with `key`? In time that does not depend on the signature. */
bool midtrans_signed(const struct midtrans_answer *a, struct str key);

/* "2026-11-22 12:49:00" of GMT+7 to and from UTC. */
void midtrans_time(int64_t utc_us, char out[MIDTRANS_TIME_MAX]);
MUST_USE bool midtrans_time_parse(struct str text, int64_t *utc_us_r);

/* May `text` be an order_id (B3) or a refund_key (B7)? */
bool midtrans_order_id_valid(struct str text);
bool midtrans_refund_key_valid(struct str text);

#endif
