/* deflate.c - permessage-deflate (RFC 7692) on zlib. */
#include "wire/deflate.h"

#include <stdio.h>
#include <zlib.h>

/* Measured on menus and orders of 1 to 64 KB: level 6 takes twice the time for 2 to 10 % less. */
#define LEVEL     3
#define MEM_LEVEL 8 /* 128 KB for hash and symbols; below, level 3 is no quicker and packs less */
#define RAW_BITS  (-15) /* the largest window, without zlib's own head and checksum */
#define ROOM_MIN  4096  /* bytes the output grows by at least */

/* The empty stored block that ends a flush. It never travels (7.2.1, 7.2.2). */
static const char tail[] = {0, 0, (char)0xff, (char)0xff};

/* --- offers (RFC 6455 9.1, RFC 7692 7.1) --- */

/* May a parameter have a value? */
enum value_rule { VALUE_NEVER, VALUE_ALWAYS, VALUE_MAYBE };

enum param { SERVER_TAKEOVER, CLIENT_TAKEOVER, SERVER_BITS, CLIENT_BITS, PARAMS };

static const struct {
    const char *name;
    enum value_rule value; /* of those that have one it is the bits of a window */
} params[PARAMS] = {
    [SERVER_TAKEOVER] = {"server_no_context_takeover", VALUE_NEVER},
    [CLIENT_TAKEOVER] = {"client_no_context_takeover", VALUE_NEVER},
    [SERVER_BITS] = {"server_max_window_bits", VALUE_ALWAYS},
    [CLIENT_BITS] = {"client_max_window_bits", VALUE_MAYBE},
};

/* An offer as far as it is read. */
struct offer {
    bool fits;                  /* nothing in it speaks against it */
    unsigned seen;              /* bits 1 << enum param */
    struct deflate_terms terms; /* if it fits */
};

static bool is_token_char(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           (c != '\0' && strchr("!#$%&'*+-.^_`|~", c));
}

static void skip(struct str *rest, size_t count)
{
    rest->at += count;
    rest->len -= count;
}

static void skip_blanks(struct str *rest)
{
    while (rest->len > 0 && (*rest->at == ' ' || *rest->at == '\t'))
        skip(rest, 1);
}

/* Is `c` next, behind blanks? Then it is passed, with the blanks behind it. */
static bool take_char(struct str *rest, char c)
{
    skip_blanks(rest);
    if (rest->len == 0 || *rest->at != c)
        return false;
    skip(rest, 1);
    skip_blanks(rest);
    return true;
}

static bool take_token(struct str *rest, struct str *token_r)
{
    size_t len = 0;
    while (len < rest->len && is_token_char(rest->at[len]))
        len++;
    if (len == 0)
        return false;
    *token_r = (struct str){rest->at, len};
    skip(rest, len);
    return true;
}

/* A token, or the same in quotes. What is escaped in quotes stays so, and is then no number. */
static bool take_value(struct str *rest, struct str *value_r)
{
    if (rest->len == 0 || *rest->at != '"')
        return take_token(rest, value_r);
    size_t end = 1;
    while (end < rest->len && rest->at[end] != '"')
        end += rest->at[end] == '\\' ? 2 : 1;
    if (end >= rest->len)
        return false;
    *value_r = (struct str){rest->at + 1, end - 1};
    skip(rest, end + 1);
    return true;
}

/* "A decimal integer without leading zeroes between 8 and 15 inclusive" (7.1.2.1). */
static bool read_bits(struct str value, uint8_t *bits_r)
{
    uint64_t bits;
    if (value.len == 0 || value.at[0] == '0' || !str_to_u64(value, DEFLATE_BITS_MAX, &bits))
        return false;
    *bits_r = (uint8_t)bits;
    return bits >= DEFLATE_BITS_MIN;
}

/* value.at is NULL when there is none. Returns false when the offer is to be declined. */
static bool judge_param(struct offer *o, struct str name, struct str value)
{
    for (unsigned i = 0; i < PARAMS; i++) {
        if (!str_is(name, params[i].name))
            continue;
        unsigned bit = 1u << i;
        bool twice = o->seen & bit;
        o->seen |= bit;
        if (twice || (value.at && params[i].value == VALUE_NEVER) ||
            (!value.at && params[i].value == VALUE_ALWAYS))
            return false;
        uint8_t *bits = i == SERVER_BITS ? &o->terms.server_bits : &o->terms.client_bits;
        return !value.at || read_bits(value, bits);
    }
    return false;
}

/* One element of the list. Returns false when it is malformed. */
static bool take_offer(struct str *rest, struct offer *o)
{
    struct str name;
    if (!take_token(rest, &name))
        return false;
    *o = (struct offer){.fits = str_is(name, "permessage-deflate"),
                        .terms.server_bits = DEFLATE_BITS_MAX};
    while (take_char(rest, ';')) {
        struct str value = {NULL, 0};
        if (!take_token(rest, &name) || (take_char(rest, '=') && !take_value(rest, &value)))
            return false;
        o->fits = o->fits && judge_param(o, name, value);
    }
    return true;
}

bool deflate_agree(struct str offers, struct deflate_terms *terms_r)
{
    struct str rest = offers;
    do {
        while (take_char(&rest, ','))
            continue; /* a list may have empty elements (RFC 9110 5.6.1) */
        struct offer o;
        if (!take_offer(&rest, &o))
            return false;
        skip_blanks(&rest);
        if (rest.len > 0 && *rest.at != ',')
            return false;
        if (o.fits) {
            *terms_r = o.terms;
            return true;
        }
    } while (rest.len > 0);
    return false;
}

size_t deflate_answer(const struct deflate_terms *terms, char out[DEFLATE_ANSWER_MAX])
{
    int len = snprintf(out, DEFLATE_ANSWER_MAX, "permessage-deflate; %s; %s",
                       params[SERVER_TAKEOVER].name, params[CLIENT_TAKEOVER].name);
    if (terms->server_bits < DEFLATE_BITS_MAX)
        len += snprintf(out + len, DEFLATE_ANSWER_MAX - (size_t)len, "; %s=%u",
                        params[SERVER_BITS].name, terms->server_bits);
    if (terms->client_bits > 0)
        len += snprintf(out + len, DEFLATE_ANSWER_MAX - (size_t)len, "; %s=%u",
                        params[CLIENT_BITS].name, terms->client_bits);
    CHECK(len < DEFLATE_ANSWER_MAX);
    return (size_t)len;
}

/* --- streams --- */

struct deflater {
    z_stream packing;   /* zalloc is NULL until it is made */
    z_stream unpacking; /* the same */
};

struct deflater *deflater_new(void)
{
    return mem_alloc(sizeof(struct deflater));
}

void deflater_free(struct deflater **d)
{
    if (!*d)
        return;
    if ((*d)->packing.zalloc)
        deflateEnd(&(*d)->packing);
    if ((*d)->unpacking.zalloc)
        inflateEnd(&(*d)->unpacking);
    mem_free(*d);
    *d = NULL;
}

/* zlib's memory is the house's, which never comes back NULL. */
static void *stream_alloc(void *ctx, unsigned count, unsigned size)
{
    (void)ctx;
    return mem_alloc((size_t)count * size);
}

static void stream_free(void *ctx, void *ptr)
{
    (void)ctx;
    mem_free(ptr);
}

/* A stream before its first byte. */
static z_stream *fresh_packing(struct deflater *d)
{
    z_stream *z = &d->packing;
    int got;
    if (z->zalloc) {
        got = deflateReset(z);
    } else {
        *z = (z_stream){.zalloc = stream_alloc, .zfree = stream_free};
        got = deflateInit2(z, LEVEL, Z_DEFLATED, RAW_BITS, MEM_LEVEL, Z_DEFAULT_STRATEGY);
    }
    CHECK(got == Z_OK);
    return z;
}

static z_stream *fresh_unpacking(struct deflater *d)
{
    z_stream *z = &d->unpacking;
    int got;
    if (z->zalloc) {
        got = inflateReset(z);
    } else {
        *z = (z_stream){.zalloc = stream_alloc, .zfree = stream_free};
        got = inflateInit2(z, RAW_BITS);
    }
    CHECK(got == Z_OK);
    return z;
}

/* --- packing --- */

size_t deflater_pack(struct deflater *d, struct str message, void *out, size_t room)
{
    if (message.len > UINT32_MAX || room > UINT32_MAX)
        return 0;
    z_stream *z = fresh_packing(d);
    z->next_in = (Bytef *)(uintptr_t)message.at;
    z->avail_in = (uInt)message.len;
    z->next_out = out;
    z->avail_out = (uInt)room;
    int got = deflate(z, Z_SYNC_FLUSH);
    CHECK(got == Z_OK || got == Z_BUF_ERROR);
    if (z->avail_out == 0)
        return 0; /* and perhaps not all is written */
    size_t len = room - z->avail_out;
    CHECK(z->avail_in == 0 && len > sizeof tail);
    return len - sizeof tail;
}

/* --- unpacking --- */

/* More room behind `out`: as much again as there is, but never above `most` bytes in all. */
static void grow(z_stream *z, struct buf *out, size_t most)
{
    size_t step = out->len > ROOM_MIN ? out->len : ROOM_MIN;
    if (step > most - out->len)
        step = most - out->len;
    z->next_out = (Bytef *)buf_reserve(out, step);
    z->avail_out = (uInt)step;
}

/* Unpack onto `out`, for which `most` bytes are too many. Behind a block that calls itself the last
 * a stream may begin anew (7.2.3.4); *whole_r is set when it ends with one. */
static enum ws_error unpack(z_stream *z, struct str packed, size_t most, struct buf *out,
                            bool *whole_r)
{
    int got;
    z->next_in = (Bytef *)(uintptr_t)packed.at;
    z->avail_in = (uInt)packed.len;
    do {
        grow(z, out, most);
        size_t room = z->avail_out;
        got = inflate(z, Z_SYNC_FLUSH);
        out->len += room - z->avail_out;
        if (out->len == most)
            return WS_ERR_TOO_BIG;
        if (got != Z_OK && got != Z_BUF_ERROR && got != Z_STREAM_END)
            return WS_ERR_DEFLATE;
        if (got == Z_STREAM_END && z->avail_in > 0)
            CHECK(inflateReset(z) == Z_OK);
    } while (z->avail_in > 0 || (z->avail_out == 0 && got == Z_OK));
    *whole_r = got == Z_STREAM_END;
    return WS_ERR_NONE;
}

/* Is the stream between two blocks, with no bit left over? (zlib.h on data_type and inflate.) */
static bool between_blocks(const z_stream *z)
{
    return (z->data_type & 128) && (z->data_type & 63) == 0;
}

/* A message ends with a last block, or with the beginning of the empty block whose end is `tail`;
 * anything else was cut. Taken as well: nothing at all, whose sender owes that beginning (7.2.3.6),
 * and a message that still has its tail. */
static enum ws_error unpack_message(z_stream *z, struct str packed, size_t most, struct buf *out)
{
    bool whole = packed.len == 0;
    enum ws_error err = WS_ERR_NONE;
    if (!whole)
        err = unpack(z, packed, most, out, &whole);
    if (err != WS_ERR_NONE || whole || between_blocks(z))
        return err;
    err = unpack(z, (struct str){tail, sizeof tail}, most, out, &whole);
    return err == WS_ERR_NONE && !whole && !between_blocks(z) ? WS_ERR_DEFLATE : err;
}

enum ws_error deflater_unpack(struct deflater *d, struct str packed, bool text, uint32_t max,
                              struct buf *out)
{
    CHECK(packed.len <= UINT32_MAX && out->len == 0);
    enum ws_error err = unpack_message(fresh_unpacking(d), packed, (size_t)max + 1, out);
    if (err == WS_ERR_NONE && text && !str_utf8_valid(buf_str(out)))
        return WS_ERR_TEXT_UTF8;
    return err;
}
