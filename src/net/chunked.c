/* chunked.c - reads a body in chunks.
 *
 * It is read here and not by llhttp, which takes folded and nameless trailer lines, lets a trailer
 * change the framing and bounds neither trailers nor extensions. */
#include "net/chunked.h"

#include "net/request_line.h"

#define DIGITS_MAX    8     /* of a chunk size: no chunk is as large as 4 GB */
#define EXTENSION_MAX 16384 /* bytes of extensions in one body */
#define TRAILER_MAX   8192  /* bytes of trailer fields */

/* Which byte is due. */
enum chunked_state {
    CHUNK_SIZE,       /* a hexadecimal digit, or what ends the size */
    CHUNK_SIZE_BLANK, /* blanks between size and extension (RFC 9112 7.1.1) */
    CHUNK_EXT_NAME,   /* the first character of an extension's name */
    CHUNK_EXT,        /* the rest of it */
    CHUNK_SIZE_LF,
    CHUNK_DATA,
    CHUNK_DATA_CR,
    CHUNK_DATA_LF,
    CHUNK_TRAILER, /* a field name, or the CR that ends all */
    CHUNK_TRAILER_NAME,
    CHUNK_TRAILER_VALUE,
    CHUNK_TRAILER_LF,
    CHUNK_END_LF,
};

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* What may stand in an extension or a field value: no control character but the tab. */
static bool is_text(char c)
{
    return (c >= ' ' && c != 0x7f) || c == '\t' || c < 0;
}

static enum refusal read_size(struct chunked *c, char byte)
{
    int value = hex_value(byte);
    if (value >= 0) {
        if (c->digits == DIGITS_MAX)
            return REFUSAL_CHUNK_SIZE;
        c->size = c->size * 16 + (uint64_t)value;
        c->digits++;
        return REFUSAL_NONE;
    }
    if (c->digits == 0)
        return REFUSAL_CHUNK_SIZE;
    c->state = byte == '\r'                  ? CHUNK_SIZE_LF
               : byte == ';'                 ? CHUNK_EXT_NAME
               : byte == ' ' || byte == '\t' ? CHUNK_SIZE_BLANK
                                             : CHUNK_SIZE;
    return c->state == CHUNK_SIZE ? REFUSAL_CHUNK_SIZE : REFUSAL_NONE;
}

static enum refusal read_extension(struct chunked *c, char byte)
{
    if (++c->extension > EXTENSION_MAX)
        return REFUSAL_CHUNK_EXT;
    switch (c->state) {
    case CHUNK_SIZE_BLANK:
        if (byte == ';')
            c->state = CHUNK_EXT_NAME;
        return byte == ';' || byte == ' ' || byte == '\t' ? REFUSAL_NONE : REFUSAL_CHUNK_SIZE;
    case CHUNK_EXT_NAME:
        if (is_token_char(byte))
            c->state = CHUNK_EXT;
        return is_token_char(byte) || byte == ' ' || byte == '\t' ? REFUSAL_NONE
                                                                  : REFUSAL_CHUNK_EXT;
    default:
        if (byte == '\r')
            c->state = CHUNK_SIZE_LF;
        return byte == '\r' || is_text(byte) ? REFUSAL_NONE : REFUSAL_CHUNK_EXT;
    }
}

static enum refusal read_trailer(struct chunked *c, char byte)
{
    if (++c->trailer > TRAILER_MAX)
        return REFUSAL_TRAILER_LONG;
    switch (c->state) {
    case CHUNK_TRAILER:
        c->state = byte == '\r' ? CHUNK_END_LF : CHUNK_TRAILER_NAME;
        return byte == '\r' || is_token_char(byte) ? REFUSAL_NONE : REFUSAL_TRAILER;
    case CHUNK_TRAILER_NAME:
        if (byte == ':')
            c->state = CHUNK_TRAILER_VALUE;
        return byte == ':' || is_token_char(byte) ? REFUSAL_NONE : REFUSAL_TRAILER;
    default:
        if (byte == '\r')
            c->state = CHUNK_TRAILER_LF;
        return byte == '\r' || is_text(byte) ? REFUSAL_NONE : REFUSAL_TRAILER;
    }
}

/* One fixed byte. */
static enum refusal expect(struct chunked *c, char byte, char want, enum chunked_state next,
                           enum refusal otherwise)
{
    c->state = (uint8_t)next;
    return byte == want ? REFUSAL_NONE : otherwise;
}

static enum refusal size_ends(struct chunked *c, char byte)
{
    if (byte != '\n')
        return REFUSAL_CHUNK_SIZE;
    c->state = c->size == 0 ? CHUNK_TRAILER : CHUNK_DATA;
    c->left = c->size;
    c->size = 0;
    c->digits = 0;
    return REFUSAL_NONE;
}

static enum refusal read_byte(struct chunked *c, char byte)
{
    switch ((enum chunked_state)c->state) {
    case CHUNK_SIZE:
        return read_size(c, byte);
    case CHUNK_SIZE_BLANK:
    case CHUNK_EXT_NAME:
    case CHUNK_EXT:
        return read_extension(c, byte);
    case CHUNK_SIZE_LF:
        return size_ends(c, byte);
    case CHUNK_DATA:
    case CHUNK_DATA_CR:
        return expect(c, byte, '\r', CHUNK_DATA_LF, REFUSAL_CHUNK_END);
    case CHUNK_DATA_LF:
        return expect(c, byte, '\n', CHUNK_SIZE, REFUSAL_CHUNK_END);
    case CHUNK_TRAILER:
    case CHUNK_TRAILER_NAME:
    case CHUNK_TRAILER_VALUE:
        return read_trailer(c, byte);
    case CHUNK_TRAILER_LF:
        return expect(c, byte, '\n', CHUNK_TRAILER, REFUSAL_TRAILER);
    case CHUNK_END_LF:
        c->done = byte == '\n';
        return c->done ? REFUSAL_NONE : REFUSAL_TRAILER;
    }
    return REFUSAL_CHUNK_SIZE;
}

size_t chunked_read(struct chunked *c, const char *bytes, size_t len, struct str *data_r)
{
    *data_r = (struct str){NULL, 0};
    for (size_t i = 0; i < len; i++) {
        if (c->state == CHUNK_DATA) {
            size_t take = len - i < c->left ? len - i : (size_t)c->left;
            *data_r = (struct str){bytes + i, take};
            c->left -= take;
            if (c->left == 0)
                c->state = CHUNK_DATA_CR;
            return i + take;
        }
        c->refusal = read_byte(c, bytes[i]);
        if (c->refusal != REFUSAL_NONE || c->done)
            return i + 1;
    }
    return len;
}
