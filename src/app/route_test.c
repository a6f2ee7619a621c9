/* route_test.c - paths lead to the right rows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/route.h"

static const struct route routes[] = {
    {.name = "root", .method = "GET", .pattern = "/"},
    {.name = "list", .method = "GET", .pattern = "/users"},
    {.name = "add", .method = "POST", .pattern = "/users"},
    {.name = "me", .method = "GET", .pattern = "/users/me"},
    {.name = "one", .method = "GET", .pattern = "/users/{id}"},
    {.name = "drop", .method = "DELETE", .pattern = "/users/{id}"},
    {.name = "order", .method = "GET", .pattern = "/orders/{user}/orders/{id}"},
    {.name = "login", .method = "POST", .pattern = "/auth/token/create/"},
};

static const struct socket_kind sockets[] = {{.name = "screen", .path = "/ws"},
                                             {.name = "room", .path = "/{uri:hex4}"},
                                             {.name = "desk", .path = "/ws/{uri}"}};

static const struct service service = {.name = "test",
                                       .routes = routes,
                                       .route_count = ARRAY_LEN(routes),
                                       .sockets = sockets,
                                       .socket_count = ARRAY_LEN(sockets)};

static struct route_tree *tree;

static int setup(void **state)
{
    (void)state;
    tree = route_tree_new();
    route_tree_add(tree, &service);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    route_tree_free(&tree);
    route_tree_free(&tree); /* NULL is accepted */
    return 0;
}

static const char *name_of(enum http_method method, const char *path)
{
    struct route_match m = route_find(tree, method, str_of(path));
    return m.routed.route ? m.routed.route->name : m.node ? "405" : "404";
}

static void test_finds_rows(void **state)
{
    static const struct {
        enum http_method method;
        const char *path;
        const char *want;
    } cases[] = {
        {HTTP_GET, "/", "root"},
        {HTTP_GET, "/users", "list"},
        {HTTP_GET, "/users/", "list"},
        {HTTP_HEAD, "/users", "list"},
        {HTTP_POST, "/users", "add"},
        {HTTP_GET, "/users/me", "me"},
        {HTTP_GET, "/users/you", "one"},
        {HTTP_DELETE, "/users/me", "drop"}, /* the literal knows no DELETE, the parameter does */
        {HTTP_GET, "/users/me/", "me"},
        {HTTP_GET, "/users/mee", "one"},
        {HTTP_POST, "/auth/token/create", "login"},
        {HTTP_POST, "/auth/token/create/", "login"},
        {HTTP_GET, "/auth/token/create", "405"},
        {HTTP_GET, "/auth/token", "404"},
        {HTTP_PATCH, "/users", "405"},
        {HTTP_OPTIONS, "/users", "405"},
        {HTTP_OTHER, "/users", "405"},
        {HTTP_GET, "/user", "404"},
        {HTTP_GET, "/users//", "404"}, /* only one slash is optional */
        {HTTP_GET, "//users", "404"},
        {HTTP_GET, "/users/a/b", "404"},
        {HTTP_GET, "/orders//orders/1", "404"},
        {HTTP_GET, "/orders/a/orders/1", "order"},
        {HTTP_GET, "", "root"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_string_equal(name_of(cases[i].method, cases[i].path), cases[i].want);
}

static void test_params_in_order(void **state)
{
    (void)state;
    struct route_match m = route_find(tree, HTTP_GET, STR("/orders/USER 1/orders/42/"));
    assert_true(str_is(m.params[0], "USER 1"));
    assert_true(str_is(m.params[1], "42"));
    assert_ptr_equal(m.routed.service, &service);
}

static void test_sockets(void **state)
{
    (void)state;
    struct route_match m = route_find(tree, HTTP_GET, STR("/ws"));
    assert_ptr_equal(m.socket, &sockets[0]);
    assert_null(m.routed.route);
    m = route_find(tree, HTTP_POST, STR("/ws"));
    assert_null(m.socket);
    assert_non_null(m.node);
    m = route_find(tree, HTTP_GET, STR("/ws/any"));
    assert_ptr_equal(m.socket, &sockets[2]);
    assert_true(str_is(m.params[0], "any"));
}

/* It stands where files and pages do, and takes nothing that is not of its form. */
static void test_a_parameter_of_hex_digits(void **state)
{
    static const char *const others[] = {"/00a",  "/00aff",  "/00AF", "/00ag",
                                         "/user", "/00af/b", "/ 0af", "/wsws"};
    (void)state;
    struct route_match m = route_find(tree, HTTP_GET, STR("/00af"));
    assert_ptr_equal(m.socket, &sockets[1]);
    assert_true(str_is(m.params[0], "00af"));
    assert_non_null(route_find(tree, HTTP_POST, STR("/00af")).node);
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        assert_null(route_find(tree, HTTP_GET, str_of(others[i])).node);
}

static void test_allowed_methods(void **state)
{
    (void)state;
    struct arena *arena = arena_new(10000);
    struct route_match m = route_find(tree, HTTP_PUT, STR("/users"));
    assert_true(str_is(route_allowed(m.node, arena), "GET, HEAD, POST, OPTIONS"));
    m = route_find(tree, HTTP_POST, STR("/ws"));
    assert_true(str_is(route_allowed(m.node, arena), "GET, HEAD, OPTIONS"));
    m = route_find(tree, HTTP_GET, STR("/auth/token/create"));
    assert_true(str_is(route_allowed(m.node, arena), "POST, OPTIONS"));
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_finds_rows),      cmocka_unit_test(test_params_in_order),
        cmocka_unit_test(test_sockets),         cmocka_unit_test(test_a_parameter_of_hex_digits),
        cmocka_unit_test(test_allowed_methods),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
