/* utf8.h - UTF-8 checked in pieces: the breaking byte is found wherever the stream is cut.
 *
 * Well-formed is what RFC 3629 says: no surrogates, no overlong forms, at most U+10FFFF. */
#ifndef PESAN_WIRE_UTF8_H
#define PESAN_WIRE_UTF8_H

#include "base/check.h"

/* Where in a code point the text stands; fits a byte. */
enum utf8_state {
    UTF8_WHOLE, /* between code points: text may end here */
    UTF8_TAIL1, /* one more byte is due */
    UTF8_TAIL2, /* two more */
    UTF8_TAIL3, /* three more */
    UTF8_E0,    /* behind E0: lower second bytes would be overlong */
    UTF8_ED,    /* behind ED: higher second bytes would be surrogates */
    UTF8_F0,    /* behind F0: lower second bytes would be overlong */
    UTF8_F4,    /* behind F4: higher second bytes would pass U+10FFFF */
    UTF8_BAD,   /* broken; stays broken */
};

/* Go on from *state (UTF8_WHOLE at the beginning) over the bytes. Returns false, with *state
 * UTF8_BAD, when one of them can't follow what came before. */
MUST_USE bool utf8_check(uint8_t *state, const void *bytes, size_t len);

#endif
