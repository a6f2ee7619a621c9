/* websocket_feed.h - for tests: a stream shown to the parser in any cuts, and a script of what came
 * of it: "text(hi) ping() close(1000 bye) WS-RSV-BITS".
 *
 * Every read lies in a heap block of its own size, so that a sanitizer sees a byte read too many.
 */
#ifndef PESAN_WIRE_WEBSOCKET_FEED_H
#define PESAN_WIRE_WEBSOCKET_FEED_H

#include "base/buf.h"
#include "wire/deflate.h"

/* How a stream is cut into reads. */
struct cuts {
    size_t fixed;  /* bytes of each read; 0: random sizes up to 40 */
    uint32_t seed; /* of the random sizes, not 0 */
};

/* One connection's reading side as a caller would keep it. */
struct feed {
    struct ws_limits limits; /* set by the test */
    struct ws_parser parser; /* what is tested */
    struct deflater *packer; /* for packed messages; made when one comes */
    struct buf kept;         /* bytes the parser has not consumed yet */
    struct buf message;      /* pieces of the current message */
    struct buf script;       /* what has happened */
    size_t shown;            /* bytes of the stream shown so far */
    ssize_t error;           /* what ws_parse() or unpacking failed with, else 0 */
};

static inline void feed_fini(struct feed *f)
{
    buf_fini(&f->kept);
    buf_fini(&f->message);
    buf_fini(&f->script);
    deflater_free(&f->packer);
}

/* Short payloads in clear, long ones by length and a hash (FNV-1a). */
static inline void script_payload(struct buf *script, struct str s)
{
    if (s.len > 48) {
        uint64_t hash = 0xcbf29ce484222325u;
        for (size_t i = 0; i < s.len; i++)
            hash = (hash ^ (uint8_t)s.at[i]) * 0x100000001b3u;
        buf_addf(script, "%zu:%016llx", s.len, (unsigned long long)hash);
        return;
    }
    for (size_t i = 0; i < s.len; i++) {
        uint8_t c = (uint8_t)s.at[i];
        if (c > 0x20 && c < 0x7F && c != '\\')
            buf_add_char(script, (char)c);
        else
            buf_addf(script, "\\%02x", c);
    }
}

static inline void script_word(struct feed *f, const char *word, struct str payload)
{
    if (f->script.len > 0)
        buf_add_char(&f->script, ' ');
    buf_addf(&f->script, "%s(", word);
    script_payload(&f->script, payload);
    buf_add_char(&f->script, ')');
}

/* The packed message that is whole: f->message becomes what is in it, unless f->error is set. */
static inline void unpack_message(struct feed *f, bool text)
{
    struct buf unpacked = {0};
    if (!f->packer)
        f->packer = deflater_new();
    f->error = -(ssize_t)deflater_unpack(f->packer, buf_str(&f->message), text,
                                         f->limits.message_max, &unpacked);
    CHECK(f->error != 0 || unpacked.len <= f->limits.message_max);
    buf_fini(&f->message);
    f->message = unpacked;
}

static inline void script_data(struct feed *f, const struct ws_event *e, bool was_in_message)
{
    CHECK(e->first || was_in_message);
    CHECK(!e->first || f->message.len == 0);
    CHECK(e->last != ws_in_message(&f->parser));
    CHECK(!e->last || e->frame_left == 0);
    buf_add_str(&f->message, e->payload);
    CHECK(f->message.len + e->frame_left <= f->limits.message_max);
    CHECK(!e->packed || f->parser.deflate > 0);
    if (!e->last)
        return;
    if (e->packed)
        unpack_message(f, e->text);
    if (f->error == 0)
        script_word(f, e->text ? "text" : "binary", buf_str(&f->message));
    buf_clear(&f->message);
}

static inline void script_event(struct feed *f, const struct ws_event *e, bool was_in_message)
{
    switch (e->type) {
    case WS_NONE:
        return;
    case WS_DATA:
        script_data(f, e, was_in_message);
        return;
    case WS_PING:
        script_word(f, "ping", e->payload);
        return;
    case WS_PONG:
        script_word(f, "pong", e->payload);
        return;
    case WS_CLOSE:
        buf_addf(&f->script, "%sclose(%u", f->script.len > 0 ? " " : "", e->code);
        if (e->payload.len > 0)
            buf_add_char(&f->script, ' ');
        script_payload(&f->script, e->payload);
        buf_add_char(&f->script, ')');
        return;
    }
}

/* Parse what can be parsed of room[0..len-1]; returns the bytes consumed. */
static inline size_t feed_parse(struct feed *f, uint8_t *room, size_t len)
{
    size_t at = 0;
    while (at < len) {
        struct ws_event e;
        bool was_in_message = ws_in_message(&f->parser);
        ssize_t n = ws_parse(&f->parser, room + at, len - at, &f->limits, &e);
        if (n == 0)
            break;
        if (n > 0) {
            const uint8_t *payload = (const uint8_t *)e.payload.at;
            CHECK((size_t)n <= len - at);
            CHECK(e.payload.len == 0 || (payload >= room + at && e.payload.len <= (size_t)n));
            script_event(f, &e, was_in_message);
            at += (size_t)n;
        } else {
            f->error = n;
        }
        if (f->error != 0) {
            buf_addf(&f->script, "%s%s", f->script.len > 0 ? " " : "", ws_reason_of(f->error)->id);
            return len;
        }
    }
    return at;
}

/* One read of `len` bytes arrives. */
static inline void feed_read(struct feed *f, const uint8_t *bytes, size_t len)
{
    buf_add(&f->kept, bytes, len);
    f->shown += len;
    uint8_t *room = mem_alloc(f->kept.len);
    memcpy(room, f->kept.at, f->kept.len);
    size_t taken = feed_parse(f, room, f->kept.len);
    buf_consume(&f->kept, taken);
    CHECK(f->kept.len <= WS_UNPARSED_MAX);
    CHECK(f->kept.len == 0 || memcmp(room + taken, f->kept.at, f->kept.len) == 0);
    mem_free(room);
}

/* The whole stream in the given cuts, until its end or an error. */
static inline void feed_stream(struct feed *f, const uint8_t *bytes, size_t len, struct cuts cuts)
{
    uint32_t random = cuts.seed;
    for (size_t at = 0; at < len && f->error == 0;) {
        random ^= random << 13;
        random ^= random >> 17;
        random ^= random << 5;
        size_t n = cuts.fixed ? cuts.fixed : random % 40 + 1;
        n = n < len - at ? n : len - at;
        feed_read(f, bytes + at, n);
        at += n;
    }
}

#endif
