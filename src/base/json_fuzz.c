/* json_fuzz.c - what json_read() takes is written, read again and must be the same; a walk finds
 * the same in it, and stays inside any text. */
#include <stdint.h>

#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int depth_of(json_t *value)
{
    int deepest = 0;
    const char *key;
    json_t *item;
    size_t i;
    json_object_foreach(value, key, item)
    {
        int depth = depth_of(item);
        deepest = depth > deepest ? depth : deepest;
    }
    json_array_foreach(value, i, item)
    {
        int depth = depth_of(item);
        deepest = depth > deepest ? depth : deepest;
    }
    return deepest + (json_is_object(value) || json_is_array(value));
}

/* Walk a text that was read as `tree`, or one that is no JSON at all (tree == NULL). */
static void walk(struct str text, json_t *tree, struct arena *arena)
{
    struct json_walk w = json_walk(text);
    struct str key;
    struct str value;
    size_t count = 0;
    const char *why = NULL;
    for (; json_walk_next(&w, &key, &value); count++) {
        CHECK(value.at >= text.at && value.at + value.len <= text.at + text.len);
        if (!tree)
            continue;
        json_t *item = json_read(value, &why);
        struct str name = {0};
        if (w.keyed)
            name = json_plain(arena, (struct str){key.at - 1, key.len + 2});
        CHECK(item && json_equal(item, w.keyed ? json_object_getn(tree, name.at, name.len)
                                               : json_array_get(tree, count)));
        CHECK(json_is_string(item) == (json_plain(arena, value).at != NULL));
        json_decref(item);
    }
    CHECK(!tree || count == json_object_size(tree) + json_array_size(tree));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *why = NULL;
    struct arena *arena = arena_new(SIZE_MAX);
    struct str given = {(const char *)data, size};
    json_t *value = json_read(given, &why);
    walk(given, value, arena);
    arena_free(&arena);
    if (!value) {
        CHECK(why != NULL);
        return 0;
    }
    CHECK(depth_of(value) <= JSON_DEPTH_MAX);
    struct buf text = {0};
    json_write(&text, value);
    CHECK(str_utf8_valid(buf_str(&text)));
    json_t *again = json_read(buf_str(&text), &why);
    CHECK(again && json_equal(value, again));
    json_decref(again);
    json_decref(value);
    buf_fini(&text);
    return 0;
}
