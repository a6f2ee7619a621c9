/* id.c - making and reading UUIDs.
 *
 * Layout of UUIDv7: 48 bits of milliseconds, 12 bits that count within one, 62 random bits. The
 * counter starts at a random value below 2048; should it run over, the time runs ahead (RFC 9562
 * 6.2, method 1). Random bytes are fetched 4 KB at a time for each thread: one system call makes
 * about 500 ids. */
#include "base/id.h"

#include "base/clock.h"
#include "base/random.h"

#define POOL_SIZE     4096
#define COUNTER_MAX   0xfffu
#define COUNTER_START 0x7ffu /* the most it starts with */

/* What a thread needs to make ids. */
struct maker {
    int64_t ms;              /* of the id made last */
    uint16_t counter;        /* of the id made last */
    size_t left;             /* random bytes not yet used, at the end of the pool */
    uint8_t pool[POOL_SIZE]; /* random bytes */
};

static _Thread_local struct maker maker;

static void take_random(void *out, size_t len)
{
    if (maker.left < len) {
        random_bytes(maker.pool, sizeof maker.pool);
        maker.left = sizeof maker.pool;
    }
    memcpy(out, maker.pool + sizeof maker.pool - maker.left, len);
    maker.left -= len;
}

static void begin_ms(int64_t ms)
{
    maker.ms = ms;
    take_random(&maker.counter, sizeof maker.counter);
    maker.counter &= COUNTER_START;
}

static void step(void)
{
    int64_t now = clock_utc_us() / 1000;
    if (now > maker.ms)
        begin_ms(now);
    else if (maker.counter == COUNTER_MAX)
        begin_ms(maker.ms + 1);
    else
        maker.counter++;
}

static void write_text(const uint8_t bytes[16], char text[ID_LEN + 1])
{
    static const char hex[] = "0123456789abcdef";
    for (size_t i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *text++ = '-';
        *text++ = hex[bytes[i] >> 4];
        *text++ = hex[bytes[i] & 15];
    }
    *text = '\0';
}

struct id id_new(void)
{
    uint8_t bytes[16];
    step();
    for (int i = 0; i < 6; i++)
        bytes[i] = (uint8_t)(maker.ms >> (40 - 8 * i));
    bytes[6] = (uint8_t)(0x70 | maker.counter >> 8);
    bytes[7] = (uint8_t)maker.counter;
    take_random(bytes + 8, 8);
    bytes[8] = (uint8_t)((bytes[8] & 0x3f) | 0x80);

    struct id id;
    write_text(bytes, id.text);
    return id;
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool id_valid(struct str text)
{
    if (text.len != ID_LEN)
        return false;
    for (size_t i = 0; i < ID_LEN; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? text.at[i] != '-' : !is_hex(text.at[i]))
            return false;
    }
    return true;
}

bool id_parse(struct str text, struct id *id_r)
{
    *id_r = (struct id){0};
    if (!id_valid(text))
        return false;
    for (size_t i = 0; i < ID_LEN; i++) {
        char c = text.at[i];
        id_r->text[i] = c >= 'A' && c <= 'F' ? (char)(c | 0x20) : c;
    }
    return true;
}

static int64_t nibble(char c)
{
    return c <= '9' ? c - '0' : c - 'a' + 10;
}

int64_t id_ms(const struct id *id)
{
    int64_t ms = 0;
    if (id->text[14] != '7')
        return 0;
    for (size_t i = 0; i < 13; i++) {
        if (i != 8)
            ms = ms * 16 + nibble(id->text[i]);
    }
    return ms;
}
