/* frame.c - runs of bytes that wait to be written, shared by reference. */
#include "net/frame.h"

struct frame *frame_new(size_t len)
{
    /* Not mem_alloc(): the caller writes every byte. */
    struct frame *f = mem_grow(NULL, sizeof *f + len);
    atomic_init(&f->refs, 1);
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
    return f;
}

static struct frame *frame_message(enum ws_opcode opcode, struct str payload)
{
    struct frame *f = frame_room(opcode, payload.len);
    if (payload.len > 0)
        memcpy(f->bytes + f->len - payload.len, payload.at, payload.len);
    return f;
}

/* RFC 6455 5.2: the second byte tells how long the head is; ours are not masked. */
struct str frame_payload(const struct frame *f, bool *binary_r)
{
    unsigned length = (uint8_t)f->at[1] & 127;
    size_t head_len = length == 127 ? 10 : length == 126 ? 4 : 2;
    *binary_r = ((uint8_t)f->at[0] & 15) == WS_OP_BINARY;
    return (struct str){f->at + head_len, f->len - head_len};
}

struct frame *frame_text(struct str payload)
{
    return frame_message(WS_OP_TEXT, payload);
}

struct frame *frame_binary(struct str payload)
{
    return frame_message(WS_OP_BINARY, payload);
}

struct frame *frame_control(enum ws_opcode opcode, struct str payload)
{
    CHECK(payload.len <= WS_CONTROL_MAX);
    return frame_message(opcode, payload);
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

void frame_unref(struct frame *f)
{
    /* Who holds the only reference needs no locked instruction to give it up. */
    if (atomic_load_explicit(&f->refs, memory_order_acquire) == 1 ||
        atomic_fetch_sub_explicit(&f->refs, 1, memory_order_acq_rel) == 1)
        mem_free(f);
}
