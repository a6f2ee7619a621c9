/* websocket_fuzz.c - however a stream is cut, the same comes of it. */
#include "wire/websocket_feed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Bits of the first byte: 0-3 how the twin is cut, 4-5 the limit, 6 which side reads, 7 whether
 * messages may be packed. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint32_t maxima[] = {16, 200, 70000, UINT32_MAX};
    static const size_t fixed[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 13, 17, 64, 131, 0};
    if (size < 2)
        return 0;
    const struct cuts whole = {.fixed = SIZE_MAX};
    const struct cuts cut = {.fixed = fixed[data[0] & 15], .seed = 1u + data[1]};
    struct ws_limits limits = {.message_max = maxima[data[0] >> 4 & 3],
                               .from_server = data[0] & 0x40};
    const struct ws_parser parser = {.deflate = data[0] & 0x80 ? DEFLATE_BITS_MAX : 0};
    struct feed a = {.limits = limits, .parser = parser};
    struct feed b = {.limits = limits, .parser = parser};
    feed_stream(&a, data + 1, size - 1, whole);
    feed_stream(&b, data + 1, size - 1, cut);
    CHECK(a.error == b.error);
    CHECK(str_eq(buf_str(&a.script), buf_str(&b.script)));
    CHECK(a.error != 0 || str_eq(buf_str(&a.message), buf_str(&b.message)));
    CHECK(a.error != 0 || str_eq(buf_str(&a.kept), buf_str(&b.kept)));
    feed_fini(&a);
    feed_fini(&b);
    return 0;
}
