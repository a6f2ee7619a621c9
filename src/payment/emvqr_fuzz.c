/* emvqr_fuzz.c - QR texts of a gateway that may be anybody. */
#include "payment/emvqr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every field and the fields within it lie inside the text. */
static void walk(struct str text, int depth)
{
    struct str rest = text;
    struct emv_field field;
    while (emv_next(&rest, &field)) {
        CHECK(field.value.at >= text.at);
        CHECK(field.value.at + field.value.len <= text.at + text.len);
        if (depth > 0)
            walk(field.value, depth - 1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = {(const char *)data, size};
    struct str value;
    struct buf again = {0};
    walk(text, 2);
    bool valid = emv_valid(text);
    if (emv_find(text, EMV_AMOUNT, &value))
        CHECK(value.len <= EMV_VALUE_MAX);
    if (size < EMV_TEXT_MAX - 8 && size > 0) {
        buf_add_str(&again, text);
        emv_seal(&again);
        struct str rest = text;
        struct emv_field field;
        while (emv_next(&rest, &field))
            ;
        /* Whole fields behind the right beginning, sealed, are valid. */
        if (rest.len == 0 && str_starts(text, STR("000201")))
            CHECK(emv_valid(buf_str(&again)));
    }
    (void)valid;
    buf_fini(&again);
    return 0;
}
