/* emvqr.c - the text in a payment QR: EMVCo TLV built and read, and its CRC. */
#include "payment/emvqr.h"

#define HEAD_LEN 4 /* two digits of tag, two of length */
#define CRC_LEN  4 /* hexadecimal digits */

static bool two_digits(const char *at, int *number_r)
{
    if (at[0] < '0' || at[0] > '9' || at[1] < '0' || at[1] > '9')
        return false;
    *number_r = (at[0] - '0') * 10 + (at[1] - '0');
    return true;
}

bool emv_next(struct str *rest, struct emv_field *field_r)
{
    int len;
    if (rest->len < HEAD_LEN || !two_digits(rest->at, &field_r->tag) ||
        !two_digits(rest->at + 2, &len) || rest->len - HEAD_LEN < (size_t)len)
        return false;
    field_r->value = (struct str){rest->at + HEAD_LEN, (size_t)len};
    rest->at += HEAD_LEN + len;
    rest->len -= HEAD_LEN + (size_t)len;
    return true;
}

bool emv_find(struct str text, int tag, struct str *value_r)
{
    struct emv_field field;
    while (emv_next(&text, &field)) {
        if (field.tag == tag) {
            *value_r = field.value;
            return true;
        }
    }
    return false;
}

uint16_t emv_crc(struct str text)
{
    unsigned crc = 0xFFFF;
    for (size_t i = 0; i < text.len; i++) {
        crc ^= (unsigned)(unsigned char)text.at[i] << 8;
        for (int bit = 0; bit < 8; bit++)
            crc = (crc & 0x8000 ? crc << 1 ^ 0x1021 : crc << 1) & 0xFFFF;
    }
    return (uint16_t)crc;
}

static void crc_text(struct str text, char out[CRC_LEN])
{
    static const char digits[] = "0123456789ABCDEF";
    unsigned crc = emv_crc(text);
    for (int i = CRC_LEN - 1; i >= 0; i--, crc >>= 4)
        out[i] = digits[crc & 15];
}

bool emv_valid(struct str text)
{
    struct str rest = text;
    struct emv_field field = {.tag = -1};
    char expected[CRC_LEN];
    if (text.len > EMV_TEXT_MAX || !str_starts(text, STR("000201")))
        return false;
    while (emv_next(&rest, &field))
        ;
    if (rest.len > 0 || field.tag != EMV_CRC || field.value.len != CRC_LEN)
        return false;
    crc_text((struct str){text.at, text.len - CRC_LEN}, expected);
    return str_eq_nocase((struct str){expected, CRC_LEN}, field.value);
}

void emv_add(struct buf *out, int tag, struct str value)
{
    CHECK(tag >= 0 && tag <= 99);
    if (value.len > EMV_VALUE_MAX)
        value.len = EMV_VALUE_MAX;
    buf_addf(out, "%02d%02zu", tag, value.len);
    buf_add_str(out, value);
}

void emv_seal(struct buf *out)
{
    char crc[CRC_LEN];
    buf_addf(out, "%02d%02d", EMV_CRC, CRC_LEN);
    crc_text(buf_str(out), crc);
    buf_add(out, crc, CRC_LEN);
}

/* A field whose value is two fields. */
static void add_pair(struct buf *out, int tag, int a, struct str a_value, int b, struct str b_value)
{
    struct buf inner = {0};
    emv_add(&inner, a, a_value);
    emv_add(&inner, b, b_value);
    emv_add(out, tag, buf_str(&inner));
    buf_fini(&inner);
}

void emv_build(struct buf *out, const struct emv_sale *sale)
{
    emv_add(out, EMV_FORMAT, STR("01"));
    emv_add(out, EMV_METHOD, STR("12")); /* for one sale */
    add_pair(out, EMV_ACCOUNT, 0, sale->owner, 1, STR("0000"));
    emv_add(out, EMV_CATEGORY, STR("5814")); /* fast food */
    emv_add(out, EMV_CURRENCY, STR("360"));  /* IDR */
    emv_add(out, EMV_AMOUNT, sale->amount);
    emv_add(out, EMV_COUNTRY, STR("ID"));
    emv_add(out, EMV_MERCHANT, sale->merchant);
    emv_add(out, EMV_CITY, sale->city);
    add_pair(out, EMV_MORE, 50, sale->reference, 7, STR("A01"));
    emv_seal(out);
}
