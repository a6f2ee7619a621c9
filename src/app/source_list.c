/* source_list.c - reads the settings that name other Pesan processes. */
#include "app/source_list.h"

#define KEY_MIN 16
#define KEY_MAX 512

bool service_key_sound(struct str key)
{
    for (size_t i = 0; i < key.len; i++) {
        if (key.at[i] <= ' ' || key.at[i] > '~')
            return false;
    }
    return key.len >= KEY_MIN && key.len <= KEY_MAX;
}

static bool name_sound(struct str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.at[i];
        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-')
            return false;
    }
    return name.len > 0 && name.len <= SOURCE_NAME_MAX;
}

/* What stands behind http:// or https://; at == NULL for another address. */
static struct str behind_scheme(struct str url)
{
    static const struct str schemes[] = {{"http://", 7}, {"https://", 8}};
    for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
        if (str_starts(url, schemes[i]))
            return (struct str){url.at + schemes[i].len, url.len - schemes[i].len};
    }
    return (struct str){0};
}

/* An address to which a path can be added: no blanks, no user, no query, no fragment. */
static bool url_sound(struct str url)
{
    struct str rest = behind_scheme(url);
    if (!rest.at || rest.len == 0 || rest.at[0] == '/' || url.len > SOURCE_URL_MAX)
        return false;
    for (size_t i = 0; i < rest.len; i++) {
        if (rest.at[i] <= ' ' || rest.at[i] > '~' || strchr("@?#\"\\<>", rest.at[i]))
            return false;
    }
    return true;
}

static bool name_taken(const struct source_place *places, size_t count, struct str name)
{
    for (size_t i = 0; i < count; i++) {
        if (str_is(name, places[i].name))
            return true;
    }
    return false;
}

/* What is wrong with NAME=URL, or NULL. */
static const char *flaw(struct str name, struct str url, const struct source_place *places,
                        size_t count)
{
    if (!url.at)
        return "a source is NAME=URL";
    if (!name_sound(name))
        return "the name of a source is 1 to 32 small letters, digits or '-'";
    if (!url_sound(url))
        return "the URL of a source is http://HOST:PORT or https://HOST";
    if (name_taken(places, count, name))
        return "two sources have the same name";
    return count == SOURCES_MAX ? "there are more than 16 sources" : NULL;
}

bool source_list_read(struct str list, struct arena *arena,
                      struct source_place places_r[SOURCES_MAX], size_t *count_r,
                      const char **why_r)
{
    struct str rest = list;
    *count_r = 0;
    while (rest.len > 0) {
        struct str one = str_trim(str_cut(&rest, ','));
        struct str url = one;
        struct str name = str_trim(str_cut(&url, '='));
        url = str_trim(url);
        const char *why = flaw(name, url, places_r, *count_r);
        if (why) {
            *why_r = arena_printf(arena, "number %zu: %s", *count_r + 1, why);
            return false;
        }
        while (url.at[url.len - 1] == '/')
            url.len--;
        places_r[(*count_r)++] = (struct source_place){.name = arena_strdup(arena, name),
                                                       .url = arena_strdup(arena, url)};
    }
    return true;
}
