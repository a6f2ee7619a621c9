/* chat_service.c - the chat service as main.c lists it. */
#include "chat/chat_service.h"

#include "app/topic.h"
#include "chat/live.h"
#include "chat/routes.h"
#include "chat/tables.h"

/* The same socket in two places: where clients of old look for it, and where all sockets are. */
#define ROOM_SOCKET(name_, path_)                                                                  \
    {                                                                                              \
        .name = name_, .path = path_, .admit = room_socket_admit,                                  \
        .snapshot = room_socket_snapshot, .render = room_socket_render, .replays = true,           \
        .bare = true                                                                               \
    }

static const struct socket_kind sockets[] = {
    ROOM_SOCKET("room", "/ws/chats/{uri}"),
    ROOM_SOCKET("room_at_root", "/{uri:hex15}"),
};

static const struct channel_guard guards[] = {
    {.prefix = "chat:", .may = chat_guard, .ended_by = TOPIC_CHAT_MEMBER_LEFT},
};

const struct service chat_service = {
    .name = "chat",
    .migrations = {.service = "chat", .steps = chat_steps, .count = CHAT_STEPS},
    .routes = chat_routes,
    .route_count = CHAT_ROUTES,
    .sockets = sockets,
    .socket_count = ARRAY_LEN(sockets),
    .guards = guards,
    .guard_count = ARRAY_LEN(guards),
    .words = chat_words,
    .word_count = CHAT_WORDS,
    .person_commands = chat_commands,
    .person_command_count = CHAT_COMMANDS,
};
