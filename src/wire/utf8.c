/* utf8.c - UTF-8 checked in pieces; ASCII goes eight bytes a step. */
#include "wire/utf8.h"

#include <string.h>

/* What a byte inside a code point may be, and where it leads (RFC 3629 section 4). */
static const struct tail {
    uint8_t low;  /* smallest byte allowed */
    uint8_t high; /* greatest */
    uint8_t next; /* enum utf8_state behind it */
} tails[] = {
    [UTF8_TAIL1] = {0x80, 0xBF, UTF8_WHOLE}, [UTF8_TAIL2] = {0x80, 0xBF, UTF8_TAIL1},
    [UTF8_TAIL3] = {0x80, 0xBF, UTF8_TAIL2}, [UTF8_E0] = {0xA0, 0xBF, UTF8_TAIL1},
    [UTF8_ED] = {0x80, 0x9F, UTF8_TAIL1},    [UTF8_F0] = {0x90, 0xBF, UTF8_TAIL2},
    [UTF8_F4] = {0x80, 0x8F, UTF8_TAIL2},    [UTF8_BAD] = {0xFF, 0x00, UTF8_BAD},
};

static uint8_t lead(uint8_t byte)
{
    if (byte < 0x80)
        return UTF8_WHOLE;
    if (byte < 0xC2 || byte > 0xF4)
        return UTF8_BAD; /* a tail without lead, C0 and C1 (overlong), beyond U+10FFFF */
    if (byte < 0xE0)
        return UTF8_TAIL1;
    if (byte < 0xF0)
        return byte == 0xE0 ? UTF8_E0 : byte == 0xED ? UTF8_ED : UTF8_TAIL2;
    return byte == 0xF0 ? UTF8_F0 : byte == 0xF4 ? UTF8_F4 : UTF8_TAIL3;
}

static uint8_t step(uint8_t state, uint8_t byte)
{
    if (state == UTF8_WHOLE)
        return lead(byte);
    const struct tail *t = &tails[state];
    return byte >= t->low && byte <= t->high ? t->next : UTF8_BAD;
}

/* How many of the bytes are ASCII before the first word that is not all so. */
static size_t ascii_run(const uint8_t *bytes, size_t len)
{
    size_t i = 0;
    for (uint64_t word; i + sizeof word <= len; i += sizeof word) {
        memcpy(&word, bytes + i, sizeof word);
        if (word & 0x8080808080808080u)
            break;
    }
    return i;
}

bool utf8_check(uint8_t *state, const void *bytes, size_t len)
{
    const uint8_t *at = bytes;
    uint8_t s = *state;
    size_t i = 0;
    while (i < len && s != UTF8_BAD) {
        if (s == UTF8_WHOLE) {
            i += ascii_run(at + i, len - i);
            if (i == len)
                break;
        }
        /* Through the word that stopped the run, and on while it stays foreign. */
        size_t stop = len - i < 8 ? len : i + 8;
        while (i < stop || (i < len && at[i] >= 0x80 && s != UTF8_BAD))
            s = step(s, at[i++]);
    }
    *state = s;
    return s != UTF8_BAD;
}
