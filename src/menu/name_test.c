/* name_test.c - names: which are allowed, and when two are the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "menu/menu.h"

static void clean_names_keep_their_text(void **state)
{
    static const char *const rows[][2] = {
        {"Cola", "Cola"},
        {"  Teh Tarik\t", "Teh Tarik"},
        {"오늘의 음료", "오늘의 음료"},
        {"today's \"x\"", "today's \"x\""},
        {"Żurek ☕", "Żurek ☕"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct str name = str_of(rows[i][0]);
        assert_true(menu_name_clean(&name));
        assert_true(str_is(name, rows[i][1]));
    }
}

static void bad_names_are_refused(void **state)
{
    static const struct str rows[] = {
        {"", 0},         {"   ", 3},       {"a\nb", 3},         {"a\0b", 3},
        {"\x7f", 1},     {"a\x1b[31m", 6}, {"a\xc2\x85", 3},    {"a\xe2\x80\xa8z", 5},
        {"\xff\xfe", 2}, {"\xc0\xaf", 2},  {"\xed\xa0\x80", 3},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct str name = rows[i];
        assert_false(menu_name_clean(&name));
    }
}

static void length_counts_characters(void **state)
{
    char text[MENU_NAME_MAX * 3 + 4] = "";
    (void)state;
    for (int i = 0; i < MENU_NAME_MAX; i++)
        strcat(text, "음");
    struct str name = str_of(text);
    assert_true(menu_name_clean(&name));
    strcat(text, "x");
    name = str_of(text);
    assert_false(menu_name_clean(&name));
}

static void case_does_not_matter(void **state)
{
    static const char *const rows[][2] = {
        {"COLA", "cola"},           {"KOPI susu", "Kopi SUSU"}, {"ŻUREK", "żurek"},
        {"CAFÉ Łódź", "café łÓDŹ"}, {"ÀÖØÞ", "àöøþ"},           {"ŸĀĶĹŇŊŶŽ", "ÿāķĺňŋŷž"},
    };
    struct arena *arena = arena_new(65536);
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_true(str_eq(menu_name_fold(str_of(rows[i][0]), arena),
                           menu_name_fold(str_of(rows[i][1]), arena)));
    arena_free(&arena);
}

static void what_has_no_case_stays(void **state)
{
    static const char *const rows[] = {"아이스", "×÷ßſı", "ĸŉ", "1 + 1", "☕", "ħij"};
    struct arena *arena = arena_new(65536);
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_true(str_is(menu_name_fold(str_of(rows[i]), arena), rows[i]));
    assert_false(str_eq(menu_name_fold(STR("Cola"), arena), menu_name_fold(STR("Co la"), arena)));
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clean_names_keep_their_text), cmocka_unit_test(bad_names_are_refused),
        cmocka_unit_test(length_counts_characters),    cmocka_unit_test(case_does_not_matter),
        cmocka_unit_test(what_has_no_case_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
