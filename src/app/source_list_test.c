/* source_list_test.c - which settings name other processes, and which are refused with what line.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/source.h"
#include "app/source_list.h"

static void test_lists(void **state)
{
    static const struct {
        const char *list;
        size_t count;
        const char *name, *url; /* of the last one */
    } cases[] = {
        {"", 0, NULL, NULL},
        {"orders=http://127.0.0.1:3333", 1, "orders", "http://127.0.0.1:3333"},
        {"orders=http://127.0.0.1:3333/", 1, "orders", "http://127.0.0.1:3333"},
        {" a-1 = https://x.example/pesan// ", 1, "a-1", "https://x.example/pesan"},
        {"a=http://a,b=http://[::1]:80", 2, "b", "http://[::1]:80"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct source_place places[SOURCES_MAX];
        size_t count;
        const char *why;
        struct arena *arena = arena_new(SIZE_MAX);
        assert_true(source_list_read(str_of(cases[i].list), arena, places, &count, &why));
        assert_int_equal(count, cases[i].count);
        if (count > 0) {
            assert_string_equal(places[count - 1].name, cases[i].name);
            assert_string_equal(places[count - 1].url, cases[i].url);
        }
        arena_free(&arena);
    }
}

#define KEY "a-key-of-two-sides"

static void test_bad_settings(void **state)
{
    static const struct {
        const char *list, *key, *why;
    } cases[] = {
        {"orders", KEY, "NAME=URL"},
        {",", KEY, "NAME=URL"},
        {"a=http://x,", NULL, "--source-key"},
        {"=http://x", KEY, "name of a source"},
        {"Orders=http://x", KEY, "name of a source"},
        {"a b=http://x", KEY, "name of a source"},
        {"a23456789012345678901234567890123=http://x", KEY, "name of a source"},
        {"a=", KEY, "URL of a source"},
        {"a=http://", KEY, "URL of a source"},
        {"a=http:///x", KEY, "URL of a source"},
        {"a=ftp://x", KEY, "URL of a source"},
        {"a=file:///etc/passwd", KEY, "URL of a source"},
        {"a=http://user:word@x", KEY, "URL of a source"},
        {"a=http://x?y", KEY, "URL of a source"},
        {"a=http://x#y", KEY, "URL of a source"},
        {"a=http://x y", KEY, "URL of a source"},
        {"a=http://x\r\ny", KEY, "URL of a source"},
        {"a=http://x,a=http://y", KEY, "same name"},
        {"a=http://x,b=http://y,c=http://y,d=http://y,e=http://y,f=http://y,g=http://y,h=http://y,"
         "i=http://x,j=http://y,k=http://y,l=http://y,m=http://y,n=http://y,o=http://y,p=http://y,"
         "q=http://z",
         KEY, "more than 16"},
        {"a=http://x", "", "--source-key"},
        {"a=http://x", "too short", "16 to 512"},
        {"a=http://x", "with a blank in it", "16 to 512"},
        {"a=http://x", "with-a-line-end\r\nX: y", "16 to 512"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *why = NULL;
        const struct app_config config = {.source = cases[i].list,
                                          .source_key = cases[i].key ? cases[i].key : ""};
        assert_false(sources_sound(&config, &why));
        assert_non_null(why);
        if (!strstr(why, cases[i].why))
            fail_msg("case %zu: %s", i, why);
        assert_null(strchr(why, '\n'));
    }
}

static void test_sound_settings(void **state)
{
    const char *why;
    const struct app_config none = {.source = "", .source_key = ""};
    const struct app_config one = {.source = "a=http://x", .source_key = "a-key-of-two-sides"};
    (void)state;
    assert_true(sources_sound(&none, &why));
    assert_true(sources_sound(&one, &why));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_bad_settings),
        cmocka_unit_test(test_sound_settings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
