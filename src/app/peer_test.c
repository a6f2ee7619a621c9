/* peer_test.c - who is believed about where a request comes from. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "app/peer.h"
#include "net/exchange.h"

static void lists(void **state)
{
    static const char *const good[] = {
        "", "127.0.0.1", "127.0.0.1, 10.0.0.0/8 ,::1", "fd00::/8", "0.0.0.0/0", "192.168.1.1/32",
    };
    static const char *const bad[] = {
        "x",           ",",     "10.0.0.0/33",  "10.0.0.0/", "::1/129",      "10.0.0/8",
        "10.0.0.0/-1", "[::1]", "127.0.0.1:80", "loopback",  "10.0.0.0/8/8",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        if (!peer_list_is_valid(good[i]))
            fail_msg("refused: \"%s\"", good[i]);
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        if (peer_list_is_valid(bad[i]))
            fail_msg("taken: \"%s\"", bad[i]);
    }
}

/* Who asks, when `peer` brings these headers ("-": another one); NULL ends them. */
static const char *seen(const char *peer, const char *trusted, const char *const *forwarded)
{
    static char text[64];
    struct arena *arena = arena_new(1 << 16);
    struct http_header headers[4];
    struct exchange x = {.arena = arena, .peer = str_of(peer), .headers = headers};
    for (; forwarded[x.header_count]; x.header_count++) {
        const char *value = forwarded[x.header_count];
        headers[x.header_count] =
            (struct http_header){.name = *value == '-' ? STR("X-Other") : STR("x-forwarded-for"),
                                 .value = str_of(value)};
    }
    struct str found = peer_of(&x, trusted);
    snprintf(text, sizeof text, "%.*s", STR_ARG(found));
    arena_free(&arena);
    return text;
}

static void the_nearest_one_that_is_not_trusted(void **state)
{
    static const struct {
        const char *peer;         /* of the connection */
        const char *trusted;      /* the list */
        const char *forwarded[4]; /* headers */
        const char *seen;         /* who asks */
    } cases[] = {
        {"127.0.0.1", "", {"1.2.3.4"}, "127.0.0.1"}, /* nobody is trusted */
        {"9.9.9.9", "127.0.0.1", {"1.2.3.4"}, "9.9.9.9"},
        {"local", "0.0.0.0/0,::/0", {"1.2.3.4"}, "local"},
        {"127.0.0.1", "127.0.0.1", {NULL}, "127.0.0.1"},
        {"127.0.0.1", "127.0.0.1", {"-1.2.3.4"}, "127.0.0.1"},
        {"127.0.0.1", "127.0.0.1", {"1.2.3.4"}, "1.2.3.4"},
        /* What the client itself wrote stands left of what the proxy saw. */
        {"127.0.0.1", "127.0.0.1", {"6.6.6.6, 1.2.3.4"}, "1.2.3.4"},
        {"127.0.0.1", "127.0.0.1", {"6.6.6.6", "-", "1.2.3.4"}, "1.2.3.4"},
        {"127.0.0.1", "127.0.0.1", {"127.0.0.1, 1.2.3.4"}, "1.2.3.4"},
        /* Two proxies behind each other. */
        {"127.0.0.1", "127.0.0.0/8,10.0.0.0/8", {"6.6.6.6,1.2.3.4 , 10.1.2.3"}, "1.2.3.4"},
        {"127.0.0.1", "127.0.0.0/8,10.0.0.0/8", {"6.6.6.6,1.2.3.4", "10.1.2.3"}, "1.2.3.4"},
        {"127.0.0.1", "127.0.0.1,10.0.0.1", {"10.0.0.1"}, "10.0.0.1"}, /* all of them ours */
        {"127.0.0.1", "10.0.0.0/9", {"1.2.3.4"}, "127.0.0.1"},
        {"10.127.0.1", "10.0.0.0/9", {"1.2.3.4"}, "1.2.3.4"},
        {"10.128.0.1", "10.0.0.0/9", {"1.2.3.4"}, "10.128.0.1"},
        /* What is no address ends the walk. */
        {"127.0.0.1", "127.0.0.1", {"1.2.3.4, unknown"}, "127.0.0.1"},
        {"127.0.0.1", "127.0.0.1", {"1.2.3.4,"}, "127.0.0.1"},
        {"127.0.0.1", "127.0.0.1", {""}, "127.0.0.1"},
        {"127.0.0.1", "127.0.0.1", {"1.2.3.4:80"}, "127.0.0.1"},
        {"127.0.0.1",
         "127.0.0.1",
         {"1111111111111111111111111111111111111111111111111111111111111"},
         "127.0.0.1"},
        {"::1", "::1", {"2001:DB8:0::1"}, "2001:db8::1"},
        {"::1", "::1", {"::ffff:1.2.3.4"}, "1.2.3.4"},
        {"fd00::7", "fd00::/8", {"fe00::1"}, "fe00::1"},
        {"127.0.0.1", "::ffff:127.0.0.1", {"1.2.3.4"}, "1.2.3.4"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *found = seen(cases[i].peer, cases[i].trusted, cases[i].forwarded);
        if (strcmp(found, cases[i].seen) != 0)
            fail_msg("case %zu: %s, not %s", i, found, cases[i].seen);
    }
}

static void places(void **state)
{
    static const char *const cases[][2] = {
        {"1.2.3.4", "1.2.3.4"},
        {"local", "local"},
        {"2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"},
        {"2001:db8:1:2::9", "2001:db8:1:2::"},
        {"::1", "::"},
    };
    struct arena *arena = arena_new(1 << 16);
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct str place = peer_place(str_of(cases[i][0]), arena);
        assert_true(str_is(place, cases[i][1]));
    }
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists),
        cmocka_unit_test(the_nearest_one_that_is_not_trusted),
        cmocka_unit_test(places),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
