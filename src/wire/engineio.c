/* engineio.c - reads and writes Engine.IO packets and payloads, and judges requests. */
#include "wire/engineio.h"

#include "base/digest.h"
#include "base/json.h"
#include "wire/utf8.h"

#define BINARY_PREFIX 'b'

static const struct {
    const char *id;   /* stable */
    const char *text; /* meaning */
} reasons[EIO_WHY_COUNT] = {
    [EIO_WHY_NONE] = {"EIO-NONE", ""},
#define EIO_REASON(name, id, text) [EIO_WHY_##name] = {id, text},
#include "wire/tbl/engineio_reasons.h"
#undef EIO_REASON
};

static const struct {
    int status;          /* of HTTP */
    const char *message; /* beside the code */
} errors[EIO_ERR_COUNT] = {
#define EIO_ERROR(name, code, status, message) [code] = {status, message},
#include "wire/tbl/engineio_errors.h"
#undef EIO_ERROR
};

const char *eio_reason_id(enum eio_reason reason)
{
    CHECK(reason < EIO_WHY_COUNT);
    return reasons[reason].id;
}

const char *eio_reason_text(enum eio_reason reason)
{
    CHECK(reason < EIO_WHY_COUNT);
    return reasons[reason].text;
}

/* ---- Packets ---- */

static enum eio_reason read_base64(struct str text, struct buf *scratch,
                                   struct eio_packet *packet_r)
{
    buf_clear(scratch);
    if (!digest_base64_decode(scratch, text))
        return EIO_WHY_PACKET_BASE64;
    *packet_r = eio_packet_of_binary(buf_str(scratch));
    return EIO_WHY_NONE;
}

enum eio_reason eio_packet_read(struct str text, struct buf *scratch, struct eio_packet *packet_r)
{
    if (text.len == 0)
        return EIO_WHY_PACKET_EMPTY;
    const struct str data = {text.at + 1, text.len - 1};
    if (text.at[0] == BINARY_PREFIX)
        return read_base64(data, scratch, packet_r);
    if (text.at[0] < '0' + EIO_OPEN || text.at[0] > '0' + EIO_NOOP)
        return EIO_WHY_PACKET_TYPE;
    *packet_r = (struct eio_packet){.type = (enum eio_type)(text.at[0] - '0'), .data = data};
    return EIO_WHY_NONE;
}

bool eio_packet_write(struct buf *out, const struct eio_packet *packet)
{
    CHECK(!packet->binary || packet->type == EIO_MESSAGE);
    if (!packet->binary)
        buf_add_char(out, (char)('0' + packet->type));
    buf_add_str(out, packet->data);
    return !packet->binary;
}

void eio_open_write(struct buf *out, struct str sid, bool upgradable, const struct eio_limits *l)
{
    buf_add_char(out, '0' + EIO_OPEN);
    struct jout j = jout_to(out);
    jout_object(&j);
    jout_field_str(&j, "sid", sid);
    jout_field_raw(&j, "upgrades", upgradable ? STR("[\"websocket\"]") : STR("[]"));
    jout_field_int(&j, "pingInterval", l->ping_interval_ms);
    jout_field_int(&j, "pingTimeout", l->ping_timeout_ms);
    jout_field_int(&j, "maxPayload", l->max_payload);
    jout_object_end(&j);
}

/* ---- Payloads ---- */

struct eio_payload eio_payload_walk(struct str body, const struct eio_limits *l)
{
    if (body.len > l->max_payload)
        return (struct eio_payload){.why = EIO_WHY_TOO_BIG};
    return (struct eio_payload){.rest = body, .left = l->packets_max, .more = true};
}

/* Cuts the next packet's text off; its separator goes with it. */
static struct str next_text(struct eio_payload *p)
{
    const char *end = p->rest.len ? memchr(p->rest.at, EIO_SEPARATOR, p->rest.len) : NULL;
    p->more = end;
    if (!end)
        return p->rest;
    struct str text = {p->rest.at, (size_t)(end - p->rest.at)};
    p->rest = (struct str){end + 1, p->rest.len - text.len - 1};
    return text;
}

static enum eio_reason read_next(struct eio_payload *p, struct buf *scratch,
                                 struct eio_packet *packet_r)
{
    if (p->left == 0)
        return EIO_WHY_TOO_MANY;
    p->left--;
    enum eio_reason why = eio_packet_read(next_text(p), scratch, packet_r);
    uint8_t utf8 = UTF8_WHOLE;
    if (why != EIO_WHY_NONE || packet_r->binary)
        return why;
    if (!utf8_check(&utf8, packet_r->data.at, packet_r->data.len) || utf8 != UTF8_WHOLE)
        return EIO_WHY_PACKET_UTF8;
    return EIO_WHY_NONE;
}

bool eio_payload_next(struct eio_payload *p, struct buf *scratch, struct eio_packet *packet_r)
{
    if (!p->more)
        return false;
    p->why = read_next(p, scratch, packet_r);
    if (p->why != EIO_WHY_NONE)
        p->more = false;
    return p->why == EIO_WHY_NONE;
}

void eio_payload_add(struct buf *out, const struct eio_packet *packet)
{
    if (out->len > 0)
        buf_add_char(out, EIO_SEPARATOR);
    if (!packet->binary) {
        eio_packet_write(out, packet);
        return;
    }
    buf_add_char(out, BINARY_PREFIX);
    digest_base64(out, packet->data.at, packet->data.len);
}

/* ---- Requests ---- */

/* A value that is no transport, no version, and no sid of ours. */
static const struct str given_twice = {",", 1};

struct eio_query eio_query_read(struct str query)
{
    struct eio_query q = {0};
    while (query.len > 0) {
        struct str value = str_cut(&query, '&');
        struct str name = str_cut(&value, '=');
        struct str *at = str_is(name, "transport") ? &q.transport
                         : str_is(name, "sid")     ? &q.sid
                         : str_is(name, "EIO")     ? &q.version
                                                   : NULL;
        if (at)
            *at = at->at ? given_twice : value.at ? value : STR("");
    }
    return q;
}

bool eio_query_websocket(const struct eio_query *q)
{
    return str_is(q->transport, "websocket");
}

/* A session may be asked by its own transport, or by a WebSocket: the one that upgrades it, or one
 * too many, which is closed after its handshake. */
static enum eio_error check_session(const struct eio_query *q, const struct eio_request *rq)
{
    if (!rq->session || rq->session->state == EIO_CLOSED)
        return EIO_ERR_SID;
    bool websocket = eio_query_websocket(q);
    if (websocket != rq->upgrade || (!websocket && eio_session_on_websocket(rq->session)))
        return EIO_ERR_REQUEST;
    return rq->get || (rq->post && !websocket) ? EIO_ERR_NONE : EIO_ERR_REQUEST;
}

static enum eio_error check_handshake(const struct eio_query *q, const struct eio_request *rq)
{
    if (!rq->get)
        return EIO_ERR_METHOD;
    return eio_query_websocket(q) == rq->upgrade ? EIO_ERR_NONE : EIO_ERR_REQUEST;
}

enum eio_error eio_request_check(const struct eio_query *q, const struct eio_request *rq)
{
    if (!str_is(q->transport, "polling") && !eio_query_websocket(q))
        return EIO_ERR_TRANSPORT;
    if (!rq->origin_ok)
        return EIO_ERR_FORBIDDEN;
    enum eio_error error = q->sid.len > 0 ? check_session(q, rq) : check_handshake(q, rq);
    if (error != EIO_ERR_NONE)
        return error;
    return str_is(q->version, "4") ? EIO_ERR_NONE : EIO_ERR_VERSION;
}

int eio_error_status(enum eio_error error)
{
    CHECK(error > EIO_ERR_NONE && error < EIO_ERR_COUNT);
    return errors[error].status;
}

void eio_error_write(struct buf *out, enum eio_error error)
{
    CHECK(error > EIO_ERR_NONE && error < EIO_ERR_COUNT);
    struct jout j = jout_to(out);
    jout_object(&j);
    jout_field_int(&j, "code", error);
    jout_field_cstr(&j, "message", errors[error].message);
    jout_object_end(&j);
}
