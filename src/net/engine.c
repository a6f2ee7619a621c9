/* engine.c - Engine.IO sessions on connections: the table of sids, and what becomes of requests and
 * WebSocket messages. What the machine of a session asks to be done is in engine_session.c. */
#include "net/engine.h"

#include "base/clock.h"
#include "base/map.h"
#include "base/random.h"
#include "net/conn.h"
#include "net/engine_inside.h"

#define FAREWELL_MS 50 /* a GET that crosses its session's end on the way from another loop */
#define SID_NUMBER  2  /* characters of a sid that name its loop */

static const char alphabet[] = RANDOM_URL_SAFE;

/* ---- Sids ---- */

static void make_sid(const struct engine *e, char sid[ENGINE_SID_SIZE])
{
    char text[ENGINE_SID_SIZE + 1];
    text[0] = alphabet[e->number / 64];
    text[1] = alphabet[e->number % 64];
    random_text(text + SID_NUMBER, ENGINE_SID_SIZE - SID_NUMBER, alphabet);
    memcpy(sid, text, ENGINE_SID_SIZE);
}

/* The engine that has given this sid out; NULL: none has. */
static struct engine *engine_of(struct engine *e, struct str sid)
{
    if (sid.len != ENGINE_SID_SIZE)
        return NULL;
    const char *high = memchr(alphabet, sid.at[0], 64);
    const char *low = memchr(alphabet, sid.at[1], 64);
    if (!high || !low)
        return NULL;
    size_t number = (size_t)(high - alphabet) * 64 + (size_t)(low - alphabet);
    if (!e->all)
        return number == e->number ? e : NULL;
    return number < e->count ? e->all[number] : NULL;
}

/* ---- Answers ---- */

static void answer(struct exchange *x, const struct engine_door *door, int status,
                   const char *content_type, struct str body)
{
    static const struct http_header plain[] = {{{"Cache-Control", 13}, {"no-store", 8}},
                                               {{"X-Content-Type-Options", 22}, {"nosniff", 7}}};
    size_t count = ARRAY_LEN(plain) + door->header_count;
    struct http_header *headers = arena_alloc(x->arena, count * sizeof *headers);
    memcpy(headers, plain, sizeof plain);
    if (door->header_count > 0)
        memcpy(headers + ARRAY_LEN(plain), door->headers, door->header_count * sizeof *headers);
    exchange_answer(x, &(struct answer){.status = status,
                                        .content_type = content_type,
                                        .body = body,
                                        .headers = headers,
                                        .header_count = count});
}

void engine_answer_text(struct exchange *x, const struct engine_door *door, struct str body)
{
    answer(x, door, 200, "text/plain; charset=UTF-8", body);
}

static void answer_error(struct exchange *x, const struct engine_door *door, enum eio_error error)
{
    struct buf body = buf_in(x->arena);
    eio_error_write(&body, error);
    answer(x, door, eio_error_status(error), "application/json", buf_str(&body));
}

/* ---- A session ---- */

static struct engine_session *session_new(struct engine *e, bool websocket)
{
    struct engine_session *s = mem_alloc(sizeof *s);
    s->engine = e;
    s->timer.fire = session_timer_fired;
    eio_session_init(&s->machine, websocket);
    do
        make_sid(e, s->sid);
    while (map_get(&e->sessions, session_sid(s)));
    map_put(&e->sessions, session_sid(s), s);
    return s;
}

/* Once closed() was told nobody can say any more whose session it was: it has but its farewell. */
static bool admits(const struct engine_session *s, const struct exchange *x)
{
    const struct engine_ops *ops = s->engine->ops;
    return s->told || !ops->admits || ops->admits(s, s->user, x);
}

/* That of the sid, as it is at this very moment: what is overdue is done, and a GET that its client
 * has dropped takes it along. */
static struct engine_session *find(struct engine *e, struct str sid, const struct exchange *x)
{
    struct engine_session *s = sid.len > 0 ? map_get(&e->sessions, sid) : NULL;
    if (!s || !admits(s, x))
        return NULL;
    session_do(s, eio_session_tick(&s->machine, &e->limits, clock_mono_ns()));
    if (s->get)
        exchange_look(s->get);
    return s->machine.state == EIO_CLOSED ? NULL : s;
}

static void take_packet(struct engine_session *s, enum eio_link from,
                        const struct eio_packet *packet)
{
    struct eio_todo todo =
        eio_session_packet(&s->machine, &s->engine->limits, clock_mono_ns(), from, packet);
    if (todo.actions & EIO_DO_DELIVER && !s->told)
        s->engine->ops->message(s, s->user, packet->binary, packet->data);
    todo.actions &= (uint16_t)~EIO_DO_DELIVER;
    session_do(s, todo);
}

/* ---- The session's WebSocket, or the one that would become it ---- */

static void socket_message(struct conn *c, void *user, bool text, struct str payload)
{
    struct engine_session *s = user;
    struct buf scratch = {0};
    struct eio_packet packet = eio_packet_of_binary(payload);
    enum eio_link from = c == s->probe ? EIO_PROBE : EIO_WS;
    enum eio_reason why = text ? eio_packet_read(payload, &scratch, &packet) : EIO_WHY_NONE;
    if (why == EIO_WHY_NONE)
        take_packet(s, from, &packet);
    else
        session_bad_packet(s, from, why);
    buf_fini(&scratch);
}

static void socket_closed(struct conn *c, void *user)
{
    struct engine_session *s = user;
    enum eio_link link = c == s->probe ? EIO_PROBE : EIO_WS;
    if (link == EIO_PROBE)
        s->probe = NULL;
    else
        s->ws = NULL;
    session_do(s, eio_session_lost(&s->machine, link));
}

/* ---- Requests ---- */

static void open_polling(struct engine *e, struct exchange *x, const struct engine_door *door)
{
    struct engine_session *s = session_new(e, false);
    struct buf body = buf_in(x->arena);
    eio_open_write(&body, session_sid(s), true, &e->limits);
    s->user = e->ops->opened(e->ctx, s, x);
    eio_session_opened(&s->machine, &e->limits, clock_mono_ns());
    session_rearm(s);
    engine_answer_text(x, door, buf_str(&body));
}

static void open_websocket(struct engine *e, struct exchange *x)
{
    struct engine_session *s = session_new(e, true);
    struct buf text = {0};
    s->user = e->ops->opened(e->ctx, s, x);
    eio_open_write(&text, session_sid(s), false, &e->limits);
    s->ws = socket_open(x, &e->socket_ops, s);
    eio_session_opened(&s->machine, &e->limits, clock_mono_ns());
    if (s->ws) {
        socket_send_text(s->ws, buf_str(&text));
        session_do(s, eio_session_sent(&s->machine));
    } else {
        session_do(s, eio_session_lost(&s->machine, EIO_WS));
    }
    buf_fini(&text);
}

/* A second WebSocket is told so by its Close; the session does not notice. */
static void open_probe(struct engine_session *s, struct exchange *x)
{
    struct engine *e = s->engine;
    bool probes = eio_session_probe(&s->machine, &e->limits, clock_mono_ns());
    struct conn *c = socket_open(x, &e->socket_ops, s);
    if (probes && c) {
        s->probe = c;
        session_rearm(s);
    } else if (probes) {
        session_do(s, eio_session_lost(&s->machine, EIO_PROBE));
    } else {
        session_close_socket(&c);
    }
}

static void get_ended(void *user, bool hung_up)
{
    struct engine_session *s = user;
    (void)hung_up;
    session_do(s, eio_session_lost(&s->machine, EIO_GET));
    if (s->get) /* its answer will go nowhere */
        session_answer_parked(s);
}

static void poll(struct engine_session *s, struct exchange *x, const struct engine_door *door)
{
    bool queued = s->queue != NULL;
    struct eio_todo todo = eio_session_get(&s->machine, clock_mono_ns(), queued);
    if (todo.actions & EIO_DO_REFUSE) {
        session_do(s, todo);
        answer_error(x, door, todo.error);
        return;
    }
    struct engine_door *kept = arena_alloc(x->arena, sizeof *kept);
    *kept = *door;
    s->get = x;
    s->get_door = kept;
    exchange_on_end(x, get_ended, s);
    session_do(s, todo);
    if (s->farewell)
        session_say_farewell(s);
}

/* It was refused and is answered with that: the session goes on. */
static void forget_post(struct engine_session *s)
{
    s->post = NULL;
    eio_session_post_done(&s->machine);
}

static void post_ended(void *user, bool hung_up)
{
    struct engine_session *s = user;
    if (s->farewell) {
        session_say_farewell(s);
    } else if (hung_up) {
        s->post = NULL;
        session_do(s, eio_session_lost(&s->machine, EIO_POST));
    } else {
        forget_post(s);
    }
}

/* The client says close. Its GET was sent before, but may still be on its way from another loop:
 * wait a moment, so that it finds the session it asks for. The client is told `ok` when it is gone.
 */
static void await_crossing_get(struct engine_session *s, struct exchange *x,
                               const struct engine_door *door)
{
    struct engine_door *kept = arena_alloc(x->arena, sizeof *kept);
    *kept = *door;
    s->farewell = kept;
    exchange_on_end(x, post_ended, s);
    loop_timer(s->engine->loop, &s->timer, FAREWELL_MS);
}

static bool may_cross(const struct engine_session *s, const struct eio_packet *packet)
{
    return packet->type == EIO_CLOSE && s->engine->count > 1 && !s->get;
}

static void post(struct engine_session *s, struct exchange *x, const struct engine_door *door)
{
    struct engine *e = s->engine;
    struct buf scratch = {0};
    struct eio_payload walk = eio_payload_walk(x->body, &e->limits);
    struct eio_packet packet;
    while (s->machine.state != EIO_CLOSED && !s->farewell &&
           eio_payload_next(&walk, &scratch, &packet)) {
        if (may_cross(s, &packet))
            await_crossing_get(s, x, door);
        else
            take_packet(s, EIO_POST, &packet);
    }
    if (walk.why != EIO_WHY_NONE)
        session_bad_packet(s, EIO_POST, walk.why);
    buf_fini(&scratch);
    if (s->farewell)
        return;
    s->post = NULL;
    struct eio_todo todo = eio_session_post_done(&s->machine);
    if (todo.actions & EIO_DO_REFUSE)
        answer_error(x, door, todo.error);
    else
        engine_answer_text(x, door, STR("ok"));
}

static struct eio_request request_of(const struct engine_session *s, const struct exchange *x)
{
    return (struct eio_request){.session = s ? &s->machine : NULL,
                                .origin_ok = true,
                                .get = x->method == HTTP_GET,
                                .post = x->method == HTTP_POST,
                                .upgrade = x->wants_upgrade};
}

struct server *engine_head(struct engine *e, struct exchange *x, size_t *body_max_r)
{
    struct eio_query q = eio_query_read(x->query);
    struct engine *owner = engine_of(e, q.sid);
    if (owner && owner != e)
        return owner->server;
    *body_max_r =
        e->limits.max_payload; /* also of what is refused anyway, so that it is told why */
    struct engine_session *s = x->method == HTTP_POST ? find(e, q.sid, x) : NULL;
    struct eio_request rq = request_of(s, x);
    if (!s || eio_request_check(&q, &rq) != EIO_ERR_NONE)
        return NULL;
    struct eio_todo todo = eio_session_post(&s->machine);
    if (todo.actions & EIO_DO_REFUSE) {
        session_do(s, todo);
        return NULL;
    }
    s->post = x;
    exchange_on_end(x, post_ended, s);
    return NULL;
}

static void go_on(struct engine_session *s, struct exchange *x, const struct engine_door *door)
{
    if (x->wants_upgrade)
        open_probe(s, x);
    else if (x->method == HTTP_GET)
        poll(s, x, door);
    else if (s->post == x)
        post(s, x, door);
    else /* another POST was being read when this one came */
        answer_error(x, door, EIO_ERR_REQUEST);
}

static bool is_full(const struct engine *e)
{
    return e->sessions.count >= e->config.sessions_max;
}

void engine_request(struct engine *e, struct exchange *x, const struct engine_door *door)
{
    struct eio_query q = eio_query_read(x->query);
    struct engine_session *s = find(e, q.sid, x);
    struct eio_request rq = request_of(s, x);
    rq.origin_ok = door->origin_ok;
    bool posted = s && s->post == x;
    if (posted)
        exchange_on_end(x, NULL, NULL);
    enum eio_error error = eio_request_check(&q, &rq);
    if (error == EIO_ERR_NONE && !s && (e->draining || is_full(e)))
        error = EIO_ERR_REQUEST;
    if (error != EIO_ERR_NONE && posted)
        forget_post(s);
    if (error != EIO_ERR_NONE)
        answer_error(x, door, error);
    else if (s)
        go_on(s, x, door);
    else if (eio_query_websocket(&q))
        open_websocket(e, x);
    else
        open_polling(e, x, door);
}

/* ---- An engine ---- */

void engine_config_default(struct engine_config *config)
{
    *config = (struct engine_config){.ping_interval_ms = EIO_PING_INTERVAL_MS,
                                     .ping_timeout_ms = EIO_PING_TIMEOUT_MS,
                                     .upgrade_timeout_ms = EIO_UPGRADE_TIMEOUT_MS,
                                     .max_payload = EIO_MAX_PAYLOAD,
                                     .queue_max = 1 << 20,
                                     .sessions_max = 100000};
}

struct engine *engine_new(struct server *server, const struct engine_config *config,
                          const struct engine_ops *ops, void *ctx)
{
    struct engine *e = mem_alloc(sizeof *e);
    e->server = server;
    e->loop = server_loop(server);
    e->config = *config;
    e->limits = (struct eio_limits){.ping_interval_ms = config->ping_interval_ms,
                                    .ping_timeout_ms = config->ping_timeout_ms,
                                    .max_payload = config->max_payload,
                                    .upgrade_timeout_ms = config->upgrade_timeout_ms,
                                    .packets_max = EIO_PACKETS_MAX};
    e->socket_ops = (struct socket_ops){
        .message = socket_message, .closed = socket_closed, .message_max = config->max_payload};
    e->ops = ops;
    e->ctx = ctx;
    e->turn_end.run = session_turn_end;
    return e;
}

void engine_link(struct engine *const *all, size_t count)
{
    CHECK(count <= ENGINES_MAX);
    for (size_t i = 0; i < count; i++) {
        all[i]->all = all;
        all[i]->count = count;
        all[i]->number = (unsigned)i;
    }
}

/* Call end() for every session there is now. Those that are gone meanwhile are not freed before the
 * turn ends. */
static void each_session(struct engine *e, void (*end)(struct engine_session *s))
{
    struct engine_session *s;
    size_t count = 0;
    size_t at = 0;
    struct engine_session **open = mem_alloc((e->sessions.count + 1) * sizeof *open);
    while ((s = map_next(&e->sessions, &at)))
        open[count++] = s;
    for (size_t i = 0; i < count; i++)
        end(open[i]);
    mem_free(open);
}

void engine_drain(struct engine *e)
{
    e->draining = true;
    each_session(e, engine_close);
}

size_t engine_sessions(const struct engine *e)
{
    return e->sessions.count;
}

static void end_at_once(struct engine_session *s)
{
    session_bad_packet(s, EIO_POST, EIO_WHY_SERVER_CLOSE);
}

void engine_free(struct engine **engine)
{
    struct engine *e = *engine;
    if (!e)
        return;
    each_session(e, end_at_once);
    session_turn_end(&e->turn_end);
    list_del(&e->turn_end.node);
    map_fini(&e->sessions);
    mem_free(e->pending.items);
    mem_free(e->dead.items);
    mem_free(e);
    *engine = NULL;
}
