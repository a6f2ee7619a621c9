/* route.h - which row of the services' tables answers a path: a tree of path segments, built once
 * at start, then read by all threads.
 *
 * A literal segment goes before a {parameter}; where it leads to nothing for this method, the
 * parameter is tried. A {parameter:hex15} takes 15 lower-case hex digits only, so that it may stand
 * where files and pages do. A trailing slash is optional, an empty segment matches nothing. */
#ifndef PESAN_APP_ROUTE_H
#define PESAN_APP_ROUTE_H

#include "app/service.h"
#include "net/exchange.h"

struct route_tree;
struct route_node;

/* A row and whose it is. */
struct routed {
    const struct route *route;     /* the row */
    const struct service *service; /* whose */
};

/* What a path leads to. */
struct route_match {
    struct routed routed;             /* the row for the method; route == NULL when there is none */
    const struct route_node *node;    /* the place in the tree; NULL: unknown path */
    const struct socket_kind *socket; /* sockets are opened here; NULL: none */
    struct str params[ROUTE_PARAMS_MAX]; /* slices of the path */
};

MUST_USE struct route_tree *route_tree_new(void);
void route_tree_free(struct route_tree **tree);

/* Enter all routes and sockets of a service, which must outlive the tree. Two rows for the same
 * method and path are a bug of ours. */
void route_tree_add(struct route_tree *tree, const struct service *service);

/* Look up; HEAD finds GET's row. */
struct route_match route_find(const struct route_tree *tree, enum http_method method,
                              struct str path);

/* "GET, HEAD, POST, OPTIONS": what the node answers, into the arena. */
struct str route_allowed(const struct route_node *node, struct arena *arena);

#endif
