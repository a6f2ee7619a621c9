/* chat_service.c - the chat service as main.c lists it. */
#include "chat/chat_service.h"

#include "app/app.h"
#include "app/topic.h"
#include "base/clock.h"
#include "chat/live.h"
#include "chat/routes.h"
#include "chat/tables.h"
#include "chat/thread.h"

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

/* All that move_say() has words for. */
static const struct reaction reactions[] = {
    {.topic = TOPIC_ORDER_PAID, .react = thread_on_move},
    {.topic = TOPIC_ORDER_ACCEPTED, .react = thread_on_move},
    {.topic = TOPIC_ORDER_ETA_CHANGED, .react = thread_on_move},
    {.topic = TOPIC_ORDER_REJECTED, .react = thread_on_move},
    {.topic = TOPIC_ORDER_CANCEL_REQUESTED, .react = thread_on_move},
    {.topic = TOPIC_ORDER_CANCELLED, .react = thread_on_move},
    {.topic = TOPIC_DELIVERY_MOVED, .react = thread_on_move},
    {.topic = TOPIC_DELIVERY_CANCEL_REFUSED, .react = thread_on_move},
    {.topic = TOPIC_PAYMENT_REFUND_STARTED, .react = thread_on_move},
    {.topic = TOPIC_PAYMENT_REFUNDED, .react = thread_on_move},
};

static bool start(struct app *app, const char **why_r)
{
    (void)why_r;
    thread_open_for(app_config(app)->thread_close_s * US_PER_S);
    return true;
}

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
    .reactions = reactions,
    .reaction_count = ARRAY_LEN(reactions),
    .due = thread_due,
    .start = start,
};
