/* chat_service.c - the chat service as main.c lists it. */
#include "chat/chat_service.h"

#include "chat/tables.h"

const struct service chat_service = {
    .name = "chat",
    .migrations = {.service = "chat", .steps = chat_steps, .count = CHAT_STEPS},
};
