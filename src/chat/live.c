/* live.c - rooms live: the room's own socket, its channel, its events in words, and what a person's
 * devices may say. */
#include "chat/live.h"

#include "app/attempts.h"
#include "app/topic.h"
#include "app/whisper.h"
#include "chat/command.h"
#include "chat/door.h"

static struct str channel_of(struct arena *arena, struct str uri)
{
    return str_of(arena_printf(arena, "chat:%.*s", STR_ARG(uri)));
}

/* ---- The room's own socket ---- */

/* Whether it is his room is asked by the snapshot: by then the socket is on the channel, so nothing
 * that ends his place can pass unseen between the two. Until then it is told nothing. */
bool room_socket_admit(struct request *rq, struct socket_admission *a)
{
    if (rq->caller.role == ROLE_NONE)
        return refuse(rq, PROBLEM_NOT_LOGGED_IN, NULL);
    a->subject = rq->params[0];
    if (!room_uri_fits(a->subject))
        return refuse(rq, PROBLEM_NOT_FOUND, "no such room");
    a->channels[0] = channel_of(rq->arena, a->subject);
    a->channel_count = 1;
    return door_patience(rq);
}

void room_socket_snapshot(struct request *rq, struct db *db, int64_t head)
{
    struct asked a;
    (void)head;
    (void)!door_open(rq, db, rq->params[0], &a);
}

bool room_socket_render(const struct event *e, struct buf *out)
{
    static const char *const shown[] = {"user", "message", "seq", "at"};
    struct json_walk w = json_walk(e->payload);
    struct jout j = jout_to(out);
    struct str key;
    struct str value;
    if (!str_is(e->topic, TOPIC_CHAT_MESSAGE))
        return false;
    jout_object(&j);
    while (json_walk_next(&w, &key, &value)) {
        for (size_t i = 0; i < ARRAY_LEN(shown); i++) {
            if (str_is(key, shown[i]))
                jout_field_raw(&j, shown[i], value);
        }
    }
    jout_field_int(&j, "cursor", e->seq);
    jout_object_end(&j);
    return true;
}

bool chat_guard(struct request *rq, struct db *db, struct str uri)
{
    struct asked a;
    return door_open(rq, db, uri, &a);
}

/* ---- Words ---- */

/* What each is called on a device. */
static const struct {
    const char *topic; /* the event's */
    const char *name;  /* the device's */
} names[] = {
    {TOPIC_CHAT_MESSAGE, "CHAT_MESSAGE"},    {TOPIC_CHAT_EDITED, "CHAT_EDITED"},
    {TOPIC_CHAT_DELETED, "CHAT_DELETED"},    {TOPIC_CHAT_MEMBER, "CHAT_MEMBER"},
    {TOPIC_CHAT_MEMBER_LEFT, "CHAT_MEMBER"}, {TOPIC_CHAT_READ, "CHAT_READ"},
    {TOPIC_CHAT_ROOM, "CHAT_ROOM"},
};

/* The payload itself, and where who has heard it goes on. */
static const char *word(const struct event *e, const struct listener *to, struct buf *values)
{
    size_t i = 0;
    (void)to;
    while (i < ARRAY_LEN(names) && !str_is(e->topic, names[i].topic))
        i++;
    CHECK(i < ARRAY_LEN(names));
    buf_add(values, e->payload.at, e->payload.len - 1);
    buf_addf(values, ",\"cursor\":%lld}", (long long)e->seq);
    return names[i].name;
}

const struct topic_words chat_words[CHAT_WORDS] = {
    {TOPIC_CHAT_MESSAGE, word},
    {TOPIC_CHAT_EDITED, word},
    {TOPIC_CHAT_DELETED, word},
    {TOPIC_CHAT_MEMBER, word},
    {TOPIC_CHAT_MEMBER_LEFT, word},
    {TOPIC_CHAT_READ, word},
    {TOPIC_CHAT_ROOM, word},
    {TOPIC_CHAT_COMMAND, command_word},
    {TOPIC_ORDER_COMMAND_REFUSED, command_word},
    {TOPIC_DELIVERY_COMMAND_REFUSED, command_word},
    {TOPIC_PAYMENT_COMMAND_REFUSED, command_word},
};

/* ---- Commands ---- */

struct said {
    struct str uri; /* of which room */
    int64_t seq;    /* of which message */
};

static bool parse_room(struct request *rq)
{
    struct said *s = rq->parsed = arena_alloc(rq->arena, sizeof *s);
    s->uri = json_text(rq->body, "uri");
    return room_uri_fits(s->uri) || refuse(rq, PROBLEM_NOT_FOUND, "no such room");
}

static bool parse_mark(struct request *rq)
{
    if (!parse_room(rq))
        return false;
    struct said *s = rq->parsed;
    return (json_int(rq->body, "seq", &s->seq) && s->seq >= 0) ||
           refuse_field(rq, PROBLEM_BAD_INPUT, "/values/seq", "the seq of a message");
}

static void begin_answer(struct request *rq, const char *event, const struct asked *a)
{
    struct jout *j = reply_event(rq, event);
    jout_object(j);
    jout_field_str(j, "uri", a->room.uri);
}

static void end_answer(struct request *rq)
{
    jout_object_end(&rq->json);
    reply_event_end(rq);
}

static void run_read(struct request *rq, struct db *tx)
{
    const struct said *s = rq->parsed;
    struct asked a;
    if (!door_open(rq, tx, s->uri, &a))
        return;
    (void)room_mark(tx, rq->arena, &a.room, &a.place, &a.me, s->seq, 0, rq->now_us);
    begin_answer(rq, "CHAT_READ", &a);
    jout_field_str(&rq->json, "account_id", a.me.id);
    jout_field_int(&rq->json, "read_seq", a.place.read_seq);
    jout_field_int(&rq->json, "delivered_seq", a.place.delivered_seq);
    jout_field_int(&rq->json, "unread", room_unread(&a.room, &a.place));
    end_answer(rq);
}

static void run_delivered(struct request *rq, struct db *tx)
{
    const struct said *s = rq->parsed;
    struct asked a;
    if (door_open(rq, tx, s->uri, &a))
        (void)room_mark(tx, rq->arena, &a.room, &a.place, &a.me, 0, s->seq, rq->now_us);
}

static void pass_on(struct request *rq, struct str uri, struct str channel)
{
    struct buf values = buf_in(rq->arena);
    struct jout j = jout_to(&values);
    const struct room_person me = room_person_of(&rq->caller);
    jout_object(&j);
    jout_field_str(&j, "uri", uri);
    jout_key(&j, "user");
    room_write_person(&j, &me, (struct str){0});
    jout_object_end(&j);
    whisper(rq->app, &(struct whisper){.channel = channel,
                                       .event = "CHAT_TYPING",
                                       .values = buf_str(&values),
                                       .by = rq->caller.id});
}

/* Who hears the room's channel is in it, now: that is kept true wherever channels are given and
 * taken, so nothing is asked of the database. */
static void run_typing(struct request *rq, struct db *db)
{
    const struct said *s = rq->parsed;
    struct str channel = channel_of(rq->arena, s->uri);
    struct attempt_key key = {
        .account =
            str_of(arena_printf(rq->arena, "%.*s %.*s", STR_ARG(rq->caller.id), STR_ARG(s->uri)))};
    (void)db;
    if (!whisper_hears(rq, channel)) {
        refuse(rq, PROBLEM_NOT_FOUND, "listen to the room first");
        return;
    }
    if (attempts_wait_s(ATTEMPT_TYPING, &key, rq->now_us) > 0)
        return;
    attempts_count(ATTEMPT_TYPING, &key, rq->now_us);
    pass_on(rq, s->uri, channel);
}

const struct socket_command chat_commands[CHAT_COMMANDS] = {
    {.event = "TYPING", .who = WHO_PERSON, .on = RUN_HERE, .parse = parse_room, .run = run_typing},
    {.event = "CHAT_READ",
     .who = WHO_PERSON,
     .on = RUN_WRITE,
     .parse = parse_mark,
     .run = run_read},
    {.event = "CHAT_DELIVERED",
     .who = WHO_PERSON,
     .on = RUN_WRITE,
     .parse = parse_mark,
     .run = run_delivered},
};
