/* engineio_fuzz.c - what is read is written as it was, and a session keeps its promises whatever is
 * shown to it. */
#include "base/clock.h"
#include "wire/engineio.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct eio_limits limits = {.ping_interval_ms = 30,
                                         .ping_timeout_ms = 20,
                                         .max_payload = 4096,
                                         .upgrade_timeout_ms = 100,
                                         .packets_max = 64};

/* ---- Packets ---- */

/* As a WebSocket message it comes back, too. */
static void check_message(const struct eio_packet *packet)
{
    struct buf out = {0};
    struct buf scratch = {0};
    struct eio_packet again = eio_packet_of_binary(packet->data);
    if (eio_packet_write(&out, packet))
        CHECK(eio_packet_read(buf_str(&out), &scratch, &again) == EIO_WHY_NONE);
    CHECK(again.type == packet->type && again.binary == packet->binary);
    CHECK(str_eq(again.data, packet->data));
    buf_fini(&out);
    buf_fini(&scratch);
}

/* There is one way to write a packet: a walk rebuilds the body up to its fault. */
static void fuzz_payload(struct str body)
{
    struct buf out = {0};
    struct buf scratch = {0};
    struct eio_packet packet;
    struct eio_payload walk = eio_payload_walk(body, &limits);
    while (eio_payload_next(&walk, &scratch, &packet)) {
        CHECK(packet.data.len == 0 || packet.binary || packet.data.at > body.at);
        eio_payload_add(&out, &packet);
        check_message(&packet);
    }
    CHECK(out.len <= body.len || walk.why == EIO_WHY_TOO_BIG);
    CHECK(str_starts(body, buf_str(&out)));
    CHECK((walk.why == EIO_WHY_NONE) == (out.len == body.len && body.len > 0));
    buf_fini(&out);
    buf_fini(&scratch);
}

/* ---- Requests ---- */

static void fuzz_query(uint8_t how, struct str query)
{
    struct eio_session session;
    eio_session_init(&session, how & 1);
    eio_session_opened(&session, &limits, 0);
    struct eio_query q = eio_query_read(query);
    struct eio_request rq = {.session = how & 2 ? &session : NULL,
                             .origin_ok = how & 4,
                             .get = how & 8,
                             .post = !(how & 8) && how & 16,
                             .upgrade = how & 32};
    enum eio_error error = eio_request_check(&q, &rq);
    if (error != EIO_ERR_NONE) {
        struct buf out = {0};
        eio_error_write(&out, error);
        CHECK(eio_error_status(error) >= 400 && out.len > 0);
        buf_fini(&out);
        return;
    }
    CHECK(rq.origin_ok && (rq.get || (rq.post && rq.session)) && str_is(q.version, "4"));
    CHECK(rq.upgrade == eio_query_websocket(&q) && (q.sid.len == 0 || rq.session));
}

/* ---- Sessions ---- */

/* What a caller knows beside the session. */
struct caller {
    struct eio_session s; /* under test */
    int64_t now;          /* never runs back */
    bool parked;          /* a GET waits */
    bool reading;         /* a POST is read */
    bool probing;         /* a probing WebSocket is there */
    bool websocket;       /* the session's is there */
    bool gone;            /* told so */
    size_t queued;        /* packets in the queue */
};

/* Carry out what is asked, checking that it can be. */
static void carry_out(struct caller *c, struct eio_todo todo)
{
    const unsigned a = todo.actions;
    CHECK(!c->gone || (a & ~(unsigned)(EIO_DO_REFUSE | EIO_DO_OK)) == 0);
    CHECK(!(a & EIO_DO_PROBE_PONG) || c->probing);
    for (unsigned packet = EIO_DO_PING; packet <= EIO_DO_CLOSE; packet <<= 1)
        c->queued += (a & packet) != 0;
    if (a & EIO_DO_GET_ANSWER) {
        CHECK(c->parked && c->queued > 0);
        c->parked = false;
        c->queued = 0;
    }
    if (a & EIO_DO_ADOPT) {
        CHECK(c->probing && !c->websocket);
        c->probing = false;
        c->websocket = true;
    }
    if (a & EIO_DO_WS_FLUSH) {
        CHECK(c->websocket);
        c->queued = 0;
    }
    if (a & EIO_DO_PROBE_CLOSE) {
        CHECK(c->probing);
        c->probing = false;
    }
    if (a & EIO_DO_WS_CLOSE) {
        CHECK(c->websocket);
        c->websocket = false;
    }
    if (a & EIO_DO_GONE)
        c->gone = true;
}

static void check_promises(const struct caller *c)
{
    CHECK(c->gone == (c->s.state == EIO_CLOSED));
    CHECK(!c->gone || (!c->parked && !c->probing && !c->websocket));
    CHECK(c->gone || c->websocket == eio_session_on_websocket(&c->s));
    CHECK(c->probing == (c->s.state == EIO_UPGRADING));
    CHECK(!(c->parked && c->queued > 0) && !(c->websocket && c->queued > 0));
    CHECK(!(c->parked && c->websocket));
    CHECK(eio_session_deadline(&c->s) == INT64_MAX ? c->gone : !c->gone);
}

static void show_get(struct caller *c)
{
    bool second = c->parked;
    c->parked = true;
    struct eio_todo todo = eio_session_get(&c->s, c->now, c->queued > 0);
    bool refused = todo.actions & EIO_DO_REFUSE;
    CHECK(!second || refused);
    carry_out(c, todo);
    if (refused)
        c->parked = false;
}

static void show_post(struct caller *c)
{
    struct eio_todo todo = eio_session_post(&c->s);
    CHECK(!c->reading || (todo.actions & EIO_DO_REFUSE));
    carry_out(c, todo);
    if (!(todo.actions & EIO_DO_REFUSE))
        c->reading = true;
}

static void show_post_done(struct caller *c)
{
    if (!c->reading)
        return;
    struct eio_todo todo = eio_session_post_done(&c->s);
    CHECK(!(todo.actions & EIO_DO_OK) == !!(todo.actions & EIO_DO_REFUSE));
    carry_out(c, todo);
    c->reading = false;
}

static bool there(const struct caller *c, enum eio_link link)
{
    const bool known[] = {[EIO_GET] = c->parked,
                          [EIO_POST] = c->reading,
                          [EIO_WS] = c->websocket,
                          [EIO_PROBE] = c->probing};
    return known[link];
}

static void show_packet(struct caller *c, enum eio_link from, uint8_t what)
{
    struct eio_packet packet = {.type = (enum eio_type)(what & 7)};
    if (from == EIO_GET || !there(c, from))
        return;
    if (packet.type > EIO_NOOP) {
        carry_out(c, eio_session_bad_packet(&c->s, from, EIO_WHY_PACKET_TYPE));
        return;
    }
    if (packet.type == EIO_PING && what & 8)
        packet.data = STR("probe");
    carry_out(c, eio_session_packet(&c->s, &limits, c->now, from, &packet));
}

static void show_lost(struct caller *c, enum eio_link link)
{
    if (!there(c, link))
        return;
    if (link == EIO_GET)
        c->parked = false;
    else if (link == EIO_POST)
        c->reading = false;
    else if (link == EIO_WS)
        c->websocket = false;
    else
        c->probing = false;
    carry_out(c, eio_session_lost(&c->s, link));
}

/* Two bytes a step: what happens, and to what. */
static void step(struct caller *c, uint8_t what, uint8_t which)
{
    const enum eio_link link = which >> 6;
    switch (what & 7) {
    case 0:
        c->now += which * NS_PER_MS;
        carry_out(c, eio_session_tick(&c->s, &limits, c->now));
        break;
    case 1:
        show_get(c);
        break;
    case 2:
        show_post(c);
        break;
    case 3:
        show_post_done(c);
        break;
    case 4:
        if (eio_session_probe(&c->s, &limits, c->now))
            c->probing = true;
        break;
    case 5:
        show_packet(c, link, which);
        break;
    case 6:
        show_lost(c, link);
        break;
    default:
        if (which == UINT8_MAX) {
            carry_out(c, eio_session_end(&c->s, c->now));
        } else if (eio_session_is_open(&c->s)) {
            c->queued++;
            carry_out(c, eio_session_sent(&c->s));
        }
    }
}

static void fuzz_session(bool websocket, const uint8_t *data, size_t size)
{
    struct caller c = {.websocket = websocket};
    eio_session_init(&c.s, websocket);
    eio_session_opened(&c.s, &limits, c.now);
    for (size_t i = 0; i + 1 < size; i += 2) {
        step(&c, data[i], data[i + 1]);
        check_promises(&c);
    }
}

/* The first byte says what the rest is. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    const struct str rest = {(const char *)data + 1, size - 1};
    if (data[0] >= 0xC0)
        fuzz_session(data[0] & 1, data + 1, size - 1);
    else if (data[0] >= 0x80)
        fuzz_query(data[0], rest);
    else
        fuzz_payload(rest);
    return 0;
}
