/* serve.c - requests on a connection: read one, hand it up, read the next when it is answered. */
#include <arpa/inet.h>

#include "net/conn.h"

#define ARENA_LIMIT                                                                                \
    ((size_t)8 << 20)                /* bytes a request may take before it counts as overflowed    \
                                      */
#define QUEUED_MAX ((size_t)1 << 18) /* bytes of answers that may wait before the next request */

static struct exchange_private *private_of(struct exchange *x)
{
    return x->own;
}

static struct reader *reader_get(struct server *s)
{
    return s->reader_count > 0 ? s->readers[--s->reader_count] : reader_new();
}

static void reader_put(struct server *s, struct reader **r)
{
    if (s->reader_count < POOL_MAX)
        s->readers[s->reader_count++] = *r;
    else
        reader_free(r);
    *r = NULL;
}

static struct arena *arena_get(struct server *s)
{
    return s->arena_count > 0 ? s->arenas[--s->arena_count] : arena_new(ARENA_LIMIT);
}

void serve_release(struct server *s, struct exchange *x)
{
    struct arena *arena = x->arena;
    if (s->arena_count == POOL_MAX) {
        arena_free(&arena);
        return;
    }
    arena_reset(arena);
    s->arenas[s->arena_count++] = arena;
}

/* Once per request, so not through inet_ntop(), which formats with printf(). */
static void add_dotted(struct buf *out, const uint8_t bytes[4])
{
    for (int i = 0; i < 4; i++) {
        if (i > 0)
            buf_add_char(out, '.');
        buf_add_i64(out, bytes[i]);
    }
}

static struct str peer_text(struct arena *arena, const struct in6_addr *address)
{
    struct buf text = buf_in(arena);
    if (IN6_IS_ADDR_UNSPECIFIED(address))
        return STR("local");
    buf_reserve(&text, INET6_ADDRSTRLEN);
    if (IN6_IS_ADDR_V4MAPPED(address)) {
        add_dotted(&text, address->s6_addr + 12);
    } else {
        CHECK(inet_ntop(AF_INET6, address, text.at, INET6_ADDRSTRLEN));
        text.len = strlen(text.at);
    }
    return buf_str(&text);
}

static void begin(struct conn *c)
{
    struct server *s = c->server;
    struct arena *arena = arena_get(s);
    struct exchange_private *own = arena_alloc(arena, sizeof *own);
    own->conn = c;
    own->exchange.arena = arena;
    own->exchange.loop = s->loop;
    own->exchange.own = own;
    own->exchange.peer = peer_text(arena, &c->http.address);
    c->http.exchange = &own->exchange;
    c->http.reader = reader_get(s);
    reader_begin(c->http.reader, c->http.exchange, s->config.head_max);
}

void serve_drop(struct conn *c)
{
    struct exchange *x = c->http.exchange;
    if (!x)
        return;
    c->http.exchange = NULL;
    if (c->http.reader) {
        reader_put(c->server, &c->http.reader);
        serve_release(c->server, x);
    } else {
        private_of(x)->conn = NULL; /* in work: its answer will go nowhere */
    }
}

static size_t body_limit(const struct server *s, struct exchange *x)
{
    size_t limit = s->config.body_max;
    if (s->ops->body_limit) {
        size_t wish = s->ops->body_limit(s->ctx, x);
        limit = wish < limit ? wish : limit;
    }
    return limit;
}

/* The head is whole. */
static void decide_body(struct conn *c)
{
    struct reader *r = c->http.reader;
    struct exchange_private *own = private_of(c->http.exchange);
    own->keep_alive = reader_facts(r)->keep_alive;
    own->http10 = reader_facts(r)->http10;
    reader_body_limit(r, body_limit(c->server, c->http.exchange));
    /* Sent even when the body is there already: the answer must not hang on how bytes are cut. */
    if (reader_facts(r)->expects_continue && reader_wants_body(r))
        conn_send(c, frame_lasting(STR("HTTP/1.1 100 Continue\r\n\r\n")));
}

/* RFC 9110 9.3.7: `*` asks the server itself. */
static bool answer_asterisk(struct exchange *x)
{
    if (x->method != HTTP_OPTIONS || !str_is(x->path, "/*"))
        return false;
    const struct http_header allow = {STR("Allow"),
                                      STR("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS")};
    const struct answer answer = {.status = 204, .headers = &allow, .header_count = 1};
    exchange_answer(x, &answer);
    return true;
}

static void hand_up(struct conn *c)
{
    struct server *s = c->server;
    struct exchange *x = c->http.exchange;
    reader_put(s, &c->http.reader);
    conn_enter(c, CONN_WORK);
    if (!answer_asterisk(x))
        s->ops->request(s->ctx, x);
}

/* May the next request, or the rest of this one, be read now? */
static bool may_read(const struct conn *c)
{
    return c->state <= CONN_BODY && !c->stuck && queue_bytes(c->queue) <= QUEUED_MAX;
}

/* Read on in one request; returns the bytes consumed. */
static size_t read_request(struct conn *c, const char *bytes, size_t len)
{
    size_t used;
    enum reader_step step = reader_feed(c->http.reader, bytes, len, &used);
    bool head = step == READER_HEAD;
    if (head) {
        size_t took;
        decide_body(c);
        step = reader_feed(c->http.reader, bytes + used, len - used, &took);
        used += took;
    }
    if (step == READER_WHOLE) {
        hand_up(c);
    } else if (step == READER_REFUSED) {
        answer_refuse(c, reader_refusal(c->http.reader));
        used = len;
    } else if (head) {
        conn_enter(c, CONN_BODY);
    } else if (c->state == CONN_IDLE) {
        conn_enter(c, CONN_HEAD); /* its time runs from its first byte, not from each */
    }
    return used;
}

size_t serve_input(struct conn *c, const char *bytes, size_t len)
{
    size_t used = 0;
    while (used < len && may_read(c)) {
        if (!c->http.exchange)
            begin(c);
        used += read_request(c, bytes + used, len - used);
    }
    return used;
}

void serve_slow(struct conn *c)
{
    answer_refuse(c, c->state == CONN_HEAD ? REFUSAL_HEAD_SLOW : REFUSAL_BODY_SLOW);
}
