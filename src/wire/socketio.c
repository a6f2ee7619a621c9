/* socketio.c - reads and writes Socket.IO packets (protocol v5), and judges their order. */
#include "wire/socketio.h"

#include "base/json.h"
#include "wire/socketio_json.h"

/* Every idle connection pays for both. */
_Static_assert(sizeof(struct sio_peer) + sizeof(struct sio_gather) <= 16, "per connection grew");
_Static_assert(SIO_NAMESPACES_MAX <= 16, "bits of sio_peer");

static const struct sio_reason reasons[SIO_ERR_COUNT] = {
    [SIO_ERR_NONE] = {"SIO-NONE", ""},
#define SIO_ERROR(name, id, text) [SIO_ERR_##name] = {id, text},
#include "wire/tbl/socketio_errors.h"
#undef SIO_ERROR
};

/* Names of events that mean something else on either side. */
static const char *const reserved[] = {
    "connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener",
};

const struct sio_reason *sio_reason_of(int result)
{
    CHECK(result < 0 && result > -SIO_ERR_COUNT);
    return &reasons[-result];
}

static bool is_event(enum sio_type type)
{
    return type == SIO_EVENT || type == SIO_BINARY_EVENT;
}

static bool is_ack(enum sio_type type)
{
    return type == SIO_ACK || type == SIO_BINARY_ACK;
}

static bool is_binary(enum sio_type type)
{
    return type == SIO_BINARY_EVENT || type == SIO_BINARY_ACK;
}

/* Move the digits at the front of `rest` away and hand them out. */
static struct str take_digits(struct str *rest)
{
    size_t len = 0;
    while (len < rest->len && rest->at[len] >= '0' && rest->at[len] <= '9')
        len++;
    struct str digits = {rest->at, len};
    if (len > 0)
        *rest = (struct str){rest->at + len, rest->len - len};
    return digits;
}

/* `n-` behind the type of a binary packet. */
static enum sio_error take_attachments(struct str *rest, const struct sio_limits *limits,
                                       struct sio_packet *p)
{
    uint64_t count;
    struct str digits = take_digits(rest);
    CHECK(limits->attachments_max <= SIO_ATTACHMENTS_MAX);
    if (digits.len == 0 || rest->len == 0 || rest->at[0] != '-')
        return SIO_ERR_ATTACHMENTS;
    if (!str_to_u64(digits, limits->attachments_max, &count))
        return SIO_ERR_ATTACHMENTS_MAX;
    if (count == 0)
        return SIO_ERR_ATTACHMENTS;
    p->attachments = (uint8_t)count;
    *rest = (struct str){rest->at + 1, rest->len - 1};
    return SIO_ERR_NONE;
}

/* `/name,`, or `/name` at the end; anything else leaves the packet in "/". */
static enum sio_error take_nsp(struct str *rest, const struct sio_limits *limits,
                               struct sio_packet *p)
{
    p->nsp = STR("/");
    if (rest->len == 0 || rest->at[0] != '/')
        return SIO_ERR_NONE;
    struct str written = str_cut(rest, ',');
    if (written.len > limits->nsp_max || !str_utf8_valid(written))
        return SIO_ERR_NSP;
    for (size_t i = 0; i < written.len; i++) {
        if ((uint8_t)written.at[i] < ' ' || written.at[i] == 0x7f)
            return SIO_ERR_NSP;
    }
    p->nsp = str_cut(&written, '?');
    return SIO_ERR_NONE;
}

static enum sio_error take_id(struct str *rest, struct sio_packet *p)
{
    uint64_t id;
    struct str digits = take_digits(rest);
    p->id = SIO_NO_ID;
    if (digits.len == 0)
        return is_ack(p->type) ? SIO_ERR_ACK_ID : SIO_ERR_NONE;
    if (!(is_event(p->type) || is_ack(p->type)) || !str_to_u64(digits, SIO_ID_MAX, &id))
        return SIO_ERR_ACK_ID;
    p->id = (int64_t)id;
    return SIO_ERR_NONE;
}

/* An event's array begins with its name. */
static enum sio_error check_name(const struct sio_json *json, struct sio_packet *p)
{
    struct str first = json->first;
    if (!first.at)
        return SIO_ERR_EVENT_NAME;
    p->args = json->rest;
    if (first.at[0] == '-' || (first.at[0] >= '0' && first.at[0] <= '9')) {
        p->name = first;
        p->name_number = true;
        return SIO_ERR_NONE;
    }
    if (first.at[0] != '"')
        return SIO_ERR_EVENT_NAME;
    p->name = (struct str){first.at + 1, first.len - 2};
    for (size_t i = 0; i < ARRAY_LEN(reserved); i++) {
        if (sio_json_is(p->name, reserved[i]))
            return SIO_ERR_EVENT_RESERVED;
    }
    return SIO_ERR_NONE;
}

static enum sio_error check_placeholders(const struct sio_json *json, const struct sio_packet *p)
{
    if (!is_binary(p->type))
        return SIO_ERR_NONE;
    bool match = !json->placeholder_bad && json->placeholders == (1u << p->attachments) - 1;
    return match ? SIO_ERR_NONE : SIO_ERR_PLACEHOLDERS;
}

/* Is the payload of the kind its packet wants? json->kind is 0 when there is none. */
static enum sio_error check_kind(const struct sio_json *json, struct sio_packet *p)
{
    switch (p->type) {
    case SIO_CONNECT:
        return json->kind == '{' || json->kind == 0 ? SIO_ERR_NONE : SIO_ERR_CONNECT_PAYLOAD;
    case SIO_DISCONNECT:
        return json->kind == 0 ? SIO_ERR_NONE : SIO_ERR_DISCONNECT_PAYLOAD;
    case SIO_CONNECT_ERROR:
        return json->kind == '{' || json->kind == '"' ? SIO_ERR_NONE : SIO_ERR_REFUSAL_PAYLOAD;
    case SIO_EVENT:
    case SIO_BINARY_EVENT:
        return json->kind == '[' ? check_name(json, p) : SIO_ERR_EVENT_PAYLOAD;
    case SIO_ACK:
    case SIO_BINARY_ACK:
        if (json->kind != '[')
            return SIO_ERR_ACK_PAYLOAD;
        p->args = json->inside;
        return SIO_ERR_NONE;
    }
    return SIO_ERR_TYPE;
}

int sio_parse(struct str message, const struct sio_limits *limits, struct sio_packet *packet_r)
{
    struct sio_packet *p = packet_r;
    *p = (struct sio_packet){.type = SIO_CONNECT};
    if (message.len == 0)
        return -SIO_ERR_EMPTY;
    if (message.len > limits->bytes_max)
        return -SIO_ERR_TOO_BIG;
    if (message.at[0] < '0' || message.at[0] > '6')
        return -SIO_ERR_TYPE;
    p->type = (enum sio_type)(message.at[0] - '0');

    struct str rest = {message.at + 1, message.len - 1};
    enum sio_error err = is_binary(p->type) ? take_attachments(&rest, limits, p) : SIO_ERR_NONE;
    if (err == SIO_ERR_NONE)
        err = take_nsp(&rest, limits, p);
    if (err == SIO_ERR_NONE)
        err = take_id(&rest, p);
    if (err != SIO_ERR_NONE)
        return -(int)err;

    struct sio_json json = {.kind = 0};
    int checked = rest.len > 0 ? sio_json_check(rest, limits->depth_max, &json) : 0;
    if (checked < 0)
        return checked;
    p->payload = json.whole;
    err = check_kind(&json, p);
    if (err == SIO_ERR_NONE)
        err = check_placeholders(&json, p);
    return -(int)err;
}

/* The inside of a written string without escapes; at == NULL for anything else. */
static struct str plain_inside(struct str value)
{
    if (value.len < 2 || value.at[0] != '"' || memchr(value.at, '\\', value.len))
        return (struct str){0};
    return (struct str){value.at + 1, value.len - 2};
}

bool sio_recovery(const struct sio_packet *connect, struct str *pid_r, struct str *offset_r)
{
    struct str key, value;
    struct json_walk w = json_walk(connect->payload);
    *pid_r = *offset_r = (struct str){0};
    while (json_walk_next(&w, &key, &value)) {
        if (str_is(key, "pid"))
            *pid_r = plain_inside(value);
        else if (str_is(key, "offset"))
            *offset_r = plain_inside(value);
    }
    return pid_r->at && offset_r->at;
}

static uint16_t bit_of(int nsp)
{
    CHECK(nsp >= 0 && nsp < SIO_NAMESPACES_MAX);
    return (uint16_t)(1u << nsp);
}

int sio_peer_take(struct sio_peer *peer, enum sio_type type, int nsp)
{
    uint16_t bit = nsp == SIO_NSP_UNKNOWN ? 0 : bit_of(nsp);
    if (type == SIO_CONNECT_ERROR)
        return -SIO_ERR_CONNECT_ERROR;
    if (type == SIO_CONNECT) {
        if ((peer->joined | peer->joining) & bit)
            return -SIO_ERR_CONNECT_TWICE;
        peer->began = true;
        peer->joining |= bit;
        return 0;
    }
    if (!peer->began)
        return -SIO_ERR_FIRST;
    if (!(peer->joined & bit))
        return -SIO_ERR_NOT_JOINED;
    if (type == SIO_DISCONNECT)
        sio_peer_left(peer, nsp);
    return 0;
}

void sio_peer_joined(struct sio_peer *peer, int nsp)
{
    uint16_t bit = bit_of(nsp);
    CHECK(peer->joining & bit);
    peer->joining &= (uint16_t)~bit;
    peer->joined |= bit;
}

void sio_peer_left(struct sio_peer *peer, int nsp)
{
    uint16_t others = (uint16_t)~bit_of(nsp);
    peer->joining &= others;
    peer->joined &= others;
}

bool sio_peer_is_in(const struct sio_peer *peer, int nsp)
{
    return nsp != SIO_NSP_UNKNOWN && (peer->joined & bit_of(nsp));
}

bool sio_peer_is_in_any(const struct sio_peer *peer)
{
    return peer->joined != 0;
}

bool sio_gather_due(const struct sio_gather *g)
{
    return g->have < g->count;
}

int sio_gather_text(struct sio_gather *g, struct str message, const struct sio_packet *packet)
{
    if (sio_gather_due(g))
        return -SIO_ERR_TEXT_INSIDE;
    *g = (struct sio_gather){.bytes = (uint32_t)message.len, .count = packet->attachments};
    return sio_gather_due(g) ? SIO_MORE : SIO_COMPLETE;
}

int sio_gather_binary(struct sio_gather *g, size_t len, const struct sio_limits *limits,
                      unsigned *index_r)
{
    if (!sio_gather_due(g))
        return -SIO_ERR_BINARY_UNASKED;
    if (g->bytes > limits->bytes_max || len > limits->bytes_max - g->bytes)
        return -SIO_ERR_TOO_BIG;
    g->bytes += (uint32_t)len;
    *index_r = g->have++;
    return sio_gather_due(g) ? SIO_MORE : SIO_COMPLETE;
}

/* All of a packet but its payload. */
static void write_head(struct buf *out, enum sio_type type, unsigned attachments, struct str nsp)
{
    buf_add_char(out, (char)('0' + (int)type));
    if (attachments > 0) {
        buf_add_i64(out, attachments);
        buf_add_char(out, '-');
    }
    if (!str_is(nsp, "/")) {
        buf_add_str(out, nsp);
        buf_add_char(out, ',');
    }
}

void sio_write_connect(struct buf *out, struct str nsp, struct str sid, struct str pid)
{
    write_head(out, SIO_CONNECT, 0, nsp);
    struct jout j = jout_to(out);
    jout_object(&j);
    jout_field_str(&j, "sid", sid);
    jout_field_given(&j, "pid", pid);
    jout_object_end(&j);
}

void sio_write_connect_error(struct buf *out, struct str nsp, struct str message, struct str data)
{
    write_head(out, SIO_CONNECT_ERROR, 0, nsp);
    struct jout j = jout_to(out);
    jout_object(&j);
    jout_field_str(&j, "message", message);
    if (data.at)
        jout_field_raw(&j, "data", data);
    jout_object_end(&j);
}

void sio_write_disconnect(struct buf *out, struct str nsp)
{
    write_head(out, SIO_DISCONNECT, 0, nsp);
}

void sio_write_placeholder(struct buf *out, unsigned num)
{
    buf_add_cstr(out, "{\"_placeholder\":true,\"num\":");
    buf_add_i64(out, num);
    buf_add_char(out, '}');
}

/* The arguments behind what the array already holds. */
static void write_args(struct jout *j, const struct sio_message *m)
{
    if (m->args.len > 0)
        jout_raw(j, m->args);
    for (unsigned num = 0; m->append && num < m->attachments; num++) {
        jout_raw(j, STR(""));
        sio_write_placeholder(j->out, num);
    }
}

static void write_message_head(struct buf *out, const struct sio_message *m, enum sio_type plain,
                               enum sio_type binary)
{
    CHECK(m->attachments <= SIO_ATTACHMENTS_MAX && m->id <= SIO_ID_MAX);
    write_head(out, m->attachments > 0 ? binary : plain, m->attachments, m->nsp);
    if (m->id != SIO_NO_ID)
        buf_add_i64(out, m->id);
}

void sio_write_event(struct buf *out, const struct sio_message *m)
{
    write_message_head(out, m, SIO_EVENT, SIO_BINARY_EVENT);
    struct jout j = jout_to(out);
    jout_array(&j);
    jout_str(&j, m->name);
    write_args(&j, m);
    if (m->offset.at)
        jout_str(&j, m->offset);
    jout_array_end(&j);
}

void sio_write_ack(struct buf *out, const struct sio_message *m)
{
    CHECK(m->id >= 0);
    write_message_head(out, m, SIO_ACK, SIO_BINARY_ACK);
    struct jout j = jout_to(out);
    jout_array(&j);
    write_args(&j, m);
    jout_array_end(&j);
}
