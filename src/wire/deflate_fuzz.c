/* deflate_fuzz.c - offers and packed messages of peers who mean no good: what is taken can be given
 * back and taken again. */
#include "wire/deflate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Our answer is itself an offer of the same terms. */
static void offers(struct str text)
{
    struct deflate_terms terms;
    struct deflate_terms again;
    char answer[DEFLATE_ANSWER_MAX];
    if (!deflate_agree(text, &terms))
        return;
    CHECK(terms.server_bits >= DEFLATE_BITS_MIN && terms.server_bits <= DEFLATE_BITS_MAX);
    size_t len = deflate_answer(&terms, answer);
    CHECK(deflate_agree((struct str){answer, len}, &again));
    CHECK(again.server_bits == terms.server_bits && again.client_bits == terms.client_bits);
}

/* A message out of the pack is the same after it was packed by us. */
static void repack(struct deflater *d, struct str message, bool text)
{
    size_t room = message.len + 64;
    char *packed = mem_grow(NULL, room);
    size_t len = deflater_pack(d, message, packed, room);
    struct buf again = {0};
    CHECK(len > 0);
    CHECK(deflater_unpack(d, (struct str){packed, len}, text, (uint32_t)message.len, &again) ==
          WS_ERR_NONE);
    CHECK(str_eq(message, buf_str(&again)));
    buf_fini(&again);
    mem_free(packed);
}

/* The first byte: bit 0 tells offers from messages; of those bit 1 is text, bits 2-3 the limit. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint32_t maxima[] = {16, 200, 5000, 65536};
    static struct deflater *d;
    if (size < 1)
        return 0;
    struct str rest = {(const char *)data + 1, size - 1};
    if (data[0] & 1) {
        offers(rest);
        return 0;
    }
    if (!d)
        d = deflater_new();
    bool text = data[0] & 2;
    uint32_t max = maxima[data[0] >> 2 & 3];
    struct buf message = {0};
    enum ws_error err = deflater_unpack(d, rest, text, max, &message);
    CHECK(message.len <= (size_t)max + (err == WS_ERR_TOO_BIG));
    if (err == WS_ERR_NONE)
        repack(d, buf_str(&message), text);
    buf_fini(&message);
    return 0;
}
