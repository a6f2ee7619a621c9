/* problem_test.c - the table of problems is whole, and languages are chosen as RFC 9110 says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/problem.h"
#include "net/refusal.h"

static void test_every_problem_is_worded(void **state)
{
    (void)state;
    for (size_t p = PROBLEM_NONE + 1; p < PROBLEM_COUNT; p++) {
        const struct problem_row *row = problem_row((enum problem)p);
        assert_in_range(row->status, 400, 599);
        assert_true(strlen(row->slug) > 0 && strlen(row->title) > 0);
        for (size_t l = 0; l < LANG_COUNT; l++) {
            assert_true(strlen(row->message[l]) > 0);
            assert_true(str_utf8_valid(str_of(row->message[l])));
        }
        for (size_t q = p + 1; q < PROBLEM_COUNT; q++)
            assert_string_not_equal(row->slug, problem_row((enum problem)q)->slug);
    }
}

static enum problem problem_of(const char *slug)
{
    for (size_t p = PROBLEM_NONE + 1; p < PROBLEM_COUNT; p++) {
        if (strcmp(problem_row((enum problem)p)->slug, slug) == 0)
            return (enum problem)p;
    }
    return PROBLEM_NONE;
}

/* net stands below this room and cannot see the table; what it says by itself must be in it. */
static void test_what_net_refuses_is_in_the_table(void **state)
{
    (void)state;
    for (size_t r = REFUSAL_NONE + 1; r < REFUSAL_COUNT; r++) {
        const struct refusal_row *refusal = refusal_row((enum refusal)r);
        const struct refusal_type *type = refusal_type(refusal);
        enum problem p = problem_of(type->slug);
        assert_int_not_equal(p, PROBLEM_NONE);
        assert_int_equal(problem_row(p)->status, refusal->status);
        assert_string_equal(problem_row(p)->message[LANG_EN], type->message);
    }
}

static void test_parse_takes_tags_with_regions(void **state)
{
    enum language l = LANG_EN;
    (void)state;
    assert_true(language_parse(STR("ko-KR"), &l));
    assert_int_equal(l, LANG_KO);
    assert_true(language_parse(STR("PL"), &l));
    assert_int_equal(l, LANG_PL);
    assert_false(language_parse(STR("fr"), &l));
    assert_false(language_parse(STR("kor"), &l));
    assert_false(language_parse(STR(""), &l));
    for (size_t i = 0; i < LANG_COUNT; i++) {
        assert_true(language_parse(str_of(language_tag((enum language)i)), &l));
        assert_int_equal(l, i);
    }
}

static void test_accept_chooses_by_weight(void **state)
{
    static const struct {
        const char *header;
        enum language want;
    } cases[] = {
        {"ko", LANG_KO},
        {"fr, de;q=0.9", LANG_EN},
        {"fr, id;q=0.3, pl;q=0.7", LANG_PL},
        {"pl;q=0.3,id;q=0.7", LANG_ID},
        {"en;q=0.2, ko-KR;q=0.200", LANG_EN}, /* of equals the first */
        {"ko ; q=0.5 , pl;q=0.4", LANG_KO},
        {"ko;q=0, id;q=0.1", LANG_ID}, /* 0: not acceptable */
        {"ko;q=2, id;q=0.1", LANG_ID},
        {"ko;q=0.1234, id;q=0.1", LANG_ID},
        {"ko;q=, id;q=0.1", LANG_ID},
        {"ko;q=1.5, id;q=0.1", LANG_ID},
        {"ko;q=0x5, id;q=0.1", LANG_ID},
        {"ko;level=1, id;q=0.1", LANG_ID},
        {"*", LANG_EN},
        {",,;,", LANG_EN},
        {"", LANG_EN},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_int_equal(language_accept(str_of(cases[i].header), LANG_EN), cases[i].want);
    assert_int_equal(language_accept((struct str){0}, LANG_KO), LANG_KO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_problem_is_worded),
        cmocka_unit_test(test_what_net_refuses_is_in_the_table),
        cmocka_unit_test(test_parse_takes_tags_with_regions),
        cmocka_unit_test(test_accept_chooses_by_weight),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
