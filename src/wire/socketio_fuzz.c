/* socketio_fuzz.c - slices stay inside the message, what jansson reads we read, and what was read
 * can be written and read again. */
#include "base/json.h"
#include "wire/socketio.h"
#include "wire/socketio_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_inside(struct str slice, struct str message)
{
    CHECK(slice.len == 0 ||
          (slice.at >= message.at && slice.at + slice.len <= message.at + message.len));
}

/* jansson is the stricter one (numbers out of range, lone surrogates, keys that stand twice). */
static void check_json(struct str text)
{
    const char *why;
    struct sio_json found;
    int result = sio_json_check(text, SIO_DEPTH_MAX, &found);
    json_t *tree = json_read(text, &why);
    CHECK(!tree || result == 0);
    if (tree && json_is_array(tree))
        CHECK((json_array_size(tree) > 0) == (found.first.at != NULL));
    json_decref(tree);
}

/* Write the message behind a packet again: the same must come of it. */
static void check_written(const struct sio_packet *p, const struct sio_limits *limits)
{
    struct sio_packet again;
    struct buf out = {0};
    struct sio_message m = {.nsp = p->nsp,
                            .name = STR("back"),
                            .args = p->args,
                            .id = p->id,
                            .attachments = p->attachments};
    bool ack = p->type == SIO_ACK || p->type == SIO_BINARY_ACK;
    if (ack)
        sio_write_ack(&out, &m);
    else
        sio_write_event(&out, &m);
    int result = sio_parse(buf_str(&out), limits, &again);
    CHECK(result == 0 && again.type == p->type && again.id == p->id);
    CHECK(again.attachments == p->attachments);
    CHECK(str_eq(again.nsp, p->nsp) && str_eq(again.args, p->args));
    buf_fini(&out);
}

/* One message of a connection; false when it ends it. */
static bool take(struct sio_peer *peer, struct sio_gather *gather, struct str message,
                 const struct sio_limits *limits)
{
    struct sio_packet p;
    unsigned index;
    if (message.len > 0 && message.at[0] == 'b') {
        int got = sio_gather_binary(gather, message.len - 1, limits, &index);
        CHECK(got < 0 || index < limits->attachments_max);
        return got >= 0;
    }
    int result = sio_parse(message, limits, &p);
    if (result < 0)
        return sio_reason_of(result)->id != NULL;
    check_inside(p.payload, message);
    check_inside(p.name, message);
    check_inside(p.args, message);
    CHECK(p.nsp.len > 0 && p.nsp.at[0] == '/' && !memchr(p.nsp.at, ',', p.nsp.len));
    if (p.type != SIO_CONNECT && p.type != SIO_DISCONNECT && p.type != SIO_CONNECT_ERROR) {
        struct sio_limits wide = *limits;
        wide.bytes_max = UINT32_MAX;
        check_written(&p, &wide);
    }
    int nsp = p.nsp.len < SIO_NAMESPACES_MAX ? (int)p.nsp.len : SIO_NSP_UNKNOWN;
    if (sio_peer_take(peer, p.type, nsp) < 0)
        return false;
    if (p.type == SIO_CONNECT && nsp != SIO_NSP_UNKNOWN)
        sio_peer_joined(peer, nsp);
    return sio_gather_text(gather, message, &p) >= 0;
}

/* A connection: each line is a message, one that begins with 'b' a binary one. Messages that end it
 * are looked at but passed over. Each text is also shown to the JSON check as it is. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct sio_limits limits = {
        .bytes_max = 1u << 16, .depth_max = SIO_DEPTH_MAX, .nsp_max = 64, .attachments_max = 10};
    struct sio_peer peer = {0};
    struct sio_gather gather = {0};
    struct str rest = {(const char *)data, size};
    check_json(rest);
    while (rest.len > 0) {
        struct str message = str_cut(&rest, '\n');
        check_json(message);
        if (!take(&peer, &gather, message, &limits))
            gather = (struct sio_gather){0};
    }
    return 0;
}
