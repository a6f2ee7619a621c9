/* json_fuzz.c - what json_read() takes is written, read again and must be the same. */
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *why = NULL;
    json_t *value = json_read((struct str){(const char *)data, size}, &why);
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
