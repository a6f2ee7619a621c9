/* http_client.c - the only file that knows libcurl: its multi interface, driven by a loop of ours.
 */
#include "app/http_client.h"

#include <curl/curl.h>
#include <pthread.h>

#define CONNECT_TIMEOUT_MS 5000L
#define TOTAL_TIMEOUT_MS   15000L

struct http_client {
    struct loop *loop;  /* where all of it happens */
    CURLM *multi;       /* libcurl's set of calls */
    struct timer timer; /* libcurl's next moment */
    struct list calls;  /* struct http_call.node, those that run */
};

/* A socket libcurl wants watched. */
struct socket_watch {
    struct watch watch;         /* in the loop */
    struct http_client *client; /* whose */
};

bool http_url_at(struct str url, const char *origin)
{
    size_t len = strlen(origin);
    if (!str_starts(url, str_of(origin)) || memchr(url.at, '@', url.len)) /* user@elsewhere */
        return false;
    return url.len == len || url.at[len] == ':' || url.at[len] == '/';
}

bool http_url_loopback(struct str url)
{
    return http_url_at(url, "http://127.0.0.1") || http_url_at(url, "http://localhost") ||
           http_url_at(url, "http://[::1]");
}

/* Move what is finished to its owner. */
static void collect(struct http_client *client);

static void socket_ready(struct watch *w, uint32_t events)
{
    struct socket_watch *s = CONTAINER_OF(w, struct socket_watch, watch);
    struct http_client *client = s->client;
    int mask = 0;
    int running;
    if (events & (EPOLLIN | EPOLLHUP))
        mask |= CURL_CSELECT_IN;
    if (events & EPOLLOUT)
        mask |= CURL_CSELECT_OUT;
    if (events & EPOLLERR)
        mask |= CURL_CSELECT_ERR;
    /* Frees s when libcurl lets go of the socket. */
    curl_multi_socket_action(client->multi, w->fd, mask, &running);
    collect(client);
}

static uint32_t events_of(int what)
{
    uint32_t events = 0;
    if (what == CURL_POLL_IN || what == CURL_POLL_INOUT)
        events |= EPOLLIN;
    if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT)
        events |= EPOLLOUT;
    return events;
}

/* CURLMOPT_SOCKETFUNCTION: watch, watch otherwise, or let go. */
static int on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *known)
{
    struct http_client *client = arg;
    struct socket_watch *s = known;
    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (s)
            loop_unwatch(client->loop, &s->watch);
        mem_free(s);
        return 0;
    }
    if (s) {
        loop_rewatch(client->loop, &s->watch, events_of(what));
        return 0;
    }
    s = mem_alloc(sizeof *s);
    s->client = client;
    s->watch = (struct watch){.ready = socket_ready, .fd = fd};
    curl_multi_assign(client->multi, fd, s);
    loop_watch(client->loop, &s->watch, events_of(what));
    return 0;
}

static void timer_fired(struct timer *t)
{
    struct http_client *client = CONTAINER_OF(t, struct http_client, timer);
    int running;
    curl_multi_socket_action(client->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    collect(client);
}

/* CURLMOPT_TIMERFUNCTION; even 0 ms waits for the loop, since libcurl may not be called from here.
 */
static int on_timer(CURLM *multi, long ms, void *arg)
{
    struct http_client *client = arg;
    (void)multi;
    if (ms < 0)
        loop_timer_clear(client->loop, &client->timer);
    else
        loop_timer(client->loop, &client->timer, ms);
    return 0;
}

static size_t reply_max(const struct http_call *call)
{
    return call->reply_max > 0 ? call->reply_max : HTTP_CALL_REPLY_MAX;
}

/* CURLOPT_WRITEFUNCTION; taking less than was offered ends the call. */
static size_t on_body(char *bytes, size_t one, size_t count, void *arg)
{
    struct http_call *call = arg;
    size_t len = one * count;
    if (len > reply_max(call) - call->reply.len)
        return 0;
    buf_add(&call->reply, bytes, len);
    return len;
}

static void finish(struct http_client *client, struct http_call *call, CURLcode code)
{
    long status = 0;
    if (code == CURLE_OK)
        curl_easy_getinfo(call->handle, CURLINFO_RESPONSE_CODE, &status);
    else
        call->error = curl_easy_strerror(code);
    call->status = (int)status;
    curl_multi_remove_handle(client->multi, call->handle);
    curl_easy_cleanup(call->handle);
    curl_slist_free_all(call->lines);
    call->handle = call->lines = NULL;
    list_del(&call->node);
    call->done(call);
}

static void collect(struct http_client *client)
{
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(client->multi, &left))) {
        char *call = NULL;
        if (message->msg != CURLMSG_DONE)
            continue;
        CURLcode code = message->data.result; /* gone once the handle is removed */
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &call);
        finish(client, (struct http_call *)(void *)call, code);
    }
}

static void global_init(void)
{
    CHECK(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
}

struct http_client *http_client_new(struct loop *loop)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct http_client *client = mem_alloc(sizeof *client);
    pthread_once(&once, global_init);
    client->loop = loop;
    client->timer.fire = timer_fired;
    list_init(&client->calls);
    client->multi = curl_multi_init();
    CHECK(client->multi);
    curl_multi_setopt(client->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(client->multi, CURLMOPT_SOCKETDATA, client);
    curl_multi_setopt(client->multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(client->multi, CURLMOPT_TIMERDATA, client);
    return client;
}

void http_client_free(struct http_client **client)
{
    struct http_client *c = *client;
    if (!c)
        return;
    LIST_EACH (node, &c->calls)
        finish(c, LIST_ITEM(node, struct http_call, node), CURLE_ABORTED_BY_CALLBACK);
    curl_multi_cleanup(c->multi);
    loop_timer_clear(c->loop, &c->timer);
    mem_free(c);
    *client = NULL;
}

static void add_headers(struct http_call *call)
{
    struct curl_slist *lines = curl_slist_append(NULL, "Accept: application/json");
    if (call->post) {
        lines = curl_slist_append(lines, "Content-Type: application/json");
        lines = curl_slist_append(lines, "Expect:"); /* no pause for 100 Continue */
    }
    for (size_t i = 0; i < HTTP_CALL_HEADERS_MAX && call->headers[i]; i++)
        lines = curl_slist_append(lines, call->headers[i]);
    CHECK(lines);
    call->lines = lines;
    curl_easy_setopt(call->handle, CURLOPT_HTTPHEADER, lines);
}

/* The rules that hold for every call. */
static void add_bounds(const struct http_call *call)
{
    CURL *easy = call->handle;
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS,
                     call->timeout_ms > 0 ? (long)call->timeout_ms : TOTAL_TIMEOUT_MS);
    curl_easy_setopt(easy, CURLOPT_MAXFILESIZE, (long)reply_max(call));
    if (str_starts(str_of(call->url), STR("http://")))
        curl_easy_setopt(easy, CURLOPT_PROXY, "");
}

void http_client_start(struct http_client *client, struct http_call *call)
{
    CURL *easy = curl_easy_init();
    CHECK(easy);
    call->handle = easy;
    add_bounds(call);
    add_headers(call);
    curl_easy_setopt(easy, CURLOPT_URL, call->url);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, call);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, call);
    if (call->user) {
        curl_easy_setopt(easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
        curl_easy_setopt(easy, CURLOPT_USERNAME, call->user);
        curl_easy_setopt(easy, CURLOPT_PASSWORD, "");
    }
    if (call->post) {
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, call->body.at ? call->body.at : "");
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body.len);
    }
    list_add_before(&client->calls, &call->node);
    CHECK(curl_multi_add_handle(client->multi, easy) == CURLM_OK);
}
