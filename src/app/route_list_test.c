/* route_list_test.c - how routes and sockets are listed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/app.h"

static const struct route routes[] = {
    {.name = "tea.pour", .method = "POST", .pattern = "/tea/{cup}", .who = WHO_STAFF},
    {.name = "tea.smell", .method = "GET", .pattern = "/tea", .who = WHO_ANYONE},
    {.name = "tea.order", .method = "PUT", .pattern = "/tea", .who = ROLE_BIT(ROLE_CUSTOMER)},
};

static const struct socket_kind sockets[] = {{.name = "pot", .path = "/pot"},
                                             {.name = "lid", .path = "/pot/{id:hex4}/lid"}};

static const struct service tea = {.name = "tea",
                                   .routes = routes,
                                   .route_count = ARRAY_LEN(routes),
                                   .sockets = sockets,
                                   .socket_count = ARRAY_LEN(sockets)};

static const struct service *const services[] = {&tea};

static void test_each_route_and_socket_is_a_line(void **state)
{
    struct buf out = {0};
    (void)state;
    app_list_routes(services, ARRAY_LEN(services), &out);
    const char *mine = strstr(buf_cstr(&out), "POST /tea");
    assert_non_null(mine);
    assert_string_equal(mine, "POST /tea/{cup} tea.pour admin,owner,manager,barista\n"
                              "GET /tea tea.smell anyone\n"
                              "PUT /tea tea.order customer\n"
                              "SOCKET /pot pot\n"
                              "SOCKET /pot/{id}/lid lid\n");
    buf_fini(&out);
}

static void test_the_house_has_routes_of_its_own(void **state)
{
    struct buf out = {0};
    (void)state;
    app_list_routes(NULL, 0, &out);
    assert_non_null(strstr(buf_cstr(&out), "GET /health-check house.health-check anyone\n"));
    buf_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_route_and_socket_is_a_line),
        cmocka_unit_test(test_the_house_has_routes_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
