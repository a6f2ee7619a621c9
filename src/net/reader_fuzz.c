/* reader_fuzz.c - arbitrary bytes as a stream of requests: however they are cut, the same requests
 * and the same refusal come out. */
#include "net/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HEAD_MAX     512
#define BODY_MAX     300
#define REQUESTS_MAX 50

/* What all that was read amounts to. */
struct outcome {
    struct buf text; /* every request in words, and why it ended */
    size_t used;     /* bytes that belong to whole requests */
};

static void note_request(struct outcome *o, const struct exchange *x, const struct reader *r)
{
    const struct http_facts *f = reader_facts(r);
    buf_addf(&o->text, "%d %.*s ?%.*s upgrade %d keep %d old %d\n", x->method, STR_ARG(x->path),
             STR_ARG(x->query), x->wants_upgrade, f->keep_alive, f->http10);
    for (size_t i = 0; i < x->header_count; i++) {
        buf_add_str(&o->text, x->headers[i].name);
        buf_add_char(&o->text, '=');
        buf_add_str(&o->text, x->headers[i].value);
        buf_add_char(&o->text, '\n');
    }
    buf_add_str(&o->text, x->body);
}

/* What holds for every request that is let through. */
static void check_request(const struct exchange *x, const struct reader *r)
{
    CHECK(x->path.len > 0 && x->path.at[0] == '/' && !memchr(x->path.at, '\0', x->path.len));
    CHECK(x->body.len <= BODY_MAX);
    CHECK(!(reader_facts(r)->chunked && reader_facts(r)->has_length));
    CHECK(reader_facts(r)->http10 || exchange_header(x, "Host").len > 0);
    CHECK(!x->wants_upgrade || x->method == HTTP_GET);
    for (size_t i = 0; i < x->header_count; i++) {
        const struct http_header *h = &x->headers[i];
        CHECK(h->name.len > 0 && !memchr(h->name.at, ' ', h->name.len));
        CHECK(!memchr(h->value.at, '\n', h->value.len) && !memchr(h->value.at, '\r', h->value.len));
        CHECK(!memchr(h->value.at, '\0', h->value.len));
    }
}

/* Where the next cut falls: all at once, one byte, or as the data itself says. */
static size_t piece(int manner, const uint8_t *data, size_t at, size_t left)
{
    size_t len = manner == 0 ? left : manner == 1 ? 1 : (size_t)(data[at] % 7) + 1;
    return len < left ? len : left;
}

/* One request from data[*at..]; true when it was whole and another may follow. */
static bool read_one(struct reader *r, const uint8_t *data, size_t size, size_t *at, int manner,
                     struct outcome *o)
{
    struct exchange x = {.arena = arena_new(1 << 20)};
    enum reader_step step = READER_MORE;
    reader_begin(r, &x, HEAD_MAX);
    while (*at < size && step == READER_MORE) {
        size_t used;
        /* A buffer of its own, so that reading beyond the piece is found. */
        size_t len = piece(manner, data, *at, size - *at);
        struct buf copy = {0};
        buf_add(&copy, data + *at, len);
        step = reader_feed(r, copy.at, len, &used);
        if (step == READER_HEAD) {
            size_t more;
            reader_body_limit(r, BODY_MAX);
            step = reader_feed(r, copy.at + used, len - used, &more);
            used += more;
        }
        CHECK(used <= len && (used == len || step != READER_MORE));
        buf_fini(&copy);
        *at += used;
    }
    if (step == READER_WHOLE) {
        check_request(&x, r);
        note_request(o, &x, r);
        o->used = *at;
    } else if (step == READER_REFUSED) {
        buf_addf(&o->text, "refused %s", refusal_row(reader_refusal(r))->id);
    }
    arena_free(&x.arena);
    return step == READER_WHOLE;
}

static struct outcome read_all(const uint8_t *data, size_t size, int manner)
{
    struct outcome o = {.used = 0};
    struct reader *r = reader_new();
    size_t at = 0;
    int requests = 0;
    while (at < size && requests < REQUESTS_MAX && read_one(r, data, size, &at, manner, &o))
        requests++;
    reader_free(&r);
    return o;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct outcome whole = read_all(data, size, 0);
    for (int manner = 1; manner <= 2; manner++) {
        struct outcome cut = read_all(data, size, manner);
        CHECK(cut.used == whole.used);
        CHECK(str_eq(buf_str(&cut.text), buf_str(&whole.text)));
        buf_fini(&cut.text);
    }
    buf_fini(&whole.text);
    return 0;
}
