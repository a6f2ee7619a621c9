/* str_fuzz.c - UTF-8 validation against a decoder of another make, and percent decoding. */
#include <stdint.h>
#include <stdlib.h>

#include "base/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The value of the sequence at the front and its length; false when it is not well-formed. Decodes
 * first and looks for overlong forms after, where str.c looks at ranges of bytes. */
static bool decode_one(const uint8_t *at, size_t left, size_t *len_r)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    uint8_t lead = at[0];
    size_t len = lead < 0x80           ? 1
                 : (lead >> 5) == 0x06 ? 2
                 : (lead >> 4) == 0x0e ? 3
                 : (lead >> 3) == 0x1e ? 4
                                       : 0;
    if (len == 0 || len > left)
        return false;
    uint32_t value = len == 1 ? lead : lead & (0x7fu >> len);
    for (size_t i = 1; i < len; i++) {
        if (at[i] >> 6 != 2)
            return false;
        value = value << 6 | (at[i] & 0x3fu);
    }
    *len_r = len;
    return value >= least[len] && value <= 0x10ffff && (value < 0xd800 || value > 0xdfff);
}

/* Code points, or -1 when `s` is not UTF-8. */
static long count_points(const uint8_t *data, size_t size)
{
    long points = 0;
    for (size_t at = 0, len; at < size; at += len, points++) {
        if (!decode_one(data + at, size - at, &len))
            return -1;
    }
    return points;
}

static void decode_percent(const uint8_t *data, size_t size, bool plus)
{
    char *text = mem_alloc(size);
    if (size > 0)
        memcpy(text, data, size);
    long len = str_percent_decode(text, size, plus);
    CHECK(len >= -1 && len <= (long)size);
    CHECK(len != -1 || memchr(data, '%', size));
    for (long i = 0; i < len; i++)
        CHECK(text[i] != '\0' || memchr(data, '\0', size));
    mem_free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str s = {(const char *)data, size};
    long points = count_points(data, size);
    CHECK(str_utf8_valid(s) == (points >= 0));
    if (points >= 0)
        CHECK(str_utf8_len(s) == (size_t)points);
    decode_percent(data, size, false);
    decode_percent(data, size, true);
    return 0;
}
