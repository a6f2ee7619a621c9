/* text_test.c - what may be said. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "chat/text.h"

static enum problem check(const char *text)
{
    return text_check(str_of(text));
}

static enum problem check_many(const char *character, int count)
{
    struct buf text = {0};
    for (int i = 0; i < count; i++)
        buf_add_cstr(&text, character);
    enum problem p = text_check(buf_str(&text));
    buf_fini(&text);
    return p;
}

static void characters_are_counted(void **state)
{
    static const char *const all[] = {"a", "ż", "가", "😀"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        assert_int_equal(check_many(all[i], TEXT_MAX), PROBLEM_NONE);
        assert_int_equal(check_many(all[i], TEXT_MAX + 1), PROBLEM_MESSAGE_TOO_LONG);
    }
}

static void nothing_is_no_message(void **state)
{
    static const char *const all[] = {"",          " ",      "\n\t ",  "\u00a0", "\u3000",
                                      "\u200b",    "\u200d", "\ufeff", "\u2800", "\u3164",
                                      "\u2003 \n", "\u2060", "\ufe0f", "\u00ad"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        assert_int_equal(check(all[i]), PROBLEM_MESSAGE_EMPTY);
    assert_int_equal(text_check((struct str){0}), PROBLEM_MESSAGE_EMPTY);
    assert_int_equal(check(" a "), PROBLEM_NONE);
}

static void what_is_no_text_is_refused(void **state)
{
    static const char *const all[] = {
        "a\a",     "a\r\n",   "a\x7f",    "a\xc2\x85",    "\x1b[2J",          "\u202e",
        "a\u202a", "a\u2066", "a\u2069",  "\u200eab",     "\u200fab",         "\u061cab",
        "\x01",    "a\xff",   "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        assert_int_equal(check(all[i]), PROBLEM_MESSAGE_CHARACTERS);
    assert_int_equal(text_check(STR("a\0b")), PROBLEM_MESSAGE_CHARACTERS);
}

static void what_people_write_is_taken(void **state)
{
    static const char *const all[] = {"<script>alert(1)</script>",
                                      "line\nline\ttab",
                                      "👩‍👩‍👧‍👦",
                                      "שלום",
                                      "مرحبا",
                                      "'; DROP TABLE x; --",
                                      "\\u0000",
                                      "❤️",
                                      "0",
                                      "%00"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        assert_int_equal(check(all[i]), PROBLEM_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(characters_are_counted),
        cmocka_unit_test(nothing_is_no_message),
        cmocka_unit_test(what_is_no_text_is_refused),
        cmocka_unit_test(what_people_write_is_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
