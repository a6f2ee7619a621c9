/* json_test.c - what is read and refused, and the exact text that is written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"

static void assert_refused(struct str text, const char *expected)
{
    const char *why = NULL;
    json_t *value = json_read(text, &why);
    if (value)
        fail_msg("taken: %.*s", STR_ARG(text));
    assert_string_equal(why, expected);
}

static void says_why_it_refuses(void **state)
{
    (void)state;
    assert_refused((struct str){NULL, 0}, "empty");
    assert_refused(STR("{"), "ends too early");
    assert_refused(STR("{]"), "not JSON");
    assert_refused(STR("[1,]"), "not JSON");
    assert_refused(STR("{'a':1}"), "not JSON");
    assert_refused(STR("[01]"), "not JSON");
    assert_refused(STR("[NaN]"), "not JSON");
    assert_refused(STR("1 2"), "goes on behind its end");
    assert_refused(STR("{} x"), "goes on behind its end");
    assert_refused(STR("{\"a\":1,\"a\":2}"), "a key stands twice");
    assert_refused(STR("\"a\\u0000b\""), "NUL in a string");
    assert_refused(STR("{\"a\\u0000b\":1}"), "NUL in a string");
    assert_refused(STR("[1]\0"), "NUL byte");
    assert_refused(STR("\"\xff\""), "not UTF-8");
    assert_refused(STR("\"\xed\xa0\x80\""), "not UTF-8");
    assert_refused(STR("\"\\ud800\""), "not JSON");
    assert_refused(STR("9223372036854775808"), "number out of range");
    assert_refused(STR("-9223372036854775809"), "number out of range");
    assert_refused(STR("1e999"), "number out of range");
}

/* `depth` arrays in one another. */
static void nest(struct buf *b, int depth)
{
    buf_clear(b);
    for (int i = 0; i < depth; i++)
        buf_add_char(b, '[');
    for (int i = 0; i < depth; i++)
        buf_add_char(b, ']');
}

static void caps_depth(void **state)
{
    (void)state;
    struct buf b = {0};
    const char *why;
    nest(&b, JSON_DEPTH_MAX);
    json_t *value = json_read(buf_str(&b), &why);
    assert_non_null(value);
    json_decref(value);
    nest(&b, JSON_DEPTH_MAX + 1);
    assert_refused(buf_str(&b), "nested too deep");

    /* Brackets in strings do not count, behind an escaped quote either. */
    buf_clear(&b);
    buf_add_cstr(&b, "\"\\\"");
    for (int i = 0; i < 100; i++)
        buf_add_char(&b, '{');
    buf_add_char(&b, '"');
    value = json_read(buf_str(&b), &why);
    assert_non_null(value);
    json_decref(value);
    buf_fini(&b);
}

static void finds_members(void **state)
{
    (void)state;
    const char *why;
    int64_t n = -1;
    json_t *o = json_read(STR("{\"s\":\"kopi\",\"n\":7,\"d\":\"12\",\"r\":1.0,\"e\":\"\"}"), &why);
    assert_non_null(o);
    assert_true(str_is(json_text(o, "s"), "kopi"));
    assert_non_null(json_text(o, "e").at);
    assert_null(json_text(o, "n").at);
    assert_null(json_text(o, "none").at);
    assert_null(json_text(NULL, "s").at);
    assert_true(json_int(o, "n", &n));
    assert_int_equal(n, 7);
    assert_false(json_int(o, "d", &n));
    assert_false(json_int(o, "r", &n));
    assert_false(json_int(o, "none", &n));
    assert_true(json_int_lenient(json_object_get(o, "d"), &n));
    assert_int_equal(n, 12);
    assert_true(json_int_lenient(json_object_get(o, "n"), &n));
    assert_int_equal(n, 7);
    assert_false(json_int_lenient(json_object_get(o, "s"), &n));
    assert_false(json_int_lenient(json_object_get(o, "e"), &n));
    assert_false(json_int_lenient(json_object_get(o, "none"), &n));
    json_decref(o);
}

static void writes_what_it_read(void **state)
{
    (void)state;
    const char *same[] = {
        "null",
        "true",
        "[]",
        "{}",
        "-9223372036854775808",
        "9223372036854775807",
        "{\"b\":1,\"a\":[false,null,{\"c\":\"\"}]}",
        "[0.1,12.5,1.0,-0.0,1e+300,0.30000000000000004,7000.0]",
        "{\"\\\"\\n\":\"\\\\ / \\u0001\"}",
        "\"\xec\xbb\xa4\xed\x94\xbc \xf0\x9f\x8d\xb5 \\u2028\\u2029 \xe2\x82\xac\"",
    };
    for (size_t i = 0; i < ARRAY_LEN(same); i++) {
        const char *why;
        struct buf b = {0};
        json_t *value = json_read(str_of(same[i]), &why);
        assert_non_null(value);
        json_write(&b, value);
        assert_string_equal(buf_cstr(&b), same[i]);
        json_decref(value);
        buf_fini(&b);
    }
}

static void walks_without_a_tree(void **state)
{
    static const char text[] =
        " { \"a\" : 12, \"b\":\"x\\\"},{\", \"c\":[1,{\"d\":[2,\"]\"]}] ,\"e\":{},\"f\":null}";
    static const char *const keys[] = {"a", "b", "c", "e", "f"};
    static const char *const values[] = {"12", "\"x\\\"},{\"", "[1,{\"d\":[2,\"]\"]}]", "{}",
                                         "null"};
    struct arena *arena = arena_new(4096);
    struct json_walk w = json_walk(str_of(text));
    struct str key;
    struct str value;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        assert_true(json_walk_next(&w, &key, &value));
        assert_true(str_is(key, keys[i]));
        assert_true(str_is(value, values[i]));
        assert_true(i != 1 || str_is(json_plain(arena, value), "x\"},{"));
        assert_true(i == 1 || json_plain(arena, value).at == NULL);
    }
    assert_false(json_walk_next(&w, &key, &value));
    w = json_walk(STR("[{\"a\":\"]\\\\\"},\"\\\\\\\"]\",[[\"\\\"}\"]],-1.5e3]"));
    assert_true(json_walk_next(&w, &key, &value) && str_is(value, "{\"a\":\"]\\\\\"}"));
    assert_true(json_walk_next(&w, &key, &value) && str_is(value, "\"\\\\\\\"]\""));
    assert_true(json_walk_next(&w, &key, &value) && str_is(value, "[[\"\\\"}\"]]"));
    assert_true(json_walk_next(&w, &key, &value) && str_is(value, "-1.5e3"));
    assert_false(json_walk_next(&w, &key, &value));
    w = json_walk(STR("[ \"one\" , 2 ]"));
    assert_true(json_walk_next(&w, &key, &value) && key.at == NULL);
    assert_true(str_is(json_plain(arena, value), "one"));
    assert_true(json_walk_next(&w, &key, &value) && str_is(value, "2"));
    assert_false(json_walk_next(&w, &key, &value));
    arena_free(&arena);
}

/* Whatever stands there: it ends, and reads nothing behind the end (which a sanitizer would see).
 */
static void a_walk_ends_in_any_text(void **state)
{
    static const char *const texts[] = {
        "",      "7",  "\"a\"", "{",     "{\"",     "{\"a",     "{\"a\"", "{\"a\":",    "{\"a\":[",
        "[\"\\", "[1", "}",     "{1:2}", "[[[[[[[", "{\"a\" 1", "[,,,,]", "{\"a\":1}]}"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        size_t len = strlen(texts[i]);
        char *exact = mem_alloc(len + (len == 0));
        memcpy(exact, texts[i], len);
        struct json_walk w = json_walk((struct str){exact, len});
        struct str key;
        struct str value;
        for (size_t n = 0; json_walk_next(&w, &key, &value); n++)
            assert_true(n < len && value.at >= exact && value.at + value.len <= exact + len);
        mem_free(exact);
    }
}

static void puts_commas(void **state)
{
    (void)state;
    struct buf b = {0};
    struct jout j = jout_to(&b);
    jout_array(&j);
    jout_object(&j);
    jout_field_str(&j, "s", STR("a"));
    jout_field_cstr(&j, "c", NULL);
    jout_field_int(&j, "i", -5);
    jout_field_bool(&j, "t", true);
    jout_field_raw(&j, "r", STR("[1]"));
    jout_field_time(&j, "at", 0);
    jout_key(&j, "o");
    jout_object(&j);
    jout_object_end(&j);
    jout_key(&j, "a");
    jout_array(&j);
    jout_int(&j, 1);
    jout_null(&j);
    jout_bool(&j, false);
    jout_array_end(&j);
    jout_object_end(&j);
    jout_object(&j);
    jout_object_end(&j);
    jout_str(&j, STR("x"));
    jout_array_end(&j);
    assert_string_equal(buf_cstr(&b),
                        "[{\"s\":\"a\",\"c\":null,\"i\":-5,\"t\":true,\"r\":[1],"
                        "\"at\":\"1970-01-01T00:00:00.000000Z\",\"o\":{},\"a\":[1,null,false]},"
                        "{},\"x\"]");
    buf_fini(&b);
}

/* Every ASCII character goes out and comes back as it was. */
static void escapes_come_back(void **state)
{
    (void)state;
    char text[127];
    struct buf b = {0};
    struct jout j = jout_to(&b);
    const char *why;
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)(i + 1);
    jout_str(&j, (struct str){text, sizeof text});
    for (size_t i = 0; i < b.len; i++)
        assert_true((uint8_t)b.at[i] >= ' ');
    json_t *back = json_read(buf_str(&b), &why);
    assert_non_null(back);
    assert_int_equal(json_string_length(back), sizeof text);
    assert_memory_equal(json_string_value(back), text, sizeof text);
    json_decref(back);
    buf_fini(&b);
}

static void escapes_nul_and_line_separators(void **state)
{
    (void)state;
    struct buf b = {0};
    struct jout j = jout_to(&b);
    jout_str(&j, (struct str){"\0\x7f\xe2\x80\xa8\xe2\x80\xa7", 8});
    char *cut = mem_alloc(2); /* of its own, so that reading past its end is seen */
    memcpy(cut, "\xe2\x80", 2);
    jout_str(&j, (struct str){cut, 2});
    mem_free(cut);
    assert_string_equal(buf_cstr(&b), "\"\\u0000\x7f\\u2028\xe2\x80\xa7\",\"\xe2\x80\"");
    buf_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_why_it_refuses),
        cmocka_unit_test(caps_depth),
        cmocka_unit_test(finds_members),
        cmocka_unit_test(writes_what_it_read),
        cmocka_unit_test(walks_without_a_tree),
        cmocka_unit_test(a_walk_ends_in_any_text),
        cmocka_unit_test(puts_commas),
        cmocka_unit_test(escapes_come_back),
        cmocka_unit_test(escapes_nul_and_line_separators),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
