/* websocket.c - reads and writes WebSocket frames (RFC 6455). */
#include "wire/websocket.h"

#include "base/digest.h"
#include "wire/utf8.h"

/* Every idle socket pays for it. */
_Static_assert(sizeof(struct ws_parser) <= 16, "ws_parser grew");

/* Bits of ws_parser.flags. */
enum ws_flag {
    WS_F_MESSAGE = 1, /* a message has begun and has not ended */
    WS_F_TEXT = 2,    /* it is text */
    WS_F_FIRST = 4,   /* no piece of it was handed out yet */
    WS_F_FINAL = 8,   /* the current frame is its last */
    WS_F_ENDED = 16,  /* Close or an error: the rest of the stream means nothing */
    WS_F_PACKED = 32, /* the message is to be unpacked */
};

#define BIT_FIN     0x80u
#define BITS_RSV    0x70u
#define BIT_RSV1    0x40u
#define BITS_OPCODE 0x0Fu
#define BIT_CONTROL 0x08u
#define BIT_MASK    0x80u
#define BITS_LENGTH 0x7Fu
#define LENGTH_16   126 /* the length follows in two bytes */
#define LENGTH_64   127 /* in eight */

/* The head of one frame (RFC 6455 5.2). */
struct head {
    uint8_t opcode;  /* enum ws_opcode */
    bool final;      /* FIN */
    bool packed;     /* RSV1 */
    uint8_t mask[4]; /* zero in a server's frames */
    uint64_t length; /* of the payload */
};

static const struct ws_reason reasons[WS_ERR_COUNT] = {
    [WS_ERR_NONE] = {WS_CLOSE_NORMAL, "WS-NONE", ""},
#define WS_ERROR(name, code, id, text) [WS_ERR_##name] = {code, id, text},
#include "wire/tbl/ws_errors.h"
#undef WS_ERROR
};

const struct ws_reason *ws_reason_of(ssize_t parse_result)
{
    CHECK(parse_result < 0 && parse_result > -WS_ERR_COUNT);
    return &reasons[-parse_result];
}

bool ws_in_message(const struct ws_parser *p)
{
    return p->flags & WS_F_MESSAGE;
}

bool ws_close_code_valid(unsigned code)
{
    /* 1004 has no meaning, 1005, 1006 and 1015 never travel, 1016-2999 are reserved. */
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
           (code >= 3000 && code <= 4999);
}

void ws_mask(uint8_t *bytes, size_t len, const uint8_t mask[4])
{
    uint64_t wide;
    memcpy(&wide, mask, 4);
    memcpy((uint8_t *)&wide + 4, mask, 4);
    size_t i = 0;
    for (uint64_t word; i + sizeof word <= len; i += sizeof word) {
        memcpy(&word, bytes + i, sizeof word);
        word ^= wide;
        memcpy(bytes + i, &word, sizeof word);
    }
    for (; i < len; i++)
        bytes[i] ^= mask[i & 3];
}

/* After `count` bytes another byte of the mask is due. */
static void turn_mask(uint8_t mask[4], size_t count)
{
    const uint8_t old[4] = {mask[0], mask[1], mask[2], mask[3]};
    for (size_t i = 0; i < 4; i++)
        mask[i] = old[(i + count) & 3];
}

static uint64_t big_endian(const uint8_t *bytes, size_t count)
{
    uint64_t value = 0;
    for (size_t i = 0; i < count; i++)
        value = value << 8 | bytes[i];
    return value;
}

/* What the first byte of a frame may be, given what came before (RFC 6455 5.2, 5.4, 5.5). */
static enum ws_error check_first(const struct ws_parser *p, uint8_t byte)
{
    /* "Per-Message Compressed" is said by the first frame of a data message (RFC 7692 6). */
    bool may_pack = p->deflate > 0 && !(byte & BIT_CONTROL) && (byte & BITS_OPCODE);
    if (byte & BITS_RSV & ~(may_pack ? BIT_RSV1 : 0))
        return WS_ERR_RSV_BITS;
    bool open = p->flags & WS_F_MESSAGE;
    switch (byte & BITS_OPCODE) {
    case WS_OP_CONTINUATION:
        return open ? WS_ERR_NONE : WS_ERR_CONTINUATION;
    case WS_OP_TEXT:
    case WS_OP_BINARY:
        return open ? WS_ERR_INTERLEAVED : WS_ERR_NONE;
    case WS_OP_CLOSE:
    case WS_OP_PING:
    case WS_OP_PONG:
        return byte & BIT_FIN ? WS_ERR_NONE : WS_ERR_CONTROL_FRAGMENT;
    default:
        return WS_ERR_OPCODE;
    }
}

static enum ws_error check_second(const uint8_t *bytes, const struct ws_limits *limits)
{
    bool masked = bytes[1] & BIT_MASK;
    if (masked && limits->from_server)
        return WS_ERR_MASKED;
    if (!masked && !limits->from_server)
        return WS_ERR_UNMASKED;
    if ((bytes[0] & BIT_CONTROL) && (bytes[1] & BITS_LENGTH) > WS_CONTROL_MAX)
        return WS_ERR_CONTROL_SIZE;
    return WS_ERR_NONE;
}

/* "The minimal number of bytes MUST be used to encode the length", top bit 0 (RFC 6455 5.2). */
static enum ws_error check_length(const struct ws_parser *p, const struct head *h, size_t width,
                                  const struct ws_limits *limits)
{
    if ((width == 2 && h->length < LENGTH_16) || (width == 8 && h->length <= UINT16_MAX) ||
        h->length >> 63)
        return WS_ERR_LENGTH_FORM;
    uint32_t so_far = h->opcode == WS_OP_CONTINUATION ? p->so_far : 0;
    uint32_t room = limits->message_max > so_far ? limits->message_max - so_far : 0;
    if (!(h->opcode & BIT_CONTROL) && h->length > room)
        return WS_ERR_TOO_BIG;
    return WS_ERR_NONE;
}

/* Returns the bytes of the head, 0 for more, or a negated enum ws_error. Each field is judged as
 * soon as it is whole: an oversized frame before its mask has come. */
static ssize_t read_head(const struct ws_parser *p, const uint8_t *bytes, size_t len,
                         const struct ws_limits *limits, struct head *h)
{
    enum ws_error err = check_first(p, bytes[0]);
    if (err == WS_ERR_NONE && len >= 2)
        err = check_second(bytes, limits);
    if (err != WS_ERR_NONE || len < 2)
        return -(ssize_t)err;

    uint8_t short_length = bytes[1] & BITS_LENGTH;
    size_t width = short_length == LENGTH_16 ? 2 : short_length == LENGTH_64 ? 8 : 0;
    if (len < 2 + width)
        return 0;
    *h = (struct head){.opcode = bytes[0] & BITS_OPCODE,
                       .final = bytes[0] & BIT_FIN,
                       .packed = bytes[0] & BIT_RSV1};
    h->length = width ? big_endian(bytes + 2, width) : short_length;
    err = check_length(p, h, width, limits);
    if (err != WS_ERR_NONE)
        return -(ssize_t)err;

    if (limits->from_server)
        return (ssize_t)(2 + width);
    if (len < 2 + width + 4)
        return 0;
    memcpy(h->mask, bytes + 2 + width, 4);
    return (ssize_t)(2 + width + 4);
}

/* RFC 6455 5.5.1: empty, or a code and a reason in UTF-8. */
static enum ws_error read_close(struct str body, struct ws_event *event_r)
{
    event_r->code = WS_CLOSE_NO_CODE;
    if (body.len == 0)
        return WS_ERR_NONE;
    if (body.len == 1)
        return WS_ERR_CLOSE_BODY;
    event_r->code = (uint16_t)big_endian((const uint8_t *)body.at, 2);
    event_r->payload = (struct str){body.at + 2, body.len - 2};
    if (!ws_close_code_valid(event_r->code))
        return WS_ERR_CLOSE_CODE;
    uint8_t utf8 = UTF8_WHOLE;
    if (!utf8_check(&utf8, event_r->payload.at, event_r->payload.len) || utf8 != UTF8_WHOLE)
        return WS_ERR_CLOSE_UTF8;
    return WS_ERR_NONE;
}

/* A control frame is taken whole; `bytes` is its payload. */
static enum ws_error take_control(struct ws_parser *p, const struct head *h, uint8_t *bytes,
                                  struct ws_event *event_r)
{
    ws_mask(bytes, (size_t)h->length, h->mask);
    event_r->payload = (struct str){(const char *)bytes, (size_t)h->length};
    if (h->opcode != WS_OP_CLOSE) {
        event_r->type = h->opcode == WS_OP_PING ? WS_PING : WS_PONG;
        return WS_ERR_NONE;
    }
    event_r->type = WS_CLOSE;
    p->flags |= WS_F_ENDED;
    return read_close(event_r->payload, event_r);
}

static void begin_frame(struct ws_parser *p, const struct head *h)
{
    if (h->opcode != WS_OP_CONTINUATION) {
        p->flags = WS_F_MESSAGE | WS_F_FIRST;
        p->so_far = 0;
        p->utf8 = UTF8_WHOLE;
    }
    if (h->opcode == WS_OP_TEXT)
        p->flags |= WS_F_TEXT;
    if (h->packed)
        p->flags |= WS_F_PACKED;
    if (h->final)
        p->flags |= WS_F_FINAL;
    p->left = (uint32_t)h->length;
    p->so_far += p->left;
    memcpy(p->mask, h->mask, sizeof p->mask);
}

/* Hand out the `len` (at most p->left) bytes of the current data frame that are there. */
static enum ws_error take_data(struct ws_parser *p, uint8_t *bytes, size_t len,
                               struct ws_event *event_r)
{
    if (len == 0 && p->left > 0)
        return WS_ERR_NONE; /* only the head has come yet */
    ws_mask(bytes, len, p->mask);
    turn_mask(p->mask, len);
    p->left -= (uint32_t)len;
    bool last = p->left == 0 && (p->flags & WS_F_FINAL);
    if ((p->flags & (WS_F_TEXT | WS_F_PACKED)) == WS_F_TEXT &&
        (!utf8_check(&p->utf8, bytes, len) || (last && p->utf8 != UTF8_WHOLE)))
        return WS_ERR_TEXT_UTF8;

    *event_r = (struct ws_event){
        .type = WS_DATA,
        .text = p->flags & WS_F_TEXT,
        .first = p->flags & WS_F_FIRST,
        .last = last,
        .packed = p->flags & WS_F_PACKED,
        .payload = {(const char *)bytes, len},
        .frame_left = p->left,
    };
    p->flags = last ? 0 : (uint8_t)(p->flags & ~WS_F_FIRST);
    return WS_ERR_NONE;
}

static ssize_t fail(struct ws_parser *p, ssize_t negated, struct ws_event *event_r)
{
    p->flags |= WS_F_ENDED;
    *event_r = (struct ws_event){.type = WS_NONE};
    return negated;
}

ssize_t ws_parse(struct ws_parser *p, uint8_t *bytes, size_t len, const struct ws_limits *limits,
                 struct ws_event *event_r)
{
    *event_r = (struct ws_event){.type = WS_NONE};
    if (len == 0 || (p->flags & WS_F_ENDED))
        return (ssize_t)len;

    struct head h = {.length = 0};
    size_t taken = 0;
    if (p->left == 0) {
        ssize_t got = read_head(p, bytes, len, limits, &h);
        if (got < 0)
            return fail(p, got, event_r);
        taken = (size_t)got;
        if (taken == 0 || ((h.opcode & BIT_CONTROL) && len - taken < h.length))
            return 0;
    }

    enum ws_error err;
    if (h.opcode & BIT_CONTROL) {
        err = take_control(p, &h, bytes + taken, event_r);
        len = taken + (size_t)h.length;
    } else {
        if (taken > 0)
            begin_frame(p, &h);
        len = len - taken < p->left ? len : taken + p->left;
        err = take_data(p, bytes + taken, len - taken, event_r);
    }
    return err == WS_ERR_NONE ? (ssize_t)len : fail(p, -(ssize_t)err, event_r);
}

size_t ws_head(uint8_t out[WS_HEAD_MAX], enum ws_opcode opcode, uint64_t payload_len)
{
    size_t width = payload_len < LENGTH_16 ? 0 : payload_len <= UINT16_MAX ? 2 : 8;
    out[0] = (uint8_t)(BIT_FIN | (unsigned)opcode);
    out[1] = width == 0 ? (uint8_t)payload_len : width == 2 ? LENGTH_16 : LENGTH_64;
    for (size_t i = 0; i < width; i++)
        out[2 + i] = (uint8_t)(payload_len >> (8 * (width - 1 - i)));
    return 2 + width;
}

void ws_head_packed(uint8_t head[WS_HEAD_MAX])
{
    head[0] |= BIT_RSV1;
}

size_t ws_close_frame(uint8_t out[WS_CLOSE_FRAME_MAX], unsigned code, struct str reason)
{
    if (code == 0 || code == WS_CLOSE_NO_CODE)
        return ws_head(out, WS_OP_CLOSE, 0);
    size_t cut = reason.len;
    if (cut > WS_CONTROL_MAX - 2) {
        cut = WS_CONTROL_MAX - 2;
        while (cut > 0 && (reason.at[cut] & 0xC0) == 0x80)
            cut--;
    }
    size_t len = ws_head(out, WS_OP_CLOSE, 2 + cut);
    out[len++] = (uint8_t)(code >> 8);
    out[len++] = (uint8_t)code;
    if (cut > 0)
        memcpy(out + len, reason.at, cut);
    return len + cut;
}

static bool is_base64(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '/';
}

bool ws_key_valid(struct str key)
{
    if (key.len != 24 || key.at[22] != '=' || key.at[23] != '=')
        return false;
    for (size_t i = 0; i < 22; i++) {
        if (!is_base64(key.at[i]))
            return false;
    }
    return true;
}

void ws_accept_key(struct str key, char out[WS_ACCEPT_KEY_SIZE])
{
    static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    char joined[24 + sizeof guid - 1];
    CHECK(key.len == 24);
    memcpy(joined, key.at, 24);
    memcpy(joined + 24, guid, sizeof guid - 1);
    uint8_t sha1[SHA1_LEN];
    digest_sha1((struct str){joined, sizeof joined}, sha1);

    /* A buffer laid over `out`: it is just big enough, so that nothing is allocated. */
    struct buf text = {.at = out, .cap = WS_ACCEPT_KEY_SIZE};
    digest_base64(&text, sha1, sizeof sha1);
    CHECK(text.len == WS_ACCEPT_KEY_SIZE - 1 && buf_cstr(&text) == out);
}
