/* name.c - names that people give to things: which are allowed, and when two are the same. */
#include "menu/menu.h"

bool menu_name_clean(struct str *name)
{
    return str_clean(name, MENU_NAME_MAX);
}

/* The small letter of a code point from U+00C0 to U+017F (Latin-1 and Latin Extended-A). */
static unsigned fold_latin(unsigned c)
{
    if (c >= 0xc0 && c <= 0xde)
        return c == 0xd7 ? c : c + 0x20;
    if (c == 0x178)
        return 0xff;
    /* Here capitals and small letters stand side by side: the capital is even, but odd in two runs.
     */
    bool odd = (c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17e);
    bool paired = c >= 0x100 && c <= 0x17e && c != 0x130 && c != 0x131 && c != 0x138 && c != 0x149;
    return paired && (c % 2 == 1) == odd ? c + 1 : c;
}

struct str menu_name_fold(struct str name, struct arena *arena)
{
    char *out = arena_strdup(arena, name);
    for (size_t i = 0; i < name.len; i++) {
        uint8_t c = (uint8_t)out[i];
        if (c >= 'A' && c <= 'Z') {
            out[i] = (char)(c + 0x20);
        } else if (c >= 0xc3 && c <= 0xc5 && i + 1 < name.len) {
            /* Two bytes of UTF-8 before, two after: U+00C0 to U+017F fold into themselves. */
            unsigned folded = fold_latin((c & 0x1fu) << 6 | ((uint8_t)out[i + 1] & 0x3fu));
            out[i] = (char)(0xc0 | folded >> 6);
            out[++i] = (char)(0x80 | (folded & 0x3f));
        }
    }
    return (struct str){out, name.len};
}
