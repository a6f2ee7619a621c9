/* live_command.c - what a socket's client says: {"event":E,"values":V}, one command after another.
 *
 * Whatever cannot be understood or done is told with an ERROR frame and the socket stays open. */
#include "app/guard.h"
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

/* An ERROR frame without a call, for what is refused at the door. */
static void say_error(struct live *l, enum problem p, const char *detail)
{
    const struct problem_row *row = problem_row(p);
    struct buf text = {0};
    struct jout j = jout_to(&text);
    jout_object(&j);
    jout_field_cstr(&j, "event", "ERROR");
    jout_key(&j, "values");
    jout_object(&j);
    jout_field_cstr(&j, "code", row->slug);
    jout_field_cstr(&j, "detail", detail);
    jout_field_cstr(&j, "message", row->message[l->language]);
    jout_object_end(&j);
    jout_object_end(&j);
    socket_send_text(l->conn, buf_str(&text));
    buf_fini(&text);
}

/* ---- One command ---- */

static void command_finished(struct call *c)
{
    struct live *l = c->live;
    live_tell(l, c);
    live_go_on(l);
}

static const struct socket_command *command_of(const struct socket_kind *kind, struct str event)
{
    for (size_t i = 0; i < kind->command_count; i++) {
        if (str_is(event, kind->commands[i].event))
            return &kind->commands[i];
    }
    return NULL;
}

/* Read {"event":E,"values":V}: sets rq->body to V and returns the event's name in the arena; at ==
 * NULL after refuse(). */
static struct str read_command(struct request *rq)
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

static const struct socket_command *understand(struct call *c)
{
    struct request *rq = &c->rq;
    struct str event = read_command(rq);
    if (!event.at)
        return NULL;
    const struct socket_command *command =
        str_is(event, live_auth.event) ? &live_auth : command_of(c->live->kind, event);
    if (!command) {
        refuse(rq, PROBLEM_UNKNOWN_EVENT, "there is no event of this name");
        return NULL;
    }
    if (!guard_who(rq, command->who) || (command->parse && !command->parse(rq)))
        return NULL;
    return command;
}

void live_command_start(struct live *l, struct str payload)
{
    struct call *c = live_call(l);
    c->rq.raw = (struct str){arena_strdup(c->rq.arena, payload), payload.len};
    c->finished = command_finished;
    const struct socket_command *command = l->closing ? NULL : understand(c);
    if (!command) {
        c->finished(c);
        return;
    }
    c->on = command->on;
    c->run = command->run;
    call_perform(c);
}

static void keep_for_later(struct live_work *w, struct str payload)
{
    struct live_command *command = mem_alloc(sizeof *command + payload.len);
    command->len = payload.len;
    if (payload.len > 0)
        memcpy(command->text, payload.at, payload.len);
    if (w->first)
        w->last->next = command;
    else
        w->first = command;
    w->last = command;
    w->command_count++;
    w->command_bytes += payload.len;
}

void live_message(struct live *l, bool text, struct str payload)
{
    if (l->closing)
        return;
    if (!within_rate(l))
        say_error(l, PROBLEM_TOO_MANY, "more than 20 commands a second");
    else if (!text)
        say_error(l, PROBLEM_BAD_JSON, "frames are text, not binary");
    else if (payload.len > COMMAND_LEN)
        say_error(l, PROBLEM_TOO_LARGE, "a command has at most 16384 bytes");
    else if (!l->work)
        live_command_start(l, payload);
    else if (l->work->command_count == LIVE_COMMAND_MAX ||
             l->work->command_bytes + payload.len > COMMAND_LEN)
        say_error(l, PROBLEM_TOO_MANY, "too many commands wait for their turn");
    else
        keep_for_later(l->work, payload);
}
