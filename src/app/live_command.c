/* live_command.c - what a socket's client says: {"event":E,"values":V}, or Socket.IO's event E with
 * the argument V; one command after another.
 *
 * Whatever cannot be understood or done is told with an event ERROR, or in the place of the ack
 * that was asked for, and the socket stays open. */
#include "app/guard.h"
#include "app/house.h"
#include "app/live_inside.h"

#include "base/clock.h"

#define COMMAND_LEN ((size_t)16 * 1024) /* bytes of one command, and of all that wait */

/* ---- Limits ---- */

/* May it say something now? A bucket that refills with time. */
static bool within_rate(struct live *l)
{
    const uint32_t full = LIVE_BURST * LIVE_UNIT;
    uint32_t now_ms = (uint32_t)(clock_mono_ns() / NS_PER_MS);
    uint32_t passed = now_ms - l->rate_at_ms;
    uint32_t back = passed > 60000 ? full : passed * LIVE_RATE * LIVE_UNIT / 1000;
    uint32_t allowance = l->allowance + back > full ? full : l->allowance + back;
    if (back > 0)
        l->rate_at_ms = now_ms;
    bool ok = allowance >= LIVE_UNIT;
    l->allowance = (uint16_t)(ok ? allowance - LIVE_UNIT : allowance);
    return ok;
}

/* Refused at the door, without a call. */
static void say_error(struct live *l, int64_t ack, enum problem p, const char *detail)
{
    const struct problem_row *row = problem_row(p);
    struct buf text = {0};
    struct jout j = jout_to(&text);
    if (ack != SOCKETIO_NO_ID) {
        jout_object(&j);
        jout_key(&j, "error");
    }
    jout_object(&j);
    jout_field_cstr(&j, "code", row->slug);
    jout_field_cstr(&j, "detail", detail);
    jout_field_cstr(&j, "message", row->message[l->language]);
    jout_object_end(&j);
    if (ack != SOCKETIO_NO_ID) {
        jout_object_end(&j);
        live_ack(l, ack, buf_str(&text));
    } else {
        live_say(l, "ERROR", buf_str(&text), -1);
    }
    buf_fini(&text);
}

/* ---- One command ---- */

static void command_finished(struct call *c)
{
    struct live *l = c->live;
    live_tell(l, c);
    live_go_on(l);
}

static const struct socket_command *named(const struct socket_command *all, size_t count,
                                          struct str event)
{
    for (size_t i = 0; i < count; i++) {
        if (str_is(event, all[i].event))
            return &all[i];
    }
    return NULL;
}

/* What every client may say, what a person's may, what the kind takes, and what services take from
 * persons. */
static const struct socket_command *command_of(const struct app *app,
                                               const struct socket_kind *kind, struct str event)
{
    const struct socket_command *const own[] = {&live_auth, &live_subscribe, &live_unsubscribe};
    for (size_t i = 0; i < (kind->person ? ARRAY_LEN(own) : 1); i++) {
        if (str_is(event, own[i]->event))
            return own[i];
    }
    const struct socket_command *found = named(kind->commands, kind->command_count, event);
    for (size_t i = 0; !found && kind->person && i < app->service_count; i++) {
        const struct service *s = app->services[i];
        found = named(s->person_commands, s->person_command_count, event);
    }
    return found;
}

/* Read {"event":E,"values":V}: sets rq->body to V and returns the event's name in the arena; at ==
 * NULL after refuse(). */
static struct str read_frame(struct request *rq)
{
    const char *why = NULL;
    struct str event = {0};
    json_t *json = json_read(rq->raw, &why);
    struct str name = json_text(json, "event");
    if (!json) {
        refuse(rq, PROBLEM_BAD_JSON, "%s", why);
    } else if (!name.at) {
        refuse(rq, PROBLEM_BAD_INPUT, "a frame is {\"event\":TEXT,\"values\":...}");
    } else {
        event = (struct str){arena_strdup(rq->arena, name), name.len};
        rq->body = json_incref(json_object_get(json, "values"));
    }
    json_decref(json);
    return event;
}

/* Socket.IO's: the name stands apart, and one argument at most is V. False after refuse(). */
static bool read_args(struct request *rq)
{
    const char *why = NULL;
    char *list = arena_printf(rq->arena, "[%.*s]", STR_ARG(rq->raw));
    json_t *json = json_read(str_of(list), &why);
    if (!json)
        refuse(rq, PROBLEM_BAD_JSON, "%s", why);
    else if (json_array_size(json) > 1)
        refuse(rq, PROBLEM_BAD_INPUT, "an event has one argument");
    else
        rq->body = json_incref(json_array_get(json, 0));
    json_decref(json);
    return rq->problem == PROBLEM_NONE;
}

static const struct socket_command *understand(struct call *c, struct str event)
{
    struct request *rq = &c->rq;
    if (!event.at)
        event = read_frame(rq);
    else if (!read_args(rq))
        return NULL;
    if (!event.at)
        return NULL;
    const struct socket_command *command = command_of(rq->app, c->live->kind, event);
    if (!command) {
        refuse(rq, PROBLEM_UNKNOWN_EVENT, "there is no event of this name");
        return NULL;
    }
    if (!guard_who(rq, command->who) || (command->parse && !command->parse(rq)))
        return NULL;
    return command;
}

void live_command_start(struct live *l, const struct live_said *said)
{
    struct call *c = live_call(l);
    l->work->ack = said->ack;
    c->rq.raw = (struct str){arena_strdup(c->rq.arena, said->text), said->text.len};
    c->finished = command_finished;
    const struct socket_command *command = l->closing ? NULL : understand(c, said->name);
    if (!command) {
        c->finished(c);
        return;
    }
    if (command == &live_subscribe)
        c->finished = live_subscribe_finished;
    c->on = command->on;
    c->run = command->run;
    call_perform(c);
}

static void keep_for_later(struct live_work *w, const struct live_said *said)
{
    size_t len = said->name.len + said->text.len;
    struct live_command *command = mem_alloc(sizeof *command + len);
    command->ack = said->ack;
    command->name_len = said->name.len;
    command->len = len;
    if (said->name.len > 0)
        memcpy(command->text, said->name.at, said->name.len);
    if (said->text.len > 0)
        memcpy(command->text + said->name.len, said->text.at, said->text.len);
    if (w->first)
        w->last->next = command;
    else
        w->first = command;
    w->last = command;
    w->command_count++;
    w->command_bytes += len;
}

void live_hear(struct live *l, const struct live_said *said)
{
    size_t len = said->name.len + said->text.len;
    if (!live_is_up(l))
        return;
    if (!within_rate(l))
        say_error(l, said->ack, PROBLEM_TOO_MANY, "more than 20 commands a second");
    else if (said->binary)
        say_error(l, said->ack, PROBLEM_BAD_JSON, "frames are text, not binary");
    else if (len > COMMAND_LEN)
        say_error(l, said->ack, PROBLEM_TOO_LARGE, "a command has at most 16384 bytes");
    else if (!l->work)
        live_command_start(l, said);
    else if (l->work->command_count == LIVE_COMMAND_MAX ||
             l->work->command_bytes + len > COMMAND_LEN)
        say_error(l, said->ack, PROBLEM_TOO_MANY, "too many commands wait for their turn");
    else
        keep_for_later(l->work, said);
}
