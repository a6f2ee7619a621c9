/* frame.c - runs of bytes that wait to be written, shared by reference. */
#include "net/frame.h"

struct frame *frame_new(size_t len)
{
    /* Not mem_alloc(): the caller writes every byte. */
    struct frame *f = mem_grow(NULL, sizeof *f + len);
    atomic_init(&f->refs, 1);
    atomic_init(&f->packed, NULL);
    f->head = 0;
    f->len = len;
    f->at = f->bytes;
    return f;
}

struct frame *frame_lasting(struct str bytes)
{
    struct frame *f = frame_new(0);
    f->at = bytes.at;
    f->len = bytes.len;
    return f;
}

struct frame *frame_room(enum ws_opcode opcode, size_t len)
{
    uint8_t head[WS_HEAD_MAX];
    size_t head_len = ws_head(head, opcode, len);
    struct frame *f = frame_new(head_len + len);
    memcpy(f->bytes, head, head_len);
    f->head = (uint32_t)head_len;
    return f;
}

static struct frame *frame_whole(enum ws_opcode opcode, struct str payload)
{
    struct frame *f = frame_room(opcode, payload.len);
    if (payload.len > 0)
        memcpy(f->bytes + f->head, payload.at, payload.len);
    return f;
}

struct str frame_payload(const struct frame *f, bool *binary_r)
{
    *binary_r = ((uint8_t)f->at[0] & 15) == WS_OP_BINARY;
    return (struct str){f->at + f->head, f->len - f->head};
}

struct frame *frame_text(struct str payload)
{
    return frame_whole(WS_OP_TEXT, payload);
}

struct frame *frame_binary(struct str payload)
{
    return frame_whole(WS_OP_BINARY, payload);
}

struct frame *frame_control(enum ws_opcode opcode, struct str payload)
{
    CHECK(payload.len <= WS_CONTROL_MAX);
    return frame_whole(opcode, payload);
}

struct frame *frame_close(unsigned code, struct str reason)
{
    uint8_t bytes[WS_CLOSE_FRAME_MAX];
    size_t len = ws_close_frame(bytes, code, reason);
    struct frame *f = frame_new(len);
    memcpy(f->bytes, bytes, len);
    return f;
}

void frame_ref(struct frame *f)
{
    atomic_fetch_add_explicit(&f->refs, 1, memory_order_relaxed);
}

static void frame_free(struct frame *f)
{
    struct frame *packed = atomic_load_explicit(&f->packed, memory_order_acquire);
    if (packed && packed != f)
        frame_unref(packed);
    mem_free(f);
}

void frame_unref(struct frame *f)
{
    /* Who holds the only reference needs no locked instruction to give it up. */
    if (atomic_load_explicit(&f->refs, memory_order_acquire) == 1 ||
        atomic_fetch_sub_explicit(&f->refs, 1, memory_order_acq_rel) == 1)
        frame_free(f);
}

/* --- packed messages --- */

/* The message packed, or itself. The head is written last, against the payload: only then is it
 * known how long that is. */
static struct frame *pack(struct frame *f, struct deflater *d)
{
    struct str payload = {f->at + f->head, f->len - f->head};
    struct frame *p = frame_new(WS_HEAD_MAX + payload.len);
    size_t len = deflater_pack(d, payload, p->bytes + WS_HEAD_MAX, payload.len);
    if (len == 0) {
        frame_unref(p);
        return f;
    }
    uint8_t head[WS_HEAD_MAX];
    size_t head_len = ws_head(head, (enum ws_opcode)(f->at[0] & 0x0F), len);
    ws_head_packed(head);
    p = mem_grow(p, sizeof *p + WS_HEAD_MAX + len);
    memcpy(p->bytes + WS_HEAD_MAX - head_len, head, head_len);
    p->at = p->bytes + WS_HEAD_MAX - head_len;
    p->len = head_len + len;
    return p;
}

/* Two loops may pack the same message at the same time: then the first one's is everybody's. */
static struct frame *pack_once(struct frame *f, struct deflater *d)
{
    struct frame *mine = pack(f, d);
    struct frame *packed = NULL;
    if (atomic_compare_exchange_strong_explicit(&f->packed, &packed, mine, memory_order_acq_rel,
                                                memory_order_acquire))
        return mine;
    if (mine != f)
        frame_unref(mine);
    return packed;
}

struct frame *frame_packed(struct frame *f, uint8_t bits, struct deflater *d)
{
    if (f->head == 0 || !deflate_fits(f->len - f->head, bits))
        return f;
    struct frame *packed = atomic_load_explicit(&f->packed, memory_order_acquire);
    return packed ? packed : pack_once(f, d);
}
