/* emvqr_test.c - the text in a payment QR: its CRC, fields built and read, and what is no such
 * text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/qr.h"
#include "payment/emvqr.h"
#include "payment/gateway.h"

static const struct emv_sale sale = {.owner = {"ID.PESAN.SIM", 12},
                                     .reference = {"01a20208-c59d-755a-b78e-2674e0e47de8", 36},
                                     .merchant = {"PESAN SIMULASI", 14},
                                     .city = {"JAKARTA", 7},
                                     .amount = {"789000.00", 9}};

static struct buf built;

static int setup(void **state)
{
    (void)state;
    emv_build(&built, &sale);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    buf_fini(&built);
    return 0;
}

static void the_crc_is_ccitt_false(void **state)
{
    (void)state;
    assert_int_equal(emv_crc(STR("123456789")), 0x29B1); /* the catalogue's check value */
    assert_int_equal(emv_crc(STR("")), 0xFFFF);
    assert_int_equal(emv_crc(STR("A")), 0xB915);
}

/* The fields of the sample in MIDTRANS.md B9, in its order; only its reference is not known. */
static void a_qr_may_order_its_fields_freely(void **state)
{
    struct buf text = {0};
    struct buf inner = {0};
    struct str value;
    (void)state;
    emv_add(&text, EMV_FORMAT, STR("01"));
    emv_add(&text, EMV_METHOD, STR("12"));
    emv_add(&inner, 0, STR("ID.CO.QRIS.WWW"));
    emv_add(&inner, 2, STR("AID060733612866"));
    emv_add(&inner, 3, STR("UKE"));
    emv_add(&text, 51, buf_str(&inner));
    emv_add(&text, EMV_CITY, STR("BANDUNG"));
    emv_add(&text, 61, STR("40284"));
    emv_add(&text, EMV_AMOUNT, STR("789000.00"));
    emv_seal(&text);
    assert_non_null(
        strstr(buf_cstr(&text), "51440014ID.CO.QRIS.WWW0215AID0607336128660303UKE6007"));
    assert_true(emv_valid(buf_str(&text)));
    assert_true(emv_find(buf_str(&text), EMV_AMOUNT, &value));
    assert_true(str_is(value, "789000.00"));
    assert_true(emv_find(buf_str(&text), 51, &value));
    assert_true(emv_find(value, 2, &value));
    assert_true(str_is(value, "AID060733612866"));
    buf_fini(&inner);
    buf_fini(&text);
}

static void what_is_built_can_be_read(void **state)
{
    struct str value, inner;
    (void)state;
    assert_true(emv_valid(buf_str(&built)));
    assert_true(emv_find(buf_str(&built), EMV_ACCOUNT, &value));
    assert_true(emv_find(value, 0, &inner));
    assert_true(str_eq(inner, sale.owner));
    assert_true(emv_find(buf_str(&built), EMV_MORE, &value));
    assert_true(emv_find(value, 50, &inner));
    assert_true(str_eq(inner, sale.reference));
    assert_true(emv_find(buf_str(&built), EMV_CURRENCY, &value));
    assert_true(str_is(value, "360"));
    assert_false(emv_find(buf_str(&built), 61, &value));
}

static void any_changed_byte_is_noticed(void **state)
{
    (void)state;
    for (size_t i = 0; i < built.len; i++) {
        char before = built.at[i];
        built.at[i] = before == '7' ? '8' : '7';
        if (emv_valid(buf_str(&built)))
            fail_msg("byte %zu", i);
        built.at[i] = before;
    }
    assert_true(emv_valid(buf_str(&built)));
}

static void any_cut_is_noticed(void **state)
{
    (void)state;
    for (size_t len = 0; len < built.len; len++) {
        char *copy = mem_alloc(len + 1); /* so that reading past the cut is found */
        memcpy(copy, built.at, len);
        assert_false(emv_valid((struct str){copy, len}));
        mem_free(copy);
    }
}

static void a_long_value_is_cut(void **state)
{
    char value[150];
    struct buf text = {0};
    struct str rest;
    struct emv_field field;
    (void)state;
    memset(value, 'x', sizeof value);
    emv_add(&text, 5, (struct str){value, sizeof value});
    rest = buf_str(&text);
    assert_true(emv_next(&rest, &field));
    assert_int_equal(field.tag, 5);
    assert_int_equal(field.value.len, EMV_VALUE_MAX);
    assert_int_equal(rest.len, 0);
    buf_fini(&text);
}

static void a_qr_must_ask_for_our_amount(void **state)
{
    (void)state;
    assert_true(gateway_qr_agrees(buf_str(&built), 78900000));
    assert_false(gateway_qr_agrees(buf_str(&built), 78900100));
    assert_false(gateway_qr_agrees(STR("nonsense"), 78900000));
}

static void a_picture_has_its_quiet_zone(void **state)
{
    struct buf svg = {0};
    (void)state;
    assert_true(qr_svg(&svg, STR("HELLO")));
    const char *text = buf_cstr(&svg);
    assert_non_null(
        strstr(text, "viewBox=\"0 0 29 29\""));    /* version 1: 21 modules, and 4 around */
    assert_non_null(strstr(text, "M4 4h7v1h-7z")); /* the first finder's upper edge */
    assert_null(strstr(text, "M0 4"));
    buf_fini(&svg);
}

static void what_is_no_text_is_no_picture(void **state)
{
    char huge[QR_TEXT_MAX + 1];
    struct buf svg = {0};
    (void)state;
    memset(huge, 'x', sizeof huge);
    assert_false(qr_svg(&svg, STR("")));
    assert_false(qr_svg(&svg, (struct str){NULL, 0}));
    assert_false(qr_svg(&svg, (struct str){"a\0b", 3}));
    assert_false(qr_svg(&svg, (struct str){huge, sizeof huge}));
    assert_int_equal(svg.len, 0);
    assert_true(qr_svg(&svg, (struct str){huge, QR_TEXT_MAX}));
    buf_fini(&svg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_crc_is_ccitt_false),
        cmocka_unit_test(a_qr_may_order_its_fields_freely),
        cmocka_unit_test(what_is_built_can_be_read),
        cmocka_unit_test(any_changed_byte_is_noticed),
        cmocka_unit_test(any_cut_is_noticed),
        cmocka_unit_test(a_long_value_is_cut),
        cmocka_unit_test(a_qr_must_ask_for_our_amount),
        cmocka_unit_test(a_picture_has_its_quiet_zone),
        cmocka_unit_test(what_is_no_text_is_no_picture),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
