/* fields.c - what the header fields of a request mean to the connection. */
#include "net/fields.h"

#include "net/request_line.h"
#include "wire/websocket.h"

#define LENGTH_MAX UINT64_C(999999999999999) /* of Content-Length; far above any limit */

/* The fields that matter, gathered in one walk. */
struct gathered {
    struct http_facts *facts; /* what is found out */
    struct str host;          /* the last Host */
    unsigned hosts;           /* how many there are */
    unsigned lengths;         /* Content-Length */
    unsigned codings;         /* Transfer-Encoding */
    struct str key;           /* the last Sec-WebSocket-Key */
    unsigned keys;            /* how many there are */
    struct str version;       /* the last Sec-WebSocket-Version */
    unsigned versions;        /* how many there are */
    bool close;               /* Connection: close */
    bool keep_alive;          /* Connection: keep-alive */
    bool upgrade;             /* Connection: upgrade */
    bool websocket;           /* Upgrade: websocket */
    enum refusal refusal;     /* the first value that is not acceptable */
};

bool list_has_token(struct str list, const char *token)
{
    struct str want = str_of(token);
    while (list.at) {
        if (str_eq_nocase(str_trim(str_cut(&list, ',')), want))
            return true;
    }
    return false;
}

static void gather_host(struct gathered *g, struct str value)
{
    g->hosts++;
    g->host = value;
}

static void gather_length(struct gathered *g, struct str value)
{
    g->lengths++;
    g->facts->has_length = true;
    if (!str_to_u64(value, LENGTH_MAX, &g->facts->length))
        g->refusal = REFUSAL_LENGTH;
}

static void gather_coding(struct gathered *g, struct str value)
{
    g->codings++;
    g->facts->chunked = true;
    if (!str_eq_nocase(value, STR("chunked")))
        g->refusal = REFUSAL_CODING;
}

static void gather_connection(struct gathered *g, struct str value)
{
    g->close |= list_has_token(value, "close");
    g->keep_alive |= list_has_token(value, "keep-alive");
    g->upgrade |= list_has_token(value, "upgrade");
}

static void gather_expect(struct gathered *g, struct str value)
{
    g->facts->expects_continue = true;
    if (!str_eq_nocase(value, STR("100-continue")))
        g->refusal = REFUSAL_EXPECT;
}

static void gather_upgrade(struct gathered *g, struct str value)
{
    g->websocket |= list_has_token(value, "websocket");
}

static void gather_key(struct gathered *g, struct str value)
{
    g->keys++;
    g->key = value;
}

static void gather_version(struct gathered *g, struct str value)
{
    g->versions++;
    g->version = value;
}

static const struct {
    struct str name;                                      /* of the field */
    void (*gather)(struct gathered *g, struct str value); /* what to do with each */
} fields[] = {
    {{"Host", 4}, gather_host},
    {{"Content-Length", 14}, gather_length},
    {{"Transfer-Encoding", 17}, gather_coding},
    {{"Connection", 10}, gather_connection},
    {{"Expect", 6}, gather_expect},
    {{"Upgrade", 7}, gather_upgrade},
    {{"Sec-WebSocket-Key", 17}, gather_key},
    {{"Sec-WebSocket-Version", 21}, gather_version},
};

static void gather(struct gathered *g, const struct exchange *x)
{
    for (size_t i = 0; i < x->header_count && g->refusal == REFUSAL_NONE; i++) {
        const struct http_header *h = &x->headers[i];
        for (size_t f = 0; f < ARRAY_LEN(fields); f++) {
            if (h->name.len == fields[f].name.len && str_eq_nocase(h->name, fields[f].name))
                fields[f].gather(g, h->value);
        }
    }
}

/* RFC 9112 3.2: exactly one in HTTP/1.1; where it is there it must be valid. */
static bool host_ok(const struct gathered *g)
{
    if (g->hosts == 0)
        return g->facts->http10;
    return g->hosts == 1 && host_valid(g->host);
}

/* RFC 9112 6.1, 6.3: whatever could make two readers see two different ends is refused. */
static enum refusal judge_framing(const struct gathered *g)
{
    if (g->codings > 0 && (g->codings > 1 || g->lengths > 0 || g->facts->http10))
        return REFUSAL_CODING;
    return g->lengths > 1 ? REFUSAL_LENGTH : REFUSAL_NONE;
}

/* RFC 6455 4.2.1 */
static enum refusal judge_handshake(const struct gathered *g, const struct exchange *x)
{
    bool body = g->facts->chunked || g->facts->length > 0;
    if (x->method != HTTP_GET || g->facts->http10 || !g->upgrade || body)
        return REFUSAL_HANDSHAKE;
    if (g->versions == 1 && !str_is(g->version, "13"))
        return REFUSAL_WS_VERSION;
    if (g->versions != 1 || g->keys != 1 || !ws_key_valid(g->key))
        return REFUSAL_HANDSHAKE;
    return REFUSAL_NONE;
}

enum refusal fields_judge(struct exchange *x, bool http10, struct http_facts *facts_r)
{
    *facts_r = (struct http_facts){.http10 = http10};
    struct gathered g = {.facts = facts_r};
    gather(&g, x);
    if (g.refusal != REFUSAL_NONE)
        return g.refusal;
    if (!host_ok(&g))
        return REFUSAL_HOST;
    enum refusal framing = judge_framing(&g);
    if (framing != REFUSAL_NONE)
        return framing;

    facts_r->keep_alive = !g.close && (!http10 || g.keep_alive);
    facts_r->expects_continue &= !http10; /* RFC 9110 10.1.1 */
    if (!g.websocket)
        return REFUSAL_NONE;
    enum refusal handshake = judge_handshake(&g, x);
    x->wants_upgrade = handshake == REFUSAL_NONE;
    return handshake;
}
