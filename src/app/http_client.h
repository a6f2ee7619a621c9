/* http_client.h - HTTP questions to other machines, many at once, on one loop (libcurl).
 *
 * Everything is bounded: 5 s to connect, 15 s in all and 256 KB of answer unless the call says
 * otherwise.
 * No redirect is followed, TLS 1.2 and a verified certificate are required on https. Plain http
 * goes straight to its host, past any proxy of the environment. */
#ifndef PESAN_APP_HTTP_CLIENT_H
#define PESAN_APP_HTTP_CLIENT_H

#include "base/buf.h"
#include "loop/loop.h"

#define HTTP_CALL_HEADERS_MAX 8
#define HTTP_CALL_REPLY_MAX   262144

struct http_client;

/* One question. Zeroed and filled by the caller, who keeps it and all it points to until done(). */
struct http_call {
    const char *url;                            /* http:// or https:// */
    const char *user;                           /* name of Basic authentication (its password is
                                                   empty); NULL: none. Never logged */
    const char *headers[HTTP_CALL_HEADERS_MAX]; /* "Name: value", up to the first NULL */
    bool post;                                  /* POST with `body`; else GET */
    struct str body;                            /* JSON */
    int64_t timeout_ms;                         /* in all; 0: 15 s */
    size_t reply_max;                           /* bytes of answer; 0: 256 KB */
    int status;                                 /* answer: HTTP status, 0 when there was none */
    const char *error;                          /* answer: why there was none; static text */
    struct buf reply;                           /* answer: its body; released with buf_fini() */
    void (*done)(struct http_call *call);       /* exactly once, on the loop; may free the call */
    struct list node;                           /* among the client's running calls */
    void *handle;                               /* libcurl's */
    void *lines;                                /* libcurl's list of headers */
};

/* Does `url` lead to `origin` ("http://localhost") or a port of its host, and nowhere else? */
bool http_url_at(struct str url, const char *origin);

/* Does it lead to this machine, over plain http? */
bool http_url_loopback(struct str url);

/* On the thread of `loop`, like all else here. */
MUST_USE struct http_client *http_client_new(struct loop *loop);

/* Ends running calls (done() with status 0, which may start no other), frees. */
void http_client_free(struct http_client **client);

/* Ask. done() comes later, never from within. */
void http_client_start(struct http_client *client, struct http_call *call);

#endif
