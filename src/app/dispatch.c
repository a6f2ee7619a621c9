/* dispatch.c - every HTTP request comes in here: route, policy, body, work, answer.
 *
 * Policy lives here and in guard.c alone; handlers neither know nor check it. The way of a request:
 * find its route, ask the guard, read the body, let the handler parse, run it where it must run,
 * answer. Whatever says no on the way leaves a problem in the request and ends in the same answer.
 */
#include "app/dispatch.h"

#include "app/body.h"
#include "app/cookie_inside.h"
#include "app/guard.h"
#include "app/house.h"
#include "app/live.h"
#include "app/origin.h"
#include "app/peer.h"
#include "app/repeat.h"
#include "base/log.h"

/* What a request without a route of its own may send, so that it is told 404 and not 413. */
#define BODY_IGNORED 16384

/* Web pages: the application's own paths, all answered with the same file. Behind a slash at the
 * end stands one more segment, which is the application's to understand. */
static const char *const pages[] = {"/",      "/auth",   "/chats",  "/chats/",  "/chats/join/",
                                    "/kiosk", "/mypage", "/orders", "/orders/", "/owner",
                                    "/track/"};

/* On every answer that is not a file. */
static const struct http_header dynamic_headers[] = {
    {{"Cache-Control", 13}, {"no-store", 8}},
    {{"X-Content-Type-Options", 22}, {"nosniff", 7}},
};

enum language dispatch_language(struct exchange *x, enum language otherwise)
{
    enum language language;
    if (x->query.at && language_parse(exchange_query(x, "lang"), &language))
        return language;
    return language_accept(exchange_header(x, "Accept-Language"), otherwise);
}

/* An answer that nobody may see, because there is none or it grew too large. */
static void correct(struct call *c)
{
    struct request *rq = &c->rq;
    if (rq->problem == PROBLEM_NONE && arena_overflowed(rq->arena)) {
        refuse(rq, PROBLEM_TOO_LARGE, "the request needs more memory than one may have");
    } else if (rq->problem == PROBLEM_NONE && rq->status == 0) {
        log_error("APP-NO-ANSWER", LOG_C("route", rq->route ? rq->route->name : ""));
        refuse(rq, PROBLEM_INTERNAL, NULL);
    }
    if (rq->problem != PROBLEM_NONE)
        call_render_problem(c);
}

static void log_answer(const struct call *c)
{
    if (!log_wants(LOG_DEBUG))
        return;
    log_debug("HTTP-ANSWER", LOG_S("path", c->exchange->path), LOG_N("status", c->rq.status),
              LOG_C("route", c->rq.route ? c->rq.route->name : ""));
}

void dispatch_answer(struct call *c)
{
    struct request *rq = &c->rq;
    struct exchange *x = c->exchange;
    correct(c);
    origin_answer(c);
    cookie_answer(c);
    struct answer a = {
        .status = rq->status,
        .content_type = rq->content_type,
        .body = buf_str(&rq->reply),
        .headers = dynamic_headers,
        .header_count = ARRAY_LEN(dynamic_headers),
    };
    if (rq->header_count > 0) {
        for (size_t i = 0; i < ARRAY_LEN(dynamic_headers); i++)
            reply_header(rq, dynamic_headers[i].name.at, dynamic_headers[i].value);
        a.headers = rq->headers;
        a.header_count = rq->header_count;
    }
    log_answer(c);
    repeat_end(c);
    call_fini(c);
    c->desk->busy--;
    exchange_answer(x, &a);
}

bool dispatch_wants_page(struct str accept)
{
    struct str rest = accept;
    while (rest.at) {
        struct str range = str_cut(&rest, ',');
        if (str_eq_nocase(str_trim(str_cut(&range, ';')), STR("text/html")))
            return true;
    }
    return false;
}

static bool page_fits(struct str page, struct str path)
{
    if (page.len == 1 || page.at[page.len - 1] != '/')
        return str_eq(path, page);
    return path.len > page.len && str_starts(path, page) &&
           !memchr(path.at + page.len, '/', path.len - page.len);
}

static bool is_page(struct str path)
{
    struct str p = path;
    if (p.len > 1 && p.at[p.len - 1] == '/')
        p.len--;
    for (size_t i = 0; i < ARRAY_LEN(pages); i++) {
        if (page_fits(str_of(pages[i]), p))
            return true;
    }
    return false;
}

/* A person who asks for what does not exist gets a page that says so, with its 404. */
static bool answer_lost(struct desk *d, struct exchange *x)
{
    if (x->method != HTTP_GET || !dispatch_wants_page(exchange_header(x, "Accept")) ||
        !assets_answer_as(d->app->assets, x, STR("/index.html"), 404))
        return false;
    d->busy--;
    return true;
}

static bool answer_page(struct desk *d, struct exchange *x)
{
    if (!assets_answer(d->app->assets, x, STR("/index.html")))
        return false;
    d->busy--;
    return true;
}

static bool answer_file(struct desk *d, struct exchange *x)
{
    if (x->method != HTTP_GET && x->method != HTTP_HEAD)
        return false;
    if (is_page(x->path))
        return answer_page(d, x);
    if (!assets_answer(d->app->assets, x, x->path))
        return false;
    d->busy--;
    return true;
}

/* No route of a service: a socket's opening, a page, a file, a question for methods, or nothing. */
static void answer_elsewhere(struct call *c, const struct route_match *m)
{
    struct request *rq = &c->rq;
    struct exchange *x = c->exchange;
    if (m->socket) {
        memcpy(rq->params, m->params, sizeof rq->params);
        live_open(c, m->socket);
        return;
    }
    if (answer_file(c->desk, x))
        return;
    struct str allowed = {0};
    if (m->node)
        allowed = route_allowed(m->node, rq->arena);
    else if (is_page(x->path) && x->method != HTTP_GET && x->method != HTTP_HEAD)
        allowed = STR("GET, HEAD, OPTIONS");
    if (!allowed.at && answer_lost(c->desk, x))
        return;
    if (!allowed.at)
        refuse(rq, PROBLEM_NOT_FOUND, NULL);
    else if (x->method == HTTP_OPTIONS)
        reply_empty(rq, 204);
    else
        refuse(rq, PROBLEM_METHOD, NULL);
    if (allowed.at)
        reply_header(rq, "Allow", allowed);
    dispatch_answer(c);
}

/* Policy, body and the handler's own parsing, in this order. */
static bool admitted(struct call *c)
{
    struct request *rq = &c->rq;
    return guard_route(c) && body_read(c) && repeat_prepare(c) &&
           (!rq->route->parse || rq->route->parse(rq));
}

static void perform_route(struct call *c, const struct route_match *m)
{
    struct request *rq = &c->rq;
    const struct route *route = m->routed.route;
    rq->route = route;
    memcpy(rq->params, m->params, sizeof rq->params);
    c->service = m->routed.service;
    c->on = route->on;
    c->work = route->work;
    c->run = route->run;
    if (route->flags & ROUTE_KOREAN)
        rq->language = dispatch_language(c->exchange, LANG_KO);
    if (route->flags & ROUTE_PAGE) {
        if (dispatch_wants_page(exchange_header(c->exchange, "Accept")) &&
            answer_page(c->desk, c->exchange))
            return;
        reply_header(rq, "Vary", STR("Accept"));
    }
    if (route->flags & ROUTE_PEOPLE)
        c->service = &app_service;
    if (!admitted(c))
        dispatch_answer(c);
    else if (route->flags & (ROUTE_FOLLOWS | ROUTE_PEOPLE))
        desk_perform_behind(c->desk, c);
    else
        call_perform(c);
}

/* Is it Socket.IO's? What lies below the path is files. */
static bool is_socketio(const struct desk *d, const struct exchange *x)
{
    return d->io && (str_is(x->path, "/socket.io/") || str_is(x->path, "/socket.io"));
}

static void to_socketio(struct call *c)
{
    struct desk *d = c->desk;
    struct exchange *x = c->exchange;
    if (x->method == HTTP_OPTIONS) {
        reply_empty(&c->rq, 204);
        reply_header(&c->rq, "Allow", STR("GET, HEAD, POST, OPTIONS"));
        dispatch_answer(c);
        return;
    }
    struct engine_door door = {.origin_ok = origin_admits(c, false)};
    origin_answer(c);
    door.headers = c->rq.headers;
    door.header_count = c->rq.header_count;
    d->busy--;
    engine_request(socketio_engine(d->io), x, &door);
}

static void on_request(void *ctx, struct exchange *x)
{
    struct desk *d = ctx;
    struct call *c = call_new(d, x->arena);
    struct request *rq = &c->rq;
    c->exchange = x;
    c->finished = dispatch_answer;
    rq->own = x;
    rq->query = x->query;
    rq->raw = x->body;
    rq->peer = peer_of(x, d->app->config->trusted_proxy);
    rq->language = dispatch_language(x, LANG_EN);
    d->busy++;
    if (!str_utf8_valid(x->path)) {
        refuse(rq, PROBLEM_NOT_FOUND, "the path is not UTF-8");
        dispatch_answer(c);
        return;
    }
    if (is_socketio(d, x)) {
        to_socketio(c);
        return;
    }
    struct route_match m = route_find(d->app->routes, x->method, x->path);
    if (m.routed.route && !(m.socket && x->wants_upgrade))
        perform_route(c, &m);
    else
        answer_elsewhere(c, &m);
}

static struct server *on_head(void *ctx, struct exchange *x, size_t *body_max)
{
    const struct desk *d = ctx;
    if (is_socketio(d, x))
        return engine_head(socketio_engine(d->io), x, body_max);
    struct route_match m = route_find(d->app->routes, x->method, x->path);
    bool takes = m.routed.route && m.routed.route->body_max > 0;
    *body_max = takes ? m.routed.route->body_max : BODY_IGNORED;
    return NULL;
}

const struct net_ops dispatch_ops = {.request = on_request, .head = on_head};
