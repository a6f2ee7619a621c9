/* websocket_client.c - frames as a client sends them, for tests and load generators. */
#include "wire/websocket.h"

size_t ws_client_frame(uint8_t *out, const struct ws_client_frame *frame)
{
    uint8_t head[WS_HEAD_MAX];
    size_t len = ws_head(head, frame->opcode, frame->payload.len);
    if (frame->more)
        head[0] &= 0x7F;
    if (frame->packed)
        ws_head_packed(head);
    head[1] |= 0x80;
    memcpy(out, head, len);
    memcpy(out + len, frame->mask, 4);
    len += 4;
    if (frame->payload.len > 0)
        memcpy(out + len, frame->payload.at, frame->payload.len);
    ws_mask(out + len, frame->payload.len, frame->mask);
    return len + frame->payload.len;
}
