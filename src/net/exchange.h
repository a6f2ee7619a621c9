/* exchange.h - one HTTP request and its answer (RFC 9110, RFC 9112).
 *
 * An exchange is made by the connection when a whole request has been read and lives until it is
 * answered: the connection may die before, then the answer goes nowhere. Its arena may be handed to
 * another thread with the work; everything else here is for the loop's thread. */
#ifndef PESAN_NET_EXCHANGE_H
#define PESAN_NET_EXCHANGE_H

#include "base/arena.h"
#include "base/buf.h"
#include "loop/loop.h"

enum http_method {
    HTTP_GET,
    HTTP_HEAD,
    HTTP_POST,
    HTTP_PUT,
    HTTP_PATCH,
    HTTP_DELETE,
    HTTP_OPTIONS,
    HTTP_OTHER
};

struct http_header {
    struct str name;  /* as sent; compare with str_eq_nocase */
    struct str value; /* trimmed; obs-fold is refused */
};

struct exchange {
    struct arena *arena; /* all slices below live here; freed with the exchange */
    struct loop *loop;   /* where it must be answered */
    enum http_method method;
    struct str path;             /* percent-decoded, without query, begins with '/', no NUL */
    struct str query;            /* raw, behind '?'; at == NULL when there is none */
    struct http_header *headers; /* in the order they came */
    size_t header_count;
    struct str body;
    struct str peer;    /* "127.0.0.1"; "local" on a socket in the file system */
    bool wants_upgrade; /* a well-formed WebSocket opening handshake: upgrade is possible */
    bool tls;           /* came over TLS */
    struct exchange_private *own; /* the connection's side */
};

/* An answer. Slices must live until exchange_answer() returns, except a `lasting` body. */
struct answer {
    int status;
    const char *content_type; /* NULL: no body */
    struct str body;
    bool lasting; /* body lives as long as the process (an embedded file) */
    const struct http_header *headers;
    size_t header_count;
    bool close; /* end the connection after it */
};

/* A header's value, at == NULL when absent. The first one when repeated. */
struct str exchange_header(const struct exchange *x, const char *name);

/* A query parameter, percent-decoded into the arena; at == NULL when absent. */
struct str exchange_query(const struct exchange *x, const char *name);

/* A cookie's value; at == NULL when absent. */
struct str exchange_cookie(const struct exchange *x, const char *name);

/* Call end(user, hung_up) once when the exchange ends without having been answered: the client has
 * hung up, or the rest of its body was refused. Whoever was handed the exchange answers it all the
 * same. One at a time; end == NULL: nobody wants to know any more. */
void exchange_on_end(struct exchange *x, void (*end)(void *user, bool hung_up), void *user);

/* Look now whether the client of a request in work has hung up, instead of at the loop's next turn:
 * then its end() is called before this returns. */
void exchange_look(struct exchange *x);

/* Answer and give the exchange up. Adds Date, Content-Length, Connection; HEAD sends no body. */
void exchange_answer(struct exchange *x, const struct answer *a);

#endif
