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

void exchange_on_end(struct exchange *x, void (*end)(void *user, bool hung_up), void *user)
{
    x->own->end = end;
    x->own->end_user = user;
    if (end)
        arena_trim(x->arena); /* thousands may wait, for minutes */
}

void serve_over(struct exchange *x, bool hung_up)
{
    struct exchange_private *own = private_of(x);
    void (*end)(void *user, bool hung_up) = own->end;
    own->end = NULL;
    if (end)
        end(own->end_user, hung_up);
}

void serve_drop(struct conn *c)
{
    struct exchange *x = c->http.exchange;
    if (!x)
        return;
    c->http.exchange = NULL;
    if (!c->http.reader) {
        private_of(x)->conn = NULL; /* in work: its answer will go nowhere */
        serve_over(x, true);
        return;
    }
    serve_over(x, c->state == CONN_DEAD);
    if (c->server) {
        reader_put(c->server, &c->http.reader);
        serve_release(c->server, x);
    } else { /* between two loops */
        struct arena *arena = x->arena;
        reader_free(&c->http.reader);
        arena_free(&arena);
    }
}

/* The head is whole: does the connection stay, and how long may the body be? */
static bool stays(struct conn *c)
{
    struct server *s = c->server;
    size_t body_max = s->config.body_max;
    struct server *to = NULL;
    if (s->ops->head)
        to = s->ops->head(s->ctx, c->http.exchange, &body_max);
    if (to && to->loop != s->loop) {
        conn_leave(c, to);
        return false;
    }
    reader_body_limit(c->http.reader,
                      body_max < s->config.body_max ? body_max : s->config.body_max);
    return true;
}

static void begin_body(struct conn *c)
{
    struct reader *r = c->http.reader;
    struct exchange_private *own = private_of(c->http.exchange);
    own->keep_alive = reader_facts(r)->keep_alive;
    own->http10 = reader_facts(r)->http10;
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

/* The head is whole: read on behind it. Returns the bytes consumed. */
static size_t read_behind_head(struct conn *c, const char *bytes, size_t len)
{
    size_t used;
    if (!stays(c))
        return 0;
    begin_body(c);
    switch (reader_feed(c->http.reader, bytes, len, &used)) {
    case READER_WHOLE:
        hand_up(c);
        return used;
    case READER_REFUSED:
        answer_refuse(c, reader_refusal(c->http.reader));
        return len;
    default:
        conn_enter(c, CONN_BODY);
        return used;
    }
}

void serve_arrived(struct conn *c)
{
    struct exchange *x = c->http.exchange;
    x->loop = c->server->loop;
    read_behind_head(c, "", 0);
}

/* Read on in one request; returns the bytes consumed. */
static size_t read_request(struct conn *c, const char *bytes, size_t len)
{
    size_t used;
    switch (reader_feed(c->http.reader, bytes, len, &used)) {
    case READER_HEAD:
        return used + read_behind_head(c, bytes + used, len - used);
    case READER_WHOLE:
        hand_up(c);
        return used;
    case READER_REFUSED:
        answer_refuse(c, reader_refusal(c->http.reader));
        return len;
    case READER_MORE:
        if (c->state == CONN_IDLE)
            conn_enter(c, CONN_HEAD); /* its time runs from its first byte, not from each */
        return used;
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
