/* str.c - comparing, cutting and decoding slices of bytes. */
#include "base/str.h"

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

bool str_eq_nocase(struct str a, struct str b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++) {
        if (lower(a.at[i]) != lower(b.at[i]))
            return false;
    }
    return true;
}

bool str_starts(struct str s, struct str prefix)
{
    return s.len >= prefix.len && str_eq((struct str){s.at, prefix.len}, prefix);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

struct str str_trim(struct str s)
{
    while (s.len > 0 && is_blank(s.at[0])) {
        s.at++;
        s.len--;
    }
    while (s.len > 0 && is_blank(s.at[s.len - 1]))
        s.len--;
    return s;
}

struct str str_cut(struct str *rest, char sep)
{
    struct str all = *rest;
    const char *found = all.len > 0 ? memchr(all.at, sep, all.len) : NULL;
    if (!found) {
        *rest = (struct str){NULL, 0};
        return all;
    }
    size_t before = (size_t)(found - all.at);
    *rest = (struct str){found + 1, all.len - before - 1};
    return (struct str){all.at, before};
}

bool str_to_u64(struct str s, uint64_t max, uint64_t *value_r)
{
    uint64_t value = 0;
    for (size_t i = 0; i < s.len; i++) {
        if (s.at[i] < '0' || s.at[i] > '9')
            return false;
        uint64_t digit = (uint64_t)(s.at[i] - '0');
        if (digit > max || value > (max - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    *value_r = value;
    return s.len > 0;
}

/* Bytes of the sequence a lead byte opens, 0 for a byte that cannot lead (RFC 3629 4). */
static size_t utf8_need(uint8_t lead)
{
    if (lead < 0x80)
        return 1;
    if (lead < 0xc2)
        return 0;
    if (lead < 0xe0)
        return 2;
    if (lead < 0xf0)
        return 3;
    return lead < 0xf5 ? 4 : 0;
}

/* Where overlong forms, surrogates and what lies beyond U+10FFFF show: in the second byte. */
static bool utf8_second(uint8_t lead, uint8_t second)
{
    switch (lead) {
    case 0xe0:
        return second >= 0xa0 && second <= 0xbf;
    case 0xed:
        return second >= 0x80 && second <= 0x9f;
    case 0xf0:
        return second >= 0x90 && second <= 0xbf;
    case 0xf4:
        return second >= 0x80 && second <= 0x8f;
    default:
        return second >= 0x80 && second <= 0xbf;
    }
}

/* Bytes of the well-formed sequence at the front of `left` bytes, 0 when there is none. */
static size_t utf8_sequence(const uint8_t *at, size_t left)
{
    size_t need = utf8_need(at[0]);
    if (need < 2)
        return need;
    if (need > left || !utf8_second(at[0], at[1]))
        return 0;
    for (size_t i = 2; i < need; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    }
    return need;
}

/* Bytes of pure ASCII at the front, counted in eights. */
static size_t ascii_eights(const uint8_t *at, size_t left)
{
    size_t done = 0;
    for (; left - done >= 8; done += 8) {
        uint64_t eight;
        memcpy(&eight, at + done, 8);
        if (eight & UINT64_C(0x8080808080808080))
            break;
    }
    return done;
}

bool str_utf8_valid(struct str s)
{
    const uint8_t *at = (const uint8_t *)s.at;
    size_t i = 0;
    while (i < s.len) {
        i += ascii_eights(at + i, s.len - i);
        if (i == s.len)
            break;
        size_t step = utf8_sequence(at + i, s.len - i);
        if (step == 0)
            return false;
        i += step;
    }
    return true;
}

size_t str_utf8_len(struct str s)
{
    size_t points = 0;
    for (size_t i = 0; i < s.len; i++)
        points += ((uint8_t)s.at[i] & 0xc0) != 0x80;
    return points;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

long str_percent_decode(char *text, size_t len, bool plus)
{
    size_t out = 0;
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        if (c == '%') {
            int high = i + 2 < len ? hex_digit(text[i + 1]) : -1;
            int low = i + 2 < len ? hex_digit(text[i + 2]) : -1;
            if (high < 0 || low < 0 || high + low == 0)
                return -1;
            c = (char)(high * 16 + low);
            i += 2;
        } else if (c == '+' && plus) {
            c = ' ';
        }
        text[out++] = c;
    }
    return (long)out;
}

/* A control character at the front of `s`: C0, DEL, C1 (U+0080 to U+009F), or the line and
 * paragraph separators U+2028 and U+2029. */
static bool starts_with_control(struct str s)
{
    uint8_t c = (uint8_t)s.at[0];
    if (c < 0x20 || c == 0x7f)
        return true;
    if (c == 0xc2 && s.len > 1)
        return (uint8_t)s.at[1] < 0xa0;
    return s.len > 2 &&
           (memcmp(s.at, "\xe2\x80\xa8", 3) == 0 || memcmp(s.at, "\xe2\x80\xa9", 3) == 0);
}

bool str_clean(struct str *text, size_t max)
{
    *text = str_trim(*text);
    if (text->len == 0 || text->len > max * 4 || !str_utf8_valid(*text) ||
        str_utf8_len(*text) > max)
        return false;
    for (size_t i = 0; i < text->len; i++)
        if (starts_with_control((struct str){text->at + i, text->len - i}))
            return false;
    return true;
}
