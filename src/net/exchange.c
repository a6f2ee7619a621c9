/* exchange.c - looks things up in a request. */
#include "net/exchange.h"

struct str exchange_header(const struct exchange *x, const char *name)
{
    struct str want = str_of(name);
    for (size_t i = 0; i < x->header_count; i++) {
        if (str_eq_nocase(x->headers[i].name, want))
            return x->headers[i].value;
    }
    return (struct str){NULL, 0};
}

/* A decoded copy in the arena, never NULL; bad escapes leave at == NULL. */
static struct str decoded(struct arena *arena, struct str raw)
{
    char *text = arena_strdup(arena, raw);
    long len = str_percent_decode(text, raw.len, true);
    return len < 0 ? (struct str){NULL, 0} : (struct str){text, (size_t)len};
}

struct str exchange_query(const struct exchange *x, const char *name)
{
    struct str rest = x->query;
    while (rest.at) {
        struct str value = str_cut(&rest, '&');
        struct str key = str_cut(&value, '=');
        if (str_is(key, name))
            return value.at ? decoded(x->arena, value) : STR("");
    }
    return (struct str){NULL, 0};
}

/* RFC 6265 5.4: pairs divided by "; ", values as they stand, perhaps in quotes. */
struct str exchange_cookie(const struct exchange *x, const char *name)
{
    struct str rest = exchange_header(x, "Cookie");
    while (rest.at) {
        struct str value = str_trim(str_cut(&rest, ';'));
        struct str key = str_cut(&value, '=');
        if (!str_is(key, name) || !value.at)
            continue;
        if (value.len >= 2 && value.at[0] == '"' && value.at[value.len - 1] == '"')
            return (struct str){value.at + 1, value.len - 2};
        return value;
    }
    return (struct str){NULL, 0};
}
