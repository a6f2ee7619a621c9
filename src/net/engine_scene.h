/* engine_scene.h - servers with engines on one loop or two, and a house above that writes down what
 * it hears, for tests. */
#ifndef PESAN_NET_ENGINE_SCENE_H
#define PESAN_NET_ENGINE_SCENE_H

#include "net/conn.h"
#include "net/engine_testbed.h"

#define BIG 200000 /* bytes of an answer: more than a socket takes, less than stops reading on */

/* One loop's share of the house above. */
struct house {
    struct engine *engine;
    struct diary *diary;         /* of all loops */
    struct engine_session *last; /* the session opened last */
    const char *say;             /* what send() sends to it */
    int times;                   /* how often */
    bool writable;               /* what look_writable() saw */
    bool on_websocket;           /* the same */
    bool queued;                 /* what look_queue() saw */
};

/* Two loops, of which most tests use one. */
struct scene {
    struct testbed beds[2];
    struct house houses[2];
    struct engine *engines[2];
    size_t count;                /* loops in use */
    struct net_config net;       /* may be changed before scene_start() */
    struct engine_config engine; /* the same */
    struct diary diary;
};

/* --- the house above --- */

static inline struct house *house_of(const struct testbed *bed)
{
    return bed->house;
}

static inline void send_text(struct engine_session *s, struct str text)
{
    struct frame *f = engine_text(text);
    engine_send(s, f);
    frame_unref(f);
}

static inline void *opened(void *ctx, struct engine_session *s, const struct exchange *x)
{
    struct house *h = house_of(ctx);
    diary_note(h->diary, "opened", STR(""));
    h->last = s;
    if (exchange_query(x, "greet").at)
        send_text(s, STR("welcome"));
    return h;
}

static inline void on_message(struct engine_session *s, void *user, bool binary, struct str data)
{
    struct house *h = user;
    diary_note(h->diary, binary ? "bytes " : "message ", data);
    if (str_is(data, "close me"))
        engine_close(s);
    else if (str_is(data, "echo"))
        send_text(s, data);
}

static inline void on_closed(struct engine_session *s, void *user, const char *why)
{
    struct house *h = user;
    diary_note(h->diary, "closed ", str_of(why));
    engine_close(s); /* does no harm */
    send_text(s, STR("too late"));
}

static const struct engine_ops ops = {.opened = opened, .message = on_message, .closed = on_closed};

static inline bool is_engines(const struct exchange *x)
{
    return str_is(x->path, "/engine.io/");
}

static char big[BIG];

static inline void on_request(struct testbed *bed, struct exchange *x)
{
    const struct engine_door door = {.origin_ok = exchange_header(x, "Origin").at == NULL};
    if (is_engines(x))
        engine_request(house_of(bed)->engine, x, &door);
    else if (str_is(x->path, "/wait"))
        bed->parked = x;
    else if (str_is(x->path, "/big"))
        exchange_answer(x, &(struct answer){.status = 200,
                                            .content_type = "text/plain",
                                            .body = {big, sizeof big},
                                            .lasting = true});
    else
        exchange_answer(x, &(struct answer){.status = 200,
                                            .content_type = "text/plain",
                                            .body = str_of(bed->port % 2 ? "odd" : "even")});
}

static inline struct server *on_head(void *ctx, struct exchange *x, size_t *body_max)
{
    struct testbed *bed = ctx;
    return is_engines(x) ? engine_head(house_of(bed)->engine, x, body_max) : NULL;
}

static inline void server_freed(struct testbed *bed)
{
    engine_free(&house_of(bed)->engine);
}

static inline void scene_init(struct scene *sc)
{
    *sc = (struct scene){.diary.lock = PTHREAD_MUTEX_INITIALIZER};
    net_config_default(&sc->net);
    engine_config_default(&sc->engine);
}

static inline void scene_start(struct scene *sc, size_t count)
{
    sc->count = count;
    for (size_t i = 0; i < count; i++) {
        struct testbed *bed = &sc->beds[i];
        bed->house = &sc->houses[i];
        bed->ops.head = on_head;
        bed->server_freed = server_freed;
        bed_prepare(bed, &sc->net, on_request);
        sc->engines[i] = engine_new(bed->server, &sc->engine, &ops, bed);
        sc->houses[i] = (struct house){.engine = sc->engines[i], .diary = &sc->diary};
    }
    if (count > 1)
        engine_link(sc->engines, count);
    for (size_t i = 0; i < count; i++)
        bed_go(&sc->beds[i]);
}

static inline void scene_stop(struct scene *sc)
{
    for (size_t i = 0; i < sc->count; i++)
        bed_halt(&sc->beds[i]);
    for (size_t i = 0; i < sc->count; i++)
        bed_free(&sc->beds[i]);
}

static inline void scene_fini(struct scene *sc)
{
    buf_fini(&sc->diary.text);
}

/* --- done on a loop's thread --- */

static inline void send_say(struct testbed *bed)
{
    struct house *h = house_of(bed);
    for (int i = 0; i < h->times; i++)
        send_text(h->last, str_of(h->say));
}

/* The house sends a text so often, in one turn, to the session opened last. */
static inline void scene_send(struct scene *sc, const char *text, int times)
{
    sc->houses[0].say = text;
    sc->houses[0].times = times;
    bed_call(&sc->beds[0], send_say);
}

static inline void look(struct testbed *bed)
{
    struct house *h = house_of(bed);
    h->queued = h->last->queue != NULL;
    h->writable = engine_writable(h->last);
    h->on_websocket = engine_on_websocket(h->last);
}

static inline bool scene_queued(struct scene *sc)
{
    bed_call(&sc->beds[0], look);
    return sc->houses[0].queued;
}

static inline bool scene_writable(struct scene *sc)
{
    bed_call(&sc->beds[0], look);
    return sc->houses[0].writable;
}

static inline void close_last(struct testbed *bed)
{
    engine_close(house_of(bed)->last);
}

static inline void drain(struct testbed *bed)
{
    engine_drain(house_of(bed)->engine);
}

static size_t sessions;

static inline void count_sessions(struct testbed *bed)
{
    sessions = engine_sessions(house_of(bed)->engine);
}

/* Wait until the loop has a GET parked for the session opened last. */
static bool parked;

static inline void look_parked(struct testbed *bed)
{
    parked = house_of(bed)->last->get != NULL;
}

static inline void await_parked(struct scene *sc)
{
    do
        bed_call(&sc->beds[0], look_parked);
    while (!parked);
}

static bool reading;

static inline void look_reading(struct testbed *bed)
{
    reading = house_of(bed)->last->post != NULL;
}

/* Wait until the loop reads a POST of the session opened last. */
static inline void await_post(struct scene *sc)
{
    do
        bed_call(&sc->beds[0], look_reading);
    while (!reading);
}

#endif
