/* request_line.c - reads the first line of a request, byte by byte, and its target.
 *
 * It is read here and not by llhttp: so any token is a method (the house above answers 405),
 * HTTP/0.9 and odd versions get their own answers, and the target is refused at the byte that
 * breaks it. */
#include "net/request_line.h"

#include <arpa/inet.h>

#define METHOD_MAX 32

/* Which byte is due. */
enum line_state {
    LINE_START,    /* the method, or an empty line before it (RFC 9112 2.2) */
    LINE_EMPTY_LF, /* the LF of an empty line */
    LINE_METHOD,
    LINE_TARGET,
    LINE_VERSION,
    LINE_LF,
};

bool is_token_char(char c)
{
    static const uint32_t token[8] = {
        0x00000000, 0x03ff6cfa, 0xc7fffffe, 0x57ffffff, /* ! # $ % & ' * + - . ^ _ ` | ~ 0-9 a-z */
    };
    unsigned char byte = (unsigned char)c;
    return token[byte >> 5] & 1u << (byte & 31);
}

static enum refusal read_method(struct request_line *l, char c)
{
    if (c == ' ' && l->method_len > 0) {
        l->state = LINE_TARGET;
        l->target_at = l->at + 1;
        return REFUSAL_NONE;
    }
    if (!is_token_char(c) || l->method_len == METHOD_MAX)
        return REFUSAL_METHOD;
    l->method_len++;
    return REFUSAL_NONE;
}

static enum refusal read_start(struct request_line *l, char c)
{
    if (c == '\r') {
        l->state = LINE_EMPTY_LF;
        return REFUSAL_NONE;
    }
    l->state = LINE_METHOD;
    l->method_at = l->at;
    return read_method(l, c);
}

static enum refusal read_target(struct request_line *l, char c)
{
    if (c == ' ' && l->target_len > 0) {
        l->state = LINE_VERSION;
        return REFUSAL_NONE;
    }
    if (c == '\r' || c == '\n')
        return REFUSAL_NO_VERSION; /* HTTP/0.9 */
    if (c <= ' ' || c == 0x7f || c == '#')
        return REFUSAL_TARGET; /* bytes over 0x7f are negative here */
    l->target_len++;
    return REFUSAL_NONE;
}

static enum refusal read_version(struct request_line *l, char c)
{
    static const char form[] = "HTTP/0.0\r";
    char want = form[l->version_at];
    if (want == '0' ? (c < '0' || c > '9') : c != want)
        return REFUSAL_VERSION_FORM;
    if (l->version_at == 5)
        l->major = c;
    if (l->version_at == 7)
        l->minor = c;
    if (want == '\r')
        l->state = LINE_LF;
    l->version_at++;
    return REFUSAL_NONE;
}

static enum refusal read_end(struct request_line *l, char c)
{
    if (c != '\n')
        return REFUSAL_LINE_END;
    if (l->major != '1' || l->minor > '1')
        return REFUSAL_VERSION;
    l->done = true;
    return REFUSAL_NONE;
}

static enum refusal read_byte(struct request_line *l, char c)
{
    switch ((enum line_state)l->state) {
    case LINE_START:
        return read_start(l, c);
    case LINE_EMPTY_LF:
        l->state = LINE_START;
        return c == '\n' ? REFUSAL_NONE : REFUSAL_LINE;
    case LINE_METHOD:
        return read_method(l, c);
    case LINE_TARGET:
        return read_target(l, c);
    case LINE_VERSION:
        return read_version(l, c);
    case LINE_LF:
        return read_end(l, c);
    }
    return REFUSAL_LINE;
}

size_t request_line_read(struct request_line *l, const char *bytes, size_t len)
{
    size_t i = 0;
    while (i < len && !l->done) {
        l->refusal = read_byte(l, bytes[i]);
        if (l->refusal != REFUSAL_NONE)
            break;
        i++;
        l->at++;
    }
    return i;
}

enum http_method request_line_method(const struct request_line *l, const char *text)
{
    static const char names[][8] = {
        [HTTP_GET] = "GET",         [HTTP_HEAD] = "HEAD",   [HTTP_POST] = "POST",
        [HTTP_PUT] = "PUT",         [HTTP_PATCH] = "PATCH", [HTTP_DELETE] = "DELETE",
        [HTTP_OPTIONS] = "OPTIONS",
    };
    struct str name = {text + l->method_at, l->method_len};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (str_is(name, names[i]))
            return (enum http_method)i;
    }
    return HTTP_OTHER;
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_name_char(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c != '\0' && strchr("-._~!$&'()*+,;=", c) != NULL);
}

/* reg-name of RFC 3986; an IPv4 address is one, too. */
static bool name_valid(struct str name)
{
    for (size_t i = 0; i < name.len; i++) {
        if (name.at[i] == '%') {
            if (name.len - i < 3 || !is_hex(name.at[i + 1]) || !is_hex(name.at[i + 2]))
                return false;
            i += 2;
        } else if (!is_name_char(name.at[i])) {
            return false;
        }
    }
    return name.len > 0;
}

static bool ipv6_valid(struct str address)
{
    char text[INET6_ADDRSTRLEN];
    struct in6_addr ignored;
    if (address.len == 0 || address.len >= sizeof text ||
        memchr(address.at, '\0', address.len) != NULL)
        return false;
    memcpy(text, address.at, address.len);
    text[address.len] = '\0';
    return inet_pton(AF_INET6, text, &ignored) == 1;
}

bool host_valid(struct str host)
{
    struct str name = host;
    struct str port = {NULL, 0};
    if (host.len > 0 && host.at[0] == '[') {
        const char *end = memchr(host.at, ']', host.len);
        if (!end)
            return false;
        name = (struct str){host.at + 1, (size_t)(end - host.at) - 1};
        port = (struct str){end + 1, host.len - name.len - 2};
        if (!ipv6_valid(name) || (port.len > 0 && port.at[0] != ':'))
            return false;
    } else {
        const char *colon = host.len > 0 ? memchr(host.at, ':', host.len) : NULL;
        if (colon) {
            name.len = (size_t)(colon - host.at);
            port = (struct str){colon, host.len - name.len};
        }
        if (!name_valid(name))
            return false;
    }
    uint64_t number;
    /* "host:" with an empty port is the host alone (RFC 3986 3.2.3). */
    return port.len <= 1 || str_to_u64((struct str){port.at + 1, port.len - 1}, 65535, &number);
}

/* Behind "http://" or "https://"; 0 when the target is not in absolute form. */
static size_t scheme_len(struct str target)
{
    static const struct str schemes[] = {{"http://", 7}, {"https://", 8}};
    for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
        size_t len = schemes[i].len;
        if (target.len > len && str_eq_nocase((struct str){target.at, len}, schemes[i]))
            return len;
    }
    return 0;
}

/* Leave the authority behind; the path may be missing. */
static enum refusal skip_authority(char **target, size_t *len)
{
    size_t scheme = scheme_len((struct str){*target, *len});
    if (scheme == 0)
        return REFUSAL_TARGET;
    size_t end = scheme;
    while (end < *len && (*target)[end] != '/' && (*target)[end] != '?')
        end++;
    if (!host_valid((struct str){*target + scheme, end - scheme}))
        return REFUSAL_TARGET;
    *target += end;
    *len -= end;
    return REFUSAL_NONE;
}

enum refusal target_split(struct exchange *x, char *target, size_t len)
{
    x->query = (struct str){NULL, 0};
    if (len == 1 && target[0] == '*') {
        x->path = STR("/*");
        return x->method == HTTP_OPTIONS ? REFUSAL_NONE : REFUSAL_TARGET;
    }
    if (target[0] != '/') {
        enum refusal refusal = skip_authority(&target, &len);
        if (refusal != REFUSAL_NONE)
            return refusal;
    }
    char *mark = len > 0 ? memchr(target, '?', len) : NULL;
    if (mark) {
        x->query = (struct str){mark + 1, len - (size_t)(mark - target) - 1};
        len = (size_t)(mark - target);
    }
    long path_len = str_percent_decode(target, len, false);
    if (path_len < 0)
        return REFUSAL_TARGET;
    x->path = path_len == 0 ? STR("/") : (struct str){target, (size_t)path_len};
    return REFUSAL_NONE;
}
