/* options_fuzz.c - what is taken is canonical, and whatever is chosen of it keeps its bounds; text
 * that was never checked does no harm either. */
#include <stdint.h>

#include "menu/options.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The bytes behind the first line feed are wishes, one a line. */
static size_t read_wishes(struct str rest, struct str *wishes, size_t max)
{
    size_t count = 0;
    while (rest.at && count < max)
        wishes[count++] = str_cut(&rest, '\n');
    return count;
}

static void choose(struct str document, const struct str *wishes, size_t count, struct arena *arena)
{
    struct chosen chosen[OPTION_CHOSEN_MAX];
    size_t chosen_count = 0;
    const char *why = NULL;
    enum problem p = options_choose(document, wishes, count, arena, chosen, &chosen_count, &why);
    CHECK(why != NULL && chosen_count <= OPTION_CHOSEN_MAX);
    CHECK(p == PROBLEM_NONE || chosen_count == 0);
    CHECK(p != PROBLEM_NONE || chosen_count >= count);
    for (size_t i = 0; i < chosen_count; i++)
        CHECK(chosen[i].price >= 0 && chosen[i].price <= MONEY_MAX);
}

static void check_again(struct str text, struct arena *arena)
{
    const char *why = NULL;
    const char *pointer = NULL;
    struct str again;
    json_t *value = json_read(text.len ? text : STR("[]"), &why);
    CHECK(value && text.len <= OPTIONS_TEXT_MAX);
    CHECK(!options_check(value, arena, &again, &pointer) && str_eq(text, again));
    json_decref(value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new((size_t)16 << 20);
    struct str wishes[OPTION_CHOSEN_MAX + 1];
    struct str rest = {(const char *)data, size};
    struct str document = str_cut(&rest, '\n');
    size_t count = read_wishes(rest, wishes, ARRAY_LEN(wishes));
    const char *why = NULL;
    const char *pointer = NULL;
    struct str text;
    json_t *value = json_read(document, &why);
    if (value && !options_check(value, arena, &text, &pointer)) {
        check_again(text, arena);
        choose(text, wishes, count, arena);
    }
    choose(document, wishes, count, arena);
    json_decref(value);
    arena_free(&arena);
    return 0;
}
