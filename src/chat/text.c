/* text.c - what may be said: the rules for a message's text. */
#include "chat/text.h"

/* The next code point of well-formed UTF-8, which *text moves behind. */
static uint32_t next(struct str *text)
{
    const unsigned char *at = (const unsigned char *)text->at;
    size_t len = at[0] < 0x80 ? 1 : at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : 4;
    uint32_t c = len == 1 ? at[0] : at[0] & (0x7fu >> len);
    for (size_t i = 1; i < len; i++)
        c = c << 6 | (at[i] & 0x3fu);
    text->at += len;
    text->len -= len;
    return c;
}

static bool is_control(uint32_t c)
{
    return (c < 0x20 && c != '\n' && c != '\t') || (c >= 0x7f && c <= 0x9f);
}

/* The marks, embeddings, overrides and isolates of Unicode's bidirectional algorithm (UAX 9). */
static bool turns_direction(uint32_t c)
{
    return c == 0x61c || c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) ||
           (c >= 0x2066 && c <= 0x2069);
}

/* Blanks, fillers and what has no width: a text of these alone says nothing. */
static bool is_unseen(uint32_t c)
{
    static const uint32_t odd[] = {0xa0,   0xad,   0x115f, 0x1160, 0x1680, 0x180e, 0x2028, 0x2029,
                                   0x202f, 0x205f, 0x2800, 0x3000, 0x3164, 0xfeff, 0xffa0};
    for (size_t i = 0; i < ARRAY_LEN(odd); i++) {
        if (c == odd[i])
            return true;
    }
    return c == ' ' || c == '\n' || c == '\t' || (c >= 0x2000 && c <= 0x200d) ||
           (c >= 0x2060 && c <= 0x2064) || (c >= 0xfe00 && c <= 0xfe0f);
}

enum problem text_check(struct str text)
{
    bool seen = false;
    bool clean = true;
    size_t count = 0;
    if (!str_utf8_valid(text))
        return PROBLEM_MESSAGE_CHARACTERS;
    while (text.len > 0) {
        uint32_t c = next(&text);
        count++;
        clean = clean && !is_control(c) && !turns_direction(c);
        seen = seen || !is_unseen(c);
    }
    if (count > TEXT_MAX)
        return PROBLEM_MESSAGE_TOO_LONG;
    if (!clean)
        return PROBLEM_MESSAGE_CHARACTERS;
    return seen ? PROBLEM_NONE : PROBLEM_MESSAGE_EMPTY;
}
