/* rules_fuzz.c - names, addresses and passwords as strangers write them. */
#include "account/rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_email(struct arena *arena, struct str text)
{
    struct str email = text;
    if (!rules_email(arena, &email))
        return;
    struct str again = email;
    CHECK(email.len > 0 && email.len <= EMAIL_MAX && str_utf8_valid(email));
    CHECK(rules_email(arena, &again) && str_eq(again, email));
}

static void check_names(struct arena *arena, struct str text)
{
    struct str name = text;
    if (rules_full_name(&name))
        CHECK(name.len > 0 && str_utf8_len(name) <= FULL_NAME_MAX);
    if (!rules_username(text))
        CHECK(text.len >= USERNAME_MIN && text.len <= USERNAME_MAX && str_utf8_valid(text));
    struct str folded = rules_folded(arena, text);
    CHECK(str_eq_nocase(folded, text) && str_eq(rules_folded(arena, folded), folded));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new(SIZE_MAX);
    struct str text = {(const char *)data, size};
    check_email(arena, text);
    check_names(arena, text);
    if (!rules_password(text, STR("budi"), STR("budi@example.com")))
        CHECK(str_utf8_len(text) >= PASSWORD_MIN && str_utf8_len(text) <= PASSWORD_MAX);
    struct str shown = rules_shown(arena, text, 120);
    CHECK(str_utf8_valid(shown) && str_utf8_len(shown) <= 120);
    arena_free(&arena);
    return 0;
}
