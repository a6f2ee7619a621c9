/* told.c - reads the payload of an event. */
#include "delivery/told.h"

#include <stddef.h>

#include "base/json.h"

/* One text that delivery looks for. */
struct wanted {
    struct str key; /* its name */
    size_t at;      /* where it goes in struct told */
};

static const struct wanted wanted[] = {
#define TOLD(field) {{#field, sizeof(#field) - 1}, offsetof(struct told, field)},
#include "delivery/tbl/told.h"
#undef TOLD
};

struct told told_read(struct arena *arena, struct str payload)
{
    struct told t = {0};
    struct json_walk w = json_walk(payload);
    struct str key;
    struct str value;
    while (json_walk_next(&w, &key, &value)) {
        if (str_is(key, "items"))
            t.items = value;
        else if (str_is(key, "total"))
            t.total = value;
        for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
            if (str_eq(key, wanted[i].key))
                *(struct str *)((char *)&t + wanted[i].at) = json_plain(arena, value);
        }
    }
    return t;
}
