/* told.c - single members of an event's payload. */
#include "notify/told.h"

struct str told_raw(struct str payload, const char *member)
{
    struct json_walk w = json_walk(payload);
    struct str key;
    struct str value;
    while (json_walk_next(&w, &key, &value)) {
        if (str_is(key, member))
            return value;
    }
    return (struct str){0};
}

struct str told_text(struct arena *arena, struct str payload, const char *member)
{
    return json_plain(arena, told_raw(payload, member));
}
