/* text_fuzz.c - any bytes: what passes as a message is one, and no more can be said of the others.
 */
#include "chat/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = {(const char *)data, size};
    enum problem p = text_check(text);
    CHECK(p == PROBLEM_NONE || p == PROBLEM_MESSAGE_EMPTY || p == PROBLEM_MESSAGE_TOO_LONG ||
          p == PROBLEM_MESSAGE_CHARACTERS);
    CHECK(text_check(text) == p);
    if (p != PROBLEM_NONE)
        return 0;
    CHECK(size > 0 && str_utf8_valid(text) && str_utf8_len(text) <= TEXT_MAX);
    CHECK(!memchr(data, '\0', size) && !memchr(data, '\r', size) && !memchr(data, 0x1b, size));
    CHECK(!memmem(data, size, "\xe2\x80\xae", 3)); /* U+202E */
    return 0;
}
