/* asset.c - how a request for a file is answered. */
#include "net/asset.h"

#include <stdio.h>

#define CACHE_EVER  "public, max-age=31536000, immutable" /* the name changes with the content */
#define CACHE_CHECK "no-cache"
#define POLICY                                                                                     \
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; "              \
    "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'"
#define HEADERS_MAX 9
#define TAG_MAX     32

static const char *media_type(struct str path)
{
    static const struct {
        struct str ending; /* behind the last dot of a name */
        const char *type;  /* Content-Type */
    } types[] = {
#define MEDIA_TYPE(ending, type) {{ending, sizeof ending - 1}, type},
#include "net/tbl/media_types.h"
#undef MEDIA_TYPE
    };
    struct str ending = path;
    while (memchr(ending.at, '.', ending.len))
        str_cut(&ending, '.');
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        if (str_eq_nocase(ending, types[i].ending))
            return types[i].type;
    }
    return "application/octet-stream";
}

/* "q=0", "q=0.000" */
static bool refused_weight(struct str weight)
{
    weight = str_trim(weight);
    if (weight.len < 3 || (weight.at[0] | 0x20) != 'q' || weight.at[1] != '=')
        return false;
    for (size_t i = 2; i < weight.len; i++) {
        if (weight.at[i] != '0' && weight.at[i] != '.')
            return false;
    }
    return true;
}

bool encoding_accepted(struct str accept, const char *coding)
{
    bool any = false; /* what "*" says, should the coding not be named */
    while (accept.at) {
        struct str weight = str_cut(&accept, ',');
        struct str name = str_trim(str_cut(&weight, ';'));
        if (str_eq_nocase(name, str_of(coding)))
            return !refused_weight(weight);
        if (str_is(name, "*"))
            any = !refused_weight(weight);
    }
    return any;
}

bool tag_listed(struct str list, struct str tag)
{
    if (str_is(str_trim(list), "*"))
        return true;
    while (list.at) {
        struct str one = str_trim(str_cut(&list, ','));
        if (str_starts(one, STR("W/"))) /* compared weakly */
            one = (struct str){one.at + 2, one.len - 2};
        if (str_eq(one, tag))
            return true;
    }
    return false;
}

/* "-500": the last bytes. */
static enum range_kind range_suffix(struct str digits, size_t len, size_t *from_r, size_t *count_r)
{
    uint64_t count;
    if (!str_to_u64(digits, INT64_MAX, &count))
        return RANGE_NONE;
    *count_r = count < len ? (size_t)count : len;
    *from_r = len - *count_r;
    return *count_r > 0 ? RANGE_PART : RANGE_BEYOND;
}

enum range_kind range_parse(struct str range, size_t len, size_t *from_r, size_t *count_r)
{
    uint64_t first;
    uint64_t last = INT64_MAX;
    struct str unit = str_cut(&range, '=');
    if (!str_eq_nocase(unit, STR("bytes")) || !range.at || memchr(range.at, ',', range.len))
        return RANGE_NONE;
    struct str from = str_trim(str_cut(&range, '-'));
    if (!range.at)
        return RANGE_NONE;
    struct str to = str_trim(range);
    if (from.len == 0)
        return range_suffix(to, len, from_r, count_r);
    if (!str_to_u64(from, INT64_MAX, &first) ||
        (to.len > 0 && (!str_to_u64(to, INT64_MAX, &last) || last < first)))
        return RANGE_NONE;
    if (first >= len)
        return RANGE_BEYOND;
    *from_r = (size_t)first;
    *count_r = (last < len ? (size_t)last + 1 : len) - (size_t)first;
    return RANGE_PART;
}

/* An answer that is being put together. */
struct draft {
    struct answer answer;                    /* points into the rest */
    struct http_header headers[HEADERS_MAX]; /* its own headers */
    char tag[TAG_MAX];                       /* the entity tag, quotes included */
    char content_range[64];                  /* for 206 and 416 */
};

static void add(struct draft *d, struct str name, struct str value)
{
    CHECK(d->answer.header_count < HEADERS_MAX);
    d->headers[d->answer.header_count++] = (struct http_header){name, value};
}

/* Choose an encoding; ranges are always of the plain content. */
static void choose_body(struct draft *d, const struct exchange *x, const struct asset *a,
                        bool plain_only)
{
    struct str accept = exchange_header(x, "Accept-Encoding");
    const char *coding = "";
    d->answer.body = a->plain;
    if (!plain_only && a->br.at && encoding_accepted(accept, "br")) {
        d->answer.body = a->br;
        coding = "br";
    } else if (!plain_only && a->gzip.at && encoding_accepted(accept, "gzip")) {
        d->answer.body = a->gzip;
        coding = "gzip";
    }
    snprintf(d->tag, sizeof d->tag, "\"%s%s%s\"", a->tag, *coding ? "-" : "", coding);
    if (*coding)
        add(d, STR("Content-Encoding"), str_of(coding));
}

static void add_policies(struct draft *d, struct str path)
{
    bool hashed = str_starts(path, STR("/assets/"));
    add(d, STR("ETag"), str_of(d->tag));
    add(d, STR("Cache-Control"), hashed ? STR(CACHE_EVER) : STR(CACHE_CHECK));
    add(d, STR("Vary"), STR("Accept-Encoding"));
    add(d, STR("Accept-Ranges"), STR("bytes"));
    add(d, STR("X-Content-Type-Options"), STR("nosniff"));
    if (str_starts(str_of(d->answer.content_type), STR("text/html"))) {
        add(d, STR("Content-Security-Policy"), STR(POLICY));
        add(d, STR("Referrer-Policy"), STR("same-origin"));
    }
}

/* RFC 9110 14.2, 15.3.7, 15.5.17 */
static void cut_to_range(struct draft *d, struct str range)
{
    size_t all = d->answer.body.len;
    size_t from;
    size_t count;
    switch (range_parse(range, all, &from, &count)) {
    case RANGE_NONE:
        return;
    case RANGE_PART:
        d->answer.status = 206;
        d->answer.body = (struct str){d->answer.body.at + from, count};
        snprintf(d->content_range, sizeof d->content_range, "bytes %zu-%zu/%zu", from,
                 from + count - 1, all);
        break;
    case RANGE_BEYOND:
        d->answer.status = 416;
        d->answer.body.len = 0;
        snprintf(d->content_range, sizeof d->content_range, "bytes */%zu", all);
        break;
    }
    add(d, STR("Content-Range"), str_of(d->content_range));
}

/* The Range to be honoured; at == NULL when there is none. */
static struct str wanted_range(const struct exchange *x, const struct asset *a)
{
    struct str range = exchange_header(x, "Range");
    struct str condition = exchange_header(x, "If-Range");
    char tag[TAG_MAX];
    snprintf(tag, sizeof tag, "\"%s\"", a->tag);
    if (x->method != HTTP_GET || (condition.at && !str_is(condition, tag)))
        return (struct str){NULL, 0};
    return range;
}

/* What the reader has already, or only a part of it (RFC 9110 13, 14). */
static void spare(struct draft *d, const struct exchange *x, struct str range)
{
    if (tag_listed(exchange_header(x, "If-None-Match"), str_of(d->tag))) {
        d->answer.status = 304;
        d->answer.content_type = NULL;
        d->answer.body.len = 0;
    } else if (range.at) {
        cut_to_range(d, range);
    }
}

void asset_answer(struct exchange *x, const struct asset *a, int status)
{
    struct draft d = {.answer = {.status = status, .lasting = a->lasting}};
    struct str path = str_of(a->path);
    struct str range = status == 200 ? wanted_range(x, a) : (struct str){NULL, 0};
    d.answer.headers = d.headers;
    d.answer.content_type = media_type(path);
    choose_body(&d, x, a, range.at != NULL);
    add_policies(&d, path);
    if (status == 200)
        spare(&d, x, range);
    exchange_answer(x, &d.answer);
}
