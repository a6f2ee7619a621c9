/* emvqr.h - the text in a payment QR: EMVCo TLV fields ("00" "02" "01" ...) closed by a CRC-16
 * (EMV QR Code Specification, Merchant-Presented Mode; MIDTRANS.md B9). No I/O. */
#ifndef PESAN_PAYMENT_EMVQR_H
#define PESAN_PAYMENT_EMVQR_H

#include "base/buf.h"

#define EMV_TEXT_MAX  512 /* what the specification allows a QR to hold */
#define EMV_VALUE_MAX 99  /* bytes of one field */

enum emv_tag {
    EMV_FORMAT = 0,
    EMV_METHOD = 1,
    EMV_ACCOUNT = 26, /* first of the merchant account templates, up to 51 */
    EMV_CATEGORY = 52,
    EMV_CURRENCY = 53,
    EMV_AMOUNT = 54,
    EMV_COUNTRY = 58,
    EMV_MERCHANT = 59,
    EMV_CITY = 60,
    EMV_MORE = 62,
    EMV_CRC = 63,
};

struct emv_field {
    int tag;          /* 0 to 99 */
    struct str value; /* borrowed from the text */
};

/* Cut the first field from `rest`. False at the end (rest->len == 0) and at what is no field. */
MUST_USE bool emv_next(struct str *rest, struct emv_field *field_r);

/* The value of the first field `tag`; false when there is none before the end or an error. */
MUST_USE bool emv_find(struct str text, int tag, struct str *value_r);

/* Is it fields from end to end, beginning with the format's and closed by the right CRC? */
bool emv_valid(struct str text);

/* CRC-16/CCITT-FALSE: polynomial 0x1021, begun with 0xFFFF. */
uint16_t emv_crc(struct str text);

/* Append a field; a value longer than EMV_VALUE_MAX is cut. */
void emv_add(struct buf *out, int tag, struct str value);

/* Close what stands in `out` with the CRC's field. */
void emv_seal(struct buf *out);

/* What a simulated QR asks the payer for. */
struct emv_sale {
    struct str owner;     /* reverse domain of who can route it */
    struct str reference; /* the transaction */
    struct str merchant;  /* name to show */
    struct str city;      /* of the merchant */
    struct str amount;    /* rupiah, "7000.00" */
};

/* The whole text of a dynamic QR in rupiah, appended. */
void emv_build(struct buf *out, const struct emv_sale *sale);

#endif
