/* options_test.c - what a shop may offer to choose, and what a customer gets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "menu/options.h"

#define DRINK                                                                                      \
    "[{\"id\":\"size\",\"name\":\"Size\",\"min\":1,\"max\":1,\"choices\":["                        \
    "{\"id\":\"regular\",\"name\":\"Regular\",\"price\":0},"                                       \
    "{\"id\":\"large\",\"name\":\"Large\",\"price\":500000}]},"                                    \
    "{\"id\":\"extra\",\"name\":\"Extra \\\"x\\\"\",\"min\":0,\"max\":2,\"choices\":["             \
    "{\"id\":\"shot\",\"name\":\"Shot\",\"price\":300000},"                                        \
    "{\"id\":\"cream\",\"name\":\"Cream\",\"price\":200000,\"available\":false},"                  \
    "{\"id\":\"syrup\",\"name\":\"Syrup\",\"price\":100000},"                                      \
    "{\"id\":\"foam\",\"name\":\"Foam\",\"price\":100000}]}]"

static struct arena *arena;

static int setup(void **state)
{
    (void)state;
    arena = arena_new(4 << 20);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

static struct str text;
static const char *pointer;

static const char *check(const char *document)
{
    const char *why = "";
    json_t *value = json_read(str_of(document), &why);
    if (!value)
        fail_msg("%s: %s", document, why);
    const char *reason = options_check(value, arena, &text, &pointer);
    json_decref(value);
    return reason;
}

static void a_good_document_becomes_canonical(void **state)
{
    (void)state;
    assert_null(check(DRINK));
    assert_true(str_is(text, DRINK));
    assert_null(check("[]"));
    assert_int_equal(text.len, 0);
    assert_null(check("[ {\"name\":\" Ice \",\"id\":\"ice\",\"more\":1,\"choices\":"
                      "[{\"name\":\"Less\",\"id\":\"less\",\"available\":true}]} ]"));
    assert_true(str_is(text, "[{\"id\":\"ice\",\"name\":\"Ice\",\"min\":0,\"max\":1,\"choices\":"
                             "[{\"id\":\"less\",\"name\":\"Less\",\"price\":0}]}]"));
}

#define CHOICES "\"choices\":[{\"id\":\"a\",\"name\":\"A\"},{\"id\":\"b\",\"name\":\"B\"}]"

static void a_bad_document_is_refused_with_its_place(void **state)
{
    static const char *const rows[][2] = {
        {"{}", ""},
        {"\"size\"", ""},
        {"[1]", "/0"},
        {"[{\"id\":1,\"name\":\"S\"," CHOICES "}]", "/0/id"},
        {"[{\"id\":\"Size\",\"name\":\"S\"," CHOICES "}]", "/0/id"},
        {"[{\"id\":\"\",\"name\":\"S\"," CHOICES "}]", "/0/id"},
        {"[{\"id\":\"a-------10--------20--------30---\",\"name\":\"S\"," CHOICES "}]", "/0/id"},
        {"[{\"id\":\"s\"," CHOICES "}]", "/0/name"},
        {"[{\"id\":\"s\",\"name\":\"a\\u0007b\"," CHOICES "}]", "/0/name"},
        {"[{\"id\":\"s\",\"name\":\"S\"}]", "/0/choices"},
        {"[{\"id\":\"s\",\"name\":\"S\",\"choices\":[]}]", "/0/choices"},
        {"[{\"id\":\"s\",\"name\":\"S\",\"choices\":{}}]", "/0/choices"},
        {"[{\"id\":\"s\",\"name\":\"S\",\"min\":2," CHOICES "}]", "/0/min"},
        {"[{\"id\":\"s\",\"name\":\"S\",\"min\":-1," CHOICES "}]", "/0/min"},
        {"[{\"id\":\"s\",\"name\":\"S\",\"min\":\"1\"," CHOICES "}]", "/0/min"},
        {"[{\"id\":\"s\",\"name\":\"S\",\"max\":3," CHOICES "}]", "/0/max"},
        {"[{\"id\":\"s\",\"name\":\"S\",\"max\":0," CHOICES "}]", "/0/max"},
        {"[{\"id\":\"s\",\"name\":\"S\",\"max\":1.0," CHOICES "}]", "/0/max"},
        {"[{\"id\":\"s\",\"name\":\"S\"," CHOICES "},{\"id\":\"s\",\"name\":\"S\",\"choices\":"
         "[{\"id\":\"c\",\"name\":\"C\"}]}]",
         "/1/id"},
        {"[{\"id\":\"s\",\"name\":\"S\"," CHOICES "},{\"id\":\"t\",\"name\":\"S\",\"choices\":"
         "[{\"id\":\"c\",\"name\":\"C\"},{\"id\":\"b\",\"name\":\"B\"}]}]",
         "/1/choices/1/id"},
        {"[{\"id\":\"s\",\"name\":\"S\",\"choices\":[null]}]", "/0/choices/0"},
        {"[{\"id\":\"s\",\"name\":\"S\",\"choices\":[{\"id\":\"a\",\"name\":\"\"}]}]",
         "/0/choices/0/name"},
        {"[{\"id\":\"s\",\"name\":\"S\",\"choices\":[{\"id\":\"a\",\"name\":\"A\",\"price\":-1}]}]",
         "/0/choices/0/price"},
        {"[{\"id\":\"s\",\"name\":\"S\",\"choices\":[{\"id\":\"a\",\"name\":\"A\","
         "\"price\":1000000000000001}]}]",
         "/0/choices/0/price"},
        {"[{\"id\":\"s\",\"name\":\"S\",\"choices\":[{\"id\":\"a\",\"name\":\"A\","
         "\"price\":\"5\"}]}]",
         "/0/choices/0/price"},
        {"[{\"id\":\"s\",\"name\":\"S\",\"choices\":[{\"id\":\"a\",\"name\":\"A\","
         "\"available\":1}]}]",
         "/0/choices/0/available"},
        {"[0,1,2,3,4,5,6,7,8]", ""},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *why = check(rows[i][0]);
        if (!why)
            fail_msg("taken: %s", rows[i][0]);
        if (strcmp(pointer, rows[i][1]) != 0)
            fail_msg("%s: %s at %s, not %s", rows[i][0], why, pointer, rows[i][1]);
    }
}

/* `groups` groups of `choices` choices each, with names of `name_len` letters. */
static const char *many(int groups, int choices, int name_len, int min)
{
    struct buf b = buf_in(arena);
    for (int g = 0; g < groups; g++) {
        buf_addf(&b, "%s{\"id\":\"g%d\",\"name\":\"G\",\"min\":%d,\"max\":%d,\"choices\":",
                 g ? "," : "[", g, min, choices > 1 ? 2 : 1);
        for (int c = 0; c < choices; c++)
            buf_addf(&b, "%s{\"id\":\"g%d-%d\",\"name\":\"%0*d\"}", c ? "," : "[", g, c, name_len,
                     0);
        buf_add_cstr(&b, "]}");
    }
    buf_add_char(&b, ']');
    return buf_cstr(&b);
}

static void sizes_are_capped(void **state)
{
    (void)state;
    assert_null(check(many(8, 20, 5, 0)));
    assert_non_null(check(many(9, 1, 5, 0)));
    assert_string_equal(pointer, "");
    assert_non_null(check(many(1, 21, 5, 0)));
    assert_string_equal(pointer, "/0/choices");
    assert_non_null(check(many(1, 10000, 5, 0)));
    assert_string_equal(pointer, "/0/choices");
    assert_non_null(check(many(8, 20, 100, 0)));
    assert_string_equal(pointer, "");
    assert_null(check(many(8, 2, 5, 2)));
    assert_non_null(options_check(json_null(), arena, &text, &pointer));
}

static void prices_of_v1_are_of_one_currency(void **state)
{
    static const char head[] = "[{\"id\":\"s\",\"name\":\"S\",\"min\":1,\"max\":1,\"choices\":["
                               "{\"id\":\"a\",\"name\":\"A\",\"price\":{\"amount\":0,"
                               "\"currency\":\"IDR\"}},{\"id\":\"b\",\"name\":\"B\",\"price\":";
    static const char *const rows[][2] = {
        {"{\"amount\":5,\"currency\":\"IDR\"}", ""},
        {"{\"amount\":5,\"currency\":\"KRW\"}", "/0/choices/1/price/currency"},
        {"{\"amount\":5,\"currency\":\"ZZZ\"}", "/0/choices/1/price/currency"},
        {"{\"amount\":\"5\",\"currency\":\"IDR\"}", "/0/choices/1/price/amount"},
        {"{\"amount\":-5,\"currency\":\"IDR\"}", "/0/choices/1/price/amount"},
        {"5", "/0/choices/1/price"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *why;
        enum currency seen;
        json_t *value = json_read(str_of(arena_printf(arena, "%s%s}]}]", head, rows[i][0])), &why);
        why = options_check_v1(value, arena, &text, &seen, &pointer);
        json_decref(value);
        assert_int_equal(seen, CURRENCY_IDR);
        assert_true((why == NULL) == (i == 0));
        if (why)
            assert_string_equal(pointer, rows[i][1]);
    }
}

static void v1_shows_what_was_checked(void **state)
{
    struct buf out = buf_in(arena);
    struct jout j = jout_to(&out);
    (void)state;
    options_write_v1(&j,
                     STR("[{\"id\":\"s\",\"name\":\"S\",\"min\":1,\"max\":1,\"choices\":["
                         "{\"id\":\"a\",\"name\":\"A\",\"price\":5,\"available\":false}]}]"),
                     CURRENCY_KRW);
    assert_string_equal(buf_cstr(&out),
                        "[{\"id\":\"s\",\"name\":\"S\",\"min\":1,\"max\":1,\"choices\":[{\"id\":"
                        "\"a\",\"name\":\"A\",\"price\":{\"amount\":5,\"currency\":\"KRW\"},"
                        "\"available\":false}]}]");
    buf_clear(&out);
    j = jout_to(&out);
    options_write_v1(&j, STR(""), CURRENCY_KRW);
    assert_string_equal(buf_cstr(&out), "[]");
}

static struct chosen chosen[OPTION_CHOSEN_MAX];
static size_t chosen_count;
static const char *reason;

/* `wishes` are ids with blanks between them. */
static enum problem choose(const char *document, const char *wishes)
{
    struct str ids[64];
    size_t count = 0;
    struct str rest = str_of(wishes);
    while (rest.len > 0)
        ids[count++] = str_cut(&rest, ' ');
    return options_choose(str_of(document), ids, count, arena, chosen, &chosen_count, &reason);
}

static void choices_come_in_the_order_of_the_document(void **state)
{
    (void)state;
    assert_int_equal(choose(DRINK, "syrup large shot"), PROBLEM_NONE);
    assert_int_equal(chosen_count, 3);
    assert_true(str_is(chosen[0].id, "large") && chosen[0].price == 500000);
    assert_true(str_is(chosen[1].id, "shot") && str_is(chosen[1].name, "Shot"));
    assert_true(str_is(chosen[2].id, "syrup") && chosen[2].price == 100000);
}

static void what_must_be_chosen_is_the_first_that_is_there(void **state)
{
    (void)state;
    assert_int_equal(choose(DRINK, ""), PROBLEM_NONE);
    assert_int_equal(chosen_count, 1);
    assert_true(str_is(chosen[0].id, "regular"));
    assert_int_equal(choose("[{\"id\":\"s\",\"name\":\"S\",\"min\":1,\"max\":1,\"choices\":["
                            "{\"id\":\"a\",\"name\":\"A\",\"price\":0,\"available\":false},"
                            "{\"id\":\"b\",\"name\":\"B\",\"price\":1}]}]",
                            ""),
                     PROBLEM_NONE);
    assert_true(str_is(chosen[0].id, "b"));
    assert_int_equal(choose("[{\"id\":\"s\",\"name\":\"S\",\"min\":1,\"max\":1,\"choices\":["
                            "{\"id\":\"a\",\"name\":\"A\",\"price\":0,\"available\":false}]}]",
                            ""),
                     PROBLEM_SOLD_OUT);
    assert_int_equal(choose("", ""), PROBLEM_NONE);
    assert_int_equal(chosen_count, 0);
}

static void wrong_wishes_are_refused(void **state)
{
    (void)state;
    assert_int_equal(choose(DRINK, "small"), PROBLEM_BAD_OPTIONS);
    assert_string_equal(reason, "no such choice: small");
    assert_int_equal(choose(DRINK, "large large"), PROBLEM_BAD_OPTIONS);
    assert_string_equal(reason, "said twice: large");
    assert_int_equal(choose(DRINK, "large regular"), PROBLEM_BAD_OPTIONS);
    assert_string_equal(reason, "too many of: size");
    assert_int_equal(choose(DRINK, "shot syrup foam"), PROBLEM_BAD_OPTIONS);
    assert_int_equal(choose(DRINK, "cream"), PROBLEM_SOLD_OUT);
    assert_string_equal(reason, "sold out: cream");
    assert_int_equal(choose("", "large"), PROBLEM_BAD_OPTIONS);
    assert_int_equal(choose(DRINK, "a b c d e f g h i j k l m n o p q"), PROBLEM_BAD_OPTIONS);
    assert_int_equal(chosen_count, 0);
}

static void of_two_that_must_be_chosen_one_is_too_few(void **state)
{
    static const char two[] = "[{\"id\":\"s\",\"name\":\"S\",\"min\":2,\"max\":3,\"choices\":["
                              "{\"id\":\"a\",\"name\":\"A\",\"price\":1},"
                              "{\"id\":\"b\",\"name\":\"B\",\"price\":2},"
                              "{\"id\":\"c\",\"name\":\"C\",\"price\":3}]}]";
    (void)state;
    assert_int_equal(choose(two, "c"), PROBLEM_BAD_OPTIONS);
    assert_int_equal(choose(two, ""), PROBLEM_NONE);
    assert_int_equal(chosen_count, 2);
    assert_true(str_is(chosen[0].id, "a") && str_is(chosen[1].id, "b"));
}

static void names_with_quotes_are_plain_text(void **state)
{
    (void)state;
    assert_int_equal(choose("[{\"id\":\"s\",\"name\":\"S\",\"min\":1,\"max\":1,\"choices\":["
                            "{\"id\":\"a\",\"name\":\"6\\\" \\\\ cup\",\"price\":0}]}]",
                            "a"),
                     PROBLEM_NONE);
    assert_true(str_is(chosen[0].name, "6\" \\ cup"));
}

static void nonsense_is_no_crash(void **state)
{
    static const char *const rows[] = {"[",
                                       "{}",
                                       "[1,2]",
                                       "[{\"choices\":5}]",
                                       "[{\"min\":3}]",
                                       "[{\"min\":1,\"max\":1,\"choices\":[{}]}]"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_true(choose(rows[i], "a") != PROBLEM_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_document_becomes_canonical),
        cmocka_unit_test(a_bad_document_is_refused_with_its_place),
        cmocka_unit_test(sizes_are_capped),
        cmocka_unit_test(prices_of_v1_are_of_one_currency),
        cmocka_unit_test(v1_shows_what_was_checked),
        cmocka_unit_test(choices_come_in_the_order_of_the_document),
        cmocka_unit_test(what_must_be_chosen_is_the_first_that_is_there),
        cmocka_unit_test(wrong_wishes_are_refused),
        cmocka_unit_test(of_two_that_must_be_chosen_one_is_too_few),
        cmocka_unit_test(names_with_quotes_are_plain_text),
        cmocka_unit_test(nonsense_is_no_crash),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
