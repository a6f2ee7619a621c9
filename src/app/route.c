/* route.c - which row of the services' tables answers a path. */
#include "app/route.h"

#include "base/buf.h"

struct route_node {
    struct str name;                  /* the literal segment; at == NULL for a parameter */
    struct route_node *literals;      /* first child with a literal name */
    struct route_node *next;          /* next sibling among the literals */
    struct route_node *parameter;     /* the child for any other segment */
    size_t hex;                       /* of a parameter: it has so many digits; 0: it is any */
    struct routed rows[HTTP_OTHER];   /* by method */
    const struct socket_kind *socket; /* opened here */
    bool known;                       /* a row or a socket ends here */
};

struct route_tree {
    struct route_node root; /* the path "/" */
};

static const char *const method_names[HTTP_OTHER] = {
    [HTTP_GET] = "GET",         [HTTP_HEAD] = "HEAD",   [HTTP_POST] = "POST",
    [HTTP_PUT] = "PUT",         [HTTP_PATCH] = "PATCH", [HTTP_DELETE] = "DELETE",
    [HTTP_OPTIONS] = "OPTIONS",
};

struct route_tree *route_tree_new(void)
{
    return mem_alloc(sizeof(struct route_tree));
}

static void free_children(struct route_node *node)
{
    while (node->literals) {
        struct route_node *child = node->literals;
        node->literals = child->next;
        free_children(child);
        mem_free(child);
    }
    if (node->parameter) {
        free_children(node->parameter);
        mem_free(node->parameter);
    }
}

void route_tree_free(struct route_tree **tree)
{
    if (!*tree)
        return;
    free_children(&(*tree)->root);
    mem_free(*tree);
    *tree = NULL;
}

/* The next segment of `rest`, which moves behind it; at == NULL at the end. */
static struct str next_segment(struct str *rest)
{
    if (rest->len > 0 && rest->at[0] == '/') {
        rest->at++;
        rest->len--;
    }
    if (rest->len == 0)
        return (struct str){0};
    const char *end = memchr(rest->at, '/', rest->len);
    size_t len = end ? (size_t)(end - rest->at) : rest->len;
    struct str segment = {rest->at, len};
    rest->at += len;
    rest->len -= len;
    return segment;
}

static struct route_node *literal(const struct route_node *node, struct str name)
{
    for (struct route_node *child = node->literals; child; child = child->next) {
        if (str_eq(child->name, name))
            return child;
    }
    return NULL;
}

/* What is behind "{name:hex" in a pattern's segment; 0: nothing. */
static size_t hex_of(struct str segment)
{
    struct str rest = segment;
    uint64_t digits = 0;
    (void)str_cut(&rest, ':');
    if (!rest.at)
        return 0;
    CHECK(str_starts(rest, STR("hex")) && rest.at[rest.len - 1] == '}');
    CHECK(str_to_u64((struct str){rest.at + 3, rest.len - 4}, 64, &digits) && digits > 0);
    return (size_t)digits;
}

static struct route_node *enter_parameter(struct route_node *node, struct str name)
{
    if (!node->parameter) {
        node->parameter = mem_alloc(sizeof *node->parameter);
        node->parameter->hex = hex_of(name);
    }
    CHECK(node->parameter->hex == hex_of(name));
    return node->parameter;
}

static struct route_node *enter_segment(struct route_node *node, struct str name)
{
    if (name.len > 0 && name.at[0] == '{')
        return enter_parameter(node, name);
    struct route_node *child = literal(node, name);
    if (child)
        return child;
    child = mem_alloc(sizeof *child);
    child->name = name;
    child->next = node->literals;
    node->literals = child;
    return child;
}

static struct route_node *enter(struct route_tree *tree, const char *pattern)
{
    struct route_node *node = &tree->root;
    struct str rest = str_of(pattern);
    CHECK(rest.len > 0 && rest.at[0] == '/');
    for (struct str name = next_segment(&rest); name.at; name = next_segment(&rest))
        node = enter_segment(node, name);
    node->known = true;
    return node;
}

static enum http_method method_of(const char *name)
{
    size_t m = 0;
    while (m < HTTP_OTHER && strcmp(method_names[m], name) != 0)
        m++;
    CHECK(m < HTTP_OTHER && m != HTTP_HEAD && m != HTTP_OPTIONS);
    return (enum http_method)m;
}

static void enter_socket(struct route_tree *tree, const char *path, const struct socket_kind *kind)
{
    struct route_node *node = enter(tree, path);
    CHECK(node->socket == NULL);
    node->socket = kind;
}

void route_tree_add(struct route_tree *tree, const struct service *service)
{
    for (size_t i = 0; i < service->route_count; i++) {
        const struct route *route = &service->routes[i];
        struct routed *row = &enter(tree, route->pattern)->rows[method_of(route->method)];
        CHECK(row->route == NULL);
        *row = (struct routed){route, service};
    }
    for (size_t i = 0; i < service->socket_count; i++) {
        const struct socket_kind *kind = &service->sockets[i];
        CHECK(kind->word || (!kind->nsp && !kind->stream));
        enter_socket(tree, kind->path, kind);
        if (kind->stream && strcmp(kind->stream, kind->path) != 0)
            enter_socket(tree, kind->stream, kind);
    }
}

/* Does what was asked for stand here? If not, the place is remembered for 405. */
static bool settle(const struct route_node *node, enum http_method method, struct route_match *m)
{
    if (!node->known)
        return false;
    if (method < HTTP_OTHER && node->rows[method].route)
        m->routed = node->rows[method];
    bool socket = method == HTTP_GET && node->socket;
    if (!m->routed.route && !socket) {
        if (!m->node)
            m->node = node;
        return false;
    }
    m->node = node;
    m->socket = socket ? node->socket : NULL;
    return true;
}

static bool fits(const struct route_node *parameter, struct str name)
{
    for (size_t i = 0; parameter->hex > 0 && i < name.len; i++) {
        if (!memchr("0123456789abcdef", name.at[i], 16))
            return false;
    }
    return parameter->hex == 0 ? name.len > 0 : name.len == parameter->hex;
}

/* Walk down from `node`; the depth of recursion is that of the patterns. */
static bool walk(const struct route_node *node, struct str rest, enum http_method method,
                 size_t params, struct route_match *m)
{
    struct str name = next_segment(&rest);
    if (!name.at)
        return settle(node, method, m);
    const struct route_node *child = literal(node, name);
    if (child && walk(child, rest, method, params, m))
        return true;
    if (!node->parameter || !fits(node->parameter, name) || params == ROUTE_PARAMS_MAX)
        return false;
    m->params[params] = name;
    return walk(node->parameter, rest, method, params + 1, m);
}

struct route_match route_find(const struct route_tree *tree, enum http_method method,
                              struct str path)
{
    struct route_match m = {0};
    (void)walk(&tree->root, path, method == HTTP_HEAD ? HTTP_GET : method, 0, &m);
    return m;
}

struct str route_allowed(const struct route_node *node, struct arena *arena)
{
    struct buf out = buf_in(arena);
    for (size_t m = 0; m < HTTP_OTHER; m++) {
        if (!node->rows[m].route && !(m == HTTP_GET && node->socket))
            continue;
        buf_add_cstr(&out, method_names[m]);
        buf_add_cstr(&out, m == HTTP_GET ? ", HEAD, " : ", ");
    }
    buf_add_cstr(&out, method_names[HTTP_OPTIONS]);
    return buf_str(&out);
}
