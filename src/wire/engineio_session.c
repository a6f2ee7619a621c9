/* engineio_session.c - the life of one Engine.IO session, and the only code that may change it.
 *
 * A GET is parked only while the queue is empty, so an answer is either the queue or the one packet
 * that was put there for it. */
#include "base/clock.h"
#include "wire/engineio.h"

/* Every client pays for it. */
_Static_assert(sizeof(struct eio_session) <= 32, "eio_session grew");

#define NEVER            INT64_MAX
#define NUDGE_NS         (100 * NS_PER_MS)   /* the reference server's beat while it is probed */
#define CLOSE_TIMEOUT_NS (30000 * NS_PER_MS) /* a close waits for a GET; the reference's too */
#define NOTHING          0

/* Bits of eio_session.flags. */
enum eio_flag {
    EIO_F_WEBSOCKET = 1, /* the transport is a WebSocket */
    EIO_F_GET = 2,       /* a GET is parked */
    EIO_F_POST = 4,      /* a POST is being read */
    EIO_F_PING = 8,      /* a ping is unanswered; beat_at is the pong's */
    EIO_F_EXTENDED = 16, /* another packet has lengthened the wait for it */
    EIO_F_PROBED = 32,   /* EIO_UPGRADING: `3probe` was sent */
};

static struct eio_todo todo(unsigned actions)
{
    return (struct eio_todo){.actions = (uint16_t)actions, .error = EIO_ERR_NONE};
}

static struct eio_todo refuse(unsigned actions, enum eio_error error)
{
    return (struct eio_todo){.actions = (uint16_t)(actions | EIO_DO_REFUSE), .error = error};
}

void eio_session_init(struct eio_session *s, bool websocket)
{
    *s = (struct eio_session){.beat_at = NEVER,
                              .upgrade_at = NEVER,
                              .nudge_at = NEVER,
                              .state = EIO_OPENING,
                              .flags = websocket ? EIO_F_WEBSOCKET : 0};
}

void eio_session_opened(struct eio_session *s, const struct eio_limits *l, int64_t now)
{
    CHECK(s->state == EIO_OPENING);
    s->state = EIO_OPENED;
    s->beat_at = now + l->ping_interval_ms * NS_PER_MS;
}

bool eio_session_is_open(const struct eio_session *s)
{
    return s->state == EIO_OPENED || s->state == EIO_UPGRADING;
}

bool eio_session_on_websocket(const struct eio_session *s)
{
    return s->flags & EIO_F_WEBSOCKET;
}

bool eio_session_writable(const struct eio_session *s)
{
    return eio_session_is_open(s) && (s->flags & (EIO_F_WEBSOCKET | EIO_F_GET));
}

int64_t eio_session_deadline(const struct eio_session *s)
{
    int64_t at = s->beat_at;
    if (s->upgrade_at < at)
        at = s->upgrade_at;
    return s->nudge_at < at ? s->nudge_at : at;
}

/* ---- Steps ---- */

/* Let the parked GET go, if there is one, with `packet` (an EIO_DO_ bit, or none: the queue). */
static unsigned answer_get(struct eio_session *s, unsigned packet)
{
    if (!(s->flags & EIO_F_GET))
        return NOTHING;
    s->flags &= (uint8_t)~EIO_F_GET;
    s->nudge_at = NEVER;
    return packet | EIO_DO_GET_ANSWER;
}

/* Send the queue if there is a way. */
static unsigned flush(struct eio_session *s)
{
    return s->flags & EIO_F_WEBSOCKET ? EIO_DO_WS_FLUSH : answer_get(s, NOTHING);
}

/* The session goes on without a probe, whatever becomes of that one's WebSocket. */
static void forget_probe(struct eio_session *s)
{
    s->state = EIO_OPENED;
    s->flags &= (uint8_t)~EIO_F_PROBED;
    s->upgrade_at = NEVER;
    s->nudge_at = NEVER;
}

static unsigned drop_probe(struct eio_session *s)
{
    if (s->state != EIO_UPGRADING)
        return NOTHING;
    forget_probe(s);
    return EIO_DO_PROBE_CLOSE;
}

/* The end. `last` is what a parked GET is told: the client's own close is answered by a noop. */
static unsigned finish(struct eio_session *s, enum eio_reason reason, unsigned last)
{
    unsigned actions = drop_probe(s) | answer_get(s, last) | EIO_DO_GONE;
    if (s->flags & EIO_F_WEBSOCKET)
        actions |= EIO_DO_WS_CLOSE;
    s->state = EIO_CLOSED;
    s->reason = (uint8_t)reason;
    s->beat_at = NEVER;
    return actions;
}

/* A sign of life lengthens the wait for a pong, once: who can send that much can send a pong. */
static void extend(struct eio_session *s, const struct eio_limits *l, int64_t now)
{
    if (!(s->flags & EIO_F_PING) || s->flags & EIO_F_EXTENDED)
        return;
    s->flags |= EIO_F_EXTENDED;
    s->beat_at = now + l->ping_timeout_ms * NS_PER_MS;
}

/* ---- Time ---- */

static unsigned ping(struct eio_session *s, const struct eio_limits *l, int64_t now)
{
    const int64_t timeout = l->ping_timeout_ms * NS_PER_MS;
    /* Who wasn't asked in time must not pay for our having been held up. */
    bool late = now - s->beat_at > timeout / 2;
    s->beat_at = (late ? now : s->beat_at) + timeout;
    s->flags |= EIO_F_PING;
    s->flags &= (uint8_t)~EIO_F_EXTENDED;
    return EIO_DO_PING | flush(s);
}

static unsigned beat(struct eio_session *s, const struct eio_limits *l, int64_t now)
{
    if (s->state == EIO_CLOSING)
        return finish(s, s->reason, EIO_DO_CLOSE);
    if (s->flags & EIO_F_PING)
        return finish(s, EIO_WHY_PING_TIMEOUT, EIO_DO_CLOSE);
    return ping(s, l, now);
}

struct eio_todo eio_session_tick(struct eio_session *s, const struct eio_limits *l, int64_t now)
{
    unsigned actions = NOTHING;
    if (now >= s->beat_at)
        actions |= beat(s, l, now);
    if (now >= s->upgrade_at)
        actions |= drop_probe(s);
    if (now >= s->nudge_at)
        actions |= answer_get(s, EIO_DO_NOOP);
    return todo(actions);
}

/* ---- Polling ---- */

struct eio_todo eio_session_get(struct eio_session *s, int64_t now, bool queued)
{
    if (s->state == EIO_CLOSED)
        return refuse(NOTHING, EIO_ERR_SID);
    if (s->flags & EIO_F_WEBSOCKET)
        return refuse(NOTHING, EIO_ERR_REQUEST);
    if (s->flags & EIO_F_GET)
        return refuse(finish(s, EIO_WHY_GET_OVERLAP, EIO_DO_CLOSE), EIO_ERR_REQUEST);
    s->flags |= EIO_F_GET;
    if (s->state == EIO_CLOSING)
        return todo(finish(s, s->reason, EIO_DO_CLOSE));
    if (queued)
        return todo(answer_get(s, NOTHING));
    /* Not at once: a client that goes on polling while it probes would spin. */
    if (s->flags & EIO_F_PROBED)
        s->nudge_at = now + NUDGE_NS;
    return todo(NOTHING);
}

struct eio_todo eio_session_post(struct eio_session *s)
{
    if (s->state == EIO_CLOSED)
        return refuse(NOTHING, EIO_ERR_SID);
    if (s->flags & EIO_F_WEBSOCKET)
        return refuse(NOTHING, EIO_ERR_REQUEST);
    if (s->flags & EIO_F_POST)
        return refuse(finish(s, EIO_WHY_POST_OVERLAP, EIO_DO_CLOSE), EIO_ERR_REQUEST);
    s->flags |= EIO_F_POST;
    return todo(NOTHING);
}

struct eio_todo eio_session_post_done(struct eio_session *s)
{
    s->flags &= (uint8_t)~EIO_F_POST;
    if (s->state == EIO_CLOSED && s->reason != EIO_WHY_CLIENT_CLOSE)
        return refuse(NOTHING, EIO_ERR_REQUEST);
    return todo(EIO_DO_OK);
}

/* ---- Packets ---- */

bool eio_session_probe(struct eio_session *s, const struct eio_limits *l, int64_t now)
{
    if (s->state != EIO_OPENED || s->flags & EIO_F_WEBSOCKET)
        return false;
    s->state = EIO_UPGRADING;
    s->upgrade_at = now + l->upgrade_timeout_ms * NS_PER_MS;
    return true;
}

/* The probing WebSocket takes over; a GET parked meanwhile goes empty-handed. */
static unsigned upgrade(struct eio_session *s, const struct eio_limits *l, int64_t now)
{
    unsigned actions = answer_get(s, EIO_DO_NOOP);
    forget_probe(s);
    s->flags |= EIO_F_WEBSOCKET;
    extend(s, l, now);
    return actions | EIO_DO_ADOPT | EIO_DO_WS_FLUSH;
}

/* Protocol, "Upgrade": a ping with `probe`, then an upgrade packet; anything else is a wrong probe.
 */
static unsigned take_probe(struct eio_session *s, const struct eio_limits *l, int64_t now,
                           const struct eio_packet *packet)
{
    if (s->state != EIO_UPGRADING)
        return NOTHING;
    if (packet->type == EIO_PING && str_is(packet->data, "probe")) {
        s->flags |= EIO_F_PROBED;
        return EIO_DO_PROBE_PONG | answer_get(s, EIO_DO_NOOP);
    }
    if (packet->type == EIO_UPGRADE && s->flags & EIO_F_PROBED)
        return upgrade(s, l, now);
    return drop_probe(s);
}

/* A pong nobody asked for changes nothing. */
static unsigned take_pong(struct eio_session *s, const struct eio_limits *l, int64_t now)
{
    if (s->flags & EIO_F_PING) {
        s->flags &= (uint8_t)~EIO_F_PING;
        s->beat_at = now + l->ping_interval_ms * NS_PER_MS;
    }
    return NOTHING;
}

struct eio_todo eio_session_packet(struct eio_session *s, const struct eio_limits *l, int64_t now,
                                   enum eio_link from, const struct eio_packet *packet)
{
    CHECK(s->state != EIO_OPENING && from != EIO_GET);
    if (from == EIO_PROBE)
        return todo(take_probe(s, l, now, packet));
    if (s->state == EIO_CLOSED)
        return todo(NOTHING);
    if (packet->type == EIO_CLOSE)
        return todo(finish(s, EIO_WHY_CLIENT_CLOSE, EIO_DO_NOOP));
    if (s->state == EIO_CLOSING)
        return todo(NOTHING);
    if (packet->type == EIO_PING)
        return todo(finish(s, EIO_WHY_CLIENT_PING, EIO_DO_CLOSE));
    if (packet->type == EIO_PONG)
        return todo(take_pong(s, l, now));
    extend(s, l, now);
    return todo(packet->type == EIO_MESSAGE ? EIO_DO_DELIVER : NOTHING);
}

struct eio_todo eio_session_bad_packet(struct eio_session *s, enum eio_link from,
                                       enum eio_reason why)
{
    CHECK(why != EIO_WHY_NONE);
    if (from == EIO_PROBE)
        return todo(drop_probe(s));
    return todo(s->state == EIO_CLOSED ? NOTHING : finish(s, why, EIO_DO_CLOSE));
}

/* ---- Ends ---- */

struct eio_todo eio_session_lost(struct eio_session *s, enum eio_link link)
{
    static const uint8_t flag_of[] = {
        [EIO_GET] = EIO_F_GET, [EIO_POST] = EIO_F_POST, [EIO_WS] = EIO_F_WEBSOCKET};
    if (s->state == EIO_CLOSED)
        return todo(NOTHING);
    if (link == EIO_PROBE) {
        drop_probe(s);
        return todo(NOTHING);
    }
    CHECK(s->flags & flag_of[link]);
    s->flags &= (uint8_t)~flag_of[link];
    return todo(finish(s, EIO_WHY_LOST, EIO_DO_CLOSE));
}

struct eio_todo eio_session_sent(struct eio_session *s)
{
    return todo(eio_session_is_open(s) ? flush(s) : NOTHING);
}

struct eio_todo eio_session_end(struct eio_session *s, int64_t now)
{
    CHECK(s->state != EIO_OPENING);
    if (!eio_session_is_open(s))
        return todo(NOTHING);
    if (eio_session_writable(s))
        return todo((s->flags & EIO_F_WEBSOCKET ? EIO_DO_WS_FLUSH : 0) |
                    finish(s, EIO_WHY_SERVER_CLOSE, EIO_DO_CLOSE));
    unsigned actions = drop_probe(s);
    s->state = EIO_CLOSING;
    s->reason = EIO_WHY_SERVER_CLOSE;
    s->beat_at = now + CLOSE_TIMEOUT_NS;
    return todo(actions);
}
